/* SPDX-License-Identifier: MPL-2.0
 *
 * keys.h - the distinct dimensions of events, each combination with a number and its sums for good.
 *
 * Bounded twice: a service beyond ZC_SERVICES_MAX becomes `other`; a key beyond the table's cap becomes
 * the key `other` of its type and tier, without tags, which always has a place, so that every total over
 * types and tiers stays exact. Numbers count from 0 and are a function of the dimensions asked for and their
 * order. Keys are never removed and never move: what a reader in another thread was told exists (a
 * number below a count that it was given), it may read the dimensions of, without a lock. Else single
 * thread.
 */
#ifndef ZC_KEYS_H
#define ZC_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/siphash.h"
#include "core/ledger/cells.h"
#include "wire/event.h"

#define ZC_KEYS_MAX 100000   /* by default */
#define ZC_SERVICES_MAX 1000 /* `default` and `other` included */

/* A dimension that an event lacks is the empty string. */
typedef struct {
    zcost_type_t type;
    zc_str_t service, tier, model, provider;
    zc_str_t tags; /* canonical: core/ledger/tags.h */
} zc_dimensions_t;

typedef struct {
    zc_dimensions_t dimensions; /* strings are the table's */
    zc_measures_t sums;         /* over all time */
    uint64_t hash;              /* the table's */
    /* The ledger's: the cell that was touched last, by its place in the set of changes of that
     * generation: most events of a key fall into the minute of the one before. */
    uint32_t cell, cell_generation;
} zc_key_entry_t;

typedef struct zc_keys zc_keys_t;

/* max: distinct keys, those not counted whose service, model and provider are `other` and that have no tags.
 * secret: copied; nobody can choose names that make finding slow. NULL without memory. */
zc_keys_t *zc_keys_new (uint32_t max, const zc_siphash_secret_t *secret);

/* For other tables over the same names. */
const zc_siphash_secret_t *zc_keys_secret (const zc_keys_t *self);
void zc_keys_destroy (zc_keys_t **self);

/* Another cap, for what is not there yet. */
void zc_keys_set_max (zc_keys_t *self, uint32_t max);

/* The number of a key, given to it now where it has none; *ret_folded: whether a cap turned it into
 * another one. Returns 0, or -1 without memory for one more: then nothing changes. (Not `other` then,
 * for that would make the numbers depend on memory.) */
int zc_keys_find (zc_keys_t *self, const zc_dimensions_t *dimensions, uint32_t *ret_key, bool *ret_folded);

/* Gives the next number to a key that had it in an earlier life, whatever the caps. Returns 0, or -1:
 * it has a number already, or no memory. */
int zc_keys_restore (zc_keys_t *self, const zc_dimensions_t *dimensions);

uint32_t zc_keys_count (const zc_keys_t *self);

/* key: below the count. */
zc_key_entry_t *zc_keys_at (const zc_keys_t *self, uint32_t key);

#endif
