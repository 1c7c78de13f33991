/* SPDX-License-Identifier: MPL-2.0
 *
 * reprice_internal.h - the inside of a re-pricing, shared by reprice.c (the walk and the corrections) and reprice_terms.c
 * (under which prices each engine stands).
 */
#ifndef ZC_REPRICE_INTERNAL_H
#define ZC_REPRICE_INTERNAL_H

#include "daemon/engine.h"
#include "journal/journal.h"
#include "daemon/reprice/reprice_show.h"
#include "store/store.h"

/* Terms that the store remembers, and from when on. */
typedef struct {
    uint64_t sequence;
    int64_t from_ms;
    zc_pack_t bytes;
} zc_known_config_t;

#define ZC_KNOWN_TERMS_MAX 64

/* A re-pricing: an earlier one, as the store remembers it; or this one. */
typedef struct {
    int64_t since_s;
    zc_position_t until; /* in the journal; what came behind it is under the prices in force then */
    bool ended;          /* the walk is behind it */
    char *prices;
    size_t prices_size;
} zc_pricing_t;

/* The engines: as journaled, by earlier re-pricings in their order, and by the new prices. */
#define ZC_REPRICE_ENGINES_MAX (1 + ZC_REPRICINGS_MAX + 1)

typedef struct {
    const zc_settings_t *settings;
    int64_t since_s;
    zc_engine_t engine [ZC_REPRICE_ENGINES_MAX];
    zc_pricing_t pricings [ZC_REPRICE_ENGINES_MAX]; /* that of the first is not used */
    zc_cells_t empty [ZC_REPRICE_ENGINES_MAX];
    size_t count;
    zc_store_t *store;
    bool writes;
    zc_store_state_t state;
    char journal [ZC_PATH_BYTES + 16];
    zc_known_config_t known [ZC_KNOWN_TERMS_MAX];
    size_t known_count, config_at; /* the next one that a walk may run into */
    bool config_seen;              /* the journal itself has said what is in force */
    int64_t first_ms;              /* the arrival of the first record that is kept; -1: none */
    zc_cells_t difference;
    zc_repriced_t repriced;
    zc_intern_t unpriced; /* models without a price that the store names */
    char why [512];
} zc_reprice_t;

/* Notes why it cannot be done; returns -1. */
int zc_reprice_fail (zc_reprice_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Takes terms of the journal into force: each engine with its own prices. These return 0, or -1 having failed. */
int zc_reprice_take_config (zc_reprice_t *self, const void *bytes, size_t size);

/* The walk has come to a position: earlier re-pricings end there. */
int zc_reprice_end_pricings (zc_reprice_t *self, zc_position_t position);

/* A zc_take_config_t: terms that the store remembers. */
int zc_reprice_remember_config (void *argument, uint64_t sequence, int64_t from_ms, const void *bytes, size_t size);

/* Those in force where the journal begins; and those that came into force before it, as is seen only later. */
int zc_reprice_begin_config (zc_reprice_t *self);
int zc_reprice_catch_up (zc_reprice_t *self, int64_t arrival_ms);

#endif
