/* SPDX-License-Identifier: MPL-2.0
 *
 * series_points.h - the points of a series: sums by row and step.
 *
 * Made at the first cell that falls into them; numbered from 0 in that order. Single thread.
 */
#ifndef ZC_SERIES_POINTS_H
#define ZC_SERIES_POINTS_H

#include "core/window/row_sums.h"

typedef struct {
    int64_t step; /* its number: it starts at step * step_s since the epoch */
    uint32_t row;
    zc_row_sums_t sums;
} zc_series_point_t;

#define ZC_SERIES_POINT_NONE UINT32_MAX

/* All zeros: none yet. */
typedef struct {
    zc_series_point_t *list;
    uint32_t count, capacity;
    uint32_t *index;     /* open addressing: number + 1; 0: empty */
    uint32_t index_size; /* a power of two; at most half full */
    uint32_t *last;      /* by row: the point that was asked for last; 0 where none was, or any other */
    uint32_t rows;       /* that `last` has room for */
} zc_series_points_t;

void zc_series_points_term (zc_series_points_t *self);

/* The number of a point, made with sums of 0 where there is none. ZC_SERIES_POINT_NONE: without memory, or where there would
 * be more than ZC_SERIES_POINTS_MAX. */
uint32_t zc_series_points_at (zc_series_points_t *self, uint32_t row, int64_t step);

#endif
