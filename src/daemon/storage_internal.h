/* SPDX-License-Identifier: MPL-2.0
 *
 * storage_internal.h - the inside of a storage, shared by storage.c (its life and the terms), storage_checkpoint.c (into the store)
 * and storage_write.c (into the journal, and what of it shows).
 */
#ifndef ZC_STORAGE_INTERNAL_H
#define ZC_STORAGE_INTERNAL_H

#include "daemon/checkpoint_capture.h"
#include "daemon/checkpointer.h"
#include "daemon/query_workers.h"
#include "daemon/storage.h"

struct zc_storage {
    zc_engine_t *engine;
    int lock;
    zc_store_t *store;
    zc_journal_t *journal; /* NULL: nothing is kept on disk, and the store is in memory */
    uint64_t appended;     /* without a journal: what stands for a position in it */
    zc_checkpointer_t *checkpointer;
    zc_shared_recent_t recent;
    zc_query_workers_t *workers;
    zc_checkpoint_capture_t *capture;
    zc_store_state_t state; /* of the store */
    uint32_t keys_taken;    /* keys in the store, or in the checkpoint under way */
    uint64_t sequence;      /* of the last checkpoint taken */
    zc_position_t taken_at; /* its position */
    bool config_changed;    /* since then */
    bool committing;
    bool due; /* a checkpoint waits for the readers */
    int64_t committing_since_mono_ms, last_commit_us;
    char directory [ZC_PATH_BYTES], journal_directory [ZC_PATH_BYTES + 16];
};

/* Says in the log why the journal failed; returns -1. */
int zc_storage_journal_failed (const zc_storage_t *self);

/* Takes up what became of a checkpoint that was given to the checkpointer. wait: for its end. 0, or -1 after a line in the
 * log. */
int zc_storage_collect (zc_storage_t *self, bool wait);

/* What is on its way into the store, as the readers ask it. The argument is the storage. */
const zc_cells_t *zc_storage_committing (void *argument, uint64_t *ret_sequence);

#endif
