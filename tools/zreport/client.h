/* SPDX-License-Identifier: MPL-2.0
 *
 * client.h - questions to a daemon's query endpoint, and their answers.
 *
 * Owns the DEALER socket. Never waits beyond the timeout, and believes nothing of
 * a reply but what it has checked. Refuses to know what a result means.
 */
#ifndef ZR_CLIENT_H
#define ZR_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct zr_client zr_client_t;

/* Connects in the background. timeout_ms: from now on, for all questions together, or until
 * zr_client_wait_anew. Returns NULL with errno where the endpoint is none. */
zr_client_t *zr_client_new (const char *endpoint, int timeout_ms);
void zr_client_destroy (zr_client_t **self_p);

/* Asks and waits for the reply. request: {"query": …}, the caller's. *ret_result: the reply's
 * `result`, a new reference. Returns 0, or -1 with zr_client_error. Where no reply came, later questions
 * fail at once and for the same reason; after one that was refused, others may be asked. */
int zr_client_ask (zr_client_t *self, const json_t *request, json_t **ret_result);

/* Asks without waiting, so that several questions are on the way at once, each under a number of its own. Returns 0, or
 * -1 with zr_client_error. */
int zr_client_send (zr_client_t *self, uint32_t number, const json_t *request);

/* Waits for the next reply, to whichever question: the daemon answers those that take long later. *ret_number: as the
 * reply has it, which may be none that was asked. As zr_client_ask. */
int zr_client_receive (zr_client_t *self, uint32_t *ret_number, json_t **ret_result);

/* Says in zr_client_error that a reply bore a number of no question, or of one that is answered: what an older daemon
 * makes of numbers. Nothing more can be asked. Returns -1. */
int zr_client_fail_stray (zr_client_t *self);

/* Begins the timeout anew: for what is asked in many steps, each of which brings an answer. */
void zr_client_wait_anew (zr_client_t *self);

/* Whether the last question failed for the size of its answer, so that a smaller one may not. */
bool zr_client_was_too_large (const zr_client_t *self);

/* Why the last question failed: one line without its end; may hold bytes from the wire. */
const char *zr_client_error (const zr_client_t *self);

/* How long the last answered question took. */
int64_t zr_client_elapsed_ns (const zr_client_t *self);

#endif
