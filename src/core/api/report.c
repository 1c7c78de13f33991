/* SPDX-License-Identifier: MPL-2.0
 *
 * report.c - the cost report.
 */
#include "core/api/report.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/pack_money.h"

/* ISO 8601, UTC, milliseconds. */
static void pack_key_time (zc_pack_t *out, const char *key, int64_t ms)
{
    time_t seconds = (time_t) (ms / 1000);
    struct tm parts;
    char text [64];
    gmtime_r (&seconds, &parts);
    size_t size = strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    const char tail [] = {'.', (char) ('0' + ms / 100 % 10), (char) ('0' + ms / 10 % 10), (char) ('0' + ms % 10), 'Z'};
    memcpy (text + size, tail, sizeof tail);
    zc_pack_text (out, key);
    zc_pack_str (out, text, size + sizeof tail);
}

static bool is_shown (const zc_totals_t *totals, size_t tier)
{
    return tier < 3 || totals->tiers [tier].queries > 0;
}

static size_t count_shown (const zc_policy_t *policy, const zc_totals_t *totals)
{
    size_t shown = 0;
    for (size_t i = 0; i < policy->tiers_count; i++)
        shown += is_shown (totals, i);
    return shown;
}

static void pack_tiers (zc_pack_t *out, const zc_policy_t *policy, const zc_totals_t *totals)
{
    zc_pack_key_map (out, "cost_breakdown", count_shown (policy, totals));
    for (size_t i = 0; i < policy->tiers_count; i++) {
        if (!is_shown (totals, i))
            continue;
        const zc_tier_totals_t *tier = &totals->tiers [i];
        zc_pack_key_map (out, policy->tiers [i].name, 4);
        zc_pack_key_int (out, "queries", (int64_t) tier->queries);
        zc_pack_key_cost (out, "cost", tier->cost_nanousd);
        zc_pack_key_usd (out, "cost_usd", tier->cost_nanousd);
        zc_pack_key_text (out, "model", policy->tiers [i].model);
    }
}

static void pack_query_router (zc_pack_t *out, const zc_policy_t *policy, const zc_totals_t *totals)
{
    const zc_tier_totals_t *router = &totals->router;
    int64_t net = router->baseline_nanousd - router->cost_nanousd; /* both are 0 or more */
    int64_t savings = net > 0 ? net : 0;
    zc_pack_key_map (out, "query_router", 9);
    zc_pack_key_int (out, "total_queries", (int64_t) router->queries);
    pack_tiers (out, policy, totals);
    zc_pack_key_cost (out, "total_cost", router->cost_nanousd);
    zc_pack_key_cost (out, "estimated_savings", savings);
    zc_pack_key_percent (out, "savings_percent", savings, router->baseline_nanousd);
    zc_pack_key_usd (out, "total_cost_usd", router->cost_nanousd);
    zc_pack_key_usd (out, "net_savings_usd", net);
    zc_pack_key_map (out, "baseline", 4);
    zc_pack_key_text (out, "model", policy->baseline_model);
    zc_pack_key_usd (out, "per_query_usd", policy->baseline_per_query_nanousd);
    zc_pack_key_int (out, "measured_queries", (int64_t) router->measured);
    zc_pack_key_int (out, "assumed_queries", (int64_t) router->assumed);
    zc_pack_key_int (out, "unpriced_queries", (int64_t) router->unpriced);
}

static void pack_embedding_cache (zc_pack_t *out, const zc_totals_t *totals)
{
    zc_pack_key_map (out, "embedding_cache", 6);
    zc_pack_key_int (out, "total_requests", totals->cache_hits + totals->cache_misses);
    zc_pack_key_int (out, "cache_hits", totals->cache_hits);
    zc_pack_key_int (out, "cache_misses", totals->cache_misses);
    zc_pack_key_percent (out, "hit_rate_percent", totals->cache_hits, totals->cache_hits + totals->cache_misses);
    zc_pack_key_cost (out, "estimated_cost_saved", totals->cache_saved_nanousd);
    zc_pack_key_usd (out, "estimated_cost_saved_usd", totals->cache_saved_nanousd);
}

static void pack_rag_parallel (zc_pack_t *out, const zc_totals_t *totals)
{
    /* Ten-thousandths of a second, rounded once. */
    int64_t average = totals->preloads ? zc_money_divide (totals->saved_ns, 100000 * (int64_t) totals->preloads) : 0;
    zc_pack_key_map (out, "rag_parallel", 3);
    zc_pack_key_int (out, "total_preloads", (int64_t) totals->preloads);
    zc_pack_key_double (out, "avg_time_saved_seconds", zc_money_show (average, 4, 4));
    zc_pack_key_int (out, "measured_preloads", (int64_t) totals->preloads_measured);
}

static void pack_llm_calls (zc_pack_t *out, const zc_totals_t *totals)
{
    zc_pack_key_map (out, "llm_calls", 4);
    zc_pack_key_int (out, "total_calls", (int64_t) totals->calls);
    zc_pack_key_cost (out, "total_cost", totals->calls_cost_nanousd);
    zc_pack_key_usd (out, "total_cost_usd", totals->calls_cost_nanousd);
    zc_pack_key_int (out, "unpriced_calls", (int64_t) totals->calls_unpriced);
}

/* What was saved, and the part of it that rests on an assumption. Each is a sum of amounts that are not negative less
 * another, and so is their difference: all fit. */
static void pack_saved (zc_pack_t *out, const char *key, const char *saved_key, int64_t saved, int64_t assumed)
{
    zc_pack_key_map (out, key, 3);
    zc_pack_key_usd (out, saved_key, saved);
    zc_pack_key_usd (out, "measured_usd", saved - assumed);
    zc_pack_key_usd (out, "assumed_usd", assumed);
}

static void pack_saved_by_tier (zc_pack_t *out, const char *key, const zc_tier_totals_t *tier)
{
    pack_saved (out, key, "net_usd", tier->baseline_nanousd - tier->cost_nanousd,
                tier->assumed_baseline_nanousd - tier->assumed_cost_nanousd);
}

static void pack_savings (zc_pack_t *out, const zc_policy_t *policy, const zc_totals_t *totals)
{
    zc_pack_key_map (out, "savings", 6);
    zc_pack_key_text (out, "baseline_model", policy->baseline_model);
    pack_saved_by_tier (out, "router", &totals->router);
    zc_pack_key_map (out, "tiers", count_shown (policy, totals));
    for (size_t i = 0; i < policy->tiers_count; i++)
        if (is_shown (totals, i))
            pack_saved_by_tier (out, policy->tiers [i].name, &totals->tiers [i]);
    pack_saved (out, "embedding_cache", "saved_usd", totals->cache_saved_nanousd, totals->cache_assumed_nanousd);
    zc_pack_key_map (out, "prompt_cache", 1);
    zc_pack_key_usd (out, "net_usd", totals->prompt_saved_nanousd);
    zc_pack_key_uint (out, "unpriced_events", totals->unpriced);
}

void zc_report_pack_events (zc_pack_t *out, const zc_report_source_t *view)
{
    const zc_delivery_t *delivery = zc_producers_delivery (view->producers);
    zc_pack_key_map (out, "events", 5);
    zc_pack_key_int (out, "accepted", (int64_t) zc_ledger_accepted (view->ledger));
    zc_pack_key_int (out, "rejected", (int64_t) zc_rejects_total (view->rejects));
    zc_pack_key_uint (out, "duplicate", delivery->duplicate);
    zc_pack_key_uint (out, "lost", delivery->lost);
    zc_pack_key_uint (out, "dropped", delivery->dropped);
}

void zc_report_pack_price_table (zc_pack_t *out, const zc_report_source_t *view)
{
    const zc_prices_t *prices = zc_ledger_prices (view->ledger);
    size_t refused;
    zc_prices_refused (prices, &refused);
    zc_pack_key_map (out, "price_table", 4);
    zc_pack_key_text (out, "source", view->about->prices_source);
    zc_pack_key_int (out, "models", (int64_t) zc_prices_count (prices));
    zc_pack_key_int (out, "not_read", (int64_t) refused);
    pack_key_time (out, "loaded_at", view->about->prices_loaded_ms);
}

static void pack_zcost (zc_pack_t *out, const zc_report_source_t *view, const zc_window_t *window)
{
    const zc_about_t *about = view->about;
    zc_pack_key_map (out, "zcost", 9);
    zc_pack_key_text (out, "version", about->version);
    zc_pack_key_text (out, "instance", about->instance);
    zc_pack_key_text (out, "incarnation", about->incarnation);
    zc_pack_key_int (out, "sequence", (int64_t) view->sequence);
    if (about->interval_ms % 1000 == 0)
        zc_pack_key_int (out, "interval_seconds", about->interval_ms / 1000);
    else
        zc_pack_key_double (out, "interval_seconds", (double) about->interval_ms / 1000);
    zc_pack_key_int (out, "since", window ? window->since_ms : about->began_ms);
    zc_pack_key_int (out, "until", window ? window->until_ms : view->now_ms);
    zc_report_pack_events (out, view);
    zc_report_pack_price_table (out, view);
}

void zc_report_pack (zc_pack_t *out, const zc_report_source_t *view, const zc_totals_t *totals,
                     const zc_window_t *window)
{
    zc_pack_map (out, 7);
    pack_query_router (out, zc_ledger_policy (view->ledger), totals);
    pack_embedding_cache (out, totals);
    pack_rag_parallel (out, totals);
    pack_llm_calls (out, totals);
    pack_savings (out, zc_ledger_policy (view->ledger), totals);
    pack_key_time (out, "timestamp", view->now_ms);
    pack_zcost (out, view, window);
}
