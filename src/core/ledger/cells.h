/* SPDX-License-Identifier: MPL-2.0
 *
 * cells.h - sums by key and time: the cells that changed.
 *
 * A cell is a key (keys.h) in a bucket of time. The set holds what was added to each cell since the
 * set was last cleared: the ledger fills one set while the store writes another, so that memory is
 * bounded by what changes between two checkpoints and not by all that exists. Grows as needed; its
 * user bounds it by taking checkpoints. Beyond ZC_CELLS_KEPT cells it takes at most ZC_CELL_BYTES_MAX
 * bytes a cell with latencies in up to three bins each. Single thread.
 */
#ifndef ZC_CELLS_H
#define ZC_CELLS_H

#include <stdint.h>

#include "core/base/time_buckets.h"
#include "core/ledger/measures.h"
#include "core/ledger/sketch.h"

#define ZC_CELLS_MAX ZC_SKETCH_OWNERS_MAX /* in one set */
#define ZC_CELLS_KEPT (1u << 16)          /* room that a cleared set keeps: 11 MiB, and 4 MiB for latencies */
#define ZC_CELL_BYTES_MAX 256

typedef struct {
    int64_t start_s; /* of the bucket, since the epoch, UTC */
    uint32_t key;
    uint32_t level; /* zc_time_bucket_t: the finest that the event's age allowed when it arrived */
    zc_measures_t sums;
} zc_cell_t;

typedef struct {
    zc_cell_t *cells; /* in the order of first change */
    uint32_t count, capacity;
    uint32_t *index; /* open addressing: place + 1; 0: empty */
    uint32_t index_size;
    zc_sketches_t latencies; /* by a cell's place */
} zc_cells_t;

/* Returns 0, or -1 without memory. */
int zc_cells_init (zc_cells_t *self);
void zc_cells_term (zc_cells_t *self);

/* Empties it; keeps its memory, up to ZC_CELLS_KEPT cells. */
void zc_cells_clear (zc_cells_t *self);

/* Makes room for one more cell and one more latency, so that the next zc_cells_at and a zc_sketches_add of one
 * event to it succeed. Returns 0, or -1 without memory or at ZC_CELLS_MAX. */
static inline int zc_cells_reserve (zc_cells_t *self);

/* The cell, made with sums of 0 where there is none. start_s is a multiple of the level's seconds. NULL
 * where zc_cells_reserve fails. Valid until the next call. */
zc_cell_t *zc_cells_at (zc_cells_t *self, zc_time_bucket_t level, int64_t start_s, uint32_t key);

/* ----------------------------------------------------------------------- inline */

int zc_cells_grow (zc_cells_t *self); /* for zc_cells_reserve */

static inline int zc_cells_reserve (zc_cells_t *self)
{
    if (zc_sketches_reserve (&self->latencies) == -1)
        return -1;
    return self->count < self->capacity ? 0 : zc_cells_grow (self);
}

#endif
