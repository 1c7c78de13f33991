/* SPDX-License-Identifier: MPL-2.0
 *
 * ask.h - round trips to the daemon's query socket.
 */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include <stddef.h>
#include <stdint.h>

typedef struct ask ask_t;

/* NULL: the endpoint is malformed, or no memory. The context stays the caller's. */
ask_t *ask_new (void *context, const char *endpoint);

/* Asks a query without arguments, and waits a few seconds at most for the reply.
 * *ret_ns: from before the sending to after the receiving.
 * Returns 0; -1, after a line on stderr, where none came, or it was an error. */
int ask_query (ask_t *self, const char *query, int64_t *ret_ns);

/* Asks what is packed, and looks only whether it is answered: what a client does with an answer is not the daemon's
 * time. Returns 0; 1 where the daemon is too busy to (`unavailable`); -1 as ask_query. */
int ask_packed (ask_t *self, const void *request, size_t size, int64_t *ret_ns, size_t *ret_reply_bytes);

/* How many events the daemon has accepted and rejected since it started. Returns as ask_query. */
int ask_counts (ask_t *self, uint64_t *ret_accepted, uint64_t *ret_rejected);

void ask_destroy (ask_t **self);

#endif
