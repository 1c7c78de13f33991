/* SPDX-License-Identifier: MPL-2.0
 *
 * courier.h - one round of the sender's thread: what waits is sent, what is acknowledged is settled.
 *
 * Owns the link, in reliable mode the outbox of the client's own queue, and at most one leftover of
 * the spool directory at a time. The queue is the sender's. One thread.
 */
#ifndef ZC_COURIER_H
#define ZC_COURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/outbox.h"
#include "client/queue.h"

typedef struct zc_courier zc_courier_t;

/* Strings are the caller's, and outlive the courier. */
typedef struct {
    const char *endpoint;
    const char *publish;   /* NULL: plain mode, where what is handed over is forgotten */
    const char *spool_dir; /* where leftovers are; NULL: nowhere */
    size_t batch_bytes;
    const zc_outbox_times_t *times; /* NULL: zc_outbox_times */
} zc_courier_options_t;

/* As zc_link_new and zc_outbox_new. In reliable mode the queue has ZC_ROOM_BYTES of room. */
int zc_courier_new (const zc_queue_t *queue, const zc_courier_options_t *options, zc_courier_t **ret_courier);

typedef struct {
    bool connected;
    bool moved;              /* something was sent */
    size_t waiting_bytes;    /* of the queue that were not sent yet when the round began */
    zc_outbox_stats_t stats; /* all 0 in plain mode */
} zc_courier_round_t;

/* Looks around once, without waiting. hurried: somebody waits for the end of it all. */
void zc_courier_go_round (zc_courier_t *self, bool hurried, zc_courier_round_t *ret_round);

/* Hangs up: at most until stop_at_ns of the monotonic clock, and a few milliseconds, for what was sent
 * to leave the process. Whether all has; true in reliable mode, where acknowledgements tell that. */
bool zc_courier_destroy (zc_courier_t **self, int64_t stop_at_ns);

#endif
