/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger.h - exact sums over events.
 *
 * Folds decoded events into integer sums that do not depend on their order, and refuses an event
 * whole where a sum would pass 64 bits. Knows no clock, no socket, no file. Owned by one thread.
 */
#ifndef ZC_LEDGER_H
#define ZC_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy.h"
#include "core/prices.h"
#include "core/tally.h"
#include "wire/event.h"

#define ZC_SERVICES_MAX 1000

/* A query without price has no part in measured, assumed, cost or baseline. */
typedef struct {
    uint64_t queries, unpriced, measured, assumed;
    int64_t cost_nanousd, baseline_nanousd;
} zc_tier_totals_t;

/* The sums over some events. */
typedef struct {
    zc_tier_totals_t tiers [ZC_TIERS_MAX]; /* as in the policy */
    zc_tier_totals_t router;               /* sum of the tiers */

    int64_t cache_hits, cache_misses;
    int64_t cache_saved_nanousd;

    uint64_t preloads, preloads_measured;
    int64_t saved_ns;

    uint64_t calls, calls_unpriced;
    int64_t calls_cost_nanousd;
} zc_totals_t;

typedef struct zc_ledger zc_ledger_t;

/* The policy is copied. NULL without memory. */
zc_ledger_t *zc_ledger_new (const zc_policy_t *policy);
void zc_ledger_destroy (zc_ledger_t **self);

/* Prices later events by this table, which stays the caller's and must live until the next call or
 * the ledger's end. Returns 0, or -1 where it does not price the baseline model: then nothing
 * changes. */
int zc_ledger_use_prices (zc_ledger_t *self, zc_prices_t *prices);

/* Folds one event. Returns 0, or -1 where a sum would pass 64 bits: then nothing changes.
 * zc_ledger_use_prices must have succeeded. */
int zc_ledger_fold (zc_ledger_t *self, const zc_event_t *event);

/* The sums over all events; over those of one service, all 0 where it sent none. Events of a
 * service beyond the cap are folded into the service `other`. Added up at the call, and valid until
 * the next call of either or the next fold. */
const zc_totals_t *zc_ledger_totals (zc_ledger_t *self);
const zc_totals_t *zc_ledger_service (zc_ledger_t *self, zc_str_t service);

const zc_policy_t *zc_ledger_policy (const zc_ledger_t *self);
const zc_prices_t *zc_ledger_prices (const zc_ledger_t *self);

/* Events folded; of them, those whose service was beyond the cap; and those without a price, by
 * model. */
uint64_t zc_ledger_accepted (const zc_ledger_t *self);
uint64_t zc_ledger_folded_to_other (const zc_ledger_t *self);
const zc_tally_t *zc_ledger_unpriced (const zc_ledger_t *self);

/* How many sums are in use, over all services: one a tier with queries, one each for cache, preloads
 * and calls. */
size_t zc_ledger_cells (const zc_ledger_t *self);

#endif
