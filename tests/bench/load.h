/* SPDX-License-Identifier: MPL-2.0
 *
 * load.h - an endless load of messages, each of events packed afresh.
 *
 * Owns a few dozen different events; packs them in turn with the client library's own encoder,
 * straight into the message. Refuses to send: that is ingest.c's.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>
#include <zmq.h>

typedef struct load load_t;

/* event: "small" (query_router with tier and cost) or "large" (12 fields). batch: events a message,
 * back to back in one frame. NULL: no such event, batch 0, or no memory. */
load_t *load_new (const char *event, unsigned batch);

/* The next message, for the caller to send or close. Returns 0, or -1: no memory. */
int load_next (load_t *self, zmq_msg_t *ret_message);

void load_destroy (load_t **self);

#endif
