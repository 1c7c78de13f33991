/* SPDX-License-Identifier: MPL-2.0
 *
 * trim.c - buckets that are no longer kept go.
 */
#include "store/sqlite/sqlite.h"

#include <stdio.h>

/* Removes some buckets that are over before `before_s`, and notes up to where they are gone. */
static int trim_table (zc_sqlite_t *self, zc_time_bucket_t level, int64_t before_s, bool *more)
{
    const char *table = zc_sqlite_tables [level];
    if (before_s < zc_time_bucket_seconds (level))
        return 0;
    char sql [400];
    snprintf (sql, sizeof sql,
              "DELETE FROM %s WHERE (start, key) IN"
              " (SELECT start, key FROM %s WHERE start <= %lld ORDER BY start, key LIMIT %d)",
              table, table, (long long) (before_s - zc_time_bucket_seconds (level)), ZC_SQLITE_TRIM_ROWS);
    if (zc_sqlite_run (self, sql) == -1)
        return -1;
    int removed = sqlite3_changes (self->db);
    *more = *more || removed == ZC_SQLITE_TRIM_ROWS;
    /* Also where there was nothing to remove: what comes too late from now on is not in these buckets. Then not each
     * time, for it is a write. */
    snprintf (sql, sizeof sql, "UPDATE meta SET %s_trimmed = %lld WHERE %s_trimmed < %lld", table, (long long) before_s,
              table, (long long) (removed > 0 ? before_s : before_s - ZC_SQLITE_MARK_LAG_S));
    if (zc_sqlite_run (self, sql) == -1)
        return -1;
    return removed > 0 ? zc_sqlite_count_cells (self, -removed) : 0;
}

int zc_sqlite_trim (void *handle, const zc_horizon_t *horizon, bool *ret_more)
{
    zc_sqlite_t *self = handle;
    if (self->to_look)
        return zc_sqlite_refuse (self, "opened read-only");
    bool more = false;
    if (zc_sqlite_begin (self, true) == -1)
        return -1;
    int result = 0;
    for (zc_time_bucket_t level = ZC_MINUTE; level < ZC_TIME_BUCKETS && result == 0; level++)
        result = trim_table (self, level, horizon->before_s [level], &more);
    if (zc_sqlite_end (self, result) == -1)
        return -1;
    *ret_more = more;
    return 0;
}
