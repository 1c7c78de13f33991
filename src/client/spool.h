/* SPDX-License-Identifier: MPL-2.0
 *
 * spool.h - a living client's file: its queue, mapped, so that a kill loses nothing.
 *
 * DIR/<producer in hex>.spool is there, whole and locked (flock), for as long as its owner lives. It
 * is preallocated: a full disk is told at the start and not by SIGBUS. A forked child inherits the
 * lock with the descriptor, until its first emit or its close: a file may be adopted only when the
 * last of them has gone. What a power cut leaves of it is up to the kernel's own writing.
 *
 * Refuses a file that exists: each start takes a producer of its own.
 */
#ifndef ZC_SPOOL_H
#define ZC_SPOOL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "client/ring.h"

#define ZC_SPOOL_SUFFIX ".spool"
#define ZC_SPOOL_NEW_SUFFIX ".new" /* of one that is being made */
#define ZC_SPOOL_BAD_SUFFIX ".bad" /* appended to one that cannot be read */
#define ZC_SPOOL_DIR_MAX (PATH_MAX - 64)

typedef struct {
    int fd; /* -1: none */
    dev_t device;
    ino_t inode;
    char path [PATH_MAX];
} zc_spool_t;

/* Makes a file in the directory and puts the queue (on_file, with ZC_SPOOL_BYTES of room) on it.
 * Returns 0 or ZCOST_ESYSTEM (errno says); then there is no file, and the queue may still be mapped
 * anew. */
int zc_spool_new (const char *dir, const zc_ring_t *queue, zc_spool_t *ret_spool);

/* Unlocks the file, and removes it where nothing in it is needed; the mapping stays. In a forked
 * child: gives back what it inherited, and no more. Does nothing to one that has no file. */
void zc_spool_end (zc_spool_t *self, bool remove);

#endif
