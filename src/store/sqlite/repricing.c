/* SPDX-License-Identifier: MPL-2.0
 *
 * repricing.c - which re-pricings what is summed has gone through, and the terms that are remembered.
 */
#include "store/sqlite/sqlite.h"

/* ------------------------------------------------------------------------- repricing */

/* A re-pricing takes in all that those of a later beginning before it did: they leave no trace. */
static int forget_covered (zc_sqlite_t *self, int64_t since_s)
{
    sqlite3_stmt *remove = zc_sqlite_prepare (self, "DELETE FROM repricing WHERE since >= ?");
    if (!remove)
        return -1;
    sqlite3_bind_int64 (remove, 1, since_s);
    int result = zc_sqlite_step (self, remove);
    sqlite3_finalize (remove);
    return result;
}

static int append (zc_sqlite_t *self, const zc_repricing_t *row)
{
    sqlite3_stmt *insert = zc_sqlite_prepare (
        self, "INSERT INTO repricing (since, segment, offset, applied_ms, source, prices) VALUES (?, ?, ?, ?, ?, ?)");
    if (!insert)
        return -1;
    sqlite3_bind_int64 (insert, 1, row->since_s);
    zc_sqlite_bind_position (insert, 2, row->until);
    sqlite3_bind_int64 (insert, 4, row->applied_ms);
    zc_sqlite_bind_str (insert, 5, row->source);
    sqlite3_bind_blob64 (insert, 6, row->prices, row->prices_size, SQLITE_STATIC);
    int result = zc_sqlite_step (self, insert);
    sqlite3_finalize (insert);
    return result;
}

int zc_sqlite_remember_repricing (void *handle, const zc_repricing_t *row)
{
    zc_sqlite_t *self = handle;
    int64_t kept = 0;
    if (!self->correcting)
        return zc_sqlite_refuse (self, "no correction is in progress");
    if (forget_covered (self, row->since_s) == -1 ||
        zc_sqlite_integer (self, "SELECT count (*) FROM repricing", &kept) == -1)
        return -1;
    if (kept >= ZC_REPRICINGS_MAX)
        return zc_sqlite_refuse (
            self, "holds %lld re-pricings, the maximum: use a --since no later than that of one of them, to replace it",
            (long long) kept);
    return append (self, row);
}

typedef struct {
    zc_sqlite_t *store;
    int (*take) (void *argument, const zc_repricing_t *row);
    void *argument;
} zc_taking_repricings_t;

static int hand_out_repricing (void *argument, sqlite3_stmt *row)
{
    const zc_taking_repricings_t *taking = argument;
    zc_repricing_t repricing = {
        .since_s = sqlite3_column_int64 (row, 0),
        .applied_ms = sqlite3_column_int64 (row, 3),
        .source = zc_sqlite_str_at (row, 4),
    };
    if (zc_sqlite_position_at (taking->store, row, 1, "a re-pricing", &repricing.until) == -1)
        return -1;
    const void *prices = sqlite3_column_blob (row, 5);
    repricing.prices = prices ? prices : "";
    repricing.prices_size = (size_t) sqlite3_column_bytes (row, 5);
    return taking->take (taking->argument, &repricing) == 0
               ? 0
               : zc_sqlite_refuse (taking->store, "cannot load a re-pricing");
}

int zc_sqlite_each_repricing (void *handle, int (*take) (void *argument, const zc_repricing_t *row), void *argument)
{
    zc_taking_repricings_t taking = {handle, take, argument};
    return zc_sqlite_rows (handle,
                           "SELECT since, segment, offset, applied_ms, source, prices FROM repricing ORDER BY id",
                           hand_out_repricing, &taking);
}

/* ----------------------------------------------------------------------------- terms */

typedef struct {
    zc_sqlite_t *store;
    zc_take_config_t *take;
    void *argument;
} zc_taking_config_t;

static int hand_out_config (void *argument, sqlite3_stmt *row)
{
    const zc_taking_config_t *taking = argument;
    const void *body = sqlite3_column_blob (row, 2);
    int rc = taking->take (taking->argument, (uint64_t) sqlite3_column_int64 (row, 0), sqlite3_column_int64 (row, 1),
                           body ? body : "", (size_t) sqlite3_column_bytes (row, 2));
    return rc == 0 ? 0 : zc_sqlite_refuse (taking->store, "cannot load the prices and the policy");
}

int zc_sqlite_each_config (void *handle, zc_take_config_t *take, void *argument)
{
    zc_taking_config_t taking = {handle, take, argument};
    return zc_sqlite_rows (handle, "SELECT sequence, from_ms, body FROM terms ORDER BY sequence", hand_out_config,
                           &taking);
}
