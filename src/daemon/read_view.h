/* SPDX-License-Identifier: MPL-2.0
 *
 * read_view.h - one moment of the engine, for a reader in another thread.
 *
 * What the store does not have yet, and what is needed to read it: a copy of what changed since the last checkpoint,
 * that checkpoint where it is being committed, and the keys there are. Made by the thread that owns the engine. It is
 * valid until the next checkpoint is taken.
 */
#ifndef ZC_READ_VIEW_H
#define ZC_READ_VIEW_H

#include "core/window/recent_minutes.h"
#include "core/window/rows.h"
#include "daemon/engine.h"
#include "store/store.h"

typedef struct {
    int64_t now_ms, began_ms;
    int64_t minutes_ms, quarters_ms, days_ms; /* retention; days: ZC_FOREVER is for good */
    const zc_keys_t *keys;
    uint32_t keys_count;
    const zc_cells_t *committing; /* checkpoint `sequence`; NULL: none, or it is known to be in the store */
    uint64_t sequence;            /* of the last checkpoint taken */
    zc_cells_t changes;           /* a copy without its index: only for zc_rows_add_cells */
} zc_read_view_t;

/* A moment of all zeros is ready to be made. changed: with what changed since the last checkpoint. committing: the cells
 * of the checkpoint on its way, or NULL. Returns 0, or -1 without memory. */
int zc_read_view_capture (zc_read_view_t *self, const zc_engine_t *engine, const zc_cells_t *committing,
                          uint64_t sequence, bool changed);
void zc_read_view_term (zc_read_view_t *self);

/* Which buckets there are, by what a reader of the store sees. */
zc_coverage_t zc_read_view_coverage (const zc_read_view_t *self, const zc_store_view_t *snapshot,
                                     const zc_recent_minutes_t *recent);

/* Adds to the rows what neither the store as seen nor `recent` has. 0 or -1. */
int zc_read_view_add (const zc_read_view_t *self, zc_rows_t *rows, const zc_window_plan_t *plan,
                      uint64_t stored_sequence, uint64_t recent_sequence);

#endif
