/* SPDX-License-Identifier: MPL-2.0
 *
 * load.c - all that a ledger begins with, from one look at the file.
 */
#include "store/sqlite/sqlite.h"

#include <string.h>

typedef struct {
    zc_sqlite_t *store;
    const zc_store_sink_t *sink;
} zc_loading_t;

static int take_unpriced (void *argument, sqlite3_stmt *row)
{
    const zc_loading_t *loading = argument;
    const zc_store_sink_t *sink = loading->sink;
    zc_str_t model = zc_sqlite_str_at (row, 0);
    if (sink->unpriced && sink->unpriced (sink->argument, model, (uint64_t) sqlite3_column_int64 (row, 1)) != 0)
        return zc_sqlite_refuse (loading->store, "cannot load an unpriced model");
    return 0;
}

static int take_config (void *argument, sqlite3_stmt *row)
{
    const zc_loading_t *loading = argument;
    const zc_store_sink_t *sink = loading->sink;
    const void *body = sqlite3_column_blob (row, 0);
    size_t size = (size_t) sqlite3_column_bytes (row, 0);
    if (sink->config && sink->config (sink->argument, body ? body : "", size) != 0)
        return zc_sqlite_refuse (loading->store, "cannot load the prices and the policy");
    return 0;
}

static int take_alert (void *argument, sqlite3_stmt *row)
{
    const zc_loading_t *loading = argument;
    const zc_store_sink_t *sink = loading->sink;
    int64_t percent = sqlite3_column_int64 (row, 2);
    if (percent < 0 || percent > UINT32_MAX)
        return zc_sqlite_refuse (loading->store, "damaged: an alert has an invalid percentage, %lld",
                                 (long long) percent);
    zc_str_t budget = zc_sqlite_str_at (row, 0);
    zc_alert_t alert = {
        .period_start_s = sqlite3_column_int64 (row, 1),
        .percent = (uint32_t) percent,
        .passed_ms = sqlite3_column_int64 (row, 3),
        .spent_nanousd = sqlite3_column_int64 (row, 4),
        .limit_nanousd = sqlite3_column_int64 (row, 5),
        .published = sqlite3_column_int64 (row, 6) != 0,
    };
    if (budget.size >= sizeof alert.budget || memchr (budget.data, '\0', budget.size))
        return zc_sqlite_refuse (loading->store, "damaged: the name of an alert's budget is invalid");
    memcpy (alert.budget, budget.data, budget.size);
    if (sink->alert && sink->alert (sink->argument, &alert) != 0)
        return zc_sqlite_refuse (loading->store, "cannot load an alert");
    return 0;
}

static int load_all (zc_sqlite_t *self, const zc_store_sink_t *sink, zc_store_state_t *state)
{
    zc_loading_t loading = {self, sink};
    if (zc_sqlite_read_state (self, state) == -1 ||
        zc_sqlite_rows (self, "SELECT body FROM terms ORDER BY sequence DESC LIMIT 1", take_config, &loading) == -1 ||
        zc_sqlite_load_keys (self, sink) == -1 || zc_sqlite_load_producers (self, sink) == -1 ||
        zc_sqlite_rows (self, "SELECT model, events FROM unpriced ORDER BY place", take_unpriced, &loading) == -1)
        return -1;
    return zc_sqlite_rows (self,
                           "SELECT budget, period_start, percent, passed_ms, spent_nanousd, limit_nanousd, published"
                           " FROM alert ORDER BY budget, period_start, percent",
                           take_alert, &loading);
}

/* One transaction, so that all is of the same checkpoint. */
int zc_sqlite_load (void *handle, const zc_store_sink_t *sink, zc_store_state_t *ret_state)
{
    zc_sqlite_t *self = handle;
    zc_store_state_t state;
    if (zc_sqlite_begin (self, false) == -1 || zc_sqlite_end (self, load_all (self, sink, &state)) == -1)
        return -1;
    zc_sqlite_measure (self, &state);
    *ret_state = state;
    return 0;
}
