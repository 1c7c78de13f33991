/* SPDX-License-Identifier: MPL-2.0
 *
 * test_spool.c - what zcost.h promises of the spool: a kill loses nothing that an emit returned 0 for.
 */
#include "client/spool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "spool_peer.h"
#include "wire/hex.h"

static void emit_300 (zcost_t *client)
{
    assert_true (reliable_stats (client).spooled);
    emit_values (client, 0, 300);
}

static void emit_slowly (zcost_t *client)
{
    for (uint64_t i = 0; i < 300; i += 30) {
        emit_values (client, i, i + 30);
        usleep (10000); /* frames of its own */
    }
}

/* ------------------------------------------------------------------------------ its life */

static void test_spool_is_removed_when_all_is_acknowledged (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, spool);
    assert_int_equal (spool_count (".spool"), 1);
    assert_int_equal (spool_count (""), 1);
    emit_values (client, 0, 50);
    hub_take (hub, 50);
    char name [128];
    spool_first (name);
    uint8_t named [ZC_PRODUCER_BYTES];
    assert_true (zc_hex_read (name, sizeof named, named));
    assert_memory_equal (named, hub->frames [0].stamp.producer, ZC_PRODUCER_BYTES);
    hub_settle (hub, client, 50);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    assert_int_equal (spool_count (""), 0);
}

static void test_spool_keeps_what_a_close_left_for_the_next_start (void **state)
{
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, spool);
    emit_values (client, 0, 300);
    hub_take (hub, 300); /* sent, and never acknowledged */
    assert_int_equal (zcost_close (&client, 0), ZCOST_ETIMEOUT);
    assert_int_equal (spool_count (".spool"), 1);
    adopt_all (hub, 300);
    assert_int_equal (hub->duplicate, 300); /* the same numbers, boundaries and bytes */
    hub_assert_each_once (hub, 300);
}

static void test_spool_failures_are_told_at_open (void **state)
{
    (void) state;
    zcost_t *client = NULL;
    zcost_options_t options = {
        .size = sizeof options,
        .endpoint = NOBODY,
        .publish = NOBODY,
        .spool_dir = "/no/such/directory",
    };
    assert_int_equal (zcost_open (&options, &client), ZCOST_ESYSTEM);
    assert_int_equal (errno, ENOENT);
    options.spool_dir = "/dev/null";
    assert_int_equal (zcost_open (&options, &client), ZCOST_ESYSTEM);
    assert_int_equal (errno, ENOTDIR);
    options.spool_dir = spool;
    options.publish = "tcp://nowhere";
    assert_int_equal (zcost_open (&options, &client), ZCOST_EINVAL);
    assert_null (client);
    assert_int_equal (spool_count (""), 0); /* nothing stays behind */
}

static int open_without_room (void)
{
    const struct rlimit limit = {1 << 20, 1 << 20}; /* the kernel would send SIGXFSZ */
    const zcost_options_t options = {.size = sizeof options, .endpoint = NOBODY, .publish = NOBODY, .spool_dir = spool};
    zcost_t *client = NULL;
    setrlimit (RLIMIT_FSIZE, &limit);
    return zcost_open (&options, &client) == ZCOST_ESYSTEM && errno == EFBIG && !client ? 0 : 1;
}

static void test_spool_without_room_for_it_is_refused_and_the_service_lives (void **state)
{
    (void) state;
    int status = -1;
    pid_t child = fork_quietly ();
    if (child == 0)
        _exit (open_without_room ());
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_int_equal (status, 0);
    assert_int_equal (spool_count (""), 0);
}

static void test_spool_of_the_living_is_nobodys_leftover (void **state)
{
    hub_t *hub = *state;
    zcost_t *one = open_reliable (hub, spool), *two = open_reliable (hub, spool);
    emit_values (one, 0, 100);
    hub_take (hub, 100);
    emit_values (two, 100, 200);
    hub_take (hub, 200);
    usleep (100000);
    assert_false (hub_receive (hub, 0));
    assert_int_equal (spool_count (".spool"), 2);
    hub_settle (hub, one, 100);
    hub_settle (hub, two, 100);
    assert_int_equal (zcost_close (&one, PATIENCE_MS), 0);
    assert_int_equal (zcost_close (&two, PATIENCE_MS), 0);
    hub_assert_each_once (hub, 200);
}

/* ------------------------------------------------------------------------------- kills */

static void test_spool_survives_a_kill_that_nobody_saw_an_event_of (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    kill_after (hub, NOBODY, emit_300);
    assert_int_equal (spool_count (".spool"), 1);
    adopt_all (hub, 300);
    hub_assert_each_once (hub, 300);
    assert_int_equal (hub->frames [0].stamp.epoch, 1);
    assert_int_equal (hub->frames [0].stamp.seq, 1);
}

static void test_spool_survives_a_kill_with_frames_on_their_way (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    kill_after (hub, NULL, emit_slowly);
    while (hub_receive (hub, 100))
        ;
    assert_true (hub->frames_count > 2);
    adopt_all (hub, 300);
    assert_true (hub->duplicate > 0);
    hub_assert_each_once (hub, 300);
}

static void emit_and_hear (zcost_t *client)
{
    emit_values (client, 0, 100);
    while (reliable_stats (client).acked < 100)
        usleep (1000);
    emit_values (client, 100, 300);
}

typedef struct {
    hub_t *hub;
    _Atomic bool stop;
    uint64_t until; /* acknowledges while fewer were taken */
} server_t;

static void *serve (void *argument)
{
    server_t *self = argument;
    while (!atomic_load (&self->stop)) {
        while (hub_receive (self->hub, 2))
            ;
        if (self->hub->taken <= self->until)
            hub_acknowledge (self->hub);
    }
    return NULL;
}

static void test_spool_sends_only_what_was_not_acknowledged (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    server_t server = {.hub = hub, .until = 100};
    pthread_t thread;
    assert_int_equal (pthread_create (&thread, NULL, serve, &server), 0);
    kill_after (hub, NULL, emit_and_hear);
    atomic_store (&server.stop, true);
    pthread_join (thread, NULL);
    size_t before = hub->frames_count;
    adopt_all (hub, 300);
    for (size_t i = before; i < hub->frames_count; i++)
        assert_true (hub->frames [i].stamp.seq > 100);
    hub_assert_each_once (hub, 300);
}

static void wait_for_adoption (zcost_t *client)
{
    (void) client;
    usleep (200000);
}

/* Who adopts is killed too, again and again; and several starts leave several files. */
static void test_spool_survives_the_kill_of_its_adopters (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    kill_after (hub, NOBODY, emit_300);
    for (int i = 0; i < 20 && hub->duplicate < 600; i++) {
        kill_after (hub, NULL, wait_for_adoption);
        while (hub_receive (hub, 20))
            ;
    }
    assert_int_equal (hub->taken, 300);
    assert_true (hub->duplicate >= 600);
    adopt_all (hub, 300);
    hub_assert_each_once (hub, 300);
}

static void test_spool_copies_are_harmless (void **state)
{
    hub_t *hub = *state;
    char name [128], copy [128];
    zcost_t *client = open_reliable (hub, spool);
    emit_values (client, 0, 300);
    assert_int_equal (zcost_close (&client, 0), ZCOST_ETIMEOUT);
    spool_first (name);
    memcpy (copy, name, sizeof copy);
    memcpy (copy, "0123", 4);
    spool_copy (name, copy);
    while (hub_receive (hub, 50))
        ;
    adopt_all (hub, 300);
    hub_assert_each_once (hub, 300);
}

/* -------------------------------------------------------------------------------- fork */

static void test_spool_forked_child_has_a_file_of_its_own (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    zcost_t *client = open_reliable (hub, spool);
    emit_values (client, 0, 100);
    hub_take (hub, 100); /* not acknowledged: they stand in the shared pages */
    pid_t child = fork_quietly ();
    if (child == 0) {
        zcost_stats_t stats = reliable_stats (client);
        if (stats.emitted || stats.queued || stats.spooled)
            _exit (1);
        emit_values (client, 100, 200);
        if (!reliable_stats (client).spooled || reliable_stats (client).emitted != 100)
            _exit (2);
        kill (getpid (), SIGKILL); /* whatever of it is under way */
    }
    int status = -1;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFSIGNALED (status));
    assert_int_equal (spool_count (".spool"), 2);
    emit_values (client, 200, 300);
    hub_settle (hub, client, 200);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    adopt_all (hub, 300);
    hub_assert_each_once (hub, 300);
}

static void test_spool_of_the_parent_is_left_alone_by_a_child_that_closes (void **state)
{
    hub_t *hub = *state;
    int status = -1;
    zcost_t *client = open_reliable (hub, spool);
    pid_t child = fork_quietly ();
    if (child == 0)
        _exit (zcost_close (&client, PATIENCE_MS) == 0 && spool_count (".spool") == 1 ? 0 : 1);
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_int_equal (status, 0);
    emit_values (client, 0, 10);
    hub_take (hub, 10);
    hub_settle (hub, client, 10);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

static void test_spool_child_without_one_works_on_and_tells (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    int status = -1;
    zcost_t *client = open_reliable (hub, spool);
    pid_t child = fork_quietly ();
    if (child == 0) {
        const struct rlimit limit = {4096, 4096};
        setrlimit (RLIMIT_FSIZE, &limit);
        emit_values (client, 0, 100);
        if (reliable_stats (client).spooled)
            _exit (1);
        _exit (zcost_close (&client, PATIENCE_MS) == 0 ? 0 : 2);
    }
    while (waitpid (child, &status, WNOHANG) == 0) {
        hub_receive (hub, 5);
        hub_acknowledge (hub);
    }
    assert_int_equal (status, 0);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    hub_assert_each_once (hub, 100);
}

/* ---------------------------------------------------------------- producers that were expired */

static void say_stale_until_renumbered (hub_t *hub)
{
    const zc_stamp_t stamp = hub->frames [0].stamp;
    for (int64_t until_ms = now_ms () + PATIENCE_MS; hub_last (hub)->stamp.epoch == stamp.epoch;) {
        assert_true (now_ms () < until_ms);
        hub_say (hub, stamp.producer, stamp.epoch, 1, true);
        memset (hub->taken_of, 0, sizeof hub->taken_of); /* the daemon took nothing of that epoch */
        hub->taken = 0;
        hub_receive (hub, 10);
    }
}

/* The new epoch is in the file before the daemon hears of it: an adopter that is killed behind that
 * does not make the next one send the same events under two epochs. */
static void test_spool_writes_a_new_epoch_down_before_it_uses_it (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    kill_after (hub, NOBODY, emit_300);
    zcost_t *client = open_reliable (hub, spool);
    hub_take (hub, 300);
    say_stale_until_renumbered (hub);
    hub_take (hub, 300);
    assert_int_equal (hub_last (hub)->stamp.epoch, 2);
    assert_int_equal (zcost_close (&client, 0), 0); /* nothing of its own was left; the file stays */
    assert_int_equal (spool_count (".spool"), 1);
    size_t before = hub->frames_count;
    adopt_all (hub, 300);
    for (size_t i = before; i < hub->frames_count; i++)
        assert_int_equal (hub->frames [i].stamp.epoch, 2);
    hub_assert_each_once (hub, 300);
}

static void test_spool_that_somebody_else_went_on_with_is_put_aside (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    kill_after (hub, NOBODY, emit_300);
    zcost_t *client = open_reliable (hub, spool);
    hub_take (hub, 300);
    for (int64_t until_ms = now_ms () + PATIENCE_MS; spool_count (".bad") == 0 && now_ms () < until_ms;) {
        hub_say (hub, hub->frames [0].stamp.producer, 2, 301, false);
        hub_receive (hub, 5);
    }
    assert_int_equal (spool_count (".bad"), 1);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    hub_assert_each_once (hub, 300);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        WITH_SPOOL (test_spool_is_removed_when_all_is_acknowledged),
        WITH_SPOOL (test_spool_keeps_what_a_close_left_for_the_next_start),
        WITH_SPOOL (test_spool_failures_are_told_at_open),
        WITH_SPOOL (test_spool_without_room_for_it_is_refused_and_the_service_lives),
        WITH_SPOOL (test_spool_of_the_living_is_nobodys_leftover),
        WITH_SPOOL (test_spool_survives_a_kill_that_nobody_saw_an_event_of),
        WITH_SPOOL (test_spool_survives_a_kill_with_frames_on_their_way),
        WITH_SPOOL (test_spool_sends_only_what_was_not_acknowledged),
        WITH_SPOOL (test_spool_survives_the_kill_of_its_adopters),
        WITH_SPOOL (test_spool_copies_are_harmless),
        WITH_SPOOL (test_spool_forked_child_has_a_file_of_its_own),
        WITH_SPOOL (test_spool_of_the_parent_is_left_alone_by_a_child_that_closes),
        WITH_SPOOL (test_spool_child_without_one_works_on_and_tells),
        WITH_SPOOL (test_spool_writes_a_new_epoch_down_before_it_uses_it),
        WITH_SPOOL (test_spool_that_somebody_else_went_on_with_is_put_aside),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
