/* SPDX-License-Identifier: MPL-2.0
 *
 * functions.c - SQL functions of ours over latencies, for our own statements.
 *
 * Of a connection, not of the file: no view and no trigger uses them, so that `sqlite3` reads all without us.
 */
#include "store/sqlite/sqlite.h"

#include "store/latency_blob.h"

typedef struct {
    const uint8_t *data;
    size_t size;
} zc_blob_t;

static zc_blob_t blob_of (sqlite3_value *value)
{
    const uint8_t *data = sqlite3_value_blob (value);
    return (zc_blob_t){data ? data : (const uint8_t *) "", data ? (size_t) sqlite3_value_bytes (value) : 0};
}

static void say_damaged (sqlite3_context *context)
{
    sqlite3_result_error (context, "damaged: malformed latencies", -1);
}

/* zc_merge (latencies, more): what a cell has then; NULL: it had none. */
static void merge (sqlite3_context *context, int count, sqlite3_value **values)
{
    (void) count;
    zc_blob_t old = blob_of (values [0]), more = blob_of (values [1]);
    if (old.size == 0) {
        sqlite3_result_value (context, values [1]);
        return;
    }
    uint8_t *merged = sqlite3_malloc64 (old.size + more.size);
    if (!merged) {
        sqlite3_result_error_nomem (context);
        return;
    }
    int64_t size = zc_latency_blob_merge (old.data, old.size, more.data, more.size, merged);
    if (size >= 0)
        sqlite3_result_blob64 (context, merged, (uint64_t) size, sqlite3_free);
    else {
        say_damaged (context);
        sqlite3_free (merged);
    }
}

/* zc_merged (latencies): those of many cells, as one; NULL: none had any. */
typedef struct {
    uint8_t *data;
    size_t size;
} zc_merged_t;

static void merged_step (sqlite3_context *context, int count, sqlite3_value **values)
{
    (void) count;
    zc_blob_t more = blob_of (values [0]);
    if (more.size == 0)
        return;
    zc_merged_t *all = sqlite3_aggregate_context (context, sizeof *all);
    uint8_t *merged = all ? sqlite3_malloc64 (all->size + more.size) : NULL;
    if (!merged) {
        sqlite3_result_error_nomem (context);
        return;
    }
    const uint8_t *data = all->data ? all->data : (const uint8_t *) "";
    int64_t size = zc_latency_blob_merge (data, all->size, more.data, more.size, merged);
    if (size < 0)
        say_damaged (context);
    sqlite3_free (all->data);
    *all = (zc_merged_t){merged, size < 0 ? 0 : (size_t) size};
}

static void merged_final (sqlite3_context *context)
{
    const zc_merged_t *all = sqlite3_aggregate_context (context, 0);
    if (all && all->data)
        sqlite3_result_blob64 (context, all->data, all->size, sqlite3_free);
}

/* zc_latency_events (latencies): how many; NULL: it is damaged. */
static void count_events (sqlite3_context *context, int count, sqlite3_value **values)
{
    (void) count;
    zc_blob_t latencies = blob_of (values [0]);
    int64_t events = zc_latency_blob_events (latencies.data, latencies.size);
    if (events >= 0)
        sqlite3_result_int64 (context, events);
}

int zc_sqlite_add_functions (zc_sqlite_t *self)
{
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY | SQLITE_DETERMINISTIC;
    if (sqlite3_create_function (self->db, "zc_merge", 2, flags, NULL, merge, NULL, NULL) == SQLITE_OK &&
        sqlite3_create_function (self->db, "zc_merged", 1, flags, NULL, NULL, merged_step, merged_final) == SQLITE_OK &&
        sqlite3_create_function (self->db, "zc_latency_events", 1, flags, NULL, count_events, NULL, NULL) == SQLITE_OK)
        return 0;
    return zc_sqlite_fail (self, "functions");
}
