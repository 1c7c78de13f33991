/* SPDX-License-Identifier: MPL-2.0
 *
 * ask.h - questions to a daemon's query endpoint, and their answers.
 *
 * Owns the DEALER socket. Never waits beyond the timeout, and believes nothing of
 * a reply but what it has checked. Refuses to know what a result means.
 */
#ifndef ZC_ASK_H
#define ZC_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct zc_ask zc_ask_t;

/* Connects in the background. timeout_ms: from now on, for all questions together, or until
 * zc_ask_wait_anew. Returns NULL with errno where the endpoint is none. */
zc_ask_t *zc_ask_new (const char *endpoint, int timeout_ms);
void zc_ask_destroy (zc_ask_t **self_p);

/* Asks and waits for the reply. request: {"query": …}, the caller's. *ret_result: the reply's
 * `result`, a new reference. Returns 0, or -1 with zc_ask_error. Where no reply came, later questions
 * fail at once and for the same reason; after one that was refused, others may be asked. */
int zc_ask (zc_ask_t *self, const json_t *request, json_t **ret_result);

/* Asks without waiting, so that several questions are on the way at once, each under a number of its own. Returns 0, or
 * -1 with zc_ask_error. */
int zc_ask_send (zc_ask_t *self, uint32_t number, const json_t *request);

/* Waits for the next reply, to whichever question: the daemon answers those that take long later. *ret_number: as the
 * reply has it, which may be none that was asked. As zc_ask. */
int zc_ask_receive (zc_ask_t *self, uint32_t *ret_number, json_t **ret_result);

/* Says in zc_ask_error that a reply bore a number of no question, or of one that is answered: what an older daemon
 * makes of numbers. Nothing more can be asked. Returns -1. */
int zc_ask_fail_stray (zc_ask_t *self);

/* Begins the timeout anew: for what is asked in many steps, each of which brings an answer. */
void zc_ask_wait_anew (zc_ask_t *self);

/* Whether the last question failed for the size of its answer, so that a smaller one may not. */
bool zc_ask_was_too_large (const zc_ask_t *self);

/* Why the last question failed: one line without its end; may hold bytes from the wire. */
const char *zc_ask_error (const zc_ask_t *self);

/* How long the last answered question took. */
int64_t zc_ask_elapsed_ns (const zc_ask_t *self);

#endif
