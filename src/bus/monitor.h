/* SPDX-License-Identifier: MPL-2.0
 *
 * monitor.h - whether a socket's connection stands.
 *
 * Owns the other end of a socket's monitor. For sockets of one peer. One thread.
 */
#ifndef ZC_MONITOR_H
#define ZC_MONITOR_H

#include <czmq.h>
#include <stdbool.h>

typedef struct zc_monitor zc_monitor_t;

/* Begins before the socket connects, and ends before it is destroyed. NULL: it cannot be told. */
zc_monitor_t *zc_monitor_new (zsock_t *socket);
void zc_monitor_destroy (zc_monitor_t **self_p);

/* A libzmq socket, readable when there is news; NULL of none. */
void *zc_monitor_socket (const zc_monitor_t *self);

/* Takes what news there is. Whether the connection stands: the handshake is over, and it was not cut since. Of none:
 * true. */
bool zc_monitor_is_connected (zc_monitor_t *self);

/* How many connections have ended, by the news that was taken: one may have, and stand again. Of none: 0. */
unsigned zc_monitor_ends (const zc_monitor_t *self);

/* For now and then: where there was no connection for some seconds, connects anew. libzmq does so by itself, but where
 * the peer broke the protocol, such as by too large a message, never. endpoint: that of the socket. */
void zc_monitor_revive (zc_monitor_t *self, const char *endpoint);

#endif
