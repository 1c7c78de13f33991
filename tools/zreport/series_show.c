/* SPDX-License-Identifier: MPL-2.0
 *
 * series_show.c - costs over time, drawn for a person; see series.h.
 *
 * A sparkline a row; or, where the screen is wide and the rows are few, bars of several lines. Each row has a scale of
 * its own, from 0 to its greatest.
 */
#include "zreport/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/bar.h"
#include "zreport/group.h"
#include "zreport/show/measures.h"
#include "zreport/show/table.h"

#define WIDE_COLUMNS 100
#define CHARTS_MAX 4 /* rows; more are sparklines */
#define CHART_LINES 6
#define CHART_MARGIN 12 /* columns of the scale */
#define NAME_COLUMNS 20
#define BESIDE_COLUMNS 32 /* of least, most and total with their gaps */
#define SPARK_LEAST 16

/* Steps drawn as one column, and columns drawn for one step: one of them is 1. */
typedef struct {
    size_t steps, columns, drawn; /* drawn: columns in all */
} grid_t;

static grid_t make_grid (size_t steps, int columns)
{
    size_t room = columns > 1 ? (size_t) columns : 1;
    grid_t grid = {.steps = (steps + room - 1) / room, .columns = 1};
    if (grid.steps <= 1) {
        grid.steps = 1;
        grid.columns = steps > 0 ? room / steps : 1;
    }
    grid.drawn = (steps + grid.steps - 1) / grid.steps * grid.columns;
    return grid;
}

/* The costs of a grid's columns, for the caller to free. */
static int64_t *lay_out (const zr_series_t *self, const zr_series_row_t *row, const grid_t *grid, int64_t *ret_most)
{
    int64_t *columns = zr_screen_need (calloc (grid->drawn + 1, sizeof *columns));
    *ret_most = 0;
    for (size_t i = 0; i < grid->drawn; i++) {
        size_t first = i / grid->columns * grid->steps;
        for (size_t j = first; j < first + grid->steps && j < self->steps; j++)
            if (__builtin_add_overflow (columns [i], row->costs [j], &columns [i]))
                columns [i] = INT64_MAX;
        *ret_most = columns [i] > *ret_most ? columns [i] : *ret_most;
    }
    return columns;
}

/* ------------------------------------------------------------------ bars */

static void show_axis (const zr_series_t *self, const zr_screen_t *screen, const grid_t *grid)
{
    char since [ZR_STAMP_BYTES], until [ZR_STAMP_BYTES];
    zr_window_stamp (self->options->timezone, self->start_s, since);
    zr_window_stamp (self->options->timezone, self->until_s, until);
    int gap = (int) grid->drawn - (int) strlen (since) - (int) strlen (until);
    fprintf (screen->out, "%*s%s%*s%s\n", CHART_MARGIN, "", since, gap > 2 ? gap : 2, "", until);
}

/* The row's name, cut where it has to be, and its amounts. */
static void show_head (const zr_screen_t *screen, const zr_series_row_t *row)
{
    char amounts [192];
    snprintf (amounts, sizeof amounts, ": total %s, min %s, max %s",
              zr_measures_cost_text (row->total, row->unpriced_events).text, zr_amount_dollars (row->least).text,
              zr_amount_dollars (row->most).text);
    int room = screen->columns - (int) strlen (amounts);
    bool cut = zr_screen_width (screen, row->name) > room;
    const char *ellipsis = cut ? zr_screen_ellipsis (screen) : "";
    int size = (int) zr_screen_fit (screen, row->name, room - zr_screen_width (screen, ellipsis));
    fprintf (screen->out, "%s%.*s%s%s%s\n", zr_screen_bold (screen), size, row->name, ellipsis,
             zr_screen_plain (screen), amounts);
}

static void show_chart (const zr_series_t *self, const zr_screen_t *screen, const zr_series_row_t *row)
{
    grid_t grid = make_grid (self->steps, screen->columns - CHART_MARGIN);
    int64_t most;
    int64_t *columns = lay_out (self, row, &grid, &most);
    zr_text_t top = zr_amount_dollars (most);
    show_head (screen, row);
    for (int i = 0; i < CHART_LINES; i++) {
        char *line = zr_bar_chart_line (screen, columns, grid.drawn, most, i, CHART_LINES);
        const char *scale = i == 0 ? top.text : "";
        scale = i == CHART_LINES - 1 ? "$0" : scale;
        fprintf (screen->out, "%*s%s%s\n", CHART_MARGIN - 1, scale, *line ? " " : "", line);
        free (line);
    }
    show_axis (self, screen, &grid);
    free (columns);
}

/* ------------------------------------------------------------------ sparklines */

static int names_width (const zr_series_t *self, const zr_screen_t *screen)
{
    int widest = 0;
    for (size_t i = 0; i < self->count; i++) {
        int width = zr_screen_width (screen, self->rows [i].name);
        widest = width > widest ? width : widest;
    }
    return widest < NAME_COLUMNS ? widest : NAME_COLUMNS;
}

static void show_sparklines (const zr_series_t *self, const zr_screen_t *screen, const grid_t *grid)
{
    zr_table_t *table = zr_table_new (screen, 0, "elD1D2d");
    ZR_HEADING (table, "", "", "min", "max", "total");
    for (size_t i = 0; i < self->count; i++) {
        const zr_series_row_t *row = &self->rows [i];
        int64_t most;
        int64_t *columns = lay_out (self, row, grid, &most);
        char *spark = zr_bar_spark (screen, columns, grid->drawn, most);
        ZR_ROW (table, row->name, spark, zr_amount_dollars (row->least).text, zr_amount_dollars (row->most).text,
                zr_measures_cost_text (row->total, row->unpriced_events).text);
        free (spark);
        free (columns);
    }
    zr_table_print (table);
    zr_table_destroy (&table);
}

static grid_t sparkline_grid (const zr_series_t *self, const zr_screen_t *screen)
{
    int room = screen->columns - names_width (self, screen) - BESIDE_COLUMNS;
    grid_t grid = make_grid (self->steps, room > SPARK_LEAST ? room : SPARK_LEAST);
    grid.drawn /= grid.columns; /* a step is one character: so it reads best */
    grid.columns = 1;
    return grid;
}

/* ------------------------------------------------------------------ what must be said */

static void show_notes (const zr_series_t *self, const zr_screen_t *screen, const grid_t *grid)
{
    if (self->step_s != self->options->step_s)
        zr_screen_field (screen, "Step", "%s: shorter ones are no longer kept for the beginning of the window",
                         zr_amount_step (self->step_s).text);
    if (grid->steps > 1)
        zr_screen_field (screen, "Drawn", "%zu steps per column; min and max are those of single steps", grid->steps);
    if (self->rows_left_out > 0)
        zr_screen_field (screen, "Left out", "%s more group%s: see --limit", zr_amount_count (self->rows_left_out).text,
                         self->rows_left_out == 1 ? "" : "s");
    int64_t cost = 0, unpriced = 0;
    for (size_t i = 0; i < self->count; i++) {
        cost |= self->rows [i].total;
        unpriced += self->rows [i].unpriced_events;
    }
    zr_measures_note_unpriced (screen, cost, unpriced);
}

void zr_series_show (const zr_series_t *self, const zr_screen_t *screen)
{
    char window [ZR_WINDOW_BYTES], title [64];
    snprintf (title, sizeof title, "Cost per %s", zr_amount_step (self->step_s).text);
    zr_screen_ends (screen, title, zr_window_text (self->options->timezone, self->start_s, self->until_s, window));
    zr_group_show_where (&self->options->group, screen);
    fputc ('\n', screen->out);
    if (self->count == 0) {
        fputs ("no events in this time\n", screen->out);
        return;
    }
    grid_t grid = sparkline_grid (self, screen);
    if (screen->columns >= WIDE_COLUMNS && self->count <= CHARTS_MAX) {
        grid = make_grid (self->steps, screen->columns - CHART_MARGIN);
        for (size_t i = 0; i < self->count; i++)
            show_chart (self, screen, &self->rows [i]);
    } else
        show_sparklines (self, screen, &grid);
    show_notes (self, screen, &grid);
}
