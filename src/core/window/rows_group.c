/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_group.c - which row each key falls into.
 *
 * Once for an answer, so that adding a cell looks up one number.
 */
#include <stdlib.h>
#include <string.h>

#include "core/window/rows_internal.h"
#include "core/base/siphash.h"
#include "core/base/str.h"

/* The rows found so far, by the values of their dimensions. */
typedef struct {
    uint64_t *slots; /* open addressing: the upper half of a hash, and row + 1; 0: empty */
    uint64_t size;   /* a power of two; at most half full */
} index_t;

static int index_init (index_t *self, uint32_t keys_count)
{
    self->size = 64;
    while (self->size < 2 * (uint64_t) keys_count)
        self->size *= 2;
    self->slots = calloc (self->size, sizeof *self->slots);
    return self->slots ? 0 : -1;
}

static uint64_t hash_of (const zc_keys_t *keys, const zc_query_spec_t *spec, const zc_dimensions_t *key)
{
    zc_siphash_t hash = zc_siphash_begin (zc_keys_secret (keys));
    for (size_t i = 0; i < spec->by_count; i++) {
        zc_str_t value = zc_dimension_value (&spec->by [i], key);
        zc_siphash_word (&hash, value.size);
        zc_siphash_bytes (&hash, value.data, value.size);
    }
    return zc_siphash_end (&hash);
}

static bool same_row (const zc_query_spec_t *spec, const zc_dimensions_t *a, const zc_dimensions_t *b)
{
    for (size_t i = 0; i < spec->by_count; i++)
        if (!zc_str_equal (zc_dimension_value (&spec->by [i], a), zc_dimension_value (&spec->by [i], b)))
            return false;
    return true;
}

static uint32_t find_row (zc_rows_group_t *self, index_t *index, const zc_query_spec_t *spec, const zc_keys_t *keys,
                          uint32_t key)
{
    const zc_dimensions_t *dimensions = &zc_keys_at (keys, key)->dimensions;
    uint64_t hash = hash_of (keys, spec, dimensions), slot = hash & (index->size - 1);
    for (; index->slots [slot]; slot = (slot + 1) & (index->size - 1)) {
        uint32_t row = (uint32_t) index->slots [slot] - 1;
        if (index->slots [slot] >> 32 == hash >> 32 &&
            same_row (spec, &zc_keys_at (keys, self->first_key [row])->dimensions, dimensions))
            return row;
    }
    index->slots [slot] = (hash >> 32 << 32) | (self->count + 1);
    self->first_key [self->count] = key;
    return self->count++;
}

/* Keys are many and their names lie elsewhere: what comes soon is fetched while this one is hashed. */
static inline void prefetch (const zc_keys_t *keys, uint32_t key, uint32_t keys_count)
{
    if (key + 16 < keys_count)
        __builtin_prefetch (&zc_keys_at (keys, key + 16)->dimensions);
    if (key + 8 < keys_count)
        __builtin_prefetch (zc_keys_at (keys, key + 8)->dimensions.service.data);
}

int zc_rows_group_make (zc_rows_group_t *self, const zc_query_spec_t *spec, const zc_keys_t *keys, uint32_t keys_count)
{
    index_t index;
    size_t room = keys_count ? keys_count : 1;
    self->row_of = malloc (room * sizeof *self->row_of);
    self->first_key = malloc (room * sizeof *self->first_key);
    if (!self->row_of || !self->first_key || index_init (&index, keys_count) == -1) {
        zc_rows_group_term (self);
        return -1;
    }
    for (uint32_t key = 0; key < keys_count; key++) {
        prefetch (keys, key, keys_count);
        const zc_dimensions_t *dimensions = &zc_keys_at (keys, key)->dimensions;
        self->row_of [key] =
            zc_query_spec_matches (spec, dimensions)
                ? ZC_ROW_OF (find_row (self, &index, spec, keys, key), dimensions->type == ZCOST_QUERY_ROUTER)
                : ZC_NO_ROW;
    }
    if (spec->by_count == 0)
        self->count = 1;
    free (index.slots);
    return 0;
}

void zc_rows_group_term (zc_rows_group_t *self)
{
    free (self->row_of);
    free (self->first_key);
    memset (self, 0, sizeof *self);
}
