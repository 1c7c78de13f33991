/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger.h - exact sums over events.
 *
 * Folds decoded events into integer sums that do not depend on their order, and refuses an event
 * whole where a sum would pass 64 bits. Sums are kept by key (keys.h) for good, and by cell (cells.h)
 * until whoever keeps them elsewhere takes them. Knows no clock, no socket, no file. Owned by one
 * thread.
 */
#ifndef ZC_LEDGER_H
#define ZC_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "core/ledger/cells.h"
#include "core/ledger/keys.h"
#include "core/pricing/policy.h"
#include "core/pricing/prices.h"
#include "core/base/tally.h"
#include "core/pricing/effective_config.h"
#include "wire/event.h"

/* A query without price has no part in measured, assumed, cost or baseline. */
typedef struct {
    uint64_t queries, unpriced, measured, assumed;
    int64_t cost_nanousd, baseline_nanousd;
    int64_t assumed_cost_nanousd, assumed_baseline_nanousd; /* the parts of the above that are of the assumed */
} zc_tier_totals_t;

/* The sums over some events. */
typedef struct {
    zc_tier_totals_t tiers [ZC_TIERS_MAX]; /* as in zc_ledger_policy */
    zc_tier_totals_t router;               /* sum of the tiers */

    int64_t cache_hits, cache_misses;
    int64_t cache_saved_nanousd, cache_assumed_nanousd; /* the second is a part of the first */

    uint64_t preloads, preloads_measured;
    int64_t saved_ns;

    uint64_t calls, calls_unpriced;
    int64_t calls_cost_nanousd;

    uint64_t unpriced;            /* events of all types */
    int64_t prompt_saved_nanousd; /* by the providers' prompt caches, net; signed */
} zc_totals_t;

/* The sums over some events of one type and tier. */
typedef struct {
    zcost_type_t type;
    zc_str_t tier; /* of queries */
    zc_measures_t sums;
} zc_keyed_sums_t;

typedef struct zc_ledger zc_ledger_t;

/* Policy, retention and secret are copied; keys_max and secret are those of zc_keys_new. NULL without memory, or where
 * zc_ledger_set_policy would refuse the policy. */
zc_ledger_t *zc_ledger_new (const zc_policy_t *policy, const zc_retention_t *retention, uint32_t keys_max,
                            const zc_siphash_secret_t *secret);
void zc_ledger_destroy (zc_ledger_t **self);

/* Prices later events by this table, which stays the caller's and must live until the next call or
 * the ledger's end. Returns 0, or -1 where it does not price the baseline model: then nothing
 * changes. */
int zc_ledger_use_prices (zc_ledger_t *self, zc_prices_t *prices);

/* Folds later events under other terms, after zc_ledger_use_prices. A tier that has sums and is none of
 * the new policy's takes no more events, but is shown, with the model that it had. Returns 0, or -1:
 * no policy (no tiers, too many, or the last is not `other`); then nothing changes. */
int zc_ledger_set_policy (zc_ledger_t *self, const zc_policy_t *policy, const zc_retention_t *retention);

/* Another cap, as in zc_keys_set_max. */
void zc_ledger_set_keys_max (zc_ledger_t *self, uint32_t keys_max);

/* ------------------------------------------------------------------------ fold */

/* Folds one event, which came at arrival_ms: its age then decides how fine its cell is. Returns 0; -1
 * where a sum would pass 64 bits; -2 without memory for a new key or cell. Where it is not 0, nothing
 * changes. zc_ledger_use_prices must have succeeded. */
int zc_ledger_fold (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms);

/* What was added to cells since the ledger began or the last swap. Valid until the next fold. */
const zc_cells_t *zc_ledger_changes (const zc_ledger_t *self);

/* Gives the changes away and goes on with none: the contents of the two sets are exchanged. `empty` is the
 * caller's and cleared. Returns it, holding the changes. */
zc_cells_t *zc_ledger_swap_changes (zc_ledger_t *self, zc_cells_t *empty);

/* ------------------------------------------------------------------------ look */

/* The sums over all events; over those of one service, all 0 where it sent none. Events of a
 * service or a key beyond its cap are under the service `other`. Added up at the call, and valid until
 * the next call of any of these or the next fold. */
const zc_totals_t *zc_ledger_totals (zc_ledger_t *self);
const zc_totals_t *zc_ledger_service (zc_ledger_t *self, zc_str_t service);

/* The same of sums from elsewhere, such as those of a window of time; of events of this ledger, each once at
 * most. */
const zc_totals_t *zc_ledger_total_of (zc_ledger_t *self, const zc_keyed_sums_t *sums, size_t count);

/* The policy as it is to be shown: before `other`, it also has the tiers that only have sums, as far as
 * ZC_TIERS_MAX allows (the others' sums are shown under `other`). Not what to set or to save: that is
 * the configured one. */
const zc_policy_t *zc_ledger_policy (const zc_ledger_t *self);

/* NULL until zc_ledger_use_prices has succeeded under the policy in force. */
const zc_prices_t *zc_ledger_prices (const zc_ledger_t *self);

/* The keys with their sums; they are the ledger's. */
const zc_keys_t *zc_ledger_keys (const zc_ledger_t *self);

/* Events folded; of them, those whose service or key was beyond its cap; and those without a price, by
 * model. */
uint64_t zc_ledger_accepted (const zc_ledger_t *self);
uint64_t zc_ledger_folded_to_other (const zc_ledger_t *self);
const zc_tally_t *zc_ledger_unpriced (const zc_ledger_t *self);

/* The sums of the magnitudes of what is signed, which bound its sums: of all times saved; of all that prompt caches
 * saved. */
int64_t zc_ledger_saved_ns_magnitude (const zc_ledger_t *self);
int64_t zc_ledger_prompt_magnitude (const zc_ledger_t *self);

/* How many cells changed since the last swap. */
size_t zc_ledger_cells (const zc_ledger_t *self);

/* --------------------------------------------------------------------- restore */

/* These put a saved ledger back into a new one, before any fold: first the keys, in ascending order from
 * 0, whatever the caps; then the counts. It then answers, and goes on, as the saved one did. What is
 * restored is checked: each returns 0, or -1 without memory or where no ledger can have saved that. After
 * a failure the ledger is only good for zc_ledger_destroy. */
int zc_ledger_restore_key (zc_ledger_t *self, uint32_t key, const zc_dimensions_t *dimensions,
                           const zc_measures_t *sums);
int zc_ledger_restore_counts (zc_ledger_t *self, uint64_t accepted, uint64_t folded_to_other,
                              int64_t saved_ns_magnitude, int64_t prompt_magnitude);

/* Events without a price, by model: a row of the tally. Those beyond the tally's names are saved and put
 * back under `other`, together with those of a model of that name. */
int zc_ledger_restore_unpriced (zc_ledger_t *self, zc_str_t model, uint64_t events);

#endif
