/* SPDX-License-Identifier: MPL-2.0
 *
 * commit.c - a checkpoint becomes one transaction.
 */
#include "store/sqlite/sqlite.h"

#include <inttypes.h>
#include <stdio.h>

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

static int put_alert (zc_sqlite_t *self, sqlite3_stmt *insert, const zc_alert_t *alert)
{
    sqlite3_bind_text (insert, 1, alert->budget, -1, SQLITE_STATIC);
    sqlite3_bind_int64 (insert, 2, alert->period_start_s);
    sqlite3_bind_int64 (insert, 3, alert->percent);
    sqlite3_bind_int64 (insert, 4, alert->passed_ms);
    sqlite3_bind_int64 (insert, 5, alert->spent_nanousd);
    sqlite3_bind_int64 (insert, 6, alert->limit_nanousd);
    sqlite3_bind_int64 (insert, 7, alert->published);
    return zc_sqlite_step (self, insert);
}

static int put_alerts (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    if (zc_sqlite_run (self, "DELETE FROM alert") == -1)
        return -1;
    sqlite3_stmt *insert = zc_sqlite_prepare (self, "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?)");
    if (!insert)
        return -1;
    int result = 0;
    for (size_t i = 0; i < checkpoint->alerts_count && result == 0; i++)
        result = put_alert (self, insert, &checkpoint->alerts [i]);
    sqlite3_finalize (insert);
    return result;
}

/* A price table is large: without an end to what is kept, a file that is reloaded daily would be mostly
 * old prices. */
static int forget_old_config (zc_sqlite_t *self)
{
    char sql [128];
    snprintf (sql, sizeof sql,
              "DELETE FROM terms WHERE sequence NOT IN (SELECT sequence FROM terms ORDER BY sequence DESC LIMIT %d)",
              ZC_SQLITE_TERMS_KEPT);
    return zc_sqlite_run (self, sql);
}

static int put_config (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    if (!checkpoint->config)
        return 0;
    sqlite3_stmt *insert = zc_sqlite_prepare (self, "INSERT INTO terms VALUES (?, ?, ?)");
    if (!insert)
        return -1;
    sqlite3_bind_int64 (insert, 1, (int64_t) checkpoint->sequence);
    sqlite3_bind_int64 (insert, 2, checkpoint->taken_ms);
    sqlite3_bind_blob64 (insert, 3, checkpoint->config, checkpoint->config_size, SQLITE_STATIC);
    int result = zc_sqlite_step (self, insert);
    sqlite3_finalize (insert);
    return result == 0 ? forget_old_config (self) : -1;
}

static int put_position (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    sqlite3_stmt *update =
        zc_sqlite_prepare (self, "UPDATE checkpoint SET sequence = ?, segment = ?, offset = ?, taken_ms = ?");
    if (!update)
        return -1;
    sqlite3_bind_int64 (update, 1, (int64_t) checkpoint->sequence);
    zc_sqlite_bind_position (update, 2, checkpoint->position);
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
    if (require_next (self, checkpoint->sequence) == -1 || zc_sqlite_put_keys (self, checkpoint) == -1 ||
        zc_sqlite_add_cells (self, checkpoint->cells) == -1 ||
        zc_sqlite_put_producers (self, &checkpoint->producers) == -1 ||
        zc_sqlite_put_counters (self, &checkpoint->counters) == -1 || put_unpriced (self, checkpoint) == -1 ||
        put_alerts (self, checkpoint) == -1 || put_config (self, checkpoint) == -1)
        return -1;
    return put_position (self, checkpoint);
}

int zc_sqlite_commit (void *handle, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state)
{
    zc_sqlite_t *self = handle;
    if (self->to_look)
        return zc_sqlite_refuse (self, "opened read-only");
    if (zc_sqlite_begin (self, true) == -1)
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
