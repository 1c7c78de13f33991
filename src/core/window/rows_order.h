/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_order.h - what of an answer is shown, and in which order. For rows*.c only.
 */
#ifndef ZC_ROWS_ORDER_H
#define ZC_ROWS_ORDER_H

#include "core/window/rows_internal.h"

typedef struct {
    uint32_t *rows; /* those shown, dearest first */
    size_t rows_count, left_out;
    uint32_t *points;          /* of a series: by row, then by step */
    uint32_t *points_from;     /* by row: where its points begin; one more for their end */
    const zc_binned_t *counts; /* of latencies: by point (without a step, by row), then by bin. The rows' */
    size_t counts_count;
    uint32_t *counts_from; /* by point: where its counts begin; one more for their end */
} zc_rows_order_t;

/* Returns 0, or -1 without memory. Valid until something is added to the rows. */
int zc_rows_order_make (zc_rows_order_t *self, zc_rows_t *rows);
void zc_rows_order_term (zc_rows_order_t *self);

#endif
