/* SPDX-License-Identifier: MPL-2.0
 *
 * scan_ranges.c - what a plan reads from the store, in pieces.
 */
#include "daemon/scan_ranges.h"

static int64_t buckets_of (const zc_span_t *span)
{
    return span->level == ZC_EVER ? 1 : (span->until_s - span->since_s) / zc_time_bucket_seconds (span->level);
}

/* Into pieces of so many buckets each; the last may have less. */
static void cut (zc_scan_ranges_t *self, const zc_span_t *span, int64_t buckets)
{
    if (span->level == ZC_EVER) {
        self->spans [self->count++] = *span;
        return;
    }
    int64_t size_s = buckets * zc_time_bucket_seconds (span->level);
    for (int64_t at_s = span->since_s; at_s < span->until_s; at_s += size_s) {
        int64_t left_s = span->until_s - at_s;
        self->spans [self->count++] = (zc_span_t){span->level, at_s, at_s + (left_s < size_s ? left_s : size_s)};
    }
}

void zc_scan_ranges_cut (zc_scan_ranges_t *self, const zc_window_plan_t *plan)
{
    self->count = 0;
    self->buckets = 0;
    atomic_init (&self->next, 0);
    for (size_t i = 0; i < plan->spans_count; i++)
        self->buckets += buckets_of (&plan->spans [i]);
    for (size_t i = 0; i < plan->spans_count; i++)
        cut (self, &plan->spans [i], (self->buckets + ZC_SCAN_RANGES - 1) / ZC_SCAN_RANGES);
}

const zc_span_t *zc_scan_ranges_next (zc_scan_ranges_t *self)
{
    size_t next = atomic_fetch_add (&self->next, 1);
    return next < self->count ? &self->spans [next] : NULL;
}

void zc_scan_ranges_drop (zc_scan_ranges_t *self)
{
    atomic_store (&self->next, ZC_SCAN_RANGES_MAX);
}
