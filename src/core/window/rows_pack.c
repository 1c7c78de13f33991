/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_pack.c - the results of `breakdown` and `series`.
 */
#include <stdlib.h>

#include "core/base/check.h"
#include "core/window/rows_order.h"

/* ----------------------------------------------------------------------- total */

/* Over all rows, those not shown too. */
typedef struct {
    zc_row_sums_t sums;
    zc_binned_t *counts;
    size_t counts_count;
} total_t;

/* A bin's events as so many counts as it takes. */
static size_t put_counts (zc_binned_t *to, uint32_t bin, uint64_t events)
{
    size_t count = 0;
    for (; events > ZC_BIN_EVENTS_MAX; events -= ZC_BIN_EVENTS_MAX)
        to [count++] = ZC_BINNED (0, bin, ZC_BIN_EVENTS_MAX);
    if (events > 0)
        to [count++] = ZC_BINNED (0, bin, events);
    return count;
}

static int total_latencies (total_t *self, const zc_rows_order_t *order)
{
    uint64_t *events = calloc (ZC_BINS, sizeof *events);
    size_t most = 0;
    if (!events)
        return -1;
    for (size_t i = 0; i < order->counts_count; i++)
        events [ZC_BINNED_BIN (order->counts [i])] += ZC_BINNED_EVENTS (order->counts [i]);
    for (uint32_t bin = 0; bin < ZC_BINS; bin++)
        most += (events [bin] + ZC_BIN_EVENTS_MAX - 1) / ZC_BIN_EVENTS_MAX;
    self->counts = malloc ((most + 1) * sizeof *self->counts);
    for (uint32_t bin = 0; bin < ZC_BINS && self->counts; bin++)
        self->counts_count += put_counts (self->counts + self->counts_count, bin, events [bin]);
    free (events);
    return self->counts ? 0 : -1;
}

/* A series tells none. */
static int add_up (total_t *self, zc_rows_t *rows, const zc_rows_order_t *order)
{
    if (rows->plan->step_s > 0)
        return 0;
    for (uint32_t row = 0; row < rows->grouping.count; row++)
        if (zc_row_sums_add (&self->sums, &rows->sums [row].sums, rows->sums [row].routed_cost_nanousd))
            return zc_rows_fail_sum (rows);
    return total_latencies (self, order) == 0 ? 0 : zc_rows_fail_memory (rows);
}

/* Whether rows, and in a series their points, hold what was added, each event once. */
static bool adds_up (const zc_rows_t *rows)
{
    bool series = rows->plan->step_s > 0;
    uint64_t events = rows->events, cost = rows->cost_nanousd, points_events = events, points_cost = cost;
    for (uint32_t row = 0; row < rows->grouping.count; row++) {
        events -= (uint64_t) rows->sums [row].sums.events;
        cost -= (uint64_t) rows->sums [row].sums.cost_nanousd;
    }
    for (uint32_t point = 0; series && point < rows->points.count; point++) {
        points_events -= (uint64_t) rows->points.list [point].sums.sums.events;
        points_cost -= (uint64_t) rows->points.list [point].sums.sums.cost_nanousd;
    }
    return events == 0 && cost == 0 && (!series || (points_events == 0 && points_cost == 0));
}

/* ------------------------------------------------------------------------ rows */

static void pack_measures (zc_pack_t *out, const zc_rows_order_t *order, uint32_t point, const zc_row_sums_t *sums)
{
    uint32_t from = order->counts_from [point], to = order->counts_from [point + 1];
    zc_rows_measures_pack (out, sums, order->counts + from, to - from);
}

static void pack_str (zc_pack_t *out, zc_str_t text)
{
    zc_pack_str (out, text.data, text.size);
}

static void pack_values (zc_pack_t *out, const zc_rows_t *rows, uint32_t row)
{
    for (size_t by = 0; by < rows->spec->by_count; by++) {
        pack_str (out, rows->spec->by [by].name);
        pack_str (out, zc_rows_value (rows, row, by));
    }
}

static void pack_points (zc_pack_t *out, const zc_rows_t *rows, const zc_rows_order_t *order, uint32_t row)
{
    uint32_t from = order->points_from [row], to = order->points_from [row + 1];
    zc_pack_key_array (out, "points", to - from);
    for (uint32_t i = from; i < to; i++) {
        const zc_series_point_t *point = &rows->points.list [order->points [i]];
        zc_pack_map (out, 1 + ZC_MEASURES_PAIRS);
        zc_pack_key_int (out, "t", point->step * rows->plan->step_s * 1000);
        pack_measures (out, order, order->points [i], &point->sums);
    }
}

static void pack_rows (zc_pack_t *out, const zc_rows_t *rows, const zc_rows_order_t *order)
{
    bool series = rows->plan->step_s > 0;
    zc_pack_key_array (out, "rows", order->rows_count);
    for (size_t i = 0; i < order->rows_count; i++) {
        uint32_t row = order->rows [i];
        zc_pack_map (out, rows->spec->by_count + (series ? 1 : ZC_MEASURES_PAIRS));
        pack_values (out, rows, row);
        if (series)
            pack_points (out, rows, order, row);
        else
            pack_measures (out, order, row, &rows->sums [row]);
    }
    zc_pack_key_uint (out, "rows_left_out", order->left_out);
}

/* ---------------------------------------------------------------------- result */

static void pack_window (zc_pack_t *out, const zc_rows_t *rows)
{
    zc_pack_key_int (out, "since", rows->plan->since_ms);
    zc_pack_key_int (out, "until", rows->plan->until_ms);
    zc_pack_key_array (out, "by", rows->spec->by_count);
    for (size_t by = 0; by < rows->spec->by_count; by++)
        pack_str (out, rows->spec->by [by].name);
}

static void pack_result (zc_pack_t *out, const zc_rows_t *rows, const zc_rows_order_t *order, const total_t *total)
{
    bool series = rows->plan->step_s > 0;
    zc_pack_map (out, series ? 7 : 6);
    if (series) {
        zc_pack_key_int (out, "step", rows->plan->step_s);
        zc_pack_key_int (out, "start", rows->plan->start_s * 1000);
    }
    pack_window (out, rows);
    pack_rows (out, rows, order);
    if (series)
        return;
    zc_pack_key_map (out, "total", ZC_MEASURES_PAIRS);
    zc_rows_measures_pack (out, &total->sums, total->counts, total->counts_count);
}

int zc_rows_pack (zc_rows_t *self, zc_pack_t *out)
{
    zc_rows_order_t order;
    total_t total = {.counts = NULL};
    if (self->why)
        return -1;
    zc_check (adds_up (self));
    if (zc_rows_order_make (&order, self) == -1)
        return zc_rows_fail_memory (self);
    int rc = add_up (&total, self, &order);
    if (rc == 0)
        pack_result (out, self, &order, &total);
    zc_rows_order_term (&order);
    free (total.counts);
    return rc == 0 && zc_pack_failed (out) ? zc_rows_fail_memory (self) : rc;
}
