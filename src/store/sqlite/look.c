/* SPDX-License-Identifier: MPL-2.0
 *
 * look.c - to read ledger.db without a trace.
 *
 * After a kill -9 the last checkpoints are still in ledger.db-wal. SQLite's own ways to read that make
 * ledger.db-shm, or write to it; and `immutable` leaves the log out. So here stands a small layer below
 * SQLite, over its file system without locks: it opens every file read-only, so that the kernel sees to
 * it that nothing changes; and exclusive locking makes SQLite keep the index of the log in memory.
 */
#include "store/sqlite/sqlite.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define VFS_NAME "zcost-to-look"

static sqlite3_vfs *below;
static sqlite3_vfs vfs;

static int open_read_only (sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void) self;
    flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE);
    return below->xOpen (below, name, file, flags | SQLITE_OPEN_READONLY, ret_flags);
}

static int delete_nothing (sqlite3_vfs *self, const char *name, int sync)
{
    (void) self, (void) name, (void) sync;
    return SQLITE_READONLY;
}

static void register_vfs (void)
{
    below = sqlite3_vfs_find ("unix-none");
    if (!below)
        return;
    vfs = *below;
    vfs.pNext = NULL;
    vfs.zName = VFS_NAME;
    vfs.xOpen = open_read_only;
    vfs.xDelete = delete_nothing;
    sqlite3_vfs_register (&vfs, 0);
}

/* The name as a URI: what has a meaning there is written as its number. */
static void uri_of (const char *path, const char *parameters, sqlite3_str *uri)
{
    sqlite3_str_appendall (uri, "file:");
    for (const char *c = path; *c; c++)
        if (strchr ("%?#", *c))
            sqlite3_str_appendf (uri, "%%%02x", *c);
        else
            sqlite3_str_appendchar (uri, 1, *c);
    sqlite3_str_appendf (uri, "?mode=ro%s", parameters);
}

/* The mode of the file that has this suffix behind the name of ours; 0: there is none. */
static mode_t mode_of (const zc_sqlite_t *self, const char *suffix)
{
    char name [PATH_MAX + 8];
    struct stat status;
    snprintf (name, sizeof name, "%s%s", self->path, suffix);
    return stat (name, &status) == 0 ? status.st_mode : 0;
}

int zc_sqlite_open_read_only (zc_sqlite_t *self)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    mode_t file = mode_of (self, ""), log = mode_of (self, "-wal");
    /* To open a pipe takes until somebody writes to it. */
    if ((file && !S_ISREG (file)) || (log && !S_ISREG (log)))
        return zc_sqlite_refuse (self, "it or its write-ahead log is not a regular file");
    pthread_once (&once, register_vfs);
    sqlite3_str *built = sqlite3_str_new (NULL);
    /* Without a log there is nothing that `immutable` could leave out, and no log to open. */
    uri_of (self->path, log ? "" : "&immutable=1", built);
    char *uri = sqlite3_str_finish (built);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    int code = uri ? sqlite3_open_v2 (uri, &self->db, flags, VFS_NAME) : SQLITE_NOMEM;
    sqlite3_free (uri);
    if (code != SQLITE_OK)
        return self->db ? zc_sqlite_fail (self, "open") : zc_sqlite_refuse (self, "out of memory");
    sqlite3_extended_result_codes (self->db, 1);
    sqlite3_db_config (self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    self->rollback = zc_sqlite_prepare (self, "ROLLBACK");
    if (!self->rollback)
        return -1;
    return zc_sqlite_run (self,
                          "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cell_size_check = ON;"
                          "PRAGMA temp_store = MEMORY");
}
