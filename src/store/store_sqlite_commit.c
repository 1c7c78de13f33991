/* SPDX-License-Identifier: MPL-2.0
 *
 * store_sqlite_commit.c - a checkpoint becomes one transaction.
 */
#include "store/store_sqlite.h"

#include <inttypes.h>
#include <stdio.h>

/* --------------------------------------------------------------------------------- keys */

static int next_key (zc_sqlite_t *self, int64_t *ret_next)
{
    *ret_next = 0;
    return zc_sqlite_integer (self, "SELECT ifnull (max (id) + 1, 0) FROM key", ret_next);
}

static int add_key (zc_sqlite_t *self, sqlite3_stmt *insert, uint32_t key, const zc_dimensions_t *dimensions)
{
    const char *type = zc_type_name (dimensions->type);
    sqlite3_bind_int64 (insert, 1, key);
    sqlite3_bind_text (insert, 2, type, -1, SQLITE_STATIC);
    zc_sqlite_bind_str (insert, 3, dimensions->service);
    zc_sqlite_bind_str (insert, 4, dimensions->tier);
    zc_sqlite_bind_str (insert, 5, dimensions->model);
    zc_sqlite_bind_str (insert, 6, dimensions->provider);
    return zc_sqlite_step (self, insert);
}

static int add_keys (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    int64_t next;
    if (checkpoint->keys_from == checkpoint->keys_to)
        return 0;
    if (next_key (self, &next) == -1)
        return -1;
    if (next != checkpoint->keys_from)
        return zc_sqlite_refuse (self, "keys from %" PRIu32 " on, where the next is %" PRId64, checkpoint->keys_from,
                                 next);
    sqlite3_stmt *insert = zc_sqlite_prepare (self, "INSERT INTO key VALUES (?, ?, ?, ?, ?, ?)");
    if (!insert)
        return -1;
    int result = 0;
    for (uint32_t key = checkpoint->keys_from; key < checkpoint->keys_to && result == 0; key++)
        result = add_key (self, insert, key, &zc_keys_at (checkpoint->keys, key)->dimensions);
    sqlite3_finalize (insert);
    return result;
}

/* -------------------------------------------------------------------------------- cells */

/* How a row of a table grows, and how it begins. Both take the measures, then the row's place. */
typedef struct {
    sqlite3_stmt *grow, *begin;
    bool has_start; /* the table knows buckets; else only keys */
} zc_writer_t;

static void writer_term (zc_writer_t *writer)
{
    sqlite3_finalize (writer->grow);
    sqlite3_finalize (writer->begin);
}

static sqlite3_stmt *prepare_built (zc_sqlite_t *self, sqlite3_str *built)
{
    char *sql = sqlite3_str_finish (built);
    sqlite3_stmt *statement = sql ? zc_sqlite_prepare (self, sql) : NULL;
    if (!sql)
        zc_sqlite_refuse (self, "out of memory");
    sqlite3_free (sql);
    return statement;
}

static int writer_init (zc_writer_t *writer, zc_sqlite_t *self, const char *table, bool has_start)
{
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendf (sql, "UPDATE %s SET ", table);
    zc_sqlite_each_measure (sql, "%s = %s + ?");
    sqlite3_str_appendall (sql, has_start ? " WHERE key = ? AND start = ?" : " WHERE key = ?");
    writer->grow = prepare_built (self, sql);

    sql = sqlite3_str_new (self->db);
    sqlite3_str_appendf (sql, "INSERT INTO %s (", table);
    zc_sqlite_each_measure (sql, "%s");
    sqlite3_str_appendall (sql, has_start ? ", key, start) VALUES (" : ", key) VALUES (");
    zc_sqlite_each_measure (sql, "?");
    sqlite3_str_appendall (sql, has_start ? ", ?, ?)" : ", ?)");
    writer->begin = prepare_built (self, sql);

    writer->has_start = has_start;
    return writer->grow && writer->begin ? 0 : -1;
}

static int step_with (zc_sqlite_t *self, const zc_writer_t *writer, sqlite3_stmt *statement, const zc_cell_t *cell)
{
    const zc_measures_t *sums = &cell->sums;
    const int64_t values [ZC_SQLITE_MEASURES] = {
        sums->events,
        sums->unpriced,
        sums->measured,
        sums->cost_nanousd,
        sums->baseline_nanousd,
        sums->input_tokens,
        sums->cache_read_tokens,
        sums->cache_write_tokens,
        sums->output_tokens,
        sums->reasoning_tokens,
        sums->hits,
        sums->misses,
        sums->saved_nanousd,
        sums->saved_ns,
    };
    for (int i = 0; i < ZC_SQLITE_MEASURES; i++)
        sqlite3_bind_int64 (statement, i + 1, values [i]);
    sqlite3_bind_int64 (statement, ZC_SQLITE_MEASURES + 1, cell->key);
    if (writer->has_start)
        sqlite3_bind_int64 (statement, ZC_SQLITE_MEASURES + 2, cell->start_s);
    return zc_sqlite_step (self, statement);
}

static int add_rolled (zc_sqlite_t *self, const zc_writer_t *writer, zc_rolled_t rolled, int64_t *begun)
{
    for (size_t i = 0; i < rolled.count; i++) {
        if (step_with (self, writer, writer->grow, rolled.cells [i]) == -1)
            return -1;
        if (sqlite3_changes (self->db) > 0)
            continue;
        if (step_with (self, writer, writer->begin, rolled.cells [i]) == -1)
            return -1;
        ++*begun;
    }
    return 0;
}

static int add_to (zc_sqlite_t *self, const char *table, bool has_start, zc_rolled_t rolled, int64_t *begun)
{
    zc_writer_t writer = {0};
    int result = writer_init (&writer, self, table, has_start);
    if (result == 0)
        result = add_rolled (self, &writer, rolled, begun);
    writer_term (&writer);
    return result;
}

static int add_cells (zc_sqlite_t *self, const zc_cells_t *cells)
{
    static const char *const tables [ZC_LEVELS] = {"minute", "quarter", "day"};
    if (zc_rollup_take (self->rollup, cells) == -1)
        return zc_sqlite_refuse (self, "out of memory");
    int64_t begun = 0, keys = 0;
    int result = add_to (self, "ever", false, zc_rollup_ever (self->rollup), &keys);
    for (zc_level_t level = ZC_MINUTE; level < ZC_LEVELS && result == 0; level++)
        result = add_to (self, tables [level], true, zc_rollup_level (self->rollup, level), &begun);
    zc_rollup_clear (self->rollup);
    return result == 0 ? zc_sqlite_count_cells (self, begun) : -1;
}

/* ----------------------------------------------------------------------------- the rest */

static int put_unpriced (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    if (zc_sqlite_run (self, "DELETE FROM unpriced") == -1)
        return -1;
    sqlite3_stmt *insert = zc_sqlite_prepare (self, "INSERT INTO unpriced (model, events) VALUES (?, ?)");
    if (!insert)
        return -1;
    int result = 0;
    for (size_t i = 0; i < checkpoint->unpriced_count && result == 0; i++) {
        zc_sqlite_bind_str (insert, 1, checkpoint->unpriced [i].model);
        sqlite3_bind_int64 (insert, 2, (int64_t) checkpoint->unpriced [i].events);
        result = zc_sqlite_step (self, insert);
    }
    sqlite3_finalize (insert);
    return result;
}

/* A price table is large: without an end to what is kept, a file that is reloaded daily would be mostly
 * old prices. */
static int forget_old_terms (zc_sqlite_t *self)
{
    char sql [128];
    snprintf (sql, sizeof sql,
              "DELETE FROM terms WHERE sequence NOT IN (SELECT sequence FROM terms ORDER BY sequence DESC LIMIT %d)",
              ZC_SQLITE_TERMS_KEPT);
    return zc_sqlite_run (self, sql);
}

static int put_terms (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    if (!checkpoint->terms)
        return 0;
    sqlite3_stmt *insert = zc_sqlite_prepare (self, "INSERT INTO terms VALUES (?, ?, ?)");
    if (!insert)
        return -1;
    sqlite3_bind_int64 (insert, 1, (int64_t) checkpoint->sequence);
    sqlite3_bind_int64 (insert, 2, checkpoint->taken_ms);
    sqlite3_bind_blob64 (insert, 3, checkpoint->terms, checkpoint->terms_size, SQLITE_STATIC);
    int result = zc_sqlite_step (self, insert);
    sqlite3_finalize (insert);
    return result == 0 ? forget_old_terms (self) : -1;
}

static int put_position (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    sqlite3_stmt *update =
        zc_sqlite_prepare (self, "UPDATE checkpoint SET sequence = ?, segment = ?, offset = ?, taken_ms = ?");
    if (!update)
        return -1;
    sqlite3_bind_int64 (update, 1, (int64_t) checkpoint->sequence);
    sqlite3_bind_int64 (update, 2, ZC_POSITION_SEGMENT (checkpoint->position));
    sqlite3_bind_int64 (update, 3, ZC_POSITION_OFFSET (checkpoint->position));
    sqlite3_bind_int64 (update, 4, checkpoint->taken_ms);
    int result = zc_sqlite_step (self, update);
    sqlite3_finalize (update);
    return result;
}

static int require_next (zc_sqlite_t *self, uint64_t sequence)
{
    int64_t last = -1;
    if (zc_sqlite_integer (self, "SELECT sequence FROM checkpoint", &last) == -1)
        return -1;
    if (sequence != (uint64_t) last + 1)
        return zc_sqlite_refuse (self, "checkpoint %" PRIu64 " refused: the last one was %" PRId64, sequence, last);
    return 0;
}

static int apply (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    if (require_next (self, checkpoint->sequence) == -1 || add_keys (self, checkpoint) == -1 ||
        add_cells (self, checkpoint->cells) == -1 || zc_sqlite_put_producers (self, &checkpoint->producers) == -1 ||
        zc_sqlite_put_counters (self, &checkpoint->counters) == -1 || put_unpriced (self, checkpoint) == -1 ||
        put_terms (self, checkpoint) == -1)
        return -1;
    return put_position (self, checkpoint);
}

int zc_sqlite_commit (void *handle, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state)
{
    zc_sqlite_t *self = handle;
    if (self->to_look)
        return zc_sqlite_refuse (self, "opened only to look");
    if (zc_sqlite_run (self, "BEGIN IMMEDIATE") == -1)
        return -1;
    zc_store_state_t state;
    int result = apply (self, checkpoint);
    if (result == 0)
        result = zc_sqlite_read_state (self, &state);
    if (zc_sqlite_end (self, result) == -1)
        return -1;
    zc_sqlite_measure (self, &state);
    *ret_state = state;
    return 0;
}
