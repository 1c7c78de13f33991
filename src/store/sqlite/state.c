/* SPDX-License-Identifier: MPL-2.0
 *
 * state.c - the ledger's id, the last checkpoint and the counters, there and back.
 */
#include "store/sqlite/sqlite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A row of `counter`. Values beyond 2^63 - 1 are kept as the same 64 bits. */
typedef struct {
    char name [40];
    uint64_t value;
} zc_counter_row_t;

#define REJECTED "rejected_"
#define COUNTERS (8 + ZC_REASON_COUNT)

/* The rows for the counters. With the next function, the one place that knows both sides. */
static void rows_of (const zc_counters_t *counters, zc_counter_row_t ret_rows [COUNTERS])
{
    const zc_counter_row_t single [COUNTERS - ZC_REASON_COUNT] = {
        {"accepted", counters->accepted},
        {"duplicate", counters->delivery.duplicate},
        {"lost", counters->delivery.lost},
        {"dropped", counters->delivery.dropped},
        {"folded_to_other", counters->folded_to_other},
        {"saved_ns_magnitude", (uint64_t) counters->saved_ns_magnitude},
        {"producers_forgotten", counters->producers_forgotten},
        {"prompt_saved_magnitude", (uint64_t) counters->prompt_saved_magnitude},
    };
    memcpy (ret_rows, single, sizeof single);
    for (int reason = 0; reason < ZC_REASON_COUNT; reason++) {
        zc_counter_row_t *row = &ret_rows [COUNTERS - ZC_REASON_COUNT + reason];
        snprintf (row->name, sizeof row->name, REJECTED "%s", zc_event_reason_name (reason));
        row->value = counters->rejected [reason];
    }
}

static void counters_of (const zc_counter_row_t rows [COUNTERS], zc_counters_t *ret_counters)
{
    ret_counters->accepted = rows [0].value;
    ret_counters->delivery.duplicate = rows [1].value;
    ret_counters->delivery.lost = rows [2].value;
    ret_counters->delivery.dropped = rows [3].value;
    ret_counters->folded_to_other = rows [4].value;
    ret_counters->saved_ns_magnitude = (int64_t) rows [5].value;
    ret_counters->producers_forgotten = rows [6].value != 0;
    ret_counters->prompt_saved_magnitude = (int64_t) rows [7].value;
    for (int reason = 0; reason < ZC_REASON_COUNT; reason++)
        ret_counters->rejected [reason] = rows [COUNTERS - ZC_REASON_COUNT + reason].value;
}

int zc_sqlite_put_counters (zc_sqlite_t *self, const zc_counters_t *counters)
{
    zc_counter_row_t rows [COUNTERS];
    rows_of (counters, rows);
    sqlite3_stmt *replace = zc_sqlite_prepare (self, "REPLACE INTO counter VALUES (?, ?)");
    if (!replace)
        return -1;
    int result = 0;
    for (int i = 0; i < COUNTERS && result == 0; i++) {
        sqlite3_bind_text (replace, 1, rows [i].name, -1, SQLITE_STATIC);
        sqlite3_bind_int64 (replace, 2, (int64_t) rows [i].value);
        result = zc_sqlite_step (self, replace);
    }
    sqlite3_finalize (replace);
    return result;
}

/* Kept beside the cells: to count them takes as long as to read them. */
int zc_sqlite_count_cells (zc_sqlite_t *self, int64_t more)
{
    char sql [160];
    snprintf (sql, sizeof sql,
              "INSERT INTO counter VALUES ('cells', %" PRId64
              ") ON CONFLICT (name)"
              " DO UPDATE SET value = value + excluded.value",
              more);
    return zc_sqlite_run (self, sql);
}

/* --------------------------------------------------------------------------------- read */

typedef struct {
    zc_sqlite_t *store;
    zc_store_state_t *state;
    zc_counter_row_t rows [COUNTERS]; /* named; those without a row are 0 */
    int found;
} zc_reading_t;

static int take_counter (void *argument, sqlite3_stmt *row)
{
    zc_reading_t *reading = argument;
    const char *name = (const char *) sqlite3_column_text (row, 0);
    uint64_t value = (uint64_t) sqlite3_column_int64 (row, 1);
    if (name && strcmp (name, "cells") == 0) {
        reading->state->cells = value;
        return 0;
    }
    for (int i = 0; i < COUNTERS && name; i++)
        if (strcmp (name, reading->rows [i].name) == 0) {
            reading->rows [i].value = value;
            return 0;
        }
    return zc_sqlite_refuse (reading->store, "damaged: unknown counter '%.40s'", name ? name : "");
}

static int take_meta (void *argument, sqlite3_stmt *row)
{
    zc_reading_t *reading = argument;
    const void *id = sqlite3_column_blob (row, 0);
    if (!id || sqlite3_column_bytes (row, 0) != ZC_LEDGER_ID_BYTES)
        return zc_sqlite_refuse (reading->store, "damaged: the ledger's id has the wrong size");
    memcpy (reading->state->ledger_id, id, ZC_LEDGER_ID_BYTES);
    reading->state->began_ms = sqlite3_column_int64 (row, 1);
    reading->found++;
    return 0;
}

static int take_checkpoint (void *argument, sqlite3_stmt *row)
{
    zc_reading_t *reading = argument;
    int64_t sequence = sqlite3_column_int64 (row, 0);
    if (sequence < 0)
        return zc_sqlite_refuse (reading->store, "damaged: the number of the checkpoint is out of range");
    if (zc_sqlite_position_at (reading->store, row, 1, "the checkpoint", &reading->state->position) == -1)
        return -1;
    reading->state->sequence = (uint64_t) sequence;
    reading->state->taken_ms = sqlite3_column_int64 (row, 3);
    reading->found++;
    return 0;
}

int zc_sqlite_read_state (zc_sqlite_t *self, zc_store_state_t *ret_state)
{
    zc_store_state_t state = {0};
    zc_reading_t reading = {.store = self, .state = &state};
    rows_of (&state.counters, reading.rows);
    if (zc_sqlite_rows (self, "SELECT ledger_id, began_ms FROM meta", take_meta, &reading) == -1 ||
        zc_sqlite_rows (self, "SELECT sequence, segment, offset, taken_ms FROM checkpoint", take_checkpoint,
                        &reading) == -1 ||
        zc_sqlite_rows (self, "SELECT name, value FROM counter", take_counter, &reading) == -1)
        return -1;
    if (reading.found != 2)
        return zc_sqlite_refuse (self, "damaged: tables meta and checkpoint must have exactly one row each");
    counters_of (reading.rows, &state.counters);
    *ret_state = state;
    return 0;
}

static uint64_t size_of (const char *path, const char *suffix)
{
    char name [PATH_MAX + 8];
    struct stat status;
    snprintf (name, sizeof name, "%s%s", path, suffix);
    return stat (name, &status) == 0 ? (uint64_t) status.st_size : 0;
}

void zc_sqlite_measure (const zc_sqlite_t *self, zc_store_state_t *state)
{
    state->bytes = self->in_memory ? 0 : size_of (self->path, "") + size_of (self->path, "-wal");
}
