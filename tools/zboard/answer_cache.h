/* SPDX-License-Identifier: MPL-2.0
 *
 * answer_cache.h - requests that wait for answers of the daemon: equal ones share one.
 *
 * Owns the waiting connections while they wait. A question is put once for all who ask the same at the same time, and
 * its answer is used again while it is fresh: for 20 times as long as it took, 20 ms to 2 s. So however many ask the
 * same, they take a twentieth of one of the daemon's readers where an answer takes up to 0.1 s, and beyond that what one
 * takes who asks every 2 s. But where a waiter needs what was tracked here before it came, the question waits for the
 * daemon to acknowledge that, and is put again for those who came later: while events are tracked, such answers take as
 * long as acknowledgements. One thread.
 */
#ifndef ZB_ANSWER_CACHE_H
#define ZB_ANSWER_CACHE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "zboard/upstream.h"

typedef struct zb_answer_cache zb_answer_cache_t;
typedef struct zb_cached_answer zb_cached_answer_t;

/* A request that waits; a member of what belongs to the request. */
typedef struct zb_waiter {
    struct zb_waiter *next;
    struct MHD_Connection *connection;
    zb_cached_answer_t *question; /* NULL: waits for none */
    uint64_t need;                /* events of ours that the answer must hold; 0: whatever there is */
} zb_waiter_t;

/* What becomes the response of an answer; text is malloc'd, and taken over. context: as given with the question. NULL:
 * no memory. */
typedef struct MHD_Response *(*zb_respond_t) (const void *context, int status, char *text, size_t size);

zb_answer_cache_t *zb_answer_cache_new (zb_upstream_t *upstream, zcost_t *events);
void zb_answer_cache_destroy (zb_answer_cache_t **self_p);

/* How many events were tracked here so far: what an answer must hold for a request that came now. */
uint64_t zb_answer_cache_tracked (const zb_answer_cache_t *self);

/* Looks for a fresh answer to the question of this key: true, and *ret_response (not the caller's) and *ret_status. */
bool zb_answer_cache_fresh (zb_answer_cache_t *self, const char *key, zb_waiter_t *waiter,
                            struct MHD_Response **ret_response, int *ret_status);

/* Makes the waiter wait: its connection is suspended. query: taken over; put now, or not needed. context: lives longer
 * than all questions. Returns 0; -1: too many questions are under way (then there was no suspending). */
int zb_answer_cache_ask (zb_answer_cache_t *self, const char *key, zb_waiter_t *waiter, zb_daemon_query_t *query,
                         zb_respond_t respond, const void *context);

/* Of a waiter whose connection goes on: its answer. */
void zb_answer_cache_answer (const zb_waiter_t *waiter, struct MHD_Response **ret_response, int *ret_status);

/* The request has its answer, or is over. */
void zb_answer_cache_leave (zb_waiter_t *waiter);

/* Forgets kept answers until there are no more than 64 MiB. Returns 0; -1: they are on their way to those who asked, and
 * no more questions are taken until they have arrived. */
int zb_answer_cache_make_room (zb_answer_cache_t *self);

/* An answer has come. */
void zb_answer_cache_on_answer (zb_answer_cache_t *self, zb_upstream_event_t *news);

/* Answers all who wait with 503. */
void zb_answer_cache_close (zb_answer_cache_t *self);

#endif
