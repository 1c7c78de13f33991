/* SPDX-License-Identifier: MPL-2.0
 *
 * rollup.h - what changed cells add to each size of bucket.
 *
 * A minute is part of a quarter, of a day and of all time. Adds a set of changes up once, in memory, so
 * that a store touches each of its rows once; and sorts them, so that it touches them in its own order.
 * Single thread.
 */
#ifndef ZC_ROLLUP_H
#define ZC_ROLLUP_H

#include <stddef.h>

#include "core/ledger/cells.h"

typedef struct zc_rollup zc_rollup_t;

typedef struct {
    const zc_cell_t *cell;
    const zc_binned_t *latencies; /* ascending by bin; their owner is the cell's place in its set: of no meaning here */
    size_t latencies_count;
} zc_rolled_cell_t;

/* What was added, by bucket and key. */
typedef struct {
    const zc_rolled_cell_t *cells; /* ascending by start, then by key */
    size_t count;
} zc_rolled_t;

/* NULL without memory. */
zc_rollup_t *zc_rollup_new (void);
void zc_rollup_destroy (zc_rollup_t **self);

/* Adds up these changes, and forgets those before. They must stay as they are while the results are
 * used. Returns 0, or -1 without memory: then the results are those of no changes. */
int zc_rollup_take (zc_rollup_t *self, const zc_cells_t *changes);

/* The results, valid until the next take. */
zc_rolled_t zc_rollup_bucket (const zc_rollup_t *self,
                              zc_time_bucket_t level); /* ZC_EVER: over all time, from start 0 on */

/* Gives back memory beyond what a usual checkpoint takes. */
void zc_rollup_clear (zc_rollup_t *self);

#endif
