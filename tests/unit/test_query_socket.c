/* SPDX-License-Identifier: MPL-2.0
 *
 * test_query_socket.c - the query socket between a client and an engine, storage and process that are made up.
 */
#include "daemon/query_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/api/request.h"
#include "failing_memory.h"
#include "pack.h"
#include "program/process.h"
#include "view.h"

#define RESIDENT_BYTES 123456

/* --------------------------------------------------- what stands behind the socket */

static asked_t asked;
static int refreshed;              /* how often the storage's status was */
static zc_window_query_t *waiting; /* what a worker would answer */

zc_report_source_t zc_engine_report_source (zc_engine_t *self)
{
    (void) self;
    return asked.view;
}

void zc_storage_refresh_status (zc_storage_t *self)
{
    (void) self;
    refreshed++;
}

uint64_t zc_process_resident_bytes (void)
{
    return RESIDENT_BYTES;
}

void zc_storage_ask (zc_storage_t *self, zc_window_query_t *query)
{
    (void) self;
    assert_null (waiting);
    waiting = query;
}

/* ------------------------------------------------------------------------- sockets */

typedef struct {
    zc_settings_t settings;
    zc_engine_t engine;
    zsock_t *router, *client;
    zc_query_socket_t socket;
} sockets_t;

static sockets_t sockets;

static int begin (void **state)
{
    static int begun;
    (void) state;
    asked_begin_default (&asked);
    asked.view.rss_bytes = 0;
    refreshed = 0;
    sockets.engine.settings = &sockets.settings;
    sockets.router = zsock_new (ZMQ_ROUTER);
    sockets.client = zsock_new (ZMQ_DEALER);
    /* A name of its own: that of the test before may not be free yet. */
    assert_int_equal (zsock_bind (sockets.router, "inproc://query-%d", ++begun), 0);
    assert_int_equal (zsock_connect (sockets.client, "inproc://query-%d", begun), 0);
    assert_int_equal (zc_query_socket_init (&sockets.socket, sockets.router, &sockets.engine, NULL), 0);
    return 0;
}

static int end (void **state)
{
    (void) state;
    zsock_destroy (&sockets.client);
    zsock_destroy (&sockets.router);
    zc_query_socket_term (&sockets.socket);
    asked_end (&asked);
    return 0;
}

static void send_bytes (const void *bytes, size_t size)
{
    void *client = zsock_resolve (sockets.client);
    assert_int_equal (zmq_send (client, "", 0, ZMQ_SNDMORE), 0);
    assert_int_equal (zmq_send (client, bytes, size, 0), size);
}

static void take_turn (void)
{
    assert_int_equal (zc_query_socket_on_request (NULL, sockets.router, &sockets.socket), 0);
}

static void put_query (const char *name)
{
    bytes_t request = {0};
    pack_map (&request, (pair_t []){{"query", STR (name)}}, 1);
    send_bytes (request.data, request.size);
    msgpack_sbuffer_destroy (&request);
}

static void send_query (const char *name)
{
    put_query (name);
    take_turn ();
}

static opened_t next_reply (void)
{
    zmsg_t *message = zmsg_recv (sockets.client);
    assert_non_null (message);
    assert_int_equal (zmsg_size (message), 2);
    assert_int_equal (zframe_size (zmsg_first (message)), 0);
    zframe_t *body = zmsg_last (message);
    zc_pack_t bytes = {.data = NULL};
    zc_pack_raw (&bytes, zframe_data (body), zframe_size (body));
    zmsg_destroy (&message);
    return open_bytes (bytes);
}

/* --------------------------------------------------------------------------- tests */

static void test_query_socket_refreshes_for_health_alone (void **state)
{
    (void) state;
    static const char *const names [] = {"ping", "report", "rejects", "budgets"};
    for (size_t i = 0; i < COUNT (names); i++) {
        send_query (names [i]);
        opened_t reply = next_reply ();
        assert_text (AT (&reply.root, "query"), names [i]);
        close_bytes (&reply);
    }
    assert_int_equal (refreshed, 0);
    send_query ("health");
    assert_int_equal (refreshed, 1);
    opened_t reply = next_reply ();
    assert_integer (AT (&reply.root, "result", "rss_bytes"), RESIDENT_BYTES);
    close_bytes (&reply);
}

static void test_query_socket_copies_no_request_that_is_too_large (void **state)
{
    (void) state;
    static const uint8_t request [1 << 20] = "\x81\xa5query\xa4ping";
    send_bytes (request, sizeof request);
    largest_bytes = 0;
    take_turn ();
    assert_in_range (largest_bytes, 0, ZC_REQUEST_MAX_BYTES);
    opened_t reply = next_reply ();
    assert_text (AT (&reply.root, "error", "code"), "too_large");
    close_bytes (&reply);
}

/* Of megabytes: no byte of it is moved in the ledger's thread. */
static void test_query_socket_hands_over_what_workers_packed (void **state)
{
    (void) state;
    static char packed [4 << 20] = "\x81\xa6result\xc6\x00\x3f\xff\xf3"; /* the rest is its bytes */
    send_query ("breakdown");
    assert_true (waiting && waiting->wants_reply);
    zc_window_query_t *query = waiting;
    waiting = NULL;
    zc_pack_raw (&query->reply, packed, sizeof packed);
    largest_bytes = 0;
    query->done (query->argument, query);
    assert_in_range (largest_bytes, 0, 4096);
    zc_window_query_destroy (&query);
    opened_t reply = next_reply ();
    assert_int_equal (reply.bytes.size, sizeof packed);
    close_bytes (&reply);
}

/* As a worker does: with no rows, but a text in their place. */
static void answer_waiting (void)
{
    zc_window_query_t *query = waiting;
    waiting = NULL;
    zc_pack_text (&query->reply, "rows");
    query->done (query->argument, query);
    zc_window_query_destroy (&query);
}

/* Whether a reply came, which is then whole. */
static bool came_reply (void)
{
    if (!(zsock_events (sockets.client) & ZMQ_POLLIN))
        return false;
    opened_t reply = next_reply ();
    close_bytes (&reply);
    return true;
}

static void assert_survives_each_failure (const char *name, bool and_all_behind)
{
    bool failed = true;
    fails_behind = and_all_behind;
    for (int nth = 1; failed; nth++) {
        assert_int_equal (begin (NULL), 0);
        int before = failures;
        put_query (name);
        fails_in = nth;
        take_turn ();
        if (waiting)
            answer_waiting ();
        failed = failures > before;
        fails_in = 0;
        assert_int_equal (came_reply (), sockets.socket.unanswered == 0);
        send_query ("ping");
        opened_t reply = next_reply ();
        assert_text (AT (&reply.root, "query"), "ping");
        close_bytes (&reply);
        assert_int_equal (end (NULL), 0);
    }
}

static void test_query_socket_survives_failed_allocations (void **state)
{
    (void) state;
    for (int behind = 0; behind < 2; behind++) {
        assert_survives_each_failure ("ping", behind);
        assert_survives_each_failure ("health", behind);
        assert_survives_each_failure ("breakdown", behind);
    }
}

static void test_query_socket_brings_envelopes_back (void **state)
{
    (void) state;
    void *client = zsock_resolve (sockets.client);
    static const char ping [] = "\x81\xa5query\xa4ping";
    static const struct {
        const char *frames [12]; /* of the client's own; behind them the delimiter */
        size_t back;             /* of them, before the delimiter of the reply */
        bool good;
    } table [] = {
        {{NULL}, 0, true},
        {{"1"}, 1, true},
        {{"1", "2", "3", "4", "5", "6", "7", "8"}, 8, true},
        {{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, 0, false},
        {{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}, 0, false},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        for (const char *const *frame = table [i].frames; *frame; frame++)
            zmq_send (client, *frame, strlen (*frame), ZMQ_SNDMORE);
        send_bytes (ping, sizeof ping - 1);
        take_turn ();
        zmsg_t *reply = zmsg_recv (sockets.client);
        assert_int_equal (zmsg_size (reply), table [i].back + 2);
        for (size_t back = 0; back < table [i].back; back++) {
            char *frame = zmsg_popstr (reply);
            assert_string_equal (frame, table [i].frames [back]);
            freen (frame);
        }
        assert_int_equal (zframe_size (zmsg_first (reply)), 0);
        const uint8_t *body = zframe_data (zmsg_next (reply));
        assert_memory_equal (body, table [i].good ? "\x83\xa2ok\xc3" : "\x82\xa2ok\xc2", 5);
        zmsg_destroy (&reply);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test_setup_teardown (test_query_socket_refreshes_for_health_alone, begin, end),
        cmocka_unit_test_setup_teardown (test_query_socket_copies_no_request_that_is_too_large, begin, end),
        cmocka_unit_test_setup_teardown (test_query_socket_hands_over_what_workers_packed, begin, end),
        cmocka_unit_test (test_query_socket_survives_failed_allocations),
        cmocka_unit_test_setup_teardown (test_query_socket_brings_envelopes_back, begin, end),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
