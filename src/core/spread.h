/* SPDX-License-Identifier: MPL-2.0
 *
 * spread.h - how the latencies of an answer's points are spread: the counts that cells are added up to.
 *
 * Many cells are added to few points: so the counts of the first ZC_SPREAD_NEAR points stand in arrays, 64 bins each,
 * where an addition finds them without a search and near those of the cell before. Those of further points, which
 * cells rarely meet in, and what passes 32 bits, go into a table of sketch.h. For rows*.c. Single thread.
 */
#ifndef ZC_SPREAD_H
#define ZC_SPREAD_H

#include "core/sketch.h"

#define ZC_SPREAD_NEAR 4096u /* at most 68 MiB */
#define ZC_RUN_BINS 64u      /* to a doubling of latency */
#define ZC_RUNS (ZC_BINS / ZC_RUN_BINS)

typedef struct {
    uint32_t events [ZC_RUN_BINS];
} zc_run_t;

/* All zeros: no counts. */
typedef struct {
    uint32_t (*runs) [ZC_RUNS]; /* by point, then by bin / ZC_RUN_BINS: number + 1; 0: none yet */
    uint32_t points;            /* that `runs` has room for */
    zc_run_t **blocks;          /* runs by number, so many to a block; they never move */
    uint32_t count;             /* of runs */
    zc_sketches_t far;
} zc_spread_t;

void zc_spread_term (zc_spread_t *self);

/* Returns 0, or -1 without memory: then some events may have been added. */
int zc_spread_add (zc_spread_t *self, uint32_t point, uint32_t bin, uint64_t events);

/* Adds all counts of another one or of a table, each to the point of its owner; ZC_NO_POINT: to none. 0 or -1. */
int zc_spread_add_sketches (zc_spread_t *self, const zc_sketches_t *more, const uint32_t *point_of);
int zc_spread_add_spread (zc_spread_t *self, const zc_spread_t *more, const uint32_t *point_of);

/* As zc_sketches_sorted. */
zc_binned_t *zc_spread_sorted (const zc_spread_t *self, size_t *ret_count);

#endif
