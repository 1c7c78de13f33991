/* SPDX-License-Identifier: MPL-2.0
 *
 * top.c - zreport top: the dearest groups of a window; see command.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/bar.h"
#include "zreport/command.h"
#include "zreport/show/field.h"
#include "zreport/group.h"
#include "zreport/show/measures.h"
#include "zreport/show/table.h"

#define GROUPS_SHOWN 10
#define BAR_COLUMNS 10
#define BAR_COLUMNS_WIDE 30
#define WIDE_COLUMNS 110

/* Behind the groups: events, tokens, those saved, p95, cost, share, bar; a figure says when one is left out. */
#define MEASURES "R5R3R1R2dR6L4"
#define MEASURES_COUNT 7

typedef struct {
    const zr_screen_t *screen;
    zr_group_columns_t groups;
    zr_table_t *table;
    int64_t total; /* cost */
} page_t;

static void add_row (const page_t *page, bool bold, const char *const *groups, const zr_measures_t *sums)
{
    const char *cells [ZR_TABLE_COLUMNS_MAX];
    size_t count = 0;
    for (; count < page->groups.columns; count++)
        cells [count] = groups [count];
    zr_text_t texts [MEASURES_COUNT - 1] = {zr_amount_count (sums->events),
                                            zr_amount_tokens (zr_measures_tokens (sums)),
                                            zr_amount_tokens (sums->saved_tokens),
                                            zr_measures_p95 (sums),
                                            zr_measures_cost (sums),
                                            zr_measures_share (sums, page->total)};
    for (size_t i = 0; i < MEASURES_COUNT - 1; i++)
        cells [count++] = texts [i].text;
    int wide = page->screen->columns >= WIDE_COLUMNS ? BAR_COLUMNS_WIDE : BAR_COLUMNS;
    char *bar = zr_bar (page->screen, bold ? 0 : sums->cost, page->total, wide);
    cells [count++] = bar;
    zr_table_row (page->table, bold, cells);
    free (bar);
}

static void add_named (const page_t *page, bool bold, const char *name, const zr_measures_t *sums)
{
    const char *groups [ZR_DIMENSIONS_MAX] = {name};
    for (size_t i = 1; i < page->groups.columns; i++)
        groups [i] = "";
    add_row (page, bold, groups, sums);
}

static void add_heading (const page_t *page)
{
    static const char *const measures [MEASURES_COUNT] = {"events", "tokens", "saved", "p95", "cost", "share", ""};
    const char *cells [ZR_TABLE_COLUMNS_MAX];
    char *groups [ZR_DIMENSIONS_MAX];
    for (size_t i = 0; i < page->groups.columns; i++)
        cells [i] = groups [i] = zr_group_heading (&page->groups, i);
    memcpy (cells + page->groups.columns, measures, sizeof measures);
    zr_table_row (page->table, true, cells);
    for (size_t i = 0; i < page->groups.columns; i++)
        free (groups [i]);
}

static void add_groups (const page_t *page, const json_t *result)
{
    json_t *row, *rest = zr_screen_need (json_deep_copy (zr_field (result, "total")));
    size_t i;
    json_array_foreach (zr_field (result, "rows"), i, row) {
        char *groups [ZR_DIMENSIONS_MAX];
        for (size_t j = 0; j < page->groups.columns; j++)
            groups [j] = zr_group_text (&page->groups, row, j);
        zr_measures_t sums = zr_measures_read (row);
        add_row (page, false, (const char *const *) groups, &sums);
        for (size_t j = 0; j < page->groups.columns; j++)
            free (groups [j]);
        zr_measures_subtract (rest, row);
    }
    int64_t left_out = zr_field_count (result, "rows_left_out");
    if (left_out > 0) {
        char name [64];
        snprintf (name, sizeof name, "%s more", zr_amount_count (left_out).text);
        zr_measures_t sums = zr_measures_read (rest);
        sums.latency_events = 0; /* percentiles of the rest are not known */
        add_named (page, false, name, &sums);
    }
    json_decref (rest);
}

static void show (const zr_options_t *options, const zr_screen_t *screen, const json_t *result)
{
    char window [ZR_WINDOW_BYTES], shape [ZR_TABLE_SHAPE_BYTES] = "";
    zr_measures_t total = zr_measures_read (zr_field (result, "total"));
    page_t page = {screen, zr_group_columns (&options->group, screen), NULL, total.cost};
    zr_screen_ends (screen, "Most expensive first",
                    zr_window_text (options->timezone, zr_field_count (result, "since") / 1000,
                                    zr_field_count (result, "until") / 1000, window));
    zr_group_show_where (&options->group, screen);
    fputc ('\n', screen->out);
    if (json_array_size (zr_field (result, "rows")) == 0) {
        fputs ("no events in this time\n", screen->out);
        return;
    }
    for (size_t i = 0; i < page.groups.columns; i++)
        strcat (shape, "e");
    strcat (shape, MEASURES);
    page.table = zr_table_new (screen, 0, shape);
    add_heading (&page);
    add_groups (&page, result);
    add_named (&page, true, "Total", &total);
    zr_table_print (page.table);
    zr_table_destroy (&page.table);
    if (total.assumed_savings != 0 || total.unpriced_events > 0)
        fputc ('\n', screen->out);
    zr_measures_notes (screen, &total);
}

int zr_top (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen)
{
    int limit = options->limit || options->json ? options->limit : GROUPS_SHOWN;
    json_t *question = zr_group_question (&options->group, "breakdown", limit), *result;
    zr_group_set_window (question, &options->window);
    int status = zr_client_ask (client, question, &result);
    json_decref (question);
    if (status != 0)
        return status;
    if (options->json)
        zr_command_print_json (result, false);
    else
        show (options, screen, result);
    json_decref (result);
    return 0;
}
