/* SPDX-License-Identifier: MPL-2.0
 *
 * report.c - the cost report as text for a person; see show.h.
 */
#include "zreport/show/show.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/field.h"
#include "zreport/show/measures.h"
#include "zreport/show/table.h"

#define UNPRICED_SHOWN 5
#define LABEL_COLUMNS 21 /* of the widest label beside an amount, with the gaps around that */
#define DECIMALS_MORE 5  /* that another amount may have */

static const char *plural (int64_t count)
{
    return count == 1 ? "" : "s";
}

/* An amount with as many decimals as it needs. */
static zr_text_t dollars (int64_t nanousd)
{
    return zr_amount_money (nanousd, zr_amount_decimals (nanousd));
}

/* ------------------------------------------------------------------ head */

static void show_service (const zr_screen_t *screen, const char *service)
{
    char *clean = zr_screen_clean (screen, service, strlen (service));
    zr_screen_field (screen, "Service", "%s", clean);
    free (clean);
}

static void show_head (const zr_screen_t *screen, const json_t *report, const char *service)
{
    int64_t since_ms = zr_field_count (report, "zcost.since"), until_ms = zr_field_count (report, "zcost.until");
    char *instance = zr_field_text (screen, report, "zcost.instance");
    char *left, right [128];
    if (asprintf (&left, "zcost%s%s", *instance ? " at " : "", instance) < 0)
        zr_screen_need (NULL);
    zr_screen_ends (screen, left, until_ms > 0 ? zr_amount_time (until_ms).text : "");
    if (since_ms > 0 && until_ms >= since_ms) {
        snprintf (right, sizeof right, "since %s, %s", zr_amount_time (since_ms).text,
                  zr_amount_span ((until_ms - since_ms) / 1000).text);
        zr_screen_text (screen, right);
    }
    if (service)
        show_service (screen, service);
    fputc ('\n', screen->out);
    free (instance);
    free (left);
}

/* ------------------------------------------------------------------ money */

/* The same with a + where it is at least that, or "unpriced" where nothing of it is known. */
static zr_text_t dollars_spent (int64_t nanousd, int64_t unpriced)
{
    zr_text_t to = dollars (nanousd);
    return unpriced == 0 ? to : nanousd == 0 ? zr_measures_cost_text (0, unpriced) : (strcat (to.text, "+"), to);
}

typedef struct {
    const zr_screen_t *screen;
    zr_table_t *table;
    int room; /* columns for a note, as far as can be told before all amounts are there */
} money_t;

static void add_spent (money_t *self, const json_t *report)
{
    zr_table_t *table = self->table;
    int64_t unpriced_queries = zr_field_count (report, "query_router.unpriced_queries");
    int64_t unpriced_calls = zr_field_count (report, "llm_calls.unpriced_calls");
    int64_t queries = zr_field_count (report, "query_router.total_queries");
    int64_t calls = zr_field_count (report, "llm_calls.total_calls");
    int64_t router_cost = zr_field_money (report, "query_router.total_cost_usd", "query_router.total_cost");
    int64_t calls_cost = zr_field_money (report, "llm_calls.total_cost_usd", "llm_calls.total_cost");
    int64_t total;
    if (__builtin_add_overflow (router_cost, calls_cost, &total))
        total = INT64_MAX;
    char note [64];
    zr_text_t spent = dollars_spent (total, unpriced_queries + unpriced_calls);
    self->room = self->screen->columns - LABEL_COLUMNS - (int) strlen (spent.text) - DECIMALS_MORE;
    ZR_HEADING (table, "Spent", spent.text, "");
    snprintf (note, sizeof note, "%s quer%s", zr_amount_count (queries).text, queries == 1 ? "y" : "ies");
    ZR_ROW (table, "  query router", dollars_spent (router_cost, unpriced_queries).text, note);
    snprintf (note, sizeof note, "%s call%s", zr_amount_count (calls).text, plural (calls));
    ZR_ROW (table, "  other calls", dollars_spent (calls_cost, unpriced_calls).text, note);
}

static bool has_baseline (const json_t *report)
{
    return zr_field_count (report, "query_router.baseline.measured_queries") > 0 ||
           zr_field_count (report, "query_router.baseline.assumed_queries") > 0;
}

/* A saving, and how much of it rests on a configured flat amount and on no token: beside it, or where the screen is too
 * narrow for that on a line of its own, but never cut off. */
static void add_saving (const money_t *self, const char *label, int64_t saved, const char *note, int64_t assumed)
{
    char whole [256], part [64] = "";
    if (assumed != 0)
        snprintf (part, sizeof part, ", %s assumed", zr_amount_dollars (assumed).text);
    snprintf (whole, sizeof whole, "%.150s%s", note, part);
    bool fits = zr_screen_width (self->screen, whole) <= self->room;
    ZR_ROW (self->table, label, dollars (saved).text, fits ? whole : note);
    if (!fits && assumed != 0)
        ZR_ROW (self->table, "    of that assumed", zr_amount_dollars (assumed).text, "");
}

static void add_saved_by_routing (const money_t *self, const json_t *report)
{
    int64_t net = zr_field_money (report, "query_router.net_savings_usd", "query_router.estimated_savings");
    char *model = zr_field_text (self->screen, report, "query_router.baseline.model");
    char note [192];
    if (net < 0)
        snprintf (note, sizeof note, "%.130s alone costs less", model);
    else
        snprintf (note, sizeof note, "%.1f%% below %.130s alone",
                  zr_field_real (report, "query_router.savings_percent"), model);
    add_saving (self, "  routing", net, note, zr_field_money (report, "savings.router.assumed_usd", ""));
    free (model);
}

static void add_saved_by_caching (const money_t *self, const json_t *report)
{
    int64_t saved =
        zr_field_money (report, "embedding_cache.estimated_cost_saved_usd", "embedding_cache.estimated_cost_saved");
    char note [64];
    snprintf (note, sizeof note, "%.1f%% of requests hit", zr_field_real (report, "embedding_cache.hit_rate_percent"));
    add_saving (self, "  embedding cache", saved, note,
                zr_field_money (report, "savings.embedding_cache.assumed_usd", ""));
}

static void add_saved_by_prompts (const money_t *self, int64_t saved)
{
    ZR_ROW (self->table, "  prompt cache", dollars (saved).text, "net of the surcharge for writes");
}

static void show_money (const zr_screen_t *screen, const json_t *report)
{
    bool routed = has_baseline (report), cached = zr_field_count (report, "embedding_cache.total_requests") > 0;
    int64_t prompts = zr_field_money (report, "savings.prompt_cache.net_usd", "");
    money_t money = {screen, zr_table_new (screen, 0, "lde"), 0};
    add_spent (&money, report);
    if (routed || cached || prompts != 0)
        ZR_HEADING (money.table, "Saved", "", "");
    if (routed)
        add_saved_by_routing (&money, report);
    if (cached)
        add_saved_by_caching (&money, report);
    if (prompts != 0)
        add_saved_by_prompts (&money, prompts);
    zr_table_print (money.table);
    zr_table_destroy (&money.table);
}

/* ------------------------------------------------------------------ the query router */

static int64_t tier_cost (const json_t *tier)
{
    return zr_field_money (tier, "cost_usd", "cost");
}

/* What one query cost, finer than a sum is shown: a cheap model's is a fraction of a cent. */
static zr_text_t tier_cost_each (const json_t *tier, bool unpriced)
{
    int64_t queries = zr_field_count (tier, "queries");
    if (queries == 0 || unpriced)
        return (zr_text_t){"-"};
    int64_t each = tier_cost (tier) / queries;
    return zr_amount_money (each, each > 0 && each < 10000 ? 9 : 6);
}

static void show_tiers (const zr_screen_t *screen, const json_t *report)
{
    json_t *tiers = zr_field (report, "query_router.cost_breakdown");
    int64_t total = zr_field_count (report, "query_router.total_queries");
    if (total == 0)
        return;
    zr_table_t *table = zr_table_new (screen, 0, "erRdDe");
    ZR_HEADING (table, "Tier", "queries", "share", "cost", "per query", "model");
    const char *name;
    json_t *tier;
    json_object_foreach (tiers, name, tier) {
        int64_t queries = zr_field_count (tier, "queries");
        bool unpriced = zr_measures_tier_may_be_unpriced (report, tier);
        char *clean = zr_screen_clean (screen, name, strlen (name));
        char *model = zr_field_text (screen, tier, "model");
        ZR_ROW (table, clean, zr_amount_count (queries).text, zr_amount_share (queries, total).text,
                unpriced ? "-" : dollars (tier_cost (tier)).text, tier_cost_each (tier, unpriced).text, model);
        free (clean);
        free (model);
    }
    fputc ('\n', screen->out);
    zr_table_print (table);
    zr_table_destroy (&table);
}

/* ------------------------------------------------------------------ the rest */

static void show_baseline (const zr_screen_t *screen, const json_t *report)
{
    int64_t measured = zr_field_count (report, "query_router.baseline.measured_queries");
    int64_t assumed = zr_field_count (report, "query_router.baseline.assumed_queries");
    if (!has_baseline (report))
        return;
    char *model = zr_field_text (screen, report, "query_router.baseline.model");
    if (assumed == 0)
        zr_screen_field (screen, "Baseline", "%s: %s measured, none assumed", model, zr_amount_count (measured).text);
    else
        zr_screen_field (screen, "Baseline", "%s: %s measured, %s assumed at %s", model,
                         zr_amount_count (measured).text, zr_amount_count (assumed).text,
                         dollars (zr_field_money (report, "query_router.baseline.per_query_usd", "")).text);
    free (model);
}

static void show_cache (const zr_screen_t *screen, const json_t *report)
{
    int64_t requests = zr_field_count (report, "embedding_cache.total_requests");
    if (requests == 0)
        zr_screen_field (screen, "Embedding cache", "no requests yet");
    else
        zr_screen_field (screen, "Embedding cache", "%s request%s: %s hit, %s missed", zr_amount_count (requests).text,
                         plural (requests),
                         zr_amount_count (zr_field_count (report, "embedding_cache.cache_hits")).text,
                         zr_amount_count (zr_field_count (report, "embedding_cache.cache_misses")).text);
}

static void show_preloads (const zr_screen_t *screen, const json_t *report)
{
    int64_t preloads = zr_field_count (report, "rag_parallel.total_preloads");
    int64_t measured = zr_field_count (report, "rag_parallel.measured_preloads");
    if (preloads == 0)
        zr_screen_field (screen, "RAG preloads", "none yet");
    else
        zr_screen_field (screen, "RAG preloads", "%s, %.2f s saved on average (%s measured)",
                         zr_amount_count (preloads).text, zr_field_real (report, "rag_parallel.avg_time_saved_seconds"),
                         measured == 0          ? "none"
                         : measured >= preloads ? "all"
                                                : zr_amount_count (measured).text);
}

/* ------------------------------------------------------------------ how good the data is */

/* Events are counted for the daemon as a whole, also where the report is of one service or a window of time. */
static void show_events (const zr_screen_t *screen, const json_t *report, const char *whose)
{
    int64_t rejected = zr_field_count (report, "zcost.events.rejected");
    int64_t duplicate = zr_field_count (report, "zcost.events.duplicate");
    int64_t lost = zr_field_count (report, "zcost.events.lost");
    int64_t dropped = zr_field_count (report, "zcost.events.dropped");
    bool whole = rejected == 0 && lost == 0 && dropped == 0;
    char again [80] = "";
    if (duplicate > 0)
        snprintf (again, sizeof again, ", %.40s sent again and counted once", zr_amount_count (duplicate).text);
    zr_screen_field (screen, "Events", "%s%s accepted%s%s",
                     zr_amount_count (zr_field_count (report, "zcost.events.accepted")).text, whose, again,
                     whole ? ", none rejected, lost or dropped" : "");
    if (rejected > 0)
        zr_screen_alarm (screen, "! Rejected", "%s%s, not counted above: see zreport rejects",
                         zr_amount_count (rejected).text, whose);
    if (lost > 0)
        zr_screen_alarm (screen, "! Lost", "%s%s sent but never arrived", zr_amount_count (lost).text, whose);
    if (dropped > 0)
        zr_screen_alarm (screen, "! Dropped", "%s%s, because a service's queue was full",
                         zr_amount_count (dropped).text, whose);
}

static int64_t sum_of (json_t *counts)
{
    int64_t sum = 0;
    const char *name;
    json_t *count;
    json_object_foreach (counts, name, count)
        if (__builtin_add_overflow (sum, zr_field_count_of (count), &sum))
            return INT64_MAX;
    return sum;
}

/* Queries and calls without a price cost nothing here; cache hits without one still saved something. The
 * report counts the former; what health names beyond them are the latter. */
static void show_missing_prices (const zr_screen_t *screen, const json_t *report, const char *whose,
                                 const json_t *unpriced)
{
    int64_t spent =
        zr_field_count (report, "query_router.unpriced_queries") + zr_field_count (report, "llm_calls.unpriced_calls");
    int64_t named = sum_of ((json_t *) unpriced);
    int64_t saved = named > spent ? named - spent : 0;
    if (spent > 0)
        zr_screen_alarm (screen, "! Unpriced", "%s event%s of models without a known price: the spend above is too low",
                         zr_amount_count (spent).text, plural (spent));
    if (saved > 0)
        zr_screen_alarm (screen, "! Estimated",
                         "%s embedding event%s of models without a known price: what the hits "
                         "saved is a flat estimate",
                         zr_amount_count (saved).text, plural (saved));
    if (named > 0) {
        zr_show_unpriced (screen, unpriced, UNPRICED_SHOWN);
        fputs ("  to price them: zcostd --prices FILE\n", screen->out);
    } else if (spent > 0)
        fprintf (screen->out, "  to see which%s%s: zreport health\n", *whose ? "," : "", whose);
}

static void show_parts (const zr_screen_t *screen, const json_t *report, const char *service, const char *whose,
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

void zr_show_report (const zr_screen_t *screen, const json_t *report, const char *service, const json_t *unpriced)
{
    show_parts (screen, report, service, service ? " of all services" : "", unpriced);
}

void zr_show_window (const zr_screen_t *screen, const json_t *report, const char *service)
{
    show_parts (screen, report, service, service ? " of all services and times" : " of all times", NULL);
}
