/* SPDX-License-Identifier: MPL-2.0
 *
 * checkpointer.h - the thread that writes checkpoints into the store.
 *
 * Waits for the journal to be synced as far as the checkpoint says (what is in the store must not be
 * ahead of what the disk has), commits, lets the journal go on without the segments that are now in
 * the store, adds to the minutes in memory, and trims what is past its retention. One checkpoint at a time.
 */
#ifndef ZC_CHECKPOINTER_H
#define ZC_CHECKPOINTER_H

#include "journal/journal.h"
#include "daemon/window_query.h"
#include "daemon/settings.h"
#include "store/store.h"

typedef struct zc_checkpointer zc_checkpointer_t;

/* Starts the thread. All must outlive it. journal: NULL where there is none. NULL: errno says. */
zc_checkpointer_t *zc_checkpointer_new (zc_store_t *store, zc_journal_t *journal, zc_shared_recent_t *recent,
                                        const zc_settings_t *settings);

/* Ends the thread, after what it is doing. NULL-safe. */
void zc_checkpointer_destroy (zc_checkpointer_t **self);

/* Gives it a checkpoint, which must stay as it is until zc_checkpointer_collect. It must not be busy. */
void zc_checkpointer_give (zc_checkpointer_t *self, const zc_checkpoint_t *checkpoint);

/* Readable when a checkpoint is done. */
int zc_checkpointer_descriptor (const zc_checkpointer_t *self);

typedef enum {
    ZC_CHECKPOINTER_IDLE,
    ZC_CHECKPOINTER_BUSY,
    ZC_CHECKPOINTER_DONE,
    ZC_CHECKPOINTER_FAILED
} zc_checkpointer_state_t;

/* What became of the checkpoint that was given: DONE and FAILED are told once. wait: not BUSY.
 * ret_state: of the store after it; ret_us: how long it took. After FAILED: zc_checkpointer_why. */
zc_checkpointer_state_t zc_checkpointer_collect (zc_checkpointer_t *self, bool wait, zc_store_state_t *ret_state,
                                                 int64_t *ret_us);

const char *zc_checkpointer_why (const zc_checkpointer_t *self);

#endif
