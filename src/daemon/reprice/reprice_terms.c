/* SPDX-License-Identifier: MPL-2.0
 *
 * reprice_terms.c - under which prices each engine stands.
 */
#include "daemon/reprice/reprice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/reprice/reprice_internal.h"

int zc_reprice_fail (zc_reprice_t *self, const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (self->why, sizeof self->why, format, arguments);
    va_end (arguments);
    return -1;
}

/* ----------------------------------------------------------------------- terms */

/* The terms with other prices. */
static int take_repriced (zc_reprice_t *self, zc_engine_t *engine, const zc_pricing_t *pricing, const void *bytes,
                          size_t size)
{
    static zc_effective_config_t config;
    const char *text;
    size_t text_size;
    zc_pack_t repriced = {.data = NULL};
    if (zc_effective_config_read (bytes, size, &config, &text, &text_size) == -1)
        return zc_reprice_fail (self, "the journal holds prices and policy that cannot be read");
    strcpy (config.prices_source, self->settings->reprice);
    zc_effective_config_pack (&config, pricing->prices, pricing->prices_size, &repriced);
    int rc = zc_pack_failed (&repriced) ? -1 : zc_engine_take_config (engine, repriced.data, repriced.size);
    zc_pack_term (&repriced);
    return rc == 0 ? 0 : zc_reprice_fail (self, "%s: cannot be used as a price table", self->settings->reprice);
}

int zc_reprice_take_config (zc_reprice_t *self, const void *bytes, size_t size)
{
    for (size_t i = 0; i < self->count; i++) {
        bool as_journaled = i == 0 || self->pricings [i].ended;
        if (as_journaled && zc_engine_take_config (&self->engine [i], bytes, size) == -1)
            return zc_reprice_fail (self, "the journal holds prices and policy that cannot be used");
        if (!as_journaled && take_repriced (self, &self->engine [i], &self->pricings [i], bytes, size) == -1)
            return -1;
    }
    return 0;
}

/* Behind an earlier re-pricing its engine go on under what is in force. */
int zc_reprice_end_pricings (zc_reprice_t *self, zc_position_t position)
{
    const zc_pack_t *config = &self->engine [0].config;
    for (size_t i = 1; i < self->count; i++) {
        zc_pricing_t *pricing = &self->pricings [i];
        if (pricing->ended || position < pricing->until)
            continue;
        pricing->ended = true;
        if (config->size && zc_engine_take_config (&self->engine [i], config->data, config->size) == -1)
            return zc_reprice_fail (self, "the journal holds prices and policy that cannot be used");
    }
    return 0;
}

int zc_reprice_remember_config (void *argument, uint64_t sequence, int64_t from_ms, const void *bytes, size_t size)
{
    zc_reprice_t *self = argument;
    if (self->known_count == ZC_KNOWN_TERMS_MAX)
        return -1;
    zc_known_config_t *known = &self->known [self->known_count++];
    known->sequence = sequence;
    known->from_ms = from_ms;
    zc_pack_raw (&known->bytes, bytes, size);
    return zc_pack_failed (&known->bytes) ? -1 : 0;
}

/* Those in force at the first record that is kept: the last ones that a checkpoint before it had. */
int zc_reprice_begin_config (zc_reprice_t *self)
{
    size_t at = 0;
    while (at < self->known_count && self->known [at].from_ms <= self->first_ms)
        at++;
    self->config_at = at;
    return at == 0 ? 0
                   : zc_reprice_take_config (self, self->known [at - 1].bytes.data, self->known [at - 1].bytes.size);
}

/* A checkpoint has terms that no kept record told of: they came into force before the first one that is kept. From
 * here on that is sure; what is to be re-priced must not begin earlier. */
int zc_reprice_catch_up (zc_reprice_t *self, int64_t arrival_ms)
{
    if (self->config_seen || self->config_at == self->known_count ||
        arrival_ms <= self->known [self->config_at].from_ms)
        return 0;
    const zc_known_config_t *known = &self->known [self->config_at++];
    if (self->since_s * 1000 < known->from_ms)
        return zc_reprice_fail (self, "the prices in force are known only from @%lld on: use a later --since",
                                (long long) known->from_ms / 1000 + 1);
    return zc_reprice_take_config (self, known->bytes.data, known->bytes.size);
}
