/* SPDX-License-Identifier: MPL-2.0
 *
 * frame.c - which part stands where; see watch_frame.h.
 */
#include "zreport/watch/frame.h"

#include "zreport/watch/parts.h"

#define PARTS_MAX 8
#define TWO_COLUMNS_FROM 120 /* columns of a screen that has parts side by side */
#define CHART_FROM 45        /* rows of a screen that has a chart in place of a sparkline */
#define GUTTER 3
#define NO_NEWS_FROM 20
#define EDGE_MAX 8 /* rows that troubles, health may take of a low screen */

/* A part, and the fewest rows at which it is worth its place. Parts stand in a list in the order of the screen. */
typedef struct {
    zr_watch_part_t *part;
    int importance; /* the greatest goes last */
    int least;
} place_t;

static const place_t one_column [] = {
    {zr_watch_part_tiers, 6, 5},  {zr_watch_part_top, 4, 4},     {zr_watch_part_beside, 1, 4},
    {zr_watch_part_caches, 3, 3}, {zr_watch_part_budgets, 5, 2}, {zr_watch_part_alerts, 2, 2},
};
static const place_t left_column [] = {{zr_watch_part_tiers, 4, 5},
                                       {zr_watch_part_caches, 2, 3},
                                       {zr_watch_part_budgets, 3, 2},
                                       {zr_watch_part_alerts, 1, 2}};
static const place_t right_column [] = {{zr_watch_part_top, 2, 4}, {zr_watch_part_beside, 1, 4}};

typedef struct {
    const zr_watch_data_t *data;
    const zr_screen_t *screen;
    zr_painter_t *painter;
    void *argument;
} frame_t;

/* A part with what it has to say, and the rows that it is given. */
typedef struct {
    place_t place;
    zr_page_t *page;
    int wanted, given;
} stood_t;

static zr_page_t *make_page (const frame_t *self, zr_watch_part_t *part, int columns)
{
    zr_page_t *page = zr_page_new (self->screen, columns);
    part (self->data, page);
    return page;
}

static int lines_of (const zr_page_t *page)
{
    return (int) zr_page_lines (page);
}

/* ------------------------------------------------------------------ a column of parts */

static stood_t *by_importance (stood_t *parts, size_t count, int importance)
{
    for (size_t i = 0; i < count; i++)
        if (parts [i].place.importance == importance)
            return &parts [i];
    return NULL;
}

/* First each as little as it can do with, the most important ones first; then to each what it wants, a row in turn. */
static void share_rows (stood_t *parts, size_t count, int rows)
{
    for (int i = PARTS_MAX; i > 0; i--) {
        stood_t *part = by_importance (parts, count, i);
        if (!part)
            continue;
        int least = part->wanted < part->place.least ? part->wanted : part->place.least;
        if (least <= rows)
            part->given = least;
        rows -= part->given;
    }
    bool growing = true;
    while (rows > 0 && growing) {
        growing = false;
        for (int i = PARTS_MAX; i > 0 && rows > 0; i--) {
            stood_t *part = by_importance (parts, count, i);
            if (!part || part->given == 0 || part->given >= part->wanted)
                continue;
            part->given++;
            rows--;
            growing = true;
        }
    }
}

/* Blank rows between the parts come out of what no part wants. */
static void paint_parts (const frame_t *self, stood_t *parts, size_t count, int row, int column, int rows)
{
    int spare = rows;
    for (size_t i = 0; i < count; i++)
        spare -= parts [i].given;
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (parts [i].given == 0)
            continue;
        if (!first && spare > 0) {
            row++;
            spare--;
        }
        first = false;
        self->painter (self->argument, row, column, parts [i].page, parts [i].given);
        row += parts [i].given;
    }
}

/* That there are no alerts is only told where nothing else wants the row. */
static bool is_worth_a_row (const frame_t *self, zr_watch_part_t *part, int rows)
{
    return part != zr_watch_part_alerts || rows >= NO_NEWS_FROM || json_array_size (self->data->alerts) > 0;
}

static void draw_column (const frame_t *self, const place_t *places, size_t count, int row, int column, int rows,
                         int columns)
{
    stood_t parts [PARTS_MAX];
    for (size_t i = 0; i < count; i++) {
        parts [i] = (stood_t){.place = places [i], .page = make_page (self, places [i].part, columns)};
        parts [i].wanted = is_worth_a_row (self, places [i].part, rows) ? lines_of (parts [i].page) : 0;
    }
    share_rows (parts, count, rows);
    paint_parts (self, parts, count, row, column, rows);
    for (size_t i = 0; i < count; i++)
        zr_page_destroy (&parts [i].page);
}

/* ------------------------------------------------------------------ the whole */

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

static void draw_middle (const frame_t *self, int row, int rows, int columns)
{
    if (self->data->help) {
        static const place_t help [] = {{zr_watch_part_help, 1, 1}};
        draw_column (self, help, COUNT (help), row, 0, rows, columns);
        return;
    }
    if (columns < TWO_COLUMNS_FROM) {
        draw_column (self, one_column, COUNT (one_column), row, 0, rows, columns);
        return;
    }
    int left = (columns - GUTTER) / 2;
    draw_column (self, left_column, COUNT (left_column), row, 0, rows, left);
    draw_column (self, right_column, COUNT (right_column), row, left + GUTTER, rows, columns - GUTTER - left);
}

/* Draws a part across the screen, at most so many rows of it. Returns how many it took. */
static int draw_edge (const frame_t *self, zr_watch_part_t *part, int row, int rows, int columns)
{
    zr_page_t *page = make_page (self, part, columns);
    int taken = lines_of (page);
    taken = taken < rows ? taken : rows;
    if (taken > 0)
        self->painter (self->argument, row, 0, page, taken);
    zr_page_destroy (&page);
    return taken > 0 ? taken : 0;
}

static int at_most (int rows, int most)
{
    return rows < most ? rows : most;
}

/* Rows that health takes at the bottom; none where the screen is very low. */
static int health_rows (const frame_t *self, int rows, int columns)
{
    zr_page_t *page = make_page (self, zr_watch_part_health, columns);
    int wanted = lines_of (page);
    zr_page_destroy (&page);
    return rows >= wanted ? at_most (wanted, EDGE_MAX) : 0;
}

void zr_frame_draw (const zr_watch_data_t *data, const zr_screen_t *screen, int rows, int columns,
                    zr_painter_t *painter, void *argument)
{
    frame_t self = {data, screen, painter, argument};
    int row = draw_edge (&self, zr_watch_part_title, 0, rows, columns);
    row += draw_edge (&self, zr_watch_part_troubles, row, at_most (rows - row, EDGE_MAX), columns);
    row += draw_edge (&self, zr_watch_part_spend, row, rows - row, columns);
    row +=
        draw_edge (&self, rows >= CHART_FROM ? zr_watch_part_chart : zr_watch_part_minutes, row, rows - row, columns);
    int keys = rows - row > 0;
    int health = health_rows (&self, rows - row - keys, columns);
    int middle = rows - row - keys - health;
    int airy = middle >= 16; /* a blank row above and below costs no part its place */
    draw_middle (&self, row + airy, middle - 2 * airy, columns);
    draw_edge (&self, zr_watch_part_health, rows - keys - health, health, columns);
    draw_edge (&self, zr_watch_part_keys, rows - keys, keys, columns);
}
