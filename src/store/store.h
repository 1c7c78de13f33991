/* SPDX-License-Identifier: MPL-2.0
 *
 * store.h - where the ledger rests between two lives: an interface, and its kinds.
 *
 * A store takes checkpoints. Each holds what changed since the last one and the place in the journal up
 * to which all is in it, and is applied whole or not at all. Checkpoints are numbered without gaps: a
 * store refuses any number but the next, so that one whose outcome was not seen can be found out about
 * and is never added twice. What a store holds for a cell is absolute: its sums since the ledger began;
 * and what is in a minute is also in its quarter, its day and its key's sums for good. A sum that would
 * pass 64 bits fails the checkpoint.
 *
 * SQLite is the first kind. A second one (many machines on one database) implements zc_store_kind_t
 * and is listed in store.c. One thread at a time.
 */
#ifndef ZC_STORE_H
#define ZC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cells.h"
#include "core/keys.h"
#include "core/producers.h"
#include "core/rejects.h"
#include "journal/journal.h"

/* What the ledger counts beside its cells. Saved whole with each checkpoint. */
typedef struct {
    uint64_t accepted;
    uint64_t rejected [ZC_REASON_COUNT];
    zc_delivery_t delivery;
    uint64_t folded_to_other;
    int64_t saved_ns_magnitude; /* sum of the magnitudes of times saved: what bounds their signed sum */
    bool producers_forgotten;   /* expired producers fell out of their record */
} zc_counters_t;

typedef struct {
    zc_str_t model;
    uint64_t events;
} zc_unpriced_t;

/* Everything is the caller's and must stay as it is until the commit returns. */
typedef struct {
    uint64_t sequence;      /* 1 for the first of a new store */
    zc_position_t position; /* in the journal: all before it is in this checkpoint or an earlier one */
    int64_t taken_ms;

    const zc_keys_t *keys;
    uint32_t keys_from, keys_to; /* new ones: numbers keys_from to keys_to - 1 */
    const zc_cells_t *cells;     /* what to add */

    zc_producers_changes_t producers;
    zc_counters_t counters;
    const zc_unpriced_t *unpriced; /* all of them, absolute */
    size_t unpriced_count;

    const void *terms; /* in force at `position`, where they changed since the last checkpoint; else NULL */
    size_t terms_size;
} zc_checkpoint_t;

/* Buckets that end before these times are no longer kept. 0: kept for good. */
typedef struct {
    int64_t minutes_before_s, quarters_before_s, days_before_s;
} zc_horizon_t;

/* What a store has, told to whoever loads it. Each returns 0, or -1 to give up; NULL: not of interest.
 * What they are given is theirs until they return. */
typedef struct {
    int (*key) (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums);
    int (*producer) (void *argument, const zc_producer_row_t *row); /* by turn, as zc_producers_restore wants it */
    int (*unpriced) (void *argument, zc_str_t model, uint64_t events);
    int (*terms) (void *argument, const void *bytes, size_t size); /* those in force; at most once */
    void *argument;
} zc_store_sink_t;

typedef struct {
    uint8_t ledger_id [ZC_LEDGER_ID_BYTES];
    int64_t began_ms;           /* when the ledger began */
    uint64_t sequence;          /* of the last checkpoint; 0: none yet */
    zc_position_t position;
    int64_t taken_ms;
    zc_counters_t counters;
    uint64_t cells;             /* rows of minutes, quarters and days */
    uint64_t bytes;             /* on disk */
} zc_store_state_t;

typedef struct zc_store zc_store_t;

/* Opens the store of a data directory, made with a new ledger's id where there is none (began_ms: now), or
 * brought up to this version's schema, in one transaction. NULL with a line for a person in ret_why:
 * damaged, of a later version, not ours, or not readable. */
zc_store_t *zc_store_open (const char *directory, int64_t now_ms, char ret_why [256]);

/* Opens one that is there, only to look: changes nothing on disk and makes nothing, and sees all that was
 * committed, also right after a kill -9. Nobody may write to it meanwhile: hold the directory's lock
 * (zc_data_dir_look). Commit and trim fail. */
zc_store_t *zc_store_open_to_look (const char *directory, char ret_why [256]);

void zc_store_close (zc_store_t **self);

/* Reads all: the state, and the rest to the sink: keys in ascending order from 0 without gaps. 0 or -1. */
int zc_store_load (zc_store_t *self, const zc_store_sink_t *sink, zc_store_state_t *ret_state);

/* Applies a checkpoint, durably when it returns. 0; -1 failed: it is not in the store, or nobody knows
 * (the disk failed): the process is to end and the next load will tell. Any thread, one at a time. */
int zc_store_commit (zc_store_t *self, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state);

/* Removes buckets beyond the horizon, a bounded number (ret_more: there may be more). 0 or -1. */
int zc_store_trim (zc_store_t *self, const zc_horizon_t *horizon, bool *ret_more);

/* Verifies all that can be verified, changing nothing. 0, or -1 with a line in ret_why. */
int zc_store_check (zc_store_t *self, char ret_why [256]);

/* Why the last call failed; valid until the next one. */
const char *zc_store_why (const zc_store_t *self);

/* ------------------------------------------------------------------- to implement */

/* A kind of store: what the functions above call, with a handle of its own. */
typedef struct {
    const char *name; /* "sqlite" */
    int (*open) (const char *directory, bool to_look, int64_t now_ms, void **ret_handle, char ret_why [256]);
    void (*close) (void *handle);
    int (*load) (void *handle, const zc_store_sink_t *sink, zc_store_state_t *ret_state);
    int (*commit) (void *handle, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state);
    int (*trim) (void *handle, const zc_horizon_t *horizon, bool *ret_more);
    int (*check) (void *handle, char ret_why [256]);
    const char *(*why) (const void *handle);
} zc_store_kind_t;

extern const zc_store_kind_t zc_store_sqlite;

#endif
