/* SPDX-License-Identifier: MPL-2.0
 *
 * keeper.h - the thread that writes checkpoints into the store.
 *
 * Waits for the journal to be synced as far as the checkpoint says (what is in the store must not be
 * ahead of what the disk has), commits, lets the journal go on without the segments that are now in
 * the store, adds to the minutes in memory, and trims what is past its retention. One checkpoint at a time.
 */
#ifndef ZC_KEEPER_H
#define ZC_KEEPER_H

#include "journal/journal.h"
#include "daemon/inquiry.h"
#include "daemon/settings.h"
#include "store/store.h"

typedef struct zc_keeper zc_keeper_t;

/* Starts the thread. All must outlive it. journal: NULL where there is none. NULL: errno says. */
zc_keeper_t *zc_keeper_new (zc_store_t *store, zc_journal_t *journal, zc_shared_recent_t *recent,
                            const zc_settings_t *settings);

/* Ends the thread, after what it is doing. NULL-safe. */
void zc_keeper_destroy (zc_keeper_t **self);

/* Gives it a checkpoint, which must stay as it is until zc_keeper_collect. It must not be busy. */
void zc_keeper_give (zc_keeper_t *self, const zc_checkpoint_t *checkpoint);

/* Readable when a checkpoint is done. */
int zc_keeper_descriptor (const zc_keeper_t *self);

typedef enum { ZC_KEEPER_IDLE, ZC_KEEPER_BUSY, ZC_KEEPER_DONE, ZC_KEEPER_FAILED } zc_keeper_state_t;

/* What became of the checkpoint that was given: DONE and FAILED are told once. wait: not BUSY.
 * ret_state: of the store after it; ret_us: how long it took. After FAILED: zc_keeper_why. */
zc_keeper_state_t zc_keeper_collect (zc_keeper_t *self, bool wait, zc_store_state_t *ret_state, int64_t *ret_us);

const char *zc_keeper_why (const zc_keeper_t *self);

#endif
