/* SPDX-License-Identifier: MPL-2.0
 *
 * reliable_peer.h - for the tests of reliable mode: a daemon of sorts, which takes stamped frames, each
 * number once, and acknowledges when it is told to.
 */
#ifndef ZC_RELIABLE_PEER_H
#define ZC_RELIABLE_PEER_H

#include "pack.h"
#include "client_peer.h"

#define HEAD_BYTES 39     /* a stamp */
#define DROPPED_AT 31     /* in it: all but these 8 bytes stay the same in a frame that is sent again */
#define VALUES_MAX 200000 /* events tell a value in input_tokens */

typedef struct {
    zc_stamp_t stamp;
    uint64_t events;
    size_t size;
    uint8_t *bytes;
} seen_t;

typedef struct {
    void *context, *pull, *xpub;
    char ingest [128], publish [128];
    const char *incarnation;
    seen_t *frames; /* in the order of arrival, duplicates included */
    size_t frames_count, frames_max;
    uint64_t taken, duplicate;     /* events */
    uint8_t taken_of [VALUES_MAX]; /* by value */
} hub_t;

HELPER void hub_bind (void *context, int type, const char *endpoint, void **ret_socket, char ret_endpoint [128])
{
    size_t size = 128;
    int64_t until_ms = now_ms () + PATIENCE_MS;
    int verbose = 1, none = 0;
    *ret_socket = zmq_socket (context, type);
    assert_non_null (*ret_socket);
    zmq_setsockopt (*ret_socket, ZMQ_LINGER, &none, sizeof none);
    if (type == ZMQ_XPUB)
        zmq_setsockopt (*ret_socket, ZMQ_XPUB_VERBOSE, &verbose, sizeof verbose);
    while (zmq_bind (*ret_socket, endpoint) != 0 && now_ms () < until_ms)
        usleep (1000); /* the port's last user is still letting go of it */
    assert_int_equal (zmq_getsockopt (*ret_socket, ZMQ_LAST_ENDPOINT, ret_endpoint, &size), 0);
}

HELPER int hub_start (void **state)
{
    hub_t *self = calloc (1, sizeof *self);
    self->context = zmq_ctx_new ();
    self->incarnation = "first";
    hub_bind (self->context, ZMQ_PULL, "tcp://127.0.0.1:*", &self->pull, self->ingest);
    hub_bind (self->context, ZMQ_XPUB, "tcp://127.0.0.1:*", &self->xpub, self->publish);
    *state = self;
    return 0;
}

HELPER int hub_end (void **state)
{
    hub_t *self = *state;
    zmq_close (self->pull);
    zmq_close (self->xpub);
    zmq_ctx_term (self->context);
    for (size_t i = 0; i < self->frames_count; i++)
        free (self->frames [i].bytes);
    free (self->frames);
    free (self);
    return 0;
}

/* The daemon dies, and another one comes: what had not been read is gone. */
HELPER void hub_restart (hub_t *self, const char *incarnation)
{
    char ingest [128], publish [128];
    strcpy (ingest, self->ingest);
    strcpy (publish, self->publish);
    zmq_close (self->pull);
    zmq_close (self->xpub);
    hub_bind (self->context, ZMQ_PULL, ingest, &self->pull, self->ingest);
    hub_bind (self->context, ZMQ_XPUB, publish, &self->xpub, self->publish);
    self->incarnation = incarnation;
}

/* --------------------------------------------------------------------------- frames */

static inline bool same_numbers (const seen_t *a, const seen_t *b)
{
    return memcmp (a->stamp.producer, b->stamp.producer, 16) == 0 && a->stamp.epoch == b->stamp.epoch;
}

/* Whether the frame came before: then with the same boundaries and the same bytes. */
HELPER bool hub_knows (const hub_t *self, const seen_t *frame)
{
    for (size_t i = 0; i < self->frames_count; i++) {
        const seen_t *old = &self->frames [i];
        if (old->events == 0 || !same_numbers (old, frame) || old->stamp.seq + old->events <= frame->stamp.seq ||
            frame->stamp.seq + frame->events <= old->stamp.seq)
            continue;
        assert_int_equal (old->stamp.seq, frame->stamp.seq);
        assert_int_equal (old->size, frame->size);
        assert_memory_equal (old->bytes, frame->bytes, DROPPED_AT);
        assert_memory_equal (old->bytes + HEAD_BYTES, frame->bytes + HEAD_BYTES, frame->size - HEAD_BYTES);
        assert_true (old->stamp.dropped <= frame->stamp.dropped);
        return true;
    }
    return false;
}

/* Reads the frame's events; takes their values where it is new. */
HELPER uint64_t hub_fold (hub_t *self, const void *bytes, size_t size, bool take, zc_stamp_t *ret_stamp)
{
    zc_frame_t frame;
    zc_event_t event;
    zc_reject_t reject;
    uint64_t events = 0;
    zc_decode_init (&frame, bytes, size, (int64_t) time (NULL) * 1000, 1);
    for (zc_step_t step; (step = zc_decode_next (&frame, &event, &reject)) != ZC_STEP_END; events++) {
        assert_int_equal (step, ZC_STEP_EVENT);
        assert_in_range (event.input_tokens, 0, VALUES_MAX - 1);
        if (take)
            self->taken_of [event.input_tokens]++;
    }
    assert_true (frame.stamped);
    *ret_stamp = frame.stamp;
    return events;
}

/* Receives one frame, if one comes in time. */
HELPER bool hub_receive (hub_t *self, int timeout_ms)
{
    zmq_msg_t message;
    seen_t frame;
    zmq_pollitem_t item = {.socket = self->pull, .events = ZMQ_POLLIN};
    if (zmq_poll (&item, 1, timeout_ms) <= 0)
        return false;
    zmq_msg_init (&message);
    assert_true (zmq_msg_recv (&message, self->pull, ZMQ_DONTWAIT) >= 0);
    frame.size = zmq_msg_size (&message);
    frame.bytes = malloc (frame.size);
    memcpy (frame.bytes, zmq_msg_data (&message), frame.size);
    zmq_msg_close (&message);
    frame.events = hub_fold (self, frame.bytes, frame.size, false, &frame.stamp);
    if (frame.events > 0 && hub_knows (self, &frame))
        self->duplicate += frame.events;
    else
        self->taken += hub_fold (self, frame.bytes, frame.size, true, &frame.stamp);
    if (self->frames_count == self->frames_max) {
        self->frames_max = self->frames_max ? 2 * self->frames_max : 64;
        self->frames = realloc (self->frames, self->frames_max * sizeof *self->frames);
    }
    self->frames [self->frames_count++] = frame;
    return true;
}

/* Receives until so many different events were taken. */
HELPER void hub_take (hub_t *self, uint64_t taken)
{
    int64_t until_ms = now_ms () + PATIENCE_MS;
    while (self->taken < taken && now_ms () < until_ms)
        hub_receive (self, 100);
    assert_int_equal (self->taken, taken);
}

/* Receives until so many duplicates came. */
HELPER void hub_take_again (hub_t *self, uint64_t duplicate)
{
    int64_t until_ms = now_ms () + PATIENCE_MS;
    while (self->duplicate < duplicate && now_ms () < until_ms)
        hub_receive (self, 100);
    assert_int_equal (self->duplicate, duplicate);
}

/* Each value from 0 to count - 1 was taken once. */
HELPER void hub_assert_each_once (const hub_t *self, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (self->taken_of [i] != 1)
            fail_msg ("event %zu was taken %u times", i, self->taken_of [i]);
}

static inline const seen_t *hub_last (const hub_t *self)
{
    assert_true (self->frames_count > 0);
    return &self->frames [self->frames_count - 1];
}

/* -------------------------------------------------------------------------- acknowledge */

HELPER void hub_publish (hub_t *self, const uint8_t producer [16], const void *body, size_t size)
{
    char topic [64];
    strcpy (topic, "ack/");
    for (int i = 0; i < 16; i++)
        sprintf (topic + 4 + 2 * i, "%02x", producer [i]);
    strcat (topic, "/");
    zmq_send (self->xpub, topic, strlen (topic), ZMQ_SNDMORE);
    zmq_send (self->xpub, body, size, 0);
}

HELPER void hub_say (hub_t *self, const uint8_t producer [16], uint32_t epoch, uint64_t seq, bool stale)
{
    bytes_t body = {0};
    MAP (&body, {"later", STR ("unknown")}, {"epoch", INT (epoch)}, {"seq", INT ((int64_t) seq)},
         {"incarnation", STR (self->incarnation)}, {"stale", BOOL (stale)});
    hub_publish (self, producer, body.data, body.size);
    msgpack_sbuffer_destroy (&body);
}

/* Acknowledges all that was taken under the epoch of this frame. */
HELPER void hub_acknowledge_with (hub_t *self, const seen_t *frame)
{
    uint64_t next = 1;
    for (size_t i = 0; i < self->frames_count; i++)
        if (same_numbers (&self->frames [i], frame) && self->frames [i].stamp.seq + self->frames [i].events > next)
            next = self->frames [i].stamp.seq + self->frames [i].events;
    hub_say (self, frame->stamp.producer, frame->stamp.epoch, next, false);
}

/* All producers'. An acknowledgement before the subscription has arrived is lost: so say it often. */
HELPER void hub_acknowledge (hub_t *self)
{
    for (size_t i = self->frames_count; i-- > 0;) {
        bool is_last = true;
        for (size_t j = i + 1; j < self->frames_count && is_last; j++)
            is_last = !same_numbers (&self->frames [i], &self->frames [j]);
        if (is_last)
            hub_acknowledge_with (self, &self->frames [i]);
    }
}

/* Acknowledges until the client has heard it. */
HELPER void hub_settle (hub_t *self, const zcost_t *client, uint64_t acked)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    for (int64_t until_ms = now_ms () + PATIENCE_MS; now_ms () < until_ms; usleep (2000)) {
        while (hub_receive (self, 0))
            ;
        hub_acknowledge (self);
        zcost_stats (client, &stats);
        if (stats.acked >= acked)
            break;
    }
    assert_int_equal (stats.acked, acked);
}

/* ------------------------------------------------------------------------------ clients */

HELPER zcost_t *open_reliable (const hub_t *hub, const char *spool_dir)
{
    zcost_t *client = NULL;
    const zcost_options_t options = {
        .size = sizeof options,
        .endpoint = hub->ingest,
        .publish = hub->publish,
        .queue_bytes = 64 << 10,
        .spool_dir = spool_dir,
    };
    assert_int_equal (zcost_open (&options, &client), 0);
    return client;
}

HELPER int emit_value (zcost_t *client, uint64_t value)
{
    return emit (client, 0, value);
}

/* Values from..to-1, each in the queue. */
HELPER void emit_values (zcost_t *client, uint64_t from, uint64_t to)
{
    for (; from < to; from++)
        assert_int_equal (emit_value (client, from), 0);
}

HELPER zcost_stats_t reliable_stats (const zcost_t *client)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (client, &stats);
    return stats;
}

HELPER void await_connection_of (const zcost_t *client)
{
    for (int64_t until_ms = now_ms () + PATIENCE_MS; now_ms () < until_ms; usleep (1000))
        if (reliable_stats (client).connected)
            return;
    fail_msg ("the client is never connected");
}

#define WITH_HUB(test) cmocka_unit_test_setup_teardown (test, hub_start, hub_end)

#endif
