/* SPDX-License-Identifier: MPL-2.0
 *
 * client_peer.h - for the tests of the client: a PULL socket that reads and counts as the daemon
 * does, and clients that push to it.
 */
#ifndef ZC_CLIENT_PEER_H
#define ZC_CLIENT_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "wire/decode.h"
#include "zcost.h"

#define HELPER static __attribute__ ((unused))
#ifndef COUNT
#define COUNT(array) (sizeof (array) / sizeof ((array) [0]))
#endif
#define PATIENCE_MS 20000          /* for what must happen, on a machine that is busy */
#define SENDERS 8                  /* services "0" to "7" tell senders apart */
#define NOBODY "tcp://127.0.0.1:9" /* discard: nobody listens there */

HELPER int64_t now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --------------------------------------------------------------------- a daemon's socket */

typedef struct {
    void *context, *pull;
    char endpoint [128];
    uint64_t total, bad, messages;
    uint64_t of [SENDERS]; /* by service */
    uint64_t out_of_order; /* against the sequence that input_tokens tell */
    size_t largest;
    zcost_type_t last_type;
    unsigned nap_us; /* after each message: how slow it is */
} daemon_t;

HELPER void bind_daemon (daemon_t *self, const char *endpoint)
{
    size_t size = sizeof self->endpoint;
    self->pull = zmq_socket (self->context, ZMQ_PULL);
    assert_non_null (self->pull);
    assert_int_equal (zmq_bind (self->pull, endpoint), 0);
    assert_int_equal (zmq_getsockopt (self->pull, ZMQ_LAST_ENDPOINT, self->endpoint, &size), 0);
}

HELPER int start_daemon (void **state)
{
    static daemon_t self;
    memset (&self, 0, sizeof self);
    self.context = zmq_ctx_new ();
    bind_daemon (&self, "tcp://127.0.0.1:*");
    *state = &self;
    return 0;
}

HELPER int end_daemon (void **state)
{
    daemon_t *self = *state;
    zmq_close (self->pull);
    zmq_ctx_term (self->context);
    return 0;
}

HELPER void take (daemon_t *self, const zc_event_t *event)
{
    unsigned sender = event->service.size == 1 ? (unsigned) (*event->service.data - '0') : SENDERS;
    self->total++;
    self->last_type = event->type;
    if (sender < SENDERS && (uint64_t) event->input_tokens != self->of [sender]++)
        self->out_of_order++;
}

/* Receives until there are `total` events in all. */
HELPER void receive (daemon_t *self, uint64_t total)
{
    int64_t until_ms = now_ms () + PATIENCE_MS;
    while (self->total < total && now_ms () < until_ms) {
        zmq_msg_t message;
        zc_frame_t frame;
        zc_event_t event;
        zc_reject_t reject;
        zmq_pollitem_t item = {.socket = self->pull, .events = ZMQ_POLLIN};
        if (zmq_poll (&item, 1, 100) <= 0)
            continue;
        zmq_msg_init (&message);
        assert_true (zmq_msg_recv (&message, self->pull, ZMQ_DONTWAIT) >= 0);
        self->messages++;
        if (zmq_msg_size (&message) > self->largest)
            self->largest = zmq_msg_size (&message);
        zc_decode_init (&frame, zmq_msg_data (&message), zmq_msg_size (&message), (int64_t) time (NULL) * 1000, 1);
        for (zc_step_t step; (step = zc_decode_next (&frame, &event, &reject)) != ZC_STEP_END;)
            if (step == ZC_STEP_EVENT)
                take (self, &event);
            else
                self->bad++;
        zmq_msg_close (&message);
        if (self->nap_us)
            usleep (self->nap_us);
    }
    assert_int_equal (self->total, total);
    assert_int_equal (self->bad, 0);
    assert_int_equal (self->out_of_order, 0);
}

/* ----------------------------------------------------------------------------- clients */

HELPER zcost_t *open_client (const char *endpoint)
{
    zcost_t *client = NULL;
    const zcost_options_t options = {.size = sizeof options, .endpoint = endpoint};
    assert_int_equal (zcost_open (&options, &client), 0);
    assert_non_null (client);
    return client;
}

HELPER zcost_stats_t stats_of (const zcost_t *client)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (client, &stats);
    assert_true (stats.emitted == stats.sent + stats.queued);
    return stats;
}

HELPER void await_connection (const zcost_t *client, bool connected)
{
    for (int64_t until_ms = now_ms () + PATIENCE_MS; now_ms () < until_ms; usleep (1000))
        if (stats_of (client).connected == connected)
            return;
    fail_msg ("the client is never %s", connected ? "connected" : "disconnected");
}

/* The count-th event of a sender. */
HELPER int emit (zcost_t *client, unsigned sender, uint64_t count)
{
    const char service [] = {(char) ('0' + sender), 0};
    const zcost_event_t event = {
        .size = sizeof event,
        .type = ZCOST_LLM_CALL,
        .service = service,
        .has = ZCOST_HAS_INPUT_TOKENS,
        .input_tokens = (int64_t) count,
    };
    return zcost_emit (client, &event);
}

HELPER void emit_many (zcost_t *client, unsigned sender, uint64_t count)
{
    for (uint64_t i = 0; i < count;)
        if (emit (client, sender, i) == 0)
            i++;
        else
            usleep (500); /* full: not what is tested here */
}

HELPER uint64_t emit_until_full (zcost_t *client)
{
    uint64_t emitted = 0;
    while (zcost_query_router (client, "simple", 0.001) == 0)
        emitted++;
    return emitted;
}

/* Whatever was sent twice would come within this time, or never. */
HELPER void expect_nothing (daemon_t *self)
{
    zmq_pollitem_t item = {.socket = self->pull, .events = ZMQ_POLLIN};
    assert_int_equal (zmq_poll (&item, 1, 50), 0);
}

/* A thread that emits. */
#define THREADS 4
#define EACH 50000

typedef struct {
    zcost_t *client;
    unsigned sender;
} emitter_t;

HELPER void *emitter_main (void *argument)
{
    const emitter_t *self = argument;
    emit_many (self->client, self->sender, EACH);
    return NULL;
}

#define CASE(test) cmocka_unit_test (test)
#define WITH_DAEMON(test) cmocka_unit_test_setup_teardown (test, start_daemon, end_daemon)

#endif
