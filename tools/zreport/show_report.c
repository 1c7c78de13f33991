/* SPDX-License-Identifier: MPL-2.0
 *
 * show_report.c - the cost report as text for a person; see show.h.
 */
#include "zreport/show.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/amount.h"
#include "zreport/field.h"
#include "zreport/measures.h"
#include "zreport/table.h"

#define UNPRICED_SHOWN 5
#define LABEL_COLUMNS 21 /* of the widest label beside an amount, with the gaps around that */
#define DECIMALS_MORE 5  /* that another amount may have */

static const char *plural (int64_t count)
{
    return count == 1 ? "" : "s";
}

/* An amount with as many decimals as it needs. */
static zc_text_t dollars (int64_t nanousd)
{
    return zc_money (nanousd, zc_money_decimals (nanousd));
}

/* ------------------------------------------------------------------ head */

static void show_service (const zc_screen_t *screen, const char *service)
{
    char *clean = zc_screen_clean (screen, service, strlen (service));
    zc_screen_field (screen, "Service", "%s", clean);
    free (clean);
}

static void show_head (const zc_screen_t *screen, const json_t *report, const char *service)
{
    int64_t since_ms = zc_field_count (report, "zcost.since"), until_ms = zc_field_count (report, "zcost.until");
    char *instance = zc_field_text (screen, report, "zcost.instance");
    char *left, right [128];
    if (asprintf (&left, "zcost%s%s", *instance ? " at " : "", instance) < 0)
        zc_need (NULL);
    zc_screen_ends (screen, left, until_ms > 0 ? zc_time (until_ms).text : "");
    if (since_ms > 0 && until_ms >= since_ms) {
        snprintf (right, sizeof right, "since %s, %s", zc_time (since_ms).text,
                  zc_span ((until_ms - since_ms) / 1000).text);
        zc_screen_text (screen, right);
    }
    if (service)
        show_service (screen, service);
    fputc ('\n', screen->out);
    free (instance);
    free (left);
}

/* ------------------------------------------------------------------ money */

/* The same with a + where it is at least that, or "unpriced" where nothing of it is known. */
static zc_text_t dollars_spent (int64_t nanousd, int64_t unpriced)
{
    zc_text_t to = dollars (nanousd);
    return unpriced == 0 ? to : nanousd == 0 ? zc_cost (0, unpriced) : (strcat (to.text, "+"), to);
}

typedef struct {
    const zc_screen_t *screen;
    zc_table_t *table;
    int room; /* columns for a note, as far as can be told before all amounts are there */
} money_t;

static void add_spent (money_t *self, const json_t *report)
{
    zc_table_t *table = self->table;
    int64_t unpriced_queries = zc_field_count (report, "query_router.unpriced_queries");
    int64_t unpriced_calls = zc_field_count (report, "llm_calls.unpriced_calls");
    int64_t queries = zc_field_count (report, "query_router.total_queries");
    int64_t calls = zc_field_count (report, "llm_calls.total_calls");
    int64_t router_cost = zc_field_money (report, "query_router.total_cost_usd", "query_router.total_cost");
    int64_t calls_cost = zc_field_money (report, "llm_calls.total_cost_usd", "llm_calls.total_cost");
    int64_t total;
    if (__builtin_add_overflow (router_cost, calls_cost, &total))
        total = INT64_MAX;
    char note [64];
    zc_text_t spent = dollars_spent (total, unpriced_queries + unpriced_calls);
    self->room = self->screen->columns - LABEL_COLUMNS - (int) strlen (spent.text) - DECIMALS_MORE;
    ZC_HEADING (table, "Spent", spent.text, "");
    snprintf (note, sizeof note, "%s quer%s", zc_count (queries).text, queries == 1 ? "y" : "ies");
    ZC_ROW (table, "  query router", dollars_spent (router_cost, unpriced_queries).text, note);
    snprintf (note, sizeof note, "%s call%s", zc_count (calls).text, plural (calls));
    ZC_ROW (table, "  other calls", dollars_spent (calls_cost, unpriced_calls).text, note);
}

static bool has_baseline (const json_t *report)
{
    return zc_field_count (report, "query_router.baseline.measured_queries") > 0 ||
           zc_field_count (report, "query_router.baseline.assumed_queries") > 0;
}

/* A saving, and how much of it rests on a configured flat amount and on no token: beside it, or where the screen is too
 * narrow for that on a line of its own, but never cut off. */
static void add_saving (const money_t *self, const char *label, int64_t saved, const char *note, int64_t assumed)
{
    char whole [256], part [64] = "";
    if (assumed != 0)
        snprintf (part, sizeof part, ", %s assumed", zc_dollars (assumed).text);
    snprintf (whole, sizeof whole, "%.150s%s", note, part);
    bool fits = zc_screen_width (self->screen, whole) <= self->room;
    ZC_ROW (self->table, label, dollars (saved).text, fits ? whole : note);
    if (!fits && assumed != 0)
        ZC_ROW (self->table, "    of it assumed", zc_dollars (assumed).text, "");
}

static void add_saved_by_routing (const money_t *self, const json_t *report)
{
    int64_t net = zc_field_money (report, "query_router.net_savings_usd", "query_router.estimated_savings");
    char *model = zc_field_text (self->screen, report, "query_router.baseline.model");
    char note [192];
    if (net < 0)
        snprintf (note, sizeof note, "%.130s alone costs less", model);
    else
        snprintf (note, sizeof note, "%.1f%% below %.130s alone",
                  zc_field_real (report, "query_router.savings_percent"), model);
    add_saving (self, "  routing", net, note, zc_field_money (report, "savings.router.assumed_usd", ""));
    free (model);
}

static void add_saved_by_caching (const money_t *self, const json_t *report)
{
    int64_t saved = zc_field_money (report, "embedding_cache.estimated_cost_saved_usd",
                                    "embedding_cache.estimated_cost_saved");
    char note [64];
    snprintf (note, sizeof note, "%.1f%% of requests hit", zc_field_real (report, "embedding_cache.hit_rate_percent"));
    add_saving (self, "  embedding cache", saved, note,
                zc_field_money (report, "savings.embedding_cache.assumed_usd", ""));
}

static void add_saved_by_prompts (const money_t *self, int64_t saved)
{
    ZC_ROW (self->table, "  prompt cache", dollars (saved).text, "less what writing to it cost more");
}

static void show_money (const zc_screen_t *screen, const json_t *report)
{
    bool routed = has_baseline (report), cached = zc_field_count (report, "embedding_cache.total_requests") > 0;
    int64_t prompts = zc_field_money (report, "savings.prompt_cache.net_usd", "");
    money_t money = {screen, zc_table_new (screen, 0, "lde"), 0};
    add_spent (&money, report);
    if (routed || cached || prompts != 0)
        ZC_HEADING (money.table, "Saved", "", "");
    if (routed)
        add_saved_by_routing (&money, report);
    if (cached)
        add_saved_by_caching (&money, report);
    if (prompts != 0)
        add_saved_by_prompts (&money, prompts);
    zc_table_print (money.table);
    zc_table_destroy (&money.table);
}

/* ------------------------------------------------------------------ the query router */

static int64_t tier_cost (const json_t *tier)
{
    return zc_field_money (tier, "cost_usd", "cost");
}

/* What one query cost, finer than a sum is shown: a cheap model's is a fraction of a cent. */
static zc_text_t tier_cost_each (const json_t *tier, bool unpriced)
{
    int64_t queries = zc_field_count (tier, "queries");
    if (queries == 0 || unpriced)
        return (zc_text_t) {"-"};
    int64_t each = tier_cost (tier) / queries;
    return zc_money (each, each > 0 && each < 10000 ? 9 : 6);
}

static void show_tiers (const zc_screen_t *screen, const json_t *report)
{
    json_t *tiers = zc_field (report, "query_router.cost_breakdown");
    int64_t total = zc_field_count (report, "query_router.total_queries");
    if (total == 0)
        return;
    zc_table_t *table = zc_table_new (screen, 0, "erRdDe");
    ZC_HEADING (table, "Tier", "queries", "share", "cost", "per query", "model");
    const char *name;
    json_t *tier;
    json_object_foreach (tiers, name, tier) {
        int64_t queries = zc_field_count (tier, "queries");
        bool unpriced = zc_tier_may_be_unpriced (report, tier);
        char *clean = zc_screen_clean (screen, name, strlen (name));
        char *model = zc_field_text (screen, tier, "model");
        ZC_ROW (table, clean, zc_count (queries).text, zc_share (queries, total).text,
                unpriced ? "-" : dollars (tier_cost (tier)).text,
                tier_cost_each (tier, unpriced).text, model);
        free (clean);
        free (model);
    }
    fputc ('\n', screen->out);
    zc_table_print (table);
    zc_table_destroy (&table);
}

/* ------------------------------------------------------------------ the rest */

static void show_baseline (const zc_screen_t *screen, const json_t *report)
{
    int64_t measured = zc_field_count (report, "query_router.baseline.measured_queries");
    int64_t assumed = zc_field_count (report, "query_router.baseline.assumed_queries");
    if (!has_baseline (report))
        return;
    char *model = zc_field_text (screen, report, "query_router.baseline.model");
    if (assumed == 0)
        zc_screen_field (screen, "Baseline", "%s: %s measured, none assumed", model, zc_count (measured).text);
    else
        zc_screen_field (screen, "Baseline", "%s: %s measured, %s assumed at %s", model,
                         zc_count (measured).text, zc_count (assumed).text,
                         dollars (zc_field_money (report, "query_router.baseline.per_query_usd", "")).text);
    free (model);
}

static void show_cache (const zc_screen_t *screen, const json_t *report)
{
    int64_t requests = zc_field_count (report, "embedding_cache.total_requests");
    if (requests == 0)
        zc_screen_field (screen, "Embedding cache", "no requests yet");
    else
        zc_screen_field (screen, "Embedding cache", "%s request%s: %s hit, %s missed",
                         zc_count (requests).text, plural (requests),
                         zc_count (zc_field_count (report, "embedding_cache.cache_hits")).text,
                         zc_count (zc_field_count (report, "embedding_cache.cache_misses")).text);
}

static void show_preloads (const zc_screen_t *screen, const json_t *report)
{
    int64_t preloads = zc_field_count (report, "rag_parallel.total_preloads");
    int64_t measured = zc_field_count (report, "rag_parallel.measured_preloads");
    if (preloads == 0)
        zc_screen_field (screen, "RAG preloads", "none yet");
    else
        zc_screen_field (screen, "RAG preloads", "%s, %.2f s saved on average (%s measured)",
                         zc_count (preloads).text, zc_field_real (report, "rag_parallel.avg_time_saved_seconds"),
                         measured == 0 ? "none" : measured >= preloads ? "all" : zc_count (measured).text);
}

/* ------------------------------------------------------------------ how good the data is */

/* Events are counted for the daemon as a whole, also where the report is of one service or a window of time. */
static void show_events (const zc_screen_t *screen, const json_t *report, const char *whose)
{
    int64_t rejected = zc_field_count (report, "zcost.events.rejected");
    int64_t duplicate = zc_field_count (report, "zcost.events.duplicate");
    int64_t lost = zc_field_count (report, "zcost.events.lost");
    int64_t dropped = zc_field_count (report, "zcost.events.dropped");
    bool whole = rejected == 0 && lost == 0 && dropped == 0;
    char again [80] = "";
    if (duplicate > 0)
        snprintf (again, sizeof again, ", %.40s came again and count once", zc_count (duplicate).text);
    zc_screen_field (screen, "Events", "%s%s accepted%s%s",
                     zc_count (zc_field_count (report, "zcost.events.accepted")).text, whose, again,
                     whole ? ", none rejected, lost or dropped" : "");
    if (rejected > 0)
        zc_screen_alarm (screen, "! Rejected", "%s%s not counted above: see zreport rejects", zc_count (rejected).text,
                         whose);
    if (lost > 0)
        zc_screen_alarm (screen, "! Lost", "%s%s sent, and never arrived", zc_count (lost).text, whose);
    if (dropped > 0)
        zc_screen_alarm (screen, "! Dropped", "%s%s where a service's queue was full", zc_count (dropped).text, whose);
}

static int64_t sum_of (json_t *counts)
{
    int64_t sum = 0;
    const char *name;
    json_t *count;
    json_object_foreach (counts, name, count)
        if (__builtin_add_overflow (sum, zc_count_of (count), &sum))
            return INT64_MAX;
    return sum;
}

/* Queries and calls without a price cost nothing here; cache hits without one still saved something. The
 * report counts the former; what health names beyond them are the latter. */
static void show_missing_prices (const zc_screen_t *screen, const json_t *report, const char *whose,
                                 const json_t *unpriced)
{
    int64_t spent = zc_field_count (report, "query_router.unpriced_queries") +
                    zc_field_count (report, "llm_calls.unpriced_calls");
    int64_t named = sum_of ((json_t *) unpriced);
    int64_t saved = named > spent ? named - spent : 0;
    if (spent > 0)
        zc_screen_alarm (screen, "! Unpriced", "%s event%s of models without a known price: the spend above is too low",
                         zc_count (spent).text, plural (spent));
    if (saved > 0)
        zc_screen_alarm (screen, "! Estimated", "%s embedding event%s of models without a known price: what the hits "
                         "saved is the flat estimate", zc_count (saved).text, plural (saved));
    if (named > 0) {
        zc_show_unpriced (screen, unpriced, UNPRICED_SHOWN);
        fputs ("  to price them: zcostd --prices FILE\n", screen->out);
    } else if (spent > 0)
        fprintf (screen->out, "  to see which%s%s: zreport health\n", *whose ? "," : "", whose);
}

static void show_parts (const zc_screen_t *screen, const json_t *report, const char *service, const char *whose,
                        const json_t *unpriced)
{
    show_head (screen, report, service);
    show_money (screen, report);
    show_tiers (screen, report);
    fputc ('\n', screen->out);
    show_baseline (screen, report);
    show_cache (screen, report);
    show_preloads (screen, report);
    show_events (screen, report, whose);
    show_missing_prices (screen, report, whose, unpriced);
}

void zc_show_report (const zc_screen_t *screen, const json_t *report, const char *service, const json_t *unpriced)
{
    show_parts (screen, report, service, service ? " of all services" : "", unpriced);
}

void zc_show_window (const zc_screen_t *screen, const json_t *report, const char *service)
{
    show_parts (screen, report, service, service ? " of all services and times" : " of all times", NULL);
}
