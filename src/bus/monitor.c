/* SPDX-License-Identifier: MPL-2.0
 *
 * monitor.c - whether a socket's connection stands; see monitor.h.
 */
#include "bus/monitor.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"

#define REVIVE_MS 5000 /* longer than a handshake takes */

struct zc_monitor {
    zsock_t *watched; /* not ours */
    zsock_t *socket;
    bool connected;
    unsigned ends;
    int64_t tried_ms; /* when it was connected, or last tried anew */
};

zc_monitor_t *zc_monitor_new (zsock_t *socket)
{
    char endpoint [64]; /* within this process no two sockets have the same address */
    zc_monitor_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->watched = socket;
    self->tried_ms = zc_clock_mono_ms ();
    snprintf (endpoint, sizeof endpoint, ">inproc://zcost-monitor-%p", (void *) socket);
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor (zsock_resolve (socket), endpoint + 1, events) == 0)
        self->socket = zsock_new_pair (endpoint);
    if (!self->socket)
        zc_monitor_destroy (&self);
    else
        zsock_set_rcvtimeo (self->socket, 0);
    return self;
}

void zc_monitor_destroy (zc_monitor_t **self_p)
{
    zc_monitor_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zmq_socket_monitor (zsock_resolve (self->watched), NULL, 0);
    zsock_destroy (&self->socket);
    free (self);
    *self_p = NULL;
}

void *zc_monitor_socket (const zc_monitor_t *self)
{
    return self ? zsock_resolve (self->socket) : NULL;
}

bool zc_monitor_is_connected (zc_monitor_t *self)
{
    zmsg_t *message;
    if (!self)
        return true;
    while ((message = zmsg_recv (self->socket))) {
        zframe_t *frame = zmsg_first (message);
        uint16_t event;
        if (frame && zframe_size (frame) >= sizeof event) {
            memcpy (&event, zframe_data (frame), sizeof event);
            self->connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
            self->ends += event == ZMQ_EVENT_DISCONNECTED;
        }
        zmsg_destroy (&message);
    }
    return self->connected;
}

unsigned zc_monitor_ends (const zc_monitor_t *self)
{
    return self ? self->ends : 0;
}

void zc_monitor_revive (zc_monitor_t *self, const char *endpoint)
{
    int64_t now_ms = zc_clock_mono_ms ();
    if (self && self->connected)
        self->tried_ms = now_ms;
    if (!self || now_ms - self->tried_ms < REVIVE_MS)
        return;
    self->tried_ms = now_ms;
    zmq_disconnect (zsock_resolve (self->watched), endpoint);
    zmq_connect (zsock_resolve (self->watched), endpoint);
}
