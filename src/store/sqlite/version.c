/* SPDX-License-Identifier: MPL-2.0
 *
 * version.c - of which version a file is, and how it comes to be of ours.
 */
#include "store/sqlite/sqlite.h"

#include <stdio.h>

int zc_sqlite_identify (zc_sqlite_t *self, int newest, int *ret_version)
{
    int64_t application = 0, version = 0, tables = 0;
    if (zc_sqlite_integer (self, "PRAGMA application_id", &application) == -1 ||
        zc_sqlite_integer (self, "PRAGMA user_version", &version) == -1 ||
        zc_sqlite_integer (self, "SELECT count (*) FROM sqlite_schema", &tables) == -1)
        return -1;
    bool empty = application == 0 && version == 0 && tables == 0;
    if (!empty && application != ZC_SQLITE_APPLICATION_ID)
        return zc_sqlite_refuse (self, "belongs to another application (application id %lld)", (long long) application);
    if (version < 0 || version > newest)
        return zc_sqlite_refuse (self, "has version %lld, written by a later zcostd; this one reads versions up to %d",
                                 (long long) version, newest);
    *ret_version = (int) version;
    return 0;
}

/* What a new ledger has from its first moment on. */
static int found (zc_sqlite_t *self, int64_t now_ms)
{
    char sql [128];
    snprintf (sql, sizeof sql, "INSERT INTO meta (one, ledger_id, began_ms) VALUES (1, randomblob (%d), %lld)",
              ZC_LEDGER_ID_BYTES, (long long) now_ms);
    return zc_sqlite_run (self, sql);
}

static int take_steps (zc_sqlite_t *self, const char *const *steps, int steps_count, int64_t now_ms)
{
    int version = 0;
    if (zc_sqlite_identify (self, steps_count, &version) == -1)
        return -1;
    for (int step = version; step < steps_count; step++)
        if (zc_sqlite_run (self, steps [step]) == -1 || (step == 0 && found (self, now_ms) == -1))
            return zc_sqlite_refuse (self, "cannot be upgraded to version %d: %s", step + 1, sqlite3_errmsg (self->db));
    char sql [128];
    snprintf (sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", ZC_SQLITE_APPLICATION_ID,
              steps_count);
    return zc_sqlite_run (self, sql);
}

int zc_sqlite_bring_up (zc_sqlite_t *self, const char *const *steps, int steps_count, int64_t now_ms)
{
    /* Else a table that others refer to could not be made anew. Has no effect within a transaction. */
    if (zc_sqlite_run (self, "PRAGMA foreign_keys = OFF") == -1 || zc_sqlite_begin (self, true) == -1)
        return -1;
    int result = zc_sqlite_end (self, take_steps (self, steps, steps_count, now_ms));
    sqlite3_db_config (self->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    return result;
}
