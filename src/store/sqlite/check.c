/* SPDX-License-Identifier: MPL-2.0
 *
 * check.c - whether the file is whole, and its sums are each other's sums.
 */
#include "store/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

static int take_integrity (void *argument, sqlite3_stmt *row)
{
    const char *text = (const char *) sqlite3_column_text (row, 0);
    return text && strcmp (text, "ok") == 0 ? 0 : zc_sqlite_refuse (argument, "damaged: %.180s", text ? text : "");
}

static int take_stray (void *argument, sqlite3_stmt *row)
{
    const char *table = (const char *) sqlite3_column_text (row, 0);
    return zc_sqlite_refuse (argument, "damaged: a row of table %.40s refers to a key that does not exist",
                             table ? table : "");
}

static int check_cells_counted (zc_sqlite_t *self)
{
    int64_t counted = 0, there = 0;
    if (zc_sqlite_integer (self, "SELECT value FROM counter WHERE name = 'cells'", &counted) == -1 ||
        zc_sqlite_integer (self,
                           "SELECT (SELECT count (*) FROM minute) + (SELECT count (*) FROM quarter)"
                           " + (SELECT count (*) FROM day)",
                           &there) == -1)
        return -1;
    if (counted == there)
        return 0;
    return zc_sqlite_refuse (self, "damaged: its counter says %lld cells, but there are %lld", (long long) counted,
                             (long long) there);
}

static int take_uneven (void *argument, sqlite3_stmt *row)
{
    return zc_sqlite_refuse (argument, "damaged: the days of key %lld do not add up to its sums in table ever",
                             (long long) sqlite3_column_int64 (row, 0));
}

/* Rows of the one set that the other has not, both ways. */
static int check_days_add_up (zc_sqlite_t *self)
{
    int64_t trimmed = 0;
    if (zc_sqlite_integer (self, "SELECT day_trimmed FROM meta", &trimmed) == -1)
        return -1;
    if (trimmed != 0)
        return 0;
    sqlite3_str *sql = sqlite3_str_new (self->db);
    static const char *const sums [] = {"%s", "sum (%s)"}, *const tables [] = {"ever", "day GROUP BY key"};
    static const char *const latencies [] = {"latencies", "zc_merged (latencies)"};
    for (int way = 0; way < 2; way++) {
        sqlite3_str_appendall (sql, way ? " UNION ALL SELECT * FROM (SELECT key, " : "SELECT * FROM (SELECT key, ");
        zc_sqlite_each_measure (sql, sums [way]);
        sqlite3_str_appendf (sql, ", %s FROM %s EXCEPT SELECT key, ", latencies [way], tables [way]);
        zc_sqlite_each_measure (sql, sums [!way]);
        sqlite3_str_appendf (sql, ", %s FROM %s)", latencies [!way], tables [!way]);
    }
    char *text = sqlite3_str_finish (sql);
    int result = text ? zc_sqlite_rows (self, text, take_uneven, self) : zc_sqlite_refuse (self, "out of memory");
    sqlite3_free (text);
    return result;
}

static int take_bad_latencies (void *argument, sqlite3_stmt *row)
{
    return zc_sqlite_refuse (argument,
                             "damaged: key %lld has malformed latencies in table %.10s, or more of them than events",
                             (long long) sqlite3_column_int64 (row, 0), (const char *) sqlite3_column_text (row, 1));
}

static int check_latencies (zc_sqlite_t *self)
{
    char sql [256];
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER; level++) {
        snprintf (sql, sizeof sql,
                  "SELECT key, '%s' FROM %s WHERE latencies IS NOT NULL"
                  " AND ifnull (zc_latency_events (latencies) NOT BETWEEN 1 AND events, 1)",
                  zc_sqlite_tables [level], zc_sqlite_tables [level]);
        if (zc_sqlite_rows (self, sql, take_bad_latencies, self) == -1)
            return -1;
    }
    return 0;
}

static int take_twin (void *argument, sqlite3_stmt *row)
{
    return zc_sqlite_refuse (argument, "damaged: key %lld has the same dimensions as an earlier key",
                             (long long) sqlite3_column_int64 (row, 0));
}

static int check_keys_differ (zc_sqlite_t *self)
{
    return zc_sqlite_rows (self,
                           "SELECT max (id) FROM (SELECT *, (SELECT json_group_object (name, value) FROM key_tag"
                           " WHERE key = id) AS tags FROM key)"
                           " GROUP BY type, service, tier, model, provider, tags HAVING count (*) > 1",
                           take_twin, self);
}

int zc_sqlite_check (void *handle, char ret_why [256])
{
    zc_sqlite_t *self = handle;
    static const zc_store_sink_t nobody = {0};
    zc_store_state_t state;
    int version;
    /* A load reads what SQLite knows nothing of: ids, intervals, names, keys without gaps. */
    if (zc_sqlite_rows (self, "PRAGMA integrity_check (1)", take_integrity, self) == 0 &&
        zc_sqlite_identify (self, ZC_SQLITE_VERSION, &version) == 0 &&
        zc_sqlite_rows (self, "PRAGMA foreign_key_check", take_stray, self) == 0 &&
        zc_sqlite_load (self, &nobody, &state) == 0 && check_keys_differ (self) == 0 &&
        check_cells_counted (self) == 0 && check_latencies (self) == 0 && check_days_add_up (self) == 0)
        return 0;
    snprintf (ret_why, 256, "%s", self->why);
    return -1;
}
