/* SPDX-License-Identifier: MPL-2.0
 *
 * periods_show.c - what civil periods cost, as a table for a person; see periods.h.
 */
#include "zreport/periods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/field.h"
#include "zreport/group.h"
#include "zreport/show/measures.h"
#include "zreport/show/table.h"

/* Behind the period and its groups; a figure says when a column is left out on a narrow screen. */
#define MEASURES "R7R5R4R1R2dD6R3"
#define MEASURES_COUNT 8

static const char *heading (const zr_periods_t *self)
{
    static const char *const headings [] = {
        [ZC_CIVIL_HOUR] = "hour", [ZC_CIVIL_DAY] = "day", [ZC_CIVIL_WEEK] = "week of", [ZC_CIVIL_MONTH] = "month"};
    return headings [self->options->command - ZR_HOURLY];
}

typedef struct {
    const zr_periods_t *periods;
    zr_group_columns_t groups;
    zr_table_t *table;
} page_t;

/* groups: as many texts as there are columns of groups. */
static void add_row (const page_t *page, bool bold, const char *name, const char *const *groups,
                     const zr_measures_t *sums)
{
    const char *cells [ZR_TABLE_COLUMNS_MAX];
    size_t count = 0;
    cells [count++] = name;
    for (size_t i = 0; i < page->groups.columns; i++)
        cells [count++] = groups ? groups [i] : "";
    zr_text_t texts [MEASURES_COUNT] = {zr_amount_count (sums->events),         zr_amount_tokens (sums->input_tokens),
                                        zr_amount_tokens (sums->output_tokens), zr_amount_tokens (sums->saved_tokens),
                                        zr_amount_count (sums->hits),           zr_measures_cost (sums),
                                        zr_amount_dollars (sums->savings),      zr_measures_p95 (sums)};
    for (size_t i = 0; i < MEASURES_COUNT; i++)
        cells [count++] = texts [i].text;
    zr_table_row (page->table, bold, cells);
}

static void add_heading (const page_t *page)
{
    static const char *const measures [MEASURES_COUNT] = {"events", "tokens in", "out",     "saved",
                                                          "hits",   "cost",      "savings", "p95"};
    const char *cells [ZR_TABLE_COLUMNS_MAX] = {heading (page->periods)};
    char *groups [ZR_DIMENSIONS_MAX];
    size_t count = 1;
    for (size_t i = 0; i < page->groups.columns; i++)
        cells [count++] = groups [i] = zr_group_heading (&page->groups, i);
    memcpy (cells + count, measures, sizeof measures);
    zr_table_row (page->table, true, cells);
    for (size_t i = 0; i < page->groups.columns; i++)
        free (groups [i]);
}

static void add_group (const page_t *page, const json_t *row)
{
    char *groups [ZR_DIMENSIONS_MAX];
    for (size_t i = 0; i < page->groups.columns; i++)
        groups [i] = zr_group_text (&page->groups, row, i);
    zr_measures_t sums = zr_measures_read (row);
    add_row (page, false, "", (const char *const *) groups, &sums);
    for (size_t i = 0; i < page->groups.columns; i++)
        free (groups [i]);
}

/* Groups that a limit left out are one more line, so that the lines add up. */
static void add_left_out (const page_t *page, const json_t *result)
{
    int64_t left_out = zr_field_count (result, "rows_left_out");
    if (left_out == 0)
        return;
    json_t *rest = zr_screen_need (json_deep_copy (zr_field (result, "total")));
    size_t i;
    json_t *row;
    json_array_foreach (zr_field (result, "rows"), i, row)
        zr_measures_subtract (rest, row);
    char more [80];
    snprintf (more, sizeof more, "%s more", zr_amount_count (left_out).text);
    const char *groups [ZR_DIMENSIONS_MAX] = {more};
    for (size_t j = 1; j < page->groups.columns; j++)
        groups [j] = "";
    zr_measures_t sums = zr_measures_read (rest);
    sums.latency_events = 0; /* percentiles of the rest are not known */
    add_row (page, false, "", groups, &sums);
    json_decref (rest);
}

static void add_period (const page_t *page, size_t i)
{
    const zr_periods_t *periods = page->periods;
    const json_t *result = periods->results [i];
    char name [ZR_PERIOD_NAME_BYTES + 2];
    snprintf (name, sizeof name, "%s%s", periods->names [i], periods->widened [i] ? " *" : "");
    zr_measures_t sums = zr_measures_read (zr_field (result, "total"));
    add_row (page, page->groups.columns > 0, name, NULL, &sums);
    if (page->groups.columns == 0)
        return;
    size_t j;
    json_t *row;
    json_array_foreach (zr_field (result, "rows"), j, row)
        add_group (page, row);
    add_left_out (page, result);
}

static void explain (const zr_periods_t *self, const zr_screen_t *screen)
{
    if (!self->any_widened)
        return;
    size_t i = 0;
    while (!self->widened [i])
        i++;
    char window [ZR_WINDOW_BYTES];
    zr_screen_field (screen, "*", "only longer buckets are kept for that time: %s counts %s", self->names [i],
                     zr_window_text (self->options->timezone, zr_field_count (self->results [i], "since") / 1000,
                                     zr_field_count (self->results [i], "until") / 1000, window));
    if (self->overlap)
        zr_screen_field (screen, "", "these periods overlap; the total counts each event once");
}

void zr_periods_show (const zr_periods_t *self, const zr_screen_t *screen)
{
    char shape [ZR_TABLE_SHAPE_BYTES] = "l", window [ZR_WINDOW_BYTES], title [32];
    page_t page = {self, zr_group_columns (&self->options->group, screen), NULL};
    for (size_t i = 0; i < page.groups.columns; i++)
        strcat (shape, "e");
    strcat (shape, MEASURES);
    snprintf (title, sizeof title, "Cost by %s", strcmp (heading (self), "week of") == 0 ? "week" : heading (self));
    zr_screen_ends (
        screen, title,
        zr_window_text (self->options->timezone, self->options->window.since_s, self->options->window.until_s, window));
    zr_group_show_where (&self->options->group, screen);
    fputc ('\n', screen->out);

    page.table = zr_table_new (screen, 0, shape);
    add_heading (&page);
    for (size_t i = 0; i < self->count; i++)
        add_period (&page, i);
    zr_measures_t total = zr_measures_read (self->total);
    add_row (&page, true, "Total", NULL, &total);
    zr_table_print (page.table);
    zr_table_destroy (&page.table);
    if (self->any_widened || total.assumed_savings != 0 || total.unpriced_events > 0)
        fputc ('\n', screen->out);
    explain (self, screen);
    zr_measures_notes (screen, &total);
}
