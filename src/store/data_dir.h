/* SPDX-License-Identifier: MPL-2.0
 *
 * data_dir.h - the directory that holds one ledger: journal, store, and a lock that keeps it one daemon's.
 *
 * The lock is on the file `lock` in it, which also tells the process id of who has it. It ends with the
 * process that took it, however that ends; the file stays.
 */
#ifndef ZC_DATA_DIR_H
#define ZC_DATA_DIR_H

#include <stddef.h>

/* Where a ledger is kept if nobody says: the first of $STATE_DIRECTORY (of several, its first), then
 * $XDG_STATE_HOME/zcost, then $HOME/.local/state/zcost. Only absolute paths count. Returns 0; -1 where
 * none of them is known, or where it does not fit. */
int zc_data_dir_default (char *ret_path, size_t size);

/* Makes the directory where it is missing (for its owner only, parents too, on disk when it returns) and
 * takes its lock, without waiting. Returns 0, or -1 with a line for a person in ret_why: not a directory,
 * not writable, or another daemon's. */
int zc_data_dir_open (const char *path, int *ret_lock_fd, char ret_why [256]);

/* The same only to look: makes and writes nothing, and may be done by several at once, but not while a
 * daemon runs. *ret_lock_fd is -1 where no daemon ever was, so that there is nothing to lock. */
int zc_data_dir_open_read_only (const char *path, int *ret_lock_fd, char ret_why [256]);

/* Gives the lock back; sets *lock_fd to -1. Does nothing with -1. */
void zc_data_dir_close (int *lock_fd);

#endif
