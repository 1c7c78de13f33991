/* SPDX-License-Identifier: MPL-2.0
 *
 * reader.c - cells for questions, on a connection of their own.
 *
 * How fast a row is read decides how fast a question about a year is answered. Handed out of SQLite row by row and
 * column by column, a row takes 530 ns; as the arguments of a function in the WHERE clause, 370 ns: the machine of
 * SQLite stays within its loop, and no row ever comes out of it but the one at which the taker stops. Neither a larger
 * cache nor memory-mapped files made it faster, and a mapped file kills the process where the disk fails.
 */
#include "civil/clock.h"
#include "store/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AT_CLOCK 20000 /* steps of SQLite's machine: some 700 rows */

typedef struct {
    zc_sqlite_t sqlite;
    sqlite3_stmt *look, *cells [ZC_EVER + 1];
    int64_t keys; /* that the store has, in the transaction */

    /* While cells are read: */
    int (*take) (void *argument, const zc_stored_cell_t *cell);
    void *argument;
    int64_t last_start_s, last_key; /* of the cell before */
    int result;
} zc_sqlite_reader_t;

/* ------------------------------------------------------------------------- one row */

enum { START, KEY, SUMS, LATENCIES = SUMS + ZC_SQLITE_MEASURES, COLUMNS };

static zc_stored_cell_t cell_of (sqlite3_value **values)
{
    int64_t sums [ZC_SQLITE_MEASURES];
    zc_stored_cell_t cell = {.start_s = sqlite3_value_int64 (values [START]),
                             .key = (uint32_t) sqlite3_value_int64 (values [KEY]),
                             .latencies = sqlite3_value_blob (values [LATENCIES])};
    for (int i = 0; i < ZC_SQLITE_MEASURES; i++)
        sums [i] = sqlite3_value_int64 (values [SUMS + i]);
    memcpy (&cell.sums, sums, sizeof sums);
    cell.latencies_size = cell.latencies ? (size_t) sqlite3_value_bytes (values [LATENCIES]) : 0;
    return cell;
}

/* In a damaged file anything may stand. Costs nothing that can be measured. */
static bool is_next (zc_sqlite_reader_t *self, int64_t start_s, int64_t key)
{
    bool good = key >= 0 && key < self->keys &&
                (start_s > self->last_start_s || (start_s == self->last_start_s && key > self->last_key));
    self->last_start_s = start_s;
    self->last_key = key;
    return good;
}

/* zc_take (start, key, measures, latencies): whether the taker stops here. */
static void take_row (sqlite3_context *context, int count, sqlite3_value **values)
{
    (void) count;
    zc_sqlite_reader_t *self = sqlite3_user_data (context);
    int64_t key = sqlite3_value_int64 (values [KEY]);
    zc_stored_cell_t cell = cell_of (values);
    self->result =
        is_next (self, cell.start_s, key)
            ? self->take (self->argument, &cell)
            : zc_sqlite_refuse (&self->sqlite, "damaged: a cell of key %lld is out of place", (long long) key);
    sqlite3_result_int (context, self->result != 0);
}

/* ----------------------------------------------------------------- open and close */

static sqlite3_stmt *prepare_cells (zc_sqlite_t *self, zc_time_bucket_t level)
{
    bool is_ever = level == ZC_EVER;
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendf (sql, "SELECT 1 FROM %s WHERE %s zc_take (%s, key, ", zc_sqlite_tables [level],
                         is_ever ? "" : "start >= ?1 AND start < ?2 AND", is_ever ? "0" : "start");
    zc_sqlite_each_measure (sql, "%s");
    sqlite3_str_appendf (sql, ", latencies) ORDER BY %s", is_ever ? "key" : "start, key");
    return zc_sqlite_prepare_built (self, sql);
}

static int prepare_all (zc_sqlite_reader_t *self)
{
    self->look = zc_sqlite_prepare (&self->sqlite,
                                    "SELECT sequence, minute_trimmed, quarter_trimmed, day_trimmed,"
                                    " (SELECT min (start) FROM day), (SELECT ifnull (max (id) + 1, 0) FROM key)"
                                    " FROM checkpoint, meta");
    if (!self->look)
        return -1;
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER; level++)
        if (!(self->cells [level] = prepare_cells (&self->sqlite, level)))
            return -1;
    return 0;
}

static int open_reader (zc_sqlite_reader_t *self)
{
    char sql [128];
    snprintf (sql, sizeof sql, "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -%d",
              ZC_SQLITE_READER_KIB);
    if (zc_sqlite_connect (&self->sqlite, false) == -1 || zc_sqlite_run (&self->sqlite, sql) == -1)
        return -1;
    if (sqlite3_create_function (self->sqlite.db, "zc_take", COLUMNS, SQLITE_UTF8 | SQLITE_DIRECTONLY, self, take_row,
                                 NULL, NULL) != SQLITE_OK)
        return zc_sqlite_fail (&self->sqlite, "functions");
    return prepare_all (self);
}

void zc_sqlite_reader_close (void *reader)
{
    zc_sqlite_reader_t *self = reader;
    sqlite3_finalize (self->look);
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER; level++)
        sqlite3_finalize (self->cells [level]);
    zc_sqlite_disconnect (&self->sqlite);
    free (self);
}

int zc_sqlite_reader_open (void *handle, void **ret_reader, char ret_why [256])
{
    const zc_sqlite_t *store = handle;
    zc_sqlite_reader_t *self = store->to_look ? NULL : calloc (1, sizeof *self);
    if (!self) {
        snprintf (ret_why, 256, "%s", store->to_look ? "opened read-only" : "out of memory");
        return -1;
    }
    self->sqlite.in_memory = store->in_memory;
    memcpy (self->sqlite.path, store->path, sizeof store->path);
    if (open_reader (self) == -1) {
        snprintf (ret_why, 256, "%s", self->sqlite.why);
        zc_sqlite_reader_close (self);
        return -1;
    }
    *ret_reader = self;
    return 0;
}

/* ---------------------------------------------------------------------------- limit */

static int is_late (void *argument)
{
    const zc_sqlite_t *self = argument;
    return self->deadline_mono_ms && zc_clock_mono_ms () >= self->deadline_mono_ms;
}

static int say_late (zc_sqlite_reader_t *self)
{
    return zc_sqlite_refuse (&self->sqlite, "the query took too long");
}

void zc_sqlite_reader_limit (void *reader, int64_t deadline_mono_ms)
{
    zc_sqlite_t *self = &((zc_sqlite_reader_t *) reader)->sqlite;
    self->deadline_mono_ms = deadline_mono_ms;
    sqlite3_progress_handler (self->db, deadline_mono_ms ? LOOK_AT_CLOCK : 0, is_late, self);
}

/* A step that gave neither a row nor the end. */
static int fail (zc_sqlite_reader_t *self, sqlite3_stmt *statement)
{
    int code = sqlite3_errcode (self->sqlite.db) & 0xff;
    if (code == SQLITE_INTERRUPT || (code == SQLITE_BUSY && is_late (&self->sqlite)))
        return say_late (self);
    return zc_sqlite_fail (&self->sqlite, sqlite3_sql (statement));
}

/* ----------------------------------------------------------------------------- read */

/* A bucket is gone where it ended by that time: the first that is kept may have begun before it. */
static int64_t kept_from (sqlite3_stmt *row, zc_time_bucket_t level)
{
    return zc_time_bucket_start (level, sqlite3_column_int64 (row, 1 + (int) level));
}

static int look (zc_sqlite_reader_t *self, zc_store_view_t *ret_snapshot)
{
    int code = sqlite3_step (self->look);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? zc_sqlite_refuse (&self->sqlite, "damaged: table meta or checkpoint is empty")
                                   : fail (self, self->look);
    *ret_snapshot = (zc_store_view_t){
        .sequence = (uint64_t) sqlite3_column_int64 (self->look, 0),
        .first_day_s =
            sqlite3_column_type (self->look, 4) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64 (self->look, 4),
    };
    for (zc_time_bucket_t level = ZC_MINUTE; level < ZC_TIME_BUCKETS; level++)
        ret_snapshot->from_s [level] = kept_from (self->look, level);
    self->keys = sqlite3_column_int64 (self->look, 5);
    return 0;
}

/* The first statement that reads within a transaction decides which moment it sees. */
int zc_sqlite_reader_begin (void *reader, zc_store_view_t *ret_snapshot)
{
    zc_sqlite_reader_t *self = reader;
    if (zc_sqlite_begin (&self->sqlite, false) == -1)
        return -1;
    int result = look (self, ret_snapshot);
    sqlite3_reset (self->look);
    if (result == -1)
        zc_sqlite_reader_end (self);
    return result;
}

void zc_sqlite_reader_end (void *reader)
{
    zc_sqlite_roll_back (&((zc_sqlite_reader_t *) reader)->sqlite);
}

int zc_sqlite_reader_cells (void *reader, const zc_span_t *span,
                            int (*take) (void *argument, const zc_stored_cell_t *cell), void *argument)
{
    zc_sqlite_reader_t *self = reader;
    sqlite3_stmt *cells = self->cells [span->level];
    if (is_late (&self->sqlite))
        return say_late (self);
    self->take = take;
    self->argument = argument;
    self->last_start_s = INT64_MIN;
    self->last_key = -1;
    self->result = 0;
    if (span->level != ZC_EVER) {
        sqlite3_bind_int64 (cells, 1, span->since_s);
        sqlite3_bind_int64 (cells, 2, span->until_s);
    }
    int code = sqlite3_step (cells);
    int result = code == SQLITE_DONE ? 0 : code == SQLITE_ROW ? self->result : fail (self, cells);
    sqlite3_reset (cells);
    return result;
}

const char *zc_sqlite_reader_why (const void *reader)
{
    return ((const zc_sqlite_reader_t *) reader)->sqlite.why;
}
