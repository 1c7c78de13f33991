/* SPDX-License-Identifier: MPL-2.0
 *
 * storage_checkpoint.c - what changed goes into the store, while nobody reads.
 */
#include "daemon/storage.h"

#include "civil/clock.h"
#include "core/base/check.h"
#include "program/log.h"
#include "daemon/storage_internal.h"

/* Changed cells (some 200 bytes each): from the first on a checkpoint begins early, at the second ingest waits
 * for it. */
#define CELLS_EARLY 65536
#define CELLS_WAIT 1000000

/* Segments since the last checkpoint, from which on the next one begins early: so that under a flood segments
 * are recycled, whose pages are there, and a replay stays short. */
#define SEGMENTS_EARLY 2

/* ------------------------------------------------------------------ checkpoint */

int zc_storage_collect (zc_storage_t *self, bool wait)
{
    zc_checkpointer_state_t state =
        zc_checkpointer_collect (self->checkpointer, wait, &self->state, &self->last_commit_us);
    if (state == ZC_CHECKPOINTER_BUSY)
        return 0;
    self->committing = false;
    if (state != ZC_CHECKPOINTER_FAILED)
        return 0;
    zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", zc_checkpointer_why (self->checkpointer));
    return -1;
}

static int take (zc_storage_t *self, zc_position_t position)
{
    if (zc_checkpoint_capture_run (self->capture, self->engine, self->sequence + 1, self->keys_taken, position,
                                   self->config_changed) == -1) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory for a checkpoint\"");
        return -1;
    }
    const zc_checkpoint_t *checkpoint = zc_checkpoint_capture_result (self->capture);
    zc_check (checkpoint->sequence == self->state.sequence + 1 && position > self->state.position);
    zc_check (checkpoint->keys_from == self->keys_taken && checkpoint->keys_to >= checkpoint->keys_from);
    self->sequence = checkpoint->sequence;
    self->keys_taken = checkpoint->keys_to;
    self->taken_at = position;
    self->config_changed = false;
    self->committing = true;
    self->committing_since_mono_ms = zc_clock_mono_ms ();
    zc_checkpointer_give (self->checkpointer, checkpoint);
    return 0;
}

/* wait: for the readers, where some are at work. */
static int checkpoint (zc_storage_t *self, bool wait)
{
    zc_position_t position = zc_storage_written (self);
    if (self->committing || position == self->taken_at)
        return 0;
    if (self->workers && !zc_query_workers_hold (self->workers, wait)) {
        self->due = true;
        return 0;
    }
    self->due = false;
    int rc = take (self, position);
    if (self->workers)
        zc_query_workers_release (self->workers);
    return rc;
}

int zc_storage_checkpoint (zc_storage_t *self)
{
    return checkpoint (self, false);
}

int zc_storage_bound (zc_storage_t *self)
{
    uint32_t cells = zc_ledger_changes (self->engine->intake.ledger)->count;
    uint32_t segments =
        self->journal ? ZC_POSITION_SEGMENT (zc_storage_written (self)) - ZC_POSITION_SEGMENT (self->taken_at) : 0;
    if (cells < CELLS_EARLY && segments < SEGMENTS_EARLY)
        return 0;
    if (self->committing && cells >= CELLS_WAIT) {
        zc_log (ZC_LOG_WARN, "ingest_waits", "for=checkpoint cells=%u", cells);
        if (zc_storage_collect (self, true) == -1)
            return -1;
    }
    return checkpoint (self, cells >= CELLS_WAIT);
}

int zc_storage_on_checkpoint (zc_storage_t *self)
{
    return zc_storage_collect (self, false);
}

int zc_storage_checkpoint_descriptor (const zc_storage_t *self)
{
    return zc_checkpointer_descriptor (self->checkpointer);
}

/* --------------------------------------------------------------------- readers */

const zc_cells_t *zc_storage_committing (void *argument, uint64_t *ret_sequence)
{
    const zc_storage_t *self = argument;
    *ret_sequence = self->sequence;
    return self->committing ? zc_checkpoint_capture_result (self->capture)->cells : NULL;
}

void zc_storage_ask (zc_storage_t *self, zc_window_query_t *query)
{
    zc_query_workers_ask (self->workers, query);
}

int zc_storage_answers_descriptor (const zc_storage_t *self)
{
    return zc_query_workers_descriptor (self->workers);
}

int zc_storage_on_answers (zc_storage_t *self)
{
    zc_query_workers_collect (self->workers);
    return self->due ? checkpoint (self, false) : 0;
}
