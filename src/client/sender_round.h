/* SPDX-License-Identifier: MPL-2.0
 *
 * sender_round.h - one round of the sender's thread: what waits is sent, what is acknowledged is settled.
 *
 * Owns the link, in reliable mode the outbox of the client's own queue, and at most one adopted spool of
 * the spool directory at a time. The queue is the sender's. One thread.
 */
#ifndef ZC_SENDER_ROUND_H
#define ZC_SENDER_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/outbox.h"
#include "client/ring.h"

typedef struct zc_sender_round zc_sender_round_t;

/* Strings are the caller's, and outlive the round. */
typedef struct {
    const char *endpoint;
    const char *publish;   /* NULL: plain mode, where what is handed over is forgotten */
    const char *spool_dir; /* where spools to adopt are; NULL: nowhere */
    size_t batch_bytes;
    const zc_outbox_times_t *times; /* NULL: zc_outbox_times */
} zc_sender_round_options_t;

/* As zc_connection_new and zc_outbox_new. In reliable mode the queue has ZC_SPOOL_BYTES of room. */
int zc_sender_round_new (const zc_ring_t *queue, const zc_sender_round_options_t *options,
                         zc_sender_round_t **ret_round);

typedef struct {
    bool connected;
    bool moved;              /* something was sent */
    size_t waiting_bytes;    /* of the queue that were not sent yet when the round began */
    zc_outbox_stats_t stats; /* all 0 in plain mode */
} zc_sender_round_result_t;

/* Looks around once, without waiting. hurried: somebody waits for the end of it all. */
void zc_sender_round_run (zc_sender_round_t *self, bool hurried, zc_sender_round_result_t *ret_round);

/* Hangs up: at most until stop_at_ns of the monotonic clock, and a few milliseconds, for what was sent
 * to leave the process. Whether all has; true in reliable mode, where acknowledgements tell that. */
bool zc_sender_round_destroy (zc_sender_round_t **self, int64_t stop_at_ns);

#endif
