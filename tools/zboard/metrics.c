/* SPDX-License-Identifier: MPL-2.0
 *
 * metrics.c - the daemon's answers as metrics; see metrics.h.
 */
#include "zboard/metrics.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "zboard/labels.h"

#define QUARTER_MS 900000
#define ROWS_ASKED 2000 /* of names of 128 bytes: half of what a reply may have (ZB_ANSWER_MAX_BYTES) */

struct zb_metrics {
    zb_labels_t models, services;    /* of one ledger, for good */
    zb_labels_t unpriced, latencies; /* while something is told of them */
    json_t *ledger;                  /* "zcost" of the last report; NULL: none yet */
};

zb_metrics_t *zb_metrics_new (size_t labels_max)
{
    zb_metrics_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->models.max = self->services.max = self->unpriced.max = self->latencies.max = labels_max;
    return self;
}

static void forget (zb_metrics_t *self)
{
    zb_labels_term (&self->models);
    zb_labels_term (&self->services);
    zb_labels_term (&self->unpriced);
    zb_labels_term (&self->latencies);
    json_decref (self->ledger);
    self->ledger = NULL;
}

void zb_metrics_destroy (zb_metrics_t **self_p)
{
    zb_metrics_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    forget (self);
    free (self);
    *self_p = NULL;
}

json_t *zb_metrics_question (int which, int64_t now_ms)
{
    switch (which) {
    case ZB_ASK_REPORT:
        return json_pack ("{s:s}", "query", "report");
    case ZB_ASK_HEALTH:
        return json_pack ("{s:s}", "query", "health");
    case ZB_ASK_BY_MODEL:
        return json_pack ("{s:s, s:[s], s:i}", "query", "breakdown", "by", "model", "limit", ROWS_ASKED);
    case ZB_ASK_BY_SERVICE:
        return json_pack ("{s:s, s:[s], s:i}", "query", "breakdown", "by", "service", "limit", ROWS_ASKED);
    case ZB_ASK_LATENCY:
        return json_pack ("{s:s, s:[s], s:I, s:i}", "query", "breakdown", "by", "model", "since",
                          (json_int_t) (now_ms - QUARTER_MS), "limit", ROWS_ASKED);
    default:
        return json_pack ("{s:s}", "query", "budgets");
    }
}

/* --------------------------------------------------------------------- reading JSON */

static const json_t *at (const json_t *map, const char *section, const char *key)
{
    return json_object_get (section ? json_object_get (map, section) : map, key);
}

static double number_at (const json_t *map, const char *section, const char *key)
{
    return json_number_value (at (map, section, key));
}

static bool is_decimal (const char *text)
{
    static const char digits [] = "0123456789";
    text += *text == '-';
    size_t whole = strspn (text, digits), part = text [whole] == '.' ? strspn (text + whole + 1, digits) : 0;
    return whole > 0 && text [whole + (part > 0 ? part + 1 : 0)] == '\0';
}

/* An exact decimal as it is written; "0" where there is none. */
static const char *exact_at (const json_t *map, const char *section, const char *key)
{
    const char *text = json_string_value (at (map, section, key));
    return text && is_decimal (text) ? text : "0";
}

/* What a row is about; NULL: nothing that a label can say. With a NUL in it, it would pass for another row's. */
static const char *name_at (const json_t *row, const char *by)
{
    const json_t *name = json_object_get (row, by);
    const char *text = json_string_value (name);
    return text && strlen (text) == json_string_length (name) ? text : NULL;
}

static const char *text_at (const json_t *map, const char *key)
{
    const char *text = json_string_value (json_object_get (map, key));
    return text ? text : "";
}

/* ------------------------------------------------------------------------ the report */

static void write_tiers (const json_t *report, zb_exposition_t *out)
{
    const json_t *tiers = at (report, "query_router", "cost_breakdown");
    const char *tier;
    json_t *value;
    zb_exposition_family (out, ZB_COUNTER, "zcost_queries", "Queries routed, by tier.");
    json_object_foreach ((json_t *) tiers, tier, value)
        zb_exposition_number (out, number_at (value, NULL, "queries"), "tier", tier, NULL);
    zb_exposition_family (out, ZB_COUNTER, "zcost_query_cost_usd", "Cost of routed queries, by tier.");
    json_object_foreach ((json_t *) tiers, tier, value)
        zb_exposition_sample (out, exact_at (value, NULL, "cost_usd"), "tier", tier, NULL);
}

static void write_savings (const json_t *report, zb_exposition_t *out)
{
    const json_t *savings = json_object_get (report, "savings");
    zb_exposition_family (out, ZB_GAUGE, "zcost_savings_usd",
                          "Saved since the ledger began, signed. Assumed: by a flat amount, not by tokens.");
    zb_exposition_sample (out, exact_at (savings, "router", "measured_usd"), "driver", "routing", "basis", "measured",
                          NULL);
    zb_exposition_sample (out, exact_at (savings, "router", "assumed_usd"), "driver", "routing", "basis", "assumed",
                          NULL);
    zb_exposition_sample (out, exact_at (savings, "embedding_cache", "measured_usd"), "driver", "embedding_cache",
                          "basis", "measured", NULL);
    zb_exposition_sample (out, exact_at (savings, "embedding_cache", "assumed_usd"), "driver", "embedding_cache",
                          "basis", "assumed", NULL);
    zb_exposition_sample (out, exact_at (savings, "prompt_cache", "net_usd"), "driver", "prompt_cache", "basis",
                          "measured", NULL);
}

static void write_events (const json_t *report, zb_exposition_t *out)
{
    const json_t *events = at (report, "zcost", "events");
    zb_exposition_one (out, ZB_COUNTER, "zcost_events_accepted", "Events accepted.",
                       number_at (events, NULL, "accepted"));
    zb_exposition_one (out, ZB_COUNTER, "zcost_events_duplicate", "Events received again and not counted again.",
                       number_at (events, NULL, "duplicate"));
    zb_exposition_one (out, ZB_COUNTER, "zcost_events_lost", "Events whose numbers can no longer arrive.",
                       number_at (events, NULL, "lost"));
    zb_exposition_one (out, ZB_COUNTER, "zcost_events_dropped", "Events that producers declared dropped.",
                       number_at (events, NULL, "dropped"));
    zb_exposition_one (out, ZB_COUNTER, "zcost_events_unpriced", "Events whose cost is not known; in no sum of money.",
                       number_at (report, "savings", "unpriced_events"));
}

static void write_cache_and_rag (const json_t *report, zb_exposition_t *out)
{
    zb_exposition_family (out, ZB_COUNTER, "zcost_embedding_cache_requests", "Look-ups in the embedding cache.");
    zb_exposition_number (out, number_at (report, "embedding_cache", "cache_hits"), "result", "hit", NULL);
    zb_exposition_number (out, number_at (report, "embedding_cache", "cache_misses"), "result", "miss", NULL);
    zb_exposition_one (out, ZB_COUNTER, "zcost_rag_preloads", "Parallel preloads.",
                       number_at (report, "rag_parallel", "total_preloads"));
    zb_exposition_one (out, ZB_GAUGE, "zcost_rag_saved_seconds_average", "Time that a preload saved, on average.",
                       number_at (report, "rag_parallel", "avg_time_saved_seconds"));
    zb_exposition_one (out, ZB_COUNTER, "zcost_calls", "Model calls outside the router.",
                       number_at (report, "llm_calls", "total_calls"));
    zb_exposition_family (out, ZB_COUNTER, "zcost_call_cost_usd", "Cost of model calls outside the router.");
    zb_exposition_sample (out, exact_at (report, "llm_calls", "total_cost_usd"), NULL);
}

/* A ledger is told by the moment it began, which is on its disk. It goes back only between two starts, where an older
 * copy of it was put back: an answer that a later one overtook goes back, too, and means nothing. */
static bool is_another (const json_t *then, const json_t *now)
{
    if (json_integer_value (at (then, NULL, "since")) != json_integer_value (at (now, NULL, "since")))
        return true;
    return strcmp (text_at (then, "incarnation"), text_at (now, "incarnation")) != 0 &&
           number_at (now, "events", "accepted") < number_at (then, "events", "accepted");
}

/* Names of a ledger that is gone would hold their places, and show its sums, for ever. */
static void look_at_ledger (zb_metrics_t *self, const json_t *report)
{
    json_t *now = json_object_get (report, "zcost");
    if (self->ledger && is_another (self->ledger, now))
        forget (self);
    json_decref (self->ledger);
    self->ledger = json_incref (now);
}

static void write_report (const json_t *report, zb_exposition_t *out)
{
    const json_t *zcost = json_object_get (report, "zcost");
    zb_exposition_family (out, ZB_INFO, "zcost_build", "The daemon.");
    zb_exposition_sample (out, "1", "version", text_at (zcost, "version"), "instance", text_at (zcost, "instance"),
                          NULL);
    write_tiers (report, out);
    write_cache_and_rag (report, out);
    write_savings (report, out);
    write_events (report, out);
}

/* ------------------------------------------------------------------------------ health */

static void write_rejected (const json_t *health, zb_exposition_t *out)
{
    const char *reason;
    json_t *count;
    zb_exposition_family (out, ZB_COUNTER, "zcost_events_rejected", "Events refused, by reason.");
    json_object_foreach (json_object_get (health, "rejected"), reason, count)
        zb_exposition_number (out, json_number_value (count), "reason", reason, NULL);
}

static void write_unpriced (zb_metrics_t *self, const json_t *health, zb_exposition_t *out)
{
    const char *model;
    json_t *count;
    zb_exposition_family (out, ZB_COUNTER, "zcost_model_unpriced", "Events without a known price, by model.");
    /* The answer has them all: who is not in it was priced since (zcostd --reprice). */
    zb_labels_renew (&self->unpriced, json_object_get (health, "unpriced"));
    json_object_foreach (self->unpriced.names, model, count)
        zb_exposition_number (out, json_number_value (count), "model", model, NULL);
}

static void write_disk (const json_t *health, zb_exposition_t *out)
{
    if (at (health, "journal", "unsynced_bytes")) {
        zb_exposition_one (out, ZB_GAUGE, "zcost_journal_unsynced_bytes", "Written and not yet synced to disk.",
                           number_at (health, "journal", "unsynced_bytes"));
        zb_exposition_one (out, ZB_GAUGE, "zcost_journal_bytes", "The journal on disk.",
                           number_at (health, "journal", "bytes"));
        zb_exposition_one (out, ZB_GAUGE, "zcost_journal_last_sync_seconds", "How long the last sync took.",
                           number_at (health, "journal", "last_sync_ms") / 1000);
    }
    if (at (health, "store", "bytes")) {
        zb_exposition_one (out, ZB_GAUGE, "zcost_store_bytes", "The store on disk.",
                           number_at (health, "store", "bytes"));
        zb_exposition_one (out, ZB_GAUGE, "zcost_store_checkpoint_age_seconds", "Time since the last checkpoint.",
                           number_at (health, "store", "checkpoint_age_seconds"));
    }
}

static void write_health (zb_metrics_t *self, const json_t *health, zb_exposition_t *out)
{
    write_rejected (health, out);
    write_unpriced (self, health, out);
    write_disk (health, out);
    zb_exposition_one (out, ZB_GAUGE, "zcost_producers", "Producers of stamped frames that are live.",
                       number_at (health, "producers_total", "live"));
    zb_exposition_one (out, ZB_GAUGE, "zcost_uptime_seconds", "Time since the daemon started.",
                       number_at (health, NULL, "uptime_seconds"));
    zb_exposition_one (out, ZB_GAUGE, "zcost_resident_memory_bytes", "The daemon's memory.",
                       number_at (health, NULL, "rss_bytes"));
    zb_exposition_one (out, ZB_GAUGE, "zcost_cells", "Cells in the store, and those that changed since.",
                       number_at (health, NULL, "cells"));
    zb_exposition_one (out, ZB_COUNTER, "zcost_events_folded_to_other",
                       "Events whose names were counted as `other`, beyond the cap on keys.",
                       number_at (health, NULL, "cells_folded_to_other"));
}

/* -------------------------------------------------------------------------- breakdowns */

static void write_total (const json_t *breakdown, zb_exposition_t *out)
{
    zb_exposition_family (out, ZB_COUNTER, "zcost_cost_usd", "Total cost since the ledger began.");
    zb_exposition_sample (out, exact_at (breakdown, "total", "cost_usd"), NULL);
}

/* How many rows there are that are not in the answer. */
static uint64_t rows_left_out (const json_t *breakdown)
{
    json_int_t count = json_integer_value (json_object_get (breakdown, "rows_left_out"));
    return count > 0 ? (uint64_t) count : 0;
}

/* What is kept of a row. */
static json_t *told_of (const json_t *row, const char *const *keys)
{
    json_t *told = json_object ();
    for (; told && *keys; keys++)
        json_object_set_nocheck (told, *keys, json_object_get (row, *keys));
    return told;
}

/* The dearest names first. One whose row is not among those asked for, for others became dearer, keeps what it had: a
 * sum that is too small by what came since is better than a series that ends, and never falls. */
static void take_rows (zb_labels_t *labels, const json_t *breakdown, const char *by, const char *const *keys)
{
    const json_t *rows = json_object_get (breakdown, "rows");
    size_t i;
    json_t *row;
    json_array_foreach (rows, i, row) {
        const char *name = name_at (row, by);
        if (name)
            zb_labels_take (labels, name, told_of (row, keys));
    }
    zb_labels_count (labels, json_array_size (rows) + rows_left_out (breakdown));
}

/* One family over the names. */
static void write_named (const zb_labels_t *labels, const char *by, const char *key, zb_exposition_t *out)
{
    const char *name;
    json_t *told;
    json_object_foreach (labels->names, name, told) {
        if (json_is_string (json_object_get (told, key)))
            zb_exposition_sample (out, exact_at (told, NULL, key), by, name, NULL);
        else
            zb_exposition_number (out, number_at (told, NULL, key), by, name, NULL);
    }
}

static void write_tokens (const zb_labels_t *labels, zb_exposition_t *out)
{
    static const struct {
        const char *key, *kind;
    } kinds [] = {
        {"input_tokens", "input"},   {"cache_read_tokens", "cache_read"}, {"cache_write_tokens", "cache_write"},
        {"output_tokens", "output"}, {"reasoning_tokens", "reasoning"},   {"saved_tokens", "saved"}};
    const char *name;
    json_t *told;
    zb_exposition_family (
        out, ZB_COUNTER, "zcost_model_tokens",
        "Tokens by model; cache_read and cache_write are parts of input, reasoning of output; saved are "
        "those of embedding cache hits, and in no other kind.");
    json_object_foreach (labels->names, name, told)
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
            zb_exposition_number (out, number_at (told, NULL, kinds [kind].key), "model", name, "kind",
                                  kinds [kind].kind, NULL);
}

static void write_models (zb_metrics_t *self, const json_t *breakdown, zb_exposition_t *out)
{
    static const char *const keys [] = {"cost_usd",
                                        "events",
                                        "input_tokens",
                                        "cache_read_tokens",
                                        "cache_write_tokens",
                                        "output_tokens",
                                        "reasoning_tokens",
                                        "saved_tokens",
                                        NULL};
    take_rows (&self->models, breakdown, "model", keys);
    write_total (breakdown, out);
    zb_exposition_family (out, ZB_COUNTER, "zcost_model_cost_usd", "Cost by model; empty for events without a model.");
    write_named (&self->models, "model", "cost_usd", out);
    zb_exposition_family (out, ZB_COUNTER, "zcost_model_events", "Events by model.");
    write_named (&self->models, "model", "events", out);
    write_tokens (&self->models, out);
}

static void write_services (zb_metrics_t *self, const json_t *breakdown, zb_exposition_t *out)
{
    static const char *const keys [] = {"cost_usd", "events", NULL};
    take_rows (&self->services, breakdown, "service", keys);
    zb_exposition_family (out, ZB_COUNTER, "zcost_service_cost_usd", "Cost by service.");
    write_named (&self->services, "service", "cost_usd", out);
    zb_exposition_family (out, ZB_COUNTER, "zcost_service_events", "Events by service.");
    write_named (&self->services, "service", "events", out);
}

/* ----------------------------------------------------------------------------- latency */

static const struct {
    const char *key, *quantile;
} quantiles [] = {{"latency_ms_p50", "0.5"}, {"latency_ms_p95", "0.95"}, {"latency_ms_p99", "0.99"}};

/* Quantiles are no sums: a model that told no latency in this time gives its place to one that did. Rows that are not in
 * the answer may have told one: they count as left out. */
static void take_latencies (zb_labels_t *labels, const json_t *breakdown)
{
    static const char *const keys [] = {"latency_ms_p50", "latency_ms_p95", "latency_ms_p99", NULL};
    json_t *told = json_object (), *row;
    size_t i;
    json_array_foreach (json_object_get (breakdown, "rows"), i, row) {
        const char *name = name_at (row, "model");
        if (name && number_at (row, NULL, "latency_events") != 0)
            json_object_set_new_nocheck (told, name, told_of (row, keys));
    }
    zb_labels_renew (labels, told);
    zb_labels_count (labels, json_object_size (told) + rows_left_out (breakdown));
    json_decref (told);
}

static void write_latency (zb_metrics_t *self, const json_t *breakdown, zb_exposition_t *out)
{
    const char *name;
    json_t *told;
    take_latencies (&self->latencies, breakdown);
    zb_exposition_family (out, ZB_SUMMARY, "zcost_model_latency_seconds",
                          "Latency of calls by model, over the last 15 minutes.");
    json_object_foreach (self->latencies.names, name, told)
        for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++)
            zb_exposition_number (out, number_at (told, NULL, quantiles [q].key) / 1000, "model", name, "quantile",
                                  quantiles [q].quantile, NULL);
}

/* ----------------------------------------------------------------------------- budgets */

static void write_budgets (const json_t *answer, zb_exposition_t *out)
{
    const json_t *budgets = json_object_get (answer, "budgets");
    size_t i;
    json_t *budget;
    if (json_array_size (budgets) == 0)
        return;
    zb_exposition_family (out, ZB_GAUGE, "zcost_budget_limit_usd", "Limit of the budget for its period.");
    json_array_foreach (budgets, i, budget)
        if (name_at (budget, "name"))
            zb_exposition_sample (out, exact_at (budget, NULL, "limit_usd"), "budget", name_at (budget, "name"), NULL);
    zb_exposition_family (out, ZB_GAUGE, "zcost_budget_spent_usd", "Spent so far in the budget's period.");
    json_array_foreach (budgets, i, budget)
        if (name_at (budget, "name") && json_is_string (json_object_get (budget, "spent_usd")))
            zb_exposition_sample (out, exact_at (budget, NULL, "spent_usd"), "budget", name_at (budget, "name"), NULL);
}

/* ------------------------------------------------------------------------------- all */

static void write_left_out (const zb_metrics_t *self, zb_exposition_t *out)
{
    zb_exposition_family (out, ZB_GAUGE, "zcost_labels_left_out",
                          "Names without a series of their own: beyond metrics/max_labels, or containing a NUL.");
    zb_exposition_count (out, self->models.left_out, "label", "model", NULL);
    zb_exposition_count (out, self->services.left_out, "label", "service", NULL);
    zb_exposition_count (out, self->unpriced.left_out, "label", "unpriced", NULL);
    zb_exposition_count (out, self->latencies.left_out, "label", "latency", NULL);
}

void zb_metrics_write (zb_metrics_t *self, json_t *const *answers, zb_exposition_t *out)
{
    if (answers [ZB_ASK_REPORT]) {
        look_at_ledger (self, answers [ZB_ASK_REPORT]);
        write_report (answers [ZB_ASK_REPORT], out);
    }
    if (answers [ZB_ASK_HEALTH])
        write_health (self, answers [ZB_ASK_HEALTH], out);
    if (answers [ZB_ASK_BY_MODEL])
        write_models (self, answers [ZB_ASK_BY_MODEL], out);
    if (answers [ZB_ASK_BY_SERVICE])
        write_services (self, answers [ZB_ASK_BY_SERVICE], out);
    if (answers [ZB_ASK_LATENCY])
        write_latency (self, answers [ZB_ASK_LATENCY], out);
    if (answers [ZB_ASK_BUDGETS])
        write_budgets (answers [ZB_ASK_BUDGETS], out);
    write_left_out (self, out);
}
