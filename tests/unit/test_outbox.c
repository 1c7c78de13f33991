/* SPDX-License-Identifier: MPL-2.0
 *
 * test_outbox.c - numbers, boundaries and acknowledgements, with a clock of the test's own.
 */
#include "client/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "client/spool_format.h"

#define QUEUE_BYTES (2 * ZC_RING_BYTES_MIN) /* more events than frames may be in flight */
#define EVENT_BYTES 20
#define FRAME_EVENTS 5
#define FRAME_BYTES (ZC_STAMP_BYTES + FRAME_EVENTS * EVENT_BYTES)
#define SECOND INT64_C (1000000000)

typedef struct {
    zc_ring_t queue;
    zc_outbox_t *outbox;
    int64_t now;
} box_t;

static const zc_outbox_times_t times = {
    .silence_ns = 1 * SECOND,
    .silence_max_ns = 4 * SECOND,
    .idle_ns = 100 * SECOND,
    .declare_ns = 1 * SECOND,
    .seal_ns = 1 * SECOND,
};

static int new_box_of (void **state, int adopted_fd)
{
    static box_t box;
    const zc_outbox_options_t options = {
        .frame_bytes = FRAME_BYTES, .is_kept = true, .adopted_fd = adopted_fd, .times = &times};
    box = (box_t){.now = 1000 * SECOND};
    *state = &box;
    return zc_ring_init (&box.queue, QUEUE_BYTES, ZC_SPOOL_BYTES, false) ||
           zc_outbox_new (&box.queue, &options, &box.outbox);
}

static int new_box (void **state)
{
    return new_box_of (state, -1);
}

/* As of a file that a service left behind. */
static int new_adopted_box (void **state)
{
    return new_box_of (state, memfd_create ("spool", 0));
}

static int end_box (void **state)
{
    box_t *box = *state;
    zc_outbox_destroy (&box->outbox);
    zc_ring_term (&box->queue);
    return 0;
}

static int push (box_t *box)
{
    zc_record_t record;
    memset (record.as.bytes, 'x', EVENT_BYTES);
    return zc_ring_push (&box->queue, &record, EVENT_BYTES);
}

static void push_many (box_t *box, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal (push (box), 0);
}

typedef struct {
    uint32_t epoch;
    uint64_t seq, dropped, events;
} sent_t;

/* Sends what is due, if anything. */
static bool send (box_t *box, sent_t *ret_sent)
{
    zc_outbox_frame_t frame;
    if (!zc_outbox_next (box->outbox, box->now, false, &frame))
        return false;
    zc_outbox_sent (box->outbox, &frame, box->now);
    zc_stamp_t stamp;
    assert_non_null (zc_stamp_read (frame.head, frame.head + sizeof frame.head, &stamp));
    assert_memory_equal (stamp.producer, zc_outbox_producer (box->outbox), sizeof stamp.producer);
    *ret_sent = (sent_t){
        .epoch = stamp.epoch,
        .seq = stamp.seq,
        .dropped = stamp.dropped,
        .events = frame.batch.events,
    };
    return true;
}

static void assert_sends (box_t *box, uint32_t epoch, uint64_t seq, uint64_t events)
{
    sent_t sent;
    assert_true (send (box, &sent));
    assert_int_equal (sent.epoch, epoch);
    assert_int_equal (sent.seq, seq);
    assert_int_equal (sent.events, events);
}

static void assert_silent (box_t *box)
{
    sent_t sent;
    assert_false (send (box, &sent));
}

static void say_as (box_t *box, const char *incarnation, uint32_t epoch, uint64_t seq, bool stale)
{
    const zc_ack_t ack = {.epoch = epoch, .seq = seq, .stale = stale};
    zc_incarnation_t life = {.size = strlen (incarnation)};
    memcpy (life.bytes, incarnation, life.size);
    zc_outbox_receive (box->outbox, &ack, &life, box->now);
}

static void say (box_t *box, uint32_t epoch, uint64_t seq)
{
    say_as (box, "one", epoch, seq, false);
}

static uint64_t queued (const box_t *box)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&box->queue, &stats);
    return stats.pushed - stats.popped;
}

/* ---------------------------------------------------------------------------- boundaries */

static void test_outbox_numbers_follow_the_queue (void **state)
{
    box_t *box = *state;
    assert_silent (box);
    push_many (box, 12);
    assert_sends (box, 1, 1, 5);
    assert_sends (box, 1, 6, 5);
    assert_sends (box, 1, 11, 2);
    push_many (box, 3);
    assert_sends (box, 1, 13, 3);
    assert_silent (box);
    say (box, 1, 16);
    assert_int_equal (queued (box), 0);
    push_many (box, 1);
    assert_sends (box, 1, 16, 1);
}

static void test_outbox_a_frame_that_was_not_sent_is_given_again (void **state)
{
    box_t *box = *state;
    zc_outbox_frame_t one, two;
    push_many (box, 2);
    assert_true (zc_outbox_next (box->outbox, box->now, false, &one));
    push_many (box, 2); /* too late to join it */
    assert_true (zc_outbox_next (box->outbox, box->now, false, &two));
    assert_memory_equal (one.head, two.head, sizeof one.head);
    assert_int_equal (two.batch.events, 2);
}

static void test_outbox_frees_whole_frames_in_order (void **state)
{
    box_t *box = *state;
    push_many (box, 15);
    for (int i = 0; i < 3; i++)
        assert_sends (box, 1, 1 + 5 * (uint64_t) i, 5);
    say (box, 1, 5);
    assert_int_equal (queued (box), 15);
    say (box, 1, 6);
    assert_int_equal (queued (box), 10);
    say (box, 1, 3);  /* backwards */
    say (box, 1, 17); /* beyond */
    say (box, 0, 16);
    assert_int_equal (queued (box), 10);
    say (box, 1, 16);
    assert_int_equal (queued (box), 0);
    assert_true (zc_outbox_is_done (box->outbox));
}

/* Of a file that was adopted before, the daemon may have more than the file tells. */
static void test_outbox_of_a_leftover_believes_what_is_beyond_it (void **state)
{
    box_t *box = *state;
    push_many (box, 7);
    assert_sends (box, 1, 1, 5);
    say (box, 1, 100);
    assert_int_equal (queued (box), 2); /* in no frame yet */
    assert_sends (box, 1, 6, 2);
    say (box, 1, 100);
    assert_int_equal (queued (box), 0);
    assert_true (zc_outbox_is_done (box->outbox));
}

/* What is below a closed epoch's end must not be sent under another number, in a frame or not. */
static void test_outbox_of_a_leftover_renumbers_nothing_that_may_be_known (void **state)
{
    box_t *box = *state;
    push_many (box, 7);
    assert_sends (box, 1, 1, 5);
    say_as (box, "one", 1, 8, true);
    assert_sends (box, 1, 6, 2);
    say_as (box, "one", 1, 8, true);
    assert_int_equal (queued (box), 0);
    assert_silent (box);
}

static void test_outbox_bounds_the_frames_in_flight (void **state)
{
    box_t *box = *state;
    for (uint64_t i = 1; i <= ZC_FLIGHTS_MAX; i++) {
        push_many (box, 1);
        assert_sends (box, 1, i, 1);
    }
    push_many (box, 3);
    assert_silent (box);
    say (box, 1, 2);
    assert_sends (box, 1, ZC_FLIGHTS_MAX + 1, 3); /* one place: what waited goes together */
    assert_silent (box);
    say (box, 1, ZC_FLIGHTS_MAX + 4);
    assert_int_equal (queued (box), 0);
}

/* ------------------------------------------------------------------------- sending again */

static void test_outbox_sends_again_after_silences_that_double (void **state)
{
    box_t *box = *state;
    static const int silences [] = {1, 2, 4, 4, 4};
    push_many (box, 7);
    assert_sends (box, 1, 1, 5);
    assert_sends (box, 1, 6, 2);
    for (size_t i = 0; i < sizeof silences / sizeof *silences; i++) {
        box->now += silences [i] * SECOND - 1;
        assert_silent (box);
        box->now += 1;
        push_many (box, 1); /* what is new comes behind what is old, in a frame of its own */
        assert_sends (box, 1, 1, 5);
        assert_sends (box, 1, 6, 2);
        for (size_t j = 0; j <= i; j++)
            assert_sends (box, 1, 8 + j, 1);
        assert_silent (box);
    }
    say (box, 1, 6); /* progress: the first silence is short again */
    box->now += SECOND;
    assert_sends (box, 1, 6, 2);
}

static void test_outbox_is_not_silent_with_nothing_in_flight (void **state)
{
    box_t *box = *state;
    push_many (box, 1);
    assert_sends (box, 1, 1, 1);
    say (box, 1, 2);
    box->now += 50 * SECOND;
    assert_silent (box);
    push_many (box, 1);
    assert_sends (box, 1, 2, 1);
    assert_silent (box);
}

static void test_outbox_sends_again_to_another_incarnation_only (void **state)
{
    box_t *box = *state;
    push_many (box, 10);
    assert_sends (box, 1, 1, 5);
    assert_sends (box, 1, 6, 5);
    say_as (box, "one", 1, 1, false); /* the first one seen */
    say_as (box, "one", 1, 6, false);
    assert_silent (box);
    say_as (box, "two", 0, 1, false); /* it does not know us */
    assert_sends (box, 1, 6, 5);
    assert_silent (box);
    say_as (box, "two", 0, 1, false);
    assert_silent (box);
    zc_outbox_stats_t stats;
    zc_outbox_stats (box->outbox, &stats);
    assert_int_equal (stats.sent, 10);
    assert_int_equal (stats.resent, 5);
}

/* -------------------------------------------------------------------------------- epochs */

static void test_outbox_renumbers_what_a_closed_epoch_did_not_take (void **state)
{
    box_t *box = *state;
    push_many (box, 15);
    for (int i = 0; i < 3; i++)
        assert_sends (box, 1, 1 + 5 * (uint64_t) i, 5);
    say (box, 1, 6);
    say_as (box, "one", 1, 11, true);
    assert_sends (box, 2, 1, 5);
    assert_silent (box);
    push_many (box, 1);
    assert_sends (box, 2, 6, 1);
    say_as (box, "one", 1, 11, true); /* said again: of an epoch that is over */
    say (box, 1, 16);
    assert_int_equal (queued (box), 6);
    zc_outbox_stats_t stats;
    zc_outbox_stats (box->outbox, &stats);
    assert_int_equal (stats.lost, 5); /* the second frame */
    say (box, 2, 7);
    assert_int_equal (queued (box), 0);
}

/* Cannot be; but what may have been taken is not sent under another number. */
static void test_outbox_gives_up_a_frame_that_was_closed_in_its_midst (void **state)
{
    box_t *box = *state;
    push_many (box, 10);
    assert_sends (box, 1, 1, 5);
    assert_sends (box, 1, 6, 5);
    say_as (box, "one", 1, 3, true);
    assert_sends (box, 2, 1, 5);
    assert_silent (box);
    zc_outbox_stats_t stats;
    zc_outbox_stats (box->outbox, &stats);
    assert_int_equal (stats.lost, 5);
}

static void test_outbox_goes_above_an_epoch_that_overtook_it (void **state)
{
    box_t *box = *state;
    push_many (box, 1);
    assert_sends (box, 1, 1, 1);
    say (box, 7, 100);
    assert_sends (box, 8, 1, 1);
    say (box, UINT32_MAX, 1); /* above it there is none */
    assert_silent (box);
    say (box, 8, 2);
    assert_int_equal (queued (box), 0);
}

static void test_outbox_begins_an_epoch_after_a_long_pause (void **state)
{
    box_t *box = *state;
    box->now += 200 * SECOND;
    push_many (box, 2);
    assert_sends (box, 1, 1, 2); /* nothing to have been forgotten yet */
    say (box, 1, 3);
    box->now += 99 * SECOND;
    push_many (box, 1);
    assert_sends (box, 1, 3, 1);
    say (box, 1, 4);
    box->now += 100 * SECOND;
    push_many (box, 1);
    assert_sends (box, 2, 1, 1);
    box->now += 101 * SECOND; /* not while something is in flight */
    push_many (box, 1);
    assert_sends (box, 2, 1, 1);
    assert_sends (box, 2, 2, 1);
    say (box, 2, 3);
    assert_int_equal (queued (box), 0);
}

/* --------------------------------------------------------------------------------- drops */

static void overfill (box_t *box, int drops)
{
    while (push (box) == 0)
        ;
    for (int i = 1; i < drops; i++)
        push (box);
}

static void test_outbox_declares_drops_in_the_next_frame_or_in_one_of_their_own (void **state)
{
    box_t *box = *state;
    sent_t sent;
    overfill (box, 4);
    while (send (box, &sent))
        assert_int_equal (sent.dropped, 4);
    uint64_t next = sent.seq + sent.events;
    push (box); /* full still: nothing was acknowledged */
    assert_false (zc_outbox_is_done (box->outbox));
    say (box, 1, next);
    assert_silent (box); /* a moment for an event that could tell */
    box->now += SECOND;
    assert_true (send (box, &sent));
    assert_int_equal (sent.events, 0);
    assert_int_equal (sent.seq, next);
    assert_int_equal (sent.dropped, 5);
    assert_silent (box);
    assert_true (zc_outbox_is_done (box->outbox));
    zc_outbox_reconnected (box->outbox, box->now); /* it may have been lost on the way */
    assert_true (send (box, &sent));
    assert_int_equal (sent.dropped, 5);
    push_many (box, 1);
    assert_sends (box, 1, next, 1);
}

static void test_outbox_counts_drops_of_each_epoch_by_themselves (void **state)
{
    box_t *box = *state;
    sent_t sent;
    overfill (box, 4);
    while (send (box, &sent))
        ;
    say (box, 1, sent.seq + sent.events);
    box->now += 100 * SECOND;
    push_many (box, 1);
    assert_true (send (box, &sent));
    assert_int_equal (sent.epoch, 2);
    assert_int_equal (sent.dropped, 0);
    overfill (box, 2);
    while (send (box, &sent))
        assert_int_equal (sent.dropped, 2);
    /* The closed epoch never heard of these: the next one tells. */
    say_as (box, "one", 2, 1, true);
    assert_true (send (box, &sent));
    assert_int_equal (sent.epoch, 3);
    assert_int_equal (sent.seq, 1);
    assert_int_equal (sent.dropped, 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown (test, new_box, end_box)

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_outbox_numbers_follow_the_queue),
        CASE (test_outbox_a_frame_that_was_not_sent_is_given_again),
        CASE (test_outbox_frees_whole_frames_in_order),
        cmocka_unit_test_setup_teardown (test_outbox_of_a_leftover_believes_what_is_beyond_it, new_adopted_box,
                                         end_box),
        cmocka_unit_test_setup_teardown (test_outbox_of_a_leftover_renumbers_nothing_that_may_be_known, new_adopted_box,
                                         end_box),
        CASE (test_outbox_bounds_the_frames_in_flight),
        CASE (test_outbox_sends_again_after_silences_that_double),
        CASE (test_outbox_is_not_silent_with_nothing_in_flight),
        CASE (test_outbox_sends_again_to_another_incarnation_only),
        CASE (test_outbox_renumbers_what_a_closed_epoch_did_not_take),
        CASE (test_outbox_gives_up_a_frame_that_was_closed_in_its_midst),
        CASE (test_outbox_goes_above_an_epoch_that_overtook_it),
        CASE (test_outbox_begins_an_epoch_after_a_long_pause),
        CASE (test_outbox_declares_drops_in_the_next_frame_or_in_one_of_their_own),
        CASE (test_outbox_counts_drops_of_each_epoch_by_themselves),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
