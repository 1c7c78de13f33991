/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_order.c - what of an answer is shown, and in which order.
 */
#include "core/window/rows_order.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------ rows */

typedef struct {
    int64_t cost_nanousd, events;
    uint32_t row;
} ranked_t;

static int by_bytes (zc_str_t a, zc_str_t b)
{
    uint32_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp (a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Dearest first; then more events; then by the dimensions' bytes, which no two rows share. */
static int compare_ranked (const void *left, const void *right, void *argument)
{
    const ranked_t *a = left, *b = right;
    const zc_rows_t *rows = argument;
    int order = (a->cost_nanousd < b->cost_nanousd) - (a->cost_nanousd > b->cost_nanousd);
    if (order == 0)
        order = (a->events < b->events) - (a->events > b->events);
    for (size_t by = 0; order == 0 && by < rows->spec->by_count; by++)
        order = by_bytes (zc_rows_value (rows, a->row, by), zc_rows_value (rows, b->row, by));
    return order;
}

/* Those with events; without dimensions, the one row in any case. */
static size_t list_rows (const zc_rows_t *rows, ranked_t *ranked)
{
    size_t count = 0;
    for (uint32_t row = 0; row < rows->grouping.count; row++) {
        const zc_measures_t *sums = &rows->sums [row].sums;
        if (sums->events != 0 || rows->spec->by_count == 0)
            ranked [count++] = (ranked_t){sums->cost_nanousd, sums->events, row};
    }
    return count;
}

static int order_rows (zc_rows_order_t *self, const zc_rows_t *rows)
{
    size_t room = rows->grouping.count ? rows->grouping.count : 1;
    ranked_t *ranked = malloc (room * sizeof *ranked);
    self->rows = malloc (room * sizeof *self->rows);
    if (!ranked || !self->rows) {
        free (ranked);
        return -1;
    }
    size_t count = list_rows (rows, ranked);
    qsort_r (ranked, count, sizeof *ranked, compare_ranked, (void *) rows);
    self->rows_count = count < rows->spec->rows_max ? count : rows->spec->rows_max;
    self->left_out = count - self->rows_count;
    for (size_t i = 0; i < self->rows_count; i++)
        self->rows [i] = ranked [i].row;
    free (ranked);
    return 0;
}

/* ---------------------------------------------------------------------- points */

static int compare_points (const void *left, const void *right, void *argument)
{
    const zc_series_point_t *list = argument;
    const zc_series_point_t *a = &list [*(const uint32_t *) left], *b = &list [*(const uint32_t *) right];
    int order = (a->row > b->row) - (a->row < b->row);
    return order ? order : (a->step > b->step) - (a->step < b->step);
}

static int order_points (zc_rows_order_t *self, const zc_rows_t *rows)
{
    const zc_series_points_t *points = &rows->points;
    self->points = malloc ((points->count + 1) * sizeof *self->points);
    self->points_from = calloc (rows->grouping.count + 1, sizeof *self->points_from);
    if (!self->points || !self->points_from)
        return -1;
    for (uint32_t i = 0; i < points->count; i++) {
        self->points [i] = i;
        self->points_from [points->list [i].row + 1]++;
    }
    for (uint32_t row = 0; row < rows->grouping.count; row++)
        self->points_from [row + 1] += self->points_from [row];
    qsort_r (self->points, points->count, sizeof *self->points, compare_points, points->list);
    return 0;
}

/* ------------------------------------------------------------------- latencies */

static int order_latencies (zc_rows_order_t *self, zc_rows_t *rows)
{
    uint32_t owners = rows->plan->step_s > 0 ? rows->points.count : rows->grouping.count;
    self->counts_from = calloc (owners + 1, sizeof *self->counts_from);
    if (!self->counts_from || zc_latency_counts_sort (&rows->latencies) == -1)
        return -1;
    self->counts = rows->latencies.counts;
    self->counts_count = rows->latencies.count;
    for (size_t i = 0; i < self->counts_count; i++)
        self->counts_from [ZC_BINNED_OWNER (self->counts [i]) + 1]++;
    for (uint32_t owner = 0; owner < owners; owner++)
        self->counts_from [owner + 1] += self->counts_from [owner];
    return 0;
}

/* ----------------------------------------------------------------------- order */

int zc_rows_order_make (zc_rows_order_t *self, zc_rows_t *rows)
{
    memset (self, 0, sizeof *self);
    if (order_rows (self, rows) == 0 && order_points (self, rows) == 0 && order_latencies (self, rows) == 0)
        return 0;
    zc_rows_order_term (self);
    return -1;
}

void zc_rows_order_term (zc_rows_order_t *self)
{
    free (self->rows);
    free (self->points);
    free (self->points_from);
    free (self->counts_from);
    memset (self, 0, sizeof *self);
}
