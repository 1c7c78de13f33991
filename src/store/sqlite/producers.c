/* SPDX-License-Identifier: MPL-2.0
 *
 * producers.c - the producers, there and back.
 */
#include "store/sqlite/sqlite.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define INTERVAL_BYTES 16

/* ---------------------------------------------------------------------------------- put */

static int pack_intervals (const zc_producer_row_t *row, uint8_t *ret_bytes)
{
    assert (row->intervals_count <= ZC_INTERVALS_MAX);
    for (uint32_t i = 0; i < row->intervals_count; i++) {
        uint64_t pair [2] = {htobe64 (row->intervals [i].first), htobe64 (row->intervals [i].end)};
        memcpy (ret_bytes + (size_t) i * INTERVAL_BYTES, pair, INTERVAL_BYTES);
    }
    return (int) row->intervals_count * INTERVAL_BYTES;
}

static int put_live (zc_sqlite_t *self, sqlite3_stmt *put, const zc_producer_row_t *row)
{
    uint8_t intervals [ZC_INTERVALS_MAX * INTERVAL_BYTES];
    sqlite3_bind_int64 (put, 1, (int64_t) row->turn);
    sqlite3_bind_blob (put, 2, row->id, ZC_PRODUCER_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64 (put, 3, row->epoch);
    sqlite3_bind_int64 (put, 4, (int64_t) row->next);
    sqlite3_bind_int64 (put, 5, row->open_ended);
    sqlite3_bind_int64 (put, 6, (int64_t) row->base);
    sqlite3_bind_int64 (put, 7, row->base_ms);
    sqlite3_bind_int64 (put, 8, (int64_t) row->dropped);
    sqlite3_bind_int64 (put, 9, (int64_t) row->accepted_events);
    sqlite3_bind_int64 (put, 10, (int64_t) row->lost);
    sqlite3_bind_int64 (put, 11, row->seen_ms);
    sqlite3_bind_blob (put, 12, intervals, pack_intervals (row, intervals), SQLITE_STATIC);
    return zc_sqlite_step (self, put);
}

static int put_expired (zc_sqlite_t *self, sqlite3_stmt *put, const zc_producer_row_t *row)
{
    sqlite3_bind_int64 (put, 1, (int64_t) row->turn);
    sqlite3_bind_blob (put, 2, row->id, ZC_PRODUCER_BYTES, SQLITE_STATIC);
    sqlite3_bind_int64 (put, 3, row->epoch);
    sqlite3_bind_int64 (put, 4, (int64_t) row->next);
    return zc_sqlite_step (self, put);
}

static int forget (zc_sqlite_t *self, sqlite3_stmt *remove, const uint8_t id [ZC_PRODUCER_BYTES])
{
    sqlite3_bind_blob (remove, 1, id, ZC_PRODUCER_BYTES, SQLITE_STATIC);
    return zc_sqlite_step (self, remove);
}

/* A producer is in one of the two tables, or in none. */
typedef struct {
    sqlite3_stmt *put_live, *put_expired, *forget_live, *forget_expired;
} zc_statements_t;

static int put_all (zc_sqlite_t *self, const zc_statements_t *statements, const zc_producers_changes_t *changes)
{
    for (size_t i = 0; i < changes->rows_count; i++) {
        const zc_producer_row_t *row = &changes->rows [i];
        int result = row->expired ? put_expired (self, statements->put_expired, row)
                                  : put_live (self, statements->put_live, row);
        if (result == -1 ||
            forget (self, row->expired ? statements->forget_live : statements->forget_expired, row->id) == -1)
            return -1;
    }
    for (size_t i = 0; i < changes->forgotten_count; i++)
        if (forget (self, statements->forget_live, changes->forgotten [i]) == -1 ||
            forget (self, statements->forget_expired, changes->forgotten [i]) == -1)
            return -1;
    return 0;
}

int zc_sqlite_put_producers (zc_sqlite_t *self, const zc_producers_changes_t *changes)
{
    zc_statements_t statements = {
        .put_live = zc_sqlite_prepare (self, "REPLACE INTO producer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        .put_expired = zc_sqlite_prepare (self, "REPLACE INTO expired_producer VALUES (?, ?, ?, ?)"),
        .forget_live = zc_sqlite_prepare (self, "DELETE FROM producer WHERE id = ?"),
        .forget_expired = zc_sqlite_prepare (self, "DELETE FROM expired_producer WHERE id = ?"),
    };
    int result = -1;
    if (statements.put_live && statements.put_expired && statements.forget_live && statements.forget_expired)
        result = put_all (self, &statements, changes);
    sqlite3_finalize (statements.put_live);
    sqlite3_finalize (statements.put_expired);
    sqlite3_finalize (statements.forget_live);
    sqlite3_finalize (statements.forget_expired);
    return result;
}

/* --------------------------------------------------------------------------------- load */

typedef struct {
    zc_sqlite_t *store;
    const zc_store_sink_t *sink;
} zc_loading_t;

/* What both tables have. */
static int read_common (const zc_loading_t *loading, sqlite3_stmt *columns, zc_producer_row_t *row)
{
    int64_t turn = sqlite3_column_int64 (columns, 0), epoch = sqlite3_column_int64 (columns, 2);
    const void *id = sqlite3_column_blob (columns, 1);
    if (!id || sqlite3_column_bytes (columns, 1) != ZC_PRODUCER_BYTES || turn < 0 || epoch < 0 || epoch > UINT32_MAX)
        return zc_sqlite_refuse (loading->store, "damaged: the producer with turn %lld is malformed", (long long) turn);
    row->turn = (uint64_t) turn;
    memcpy (row->id, id, ZC_PRODUCER_BYTES);
    row->epoch = (uint32_t) epoch;
    row->next = (uint64_t) sqlite3_column_int64 (columns, 3);
    return 0;
}

/* Ascending, none empty, apart from each other and from what is closed. */
static int read_intervals (const zc_loading_t *loading, const uint8_t *bytes, int size, zc_interval_t *intervals,
                           zc_producer_row_t *row)
{
    if (size % INTERVAL_BYTES != 0 || size > ZC_INTERVALS_MAX * INTERVAL_BYTES)
        return zc_sqlite_refuse (loading->store, "damaged: a producer's intervals have an invalid size");
    uint64_t last = row->next;
    for (; size > 0; size -= INTERVAL_BYTES, bytes += INTERVAL_BYTES) {
        uint64_t pair [2];
        memcpy (pair, bytes, INTERVAL_BYTES);
        zc_interval_t interval = {be64toh (pair [0]), be64toh (pair [1])};
        if (interval.first <= last || interval.end <= interval.first)
            return zc_sqlite_refuse (loading->store, "damaged: a producer's intervals are out of order");
        intervals [row->intervals_count++] = interval;
        last = interval.end;
    }
    row->intervals = intervals;
    return 0;
}

static int read_live (const zc_loading_t *loading, sqlite3_stmt *columns, zc_interval_t *intervals,
                      zc_producer_row_t *row)
{
    row->open_ended = sqlite3_column_int64 (columns, 4) != 0;
    row->base = (uint64_t) sqlite3_column_int64 (columns, 5);
    row->base_ms = sqlite3_column_int64 (columns, 6);
    row->dropped = (uint64_t) sqlite3_column_int64 (columns, 7);
    row->accepted_events = (uint64_t) sqlite3_column_int64 (columns, 8);
    row->lost = (uint64_t) sqlite3_column_int64 (columns, 9);
    row->seen_ms = sqlite3_column_int64 (columns, 10);
    const void *bytes = sqlite3_column_blob (columns, 11);
    return read_intervals (loading, bytes, sqlite3_column_bytes (columns, 11), intervals, row);
}

/* A row of `producer`, or one of the four columns of `expired_producer` and nothing behind them. */
static int take_producer (void *argument, sqlite3_stmt *columns)
{
    const zc_loading_t *loading = argument;
    const zc_store_sink_t *sink = loading->sink;
    zc_interval_t intervals [ZC_INTERVALS_MAX];
    zc_producer_row_t row = {.expired = sqlite3_column_type (columns, 4) == SQLITE_NULL};
    if (read_common (loading, columns, &row) == -1 ||
        (!row.expired && read_live (loading, columns, intervals, &row) == -1))
        return -1;
    if (sink->producer && sink->producer (sink->argument, &row) != 0)
        return zc_sqlite_refuse (loading->store, "cannot load the producer with turn %lld", (long long) row.turn);
    return 0;
}

int zc_sqlite_load_producers (zc_sqlite_t *self, const zc_store_sink_t *sink)
{
    zc_loading_t loading = {self, sink};
    return zc_sqlite_rows (self,
                           "SELECT turn, id, epoch, next, open_ended, base, base_ms, dropped, accepted_events, lost,"
                           " seen_ms, seen_above FROM producer"
                           " UNION ALL SELECT turn, id, epoch, next, NULL, 0, 0, 0, 0, 0, 0, NULL FROM expired_producer"
                           " ORDER BY turn",
                           take_producer, &loading);
}
