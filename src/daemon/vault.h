/* SPDX-License-Identifier: MPL-2.0
 *
 * vault.h - what keeps the books: the data directory, its lock, the store, the journal, the thread that takes
 * checkpoints and those that read. With --data none there is no directory and no journal, and the store is in
 * memory: so that questions are answered, and memory is bounded, in the same way.
 *
 * For the one thread that owns the books. What is received goes through zc_vault_append and
 * zc_vault_write before it is folded; what zc_vault_synced passes may be acknowledged. Any failure is
 * for good: the log says why, and the process is to end without acknowledging anything more.
 */
#ifndef ZC_VAULT_H
#define ZC_VAULT_H

#include <czmq.h>

#include "daemon/books.h"
#include "daemon/inquiry.h"
#include "journal/journal.h"

typedef struct zc_vault zc_vault_t;

/* Opens the directory of the settings, recovers the books from it, and takes the settings' terms into
 * force, or begins anew in memory. When it returns all is synced: what was acknowledged in the life before can be at
 * once, and no less. NULL after lines in the log. */
zc_vault_t *zc_vault_open (zc_books_t *books);

/* The same without taking terms into force, or answering: all that the journal has is in the store when it returns. */
zc_vault_t *zc_vault_open_offline (zc_books_t *books);
zc_store_t *zc_vault_store (zc_vault_t *self);

/* Takes a last checkpoint, waits for it, and closes. failed: nothing more is written. NULL-safe. Returns
 * 0, or -1 after a line in the log. */
int zc_vault_close (zc_vault_t **self, bool failed);

/* Reads the price file again and takes it into force. Returns 0; 1 after a line in the log: the old one
 * stays; -1: the vault failed. */
int zc_vault_load_terms (zc_vault_t *vault, zc_books_t *books);

/* These return 0, or -1: the vault failed. data must stay as it is until the next zc_vault_write. */
int zc_vault_append (zc_vault_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size);
int zc_vault_write (zc_vault_t *self);

/* Writes what is buffered and waits until all is synced. */
int zc_vault_wait_synced (zc_vault_t *self);

zc_position_t zc_vault_written (const zc_vault_t *self);
zc_position_t zc_vault_synced (zc_vault_t *self);

/* To poll for reading, and what to call then: after a sync; after a checkpoint. */
int zc_vault_sync_descriptor (const zc_vault_t *self); /* -1: there is no journal */
int zc_vault_on_sync (zc_vault_t *self);
int zc_vault_checkpoint_descriptor (const zc_vault_t *self);
int zc_vault_on_checkpoint (zc_vault_t *self);
int zc_vault_answers_descriptor (const zc_vault_t *self);
int zc_vault_on_answers (zc_vault_t *self);

/* Asks about a window of time: see zc_readers_ask. */
void zc_vault_ask (zc_vault_t *self, zc_inquiry_t *inquiry);

/* Begins a checkpoint, where anything changed and none is under way. */
int zc_vault_checkpoint (zc_vault_t *self);

/* Between two drains: begins a checkpoint early where much changed, and waits for the one under way
 * where too much did. */
int zc_vault_bound (zc_vault_t *self);

/* Brings books->kept up to date. */
void zc_vault_look (zc_vault_t *self);

#endif
