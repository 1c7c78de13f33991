/* SPDX-License-Identifier: MPL-2.0
 *
 * prices_internal.h - the inside of a price table, shared by prices.c (finds) and prices_json.c
 * (reads).
 */
#ifndef ZC_PRICES_INTERNAL_H
#define ZC_PRICES_INTERNAL_H

#include "core/pricing/prices.h"

#define ZC_RECALLED 512

/* One place of the cache of names asked for lately; price is NULL for an unpriced name. */
typedef struct {
    const zc_price_t *price;
    uint32_t size; /* 0: empty */
    char name [ZC_MODEL_MAX];
} zc_recalled_t;

struct zc_prices {
    zc_price_t *prices; /* names are owned */
    size_t count;
    zc_price_refused_t *refused;
    size_t refused_count;
    uint32_t *index; /* open addressing by name: place in prices + 1, 0 is empty */
    size_t index_size;
    zc_recalled_t recalled [ZC_RECALLED];
};

/* Returns 0, or -1 without memory. */
int zc_prices_build_index (zc_prices_t *self);

#endif
