/* SPDX-License-Identifier: MPL-2.0
 *
 * correct.c - corrections of what was summed: added where it stands, in one transaction.
 */
#include "store/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------- cells */

/* Buckets that begin before this time, or some of them, are gone. */
static int read_trimmed (zc_sqlite_t *self, zc_time_bucket_t level, int64_t *ret_before_s)
{
    char sql [64];
    *ret_before_s = INT64_MIN;
    if (level == ZC_EVER)
        return 0;
    int64_t trimmed_s = 0;
    snprintf (sql, sizeof sql, "SELECT %s_trimmed FROM meta", zc_sqlite_tables [level]);
    if (zc_sqlite_integer (self, sql, &trimmed_s) == -1)
        return -1;
    *ret_before_s = trimmed_s ? trimmed_s - zc_time_bucket_seconds (level) + 1 : INT64_MIN;
    return 0;
}

/* Gives one row where there is the cell: the least of its sums that may not be negative. */
static sqlite3_stmt *prepare_correct (zc_sqlite_t *self, zc_time_bucket_t level)
{
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendf (sql, "UPDATE %s SET ", zc_sqlite_tables [level]);
    zc_sqlite_each_measure (sql, "%s = %s + ?");
    sqlite3_str_appendf (sql, " WHERE key = ? %s RETURNING min (0", level == ZC_EVER ? "" : "AND start = ?");
    for (int i = 0; i < ZC_SQLITE_MEASURES; i++) {
        const char *name = zc_sqlite_measures [i];
        if (strcmp (name, "saved_ns") != 0 && strcmp (name, "prompt_saved_nanousd") != 0)
            sqlite3_str_appendf (sql, ", %s", name);
    }
    sqlite3_str_appendall (sql, ")");
    return zc_sqlite_prepare_built (self, sql);
}

static int refuse_cell (zc_sqlite_t *self, zc_time_bucket_t level, const zc_cell_t *cell, const char *why)
{
    return zc_sqlite_refuse (self, "cannot correct %s %lld of key %u: %s", zc_sqlite_tables [level],
                             (long long) cell->start_s, cell->key, why);
}

static int correct_cell (zc_sqlite_t *self, zc_time_bucket_t level, sqlite3_stmt *statement, const zc_cell_t *cell)
{
    zc_sqlite_bind_measures (statement, &cell->sums);
    sqlite3_bind_int64 (statement, ZC_SQLITE_MEASURES + 1, cell->key);
    if (level != ZC_EVER)
        sqlite3_bind_int64 (statement, ZC_SQLITE_MEASURES + 2, cell->start_s);
    int code = sqlite3_step (statement);
    if (code == SQLITE_ROW) {
        bool is_negative = sqlite3_column_int64 (statement, 0) < 0;
        int result = zc_sqlite_step (self, statement); /* to its end */
        return result == 0 && is_negative ? refuse_cell (self, level, cell, "a sum would become negative") : result;
    }
    int result = code == SQLITE_DONE ? refuse_cell (self, level, cell, "there is no such cell")
                                     : zc_sqlite_fail (self, sqlite3_sql (statement));
    sqlite3_reset (statement);
    return result;
}

static int correct_level (zc_sqlite_t *self, zc_time_bucket_t level, zc_rolled_t rolled)
{
    int64_t kept_from_s;
    if (read_trimmed (self, level, &kept_from_s) == -1)
        return -1;
    sqlite3_stmt *statement = prepare_correct (self, level);
    int result = statement ? 0 : -1;
    for (size_t i = 0; i < rolled.count && result == 0; i++)
        if (rolled.cells [i].cell->start_s >= kept_from_s)
            result = correct_cell (self, level, statement, rolled.cells [i].cell);
    sqlite3_finalize (statement);
    return result;
}

static int correct_cells (zc_sqlite_t *self, const zc_cells_t *cells)
{
    if (zc_rollup_take (self->rollup, cells) == -1)
        return zc_sqlite_refuse (self, "out of memory");
    int result = 0;
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER && result == 0; level++)
        result = correct_level (self, level, zc_rollup_bucket (self->rollup, level));
    zc_rollup_clear (self->rollup);
    return result;
}

/* What bounds the sums of prompt_saved_nanousd over any set of cells: by as much as cells change, so may those. */
static int widen_bound (zc_sqlite_t *self, const zc_cells_t *cells)
{
    int64_t more = 0;
    for (uint32_t i = 0; i < cells->count; i++) {
        int64_t change = cells->cells [i].sums.prompt_saved_nanousd;
        if (change == INT64_MIN || __builtin_add_overflow (more, change < 0 ? -change : change, &more))
            return zc_sqlite_refuse (self, "the corrections exceed 64 bits");
    }
    char sql [200];
    snprintf (sql, sizeof sql,
              "INSERT INTO counter VALUES ('prompt_saved_magnitude', %lld)"
              " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
              (long long) more);
    return more ? zc_sqlite_run (self, sql) : 0;
}

/* ---------------------------------------------------------------------------- unpriced */

typedef struct {
    sqlite3_stmt *find, *set, *remove, *append;
} zc_statements_t;

static int set_events (zc_sqlite_t *self, const zc_statements_t *statements, int64_t place, uint64_t events)
{
    sqlite3_stmt *statement = events ? statements->set : statements->remove;
    sqlite3_bind_int64 (statement, 1, place);
    if (events)
        sqlite3_bind_int64 (statement, 2, (int64_t) events);
    return zc_sqlite_step (self, statement);
}

static int append (zc_sqlite_t *self, const zc_statements_t *statements, const zc_unpriced_change_t *change)
{
    zc_sqlite_bind_str (statements->append, 1, change->model);
    sqlite3_bind_int64 (statements->append, 2, change->events);
    return zc_sqlite_step (self, statements->append);
}

/* The row of a model; *ret_place: -1: there is none. Those beyond the ledger's cap are all in one, `other`. */
static int find (zc_sqlite_t *self, sqlite3_stmt *statement, zc_str_t model, int64_t *ret_place, uint64_t *ret_events)
{
    zc_sqlite_bind_str (statement, 1, model);
    int code = sqlite3_step (statement);
    *ret_place = code == SQLITE_ROW ? sqlite3_column_int64 (statement, 0) : -1;
    *ret_events = code == SQLITE_ROW ? (uint64_t) sqlite3_column_int64 (statement, 1) : 0;
    int result = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : zc_sqlite_fail (self, sqlite3_sql (statement));
    sqlite3_reset (statement);
    return result;
}

static int correct_model (zc_sqlite_t *self, const zc_statements_t *statements, const zc_unpriced_change_t *change)
{
    int64_t place;
    uint64_t events;
    if (change->events == 0)
        return 0;
    if (find (self, statements->find, change->model, &place, &events) == -1)
        return -1;
    if (place == -1 && change->events > 0)
        return append (self, statements, change);
    if (change->events < 0 ? events < -(uint64_t) change->events : events > UINT64_MAX - (uint64_t) change->events)
        return zc_sqlite_refuse (self, "cannot correct the unpriced events of %.*s: the store counts %llu",
                                 (int) change->model.size, change->model.data, (unsigned long long) events);
    return set_events (self, statements, place, events + (uint64_t) change->events);
}

static int correct_unpriced (zc_sqlite_t *self, const zc_unpriced_change_t *changes, size_t count)
{
    zc_statements_t statements = {
        .find = zc_sqlite_prepare (self, "SELECT place, events FROM unpriced WHERE model = ? ORDER BY place LIMIT 1"),
        .set = zc_sqlite_prepare (self, "UPDATE unpriced SET events = ?2 WHERE place = ?1"),
        .remove = zc_sqlite_prepare (self, "DELETE FROM unpriced WHERE place = ?1"),
        .append = zc_sqlite_prepare (self, "INSERT INTO unpriced (model, events) VALUES (?, ?)"),
    };
    int result = statements.find && statements.set && statements.remove && statements.append ? 0 : -1;
    for (size_t i = 0; i < count && result == 0; i++)
        result = correct_model (self, &statements, &changes [i]);
    sqlite3_finalize (statements.find);
    sqlite3_finalize (statements.set);
    sqlite3_finalize (statements.remove);
    sqlite3_finalize (statements.append);
    return result;
}

/* ------------------------------------------------------------------------- transaction */

int zc_sqlite_correct_begin (void *handle)
{
    zc_sqlite_t *self = handle;
    if (self->to_look)
        return zc_sqlite_refuse (self, "opened read-only");
    if (zc_sqlite_begin (self, true) == -1)
        return -1;
    self->correcting = true;
    self->correction_failed = false;
    return 0;
}

int zc_sqlite_correct (void *handle, const zc_cells_t *cells, const zc_unpriced_change_t *unpriced,
                       size_t unpriced_count)
{
    zc_sqlite_t *self = handle;
    if (!self->correcting)
        return zc_sqlite_refuse (self, "no correction is in progress");
    if (self->correction_failed)
        return zc_sqlite_refuse (self, "an earlier correction failed");
    if (correct_cells (self, cells) == 0 && widen_bound (self, cells) == 0 &&
        correct_unpriced (self, unpriced, unpriced_count) == 0)
        return 0;
    self->correction_failed = true;
    return -1;
}

int zc_sqlite_correct_end (void *handle, bool keep)
{
    zc_sqlite_t *self = handle;
    if (!self->correcting)
        return zc_sqlite_refuse (self, "no correction is in progress");
    self->correcting = false;
    if (keep && !self->correction_failed)
        return zc_sqlite_end (self, 0);
    bool failed = self->correction_failed; /* why was said then */
    zc_sqlite_end (self, -1);
    return failed ? -1 : 0;
}
