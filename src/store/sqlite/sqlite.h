/* SPDX-License-Identifier: MPL-2.0
 *
 * sqlite.h - what the files of the SQLite store share. For them and their tests only.
 */
#ifndef ZC_SQLITE_H
#define ZC_SQLITE_H

#include <limits.h>
#include <sqlite3.h>

#include "store/rollup.h"
#include "store/store.h"

#define ZC_SQLITE_FILE "ledger.db"
#define ZC_SQLITE_APPLICATION_ID 0x7a637374 /* "zcst" */
#define ZC_SQLITE_BUSY_MS 30000             /* how long somebody else may stand in the way */
#define ZC_SQLITE_CACHE_KIB 16384           /* of pages, of who writes */
#define ZC_SQLITE_READER_KIB 2048           /* of who reads, and in memory */
#define ZC_SQLITE_MEMORY_BYTES 0x7fff0000   /* a store in memory: the most that SQLite allocates in one piece */
#define ZC_SQLITE_WAL_PAGES 1000            /* from so many on, the write-ahead log goes into the file */
#define ZC_SQLITE_WAL_BYTES (16 << 20)      /* the write-ahead log shrinks to this once it is in the file */
#define ZC_SQLITE_MARK_LAG_S                                                                                           \
    ZC_QUARTER_S                  /* that the mark of what is no longer kept may lag, where nothing was removed */
#define ZC_SQLITE_TRIM_ROWS 10000 /* that one call removes, of each size of bucket */
#define ZC_SQLITE_TERMS_KEPT 16   /* those in force, and some before them for people to look at */

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *rollback;
    char path [PATH_MAX]; /* in memory: a URI by which others in this process find it */
    bool to_look, in_memory;
    bool correcting, correction_failed; /* between correct_begin and correct_end; one of them failed */
    int wal_pages;                      /* in the write-ahead log after the last commit */
    int64_t deadline_mono_ms;           /* of a reader; 0: none */
    zc_rollup_t *rollup;                /* of who writes */
    char why [256];
} zc_sqlite_t;

/* ------------------------------------------------------------------ statements (store_sqlite_run.c) */

/* All return 0, or -1 with a line in self->why. */

/* Notes that `what` failed, with SQLite's own words; returns -1. */
int zc_sqlite_fail (zc_sqlite_t *self, const char *what);

/* The same in our words: for what SQLite took for granted and we do not. */
int zc_sqlite_refuse (zc_sqlite_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Runs statements that return nothing. */
int zc_sqlite_run (zc_sqlite_t *self, const char *sql);

/* NULL on failure. */
sqlite3_stmt *zc_sqlite_prepare (zc_sqlite_t *self, const char *sql);

/* The same of a text that was built, which is freed. */
sqlite3_stmt *zc_sqlite_prepare_built (zc_sqlite_t *self, sqlite3_str *built);

/* Steps a statement that returns no row, and makes it ready for the next values. */
int zc_sqlite_step (zc_sqlite_t *self, sqlite3_stmt *statement);

/* Calls `take` for each row of a query, until it returns -1 (having noted why). */
int zc_sqlite_rows (zc_sqlite_t *self, const char *sql, int (*take) (void *argument, sqlite3_stmt *row),
                    void *argument);

/* The one integer that a query gives; *ret_value stays as it is where it gives no row. */
int zc_sqlite_integer (zc_sqlite_t *self, const char *sql, int64_t *ret_value);

/* Binds a string, which must stay as it is until the statement was stepped. Never NULL in SQL. */
void zc_sqlite_bind_str (sqlite3_stmt *statement, int place, zc_str_t string);

/* A column's text, valid until the row goes. */
zc_str_t zc_sqlite_str_at (sqlite3_stmt *row, int column);

/* A position as two columns, `segment` and `offset`, from this place on; and back: 0, or -1 if it is out of range,
 * `what` being whose it is. */
void zc_sqlite_bind_position (sqlite3_stmt *statement, int place, zc_position_t position);
int zc_sqlite_position_at (zc_sqlite_t *self, sqlite3_stmt *row, int column, const char *what,
                           zc_position_t *ret_position);

/* Measures to the first places of a statement, and from columns of a row. */
void zc_sqlite_bind_measures (sqlite3_stmt *statement, const zc_measures_t *measures);
zc_measures_t zc_sqlite_measures_at (sqlite3_stmt *row, int column);

/* Appends a list of all measures to a statement, each as `format` has it: its name for up to two %s. */
void zc_sqlite_each_measure (sqlite3_str *sql, const char *format);

/* Begins a transaction, and ends one that was left behind by a failure; to write: at once, waiting for others. */
int zc_sqlite_begin (zc_sqlite_t *self, bool to_write);

/* Ends a transaction, if one is open, without what it changed. */
void zc_sqlite_roll_back (zc_sqlite_t *self);

/* Ends a transaction that is open: commits where `result` is 0, else rolls back. Returns how it ended. */
int zc_sqlite_end (zc_sqlite_t *self, int result);

/* -------------------------------------------------------------------------------- schema */

/* What a column of measures is called: an array of ZC_SQLITE_MEASURES names, in the order of the members of
 * zc_measures_t, which is an array of as many int64_t. */
#define ZC_SQLITE_MEASURES 19
extern const char *const zc_sqlite_measures [ZC_SQLITE_MEASURES];

/* The tables of cells, by zc_time_bucket_t; the last one is that of all time, which knows no `start`. */
extern const char *const zc_sqlite_tables [ZC_EVER + 1];

/* Makes the schema what the steps say: step n takes version n to n + 1, and version 0 is an empty file. In
 * one transaction with all else that a new ledger begins with. */
int zc_sqlite_bring_up (zc_sqlite_t *self, const char *const *steps, int steps_count, int64_t now_ms);

/* The steps of this version, from an empty file on. */
#define ZC_SQLITE_VERSION 3
extern const char *const zc_sqlite_steps [ZC_SQLITE_VERSION];

/* Whether the file is ours and of a version up to `newest`; *ret_version: 0 for an empty file. */
int zc_sqlite_identify (zc_sqlite_t *self, int newest, int *ret_version);

/* ---------------------------------------------------------------------------- the parts */

/* Opens a connection of its own, to write to the file or to read from it. */
int zc_sqlite_connect (zc_sqlite_t *self, bool to_write);

/* Ends what zc_sqlite_connect or zc_sqlite_open_read_only began, also halfway. */
void zc_sqlite_disconnect (zc_sqlite_t *self);

/* Makes SQL functions of the connection: zc_merge, zc_merged, zc_latency_events. */
int zc_sqlite_add_functions (zc_sqlite_t *self);

/* Opens a file that nobody writes to, write-ahead log included, without a single writable descriptor. */
int zc_sqlite_open_read_only (zc_sqlite_t *self);

/* Before the first commit: makes sure that the write-ahead log is on the disk as it reads. */
int zc_sqlite_truncate_log (zc_sqlite_t *self);

int zc_sqlite_commit (void *handle, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state);
int zc_sqlite_each_config (void *handle, zc_take_config_t *take, void *argument);
int zc_sqlite_remember_repricing (void *handle, const zc_repricing_t *row);
int zc_sqlite_each_repricing (void *handle, int (*take) (void *argument, const zc_repricing_t *row), void *argument);
int zc_sqlite_load (void *handle, const zc_store_sink_t *sink, zc_store_state_t *ret_state);
int zc_sqlite_check (void *handle, char ret_why [256]);

/* Everything of the state, as the open transaction sees it, but for the bytes on disk: those are told
 * by zc_sqlite_measure, for after its end. */
int zc_sqlite_read_state (zc_sqlite_t *self, zc_store_state_t *ret_state);
void zc_sqlite_measure (const zc_sqlite_t *self, zc_store_state_t *state);

int zc_sqlite_put_keys (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint);
int zc_sqlite_load_keys (zc_sqlite_t *self, const zc_store_sink_t *sink);

int zc_sqlite_add_cells (zc_sqlite_t *self, const zc_cells_t *cells);

int zc_sqlite_put_counters (zc_sqlite_t *self, const zc_counters_t *counters);
int zc_sqlite_count_cells (zc_sqlite_t *self, int64_t more);

int zc_sqlite_put_producers (zc_sqlite_t *self, const zc_producers_changes_t *changes);
int zc_sqlite_load_producers (zc_sqlite_t *self, const zc_store_sink_t *sink);

int zc_sqlite_trim (void *handle, const zc_horizon_t *horizon, bool *ret_more);

int zc_sqlite_correct_begin (void *handle);
int zc_sqlite_correct (void *handle, const zc_cells_t *cells, const zc_unpriced_change_t *unpriced,
                       size_t unpriced_count);
int zc_sqlite_correct_end (void *handle, bool keep);

int zc_sqlite_reader_open (void *handle, void **ret_reader, char ret_why [256]);
void zc_sqlite_reader_close (void *reader);
int zc_sqlite_reader_begin (void *reader, zc_store_view_t *ret_snapshot);
void zc_sqlite_reader_end (void *reader);
void zc_sqlite_reader_limit (void *reader, int64_t deadline_mono_ms);
int zc_sqlite_reader_cells (void *reader, const zc_span_t *span,
                            int (*take) (void *argument, const zc_stored_cell_t *cell), void *argument);
const char *zc_sqlite_reader_why (const void *reader);

#endif
