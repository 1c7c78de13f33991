/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_rounds.h - the live view's questions, round by round, and where their answers go.
 *
 * Owns the connection to the query endpoint. A round is asked every few seconds, soon after each snapshot, and at
 * once where something else was chosen. Never waits.
 */
#ifndef ZC_WATCH_ROUNDS_H
#define ZC_WATCH_ROUNDS_H

#include "zreport/watch_data.h"

typedef struct zc_rounds zc_rounds_t;

/* data: where answers go; it must outlive it. NULL with errno where data->query is no endpoint. */
zc_rounds_t *zc_rounds_new (zc_watch_data_t *data, int timeout_ms);
void zc_rounds_destroy (zc_rounds_t **self_p);

/* Begins a round now, with this question: what is under way is about what is no more wanted. */
void zc_rounds_begin (zc_rounds_t *self, zc_asked_t first);

/* The same from the first question on, of a daemon that is back: what is under way will not be answered. */
void zc_rounds_restart (zc_rounds_t *self);

/* A snapshot came: a round is due, unless one has just begun. */
void zc_rounds_hurry (zc_rounds_t *self);

/* Puts the next question where one is due. */
void zc_rounds_ask (zc_rounds_t *self);

/* Takes what has come. Returns whether there was news. */
bool zc_rounds_look (zc_rounds_t *self);

/* For zmq_poll: the socket of the question under way, or NULL; and how long nothing is due, at most `most`. */
void *zc_rounds_socket (const zc_rounds_t *self);
int zc_rounds_wait_ms (const zc_rounds_t *self, int most);

#endif
