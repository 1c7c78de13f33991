/* SPDX-License-Identifier: MPL-2.0
 *
 * client.c - questions to a daemon's query endpoint, and their answers; see ask.h.
 */
#include "zreport/client.h"

#include <czmq.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"
#include "bus/envelope.h"
#include "wire/json.h"

/* libzmq drops the connection at a greater frame, and then we could only say that nothing came:
 * between the two limits we can say why. */
#define FRAME_MAX_BYTES (4 * (int64_t) ZC_REPLY_MAX_BYTES)

/* Questions that are asked alone have higher numbers than those of zr_client_send. */
#define LAST_BEFORE (UINT32_C (1) << 31)

#define MONITOR_ENDPOINT "inproc://zreport-monitor"

struct zr_client {
    char *endpoint;
    int timeout_ms;
    int64_t deadline_ns;
    zsock_t *socket;
    zsock_t *monitor; /* tells how far the connection came; NULL: nobody knows */
    int64_t elapsed_ns;
    bool broken; /* no reply came, or half of one: nothing more can be asked */
    bool too_large;
    uint32_t last; /* number of the last question that was asked alone */
    char error [512];
};

__attribute__ ((format (printf, 2, 3))) static int fail (zr_client_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->error, sizeof self->error, format, args);
    va_end (args);
    return -1;
}

static zsock_t *watch_connection (zsock_t *socket)
{
    int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor (zsock_resolve (socket), MONITOR_ENDPOINT, events) != 0)
        return NULL;
    return zsock_new_pair (">" MONITOR_ENDPOINT);
}

zr_client_t *zr_client_new (const char *endpoint, int timeout_ms)
{
    zr_client_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->timeout_ms = timeout_ms;
    self->last = LAST_BEFORE;
    zr_client_wait_anew (self);
    self->endpoint = strdup (endpoint);
    self->socket = zsock_new (ZMQ_DEALER);
    if (self->endpoint && self->socket) {
        zsock_set_linger (self->socket, 0);
        zsock_set_maxmsgsize (self->socket, FRAME_MAX_BYTES);
        self->monitor = watch_connection (self->socket);
        if (zmq_connect (zsock_resolve (self->socket), endpoint) == 0)
            return self;
    }
    int error = errno;
    zr_client_destroy (&self);
    errno = error;
    return NULL;
}

void zr_client_destroy (zr_client_t **self_p)
{
    zr_client_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    if (self->monitor)
        zmq_socket_monitor (zsock_resolve (self->socket), NULL, 0);
    zsock_destroy (&self->monitor);
    zsock_destroy (&self->socket);
    free (self->endpoint);
    free (self);
    *self_p = NULL;
}

const char *zr_client_error (const zr_client_t *self)
{
    return self->error;
}

int64_t zr_client_elapsed_ns (const zr_client_t *self)
{
    return self->elapsed_ns;
}

/* ------------------------------------------------------------------ when nothing comes */

/* The events that the monitor has seen, as a set. */
static int connection_events (zr_client_t *self)
{
    int seen = 0;
    zmsg_t *message;
    if (self->monitor)
        zsock_set_rcvtimeo (self->monitor, 0);
    while (self->monitor && (message = zmsg_recv (self->monitor))) {
        zframe_t *frame = zmsg_first (message);
        uint16_t event;
        if (zframe_size (frame) >= sizeof event) {
            memcpy (&event, zframe_data (frame), sizeof event);
            seen |= event;
        }
        zmsg_destroy (&message);
    }
    return seen;
}

/* Says what is wrong as exactly as can be known: three mistakes look the same from here, and
 * have three different remedies. */
static int fail_silence (zr_client_t *self)
{
    double seconds = self->timeout_ms / 1000.0;
    int seen = connection_events (self);
    if (seen & ZMQ_EVENT_HANDSHAKE_SUCCEEDED && seen & ZMQ_EVENT_DISCONNECTED)
        return fail (self, "%s closed the connection and gave no answer within %g s", self->endpoint, seconds);
    if (seen & ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
        return fail (self, "%s accepted the query and gave no answer within %g s", self->endpoint, seconds);
    if (seen & ZMQ_EVENT_CONNECTED)
        return fail (self, "%s accepts connections, but is not a query endpoint of zcostd, or hangs (waited %g s)",
                     self->endpoint, seconds);
    return fail (self, "no zcostd at %s (waited %g s)", self->endpoint, seconds);
}

/* ------------------------------------------------------------------ asking */

/* As REQ does it, with the number in front: what stands before the delimiter comes back with the reply. */
int zr_client_send (zr_client_t *self, uint32_t number, const json_t *request)
{
    if (self->broken)
        return -1;
    void *bytes, *socket = zsock_resolve (self->socket);
    size_t size;
    int error = zc_json_pack (request, &bytes, &size);
    if (error)
        return fail (self, "cannot pack the query: %s", zc_json_strerror (error));
    int sent = zmq_send (socket, &number, sizeof number, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    if (sent != -1)
        sent = zmq_send (socket, "", 0, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    if (sent != -1)
        sent = zmq_send (socket, bytes, size, ZMQ_DONTWAIT);
    free (bytes);
    return sent < 0 ? fail (self, "cannot send to %s: %s", self->endpoint, zmq_strerror (errno)) : 0;
}

/* One frame, or NULL with the error set. */
static zframe_t *receive_frame (zr_client_t *self)
{
    zframe_t *frame;
    do {
        int64_t left_ms = (self->deadline_ns - zc_clock_mono_ns () + 999999) / 1000000;
        if (left_ms <= 0) {
            fail_silence (self);
            return NULL;
        }
        zsock_set_rcvtimeo (self->socket, (int) left_ms);
        frame = zframe_recv (self->socket);
    } while (!frame && (errno == EAGAIN || errno == EINTR));
    if (!frame)
        fail (self, "cannot receive from %s: %s", self->endpoint, zmq_strerror (errno));
    return frame;
}

/* The number in front of a reply, and the frame behind it. */
static zframe_t *receive_number (zr_client_t *self, uint32_t *ret_number)
{
    zframe_t *frame = receive_frame (self);
    if (!frame || zframe_size (frame) != sizeof *ret_number || !zframe_more (frame))
        return frame;
    memcpy (ret_number, zframe_data (frame), sizeof *ret_number);
    zframe_destroy (&frame);
    return receive_frame (self);
}

/* The reply's one frame behind the delimiter, or NULL with the error set. */
static zframe_t *receive_reply (zr_client_t *self, uint32_t *ret_number)
{
    zframe_t *frame = receive_number (self, ret_number);
    bool delimited = frame && zframe_size (frame) == 0 && zframe_more (frame);
    if (delimited) {
        zframe_destroy (&frame);
        frame = receive_frame (self);
    }
    if (!frame)
        return NULL;
    if (!delimited)
        fail (self, "invalid reply from %s, or one of an older zcostd: no delimiter", self->endpoint);
    else if (zframe_more (frame))
        fail (self, "invalid reply from %s: more than one frame", self->endpoint);
    else
        return frame;
    zframe_destroy (&frame);
    return NULL;
}

static int open_reply (zr_client_t *self, zframe_t *frame, json_t **ret_result)
{
    if (zframe_size (frame) > ZC_REPLY_MAX_BYTES) {
        self->too_large = true;
        return fail (self, "the reply from %s has %zu bytes, over the limit of %d", self->endpoint, zframe_size (frame),
                     ZC_REPLY_MAX_BYTES);
    }
    zc_envelope_t reply;
    zc_envelope_open (zframe_data (frame), zframe_size (frame), &reply);
    self->too_large = strcmp (reply.code, "too_large") == 0;
    if (reply.kind == ZC_REPLY_FOREIGN)
        return fail (self, "invalid reply from %s: %s", self->endpoint, reply.message);
    if (reply.kind == ZC_REPLY_REFUSAL)
        return fail (self, "refused: %s (%s)", *reply.message ? reply.message : "no reason given",
                     *reply.code ? reply.code : "no code");
    *ret_result = reply.result;
    return 0;
}

int zr_client_receive (zr_client_t *self, uint32_t *ret_number, json_t **ret_result)
{
    if (self->broken)
        return -1;
    self->broken = true; /* until the reply has come */
    self->too_large = false;
    *ret_number = UINT32_MAX;
    zframe_t *frame = receive_reply (self, ret_number);
    if (!frame)
        return -1;
    self->broken = false;
    int status = open_reply (self, frame, ret_result);
    zframe_destroy (&frame);
    return status;
}

int zr_client_ask (zr_client_t *self, const json_t *request, json_t **ret_result)
{
    int64_t start_ns = zc_clock_mono_ns ();
    uint32_t number;
    if (zr_client_send (self, ++self->last, request) != 0)
        return -1;
    json_t *result = NULL;
    int status = zr_client_receive (self, &number, &result);
    if (!self->broken && number != self->last) {
        json_decref (result);
        return zr_client_fail_stray (self);
    }
    if (status != 0)
        return -1;
    *ret_result = result;
    self->elapsed_ns = zc_clock_mono_ns () - start_ns;
    return 0;
}

int zr_client_fail_stray (zr_client_t *self)
{
    self->broken = true;
    return fail (self, "invalid reply from %s: it does not carry the number of a query that was sent", self->endpoint);
}

void zr_client_wait_anew (zr_client_t *self)
{
    self->deadline_ns = zc_clock_mono_ns () + self->timeout_ms * INT64_C (1000000);
}

bool zr_client_was_too_large (const zr_client_t *self)
{
    return self->too_large;
}
