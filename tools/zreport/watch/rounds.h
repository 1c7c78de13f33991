/* SPDX-License-Identifier: MPL-2.0
 *
 * rounds.h - the live view's questions, round by round, and where their answers go.
 *
 * Owns the connection to the query endpoint. A round is asked every few seconds, soon after each snapshot, and at
 * once where something else was chosen. Never waits.
 */
#ifndef ZR_WATCH_ROUNDS_H
#define ZR_WATCH_ROUNDS_H

#include "zreport/watch/data.h"

typedef struct zr_rounds zr_rounds_t;

/* data: where answers go; it must outlive it. NULL with errno where data->query is no endpoint. */
zr_rounds_t *zr_rounds_new (zr_watch_data_t *data, int timeout_ms);
void zr_rounds_destroy (zr_rounds_t **self_p);

/* Begins a round now, with this question: what is under way is about what is no more wanted. */
void zr_rounds_begin (zr_rounds_t *self, zr_asked_t first);

/* The same from the first question on, of a daemon that is back: what is under way will not be answered. */
void zr_rounds_restart (zr_rounds_t *self);

/* A snapshot came: a round is due, unless one has just begun. */
void zr_rounds_hurry (zr_rounds_t *self);

/* Puts the next question where one is due. */
void zr_rounds_ask (zr_rounds_t *self);

/* Takes what has come. Returns whether there was news. */
bool zr_rounds_look (zr_rounds_t *self);

/* For zmq_poll: the socket of the question under way, or NULL; and how long nothing is due, at most `most`. */
void *zr_rounds_socket (const zr_rounds_t *self);
int zr_rounds_wait_ms (const zr_rounds_t *self, int most);

#endif
