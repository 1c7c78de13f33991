/* SPDX-License-Identifier: MPL-2.0
 *
 * publish_socket.h - the publish socket: snapshots at each interval and for new subscribers; who subscribes to
 * acknowledgements is passed on (acks.h).
 */
#ifndef ZC_PUBLISH_SOCKET_H
#define ZC_PUBLISH_SOCKET_H

#include <czmq.h>

#include "daemon/acks.h"
#include "daemon/engine.h"

typedef struct {
    zsock_t *socket; /* XPUB, verbose; the server's */
    zc_engine_t *engine;
    zc_acks_t *acks;
    int64_t welcomed_ms; /* when a new subscriber was last answered */
    bool welcome_pending;
    uint32_t alert_listeners; /* bit n: somebody is subscribed to the first n bytes of `alert` */
} zc_publish_socket_t;

/* All parts stay the caller's. */
void zc_publish_socket_init (zc_publish_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_acks_t *acks);

/* Sends the report as it is now to all subscribers. Never waits. */
void zc_publish_socket_snapshot (zc_publish_socket_t *self);

/* Sends one message on a topic, unless it is not whole. Never waits. Returns 0, or -1 after a line in the log. */
int zc_publish_socket_send (zc_publish_socket_t *self, const char *topic, const zc_pack_t *body);

/* Whether somebody is subscribed to the alerts. */
bool zc_publish_socket_has_alert_listener (const zc_publish_socket_t *self);

/* Reads what subscribers sent, and answers new ones with a snapshot. A zloop reader; the argument
 * is the zc_publish_socket_t. */
int zc_publish_socket_on_subscription (zloop_t *loop, zsock_t *socket, void *argument);

#endif
