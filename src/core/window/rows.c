/* SPDX-License-Identifier: MPL-2.0
 *
 * rows.c - cells added up to the rows of an answer.
 */
#include "core/window/rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/window/rows_internal.h"

/* ------------------------------------------------------------------------- new */

static int make_sums (zc_rows_t *self)
{
    self->sums = calloc (self->grouping.count ? self->grouping.count : 1, sizeof *self->sums);
    return self->sums ? 0 : -1;
}

zc_rows_t *zc_rows_new (const zc_query_spec_t *spec, const zc_window_plan_t *plan, const zc_keys_t *keys,
                        uint32_t keys_count)
{
    zc_rows_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->spec = spec;
    self->plan = plan;
    self->keys = keys;
    self->keys_count = keys_count;
    if (zc_rows_group_make (&self->grouping, spec, keys, keys_count) == -1 || make_sums (self) == -1)
        zc_rows_destroy (&self);
    return self;
}

zc_rows_t *zc_rows_new_part (const zc_rows_t *whole)
{
    zc_rows_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->spec = whole->spec;
    self->plan = whole->plan;
    self->keys = whole->keys;
    self->keys_count = whole->keys_count;
    self->grouping = whole->grouping;
    self->borrowed = true;
    if (make_sums (self) == -1)
        zc_rows_destroy (&self);
    return self;
}

void zc_rows_destroy (zc_rows_t **self_p)
{
    zc_rows_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    if (!self->borrowed)
        zc_rows_group_term (&self->grouping);
    zc_series_points_term (&self->points);
    zc_latency_counts_term (&self->latencies);
    free (self->sums);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------ fail */

int zc_rows_fail (zc_rows_t *self, const char *code, const char *why)
{
    if (!self->why) {
        self->code = code;
        self->why = why;
    }
    return -1;
}

int zc_rows_fail_memory (zc_rows_t *self)
{
    return zc_rows_fail (self, "unavailable", "out of memory");
}

int zc_rows_fail_sum (zc_rows_t *self)
{
    return zc_rows_fail (self, "too_large", "a sum would exceed 64 bits");
}

const char *zc_rows_failed (const zc_rows_t *self, const char **ret_code)
{
    if (self->why)
        *ret_code = self->code;
    return self->why;
}

/* ------------------------------------------------------------------------- add */

static int fail_points (zc_rows_t *self)
{
    return self->points.count == ZC_SERIES_POINTS_MAX
               ? zc_rows_fail (self, "too_large", "more than 100,000 points: ask for a wider step or a shorter window")
               : zc_rows_fail_memory (self);
}

static int64_t step_of (const zc_rows_t *self, int64_t start_s)
{
    int64_t step = start_s / self->plan->step_s;
    return step - (start_s % self->plan->step_s < 0);
}

/* Adds to a row, and in a series to its point. */
static inline int add_to (zc_rows_t *self, uint32_t row, int64_t step, const zc_measures_t *sums,
                          int64_t routed_cost_nanousd, uint32_t *ret_point)
{
    bool passed = zc_row_sums_add (&self->sums [row], sums, routed_cost_nanousd);
    self->events += (uint64_t) sums->events;
    self->cost_nanousd += (uint64_t) sums->cost_nanousd;
    uint32_t point = row;
    if (self->plan->step_s > 0) {
        point = zc_series_points_at (&self->points, row, step);
        if (point == ZC_SERIES_POINT_NONE)
            return fail_points (self);
        passed |= zc_row_sums_add (&self->points.list [point].sums, sums, routed_cost_nanousd);
    }
    if (passed)
        return zc_rows_fail_sum (self);
    *ret_point = point;
    return 0;
}

int zc_rows_add (zc_rows_t *self, int64_t start_s, uint32_t key, const zc_measures_t *sums, uint32_t *ret_point)
{
    if (self->why)
        return -1;
    uint32_t row_of = key < self->keys_count ? self->grouping.row_of [key] : ZC_NO_ROW;
    if (row_of == ZC_NO_ROW)
        return 1;
    int64_t routed_cost = row_of & 1 ? sums->cost_nanousd : 0;
    int64_t step = self->plan->step_s > 0 ? step_of (self, start_s) : 0;
    return add_to (self, row_of >> 1, step, sums, routed_cost, ret_point);
}

/* ----------------------------------------------------------------------- cells */

static const zc_row_sums_t *point_sums (const zc_rows_t *self, uint32_t point)
{
    return self->plan->step_s > 0 ? &self->points.list [point].sums : &self->sums [point];
}

int zc_rows_add_latency (zc_rows_t *self, uint32_t point, uint32_t bin, uint64_t events)
{
    if (self->why)
        return -1;
    /* From a disk: more than there are events is damage, and would be memory without end. */
    int64_t most = point_sums (self, point)->sums.events;
    if (most < 0 || events > (uint64_t) most || bin >= ZC_BINS)
        return zc_rows_fail (self, "unavailable", "the store is damaged: it holds more latencies than events");
    return zc_latency_counts_add (&self->latencies, point, bin, events) == 0 ? 0 : zc_rows_fail_memory (self);
}

/* point_of: by a cell's place; ZC_SERIES_POINT_NONE where it does not count. */
static int add_cell_sums (zc_rows_t *self, const zc_cells_t *cells, const zc_span_t *span, uint32_t *point_of)
{
    int rc = 0;
    for (uint32_t i = 0; i < cells->count && rc != -1; i++) {
        const zc_cell_t *cell = &cells->cells [i];
        point_of [i] = ZC_SERIES_POINT_NONE;
        if (cell->start_s >= span->since_s && cell->start_s < span->until_s)
            rc = zc_rows_add (self, cell->start_s, cell->key, &cell->sums, &point_of [i]);
    }
    return rc == -1 ? -1 : 0;
}

int zc_rows_add_cells (zc_rows_t *self, const zc_cells_t *cells, const zc_span_t *span)
{
    if (self->why)
        return -1;
    uint32_t *point_of = malloc ((cells->count ? cells->count : 1) * sizeof *point_of);
    if (!point_of)
        return zc_rows_fail_memory (self);
    int rc = add_cell_sums (self, cells, span, point_of);
    if (rc == 0 && zc_latency_counts_add_sketches (&self->latencies, &cells->latencies, point_of) == -1)
        rc = zc_rows_fail_memory (self);
    free (point_of);
    return rc;
}

/* ------------------------------------------------------------------------ rows */

/* point_of: by the other's points. */
static int add_row_sums (zc_rows_t *self, const zc_rows_t *other, uint32_t *point_of)
{
    bool series = self->plan->step_s > 0;
    uint32_t count = series ? other->points.count : other->grouping.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = series ? other->points.list [i].row : i;
        int64_t step = series ? other->points.list [i].step : 0;
        const zc_row_sums_t *more = point_sums (other, i);
        if (add_to (self, row, step, &more->sums, more->routed_cost_nanousd, &point_of [i]) == -1)
            return -1;
    }
    return 0;
}

int zc_rows_add_rows (zc_rows_t *self, const zc_rows_t *other)
{
    if (self->why)
        return -1;
    if (other->why)
        return zc_rows_fail (self, other->code, other->why);
    size_t points = other->points.count > other->grouping.count ? other->points.count : other->grouping.count;
    uint32_t *point_of = malloc ((points + 1) * sizeof *point_of);
    if (!point_of)
        return zc_rows_fail_memory (self);
    int rc = add_row_sums (self, other, point_of);
    if (rc == 0 && zc_latency_counts_add_counts (&self->latencies, &other->latencies, point_of) == -1)
        rc = zc_rows_fail_memory (self);
    free (point_of);
    return rc;
}

/* ------------------------------------------------------------------------ look */

size_t zc_rows_count (const zc_rows_t *self)
{
    return self->grouping.count;
}

const zc_row_sums_t *zc_rows_sums (const zc_rows_t *self, size_t row)
{
    return &self->sums [row];
}

static const zc_dimensions_t *dimensions_of (const zc_rows_t *self, size_t row)
{
    return &zc_keys_at (self->keys, self->grouping.first_key [row])->dimensions;
}

zcost_type_t zc_rows_type (const zc_rows_t *self, size_t row)
{
    return dimensions_of (self, row)->type;
}

zc_str_t zc_rows_value (const zc_rows_t *self, size_t row, size_t by)
{
    return zc_dimension_value (&self->spec->by [by], dimensions_of (self, row));
}
