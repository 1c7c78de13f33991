/* SPDX-License-Identifier: MPL-2.0
 *
 * poller.c - one question at a time, without ever waiting; see watch_asker.h.
 */
#include "zreport/watch/poller.h"

#include <assert.h>
#include <czmq.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"
#include "bus/envelope.h"
#include "wire/json.h"

#define RECONNECT_MAX_MS 2000

struct zr_watch_poller {
    char *endpoint;
    int timeout_ms;
    zsock_t *socket; /* NULL: could not be made; the next question tries again */
    bool busy;
    bool unsent; /* the question could not be put at all; `error` says why */
    int64_t deadline_ms;
    char error [512];
};

__attribute__ ((format (printf, 2, 3))) static zr_watch_poller_news_t silent (zr_watch_poller_t *self,
                                                                              const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->error, sizeof self->error, format, args);
    va_end (args);
    zr_watch_poller_forget (self);
    return ZR_WATCH_POLLER_SILENT;
}

static int open_socket (zr_watch_poller_t *self)
{
    self->socket = zsock_new (ZMQ_DEALER);
    if (!self->socket)
        return -1;
    zsock_set_linger (self->socket, 0);
    zsock_set_maxmsgsize (self->socket, ZC_REPLY_MAX_BYTES);
    zsock_set_reconnect_ivl_max (self->socket, RECONNECT_MAX_MS);
    if (zmq_connect (zsock_resolve (self->socket), self->endpoint) == 0)
        return 0;
    int error = errno;
    zsock_destroy (&self->socket);
    errno = error;
    return -1;
}

zr_watch_poller_t *zr_watch_poller_new (const char *endpoint, int timeout_ms)
{
    zr_watch_poller_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->timeout_ms = timeout_ms;
    self->endpoint = strdup (endpoint);
    if (self->endpoint && open_socket (self) == 0)
        return self;
    int error = errno;
    zr_watch_poller_destroy (&self);
    errno = error;
    return NULL;
}

void zr_watch_poller_destroy (zr_watch_poller_t **self_p)
{
    zr_watch_poller_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zsock_destroy (&self->socket);
    free (self->endpoint);
    free (self);
    *self_p = NULL;
}

void *zr_watch_poller_socket (const zr_watch_poller_t *self)
{
    return self->socket ? zsock_resolve (self->socket) : NULL;
}

const char *zr_watch_poller_error (const zr_watch_poller_t *self)
{
    return self->error;
}

bool zr_watch_poller_is_busy (const zr_watch_poller_t *self)
{
    return self->busy;
}

int zr_watch_poller_wait_ms (const zr_watch_poller_t *self)
{
    if (!self->busy)
        return -1;
    int64_t left_ms = self->unsent ? 0 : self->deadline_ms - zc_clock_mono_ms ();
    return left_ms > 0 ? (int) left_ms : 0;
}

void zr_watch_poller_forget (zr_watch_poller_t *self)
{
    if (self->busy)
        zsock_destroy (&self->socket);
    self->busy = self->unsent = false;
}

static int send_request (zr_watch_poller_t *self, const json_t *request)
{
    void *bytes;
    size_t size;
    if (zc_json_pack (request, &bytes, &size) != 0) {
        errno = ENOMEM;
        return -1;
    }
    void *socket = zsock_resolve (self->socket);
    int status = zmq_send (socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    if (status >= 0)
        status = zmq_send (socket, bytes, size, ZMQ_DONTWAIT);
    free (bytes);
    return status < 0 ? -1 : 0;
}

void zr_watch_poller_put (zr_watch_poller_t *self, const json_t *request)
{
    assert (!self->busy);
    self->busy = true;
    self->deadline_ms = zc_clock_mono_ms () + self->timeout_ms;
    self->unsent = (!self->socket && open_socket (self) != 0) || send_request (self, request) != 0;
    if (self->unsent)
        snprintf (self->error, sizeof self->error, "cannot send the query: %s", zmq_strerror (errno));
}

/* ------------------------------------------------------------------ replies */

static zr_watch_poller_news_t read_reply (zr_watch_poller_t *self, zmsg_t *message, json_t **ret_result)
{
    zframe_t *delimiter = zmsg_first (message), *frame = zmsg_next (message);
    if (zmsg_size (message) != 2 || zframe_size (delimiter) != 0)
        return silent (self, "invalid reply: not one frame");
    zc_envelope_t reply;
    zc_envelope_open (zframe_data (frame), zframe_size (frame), &reply);
    if (reply.kind == ZC_REPLY_FOREIGN)
        return silent (self, "invalid reply: %s", reply.message);
    self->busy = false;
    if (reply.kind == ZC_REPLY_RESULT) {
        *ret_result = reply.result;
        return ZR_WATCH_POLLER_ANSWERED;
    }
    snprintf (self->error, sizeof self->error, "%s", *reply.message ? reply.message : reply.code);
    return ZR_WATCH_POLLER_REFUSED;
}

zr_watch_poller_news_t zr_watch_poller_look (zr_watch_poller_t *self, json_t **ret_result)
{
    if (!self->busy)
        return ZR_WATCH_POLLER_NOTHING;
    if (self->unsent) {
        zr_watch_poller_forget (self);
        return ZR_WATCH_POLLER_SILENT;
    }
    zmsg_t *message = zsock_events (self->socket) & ZMQ_POLLIN ? zmsg_recv (self->socket) : NULL;
    if (message) {
        zr_watch_poller_news_t news = read_reply (self, message, ret_result);
        zmsg_destroy (&message);
        return news;
    }
    if (zc_clock_mono_ms () < self->deadline_ms)
        return ZR_WATCH_POLLER_NOTHING;
    return silent (self, "no answer within %g s", self->timeout_ms / 1000.0);
}
