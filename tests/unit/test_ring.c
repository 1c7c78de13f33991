/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ring.c - what the queue promises: every event once, in its producer's order, or dropped and
 * counted; and an empty queue in a forked child.
 */
#include "client/ring.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "zcost.h"

#define BYTES ZC_RING_BYTES_MIN

static int new_queue (void **state)
{
    static zc_ring_t queue;
    *state = &queue;
    return zc_ring_init (&queue, BYTES, 0, false);
}

static int end_queue (void **state)
{
    zc_ring_term (*state);
    zc_ring_term (*state); /* does nothing */
    return 0;
}

static zc_ring_stats_t stats_of (const zc_ring_t *queue)
{
    zc_ring_stats_t stats;
    zc_ring_stats (queue, &stats);
    return stats;
}

/* Pushes `size` bytes that tell `value`. */
static int push (const zc_ring_t *queue, uint32_t value, size_t size)
{
    zc_record_t record;
    for (size_t i = 0; i < size; i++)
        record.as.bytes [i] = (uint8_t) (value + i);
    memcpy (record.as.bytes, &value, sizeof value);
    return zc_ring_push (queue, &record, size);
}

/* Pops one event and compares it with what was pushed. */
static void assert_pops (const zc_ring_t *queue, uint32_t value, size_t size)
{
    uint8_t bytes [ZC_RECORD_BYTES_MAX];
    zc_batch_t batch;
    assert_true (zc_ring_peek (queue, 0, 1, &batch)); /* one, however large it is */
    assert_int_equal (batch.events, 1);
    assert_int_equal (batch.bytes, size);
    zc_ring_copy (queue, &batch, bytes);
    zc_ring_pop (queue, &batch);
    assert_memory_equal (bytes, &value, sizeof value);
    for (size_t i = sizeof value; i < size; i++)
        assert_int_equal (bytes [i], (uint8_t) (value + i));
}

/* ----------------------------------------------------------------------------- one thread */

static void test_ring_begins_empty (void **state)
{
    zc_batch_t batch;
    zc_ring_stats_t stats = stats_of (*state);
    assert_false (zc_ring_peek (*state, 0, SIZE_MAX, &batch));
    assert_int_equal (stats.pushed + stats.popped + stats.dropped + stats.used_bytes, 0);
    assert_int_equal (zc_ring_bytes (*state), BYTES);
    assert_int_equal (*zc_ring_gate (*state), 0);
}

static void test_ring_keeps_sizes_bytes_and_order_over_many_laps (void **state)
{
    uint32_t pushed = 0, popped = 0;
    while (popped < 20000) {
        /* Sizes that are no multiple of anything, so that records wrap at every place. */
        while (pushed < popped + 20 && push (*state, pushed, 4 + pushed * 7919 % 1999) == 0)
            pushed++;
        assert_pops (*state, popped, 4 + popped * 7919 % 1999);
        popped++;
    }
}

static void fill (const zc_ring_t *queue, uint32_t position, uint32_t value, size_t size)
{
    zc_record_t record;
    for (size_t i = 0; i < size; i++)
        record.as.bytes [i] = (uint8_t) (value + i);
    memcpy (record.as.bytes, &value, sizeof value);
    zc_ring_fill (queue, position, &record, size);
}

/* Claims a place for `count` records of `size` bytes and fills it in, the first last: until then nobody sees any. */
static bool claim (const zc_ring_t *queue, uint32_t first, uint32_t count, size_t size)
{
    uint32_t position, units = zc_ring_units (size);
    zc_batch_t before, batch;
    zc_ring_peek (queue, 0, SIZE_MAX, &before);
    if (!zc_ring_claim (queue, (size_t) count * units, count, &position))
        return false;
    for (uint32_t i = 1; i < count; i++)
        fill (queue, position + i * units, first + i, size);
    zc_ring_peek (queue, 0, SIZE_MAX, &batch);
    assert_int_equal (batch.events, before.events);
    fill (queue, position, first, size);
    zc_ring_peek (queue, 0, SIZE_MAX, &batch);
    assert_int_equal (batch.events, before.events + count);
    return true;
}

static void test_ring_takes_what_is_claimed_whole_or_not_at_all (void **state)
{
    uint32_t pushed = 0, popped = 0, room = BYTES / 64;
    for (int lap = 0; lap < 50; lap++) { /* of 60 bytes and their word: at every place of the ring */
        assert_true (claim (*state, pushed, room - 7, 60));
        pushed += room - 7;
        assert_false (claim (*state, 0, 8, 60));
        assert_true (claim (*state, pushed, 7, 60));
        pushed += 7;
        assert_false (claim (*state, 0, 1, 4));
        for (; popped < pushed; popped++)
            assert_pops (*state, popped, 60);
    }
    zc_ring_stats_t stats = stats_of (*state);
    assert_int_equal (stats.pushed, pushed);
    assert_int_equal (stats.popped, pushed);
    assert_int_equal (stats.dropped, 0);
    assert_false (claim (*state, 0, room + 1, 60)); /* more than there ever is room for */
    assert_false (claim (*state, 0, UINT32_MAX / 8, 60));
}

static void test_ring_measures_batches_by_bytes (void **state)
{
    zc_batch_t batch;
    for (uint32_t i = 0; i < 10; i++)
        push (*state, i, 100);
    assert_true (zc_ring_peek (*state, 0, 250, &batch));
    assert_int_equal (batch.events, 2);
    assert_int_equal (batch.bytes, 200);
    assert_true (zc_ring_peek (*state, 0, 300, &batch));
    assert_int_equal (batch.events, 3);
    assert_true (zc_ring_peek (*state, 0, SIZE_MAX, &batch));
    assert_int_equal (batch.events, 10);
    assert_int_equal (stats_of (*state).popped, 0); /* looking takes nothing away */
}

static void test_ring_drops_and_counts_when_full (void **state)
{
    uint32_t taken = 0;
    while (push (*state, taken, 60) == 0) /* 64 bytes with its word: they fill it to the last */
        taken++;
    assert_int_equal (taken, BYTES / 64);
    assert_int_equal (push (*state, 0, 4), ZCOST_EFULL);
    zc_ring_stats_t stats = stats_of (*state);
    assert_int_equal (stats.pushed, taken);
    assert_int_equal (stats.dropped, 2);
    assert_int_equal (stats.used_bytes, BYTES);

    zc_batch_t batch; /* a full ring is walked once, not for ever */
    assert_true (zc_ring_peek (*state, 0, SIZE_MAX, &batch));
    assert_int_equal (batch.events, taken);

    assert_pops (*state, 0, 60);
    assert_int_equal (push (*state, taken, 60), 0); /* and what was dropped has left no trace */
    for (uint32_t i = 1; i <= taken; i++)
        assert_pops (*state, i, 60);
    stats = stats_of (*state);
    assert_int_equal (stats.pushed, stats.popped);
    assert_int_equal (stats.used_bytes, 0);
}

static void test_ring_takes_the_largest_record (void **state)
{
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal (push (*state, i, ZC_RECORD_BYTES_MAX), 0);
        assert_pops (*state, i, ZC_RECORD_BYTES_MAX);
    }
}

/* ---------------------------------------------------------------------------- many threads */

#define PRODUCERS 4
#define EACH 100000

typedef struct {
    const zc_ring_t *queue;
    uint32_t id;
    uint64_t dropped; /* tries that found it full; each is repeated */
} producer_t;

static void *produce (void *argument)
{
    producer_t *self = argument;
    for (uint32_t i = 0; i < EACH; i++)
        while (push (self->queue, self->id << 24 | i, 4 + i % 90) != 0) {
            self->dropped++;
            sched_yield ();
        }
    return NULL;
}

/* Reads all that is there, and checks each event against its producer's next one. */
static uint64_t consume (const zc_ring_t *queue, uint32_t next [PRODUCERS])
{
    static uint8_t bytes [BYTES];
    zc_batch_t batch;
    if (!zc_ring_peek (queue, 0, 8192, &batch))
        return 0;
    zc_ring_copy (queue, &batch, bytes);
    zc_ring_pop (queue, &batch);
    const uint8_t *at = bytes;
    for (uint32_t i = 0; i < batch.events; i++) {
        uint32_t value;
        memcpy (&value, at, sizeof value);
        uint32_t id = value >> 24, count = value & 0xffffff;
        assert_in_range (id, 0, PRODUCERS - 1);
        assert_int_equal (count, next [id]++);
        at += 4 + count % 90;
    }
    assert_int_equal (at - bytes, batch.bytes);
    return batch.events;
}

static void test_ring_gives_each_event_once_in_its_producers_order (void **state)
{
    producer_t producers [PRODUCERS];
    pthread_t threads [PRODUCERS];
    uint32_t next [PRODUCERS] = {0};
    uint64_t total = 0, dropped = 0;
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producers [i] = (producer_t){.queue = *state, .id = i};
        assert_int_equal (pthread_create (&threads [i], NULL, produce, &producers [i]), 0);
    }
    while (total < (uint64_t) PRODUCERS * EACH) {
        uint64_t events = consume (*state, next);
        zc_ring_stats_t stats = stats_of (*state);
        assert_true (stats.pushed >= stats.popped && stats.used_bytes <= BYTES);
        if (events == 0)
            sched_yield ();
        total += events;
    }
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        pthread_join (threads [i], NULL);
        dropped += producers [i].dropped;
    }
    zc_ring_stats_t stats = stats_of (*state);
    assert_int_equal (stats.pushed, PRODUCERS * EACH);
    assert_int_equal (stats.popped, PRODUCERS * EACH);
    assert_int_equal (stats.dropped, dropped);
    assert_int_equal (stats.used_bytes, 0);
}

/* ----------------------------------------------------------------------------------- fork */

static int child_of_full_queue (const zc_ring_t *queue)
{
    zc_batch_t batch;
    uint32_t taken = 0;
    zc_ring_stats_t stats = stats_of (queue);
    if (stats.pushed || stats.popped || stats.dropped || stats.used_bytes || zc_ring_peek (queue, 0, 1, &batch))
        return 1;
    if (*zc_ring_gate (queue) != 0 || *(uint64_t *) zc_ring_annex (queue) != 0)
        return 2;
    while (push (queue, taken, 60) == 0)
        taken++;
    return taken == BYTES / 64 ? 0 : 3;
}

static void test_ring_is_empty_in_a_forked_child_and_whole_in_the_parent (void **state)
{
    uint32_t taken = 0;
    while (push (*state, taken, 60) == 0)
        taken++;
    *zc_ring_gate (*state) = 7;
    memset (zc_ring_annex (*state), 0xff, ZC_RING_ANNEX_BYTES);
    pid_t child = fork ();
    if (child == 0)
        _exit (child_of_full_queue (*state));
    int status = -1;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status));
    assert_int_equal (WEXITSTATUS (status), 0);
    for (uint32_t i = 0; i < taken; i++)
        assert_pops (*state, i, 60);
}

#define CASE(test) cmocka_unit_test_setup_teardown (test, new_queue, end_queue)

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_ring_begins_empty),
        CASE (test_ring_keeps_sizes_bytes_and_order_over_many_laps),
        CASE (test_ring_takes_what_is_claimed_whole_or_not_at_all),
        CASE (test_ring_measures_batches_by_bytes),
        CASE (test_ring_drops_and_counts_when_full),
        CASE (test_ring_takes_the_largest_record),
        CASE (test_ring_gives_each_event_once_in_its_producers_order),
        CASE (test_ring_is_empty_in_a_forked_child_and_whole_in_the_parent),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
