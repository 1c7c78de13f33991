/* SPDX-License-Identifier: MPL-2.0
 *
 * storage.h - what keeps the engine: the data directory, its lock, the store, the journal, the thread that takes
 * checkpoints and those that read. With --data none there is no directory and no journal, and the store is in
 * memory: so that questions are answered, and memory is bounded, in the same way.
 *
 * For the one thread that owns the engine. What is received goes through zc_storage_append and
 * zc_storage_write before it is folded; what zc_storage_synced passes may be acknowledged. Any failure is
 * for good: the log says why, and the process is to end without acknowledging anything more.
 */
#ifndef ZC_STORAGE_H
#define ZC_STORAGE_H

#include <czmq.h>

#include "daemon/engine.h"
#include "daemon/window_query.h"
#include "journal/journal.h"

typedef struct zc_storage zc_storage_t;

/* Opens the directory of the settings, recovers the engine from it, and takes the settings' terms into
 * force, or begins anew in memory. When it returns all is synced: what was acknowledged in the life before can be at
 * once, and no less. NULL after lines in the log. */
zc_storage_t *zc_storage_open (zc_engine_t *engine);

/* The same without taking terms into force, or answering: all that the journal has is in the store when it returns. */
zc_storage_t *zc_storage_open_offline (zc_engine_t *engine);
zc_store_t *zc_storage_store (zc_storage_t *self);

/* Takes a last checkpoint, waits for it, and closes. failed: nothing more is written. NULL-safe. Returns
 * 0, or -1 after a line in the log. */
int zc_storage_close (zc_storage_t **self, bool failed);

/* Reads the price file again and takes it into force. Returns 0; 1 after a line in the log: the old one
 * stays; -1: the storage failed. */
int zc_storage_load_config (zc_storage_t *self, zc_engine_t *engine);

/* These return 0, or -1: the storage failed. data must stay as it is until the next zc_storage_write. */
int zc_storage_append (zc_storage_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size);
int zc_storage_write (zc_storage_t *self);

/* Writes what is buffered and waits until all is synced. */
int zc_storage_wait_synced (zc_storage_t *self);

zc_position_t zc_storage_written (const zc_storage_t *self);
zc_position_t zc_storage_synced (zc_storage_t *self);

/* To poll for reading, and what to call then: after a sync; after a checkpoint. */
int zc_storage_sync_descriptor (const zc_storage_t *self); /* -1: there is no journal */
int zc_storage_on_sync (zc_storage_t *self);
int zc_storage_checkpoint_descriptor (const zc_storage_t *self);
int zc_storage_on_checkpoint (zc_storage_t *self);
int zc_storage_answers_descriptor (const zc_storage_t *self);
int zc_storage_on_answers (zc_storage_t *self);

/* Asks about a window of time: see zc_query_workers_ask. */
void zc_storage_ask (zc_storage_t *self, zc_window_query_t *query);

/* Begins a checkpoint, where anything changed and none is under way. */
int zc_storage_checkpoint (zc_storage_t *self);

/* Between two drains: begins a checkpoint early where much changed, and waits for the one under way
 * where too much did. */
int zc_storage_bound (zc_storage_t *self);

/* Brings engine->storage_status up to date. */
void zc_storage_refresh_status (zc_storage_t *self);

#endif
