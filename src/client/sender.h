/* SPDX-License-Identifier: MPL-2.0
 *
 * sender.h - the thread that empties a queue into a link.
 *
 * Owns the queue, the thread's round, and the spool file that the queue may stand on. The thread wakes every few milliseconds by itself, since a producer
 * wakes nobody; it blocks all signals. In a forked child there is no thread until the first emit
 * asks for it, and the parent's link is never touched. Refuses to log.
 */
#ifndef ZC_SENDER_H
#define ZC_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/outbox.h"
#include "client/ring.h"

typedef struct zc_sender zc_sender_t;

/* What stands in the queue's gate. */
enum {
    ZC_GATE_NO_SENDER = 0, /* in this process: as in a forked child */
    ZC_GATE_STARTING,
    ZC_GATE_OPEN,
    ZC_GATE_CLOSED
};

typedef struct {
    const char *endpoint, *publish, *spool_dir; /* copied; as in zcost_options_t, settled */
    unsigned flush_interval_ms;
    size_t batch_bytes;
    const zc_outbox_times_t *times; /* the caller's; NULL: zc_outbox_times */
} zc_sender_options_t;

/* Takes the queue over; the caller may go on using its copy of the handle until the destroy. With
 * publish it has ZC_SPOOL_BYTES of room, with spool_dir it is on_file, and gets its file here. On
 * failure the queue stays the caller's. Returns 0, ZCOST_ENOMEM, or ZCOST_ESYSTEM (errno says).
 * Starts nothing. */
int zc_sender_new (const zc_ring_t *queue, const zc_sender_options_t *options, zc_sender_t **ret_sender);

/* Starts the thread and waits until it has opened its link. As zc_connection_new, or ZCOST_ESYSTEM. */
int zc_sender_start (zc_sender_t *self);

/* For an emit that finds the gate not open: starts the thread where this process has none, without
 * waiting. 0: push; ZCOST_ECLOSED. A start that fails is tried again, but no more often than once a
 * second. Keeps errno.
 * Over a spool, a forked child first gets a file of its own, or, where that fails, private memory; who
 * emits meanwhile waits for that. ZCOST_EFULL: it could get neither. */
int zc_sender_ensure (zc_sender_t *self);

/* Ends the thread's nap: it looks around now. A system call; any thread. */
void zc_sender_wake (zc_sender_t *self);

/* As zcost_flush. */
int zc_sender_flush (zc_sender_t *self, int timeout_ms);

typedef struct {
    uint64_t sent, resent, lost; /* as in zcost_stats_t, in reliable mode; else 0 */
    bool is_reliable, connected, spooled;
} zc_sender_stats_t;

/* Any thread; no system call. */
void zc_sender_stats (const zc_sender_t *self, zc_sender_stats_t *ret_stats);

/* As zcost_close; also unmaps the queue. A thread that hangs beyond the bound is left alone, with
 * all that it uses, to end by itself. */
int zc_sender_destroy (zc_sender_t **self, int timeout_ms);

#endif
