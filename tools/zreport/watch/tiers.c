/* SPDX-License-Identifier: MPL-2.0
 *
 * tiers.c - the live view's tiers and the dearest of a group; see watch_parts.h.
 */
#include "zreport/watch/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/bar.h"
#include "zreport/show/field.h"
#include "zreport/show/measures.h"
#include "zreport/show/table.h"

#define BAR_COLUMNS 12
#define BAR_COLUMNS_NARROW 8
#define NARROW_COLUMNS 70

/* ------------------------------------------------------------------ savings */

/* The assumed part of an amount, marked; "" where there is none. */
static zr_text_t assumed_text (const json_t *savings)
{
    zr_text_t to = {""};
    int64_t assumed = zr_field_money (savings, "assumed_usd", "");
    if (assumed)
        snprintf (to.text, sizeof to.text, "~%.40s", zr_amount_dollars (assumed).text);
    return to;
}

static void put_routing (const zr_watch_data_t *data, zr_page_t *page, const json_t *report)
{
    const json_t *router = zr_field (report, "savings.router");
    char *model = zr_field_text (zr_page_screen (page), report, "query_router.baseline.model");
    int64_t net = zr_field_money (report, "savings.router.net_usd", "query_router.net_savings_usd");
    zr_watch_part_label (page, ZR_PART_LABEL, "Routing");
    if (net < 0)
        zr_page_put (page, ZR_TONE_WARN, "cost %s more than %s alone", zr_amount_dollars (-net).text, model);
    else {
        zr_page_put (page, ZR_TONE_GOOD, "saved %s", zr_amount_dollars (net).text);
        zr_page_put (page, ZR_TONE_PLAIN, ", %.1f%% below %s", zr_field_real (report, "query_router.savings_percent"),
                     model);
    }
    zr_text_t assumed = assumed_text (router);
    if (*assumed.text)
        zr_page_fit (page, 2, ZR_TONE_FAINT, "%s of it assumed", assumed.text);
    zr_page_fit (page, 3, ZR_TONE_FAINT, "%s", zr_watch_part_span (data).text);
    free (model);
}

/* ------------------------------------------------------------------ tiers */

static void add_tier (const zr_screen_t *screen, zr_table_t *table, const char *name, const json_t *tier,
                      const json_t *savings, const json_t *report)
{
    int64_t queries = zr_field_count (tier, "queries");
    int64_t total = zr_field_count (report, "query_router.total_queries");
    bool unpriced = zr_measures_tier_may_be_unpriced (report, tier);
    char *clean = zr_screen_clean (screen, name, strlen (name)), *model = zr_field_text (screen, tier, "model");
    ZR_ROW (table, clean, zr_amount_count (queries).text, zr_amount_share (queries, total).text,
            unpriced ? "-" : zr_amount_dollars (zr_field_money (tier, "cost_usd", "cost")).text,
            savings && !unpriced ? zr_amount_dollars (zr_field_money (savings, "net_usd", "")).text : "-",
            assumed_text (savings).text, model);
    free (clean);
    free (model);
}

void zr_watch_part_tiers (const zr_watch_data_t *data, zr_page_t *page)
{
    const json_t *report = zr_watch_report (data), *savings = zr_field (report, "savings.tiers");
    put_routing (data, page, report);
    const zr_screen_t *screen = zr_page_print (page);
    zr_table_t *table = zr_table_new (screen, 0, "eR2R3ddD4E1");
    ZR_HEADING (table, "Tier", "queries", "share", "cost", "saved", "assumed", "model");
    const char *name;
    json_t *tier;
    json_object_foreach (zr_field (report, "query_router.cost_breakdown"), name, tier)
        add_tier (screen, table, name, tier, json_object_get (savings, name), report);
    zr_table_print (table);
    zr_table_destroy (&table);
    zr_page_print_end (page);
}

/* ------------------------------------------------------------------ the dearest of a group */

static void add_row (const zr_screen_t *screen, zr_table_t *table, const char *group, const json_t *row, int64_t total)
{
    const json_t *value = json_object_get (row, group);
    char *name =
        zr_screen_clean (screen, json_is_string (value) ? json_string_value (value) : "", json_string_length (value));
    zr_measures_t sums = zr_measures_read (row);
    char *bar = zr_bar (screen, sums.cost, total, screen->columns < NARROW_COLUMNS ? BAR_COLUMNS_NARROW : BAR_COLUMNS);
    ZR_ROW (table, *name ? name : "(none)", zr_measures_cost (&sums).text, zr_measures_share (&sums, total).text, bar,
            zr_amount_count (sums.events).text, zr_amount_tokens (zr_measures_tokens (&sums)).text,
            zr_measures_p95 (&sums).text);
    free (name);
    free (bar);
}

/* "By model, today". For the caller to free. */
static char *make_heading (const zr_watch_data_t *data, const zr_page_t *page, zr_grouping_t group)
{
    char *heading, *name = zr_watch_part_group_name (data, page, group);
    if (asprintf (&heading, "By %s, %s", name, zr_watch_span_name (data->span)) < 0)
        zr_screen_need (NULL);
    free (name);
    return heading;
}

static void put_rows (const zr_watch_data_t *data, zr_page_t *page, zr_grouping_t group, const json_t *result)
{
    const zr_screen_t *screen = zr_page_print (page);
    zr_table_t *table = zr_table_new (screen, 0, "edrL4R3R2R1");
    const json_t *rows = zr_field (result, "rows");
    char *heading = make_heading (data, page, group);
    ZR_HEADING (table, heading, "cost", "share", "", "events", "tokens", "p95");
    free (heading);
    for (size_t i = 0; i < json_array_size (rows) && i < ZR_WATCH_TOP_ROWS; i++)
        add_row (screen, table, zr_watch_group_name (data, group), json_array_get (rows, i),
                 zr_field_count (result, "total.cost_nanousd"));
    zr_table_print (table);
    zr_table_destroy (&table);
    zr_page_print_end (page);
    for (size_t i = 0; i < json_array_size (rows); i++)
        if (zr_field_count (json_array_get (rows, i), "unpriced_events") > 0)
            zr_page_set_tone (page, i + 1, ZR_TONE_WARN); /* its cost is too low */
}

static void put_group (const zr_watch_data_t *data, zr_page_t *page, zr_asked_t asked, zr_grouping_t group)
{
    const json_t *result = data->known [asked].result;
    if (result && json_array_size (zr_field (result, "rows")) > 0) {
        put_rows (data, page, group, result);
        return;
    }
    char *missing = result ? zr_screen_need (strdup ("nothing yet")) : zr_watch_part_missing (data, page, asked);
    char *heading = make_heading (data, page, group);
    zr_page_line (page);
    zr_page_put (page, ZR_TONE_STRONG, "%s", heading);
    zr_page_fit (page, 2, ZR_TONE_FAINT, "%s", missing);
    free (heading);
    free (missing);
}

void zr_watch_part_top (const zr_watch_data_t *data, zr_page_t *page)
{
    put_group (data, page, ZR_ASKED_TOP, data->group);
}

void zr_watch_part_beside (const zr_watch_data_t *data, zr_page_t *page)
{
    put_group (data, page, ZR_ASKED_BESIDE, zr_watch_beside (data));
}
