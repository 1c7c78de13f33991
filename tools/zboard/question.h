/* SPDX-License-Identifier: MPL-2.0
 *
 * question.h - requests that wait for answers of the daemon: equal ones share one.
 *
 * Owns the waiting connections while they wait. A question is put once for all who ask the same at the same time, and
 * its answer is used again while it is fresh: for 20 times as long as it took, 20 ms to 2 s. So however many ask the
 * same, they take a twentieth of one of the daemon's readers where an answer takes up to 0.1 s, and beyond that what one
 * takes who asks every 2 s. But where a waiter needs what was tracked here before it came, the question waits for the
 * daemon to acknowledge that, and is put again for those who came later: while events are tracked, such answers take as
 * long as acknowledgements. One thread.
 */
#ifndef ZB_QUESTION_H
#define ZB_QUESTION_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "zboard/upstream.h"

typedef struct zc_questions zc_questions_t;
typedef struct zc_question zc_question_t;

/* A request that waits; a member of what belongs to the request. */
typedef struct zc_waiter {
    struct zc_waiter *next;
    struct MHD_Connection *connection;
    zc_question_t *question; /* NULL: waits for none */
    uint64_t need;           /* events of ours that the answer must hold; 0: whatever there is */
} zc_waiter_t;

/* What becomes the response of an answer; text is malloc'd, and taken over. context: as given with the question. NULL:
 * no memory. */
typedef struct MHD_Response *(*zc_respond_t) (const void *context, int status, char *text, size_t size);

zc_questions_t *zc_questions_new (zc_upstream_t *upstream, zcost_t *events);
void zc_questions_destroy (zc_questions_t **self_p);

/* How many events were tracked here so far: what an answer must hold for a request that came now. */
uint64_t zc_questions_tracked (const zc_questions_t *self);

/* Looks for a fresh answer to the question of this key: true, and *ret_response (not the caller's) and *ret_status. */
bool zc_questions_fresh (zc_questions_t *self, const char *key, zc_waiter_t *waiter,
                         struct MHD_Response **ret_response, int *ret_status);

/* Makes the waiter wait: its connection is suspended. query: taken over; put now, or not needed. context: lives longer
 * than all questions. Returns 0; -1: too many questions are under way (then there was no suspending). */
int zc_questions_ask (zc_questions_t *self, const char *key, zc_waiter_t *waiter, zc_query_t *query,
                      zc_respond_t respond, const void *context);

/* Of a waiter whose connection goes on: its answer. */
void zc_questions_answer (const zc_waiter_t *waiter, struct MHD_Response **ret_response, int *ret_status);

/* The request has its answer, or is over. */
void zc_questions_leave (zc_waiter_t *waiter);

/* Forgets kept answers until there are no more than 64 MiB. Returns 0; -1: they are on their way to those who asked, and
 * no more questions are taken until they have arrived. */
int zc_questions_make_room (zc_questions_t *self);

/* An answer has come. */
void zc_questions_on_answer (zc_questions_t *self, zc_news_t *news);

/* Answers all who wait with 503. */
void zc_questions_close (zc_questions_t *self);

#endif
