/* SPDX-License-Identifier: MPL-2.0
 *
 * vault_inside.h - the inside of a vault, shared by vault.c (its life and the terms), vault_checkpoint.c (into the store)
 * and vault_write.c (into the journal, and what of it shows).
 */
#ifndef ZC_VAULT_INSIDE_H
#define ZC_VAULT_INSIDE_H

#include "daemon/checkpoint.h"
#include "daemon/keeper.h"
#include "daemon/readers.h"
#include "daemon/vault.h"

struct zc_vault {
    zc_books_t *books;
    int lock;
    zc_store_t *store;
    zc_journal_t *journal; /* NULL: nothing is kept on disk, and the store is in memory */
    uint64_t appended;     /* without a journal: what stands for a position in it */
    zc_keeper_t *keeper;
    zc_shared_recent_t recent;
    zc_readers_t *readers;
    zc_taken_t *taken;
    zc_store_state_t state; /* of the store */
    uint32_t keys_taken;    /* keys in the store, or in the checkpoint under way */
    uint64_t sequence;      /* of the last checkpoint taken */
    zc_position_t taken_at; /* its position */
    bool terms_changed;     /* since then */
    bool committing;
    bool due; /* a checkpoint waits for the readers */
    int64_t committing_since_ms, last_commit_us;
    char directory [ZC_PATH_BYTES], journal_directory [ZC_PATH_BYTES + 16];
};

/* Says in the log why the journal failed; returns -1. */
int zc_vault_journal_failed (const zc_vault_t *self);

/* Takes up what became of a checkpoint that was given to the keeper. wait: for its end. 0, or -1 after a line in the
 * log. */
int zc_vault_collect (zc_vault_t *self, bool wait);

/* What is on its way into the store, as the readers ask it. The argument is the vault. */
const zc_cells_t *zc_vault_committing (void *argument, uint64_t *ret_sequence);

#endif
