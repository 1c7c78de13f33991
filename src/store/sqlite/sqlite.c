/* SPDX-License-Identifier: MPL-2.0
 *
 * sqlite.c - a store in one SQLite file, ledger.db, in the data directory.
 *
 * People read it with `sqlite3` and plain SQL while the daemon runs (the views minutes, quarters, days,
 * totals, producers). It keeps a write-ahead log (WAL) with synchronous=FULL: a commit is on disk when it
 * returns, and readers neither wait nor are waited for. A reader that keeps a transaction open keeps the
 * log from going back to its start, so that ledger.db-wal grows for as long as he does; it shrinks to
 * ZC_SQLITE_WAL_BYTES afterwards. A program that writes is waited for, ZC_SQLITE_BUSY_MS.
 * Pages of removed rows are used again, not given back: minutes come and go in equal numbers.
 * In memory it is the same database without a file: SQLite's VFS "memdb" under a name of its own, so that readers
 * find it. There is no write-ahead log there: a commit waits for readers, and they for it.
 * Refuses files of other applications and of later versions.
 */
#include "store/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "civil/clock.h"

static int note_wal_pages (void *argument, sqlite3 *db, const char *name, int pages)
{
    (void) db, (void) name;
    ((zc_sqlite_t *) argument)->wal_pages = pages;
    return SQLITE_OK;
}

/* Somebody is in the way. Not SQLite's own way to wait, which soon looks only ten times a second. */
static int wait_a_little (void *argument, int times)
{
    const zc_sqlite_t *self = argument;
    if (times > ZC_SQLITE_BUSY_MS || (self->deadline_mono_ms && zc_clock_mono_ms () >= self->deadline_mono_ms))
        return 0;
    nanosleep (&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 1;
}

int zc_sqlite_connect (zc_sqlite_t *self, bool to_write)
{
    int flags = SQLITE_OPEN_NOMUTEX | (self->in_memory ? SQLITE_OPEN_URI : 0);
    flags |= to_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2 (self->path, &self->db, flags, NULL) != SQLITE_OK)
        return self->db ? zc_sqlite_fail (self, "cannot open") : zc_sqlite_refuse (self, "out of memory");
    sqlite3_extended_result_codes (self->db, 1);
    sqlite3_busy_handler (self->db, wait_a_little, self);
    self->rollback = zc_sqlite_prepare (self, "ROLLBACK");
    return self->rollback ? 0 : -1;
}

void zc_sqlite_disconnect (zc_sqlite_t *self)
{
    sqlite3_finalize (self->rollback);
    sqlite3_close (self->db);
}

static int take_mode (void *argument, sqlite3_stmt *row)
{
    const char *mode = (const char *) sqlite3_column_text (row, 0);
    snprintf (argument, 16, "%s", mode ? mode : "");
    return 0;
}

/* SQLite opens what is write-protected for reading, without a word. */
static int require_writable (zc_sqlite_t *self)
{
    if (!sqlite3_db_readonly (self->db, "main"))
        return 0;
    return zc_sqlite_refuse (self, "cannot be written to: no permission, or a read-only file system");
}

/* What holds for the connection, and not in the file. */
static int configure (zc_sqlite_t *self)
{
    char sql [256];
    snprintf (sql, sizeof sql,
              "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
              "PRAGMA synchronous = FULL; PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d",
              self->in_memory ? ZC_SQLITE_READER_KIB : ZC_SQLITE_CACHE_KIB, ZC_SQLITE_WAL_BYTES);
    return zc_sqlite_run (self, sql) == -1 ? -1 : zc_sqlite_add_functions (self);
}

static int begin_log (zc_sqlite_t *self)
{
    char mode [16] = "";
    if (zc_sqlite_rows (self, "PRAGMA journal_mode = WAL", take_mode, mode) == -1)
        return -1;
    if (strcmp (mode, "wal") != 0)
        return zc_sqlite_refuse (self, "cannot use a write-ahead log here (journal mode %s)", mode);
    /* The hook takes the place of SQLite's own automatic checkpoint. */
    sqlite3_wal_hook (self->db, note_wal_pages, self);
    return zc_sqlite_truncate_log (self);
}

static int open_to_look (zc_sqlite_t *self)
{
    int version;
    if (zc_sqlite_open_read_only (self) == -1 || zc_sqlite_identify (self, ZC_SQLITE_VERSION, &version) == -1)
        return -1;
    if (version != ZC_SQLITE_VERSION)
        return zc_sqlite_refuse (self, "has version %d; starting zcostd upgrades it to version %d", version,
                                 ZC_SQLITE_VERSION);
    return zc_sqlite_add_functions (self);
}

static int open_file (zc_sqlite_t *self, int64_t now_ms)
{
    int version;
    /* Looked at before anything is set: another application's file stays as it is. */
    if (zc_sqlite_connect (self, true) == -1 || require_writable (self) == -1 ||
        zc_sqlite_identify (self, ZC_SQLITE_VERSION, &version) == -1 || begin_log (self) == -1 ||
        configure (self) == -1)
        return -1;
    return version == ZC_SQLITE_VERSION ? 0 : zc_sqlite_bring_up (self, zc_sqlite_steps, ZC_SQLITE_VERSION, now_ms);
}

static int open_memory (zc_sqlite_t *self, int64_t now_ms)
{
    sqlite3_int64 most = ZC_SQLITE_MEMORY_BYTES;
    if (zc_sqlite_connect (self, true) == -1 || configure (self) == -1)
        return -1;
    sqlite3_file_control (self->db, "main", SQLITE_FCNTL_SIZE_LIMIT, &most);
    return zc_sqlite_bring_up (self, zc_sqlite_steps, ZC_SQLITE_VERSION, now_ms);
}

static void close_sqlite (void *handle)
{
    zc_sqlite_t *self = handle;
    zc_sqlite_disconnect (self);
    zc_rollup_destroy (&self->rollup);
    free (self);
}

/* Of a longer name SQLite would say that it is no directory. It puts a suffix behind it. */
static int path_max (void)
{
    const sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
    return vfs ? vfs->mxPathname - (int) strlen ("-journal") : PATH_MAX;
}

static int open_at (zc_sqlite_t *self, const char *directory, int64_t now_ms)
{
    int size = snprintf (self->path, sizeof self->path, "%s/" ZC_SQLITE_FILE, directory);
    if (size >= (int) sizeof self->path || size > path_max ())
        return zc_sqlite_refuse (self, "the directory's name is too long for SQLite");
    return self->to_look ? open_to_look (self) : open_file (self, now_ms);
}

/* No other store has this address while it is open. */
static int open_nowhere (zc_sqlite_t *self, int64_t now_ms)
{
    self->in_memory = true;
    snprintf (self->path, sizeof self->path, "file:/zcost-%p?vfs=memdb", (void *) self);
    return open_memory (self, now_ms);
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
    int result = directory ? open_at (self, directory, now_ms) : open_nowhere (self, now_ms);
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

const zc_store_kind_t zc_store_sqlite = {
    .name = "sqlite",
    .open = open_sqlite,
    .close = close_sqlite,
    .load = zc_sqlite_load,
    .each_config = zc_sqlite_each_config,
    .commit = zc_sqlite_commit,
    .trim = zc_sqlite_trim,
    .check = zc_sqlite_check,
    .why = why_of,
    .correct_begin = zc_sqlite_correct_begin,
    .correct = zc_sqlite_correct,
    .correct_end = zc_sqlite_correct_end,
    .remember_repricing = zc_sqlite_remember_repricing,
    .each_repricing = zc_sqlite_each_repricing,
    .reader_open = zc_sqlite_reader_open,
    .reader_close = zc_sqlite_reader_close,
    .reader_begin = zc_sqlite_reader_begin,
    .reader_end = zc_sqlite_reader_end,
    .reader_limit = zc_sqlite_reader_limit,
    .reader_cells = zc_sqlite_reader_cells,
    .reader_why = zc_sqlite_reader_why,
};
