/* SPDX-License-Identifier: MPL-2.0
 *
 * reprice_show.h - what re-pricing changes, by model: added up, shown, and taken off what was unpriced.
 */
#ifndef ZC_REPRICE_SHOW_H
#define ZC_REPRICE_SHOW_H

#include "core/base/intern.h"
#include "daemon/settings.h"
#include "store/store.h"

/* The sums of one key, by the prices then and now. */
typedef struct {
    zc_measures_t then, now;
} zc_repriced_key_t;

/* All zeros is ready. */
typedef struct {
    zc_repriced_key_t *keys; /* by number */
    uint32_t count;
} zc_repriced_t;

/* Adds a cell. Returns 0, or -1 without memory. */
int zc_reprice_show_add (zc_repriced_t *self, uint32_t key, const zc_measures_t *then, const zc_measures_t *now);
void zc_reprice_show_term (zc_repriced_t *self);

/* Writes the table to stdout: each model whose figures change, and the total. 0, or -1 without memory. */
int zc_reprice_show_print (const zc_repriced_t *self, const zc_keys_t *keys, const zc_settings_t *settings,
                           int64_t since_s);

/* Corrects how many events of each model have no price. names: those that the store has. 0; -1: the store says why. */
int zc_reprice_show_correct_unpriced (const zc_repriced_t *self, const zc_keys_t *keys, zc_intern_t *names,
                                      zc_store_t *store);

#endif
