/* SPDX-License-Identifier: MPL-2.0
 *
 * plan.h - what the shim was told to do, and its trace.
 *
 * Told by the environment:
 *
 *   ZCOST_FAULTS_DIR=PATH     the directory; nothing outside of it is touched
 *   ZCOST_FAULTS_TRACE=FILE   each operation is appended to it, with its data (zc_fault_note)
 *   ZCOST_FAULTS_FAIL=CLASS:N:ERROR:COUNT
 *                             the Nth operation of CLASS (from 1) and the COUNT - 1 after it fail; COUNT 0:
 *                             all after it, as on a full disk. CLASS: write sync create size remove.
 *                             ERROR: EIO, ENOSPC; or `short`: the Nth, a write, does only its first half,
 *                             and those that follow, if any, fail with ENOSPC
 *   ZCOST_FAULTS_KILL=N       the process is killed before its Nth operation of any class
 *   ZCOST_FAULTS_SYNC_MS=N    a sync takes this long: a slow disk
 *   ZCOST_FAULTS_STALL=FILE   a sync does not end while this file exists: a stalled one
 *
 * A word that is none of these ends the process: a test that injects nothing would pass. Any thread.
 */
#ifndef ZC_FAULTS_PLAN_H
#define ZC_FAULTS_PLAN_H

#include <limits.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef enum { ZC_OP_WRITE, ZC_OP_SYNC, ZC_OP_CREATE, ZC_OP_SIZE, ZC_OP_REMOVE, ZC_OP_CLASSES } zc_op_t;
typedef enum { ZC_GO_ON, ZC_CUT_SHORT, ZC_FAIL } zc_verdict_t;

/* The function of this name that the shim stands before.
 * NOLINTBEGIN(bugprone-macro-parentheses): names of functions */
#define ZC_REAL(name)                                                                                                  \
    (__extension__({                                                                                                   \
        static __typeof__ (&name) found;                                                                               \
        if (!found)                                                                                                    \
            found = (__typeof__ (&name)) zc_real (#name);                                                              \
        found;                                                                                                         \
    }))
/* NOLINTEND(bugprone-macro-parentheses) */
void *zc_real (const char *name);

/* The name below the directory of what a call names ("." is the directory itself), in buffer or in
 * path; NULL where it is outside. A descriptor's is that of what it was opened as. */
const char *zc_fault_name (int directory, const char *path, char buffer [PATH_MAX]);
const char *zc_fault_descriptor_name (int descriptor, char buffer [PATH_MAX]);

/* Takes the lock, which zc_fault_leave releases, and says what becomes of this operation; errno is
 * set where it is to fail, and the trace tells of it. zc_fault_lock only takes the lock. */
zc_verdict_t zc_fault_enter (zc_op_t op, const char *name);
void zc_fault_lock (void);
void zc_fault_leave (void);

/* Appends a record to the trace: a line of word, inode, name, other name, offset, length and size,
 * separated by tabs, then `size` bytes of data. With the lock. Leaves errno alone. */
typedef struct {
    const char *word, *name, *other;
    ino_t inode;
    off_t offset, length;
    const struct iovec *data;
    size_t size;
} zc_fault_record_t;

void zc_fault_note (const zc_fault_record_t *record);

/* Sleeps for as long as a sync is to take, and as long as the disk is to stand still. */
void zc_fault_stall (void);

#endif
