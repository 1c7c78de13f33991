/* SPDX-License-Identifier: MPL-2.0
 *
 * connection.h - the ZeroMQ end: a context, a PUSH socket, the monitor that tells whether it is connected,
 * and in reliable mode a SUB socket for acknowledgements.
 *
 * Owned and used by one thread. Refuses to take an event while no daemon is connected: what waits
 * then, waits in the client's queue, whose bytes are bounded and whose events are counted.
 */
#ifndef ZC_CONNECTION_H
#define ZC_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/ring.h"
#include "wire/ack.h"

typedef struct zc_connection zc_connection_t;

/* Opens the sockets; connecting goes on in the background. publish: where acknowledgements come from;
 * NULL: nowhere. message_bytes: the largest message that will be sent, to bound what libzmq holds.
 * Returns 0, ZCOST_EINVAL (an endpoint is malformed, or neither tcp nor ipc), ZCOST_ENOMEM,
 * ZCOST_ESYSTEM (errno says). */
int zc_connection_new (const char *endpoint, const char *publish, size_t message_bytes, zc_connection_t **ret_link);

/* Looks, without waiting, at what the monitor has told; whether a daemon is connected. */
bool zc_connection_watch (zc_connection_t *self);

/* Whether a message could be sent now. */
bool zc_connection_is_ready (const zc_connection_t *self);

/* Sends the head and behind it the batch as one message, without waiting; or does nothing, where there
 * is no connection or no room. Whether it was sent. */
bool zc_connection_send (zc_connection_t *self, const void *head, size_t head_size, const zc_ring_t *queue,
                         const zc_batch_t *batch);

/* Of a link with a publish endpoint: from now on, or no more, a producer's acknowledgements come. */
void zc_connection_subscribe (zc_connection_t *self, const uint8_t producer [ZC_PRODUCER_BYTES]);
void zc_connection_unsubscribe (zc_connection_t *self, const uint8_t producer [ZC_PRODUCER_BYTES]);

/* The next thing published, without waiting: 1 and the acknowledgement; 0: it was none; -1: nothing. */
int zc_connection_receive (zc_connection_t *self, zc_ack_t *ret_ack, zc_incarnation_t *ret_incarnation);

/* Waits until closing is safe for what was sent, at most to stop_at_ns of the monotonic clock: until libzmq has handed
 * it to the kernel. Whether it has. Nothing is sent after this. */
bool zc_connection_settle (zc_connection_t *self, int64_t stop_at_ns);

/* Closes, and waits linger_ms at most until what was sent has left the process; if it was settled and is an ipc://
 * connection, until the daemon has read it. Whether all has.
 * Can take longer where libzmq's own thread hangs in a name look-up. */
bool zc_connection_destroy (zc_connection_t **self, int linger_ms);

#endif
