/* SPDX-License-Identifier: MPL-2.0
 *
 * feed.c - what a daemon publishes; see feed.h.
 */
#include "bus/feed.h"

#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/envelope.h"
#include "bus/monitor.h"
#include "wire/json.h"

#define SNAPSHOT "snapshot"
#define ALERT "alert"
#define HIGH_WATER_MARK 16         /* an old snapshot is worth nothing: the next has the whole sums */
#define ALERT_MAX_BYTES (64 << 10) /* a daemon's has some hundred, and who takes alerts keeps them */
#define HEARTBEAT_MS 5000          /* finds a daemon's machine that went away without a word */
#define RECONNECT_MAX_MS 2000

struct zc_feed {
    char *endpoint;
    zsock_t *socket;
    zc_monitor_t *monitor; /* NULL: nobody knows */
    char error [512];
};

static zsock_t *open_socket (void)
{
    zsock_t *socket = zsock_new (ZMQ_SUB);
    if (!socket)
        return NULL;
    zsock_set_linger (socket, 0);
    zsock_set_rcvhwm (socket, HIGH_WATER_MARK);
    zsock_set_maxmsgsize (socket, ZC_REPLY_MAX_BYTES);
    zsock_set_heartbeat_ivl (socket, HEARTBEAT_MS);
    zsock_set_reconnect_ivl_max (socket, RECONNECT_MAX_MS);
    return socket;
}

zc_feed_t *zc_feed_new (const char *endpoint, bool alerts)
{
    zc_feed_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->endpoint = strdup (endpoint);
    self->socket = open_socket ();
    if (self->endpoint && self->socket) {
        self->monitor = zc_monitor_new (self->socket);
        zsock_set_subscribe (self->socket, SNAPSHOT);
        if (alerts)
            zsock_set_subscribe (self->socket, ALERT);
        if (zmq_connect (zsock_resolve (self->socket), endpoint) == 0)
            return self;
    }
    int error = errno;
    zc_feed_destroy (&self);
    errno = error;
    return NULL;
}

void zc_feed_destroy (zc_feed_t **self_p)
{
    zc_feed_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_monitor_destroy (&self->monitor);
    zsock_destroy (&self->socket);
    free (self->endpoint);
    free (self);
    *self_p = NULL;
}

void *zc_feed_socket (const zc_feed_t *self)
{
    return zsock_resolve (self->socket);
}

void *zc_feed_monitor (const zc_feed_t *self)
{
    return zc_monitor_socket (self->monitor);
}

const char *zc_feed_error (const zc_feed_t *self)
{
    return self->error;
}

bool zc_feed_is_connected (zc_feed_t *self)
{
    bool connected = zc_monitor_is_connected (self->monitor);
    zc_monitor_revive (self->monitor, self->endpoint);
    return connected;
}

void zc_feed_refresh (zc_feed_t *self)
{
    zsock_set_unsubscribe (self->socket, SNAPSHOT);
    zsock_set_subscribe (self->socket, SNAPSHOT);
}

static zc_feed_kind_t bad (zc_feed_t *self, const char *topic, const char *what)
{
    snprintf (self->error, sizeof self->error, "invalid %s from %s: %s", topic, self->endpoint, what);
    return ZC_FEED_BAD;
}

/* A subscription is a prefix: other topics may begin like ours. */
static zc_feed_kind_t kind_of (zframe_t *topic)
{
    if (topic && zframe_streq (topic, SNAPSHOT))
        return ZC_FEED_SNAPSHOT;
    return topic && zframe_streq (topic, ALERT) ? ZC_FEED_ALERT : ZC_FEED_NOTHING;
}

static zc_feed_kind_t read_message (zc_feed_t *self, zmsg_t *message, json_t **ret_body)
{
    zc_feed_kind_t kind = kind_of (zmsg_first (message));
    const char *topic = kind == ZC_FEED_ALERT ? ALERT : SNAPSHOT;
    zframe_t *frame = zmsg_next (message);
    json_t *body;
    if (kind == ZC_FEED_NOTHING)
        return kind;
    if (zmsg_size (message) != 2)
        return bad (self, topic, "not two frames");
    if (zframe_size (frame) > (kind == ZC_FEED_ALERT ? ALERT_MAX_BYTES : ZC_REPLY_MAX_BYTES))
        return bad (self, topic, "too large");
    int error = zc_json_unpack (zframe_data (frame), zframe_size (frame), &body);
    if (error)
        return bad (self, topic, zc_json_strerror (error));
    if (!json_is_object (body)) {
        json_decref (body);
        return bad (self, topic, "not a map");
    }
    *ret_body = body;
    return kind;
}

zc_feed_kind_t zc_feed_next (zc_feed_t *self, json_t **ret_body)
{
    while (zsock_events (self->socket) & ZMQ_POLLIN) {
        zmsg_t *message = zmsg_recv (self->socket);
        if (!message)
            break;
        zc_feed_kind_t kind = read_message (self, message, ret_body);
        zmsg_destroy (&message);
        if (kind != ZC_FEED_NOTHING)
            return kind;
    }
    return ZC_FEED_NOTHING;
}
