/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_totals.c - adds the keys' sums up.
 */
#include "core/ledger.h"

#include "core/ledger_inside.h"

/* A query is measured, assumed or unpriced. */
static void add_queries (zc_tier_totals_t *totals, const zc_measures_t *sums)
{
    totals->queries += (uint64_t) sums->events;
    totals->unpriced += (uint64_t) sums->unpriced;
    totals->measured += (uint64_t) sums->measured;
    totals->assumed += (uint64_t) (sums->events - sums->unpriced - sums->measured);
    totals->cost_nanousd += sums->cost_nanousd;
    totals->baseline_nanousd += sums->baseline_nanousd;
}

static void add_key (const zc_ledger_t *self, zc_totals_t *totals, const zc_key_entry_t *entry)
{
    const zc_measures_t *sums = &entry->sums;
    size_t other = self->policy.tiers_count - 1;
    switch (entry->dimensions.type) {
    case ZCOST_QUERY_ROUTER:
        add_queries (&totals->tiers [zc_ledger_tier (self, entry->dimensions.tier, other)], sums);
        add_queries (&totals->router, sums);
        break;
    case ZCOST_EMBEDDING_CACHE:
        totals->cache_hits += sums->hits;
        totals->cache_misses += sums->misses;
        totals->cache_saved_nanousd += sums->saved_nanousd;
        break;
    case ZCOST_RAG_PARALLEL:
        totals->preloads += (uint64_t) sums->events;
        totals->preloads_measured += (uint64_t) sums->measured;
        totals->saved_ns += sums->saved_ns;
        break;
    case ZCOST_LLM_CALL:
        totals->calls += (uint64_t) sums->events;
        totals->calls_unpriced += (uint64_t) sums->unpriced;
        totals->calls_cost_nanousd += sums->cost_nanousd;
        break;
    }
}

/* service: NULL for all. */
static const zc_totals_t *add_up (zc_ledger_t *self, const zc_str_t *service)
{
    zc_totals_t *totals = &self->looked_at;
    memset (totals, 0, sizeof *totals);
    for (uint32_t key = 0; key < zc_keys_count (self->keys); key++) {
        const zc_key_entry_t *entry = zc_keys_at (self->keys, key);
        if (!service || zc_str_equal (entry->dimensions.service, *service))
            add_key (self, totals, entry);
    }
    return totals;
}

const zc_totals_t *zc_ledger_totals (zc_ledger_t *self)
{
    return add_up (self, NULL);
}

const zc_totals_t *zc_ledger_service (zc_ledger_t *self, zc_str_t service)
{
    return add_up (self, &service);
}
