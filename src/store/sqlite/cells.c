/* SPDX-License-Identifier: MPL-2.0
 *
 * cells.c - what changed cells add to the rows of minutes, quarters, days and of all time.
 */
#include "store/sqlite/sqlite.h"

#include <string.h>

/* How a row of a table grows, and how it begins. All take the measures, then the latencies (but for `grow`, which
 * leaves them as they are), then the row's place. */
typedef struct {
    sqlite3_stmt *grow, *grow_latencies, *begin;
    uint8_t packed [ZC_BINS * ZC_PACKED_BIN_BYTES_MAX]; /* latencies on their way */
} zc_writer_t;

static void writer_term (zc_writer_t *writer)
{
    sqlite3_finalize (writer->grow);
    sqlite3_finalize (writer->grow_latencies);
    sqlite3_finalize (writer->begin);
}

static sqlite3_stmt *prepare_grow (zc_sqlite_t *self, zc_time_bucket_t level, bool has_latencies)
{
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendf (sql, "UPDATE %s SET ", zc_sqlite_tables [level]);
    zc_sqlite_each_measure (sql, "%s = %s + ?");
    sqlite3_str_appendall (sql, has_latencies ? ", latencies = zc_merge (latencies, ?)" : "");
    sqlite3_str_appendall (sql, level == ZC_EVER ? " WHERE key = ?" : " WHERE key = ? AND start = ?");
    return zc_sqlite_prepare_built (self, sql);
}

static sqlite3_stmt *prepare_begin (zc_sqlite_t *self, zc_time_bucket_t level)
{
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendf (sql, "INSERT INTO %s (", zc_sqlite_tables [level]);
    zc_sqlite_each_measure (sql, "%s");
    sqlite3_str_appendall (sql, level == ZC_EVER ? ", latencies, key) VALUES (" : ", latencies, key, start) VALUES (");
    zc_sqlite_each_measure (sql, "?");
    sqlite3_str_appendall (sql, level == ZC_EVER ? ", ?, ?)" : ", ?, ?, ?)");
    return zc_sqlite_prepare_built (self, sql);
}

static int writer_init (zc_writer_t *writer, zc_sqlite_t *self, zc_time_bucket_t level)
{
    writer->grow = prepare_grow (self, level, false);
    writer->grow_latencies = writer->grow ? prepare_grow (self, level, true) : NULL;
    writer->begin = writer->grow_latencies ? prepare_begin (self, level) : NULL;
    return writer->begin ? 0 : -1;
}

static void bind_place (sqlite3_stmt *statement, int place, const zc_cell_t *cell)
{
    sqlite3_bind_int64 (statement, place, cell->key);
    if (sqlite3_bind_parameter_count (statement) > place)
        sqlite3_bind_int64 (statement, place + 1, cell->start_s);
}

static int grow (zc_sqlite_t *self, zc_writer_t *writer, const zc_rolled_cell_t *rolled, size_t packed_size)
{
    sqlite3_stmt *statement = packed_size ? writer->grow_latencies : writer->grow;
    zc_sqlite_bind_measures (statement, &rolled->cell->sums);
    if (packed_size)
        sqlite3_bind_blob64 (statement, ZC_SQLITE_MEASURES + 1, writer->packed, packed_size, SQLITE_STATIC);
    bind_place (statement, ZC_SQLITE_MEASURES + 1 + (packed_size > 0), rolled->cell);
    return zc_sqlite_step (self, statement);
}

static int begin (zc_sqlite_t *self, zc_writer_t *writer, const zc_rolled_cell_t *rolled, size_t packed_size)
{
    zc_sqlite_bind_measures (writer->begin, &rolled->cell->sums);
    if (packed_size)
        sqlite3_bind_blob64 (writer->begin, ZC_SQLITE_MEASURES + 1, writer->packed, packed_size, SQLITE_STATIC);
    else
        sqlite3_bind_null (writer->begin, ZC_SQLITE_MEASURES + 1);
    bind_place (writer->begin, ZC_SQLITE_MEASURES + 2, rolled->cell);
    return zc_sqlite_step (self, writer->begin);
}

static int add_rolled (zc_sqlite_t *self, zc_writer_t *writer, zc_rolled_t rolled, int64_t *begun)
{
    for (size_t i = 0; i < rolled.count; i++) {
        const zc_rolled_cell_t *cell = &rolled.cells [i];
        size_t packed_size = zc_sketch_pack (cell->latencies, cell->latencies_count, writer->packed);
        if (grow (self, writer, cell, packed_size) == -1)
            return -1;
        if (sqlite3_changes (self->db) > 0)
            continue;
        if (begin (self, writer, cell, packed_size) == -1)
            return -1;
        ++*begun;
    }
    return 0;
}

static int add_to (zc_sqlite_t *self, zc_time_bucket_t level, int64_t *begun)
{
    zc_writer_t writer;
    memset (&writer, 0, offsetof (zc_writer_t, packed));
    int result = writer_init (&writer, self, level);
    if (result == 0)
        result = add_rolled (self, &writer, zc_rollup_bucket (self->rollup, level), begun);
    writer_term (&writer);
    return result;
}

int zc_sqlite_add_cells (zc_sqlite_t *self, const zc_cells_t *cells)
{
    if (zc_rollup_take (self->rollup, cells) == -1)
        return zc_sqlite_refuse (self, "out of memory");
    int64_t begun = 0, keys = 0;
    int result = 0;
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER && result == 0; level++)
        result = add_to (self, level, level == ZC_EVER ? &keys : &begun);
    zc_rollup_clear (self->rollup);
    return result == 0 ? zc_sqlite_count_cells (self, begun) : -1;
}
