/* SPDX-License-Identifier: MPL-2.0
 *
 * store_sqlite.c - a store in one SQLite file, ledger.db, in the data directory.
 *
 * People read it with `sqlite3` and plain SQL while the daemon runs (the views minutes, quarters, days,
 * totals, producers). It keeps a write-ahead log (WAL) with synchronous=FULL: a commit is on disk when it
 * returns, and readers neither wait nor are waited for. A reader that keeps a transaction open keeps the
 * log from going back to its start, so that ledger.db-wal grows for as long as he does; it shrinks to
 * ZC_SQLITE_WAL_BYTES afterwards. A program that writes is waited for, ZC_SQLITE_BUSY_MS.
 * Pages of removed rows are used again, not given back: minutes come and go in equal numbers.
 * Refuses files of other applications and of later versions.
 */
#include "store/store_sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------------------- failures */

int zc_sqlite_refuse (zc_sqlite_t *self, const char *format, ...)
{
    char text [sizeof self->why - sizeof ZC_SQLITE_FILE ": "];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    snprintf (self->why, sizeof self->why, ZC_SQLITE_FILE ": %s", text);
    return -1;
}

/* What a person can do something about, in his own words; else nothing. */
static const char *meaning_of (int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
        return "the file is damaged: ";
    case SQLITE_NOTADB:
        return "no SQLite database, or its header is damaged: ";
    case SQLITE_BUSY:
        return "another program is writing to it: ";
    default:
        return "";
    }
}

/* The words come before the statement: that may be longer than the line. */
int zc_sqlite_fail (zc_sqlite_t *self, const char *what)
{
    int code = sqlite3_extended_errcode (self->db), error = sqlite3_system_errno (self->db);
    int kind = code & 0xff;
    bool by_system = error && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN);
    return zc_sqlite_refuse (self, "%s%s%s%s (SQLite error %d, at: %.60s)", meaning_of (code),
                             sqlite3_errmsg (self->db), by_system ? ": " : "", by_system ? strerror (error) : "", code,
                             what);
}

/* --------------------------------------------------------------------------- statements */

int zc_sqlite_run (zc_sqlite_t *self, const char *sql)
{
    return sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : zc_sqlite_fail (self, sql);
}

sqlite3_stmt *zc_sqlite_prepare (zc_sqlite_t *self, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) == SQLITE_OK)
        return statement;
    zc_sqlite_fail (self, sql);
    return NULL;
}

int zc_sqlite_step (zc_sqlite_t *self, sqlite3_stmt *statement)
{
    int result = sqlite3_step (statement) == SQLITE_DONE ? 0 : zc_sqlite_fail (self, sqlite3_sql (statement));
    sqlite3_reset (statement);
    return result;
}

int zc_sqlite_rows (zc_sqlite_t *self, const char *sql, int (*take) (void *argument, sqlite3_stmt *row), void *argument)
{
    sqlite3_stmt *statement = zc_sqlite_prepare (self, sql);
    if (!statement)
        return -1;
    int code, result = 0;
    while (result == 0 && (code = sqlite3_step (statement)) != SQLITE_DONE)
        result = code == SQLITE_ROW ? take (argument, statement) : zc_sqlite_fail (self, sql);
    sqlite3_finalize (statement);
    return result;
}

static int take_integer (void *argument, sqlite3_stmt *row)
{
    *(int64_t *) argument = sqlite3_column_int64 (row, 0);
    return 0;
}

int zc_sqlite_integer (zc_sqlite_t *self, const char *sql, int64_t *ret_value)
{
    return zc_sqlite_rows (self, sql, take_integer, ret_value);
}

void zc_sqlite_bind_str (sqlite3_stmt *statement, int place, zc_str_t string)
{
    sqlite3_bind_text (statement, place, string.size ? string.data : "", (int) string.size, SQLITE_STATIC);
}

void zc_sqlite_each_measure (sqlite3_str *sql, const char *format)
{
    for (int i = 0; i < ZC_SQLITE_MEASURES; i++) {
        sqlite3_str_appendall (sql, i ? ", " : "");
        sqlite3_str_appendf (sql, format, zc_sqlite_measures [i], zc_sqlite_measures [i]);
    }
}

/* Brings the write-ahead log into the file. By our own hand, since SQLite's own does not tell of an
 * error; a reader in the way is none: what he still needs stays in the log. */
static int empty_log (zc_sqlite_t *self)
{
    int code = sqlite3_wal_checkpoint_v2 (self->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY ? 0 : zc_sqlite_fail (self, "checkpoint");
}

int zc_sqlite_end (zc_sqlite_t *self, int result)
{
    if (result == 0)
        result = zc_sqlite_run (self, "COMMIT");
    if (result == -1) {
        /* A failure that SQLite rolled back by itself leaves nothing to do. */
        if (!sqlite3_get_autocommit (self->db))
            sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return self->wal_pages >= ZC_SQLITE_WAL_PAGES ? empty_log (self) : 0;
}

static int note_wal_pages (void *argument, sqlite3 *db, const char *name, int pages)
{
    (void) db, (void) name;
    ((zc_sqlite_t *) argument)->wal_pages = pages;
    return SQLITE_OK;
}

/* ------------------------------------------------------------------------- open and close */

static int open_to_write (zc_sqlite_t *self)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2 (self->path, &self->db, flags, NULL) != SQLITE_OK)
        return self->db ? zc_sqlite_fail (self, "cannot open") : zc_sqlite_refuse (self, "out of memory");
    sqlite3_extended_result_codes (self->db, 1);
    sqlite3_busy_timeout (self->db, ZC_SQLITE_BUSY_MS);
    /* SQLite opens what is write-protected for reading, without a word. */
    if (sqlite3_db_readonly (self->db, "main"))
        return zc_sqlite_refuse (self, "cannot be written to: no permission, or a read-only file system");
    return 0;
}

static int take_mode (void *argument, sqlite3_stmt *row)
{
    const char *mode = (const char *) sqlite3_column_text (row, 0);
    snprintf (argument, 16, "%s", mode ? mode : "");
    return 0;
}

/* What holds for the connection, and not in the file. */
static int configure (zc_sqlite_t *self)
{
    char mode [16] = "";
    if (zc_sqlite_rows (self, "PRAGMA journal_mode = WAL", take_mode, mode) == -1)
        return -1;
    if (strcmp (mode, "wal") != 0)
        return zc_sqlite_refuse (self, "no write-ahead log is possible here (journal mode %s)", mode);
    char sql [256];
    snprintf (sql, sizeof sql,
              "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;"
              "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = %d",
              ZC_SQLITE_WAL_BYTES);
    /* The hook takes the place of SQLite's own automatic checkpoint. */
    sqlite3_wal_hook (self->db, note_wal_pages, self);
    return zc_sqlite_run (self, sql);
}

static int open_file (zc_sqlite_t *self, int64_t now_ms)
{
    int version;
    if (self->to_look) {
        if (zc_sqlite_open_to_look (self) == -1 || zc_sqlite_identify (self, ZC_SQLITE_VERSION, &version) == -1)
            return -1;
        return version == ZC_SQLITE_VERSION
                   ? 0
                   : zc_sqlite_refuse (self, "of version %d: a start of the daemon brings it to version %d", version,
                                       ZC_SQLITE_VERSION);
    }
    /* Looked at before anything is set: another application's file stays as it is. */
    if (open_to_write (self) == -1 || zc_sqlite_identify (self, ZC_SQLITE_VERSION, &version) == -1 ||
        configure (self) == -1 || zc_sqlite_settle_log (self) == -1)
        return -1;
    return version == ZC_SQLITE_VERSION ? 0 : zc_sqlite_bring_up (self, zc_sqlite_steps, ZC_SQLITE_VERSION, now_ms);
}

static void close_sqlite (void *handle)
{
    zc_sqlite_t *self = handle;
    sqlite3_close (self->db);
    zc_rollup_destroy (&self->rollup);
    free (self);
}

/* Of a longer name SQLite would say that it is no directory. It puts a suffix behind it. */
static int path_max (void)
{
    const sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
    return vfs ? vfs->mxPathname - (int) strlen ("-journal") : PATH_MAX;
}

static int open_sqlite (const char *directory, bool to_look, int64_t now_ms, void **ret_handle, char ret_why [256])
{
    zc_sqlite_t *self = calloc (1, sizeof *self);
    if (!self || !(self->rollup = zc_rollup_new ())) {
        snprintf (ret_why, 256, ZC_SQLITE_FILE ": out of memory");
        free (self);
        return -1;
    }
    self->to_look = to_look;
    int size = snprintf (self->path, sizeof self->path, "%s/" ZC_SQLITE_FILE, directory);
    int result = size < (int) sizeof self->path && size <= path_max ()
                     ? open_file (self, now_ms)
                     : zc_sqlite_refuse (self, "the directory's name is too long for SQLite");
    if (result == -1) {
        snprintf (ret_why, 256, "%s", self->why);
        close_sqlite (self);
        return -1;
    }
    *ret_handle = self;
    return 0;
}

static const char *why_of (const void *handle)
{
    return ((const zc_sqlite_t *) handle)->why;
}

/* --------------------------------------------------------------------------------- trim */

/* Removes some buckets that are over before `before_s`, and notes up to where they are gone. */
static int trim_table (zc_sqlite_t *self, const char *table, zc_level_t level, int64_t before_s, bool *more)
{
    if (before_s < zc_level_seconds (level))
        return 0;
    char sql [400];
    snprintf (sql, sizeof sql,
              "DELETE FROM %s WHERE (start, key) IN"
              " (SELECT start, key FROM %s WHERE start <= %lld ORDER BY start, key LIMIT %d)",
              table, table, (long long) (before_s - zc_level_seconds (level)), ZC_SQLITE_TRIM_ROWS);
    if (zc_sqlite_run (self, sql) == -1)
        return -1;
    int removed = sqlite3_changes (self->db);
    if (removed == 0)
        return 0;
    *more = *more || removed == ZC_SQLITE_TRIM_ROWS;
    snprintf (sql, sizeof sql, "UPDATE meta SET %s_trimmed = max (%s_trimmed, %lld)", table, table,
              (long long) before_s);
    return zc_sqlite_run (self, sql) == -1 ? -1 : zc_sqlite_count_cells (self, -removed);
}

static int trim_sqlite (void *handle, const zc_horizon_t *horizon, bool *ret_more)
{
    zc_sqlite_t *self = handle;
    if (self->to_look)
        return zc_sqlite_refuse (self, "opened only to look");
    bool more = false;
    if (zc_sqlite_run (self, "BEGIN IMMEDIATE") == -1)
        return -1;
    int result = trim_table (self, "minute", ZC_MINUTE, horizon->minutes_before_s, &more);
    if (result == 0)
        result = trim_table (self, "quarter", ZC_QUARTER, horizon->quarters_before_s, &more);
    if (result == 0)
        result = trim_table (self, "day", ZC_DAY, horizon->days_before_s, &more);
    if (zc_sqlite_end (self, result) == -1)
        return -1;
    *ret_more = more;
    return 0;
}

const zc_store_kind_t zc_store_sqlite = {
    .name = "sqlite",
    .open = open_sqlite,
    .close = close_sqlite,
    .load = zc_sqlite_load,
    .commit = zc_sqlite_commit,
    .trim = trim_sqlite,
    .check = zc_sqlite_check,
    .why = why_of,
};
