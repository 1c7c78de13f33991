/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_totals.c - adds sums up: the keys', or those of whoever asks.
 */
#include "core/ledger/ledger.h"

#include "core/ledger/ledger_internal.h"

/* A query is measured, assumed or unpriced. */
static void add_queries (zc_tier_totals_t *totals, const zc_measures_t *sums)
{
    totals->queries += (uint64_t) sums->events;
    totals->unpriced += (uint64_t) sums->unpriced;
    totals->measured += (uint64_t) sums->measured;
    totals->assumed += (uint64_t) (sums->events - sums->unpriced - sums->measured);
    totals->cost_nanousd += sums->cost_nanousd;
    totals->baseline_nanousd += sums->baseline_nanousd;
    totals->assumed_cost_nanousd += sums->assumed_cost_nanousd;
    totals->assumed_baseline_nanousd += sums->assumed_baseline_nanousd;
}

static void add_sums (zc_ledger_t *self, zcost_type_t type, zc_str_t tier, const zc_measures_t *sums)
{
    zc_totals_t *totals = &self->looked_at;
    size_t other = self->policy.tiers_count - 1;
    totals->unpriced += (uint64_t) sums->unpriced;
    totals->prompt_saved_nanousd += sums->prompt_saved_nanousd;
    switch (type) {
    case ZCOST_QUERY_ROUTER:
        add_queries (&totals->tiers [zc_ledger_tier (self, tier, other)], sums);
        add_queries (&totals->router, sums);
        break;
    case ZCOST_EMBEDDING_CACHE:
        totals->cache_hits += sums->hits;
        totals->cache_misses += sums->misses;
        totals->cache_saved_nanousd += sums->saved_nanousd;
        totals->cache_assumed_nanousd += sums->assumed_saved_nanousd;
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

static const zc_totals_t *begin (zc_ledger_t *self)
{
    memset (&self->looked_at, 0, sizeof self->looked_at);
    return &self->looked_at;
}

/* service: NULL for all. */
static const zc_totals_t *add_up (zc_ledger_t *self, const zc_str_t *service)
{
    const zc_totals_t *totals = begin (self);
    for (uint32_t key = 0; key < zc_keys_count (self->keys); key++) {
        const zc_key_entry_t *entry = zc_keys_at (self->keys, key);
        if (!service || zc_str_equal (entry->dimensions.service, *service))
            add_sums (self, entry->dimensions.type, entry->dimensions.tier, &entry->sums);
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

const zc_totals_t *zc_ledger_total_of (zc_ledger_t *self, const zc_keyed_sums_t *sums, size_t count)
{
    const zc_totals_t *totals = begin (self);
    for (size_t i = 0; i < count; i++)
        add_sums (self, sums [i].type, sums [i].tier, &sums [i].sums);
    return totals;
}
