/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_tiers.c - the live view's tiers and the dearest of a group; see watch_parts.h.
 */
#include "zreport/watch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/bar.h"
#include "zreport/field.h"
#include "zreport/measures.h"
#include "zreport/table.h"

#define BAR_COLUMNS 12
#define BAR_COLUMNS_NARROW 8
#define NARROW_COLUMNS 70

/* ------------------------------------------------------------------ savings */

/* The assumed part of an amount, marked; "" where there is none. */
static zc_text_t assumed_text (const json_t *savings)
{
    zc_text_t to = {""};
    int64_t assumed = zc_field_money (savings, "assumed_usd", "");
    if (assumed)
        snprintf (to.text, sizeof to.text, "~%.40s", zc_dollars (assumed).text);
    return to;
}

static void put_routing (const zc_watch_data_t *data, zc_page_t *page, const json_t *report)
{
    const json_t *router = zc_field (report, "savings.router");
    char *model = zc_field_text (zc_page_screen (page), report, "query_router.baseline.model");
    int64_t net = zc_field_money (report, "savings.router.net_usd", "query_router.net_savings_usd");
    zc_part_label (page, ZC_PART_LABEL, "Routing");
    if (net < 0)
        zc_page_put (page, ZC_TONE_WARN, "cost %s more than %s alone", zc_dollars (-net).text, model);
    else {
        zc_page_put (page, ZC_TONE_GOOD, "saved %s", zc_dollars (net).text);
        zc_page_put (page, ZC_TONE_PLAIN, ", %.1f%% below %s",
                     zc_field_real (report, "query_router.savings_percent"), model);
    }
    zc_text_t assumed = assumed_text (router);
    if (*assumed.text)
        zc_page_fit (page, 2, ZC_TONE_FAINT, "%s of it assumed", assumed.text);
    zc_page_fit (page, 3, ZC_TONE_FAINT, "%s", zc_part_span (data).text);
    free (model);
}

/* ------------------------------------------------------------------ tiers */

static void add_tier (const zc_screen_t *screen, zc_table_t *table, const char *name, const json_t *tier,
                      const json_t *savings, const json_t *report)
{
    int64_t queries = zc_field_count (tier, "queries");
    int64_t total = zc_field_count (report, "query_router.total_queries");
    bool unpriced = zc_tier_may_be_unpriced (report, tier);
    char *clean = zc_screen_clean (screen, name, strlen (name)), *model = zc_field_text (screen, tier, "model");
    ZC_ROW (table, clean, zc_count (queries).text, zc_share (queries, total).text,
            unpriced ? "-" : zc_dollars (zc_field_money (tier, "cost_usd", "cost")).text,
            savings && !unpriced ? zc_dollars (zc_field_money (savings, "net_usd", "")).text : "-",
            assumed_text (savings).text, model);
    free (clean);
    free (model);
}

void zc_part_tiers (const zc_watch_data_t *data, zc_page_t *page)
{
    const json_t *report = zc_watch_report (data), *savings = zc_field (report, "savings.tiers");
    put_routing (data, page, report);
    const zc_screen_t *screen = zc_page_print (page);
    zc_table_t *table = zc_table_new (screen, 0, "eR2R3ddD4E1");
    ZC_HEADING (table, "Tier", "queries", "share", "cost", "saved", "assumed", "model");
    const char *name;
    json_t *tier;
    json_object_foreach (zc_field (report, "query_router.cost_breakdown"), name, tier)
        add_tier (screen, table, name, tier, json_object_get (savings, name), report);
    zc_table_print (table);
    zc_table_destroy (&table);
    zc_page_print_end (page);
}

/* ------------------------------------------------------------------ the dearest of a group */

static void add_row (const zc_screen_t *screen, zc_table_t *table, const char *group, const json_t *row, int64_t total)
{
    const json_t *value = json_object_get (row, group);
    char *name = zc_screen_clean (screen, json_is_string (value) ? json_string_value (value) : "",
                                  json_string_length (value));
    zc_sums_t sums = zc_sums_read (row);
    char *bar = zc_bar (screen, sums.cost, total,
                        screen->columns < NARROW_COLUMNS ? BAR_COLUMNS_NARROW : BAR_COLUMNS);
    ZC_ROW (table, *name ? name : "(none)", zc_sums_cost (&sums).text, zc_sums_share (&sums, total).text, bar,
            zc_count (sums.events).text, zc_tokens (zc_sums_tokens (&sums)).text, zc_sums_p95 (&sums).text);
    free (name);
    free (bar);
}

/* "By model, today". For the caller to free. */
static char *make_heading (const zc_watch_data_t *data, const zc_page_t *page, zc_grouping_t group)
{
    char *heading, *name = zc_part_group_name (data, page, group);
    if (asprintf (&heading, "By %s, %s", name, zc_watch_span_name (data->span)) < 0)
        zc_need (NULL);
    free (name);
    return heading;
}

static void put_rows (const zc_watch_data_t *data, zc_page_t *page, zc_grouping_t group, const json_t *result)
{
    const zc_screen_t *screen = zc_page_print (page);
    zc_table_t *table = zc_table_new (screen, 0, "edrL4R3R2R1");
    const json_t *rows = zc_field (result, "rows");
    char *heading = make_heading (data, page, group);
    ZC_HEADING (table, heading, "cost", "share", "", "events", "tokens", "p95");
    free (heading);
    for (size_t i = 0; i < json_array_size (rows) && i < ZC_WATCH_TOP_ROWS; i++)
        add_row (screen, table, zc_watch_group_name (data, group), json_array_get (rows, i),
                 zc_field_count (result, "total.cost_nanousd"));
    zc_table_print (table);
    zc_table_destroy (&table);
    zc_page_print_end (page);
    for (size_t i = 0; i < json_array_size (rows); i++)
        if (zc_field_count (json_array_get (rows, i), "unpriced_events") > 0)
            zc_page_set_tone (page, i + 1, ZC_TONE_WARN); /* its cost is too low */
}

static void put_group (const zc_watch_data_t *data, zc_page_t *page, zc_asked_t asked, zc_grouping_t group)
{
    const json_t *result = data->known [asked].result;
    if (result && json_array_size (zc_field (result, "rows")) > 0) {
        put_rows (data, page, group, result);
        return;
    }
    char *missing = result ? zc_need (strdup ("nothing yet")) : zc_part_missing (data, page, asked);
    char *heading = make_heading (data, page, group);
    zc_page_line (page);
    zc_page_put (page, ZC_TONE_STRONG, "%s", heading);
    zc_page_fit (page, 2, ZC_TONE_FAINT, "%s", missing);
    free (heading);
    free (missing);
}

void zc_part_top (const zc_watch_data_t *data, zc_page_t *page)
{
    put_group (data, page, ZC_ASKED_TOP, data->group);
}

void zc_part_beside (const zc_watch_data_t *data, zc_page_t *page)
{
    put_group (data, page, ZC_ASKED_BESIDE, zc_watch_beside (data));
}
