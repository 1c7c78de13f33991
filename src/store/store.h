/* SPDX-License-Identifier: MPL-2.0
 *
 * store.h - where the ledger rests between two lives: an interface, and its kinds.
 *
 * A store takes checkpoints. Each holds what changed since the last one and the place in the journal up
 * to which all is in it, and is applied whole or not at all. Checkpoints are numbered without gaps: a
 * store refuses any number but the next, so that one whose outcome was not seen can be found out about
 * and is never added twice. What a store holds for a cell is absolute: its sums since the ledger began;
 * and what is in a minute is also in its quarter, its day and its key's sums for good. Latencies
 * likewise, in the saved form of core/ledger/sketch.h. A sum that would pass 64 bits fails the checkpoint.
 *
 * SQLite is the first kind. A second one (many machines on one database) implements zc_store_kind_t
 * and is listed in store.c. One thread at a time.
 */
#ifndef ZC_STORE_H
#define ZC_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/budget/alert.h"
#include "core/ledger/cells.h"
#include "core/ledger/keys.h"
#include "core/window/window_plan.h"
#include "core/delivery/producers.h"
#include "core/delivery/rejects.h"
#include "journal/journal_record.h"

/* What the ledger counts beside its cells. Saved whole with each checkpoint. */
typedef struct {
    uint64_t accepted;
    uint64_t rejected [ZC_REASON_COUNT];
    zc_delivery_t delivery;
    uint64_t folded_to_other;
    int64_t saved_ns_magnitude;     /* sum of the magnitudes of times saved: what bounds their signed sum */
    int64_t prompt_saved_magnitude; /* the same of what prompt caches saved, in nano-dollars */
    bool producers_forgotten;       /* expired producers fell out of their record */
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

    const zc_alert_t *alerts; /* all of them, absolute */
    size_t alerts_count;

    const void *config; /* in force at `position`, where they changed since the last checkpoint; else NULL */
    size_t config_size;
} zc_checkpoint_t;

/* Buckets that end before these times are no longer kept. 0: kept for good. */
typedef struct {
    int64_t before_s [ZC_TIME_BUCKETS];
} zc_horizon_t;

/* What a store has, told to whoever loads it. Each returns 0, or -1 to give up; NULL: not of interest.
 * What they are given is theirs until they return. */
typedef struct {
    int (*key) (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums);
    int (*producer) (void *argument, const zc_producer_row_t *row); /* by turn, as zc_producers_restore wants it */
    int (*unpriced) (void *argument, zc_str_t model, uint64_t events);
    int (*config) (void *argument, const void *bytes, size_t size); /* those in force; at most once */
    int (*alert) (void *argument, const zc_alert_t *alert);
    void *argument;
} zc_store_sink_t;

typedef struct {
    uint8_t ledger_id [ZC_LEDGER_ID_BYTES];
    int64_t began_ms;  /* when the ledger began */
    uint64_t sequence; /* of the last checkpoint; 0: none yet */
    zc_position_t position;
    int64_t taken_ms;
    zc_counters_t counters;
    uint64_t cells; /* rows of minutes, quarters and days */
    uint64_t bytes; /* on disk */
} zc_store_state_t;

typedef struct zc_store zc_store_t;

/* Opens the store of a data directory, made with a new ledger's id where there is none (began_ms: now), or
 * brought up to this version's schema, in one transaction. NULL with a line for a person in ret_why:
 * damaged, of a later version, not ours, or not readable. */
zc_store_t *zc_store_open (const char *directory, int64_t now_ms, char ret_why [256]);

/* Opens a new one in memory, gone when it is closed: the same store without a disk. NULL: ret_why. */
zc_store_t *zc_store_open_in_memory (int64_t now_ms, char ret_why [256]);

/* Opens one that is there, only to look: changes nothing on disk and makes nothing, and sees all that was
 * committed, also right after a kill -9. Nobody may write to it meanwhile: hold the directory's lock
 * (zc_data_dir_open_read_only). Commit and trim fail. */
zc_store_t *zc_store_open_read_only (const char *directory, char ret_why [256]);

void zc_store_close (zc_store_t **self);

/* Reads all: the state, and the rest to the sink: keys in ascending order from 0 without gaps. 0 or -1. */
int zc_store_load (zc_store_t *self, const zc_store_sink_t *sink, zc_store_state_t *ret_state);

/* Hands out the terms that are remembered, ascending: those of checkpoint `sequence`, taken at from_ms. The last are in
 * force. 0; -1, also where `take` returned other than 0. */
typedef int (zc_take_config_t) (void *argument, uint64_t sequence, int64_t from_ms, const void *bytes, size_t size);
int zc_store_each_config (zc_store_t *self, zc_take_config_t *take, void *argument);

/* Applies a checkpoint, durably when it returns. 0; -1 failed: it is not in the store, or nobody knows
 * (the disk failed): the process is to end and the next load will tell. Any thread, one at a time. */
int zc_store_commit (zc_store_t *self, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state);

/* Removes buckets beyond the horizon, a bounded number (ret_more: there may be more). 0 or -1. */
int zc_store_trim (zc_store_t *self, const zc_horizon_t *horizon, bool *ret_more);

/* Verifies all that can be verified, changing nothing. 0, or -1 with a line in ret_why. */
int zc_store_check (zc_store_t *self, char ret_why [256]);

/* Why the last call failed; valid until the next one. */
const char *zc_store_why (const zc_store_t *self);

/* ------------------------------------------------------------------------ reprice */

/* Corrects what is already in the store, in one transaction over many calls: begin, then any number of
 * corrections, then an end that keeps all of them or none. Cells hold what to add, which may be negative; those
 * of minutes also change their quarter, day and sums for good. A bucket that was removed for its age is passed
 * over; in one that is kept the cell must be there, and no sum may become negative but those that may be, or
 * pass 64 bits: else -1. unpriced: events to take off a model. Nothing else is written: the checkpoint stays the
 * last one; but the bound prompt_saved_magnitude grows with the corrections, so that it stays one. Latencies are not
 * corrected: those of the cells are passed over. After a failure the end keeps nothing. */
typedef struct {
    zc_str_t model;
    int64_t events; /* to add; may be negative */
} zc_unpriced_change_t;

/* Each 0 or -1. The last one is called in any case, and succeeds where all before it did. */
int zc_store_correct_begin (zc_store_t *self);
int zc_store_correct (zc_store_t *self, const zc_cells_t *cells, const zc_unpriced_change_t *unpriced,
                      size_t unpriced_count);
int zc_store_correct_end (zc_store_t *self, bool keep);

/* What the corrections were: by which prices, from when on, and up to where in the journal. Remembered with them, for
 * the next ones have to know what the store agrees with. Those before it of the same or a later beginning are
 * forgotten, for it takes them in. */
#define ZC_REPRICINGS_MAX 8
typedef struct {
    int64_t since_s;
    zc_position_t until;
    int64_t applied_ms;
    zc_str_t source; /* the file's path */
    const void *prices;
    size_t prices_size;
} zc_repricing_t;

/* Between begin and end. 0; -1: more than ZC_REPRICINGS_MAX would be remembered, or failed. */
int zc_store_remember_repricing (zc_store_t *self, const zc_repricing_t *row);

/* In the order in which they were applied. 0; -1, also where `take` returned other than 0. */
int zc_store_each_repricing (zc_store_t *self, int (*take) (void *argument, const zc_repricing_t *row), void *argument);

/* --------------------------------------------------------------------------- read */

/* A second look at an open store, from another thread, while checkpoints are committed to it: it sees the store as
 * of one moment, and neither waits for the other nor makes it wait; in memory both do, the one for a commit, the other
 * from zc_store_reader_begin to its end. One thread at a time each; destroyed before the store is closed. Not of a
 * store that was opened to look. */
typedef struct zc_store_reader zc_store_reader_t;

/* What a reader sees. */
typedef struct {
    uint64_t sequence; /* of the last checkpoint that is in it */
    /* Buckets that begin before these times were removed, or some of them; 0: none. Multiples of their size. */
    int64_t from_s [ZC_TIME_BUCKETS];
    int64_t first_day_s; /* the start of the first day that is kept; INT64_MAX: none */
} zc_store_view_t;

typedef struct {
    int64_t start_s; /* ZC_EVER: 0 */
    uint32_t key;
    zc_measures_t sums;
    const uint8_t
        *latencies; /* the saved form of core/ledger/sketch.h, as it was read; valid until the callback returns */
    size_t latencies_size; /* 0: none */
} zc_stored_cell_t;

/* NULL with a line in ret_why. */
zc_store_reader_t *zc_store_reader_new (zc_store_t *store, char ret_why [256]);
void zc_store_reader_destroy (zc_store_reader_t **self);

/* Begins to look at one moment, until zc_store_reader_end. 0 or -1. */
int zc_store_reader_begin (zc_store_reader_t *self, zc_store_view_t *ret_snapshot);
void zc_store_reader_end (zc_store_reader_t *self);

/* From now on what is not done by then (CLOCK_MONOTONIC, milliseconds) fails: it "took too long". 0: no end. */
void zc_store_reader_limit (zc_store_reader_t *self, int64_t deadline_mono_ms);

/* Hands every cell of a span to `take`, ascending by start, then by key, until it returns other than 0. Keys are
 * of those that the store has. Returns 0; -1 failed (zc_store_reader_why); or what `take` returned. Between begin
 * and end, any number of times; `take` may not call the reader. */
int zc_store_reader_cells (zc_store_reader_t *self, const zc_span_t *span,
                           int (*take) (void *argument, const zc_stored_cell_t *cell), void *argument);

const char *zc_store_reader_why (const zc_store_reader_t *self);

/* ------------------------------------------------------------------- to implement */

/* A kind of store: what the functions above call, with a handle of its own. */
typedef struct {
    const char *name; /* "sqlite" */
    /* directory: NULL: in memory */
    int (*open) (const char *directory, bool to_look, int64_t now_ms, void **ret_handle, char ret_why [256]);
    void (*close) (void *handle);
    int (*load) (void *handle, const zc_store_sink_t *sink, zc_store_state_t *ret_state);
    int (*each_config) (void *handle, zc_take_config_t *take, void *argument);
    int (*commit) (void *handle, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state);
    int (*trim) (void *handle, const zc_horizon_t *horizon, bool *ret_more);
    int (*check) (void *handle, char ret_why [256]);
    const char *(*why) (const void *handle);

    int (*correct_begin) (void *handle);
    int (*correct) (void *handle, const zc_cells_t *cells, const zc_unpriced_change_t *unpriced, size_t unpriced_count);
    int (*correct_end) (void *handle, bool keep);
    int (*remember_repricing) (void *handle, const zc_repricing_t *row);
    int (*each_repricing) (void *handle, int (*take) (void *argument, const zc_repricing_t *row), void *argument);

    int (*reader_open) (void *handle, void **ret_reader, char ret_why [256]);
    void (*reader_close) (void *reader);
    int (*reader_begin) (void *reader, zc_store_view_t *ret_snapshot);
    void (*reader_end) (void *reader);
    void (*reader_limit) (void *reader, int64_t deadline_mono_ms);
    int (*reader_cells) (void *reader, const zc_span_t *span,
                         int (*take) (void *argument, const zc_stored_cell_t *cell), void *argument);
    const char *(*reader_why) (const void *reader);
} zc_store_kind_t;

extern const zc_store_kind_t zc_store_sqlite;

#endif
