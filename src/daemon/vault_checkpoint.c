/* SPDX-License-Identifier: MPL-2.0
 *
 * vault_checkpoint.c - what changed goes into the store, while nobody reads.
 */
#include "daemon/vault.h"

#include "program/log.h"
#include "daemon/vault_inside.h"

/* Changed cells (some 200 bytes each): from the first on a checkpoint begins early, at the second ingest waits
 * for it. */
#define CELLS_EARLY 65536
#define CELLS_WAIT 1000000

/* Segments since the last checkpoint, from which on the next one begins early: so that under a flood segments
 * are recycled, whose pages are there, and a replay stays short. */
#define SEGMENTS_EARLY 2

/* ------------------------------------------------------------------ checkpoint */

int zc_vault_collect (zc_vault_t *self, bool wait)
{
    zc_keeper_state_t state = zc_keeper_collect (self->keeper, wait, &self->state, &self->last_commit_us);
    if (state == ZC_KEEPER_BUSY)
        return 0;
    self->committing = false;
    if (state != ZC_KEEPER_FAILED)
        return 0;
    zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", zc_keeper_why (self->keeper));
    return -1;
}

static int take (zc_vault_t *self, zc_position_t position)
{
    if (zc_taken_take (self->taken, self->books, self->sequence + 1, self->keys_taken, position,
                       self->terms_changed) == -1) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory for a checkpoint\"");
        return -1;
    }
    const zc_checkpoint_t *checkpoint = zc_taken_checkpoint (self->taken);
    self->sequence = checkpoint->sequence;
    self->keys_taken = checkpoint->keys_to;
    self->taken_at = position;
    self->terms_changed = false;
    self->committing = true;
    self->committing_since_ms = checkpoint->taken_ms;
    zc_keeper_give (self->keeper, checkpoint);
    return 0;
}

/* wait: for the readers, where some are at work. */
static int checkpoint (zc_vault_t *self, bool wait)
{
    zc_position_t position = zc_vault_written (self);
    if (self->committing || position == self->taken_at)
        return 0;
    if (self->readers && !zc_readers_hold (self->readers, wait)) {
        self->due = true;
        return 0;
    }
    self->due = false;
    int rc = take (self, position);
    if (self->readers)
        zc_readers_release (self->readers);
    return rc;
}

int zc_vault_checkpoint (zc_vault_t *self)
{
    return checkpoint (self, false);
}

int zc_vault_bound (zc_vault_t *self)
{
    uint32_t cells = zc_ledger_changes (self->books->intake.ledger)->count;
    uint32_t segments =
        self->journal ? ZC_POSITION_SEGMENT (zc_vault_written (self)) - ZC_POSITION_SEGMENT (self->taken_at) : 0;
    if (cells < CELLS_EARLY && segments < SEGMENTS_EARLY)
        return 0;
    if (self->committing && cells >= CELLS_WAIT) {
        zc_log (ZC_LOG_WARN, "ingest_waits", "for=checkpoint cells=%u", cells);
        if (zc_vault_collect (self, true) == -1)
            return -1;
    }
    return checkpoint (self, cells >= CELLS_WAIT);
}

int zc_vault_on_checkpoint (zc_vault_t *self)
{
    return zc_vault_collect (self, false);
}

int zc_vault_checkpoint_descriptor (const zc_vault_t *self)
{
    return zc_keeper_descriptor (self->keeper);
}

/* --------------------------------------------------------------------- readers */

const zc_cells_t *zc_vault_committing (void *argument, uint64_t *ret_sequence)
{
    const zc_vault_t *self = argument;
    *ret_sequence = self->sequence;
    return self->committing ? zc_taken_checkpoint (self->taken)->cells : NULL;
}

void zc_vault_ask (zc_vault_t *self, zc_inquiry_t *inquiry)
{
    zc_readers_ask (self->readers, inquiry);
}

int zc_vault_answers_descriptor (const zc_vault_t *self)
{
    return zc_readers_descriptor (self->readers);
}

int zc_vault_on_answers (zc_vault_t *self)
{
    zc_readers_collect (self->readers);
    return self->due ? checkpoint (self, false) : 0;
}
