/* SPDX-License-Identifier: MPL-2.0
 *
 * store_sqlite_load.c - all that a ledger begins with, from one look at the file.
 */
#include "store/store_sqlite.h"

#include <inttypes.h>
#include <string.h>

typedef struct {
    zc_sqlite_t *store;
    const zc_store_sink_t *sink;
    int64_t next; /* the key that must come */
} zc_loading_t;

/* A column's text; its bytes are asked for behind it, as SQLite wants it. */
static zc_str_t str_at (sqlite3_stmt *row, int column)
{
    const char *text = (const char *) sqlite3_column_text (row, column);
    return (zc_str_t) {text ? text : "", (uint32_t) sqlite3_column_bytes (row, column)};
}

static int type_at (sqlite3_stmt *row, int column, zcost_type_t *ret_type)
{
    const char *name = (const char *) sqlite3_column_text (row, column);
    for (zcost_type_t type = ZCOST_QUERY_ROUTER; name && type <= ZCOST_LLM_CALL; type++)
        if (strcmp (name, zc_type_name (type)) == 0) {
            *ret_type = type;
            return 0;
        }
    return -1;
}

static zc_measures_t measures_at (sqlite3_stmt *row, int column)
{
    return (zc_measures_t) {
        .events = sqlite3_column_int64 (row, column),
        .unpriced = sqlite3_column_int64 (row, column + 1),
        .measured = sqlite3_column_int64 (row, column + 2),
        .cost_nanousd = sqlite3_column_int64 (row, column + 3),
        .baseline_nanousd = sqlite3_column_int64 (row, column + 4),
        .input_tokens = sqlite3_column_int64 (row, column + 5),
        .cache_read_tokens = sqlite3_column_int64 (row, column + 6),
        .cache_write_tokens = sqlite3_column_int64 (row, column + 7),
        .output_tokens = sqlite3_column_int64 (row, column + 8),
        .reasoning_tokens = sqlite3_column_int64 (row, column + 9),
        .hits = sqlite3_column_int64 (row, column + 10),
        .misses = sqlite3_column_int64 (row, column + 11),
        .saved_nanousd = sqlite3_column_int64 (row, column + 12),
        .saved_ns = sqlite3_column_int64 (row, column + 13),
    };
}

static int take_key (void *argument, sqlite3_stmt *row)
{
    zc_loading_t *loading = argument;
    zc_dimensions_t dimensions;
    if (sqlite3_column_int64 (row, 0) != loading->next)
        return zc_sqlite_refuse (loading->store, "damaged: key %" PRId64 " is missing", loading->next);
    if (type_at (row, 1, &dimensions.type) == -1)
        return zc_sqlite_refuse (loading->store, "damaged: key %" PRId64 " is of no known type", loading->next);
    dimensions.service = str_at (row, 2);
    dimensions.tier = str_at (row, 3);
    dimensions.model = str_at (row, 4);
    dimensions.provider = str_at (row, 5);
    zc_measures_t sums = measures_at (row, 6);
    const zc_store_sink_t *sink = loading->sink;
    if (sink->key && sink->key (sink->argument, (uint32_t) loading->next, &dimensions, &sums) != 0)
        return zc_sqlite_refuse (loading->store, "key %" PRId64 " was not taken", loading->next);
    loading->next++;
    return 0;
}

/* A key of which nothing was ever counted has no row in `ever`: its sums read as 0. */
static int load_keys (zc_loading_t *loading)
{
    zc_sqlite_t *self = loading->store;
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendall (sql, "SELECT id, type, service, tier, model, provider, ");
    zc_sqlite_each_measure (sql, "%s");
    sqlite3_str_appendall (sql, " FROM key LEFT JOIN ever ON ever.key = id ORDER BY id");
    char *text = sqlite3_str_finish (sql);
    int result = text ? zc_sqlite_rows (self, text, take_key, loading) : zc_sqlite_refuse (self, "out of memory");
    sqlite3_free (text);
    return result;
}

static int take_unpriced (void *argument, sqlite3_stmt *row)
{
    const zc_loading_t *loading = argument;
    const zc_store_sink_t *sink = loading->sink;
    zc_str_t model = str_at (row, 0);
    if (sink->unpriced && sink->unpriced (sink->argument, model, (uint64_t) sqlite3_column_int64 (row, 1)) != 0)
        return zc_sqlite_refuse (loading->store, "an unpriced model was not taken");
    return 0;
}

static int take_terms (void *argument, sqlite3_stmt *row)
{
    const zc_loading_t *loading = argument;
    const zc_store_sink_t *sink = loading->sink;
    const void *body = sqlite3_column_blob (row, 0);
    size_t size = (size_t) sqlite3_column_bytes (row, 0);
    if (sink->terms && sink->terms (sink->argument, body ? body : "", size) != 0)
        return zc_sqlite_refuse (loading->store, "the terms were not taken");
    return 0;
}

static int load_all (zc_sqlite_t *self, const zc_store_sink_t *sink, zc_store_state_t *state)
{
    zc_loading_t loading = {self, sink, 0};
    if (zc_sqlite_read_state (self, state) == -1 ||
        zc_sqlite_rows (self, "SELECT body FROM terms ORDER BY sequence DESC LIMIT 1", take_terms, &loading) == -1 ||
        load_keys (&loading) == -1 || zc_sqlite_load_producers (self, sink) == -1)
        return -1;
    return zc_sqlite_rows (self, "SELECT model, events FROM unpriced ORDER BY place", take_unpriced, &loading);
}

/* One transaction, so that all is of the same checkpoint. */
int zc_sqlite_load (void *handle, const zc_store_sink_t *sink, zc_store_state_t *ret_state)
{
    zc_sqlite_t *self = handle;
    zc_store_state_t state;
    if (zc_sqlite_run (self, "BEGIN") == -1 || zc_sqlite_end (self, load_all (self, sink, &state)) == -1)
        return -1;
    zc_sqlite_measure (self, &state);
    *ret_state = state;
    return 0;
}
