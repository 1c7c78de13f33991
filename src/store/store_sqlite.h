/* SPDX-License-Identifier: MPL-2.0
 *
 * store_sqlite.h - what the files of the SQLite store share. For them and their tests only.
 */
#ifndef ZC_STORE_SQLITE_H
#define ZC_STORE_SQLITE_H

#include <limits.h>
#include <sqlite3.h>

#include "store/rollup.h"
#include "store/store.h"

#define ZC_SQLITE_FILE "ledger.db"
#define ZC_SQLITE_APPLICATION_ID 0x7a637374 /* "zcst" */
#define ZC_SQLITE_BUSY_MS 30000             /* how long another writer may stand in the way */
#define ZC_SQLITE_WAL_PAGES 1000            /* from so many on, the write-ahead log goes into the file */
#define ZC_SQLITE_WAL_BYTES (16 << 20)      /* the write-ahead log shrinks to this once it is in the file */
#define ZC_SQLITE_TRIM_ROWS 10000           /* that one call removes, of each size of bucket */
#define ZC_SQLITE_TERMS_KEPT 16             /* those in force, and some before them for people to look at */

typedef struct {
    sqlite3 *db;
    char path [PATH_MAX];
    bool to_look;
    int wal_pages; /* in the write-ahead log after the last commit */
    zc_rollup_t *rollup;
    char why [256];
} zc_sqlite_t;

/* ------------------------------------------------------------------ statements (store_sqlite.c) */

/* All return 0, or -1 with a line in self->why. */

/* Notes that `what` failed, with SQLite's own words; returns -1. */
int zc_sqlite_fail (zc_sqlite_t *self, const char *what);

/* The same in our words: for what SQLite took for granted and we do not. */
int zc_sqlite_refuse (zc_sqlite_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Runs statements that return nothing. */
int zc_sqlite_run (zc_sqlite_t *self, const char *sql);

/* NULL on failure. */
sqlite3_stmt *zc_sqlite_prepare (zc_sqlite_t *self, const char *sql);

/* Steps a statement that returns no row, and makes it ready for the next values. */
int zc_sqlite_step (zc_sqlite_t *self, sqlite3_stmt *statement);

/* Calls `take` for each row of a query, until it returns -1 (having noted why). */
int zc_sqlite_rows (zc_sqlite_t *self, const char *sql, int (*take) (void *argument, sqlite3_stmt *row),
                    void *argument);

/* The one integer that a query gives; *ret_value stays as it is where it gives no row. */
int zc_sqlite_integer (zc_sqlite_t *self, const char *sql, int64_t *ret_value);

/* Binds a string, which must stay as it is until the statement was stepped. Never NULL in SQL. */
void zc_sqlite_bind_str (sqlite3_stmt *statement, int place, zc_str_t string);

/* Appends a list of all measures to a statement, each as `format` has it: its name for up to two %s. */
void zc_sqlite_each_measure (sqlite3_str *sql, const char *format);

/* Ends a transaction that is open: commits where `result` is 0, else rolls back. Returns how it ended. */
int zc_sqlite_end (zc_sqlite_t *self, int result);

/* -------------------------------------------------------------------------------- schema */

/* What a column of measures is called, and where it is in zc_measures_t: an array of ZC_SQLITE_MEASURES
 * names, in the order of its members. */
#define ZC_SQLITE_MEASURES 14
extern const char *const zc_sqlite_measures [ZC_SQLITE_MEASURES];

/* Makes the schema what the steps say: step n takes version n to n + 1, and version 0 is an empty file. In
 * one transaction with all else that a new ledger begins with. */
int zc_sqlite_bring_up (zc_sqlite_t *self, const char *const *steps, int steps_count, int64_t now_ms);

/* The steps of this version, from an empty file on. */
#define ZC_SQLITE_VERSION 1
extern const char *const zc_sqlite_steps [ZC_SQLITE_VERSION];

/* Whether the file is ours and of a version up to `newest`; *ret_version: 0 for an empty file. */
int zc_sqlite_identify (zc_sqlite_t *self, int newest, int *ret_version);

/* ---------------------------------------------------------------------------- the parts */

/* Opens a file that nobody writes to, write-ahead log included, without a single writable descriptor. */
int zc_sqlite_open_to_look (zc_sqlite_t *self);

/* Before the first commit: makes sure that the write-ahead log is on the disk as it reads. */
int zc_sqlite_settle_log (zc_sqlite_t *self);

int zc_sqlite_commit (void *handle, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state);
int zc_sqlite_load (void *handle, const zc_store_sink_t *sink, zc_store_state_t *ret_state);
int zc_sqlite_check (void *handle, char ret_why [256]);

/* Everything of the state, as the open transaction sees it, but for the bytes on disk: those are told
 * by zc_sqlite_measure, for after its end. */
int zc_sqlite_read_state (zc_sqlite_t *self, zc_store_state_t *ret_state);
void zc_sqlite_measure (const zc_sqlite_t *self, zc_store_state_t *state);

int zc_sqlite_put_counters (zc_sqlite_t *self, const zc_counters_t *counters);
int zc_sqlite_count_cells (zc_sqlite_t *self, int64_t more);

int zc_sqlite_put_producers (zc_sqlite_t *self, const zc_producers_changes_t *changes);
int zc_sqlite_load_producers (zc_sqlite_t *self, const zc_store_sink_t *sink);

#endif
