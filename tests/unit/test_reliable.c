/* SPDX-License-Identifier: MPL-2.0
 *
 * test_reliable.c - what zcost.h promises of reliable mode, over real sockets: each event is taken
 * exactly once, whatever becomes of daemons, connections and acknowledgements.
 */
#include "zcost.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "reliable_peer.h"
#include "sanitized.h"

static void test_reliable_refuses_what_cannot_work (void **state)
{
    (void) state;
    zcost_options_t cases [] = {
        {.publish = ""},
        {.publish = "127.0.0.1:7752"},
        {.publish = "tcp://127.0.0.1"},
        {.publish = "tcp://127.0.0.1:99999"},
        {.publish = "inproc://here"},
        {.spool_dir = "/tmp"}, /* without publish */
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        cases [i].size = sizeof cases [i];
        zcost_t *client = NULL;
        if (zcost_open (&cases [i], &client) != ZCOST_EINVAL)
            fail_msg ("case %zu is taken", i);
        assert_null (client);
    }
}

static void test_reliable_numbers_events_from_1_over_all_frames (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    uint64_t next = 1;
    for (uint64_t i = 0; i < 20; i++) {
        emit_values (client, i * 10, i * 10 + 10);
        hub_take (hub, (i + 1) * 10);
    }
    for (size_t i = 0; i < hub->frames_count; i++) {
        const seen_t *frame = &hub->frames [i];
        assert_int_equal (frame->bytes [0], 0xc7); /* the stamp stands first, in its shortest form */
        assert_int_equal (frame->stamp.epoch, 1);
        assert_int_equal (frame->stamp.seq, next);
        assert_int_equal (frame->stamp.dropped, 0);
        assert_memory_equal (frame->stamp.producer, hub->frames [0].stamp.producer, 16);
        next += frame->events;
    }
    const uint8_t *uuid = hub->frames [0].stamp.producer;
    assert_int_equal (uuid [6] >> 4, 4); /* random, and says so */
    assert_int_equal (uuid [8] >> 6, 2);
    hub_settle (hub, client, 200);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    hub_assert_each_once (hub, 200);
}

static void test_reliable_gives_each_client_a_producer_of_its_own (void **state)
{
    hub_t *hub = *state;
    zcost_t *one = open_reliable (hub, NULL), *two = open_reliable (hub, NULL);
    emit_values (one, 0, 1);
    hub_take (hub, 1);
    emit_values (two, 1, 2);
    hub_take (hub, 2);
    assert_memory_not_equal (hub->frames [0].stamp.producer, hub->frames [1].stamp.producer, 16);
    zcost_close (&one, 0);
    zcost_close (&two, 0);
}

static void test_reliable_keeps_the_place_until_acknowledged (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 100);
    hub_take (hub, 100);
    assert_int_equal (zcost_flush (client, 50), ZCOST_ETIMEOUT);
    zcost_stats_t stats = reliable_stats (client);
    assert_int_equal (stats.sent, 100);
    assert_int_equal (stats.queued, 100);
    assert_int_equal (stats.acked, 0);
    assert_true (stats.queued_bytes > 0);
    hub_settle (hub, client, 100);
    assert_int_equal (zcost_flush (client, 0), 0);
    stats = reliable_stats (client);
    assert_int_equal (stats.queued + stats.queued_bytes + stats.resent + stats.lost + stats.dropped, 0);
    assert_int_equal (zcost_close (&client, 0), 0);
}

/* Bytes in hostile hands: nothing of it is believed. */
static void test_reliable_ignores_what_is_no_acknowledgement (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 100);
    hub_take (hub, 100);
    const uint8_t *me = hub->frames [0].stamp.producer;
    bytes_t string = {0};
    MAP (&string, {"epoch", STR ("1")}, {"seq", STR ("101")}, {"incarnation", INT (1)});
    for (int i = 0; i < 20; i++) {
        hub_say (hub, me, 1, 102, false); /* beyond what was given out */
        hub_say (hub, me, 1, INT64_MAX, false);
        hub_say (hub, me, 1, INT64_MAX, true);
        hub_say (hub, me, 0, 101, false); /* of an epoch that is over */
        hub_say (hub, me, 1, 0, false);   /* numbers begin at 1 */
        hub_publish (hub, me, "", 0);
        hub_publish (hub, me, "\xdf\xff\xff\xff\xff", 5); /* promises */
        hub_publish (hub, me, "\x81\xa3seq\xdd\xff\xff\xff\xff", 10);
        hub_publish (hub, me, string.data, string.size);
        usleep (2000);
    }
    msgpack_sbuffer_destroy (&string);
    assert_int_equal (reliable_stats (client).acked, 0);
    hub_settle (hub, client, 100);
    hub_say (hub, me, 1, 1, false); /* backwards */
    usleep (50000);
    assert_int_equal (reliable_stats (client).acked, 100);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, 100);
}

static void test_reliable_settles_frames_only_as_a_whole (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 10);
    hub_take (hub, 10);
    uint64_t first = hub->frames [0].events;
    for (int i = 0; i < 20; i++, usleep (5000))
        hub_say (hub, hub->frames [0].stamp.producer, 1, first, false); /* its last event is not below */
    assert_int_equal (reliable_stats (client).acked, 0);
    hub_settle (hub, client, 10);
    assert_int_equal (zcost_close (&client, 0), 0);
}

static void test_reliable_sends_again_after_silence (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 1000);
    int64_t started_ms = now_ms ();
    hub_take (hub, 1000);
    hub_take_again (hub, 1000); /* compares them, too */
    assert_in_range (now_ms () - started_ms, 900, PATIENCE_MS);
    hub_take_again (hub, 2000);
    assert_in_range (now_ms () - started_ms, 2800, PATIENCE_MS); /* the silence has doubled */
    hub_settle (hub, client, 1000);
    assert_int_equal (reliable_stats (client).resent, hub->duplicate);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, 1000);
}

/* Nothing is heard from it at all, so the silence is what tells; and where it is heard, its name is. */
static void test_reliable_sends_again_to_a_new_incarnation (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 500);
    hub_take (hub, 500);
    hub_settle (hub, client, 500);
    emit_values (client, 500, 1500);
    hub_take (hub, 1500);
    uint64_t duplicate = hub->duplicate;
    hub->incarnation = "second";
    const uint8_t *me = hub->frames [0].stamp.producer;
    int64_t started_ms = now_ms ();
    hub_say (hub, me, 1, 501, false);
    hub_take_again (hub, duplicate + 1000);
    assert_in_range (now_ms () - started_ms, 0, 900); /* at once: not for the silence */
    hub_say (hub, me, 1, 501, false);                 /* the same one is no news */
    assert_false (hub_receive (hub, 100));
    hub_settle (hub, client, 1500);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, 1500);
}

static void test_reliable_survives_daemons_that_die_with_what_they_had (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    static const char *const names [] = {"a", "b", "c", "d"};
    uint64_t value = 0;
    for (size_t i = 0; i < COUNT (names); i++) {
        emit_values (client, value, value + 500);
        value += 500;
        if (i % 2)
            hub_receive (hub, 20); /* taken, and not acknowledged in time */
        hub_restart (hub, names [i]);
        await_connection_of (client);
        emit_values (client, value, value + 100);
        value += 100;
        hub_take (hub, value);
        hub_settle (hub, client, value);
    }
    assert_int_equal (zcost_flush (client, 0), 0);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, value);
}

/* ------------------------------------------------------------------------------ epochs */

static void test_reliable_goes_on_under_a_higher_epoch_when_it_was_expired (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 10);
    hub_take (hub, 10);
    size_t frames = hub->frames_count;
    uint8_t me [16];
    memcpy (me, hub->frames [0].stamp.producer, 16);
    uint64_t below = hub->frames [0].events;
    emit_values (client, 10, 20);
    hub_receive (hub, 1000);
    /* The daemon took the first frame, and none of the others. */
    memset (hub->taken_of + below, 0, sizeof hub->taken_of - below);
    hub->taken = below;
    while (reliable_stats (client).lost == 0) {
        hub_say (hub, me, 1, below + 1, true);
        usleep (5000);
    }
    hub_take (hub, 20);
    const seen_t *renumbered = hub_last (hub);
    assert_true (hub->frames_count > frames);
    assert_int_equal (renumbered->stamp.epoch, 2);
    assert_int_equal (renumbered->stamp.seq + renumbered->events - 1, 20 - below); /* numbers began at 1 again */
    zcost_stats_t stats = reliable_stats (client);
    assert_int_equal (stats.lost, below);
    hub_settle (hub, client, 20 - below);
    stats = reliable_stats (client);
    assert_int_equal (stats.emitted, stats.acked + stats.lost + stats.queued);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, 20);
}

/* ------------------------------------------------------------------------------- drops */

static uint64_t fill (zcost_t *client, uint64_t value)
{
    while (emit_value (client, value) == 0)
        value++;
    return value;
}

static void test_reliable_declares_what_it_dropped (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    uint64_t value = fill (client, 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal (emit_value (client, value), ZCOST_EFULL);
    uint64_t dropped = reliable_stats (client).dropped;
    hub_take (hub, value);
    hub_settle (hub, client, value);
    assert_int_equal (zcost_flush (client, PATIENCE_MS), 0); /* told, though no event goes that could tell */
    while (hub_last (hub)->stamp.dropped < dropped && hub_receive (hub, 2000))
        ;
    const seen_t *last = hub_last (hub);
    assert_int_equal (last->stamp.dropped, dropped);
    if (last->events == 0)
        assert_int_equal (last->stamp.seq, value + 1);
    /* The queue has room again, and numbers go on without a gap. */
    emit_values (client, value, value + 10);
    hub_take (hub, value + 10);
    assert_int_equal (hub_last (hub)->stamp.seq + hub_last (hub)->events, value + 11);
    assert_int_equal (hub_last (hub)->stamp.dropped, dropped);
    hub_settle (hub, client, value + 10);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, value + 10);
}

static void test_reliable_without_a_daemon_drops_and_counts (void **state)
{
    (void) state;
    zcost_t *client = NULL;
    const zcost_options_t options = {
        .size = sizeof options,
        .endpoint = NOBODY,
        .publish = NOBODY,
        .queue_bytes = 64 << 10,
    };
    assert_int_equal (zcost_open (&options, &client), 0);
    uint64_t emitted = fill (client, 0);
    for (int i = 0; i < 999; i++)
        assert_int_equal (emit_value (client, 0), ZCOST_EFULL);
    zcost_stats_t stats = reliable_stats (client);
    assert_int_equal (stats.emitted, emitted);
    assert_int_equal (stats.queued, emitted);
    assert_int_equal (stats.dropped, 1000);
    assert_int_equal (stats.sent + stats.acked + stats.lost, 0);
    assert_int_equal (zcost_close (&client, 10), ZCOST_ETIMEOUT);
}

/* ----------------------------------------------------------------------- flush, close, threads */

typedef struct {
    hub_t *hub;
    _Atomic bool stop;
    unsigned deaf_ms; /* before it acknowledges anything */
} server_t;

static void *serve (void *argument)
{
    server_t *self = argument;
    int64_t from_ms = now_ms () + self->deaf_ms;
    while (!atomic_load (&self->stop)) {
        while (hub_receive (self->hub, 2))
            ;
        if (now_ms () >= from_ms)
            hub_acknowledge (self->hub);
    }
    return NULL;
}

static void test_reliable_flush_and_close_wait_for_acknowledgement (void **state)
{
    hub_t *hub = *state;
    server_t server = {.hub = hub, .deaf_ms = 150};
    pthread_t thread;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 100);
    assert_int_equal (pthread_create (&thread, NULL, serve, &server), 0);
    int64_t started_ms = now_ms ();
    assert_int_equal (zcost_flush (client, PATIENCE_MS), 0);
    assert_in_range (now_ms () - started_ms, 140, PATIENCE_MS);
    assert_int_equal (reliable_stats (client).acked, 100);
    emit_values (client, 100, 200);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    atomic_store (&server.stop, true);
    pthread_join (thread, NULL);
    assert_int_equal (hub->taken, 200);
    hub_assert_each_once (hub, 200);
}

static void *emit_all (void *argument)
{
    emitter_t *self = argument;
    for (uint64_t i = 0; i < 10000;)
        if (emit_value (self->client, self->sender * 10000 + i) == 0)
            i++;
        else
            usleep (500);
    return NULL;
}

/* More than the queue holds, many times over, by frames that must be acknowledged to go on. */
static void test_reliable_takes_each_event_of_all_threads_once (void **state)
{
    hub_t *hub = *state;
    server_t server = {.hub = hub};
    emitter_t emitters [THREADS];
    pthread_t thread, threads [THREADS];
    zcost_t *client = open_reliable (hub, NULL);
    assert_int_equal (pthread_create (&thread, NULL, serve, &server), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        emitters [i] = (emitter_t){client, i};
        assert_int_equal (pthread_create (&threads [i], NULL, emit_all, &emitters [i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join (threads [i], NULL);
    assert_int_equal (zcost_flush (client, PATIENCE_MS), 0);
    uint64_t dropped = reliable_stats (client).dropped;
    assert_int_equal (reliable_stats (client).acked, THREADS * 10000);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    atomic_store (&server.stop, true);
    pthread_join (thread, NULL);
    while (hub_receive (hub, 50))
        ;
    hub_assert_each_once (hub, THREADS * 10000);
    assert_int_equal (hub_last (hub)->stamp.dropped, dropped);
}

/* -------------------------------------------------------------------------------- fork */

static void test_reliable_forked_child_is_a_producer_of_its_own (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, NULL);
    emit_values (client, 0, 100);
    hub_take (hub, 100);
    pid_t child = fork_quietly ();
    if (child == 0) {
        emit_values (client, 100, 200);
        _exit (zcost_close (&client, PATIENCE_MS) == 0 && !client ? 0 : 1);
    }
    emit_values (client, 200, 300);
    int status = -1;
    while (waitpid (child, &status, WNOHANG) == 0) {
        hub_receive (hub, 5);
        hub_acknowledge (hub);
    }
    assert_int_equal (status, 0);
    hub_settle (hub, client, 200);
    assert_int_equal (zcost_close (&client, 0), 0);
    hub_assert_each_once (hub, 300);
    for (size_t i = 0; i < hub->frames_count; i++)
        if (memcmp (hub->frames [i].stamp.producer, hub->frames [0].stamp.producer, 16) != 0) {
            assert_int_equal (hub->frames [i].stamp.epoch, 1);
            assert_int_equal (hub->frames [i].stamp.seq, 1); /* the child's first */
            return;
        }
    fail_msg ("the child has sent as its parent");
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_reliable_refuses_what_cannot_work),
        WITH_HUB (test_reliable_numbers_events_from_1_over_all_frames),
        WITH_HUB (test_reliable_gives_each_client_a_producer_of_its_own),
        WITH_HUB (test_reliable_keeps_the_place_until_acknowledged),
        WITH_HUB (test_reliable_ignores_what_is_no_acknowledgement),
        WITH_HUB (test_reliable_settles_frames_only_as_a_whole),
        WITH_HUB (test_reliable_sends_again_after_silence),
        WITH_HUB (test_reliable_sends_again_to_a_new_incarnation),
        WITH_HUB (test_reliable_survives_daemons_that_die_with_what_they_had),
        WITH_HUB (test_reliable_goes_on_under_a_higher_epoch_when_it_was_expired),
        WITH_HUB (test_reliable_declares_what_it_dropped),
        CASE (test_reliable_without_a_daemon_drops_and_counts),
        WITH_HUB (test_reliable_flush_and_close_wait_for_acknowledgement),
        WITH_HUB (test_reliable_takes_each_event_of_all_threads_once),
        WITH_HUB (test_reliable_forked_child_is_a_producer_of_its_own),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
