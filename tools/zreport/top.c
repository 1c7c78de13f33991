/* SPDX-License-Identifier: MPL-2.0
 *
 * top.c - zreport top: the dearest groups of a window; see commands.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/bar.h"
#include "zreport/commands.h"
#include "zreport/field.h"
#include "zreport/group.h"
#include "zreport/measures.h"
#include "zreport/table.h"

#define GROUPS_SHOWN 10
#define BAR_COLUMNS 10
#define BAR_COLUMNS_WIDE 30
#define WIDE_COLUMNS 110

/* Behind the groups: events, tokens, p95, cost, share, bar; a figure says when one is left out. */
#define MEASURES "R4R2R1dR5L3"
#define MEASURES_COUNT 6

typedef struct {
    const zc_screen_t *screen;
    zc_group_columns_t groups;
    zc_table_t *table;
    int64_t total; /* cost */
} page_t;

static void add_row (const page_t *page, bool bold, const char *const *groups, const zc_sums_t *sums)
{
    const char *cells [ZC_TABLE_COLUMNS_MAX];
    size_t count = 0;
    for (; count < page->groups.columns; count++)
        cells [count] = groups [count];
    zc_text_t texts [MEASURES_COUNT - 1] = {
        zc_count (sums->events), zc_tokens (zc_sums_tokens (sums)), zc_sums_p95 (sums),
        zc_sums_cost (sums), zc_sums_share (sums, page->total)};
    for (size_t i = 0; i < MEASURES_COUNT - 1; i++)
        cells [count++] = texts [i].text;
    int wide = page->screen->columns >= WIDE_COLUMNS ? BAR_COLUMNS_WIDE : BAR_COLUMNS;
    char *bar = zc_bar (page->screen, bold ? 0 : sums->cost, page->total, wide);
    cells [count++] = bar;
    zc_table_row (page->table, bold, cells);
    free (bar);
}

static void add_named (const page_t *page, bool bold, const char *name, const zc_sums_t *sums)
{
    const char *groups [ZC_DIMENSIONS_MAX] = {name};
    for (size_t i = 1; i < page->groups.columns; i++)
        groups [i] = "";
    add_row (page, bold, groups, sums);
}

static void add_heading (const page_t *page)
{
    static const char *const measures [MEASURES_COUNT] = {"events", "tokens", "p95", "cost", "share", ""};
    const char *cells [ZC_TABLE_COLUMNS_MAX];
    char *groups [ZC_DIMENSIONS_MAX];
    for (size_t i = 0; i < page->groups.columns; i++)
        cells [i] = groups [i] = zc_group_heading (&page->groups, i);
    memcpy (cells + page->groups.columns, measures, sizeof measures);
    zc_table_row (page->table, true, cells);
    for (size_t i = 0; i < page->groups.columns; i++)
        free (groups [i]);
}

static void add_groups (const page_t *page, const json_t *result)
{
    json_t *row, *rest = zc_need (json_deep_copy (zc_field (result, "total")));
    size_t i;
    json_array_foreach (zc_field (result, "rows"), i, row) {
        char *groups [ZC_DIMENSIONS_MAX];
        for (size_t j = 0; j < page->groups.columns; j++)
            groups [j] = zc_group_text (&page->groups, row, j);
        zc_sums_t sums = zc_sums_read (row);
        add_row (page, false, (const char *const *) groups, &sums);
        for (size_t j = 0; j < page->groups.columns; j++)
            free (groups [j]);
        zc_measures_subtract (rest, row);
    }
    int64_t left_out = zc_field_count (result, "rows_left_out");
    if (left_out > 0) {
        char name [64];
        snprintf (name, sizeof name, "%s more", zc_count (left_out).text);
        zc_sums_t sums = zc_sums_read (rest);
        sums.latency_events = 0; /* percentiles of the rest are not known */
        add_named (page, false, name, &sums);
    }
    json_decref (rest);
}

static void show (const zc_options_t *options, const zc_screen_t *screen, const json_t *result)
{
    char window [ZC_WINDOW_BYTES], shape [ZC_TABLE_SHAPE_BYTES] = "";
    zc_sums_t total = zc_sums_read (zc_field (result, "total"));
    page_t page = {screen, zc_group_columns (screen, options), NULL, total.cost};
    zc_screen_ends (screen, "Dearest first",
                    zc_window_text (options->timezone, zc_field_count (result, "since") / 1000,
                                    zc_field_count (result, "until") / 1000, window));
    zc_group_show_where (screen, options);
    fputc ('\n', screen->out);
    if (json_array_size (zc_field (result, "rows")) == 0) {
        fputs ("no events in this time\n", screen->out);
        return;
    }
    for (size_t i = 0; i < page.groups.columns; i++)
        strcat (shape, "e");
    strcat (shape, MEASURES);
    page.table = zc_table_new (screen, 0, shape);
    add_heading (&page);
    add_groups (&page, result);
    add_named (&page, true, "Total", &total);
    zc_table_print (page.table);
    zc_table_destroy (&page.table);
    if (total.assumed_savings != 0 || total.unpriced_events > 0)
        fputc ('\n', screen->out);
    zc_measures_notes (screen, &total);
}

int zc_top (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen)
{
    int limit = options->limit || options->json ? options->limit : GROUPS_SHOWN;
    json_t *question = zc_group_question (options, "breakdown", limit), *result;
    zc_group_set_window (question, &options->window);
    int status = zc_ask (ask, question, &result);
    json_decref (question);
    if (status != 0)
        return status;
    if (options->json)
        zc_print_json (result, false);
    else
        show (options, screen, result);
    json_decref (result);
    return 0;
}
