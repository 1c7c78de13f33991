/* SPDX-License-Identifier: MPL-2.0
 *
 * log.c - makes sure of what a former process left in ledger.db-wal.
 *
 * Where its sync of the log failed, the pages count as clean and are not on the disk. SQLite reads them, takes
 * the commit in them for durable, and appends behind them: one power cut later nothing from there on is there,
 * and the journal has long gone on without what was in it. To sync them again takes writing them again; the
 * journal does the same with its own (journal_cut.c).
 */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t) 1 << 18)

static int refuse (zc_sqlite_t *self, const char *what)
{
    return zc_sqlite_refuse (self, "cannot %s its write-ahead log: %s", what, strerror (errno));
}

/* Each chunk as it reads to the same place. */
static int rewrite (zc_sqlite_t *self, int fd, uint8_t *chunk)
{
    off_t at = 0;
    ssize_t got;
    while ((got = pread (fd, chunk, CHUNK_BYTES, at)) > 0) {
        errno = ENOSPC; /* what a short write means */
        if (pwrite (fd, chunk, (size_t) got, at) != got)
            return refuse (self, "write");
        at += got;
    }
    if (got == -1)
        return refuse (self, "read");
    return fsync (fd) == -1 ? refuse (self, "sync") : 0;
}

static int settle (zc_sqlite_t *self)
{
    char name [PATH_MAX + 8];
    snprintf (name, sizeof name, "%s-wal", self->path);
    int fd = open (name, O_RDWR | O_CLOEXEC); /* SQLite's locks are none on this file, so that close ends none */
    if (fd == -1)
        return errno == ENOENT ? 0 : refuse (self, "open");
    uint8_t *chunk = malloc (CHUNK_BYTES);
    int result = chunk ? rewrite (self, fd, chunk) : zc_sqlite_refuse (self, "out of memory");
    free (chunk);
    close (fd);
    return result;
}

/* In a transaction that writes: so nobody else does. */
int zc_sqlite_truncate_log (zc_sqlite_t *self)
{
    if (zc_sqlite_begin (self, true) == -1)
        return -1;
    int result = settle (self);
    zc_sqlite_roll_back (self);
    return result;
}
