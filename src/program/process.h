/* SPDX-License-Identifier: MPL-2.0
 *
 * process.h - what a long-running program settles with the system before it starts: streams, files, memory.
 *
 * All before other threads are there, but for zc_process_resident_bytes.
 */
#ifndef ZC_PROCESS_H
#define ZC_PROCESS_H

#include <stdint.h>

/* Opens /dev/null in place of standard streams that we were started without, so that no socket of ours gets the
 * number of one. */
void zc_process_fill_streams (void);

/* Bounds the address space: libzmq bounds a frame, but gathers an endless multipart message before anyone can see it.
 * bytes 0: no limit of ours. Where it cannot be bounded the log says so. */
void zc_process_limit_memory (int64_t bytes);

/* Takes as many open files as we may have: each peer is one, libzmq aborts where its own few fail, and spins where it
 * cannot accept. Returns 0; -1 where there are too few, and the log says so. */
int zc_process_raise_files (void);

/* Blocks SIGTERM, SIGINT and SIGHUP for this and all later threads, and ignores SIGPIPE and SIGXFSZ: a writer to a
 * closed pipe, or beyond the limit of a file's size, gets an error, not a death without a word. */
void zc_process_take_signals (void);

/* A descriptor to read the blocked ones from (signalfd(2)), or -1 with errno. */
int zc_process_open_signals (void);

/* The memory that we have now; 0: unknown. Opens and reads a file. */
uint64_t zc_process_resident_bytes (void);

#endif
