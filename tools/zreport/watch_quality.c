/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_quality.c - the live view's caches, and how good its data is; see watch_parts.h.
 */
#include "zreport/watch_parts.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/field.h"

/* ------------------------------------------------------------------ caches */

static void put_embeddings (zc_page_t *page, const json_t *report)
{
    int64_t requests = zc_field_count (report, "embedding_cache.total_requests");
    int64_t assumed = zc_field_money (report, "savings.embedding_cache.assumed_usd", "");
    zc_part_label (page, ZC_SCREEN_LABEL, "Embedding cache");
    if (requests == 0) {
        zc_page_put (page, ZC_TONE_FAINT, "no requests");
        return;
    }
    zc_page_put (page, ZC_TONE_PLAIN, "%.1f%% of %s hit", zc_field_real (report, "embedding_cache.hit_rate_percent"),
                 zc_count (requests).text);
    zc_page_fit (page, 2, ZC_TONE_GOOD, "%s saved",
                 zc_dollars (zc_field_money (report, "embedding_cache.estimated_cost_saved_usd",
                                                "embedding_cache.estimated_cost_saved")).text);
    if (assumed)
        zc_page_fit (page, 2, ZC_TONE_FAINT, "~%s of it assumed", zc_dollars (assumed).text);
}

static void put_prompts (zc_page_t *page, const json_t *report)
{
    const json_t *net_usd = zc_field (report, "savings.prompt_cache.net_usd");
    int64_t net = zc_field_money (report, "savings.prompt_cache.net_usd", "");
    zc_part_label (page, ZC_SCREEN_LABEL, "Prompt cache");
    if (!net_usd)
        zc_page_put (page, ZC_TONE_FAINT, "not told");
    else if (net < 0)
        zc_page_put (page, ZC_TONE_WARN, "writes cost %s more than reads saved", zc_dollars (-net).text);
    else
        zc_page_put (page, ZC_TONE_PLAIN, "%s saved, net of its writes", zc_dollars (net).text);
}

static void put_preloads (zc_page_t *page, const json_t *report)
{
    int64_t preloads = zc_field_count (report, "rag_parallel.total_preloads");
    int64_t measured = zc_field_count (report, "rag_parallel.measured_preloads");
    zc_part_label (page, ZC_SCREEN_LABEL, "RAG preloads");
    if (preloads == 0) {
        zc_page_put (page, ZC_TONE_FAINT, "none");
        return;
    }
    zc_page_put (page, ZC_TONE_PLAIN, "%s, %.2f s saved each", zc_count (preloads).text,
                 zc_field_real (report, "rag_parallel.avg_time_saved_seconds"));
    zc_page_fit (page, 2, ZC_TONE_FAINT, "%s measured",
                 measured == 0 ? "none" : measured >= preloads ? "all" : zc_count (measured).text);
}

void zc_part_caches (const zc_watch_data_t *data, zc_page_t *page)
{
    const json_t *report = zc_watch_report (data);
    put_embeddings (page, report);
    put_prompts (page, report);
    put_preloads (page, report);
}

/* ------------------------------------------------------------------ the data's health */

#define GAP 2
#define WIDE_FROM 76 /* columns: from here on each of two lines has a label */

static void put_count (zc_page_t *page, int64_t count, bool bad, const char *what)
{
    zc_page_flow (page, GAP, ZC_PART_LABEL, bad && count > 0 ? ZC_TONE_ALARM : ZC_TONE_PLAIN, "%s %s",
                  zc_count (count).text, what);
}

static void put_events (const zc_watch_data_t *data, zc_page_t *page)
{
    const json_t *events = zc_field (data->snapshot, "zcost.events");
    int64_t unpriced = zc_field (data->snapshot, "savings.unpriced_events")
                           ? zc_field_count (data->snapshot, "savings.unpriced_events")
                           : zc_field_count (data->snapshot, "query_router.unpriced_queries") +
                                 zc_field_count (data->snapshot, "llm_calls.unpriced_calls");
    zc_part_label (page, ZC_PART_LABEL, "Events");
    zc_page_put (page, ZC_TONE_PLAIN, "%s accepted", zc_count (zc_field_count (events, "accepted")).text);
    put_count (page, zc_field_count (events, "rejected"), true, "rejected");
    put_count (page, zc_field_count (events, "duplicate"), false, "duplicate");
    put_count (page, zc_field_count (events, "lost"), true, "lost");
    put_count (page, zc_field_count (events, "dropped"), true, "dropped");
    put_count (page, unpriced, true, "unpriced");
    int64_t folded = zc_field_count (data->known [ZC_ASKED_HEALTH].result, "cells_folded_to_other");
    if (folded > 0)
        put_count (page, folded, true, "folded into \"other\"");
}

/* "journal synced, 0.3 s ago"; "journal none" where nothing outlives the daemon. */
static void put_kept (zc_page_t *page, const json_t *health, const char *what, const char *state_path, int64_t age_ms)
{
    char *state = zc_field_text (zc_page_screen (page), health, state_path);
    bool none = strcmp (state, "none") == 0;
    if (*state && (none || age_ms < 0))
        zc_page_flow (page, GAP, ZC_PART_LABEL, none ? ZC_TONE_WARN : ZC_TONE_PLAIN, "%s %s", what, state);
    else if (*state)
        zc_page_flow (page, GAP, ZC_PART_LABEL, ZC_TONE_PLAIN, "%s %s, %s ago", what, state, zc_age (age_ms).text);
    free (state);
}

void zc_part_health (const zc_watch_data_t *data, zc_page_t *page)
{
    const json_t *health = data->known [ZC_ASKED_HEALTH].result;
    put_events (data, page);
    bool wide = zc_page_columns (page) >= WIDE_FROM;
    if (wide)
        zc_part_label (page, ZC_PART_LABEL, "Data");
    int64_t age_ms = data->now_ms > data->heard_ms ? data->now_ms - data->heard_ms : 0;
    zc_page_flow (page, wide ? 0 : GAP, ZC_PART_LABEL, data->away ? ZC_TONE_ALARM : ZC_TONE_PLAIN,
                  "snapshot %s old", zc_age (age_ms).text);
    bool synced = zc_field_count (health, "journal.synced_at") > 0;
    bool stored = zc_field_count (health, "store.checkpoint_at") > 0;
    put_kept (page, health, "journal", "journal.state", synced ? zc_field_count (health, "journal.sync_age_ms") : -1);
    put_kept (page, health, "store", "store.state",
              stored ? 1000 * (zc_field_count (health, "store.checkpoint_age_seconds") % INT32_MAX) : -1);
    char *source = zc_field_text (zc_page_screen (page), data->snapshot, "zcost.price_table.source");
    if (*source)
        zc_page_fit (page, GAP, ZC_TONE_FAINT, "prices %s", source);
    free (source);
}
