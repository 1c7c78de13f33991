/* SPDX-License-Identifier: MPL-2.0
 *
 * test_client.c - what zcost.h promises of open, emit, flush and close: every event arrives once, or
 * is counted as dropped; an end is bounded and honest.
 */
#include "zcost.h"

#include <math.h>
#include <pthread.h>

#include "client_peer.h"

/* ---------------------------------------------------------------------------- open, close */

static void test_client_refuses_options_out_of_range (void **state)
{
    (void) state;
    static char long_service [ZCOST_STRING_MAX + 2];
    memset (long_service, 's', ZCOST_STRING_MAX + 1);
    zcost_options_t cases [] = {
        {.endpoint = ""},
        {.endpoint = "127.0.0.1:7751"},
        {.endpoint = "tcp://"},
        {.endpoint = "tcp://127.0.0.1"},
        {.endpoint = "tcp://127.0.0.1:x"},
        {.endpoint = "tcp://127.0.0.1:99999"},
        {.endpoint = "tcp://:7751"},
        {.endpoint = "inproc://here"},
        {.endpoint = "udp://127.0.0.1:7751"},
        {.service = long_service},
        {.queue_bytes = 1},
        {.queue_bytes = ((size_t) 1 << 30) + 1},
        {.flush_interval_ms = 1001},
        {.batch_bytes = 1023},
        {.batch_bytes = (1 << 20) + 1},
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        cases [i].size = sizeof cases [i];
        zcost_t *client = (zcost_t *) &client;
        if (zcost_open (&cases [i], &client) != ZCOST_EINVAL)
            fail_msg ("case %zu is taken", i);
        assert_ptr_equal (client, &client); /* left alone */
    }
    assert_int_equal (zcost_open (NULL, NULL), ZCOST_EINVAL);
}

static void test_client_takes_options_at_their_limits (void **state)
{
    (void) state;
    static char service [ZCOST_STRING_MAX + 1];
    memset (service, 's', ZCOST_STRING_MAX);
    zcost_options_t cases [] = {
        {.service = service, .queue_bytes = 64 << 10, .flush_interval_ms = 1, .batch_bytes = 1 << 10},
        {.endpoint = "ipc://@zcost-test", .flush_interval_ms = 1000, .batch_bytes = 1 << 20},
        {.endpoint = "tcp://[::1]:9", .queue_bytes = (64 << 10) + 1}, /* rounded up */
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        cases [i].size = sizeof cases [i];
        zcost_t *client = NULL;
        assert_int_equal (zcost_open (&cases [i], &client), 0);
        assert_int_equal (zcost_rag_parallel (client, NAN), 0);
        assert_true (stats_of (client).queue_bytes >= cases [i].queue_bytes);
        assert_int_equal (zcost_close (&client, 0), ZCOST_ETIMEOUT);
        assert_null (client);
    }
}

static void test_client_tells_wrong_arguments (void **state)
{
    (void) state;
    zcost_t *none = NULL, *client = open_client (NOBODY);
    assert_int_equal (zcost_close (NULL, 0), 0);
    assert_int_equal (zcost_close (&none, 0), 0);
    assert_int_equal (zcost_close (&client, -1), ZCOST_EINVAL);
    assert_non_null (client);
    assert_int_equal (zcost_flush (client, -1), ZCOST_EINVAL);
    assert_int_equal (zcost_flush (NULL, 0), ZCOST_EINVAL);
    assert_int_equal (zcost_emit (client, NULL), ZCOST_EINVAL);
    assert_int_equal (zcost_query_router (NULL, "simple", 0), ZCOST_EINVAL);
    assert_int_equal (zcost_query_router (client, "simple", -1), ZCOST_EINVAL);
    assert_int_equal (zcost_query_router (client, "simple", NAN), ZCOST_EINVAL);
    zcost_stats_t stats = stats_of (client);
    assert_int_equal (stats.emitted + stats.dropped, 0);
    assert_int_equal (zcost_close (&client, 0), 0);
    for (int error = -20; error <= 1; error++)
        assert_true (strlen (zcost_strerror (error)) > 0);
    assert_string_equal (zcost_version (), ZCOST_VERSION);
}

static void test_client_refuses_structs_without_their_size (void **state)
{
    (void) state;
    static const size_t sizes [] = {0, sizeof (size_t), sizeof (zcost_options_t) / 2, SIZE_MAX};
    zcost_t *client = NULL, *other = NULL;
    assert_string_equal (zcost_strerror (ZCOST_ESIZE),
                         "a struct's size is 0 or wrong: initialise it with ZCOST_OPTIONS_INIT, ZCOST_EVENT_INIT or "
                         "ZCOST_STATS_INIT");
    assert_int_equal (zcost_open (&(zcost_options_t) ZCOST_OPTIONS_INIT, &client), 0);
    for (size_t i = 0; i < COUNT (sizes); i++) {
        const zcost_options_t options = {.size = sizes [i]};
        zcost_event_t events [2] = {ZCOST_EVENT_INIT, ZCOST_EVENT_INIT};
        zcost_stats_t stats = {.size = sizes [i], .emitted = 7};
        events [0].type = events [1].type = ZCOST_RAG_PARALLEL;
        events [1].size = sizes [i];
        assert_int_equal (zcost_open (&options, &other), ZCOST_ESIZE);
        assert_null (other);
        assert_int_equal (zcost_emit (client, &events [1]), ZCOST_ESIZE);
        assert_int_equal (zcost_try_emit (client, &events [1], 1), ZCOST_ESIZE);
        assert_int_equal (zcost_try_emit (client, events, 2), ZCOST_ESIZE);
        assert_int_equal (zcost_stats (client, &stats), ZCOST_ESIZE);
        assert_int_equal (stats.emitted, 7);
    }
    assert_int_equal (zcost_stats (client, NULL), ZCOST_EINVAL);
    assert_int_equal (stats_of (client).emitted, 0);
    assert_int_equal (zcost_close (&client, 0), 0);
}

static void test_client_close_is_bounded_without_a_daemon (void **state)
{
    (void) state;
    static const int timeouts_ms [] = {0, 1, 300};
    for (size_t i = 0; i < COUNT (timeouts_ms); i++) {
        zcost_t *client = open_client (NOBODY);
        assert_int_equal (zcost_query_router (client, "simple", 0.001), 0);
        int64_t started_ms = now_ms ();
        assert_int_equal (zcost_close (&client, timeouts_ms [i]), ZCOST_ETIMEOUT);
        assert_in_range (now_ms () - started_ms, timeouts_ms [i], timeouts_ms [i] + 2000);
    }
    zcost_t *client = open_client (NOBODY);
    int64_t started_ms = now_ms ();
    assert_int_equal (zcost_close (&client, 10000), 0); /* nothing to lose: nothing to wait for */
    assert_in_range (now_ms () - started_ms, 0, 2000);
}

/* A peer that is connected and never reads, as a daemon that is stopped. */
static void test_client_close_is_bounded_and_honest_with_a_daemon_that_hangs (void **state)
{
    daemon_t *daemon = *state;
    zcost_t *client = open_client (daemon->endpoint);
    await_connection (client, true);
    uint64_t sent_before;
    do { /* until the peer, the kernel and libzmq take no more */
        sent_before = stats_of (client).sent;
        emit_until_full (client);
        usleep (300000);
    } while (stats_of (client).sent != sent_before);
    assert_true (stats_of (client).queued > 0);
    int64_t started_ms = now_ms ();
    assert_int_equal (zcost_flush (client, 50), ZCOST_ETIMEOUT);
    assert_int_equal (zcost_close (&client, 200), ZCOST_ETIMEOUT);
    assert_in_range (now_ms () - started_ms, 250, 2500);
}

/* ---------------------------------------------------------------------------------- emit */

static void test_client_emit_without_a_daemon_drops_and_counts (void **state)
{
    (void) state;
    zcost_t *client = open_client (NOBODY);
    uint64_t emitted = emit_until_full (client);
    for (int i = 0; i < 1000; i++)
        assert_int_equal (zcost_query_router (client, "simple", 0.001), ZCOST_EFULL);
    zcost_stats_t stats = stats_of (client);
    assert_int_equal (stats.emitted, emitted);
    assert_int_equal (stats.queued, emitted);
    assert_int_equal (stats.sent, 0);
    assert_int_equal (stats.dropped, 1001);
    assert_int_equal (stats.queue_bytes, 4 << 20);
    assert_true (stats.queued_bytes > stats.queue_bytes - 1024);
    assert_false (stats.connected);
    assert_int_equal (zcost_close (&client, 0), ZCOST_ETIMEOUT);
}

static void test_client_takes_all_events_of_a_try_or_none (void **state)
{
    daemon_t *daemon = *state;
    zcost_t *client = open_client (NOBODY);
    zcost_event_t events [100];
    for (size_t i = 0; i < COUNT (events); i++)
        events [i] = (zcost_event_t){
            .size = sizeof events [i],
            .type = ZCOST_EMBEDDING_CACHE,
            .has = ZCOST_HAS_HIT,
            .hit = true,
        };
    assert_int_equal (zcost_try_emit (client, NULL, 0), 0);
    assert_int_equal (zcost_try_emit (client, NULL, 1), ZCOST_EINVAL);
    assert_int_equal (zcost_try_emit (NULL, events, 1), ZCOST_EINVAL);
    events [99].type = 0;
    assert_int_equal (zcost_try_emit (client, events, 100), ZCOST_EINVAL);
    assert_int_equal (stats_of (client).emitted, 0);
    events [99].type = ZCOST_EMBEDDING_CACHE;
    uint64_t taken = 0;
    while (zcost_try_emit (client, events, 100) == 0)
        taken += 100;
    zcost_stats_t stats = stats_of (client);
    assert_int_equal (stats.emitted, taken);
    assert_int_equal (stats.dropped, 0); /* they are still the caller's */
    assert_true (stats.queued_bytes > stats.queue_bytes - 100 * 64);
    assert_int_equal (zcost_close (&client, 0), ZCOST_ETIMEOUT);

    client = open_client (daemon->endpoint);
    assert_int_equal (zcost_try_emit (client, events, 100), 0);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    receive (daemon, 100);
}

static void test_client_sends_each_kind_of_call (void **state)
{
    daemon_t *daemon = *state;
    zcost_t *client = open_client (daemon->endpoint);
    assert_int_equal (zcost_query_router (client, NULL, 0), 0);
    receive (daemon, 1);
    assert_int_equal (daemon->last_type, ZCOST_QUERY_ROUTER);
    assert_int_equal (zcost_embedding_cache (client, true), 0);
    receive (daemon, 2);
    assert_int_equal (daemon->last_type, ZCOST_EMBEDDING_CACHE);
    assert_int_equal (zcost_rag_parallel (client, -2.5), 0);
    receive (daemon, 3);
    assert_int_equal (daemon->last_type, ZCOST_RAG_PARALLEL);
    assert_int_equal (zcost_llm_call (client, "gpt-4o", 100, -1), 0);
    receive (daemon, 4);
    assert_int_equal (daemon->last_type, ZCOST_LLM_CALL);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

static void test_client_delivers_all_of_all_threads_in_order (void **state)
{
    daemon_t *daemon = *state;
    pthread_t threads [THREADS];
    emitter_t emitters [THREADS];
    zcost_t *client = open_client (daemon->endpoint);
    for (unsigned i = 0; i < THREADS; i++) {
        emitters [i] = (emitter_t){client, i};
        assert_int_equal (pthread_create (&threads [i], NULL, emitter_main, &emitters [i]), 0);
    }
    receive (daemon, (uint64_t) THREADS * EACH);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join (threads [i], NULL);
    assert_int_equal (zcost_flush (client, PATIENCE_MS), 0);
    zcost_stats_t stats = stats_of (client);
    assert_int_equal (stats.emitted, THREADS * EACH);
    assert_int_equal (stats.sent, THREADS * EACH);
    assert_in_range (daemon->largest, 1, 32 << 10);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

static void test_client_flush_hands_over_all_that_was_emitted (void **state)
{
    daemon_t *daemon = *state;
    zcost_t *client = NULL;
    const zcost_options_t slow = {.size = sizeof slow, .endpoint = daemon->endpoint, .flush_interval_ms = 1000};
    assert_int_equal (zcost_open (&slow, &client), 0);
    assert_int_equal (zcost_flush (client, 0), 0); /* nothing to hand over */
    for (uint64_t i = 0; i < 3; i++) {
        emit (client, 0, i);
        int64_t started_ms = now_ms ();
        assert_int_equal (zcost_flush (client, PATIENCE_MS), 0);
        if (i > 0) /* connected: it did not wait for the interval */
            assert_in_range (now_ms () - started_ms, 0, 900);
        assert_int_equal (stats_of (client).sent, i + 1);
    }
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    receive (daemon, 3);
}

static void test_client_nudge_sends_before_the_interval_is_over (void **state)
{
    daemon_t *daemon = *state;
    zcost_t *client = NULL;
    const zcost_options_t slow = {.size = sizeof slow, .endpoint = daemon->endpoint, .flush_interval_ms = 1000};
    zcost_nudge (NULL);
    assert_int_equal (zcost_open (&slow, &client), 0);
    await_connection (client, true);
    for (uint64_t i = 0; i < 20; i++) {
        emit (client, 0, i);
        int64_t started_ms = now_ms ();
        zcost_nudge (client);
        receive (daemon, i + 1);
        assert_in_range (now_ms () - started_ms, 0, 500);
    }
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

static void test_client_close_loses_nothing_that_it_says_it_sent (void **state)
{
    daemon_t *daemon = *state;
    for (uint64_t round = 1; round <= 5; round++) {
        zcost_t *client = open_client (daemon->endpoint);
        for (unsigned i = 0; i < 30000; i++)
            assert_int_equal (zcost_embedding_cache (client, i % 2), 0);
        assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
        receive (daemon, round * 30000);
    }
}

static void test_client_keeps_events_until_the_daemon_is_back (void **state)
{
    daemon_t *daemon = *state;
    zcost_t *client = open_client (daemon->endpoint);
    emit (client, 0, 0);
    receive (daemon, 1);
    assert_true (stats_of (client).connected);

    assert_int_equal (zmq_close (daemon->pull), 0);
    await_connection (client, false);
    for (uint64_t i = 1; i <= 1000; i++)
        assert_int_equal (emit (client, 0, i), 0);
    assert_int_equal (zcost_flush (client, 50), ZCOST_ETIMEOUT);
    assert_int_equal (stats_of (client).queued, 1000); /* with us, not in the socket */

    char endpoint [sizeof daemon->endpoint];
    strcpy (endpoint, daemon->endpoint);
    bind_daemon (daemon, endpoint);
    receive (daemon, 1001);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_client_refuses_options_out_of_range),
        CASE (test_client_takes_options_at_their_limits),
        CASE (test_client_tells_wrong_arguments),
        CASE (test_client_refuses_structs_without_their_size),
        CASE (test_client_close_is_bounded_without_a_daemon),
        WITH_DAEMON (test_client_close_is_bounded_and_honest_with_a_daemon_that_hangs),
        CASE (test_client_emit_without_a_daemon_drops_and_counts),
        WITH_DAEMON (test_client_takes_all_events_of_a_try_or_none),
        WITH_DAEMON (test_client_sends_each_kind_of_call),
        WITH_DAEMON (test_client_delivers_all_of_all_threads_in_order),
        WITH_DAEMON (test_client_flush_hands_over_all_that_was_emitted),
        WITH_DAEMON (test_client_nudge_sends_before_the_interval_is_over),
        WITH_DAEMON (test_client_close_loses_nothing_that_it_says_it_sent),
        WITH_DAEMON (test_client_keeps_events_until_the_daemon_is_back),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
