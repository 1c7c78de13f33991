/* SPDX-License-Identifier: MPL-2.0
 *
 * latency_counts.h - how the latencies of an answer's points are spread: the counts that cells are added up to.
 *
 * A list of counts, sorted and added up now and then: a count is written behind the one before, and read again only
 * where the list is sorted, from its front to its end. So an addition costs a few nanoseconds however many points there
 * are, where a table costs a miss of the cache or two. At most 32 bytes a bin in use, and half a mebibyte; as much again
 * while it is sorted. For rows*.c. Single thread.
 */
#ifndef ZC_LATENCY_COUNTS_H
#define ZC_LATENCY_COUNTS_H

#include "core/ledger/sketch.h"

#define ZC_LATENCY_COUNTS_EVENTS_MAX (UINT64_C (1) << 44) /* of one addition: a million counts */

/* All zeros: no counts. */
typedef struct {
    zc_binned_t *counts; /* as they came; after zc_latency_counts_sort ascending */
    size_t count, capacity;
} zc_latency_counts_t;

void zc_latency_counts_term (zc_latency_counts_t *self);

/* Returns 0, or -1: without memory, or events beyond ZC_LATENCY_COUNTS_EVENTS_MAX. Then some may have been added. */
static inline int zc_latency_counts_add (zc_latency_counts_t *self, uint32_t point, uint32_t bin, uint64_t events);

/* Adds all counts of another one or of a table, each to the point of its owner; ZC_SERIES_POINT_NONE: to none. 0 or -1. */
int zc_latency_counts_add_sketches (zc_latency_counts_t *self, const zc_sketches_t *more, const uint32_t *point_of);
int zc_latency_counts_add_counts (zc_latency_counts_t *self, const zc_latency_counts_t *more, const uint32_t *point_of);

/* Orders the counts by point, then by bin; a bin is there once, or as often as its events need. 0, or -1 without
 * memory. */
int zc_latency_counts_sort (zc_latency_counts_t *self);

/* ----------------------------------------------------------------------- inline */

int zc_latency_counts_add_any (zc_latency_counts_t *self, uint32_t point, uint32_t bin,
                               uint64_t events); /* for zc_latency_counts_add */

static inline int zc_latency_counts_add (zc_latency_counts_t *self, uint32_t point, uint32_t bin, uint64_t events)
{
    if (self->count == self->capacity || events - 1 >= ZC_BIN_EVENTS_MAX)
        return zc_latency_counts_add_any (self, point, bin, events);
    self->counts [self->count++] = ZC_BINNED (point, bin, events);
    return 0;
}

#endif
