/* SPDX-License-Identifier: MPL-2.0
 *
 * moment.h - one moment of the books, for a reader in another thread.
 *
 * What the store does not have yet, and what is needed to read it: a copy of what changed since the last checkpoint,
 * that checkpoint where it is being committed, and the keys there are. Made by the thread that owns the books. It is
 * valid until the next checkpoint is taken.
 */
#ifndef ZC_MOMENT_H
#define ZC_MOMENT_H

#include "core/recent.h"
#include "core/rows.h"
#include "daemon/books.h"
#include "store/store.h"

typedef struct {
    int64_t now_ms, began_ms;
    int64_t minutes_ms, quarters_ms, days_ms; /* retention; days: ZC_FOREVER is for good */
    const zc_keys_t *keys;
    uint32_t keys_count;
    const zc_cells_t *committing; /* checkpoint `sequence`; NULL: none, or it is known to be in the store */
    uint64_t sequence;            /* of the last checkpoint taken */
    zc_cells_t changes;           /* a copy without its index: only for zc_rows_add_cells */
} zc_moment_t;

/* A moment of all zeros is ready to be made. changed: with what changed since the last checkpoint. committing: the cells
 * of the checkpoint on its way, or NULL. Returns 0, or -1 without memory. */
int zc_moment_make (zc_moment_t *self, const zc_books_t *books, const zc_cells_t *committing, uint64_t sequence,
                    bool changed);
void zc_moment_term (zc_moment_t *self);

/* Which buckets there are, by what a reader of the store sees. */
zc_reach_t zc_moment_reach (const zc_moment_t *self, const zc_snapshot_t *snapshot, const zc_recent_t *recent);

/* Adds to the rows what neither the store as seen nor `recent` has. 0 or -1. */
int zc_moment_add (const zc_moment_t *self, zc_rows_t *rows, const zc_plan_t *plan, uint64_t stored_sequence,
                   uint64_t recent_sequence);

#endif
