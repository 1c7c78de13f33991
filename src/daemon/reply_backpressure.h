/* SPDX-License-Identifier: MPL-2.0
 *
 * reply_backpressure.h - who asks, how much of it is under way, and how many bytes of answers nobody has read yet.
 *
 * An answer may have megabytes, and libzmq counts messages. So the bytes that were handed to it and not yet taken off
 * its hands are counted here, for each client and for all: a client that asks and never reads fills neither the memory
 * nor the others' turn. For the one thread that owns the query socket; libzmq's own threads give back what was sent.
 */
#ifndef ZC_REPLY_BACKPRESSURE_H
#define ZC_REPLY_BACKPRESSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/reply_envelope.h"
#include "wire/pack.h"

#define ZC_CLIENT_ASKS_MAX 64      /* questions about windows of time that a client may have under way */
#define ZC_CLIENT_SMALL_BYTES 4096 /* answers of up to so many always may wait: libzmq bounds how many */

typedef struct zc_reply_backpressure zc_reply_backpressure_t;
typedef struct zc_reply_client zc_reply_client_t;

/* unread_bytes_max: of all clients; a quarter of it of one. NULL without memory. */
zc_reply_backpressure_t *zc_reply_backpressure_new (size_t unread_bytes_max);

/* What is still unread stays valid. NULL-safe. */
void zc_reply_backpressure_destroy (zc_reply_backpressure_t **self);

/* The client of an identity, for as long as it is not given back. NULL without memory. */
zc_reply_client_t *zc_reply_backpressure_hold (zc_reply_backpressure_t *self, const void *identity, size_t size);
void zc_reply_backpressure_release (zc_reply_client_t *client);

/* One more question is under way, or one less. begin: false where it has ZC_CLIENT_ASKS_MAX already. */
bool zc_reply_backpressure_begin (zc_reply_client_t *client);
void zc_reply_backpressure_end (zc_reply_client_t *client);

/* Whether an answer of so many bytes may wait unread too. */
bool zc_reply_backpressure_has_room (const zc_reply_client_t *client, size_t bytes);

/* Sends an envelope (taken) and a body, whose bytes are taken too and freed when they were sent or dropped. Returns 0;
 * -1: no memory, or a body that is not whole: nothing is sent. */
int zc_reply_backpressure_send (zc_reply_client_t *client, void *socket, zc_reply_envelope_t *envelope,
                                zc_pack_t *body);

#endif
