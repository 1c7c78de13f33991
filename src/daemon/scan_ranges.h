/* SPDX-License-Identifier: MPL-2.0
 *
 * scan_ranges.h - what a plan reads from the store, cut so that several threads read it side by side.
 *
 * By time: each piece is read by whoever comes for it first, so that all end together whatever is in them.
 */
#ifndef ZC_SCAN_RANGES_H
#define ZC_SCAN_RANGES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/window/window_plan.h"

#define ZC_SCAN_RANGES 16 /* that a plan is cut into, and one more for each span that is not cut evenly */
#define ZC_SCAN_RANGES_MAX (ZC_SCAN_RANGES + ZC_WINDOW_PLAN_SPANS_MAX)

typedef struct {
    zc_span_t spans [ZC_SCAN_RANGES_MAX];
    size_t count;
    int64_t buckets; /* in all of them */
    atomic_size_t next;
} zc_scan_ranges_t;

void zc_scan_ranges_cut (zc_scan_ranges_t *self, const zc_window_plan_t *plan);

/* The next one that nobody has; NULL: none is left. Any thread. */
const zc_span_t *zc_scan_ranges_next (zc_scan_ranges_t *self);

/* From now on none is left. Any thread. */
void zc_scan_ranges_drop (zc_scan_ranges_t *self);

#endif
