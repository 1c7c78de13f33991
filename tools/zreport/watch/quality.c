/* SPDX-License-Identifier: MPL-2.0
 *
 * quality.c - the live view's caches, and how good its data is; see watch_parts.h.
 */
#include "zreport/watch/parts.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/field.h"

/* ------------------------------------------------------------------ caches */

static void put_embeddings (zr_page_t *page, const json_t *report)
{
    int64_t requests = zr_field_count (report, "embedding_cache.total_requests");
    int64_t assumed = zr_field_money (report, "savings.embedding_cache.assumed_usd", "");
    zr_watch_part_label (page, ZR_SCREEN_LABEL, "Embedding cache");
    if (requests == 0) {
        zr_page_put (page, ZR_TONE_FAINT, "no requests");
        return;
    }
    zr_page_put (page, ZR_TONE_PLAIN, "%.1f%% of %s hit", zr_field_real (report, "embedding_cache.hit_rate_percent"),
                 zr_amount_count (requests).text);
    zr_page_fit (page, 2, ZR_TONE_GOOD, "%s saved",
                 zr_amount_dollars (zr_field_money (report, "embedding_cache.estimated_cost_saved_usd",
                                                    "embedding_cache.estimated_cost_saved"))
                     .text);
    if (assumed)
        zr_page_fit (page, 2, ZR_TONE_FAINT, "~%s of it assumed", zr_amount_dollars (assumed).text);
}

static void put_prompts (zr_page_t *page, const json_t *report)
{
    const json_t *net_usd = zr_field (report, "savings.prompt_cache.net_usd");
    int64_t net = zr_field_money (report, "savings.prompt_cache.net_usd", "");
    zr_watch_part_label (page, ZR_SCREEN_LABEL, "Prompt cache");
    if (!net_usd)
        zr_page_put (page, ZR_TONE_FAINT, "not reported");
    else if (net < 0)
        zr_page_put (page, ZR_TONE_WARN, "writes cost %s more than reads saved", zr_amount_dollars (-net).text);
    else
        zr_page_put (page, ZR_TONE_PLAIN, "%s saved, net of its writes", zr_amount_dollars (net).text);
}

static void put_preloads (zr_page_t *page, const json_t *report)
{
    int64_t preloads = zr_field_count (report, "rag_parallel.total_preloads");
    int64_t measured = zr_field_count (report, "rag_parallel.measured_preloads");
    zr_watch_part_label (page, ZR_SCREEN_LABEL, "RAG preloads");
    if (preloads == 0) {
        zr_page_put (page, ZR_TONE_FAINT, "none");
        return;
    }
    zr_page_put (page, ZR_TONE_PLAIN, "%s, %.2f s saved each", zr_amount_count (preloads).text,
                 zr_field_real (report, "rag_parallel.avg_time_saved_seconds"));
    zr_page_fit (page, 2, ZR_TONE_FAINT, "%s measured",
                 measured == 0          ? "none"
                 : measured >= preloads ? "all"
                                        : zr_amount_count (measured).text);
}

void zr_watch_part_caches (const zr_watch_data_t *data, zr_page_t *page)
{
    const json_t *report = zr_watch_report (data);
    put_embeddings (page, report);
    put_prompts (page, report);
    put_preloads (page, report);
}

/* ------------------------------------------------------------------ the data's health */

#define GAP 2
#define WIDE_FROM 76 /* columns: from here on each of two lines has a label */

static void put_count (zr_page_t *page, int64_t count, bool bad, const char *what)
{
    zr_page_flow (page, GAP, ZR_PART_LABEL, bad && count > 0 ? ZR_TONE_ALARM : ZR_TONE_PLAIN, "%s %s",
                  zr_amount_count (count).text, what);
}

static void put_events (const zr_watch_data_t *data, zr_page_t *page)
{
    const json_t *events = zr_field (data->snapshot, "zcost.events");
    int64_t unpriced = zr_field (data->snapshot, "savings.unpriced_events")
                           ? zr_field_count (data->snapshot, "savings.unpriced_events")
                           : zr_field_count (data->snapshot, "query_router.unpriced_queries") +
                                 zr_field_count (data->snapshot, "llm_calls.unpriced_calls");
    zr_watch_part_label (page, ZR_PART_LABEL, "Events");
    zr_page_put (page, ZR_TONE_PLAIN, "%s accepted", zr_amount_count (zr_field_count (events, "accepted")).text);
    put_count (page, zr_field_count (events, "rejected"), true, "rejected");
    put_count (page, zr_field_count (events, "duplicate"), false, "duplicate");
    put_count (page, zr_field_count (events, "lost"), true, "lost");
    put_count (page, zr_field_count (events, "dropped"), true, "dropped");
    put_count (page, unpriced, true, "unpriced");
    int64_t folded = zr_field_count (data->known [ZR_ASKED_HEALTH].result, "cells_folded_to_other");
    if (folded > 0)
        put_count (page, folded, true, "folded into \"other\"");
}

/* "journal synced, 0.3 s ago"; "journal none" where nothing outlives the daemon. */
static void put_kept (zr_page_t *page, const json_t *health, const char *what, const char *state_path, int64_t age_ms)
{
    char *state = zr_field_text (zr_page_screen (page), health, state_path);
    bool none = strcmp (state, "none") == 0;
    if (*state && (none || age_ms < 0))
        zr_page_flow (page, GAP, ZR_PART_LABEL, none ? ZR_TONE_WARN : ZR_TONE_PLAIN, "%s %s", what, state);
    else if (*state)
        zr_page_flow (page, GAP, ZR_PART_LABEL, ZR_TONE_PLAIN, "%s %s, %s ago", what, state,
                      zr_amount_age (age_ms).text);
    free (state);
}

void zr_watch_part_health (const zr_watch_data_t *data, zr_page_t *page)
{
    const json_t *health = data->known [ZR_ASKED_HEALTH].result;
    put_events (data, page);
    bool wide = zr_page_columns (page) >= WIDE_FROM;
    if (wide)
        zr_watch_part_label (page, ZR_PART_LABEL, "Data");
    int64_t age_ms = data->now_ms > data->heard_ms ? data->now_ms - data->heard_ms : 0;
    zr_page_flow (page, wide ? 0 : GAP, ZR_PART_LABEL, data->away ? ZR_TONE_ALARM : ZR_TONE_PLAIN, "snapshot %s old",
                  zr_amount_age (age_ms).text);
    bool synced = zr_field_count (health, "journal.synced_at") > 0;
    bool stored = zr_field_count (health, "store.checkpoint_at") > 0;
    put_kept (page, health, "journal", "journal.state", synced ? zr_field_count (health, "journal.sync_age_ms") : -1);
    put_kept (page, health, "store", "store.state",
              stored ? 1000 * (zr_field_count (health, "store.checkpoint_age_seconds") % INT32_MAX) : -1);
    char *source = zr_field_text (zr_page_screen (page), data->snapshot, "zcost.price_table.source");
    if (*source)
        zr_page_fit (page, GAP, ZR_TONE_FAINT, "prices %s", source);
    free (source);
}
