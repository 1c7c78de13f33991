/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_internal.h - the inside of a ledger, shared by ledger.c (its life and its terms),
 * ledger_fold.c (adds events), ledger_places.c (finds where), ledger_totals.c (adds up) and
 * ledger_restore.c (puts back).
 */
#ifndef ZC_LEDGER_INTERNAL_H
#define ZC_LEDGER_INTERNAL_H

#include <string.h>

#include "core/ledger/ledger.h"
#include "core/base/str.h"

/* The sums over all events that bound the others: every other sum is a part of one of these, or counts
 * events. */
typedef struct {
    int64_t cost; /* of all types together */
    int64_t baseline, cache_saved, cache_requests;
    int64_t tokens;                 /* of all kinds together */
    int64_t saved_ns, prompt_saved; /* of magnitudes */
} zc_bounds_t;

/* A tier, ready to be looked for. */
typedef struct {
    zc_str_t name, model;    /* in the ledger's policy */
    uint64_t word;           /* the name's first bytes */
    const zc_price_t *price; /* NULL: unpriced */
} zc_tier_t;

#define ZC_KEYS_RECALLED 512

/* A key found lately. `shape` is what an event has beside its names: type, place of its tier, and which names
 * it gives; the names that it gives are those of the entry. */
typedef struct {
    zc_key_entry_t *entry; /* NULL: empty */
    uint32_t key, shape;
} zc_recalled_key_t;

#define ZC_TAGS_RECALLED 128 /* bytes; events with more are looked up each time */

/* The tags of the event that found the key, as they came: senders send the same map again and again. */
typedef struct {
    uint32_t size;
    char map [ZC_TAGS_RECALLED];
} zc_recalled_tags_t;

struct zc_ledger {
    zc_bounds_t bounds;
    zc_keys_t *keys;
    zc_cells_t changes;
    uint32_t generation; /* of changes; from 1, so that a key that was never touched fits none */
    zc_retention_t retention;
    uint64_t accepted, folded_to_other;
    zc_prices_t *prices;
    const zc_price_t *baseline;
    zc_tier_t tiers [ZC_TIERS_MAX]; /* as in the policy */
    size_t tiers_configured;        /* those that take events: then come those that only have sums, then other */
    size_t medium;                  /* the tier of a query that names none */
    zc_policy_t policy;             /* as it is shown */
    uint32_t tags_bit;              /* ZC_BIT (ZC_KEY_TAGS) where the policy has tags, else 0: they are passed over */
    zc_recalled_key_t recalled [ZC_KEYS_RECALLED];       /* under the policy in force */
    zc_recalled_tags_t recalled_tags [ZC_KEYS_RECALLED]; /* beside them, for those with tags */
    zc_tally_t unpriced;
    zc_totals_t looked_at; /* what zc_ledger_totals and zc_ledger_service return */
};

/* The place of a tier by its name, among the first so many; else that of `other`. */
static inline size_t zc_ledger_tier (const zc_ledger_t *self, zc_str_t name, size_t among)
{
    uint64_t word = zc_bytes_first (name.data, name.size);
    for (size_t i = 0; i < among; i++) {
        const zc_tier_t *tier = &self->tiers [i];
        if (tier->word == word && tier->name.size == name.size &&
            (name.size <= 8 || memcmp (tier->name.data, name.data, name.size) == 0))
            return i;
    }
    return self->policy.tiers_count - 1;
}

/* Whether sum + more fits 64 bits; *ret_sum is it. */
static inline bool zc_ledger_fits (int64_t sum, int64_t more, int64_t *ret_sum)
{
    return !__builtin_add_overflow (sum, more, ret_sum);
}

/* Where an event is added. */
typedef struct {
    zc_measures_t *ever, *cell;
    uint32_t place; /* of the cell in the set: the owner of its latencies, for one more of which there is room */
} zc_ledger_located_t;

/* tier: its place, where the event has one; else 0. Returns 0, or -1 without memory: then nothing changes.
 * The places hold until the next call. */
int zc_ledger_locate (zc_ledger_t *self, const zc_event_t *event, size_t tier, int64_t arrival_ms,
                      zc_ledger_located_t *ret_places);

/* Shows a tier that has sums, where it is not shown yet: as the last before `other`, as far as there is room. */
void zc_ledger_show_tier (zc_ledger_t *self, zc_str_t name, zc_str_t model);

#endif
