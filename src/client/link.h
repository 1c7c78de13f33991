/* SPDX-License-Identifier: MPL-2.0
 *
 * link.h - the ZeroMQ end: a context, a PUSH socket, and the monitor that tells whether it is
 * connected.
 *
 * Owned and used by one thread. Refuses to take an event while no daemon is connected: what waits
 * then, waits in the client's queue, whose bytes are bounded and whose events are counted.
 */
#ifndef ZC_LINK_H
#define ZC_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/queue.h"

typedef struct zc_link zc_link_t;

/* Opens the socket; connecting goes on in the background. message_bytes: the largest message that
 * will be sent, to bound what libzmq holds. Returns 0, ZCOST_EINVAL (the endpoint is malformed, or
 * neither tcp nor ipc), ZCOST_ENOMEM, ZCOST_ESYSTEM (errno says). */
int zc_link_new (const char *endpoint, size_t message_bytes, zc_link_t **ret_link);

/* Looks, without waiting, at what the monitor has told; whether a daemon is connected. */
bool zc_link_watch (zc_link_t *self);

/* Sends the batch as one message, without waiting, and pops it from the queue; or leaves all as it
 * is, where there is no connection or no room. Whether it was sent. */
bool zc_link_send (zc_link_t *self, const zc_queue_t *queue, const zc_batch_t *batch);

/* Waits until the daemon has read what was sent over an ipc:// connection, as far as two looks a
 * millisecond apart can tell, at most to stop_at_ns of the monotonic clock. Whether it has; true at
 * once over tcp://, where the kernels see to it. */
bool zc_link_settle (zc_link_t *self, int64_t stop_at_ns);

/* Closes, and waits linger_ms at most until what was sent has left the process. Whether all has.
 * Can take longer where libzmq's own thread hangs in a name look-up. */
bool zc_link_destroy (zc_link_t **self, int linger_ms);

#endif
