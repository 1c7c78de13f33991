/* SPDX-License-Identifier: MPL-2.0
 *
 * ingest_socket.c - the ingest socket: receive, journal, fold.
 */
#include "daemon/ingest_socket.h"

#include <sched.h>

#include "civil/clock.h"
#include "program/log.h"

#define DRAIN_PAUSES_MAX 8

void zc_ingest_socket_init (zc_ingest_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage)
{
    self->socket = socket;
    self->engine = engine;
    self->storage = storage;
}

/* Receives until nothing is there, or a bound. Returns how many frames.
 *
 * Where nothing is there any more, libzmq's thread gets the CPU for a moment before we go to sleep:
 * to be woken for every few frames costs both of us more than the frames. */
static size_t receive (zc_ingest_socket_t *self, size_t *ret_bytes)
{
    void *socket = zsock_resolve (self->socket);
    size_t count = 0, bytes = 0, count_then = 0;
    int pauses = 0;
    while (count < ZC_DRAIN_FRAMES_MAX && bytes < ZC_DRAIN_BYTES_MAX) {
        zmq_msg_t *frame = &self->frames [count];
        zmq_msg_init (frame);
        if (zmq_msg_recv (frame, socket, ZMQ_DONTWAIT) == -1) {
            if (errno == EINTR)
                continue;
            if (count == count_then || pauses++ == DRAIN_PAUSES_MAX)
                break;
            count_then = count;
            sched_yield ();
            continue;
        }
        bytes += zmq_msg_size (frame);
        count++;
    }
    *ret_bytes = bytes;
    return count;
}

/* Each frame as received; of one over the limit, as much as counts. */
static int journal (zc_ingest_socket_t *self, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        const void *data = zmq_msg_data (&self->frames [i]);
        size_t size = zmq_msg_size (&self->frames [i]);
        bool too_large = size > self->engine->intake.limits.frame_bytes_max;
        if (zc_storage_append (self->storage, too_large ? ZC_RECORD_TOO_LARGE : ZC_RECORD_FRAME, now_ms, data,
                               too_large ? ZC_TOO_LARGE_HEAD_BYTES : size) == -1)
            return -1;
    }
    return zc_storage_write (self->storage);
}

static int fold (zc_ingest_socket_t *self, size_t count, int64_t now_ms)
{
    for (size_t i = 0; i < count; i++)
        if (zc_intake_frame (&self->engine->intake, zmq_msg_data (&self->frames [i]), zmq_msg_size (&self->frames [i]),
                             now_ms) == -1) {
            zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
            return -1;
        }
    return 0;
}

/* Written before it is folded: a total that someone has read must survive kill -9. */
int zc_ingest_socket_drain (zc_ingest_socket_t *self)
{
    size_t bytes, count = receive (self, &bytes);
    int64_t now_ms = zc_clock_wall_ms ();
    int rc = count > 0 ? journal (self, count, now_ms) : 0;
    if (rc == 0)
        rc = fold (self, count, now_ms);
    for (size_t i = 0; i < count; i++)
        zmq_msg_close (&self->frames [i]);
    if (rc == 0)
        rc = zc_storage_bound (self->storage);
    self->engine->drained_frames = count;
    self->engine->drained_bytes = bytes;
    return rc == -1 ? -1 : count > 0;
}
