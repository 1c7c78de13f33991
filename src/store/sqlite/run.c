/* SPDX-License-Identifier: MPL-2.0
 *
 * run.c - statements: run, stepped, bound; and what is said of those that fail.
 */
#include "store/sqlite/sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ----------------------------------------------------------------------------- failures */

int zc_sqlite_refuse (zc_sqlite_t *self, const char *format, ...)
{
    char text [sizeof self->why - sizeof ZC_SQLITE_FILE ": "];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    snprintf (self->why, sizeof self->why, "%s: %s", self->in_memory ? "memory" : ZC_SQLITE_FILE, text);
    return -1;
}

/* What a person can do something about, in his own words; else nothing. */
static const char *meaning_of (int code)
{
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
        return "the file is damaged: ";
    case SQLITE_NOTADB:
        return "not an SQLite database, or its header is damaged: ";
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

sqlite3_stmt *zc_sqlite_prepare_built (zc_sqlite_t *self, sqlite3_str *built)
{
    char *sql = sqlite3_str_finish (built);
    sqlite3_stmt *statement = sql ? zc_sqlite_prepare (self, sql) : NULL;
    if (!sql)
        zc_sqlite_refuse (self, "out of memory");
    sqlite3_free (sql);
    return statement;
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

/* The bytes are asked for behind the text, as SQLite wants it. */
zc_str_t zc_sqlite_str_at (sqlite3_stmt *row, int column)
{
    const char *text = (const char *) sqlite3_column_text (row, column);
    return (zc_str_t){text ? text : "", (uint32_t) sqlite3_column_bytes (row, column)};
}

void zc_sqlite_bind_position (sqlite3_stmt *statement, int place, zc_position_t position)
{
    sqlite3_bind_int64 (statement, place, ZC_POSITION_SEGMENT (position));
    sqlite3_bind_int64 (statement, place + 1, ZC_POSITION_OFFSET (position));
}

int zc_sqlite_position_at (zc_sqlite_t *self, sqlite3_stmt *row, int column, const char *what,
                           zc_position_t *ret_position)
{
    int64_t segment = sqlite3_column_int64 (row, column), offset = sqlite3_column_int64 (row, column + 1);
    if (segment < 0 || segment > UINT32_MAX || offset < 0 || offset > UINT32_MAX)
        return zc_sqlite_refuse (self, "damaged: the position of %s is out of range", what);
    *ret_position = ZC_POSITION (segment, offset);
    return 0;
}

void zc_sqlite_bind_measures (sqlite3_stmt *statement, const zc_measures_t *measures)
{
    int64_t values [ZC_SQLITE_MEASURES];
    memcpy (values, measures, sizeof values);
    for (int i = 0; i < ZC_SQLITE_MEASURES; i++)
        sqlite3_bind_int64 (statement, i + 1, values [i]);
}

zc_measures_t zc_sqlite_measures_at (sqlite3_stmt *row, int column)
{
    int64_t values [ZC_SQLITE_MEASURES];
    zc_measures_t measures;
    for (int i = 0; i < ZC_SQLITE_MEASURES; i++)
        values [i] = sqlite3_column_int64 (row, column + i);
    memcpy (&measures, values, sizeof measures);
    return measures;
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

/* By a statement that was made beforehand, since without memory none can be made; even so it may fail then. Where
 * SQLite rolled back by itself there is nothing left to do. */
void zc_sqlite_roll_back (zc_sqlite_t *self)
{
    if (sqlite3_get_autocommit (self->db))
        return;
    sqlite3_step (self->rollback);
    sqlite3_reset (self->rollback);
}

int zc_sqlite_begin (zc_sqlite_t *self, bool to_write)
{
    if (self->correcting)
        return zc_sqlite_refuse (self, "a correction is in progress");
    zc_sqlite_roll_back (self); /* one whose end failed for want of memory */
    if (zc_sqlite_run (self, to_write ? "BEGIN IMMEDIATE" : "BEGIN") == 0)
        return 0;
    zc_sqlite_roll_back (self); /* without memory a statement may do its work and fail */
    return -1;
}

int zc_sqlite_end (zc_sqlite_t *self, int result)
{
    if (result == 0)
        result = zc_sqlite_run (self, "COMMIT");
    if (result == -1) {
        zc_sqlite_roll_back (self);
        return -1;
    }
    return self->wal_pages >= ZC_SQLITE_WAL_PAGES ? empty_log (self) : 0;
}
