/* SPDX-License-Identifier: MPL-2.0
 *
 * prices.c - finding the price of a name.
 */
#include "core/pricing/prices.h"

#include <stdlib.h>
#include <string.h>

#include "core/pricing/prices_internal.h"
#include "core/base/str.h"

/* 64 bits of a name: multiply and fold, eight bytes at a time. Table names are the operator's and
 * the cache has one place a name, so nothing is to be gained by collisions. */
static uint64_t hash_name (const char *data, size_t size)
{
    const uint64_t odd = 0x9e3779b97f4a7c15;
    uint64_t hash = size * odd;
    for (; size > 8; data += 8, size -= 8) {
        hash = (hash ^ zc_bytes_first (data, 8)) * odd;
        hash ^= hash >> 32;
    }
    hash = (hash ^ zc_bytes_first (data, size)) * odd;
    return hash ^ hash >> 29;
}

static const zc_price_t *find_exact (const zc_prices_t *self, zc_str_t name)
{
    if (name.size == 0 || self->index_size == 0)
        return NULL;
    size_t mask = self->index_size - 1;
    for (size_t i = hash_name (name.data, name.size) & mask; self->index [i]; i = (i + 1) & mask) {
        const zc_price_t *price = &self->prices [self->index [i] - 1];
        if (strlen (price->name) == name.size && memcmp (price->name, name.data, name.size) == 0)
            return price;
    }
    return NULL;
}

int zc_prices_build_index (zc_prices_t *self)
{
    size_t size = 16;
    while (size < 2 * self->count)
        size *= 2;
    self->index = calloc (size, sizeof *self->index);
    if (!self->index)
        return -1;
    self->index_size = size;
    for (size_t n = 0; n < self->count; n++) {
        size_t i = hash_name (self->prices [n].name, strlen (self->prices [n].name)) & (size - 1);
        while (self->index [i])
            i = (i + 1) & (size - 1);
        self->index [i] = (uint32_t) n + 1;
    }
    return 0;
}

/* Whether text matches a pattern in which 9 stands for a digit. */
static bool matches (const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '9' ? *text < '0' || *text > '9' : *text != *pattern)
            return false;
    return true;
}

/* The name without the date at its end, or an empty one where there is none. */
static zc_str_t without_date (zc_str_t name)
{
    static const char *const patterns [] = {"-99999999", "-9999-99-99", "@99999999"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t size = strlen (patterns [i]);
        if (name.size > size && matches (name.data + name.size - size, patterns [i]))
            return (zc_str_t){name.data, name.size - (uint32_t) size};
    }
    return (zc_str_t){NULL, 0};
}

static const zc_price_t *find_with_date (const zc_prices_t *self, zc_str_t name, zc_resolved_t *ret_resolved)
{
    const zc_price_t *price = find_exact (self, name);
    *ret_resolved = ZC_EXACT;
    if (!price) {
        price = find_exact (self, without_date (name));
        *ret_resolved = price ? ZC_WITHOUT_DATE : ZC_UNPRICED;
    }
    return price;
}

const zc_price_t *zc_prices_find (const zc_prices_t *self, zc_str_t model, zc_resolved_t *ret_resolved)
{
    const zc_price_t *price = find_with_date (self, model, ret_resolved);
    while (!price && model.size) {
        const char *slash = memchr (model.data, '/', model.size);
        if (!slash)
            return NULL;
        model.size -= (uint32_t) (slash + 1 - model.data);
        model.data = slash + 1;
        price = find_with_date (self, model, ret_resolved);
        if (price)
            *ret_resolved = ZC_WITHOUT_PROVIDER;
    }
    return price;
}

/* The place of a name in the cache. Names of models begin and end alike (a family, a date): the middle counts too. */
static inline size_t place_of (zc_str_t name)
{
    uint64_t word = zc_str_word (name);
    if (name.size > 16)
        word += zc_bytes_word (name.data + name.size / 2 - 4) * UINT64_C (0xc2b2ae3d27d4eb4f);
    return ((word ^ word >> 29) * UINT64_C (0x9e3779b97f4a7c15) >> 32) % ZC_RECALLED;
}

const zc_price_t *zc_prices_recall (zc_prices_t *self, zc_str_t model)
{
    if (model.size == 0 || model.size > ZC_MODEL_MAX)
        return NULL;
    zc_recalled_t *place = &self->recalled [place_of (model)];
    if (!zc_str_equal ((zc_str_t){place->name, place->size}, model)) {
        zc_resolved_t resolved;
        place->price = zc_prices_find (self, model, &resolved);
        place->size = model.size;
        memcpy (place->name, model.data, model.size);
    }
    return place->price;
}

/* NULL: none for these tokens. How long a call is, its cached input counts too. */
static inline const zc_rates_t *rates_of (const zc_price_t *self, const zc_tokens_t *tokens)
{
    if (!self->has_output && (tokens->output > 0 || tokens->reasoning > 0))
        return NULL;
    int64_t parts = tokens->cache_read + tokens->cache_write;
    int64_t input = tokens->input > parts ? tokens->input : parts;
    return self->above_tokens > 0 && input > self->above_tokens ? &self->long_rates : &self->rates;
}

int zc_price_cost (const zc_price_t *self, const zc_tokens_t *tokens, int64_t *ret_nanousd)
{
    const zc_rates_t *rates = rates_of (self, tokens);
    return rates ? zc_money_cost (tokens, rates, ret_nanousd) : 1;
}

int zc_price_cost_and_saved (const zc_price_t *self, const zc_tokens_t *tokens, int64_t *ret_nanousd,
                             int64_t *ret_saved_nanousd)
{
    const zc_rates_t *rates = rates_of (self, tokens);
    return rates ? zc_money_cost_and_saved (tokens, rates, ret_nanousd, ret_saved_nanousd) : 1;
}

size_t zc_prices_count (const zc_prices_t *self)
{
    return self->count;
}

const zc_price_refused_t *zc_prices_refused (const zc_prices_t *self, size_t *ret_count)
{
    *ret_count = self->refused_count;
    return self->refused;
}

const char *zc_prices_resolved_name (zc_resolved_t resolved)
{
    static const char *const names [] = {
        [ZC_EXACT] = "exact",
        [ZC_WITHOUT_DATE] = "without_date",
        [ZC_WITHOUT_PROVIDER] = "without_provider",
        [ZC_UNPRICED] = "unpriced",
    };
    return names [resolved];
}

void zc_prices_destroy (zc_prices_t **self_p)
{
    zc_prices_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        free ((char *) self->prices [i].name);
    for (size_t i = 0; i < self->refused_count; i++)
        free (self->refused [i].name);
    free (self->prices);
    free (self->refused);
    free (self->index);
    free (self);
    *self_p = NULL;
}
