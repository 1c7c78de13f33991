/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_internal.h - what rows are made of. For rows*.c only.
 */
#ifndef ZC_ROWS_INTERNAL_H
#define ZC_ROWS_INTERNAL_H

#include "core/window/series_points.h"
#include "core/window/rows.h"
#include "core/window/latency_counts.h"

/* Which row each key falls into. */
typedef struct {
    uint32_t *row_of;    /* by key: ZC_ROW_OF; ZC_NO_ROW: not asked for */
    uint32_t *first_key; /* by row: its values are the row's */
    uint32_t count;      /* of rows */
} zc_rows_group_t;

#define ZC_NO_ROW UINT32_MAX
#define ZC_ROW_OF(row, routed) ((row) << 1 | (routed)) /* routed: queries, whose cost has a baseline */

/* Returns 0, or -1 without memory. Without dimensions there is one row, whether or not there are keys. */
int zc_rows_group_make (zc_rows_group_t *self, const zc_query_spec_t *spec, const zc_keys_t *keys, uint32_t keys_count);
void zc_rows_group_term (zc_rows_group_t *self);

struct zc_rows {
    const zc_query_spec_t *spec;
    const zc_window_plan_t *plan;
    const zc_keys_t *keys;
    uint32_t keys_count;
    zc_rows_group_t grouping;
    bool borrowed;                 /* the grouping is that of the whole that this is a part of */
    zc_row_sums_t *sums;           /* by row */
    zc_series_points_t points;     /* of a series */
    zc_latency_counts_t latencies; /* by point; without a step, by row */
    uint64_t events, cost_nanousd; /* of all that was added: what rows, and points, must add up to */
    const char *code, *why;        /* NULL until it has failed */
};

/* Fails it, if it has not failed. Returns -1. */
int zc_rows_fail (zc_rows_t *self, const char *code, const char *why);
int zc_rows_fail_memory (zc_rows_t *self);
int zc_rows_fail_sum (zc_rows_t *self);

/* Packs the measures of an answer, ZC_MEASURES_PAIRS pairs of a map: sums, and how latencies are spread (counts in
 * ascending order; n 0: none). */
#define ZC_MEASURES_PAIRS 25
void zc_rows_measures_pack (zc_pack_t *packer, const zc_row_sums_t *row, const zc_binned_t *counts, size_t n);

#endif
