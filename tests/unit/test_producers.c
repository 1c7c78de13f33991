/* SPDX-License-Identifier: MPL-2.0
 *
 * test_producers.c - what producers.h promises of one frame after another. Against a naive model of
 * all of it at once: test_producers_model.c.
 */
#include "core/delivery/producers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "producers.h"

static int new_table (void **state)
{
    *state = table_of (4, 8);
    return 0;
}

static int end_table (void **state)
{
    zc_producers_t *table = *state;
    zc_producers_destroy (&table);
    assert_null (table);
    zc_producers_destroy (&table); /* does nothing */
    return 0;
}

static void test_producers_take_each_number_once (void **state)
{
    zc_producers_t *table = *state;
    assert_int_equal (take (table, 1, 1, 1, 50), ZC_FRAME_NEW);
    assert_int_equal (take (table, 1, 1, 51, 50), ZC_FRAME_NEW);
    assert_int_equal (take (table, 1, 1, 1, 50), ZC_FRAME_DUPLICATE);
    assert_int_equal (take (table, 1, 1, 10, 60), ZC_FRAME_DUPLICATE);
    assert_int_equal (take (table, 2, 1, 1, 1), ZC_FRAME_NEW); /* another's numbers are its own */
    assert_int_equal (row_of (table, 1).next, 101);
    assert_int_equal (row_of (table, 1).accepted_events, 100);
    assert_delivery (table, 110, 0, 0);
}

static void test_producers_take_later_frames_before_a_missing_one (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 1, 10);
    assert_int_equal (take (table, 1, 1, 21, 10), ZC_FRAME_NEW);
    assert_int_equal (take (table, 1, 1, 41, 10), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 11);
    assert_int_equal (take (table, 1, 1, 21, 10), ZC_FRAME_DUPLICATE);
    assert_int_equal (take (table, 1, 1, 11, 10), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 31);
    assert_int_equal (take (table, 1, 1, 31, 10), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 51);
    assert_delivery (table, 10, 0, 0);
}

/* Seen: 1 ... 9 and 20 ... 29. */
static void test_producers_refuse_frames_that_overlap (void **state)
{
    zc_producers_t *table = *state;
    static const struct {
        uint64_t seq, events;
        zc_frame_kind_t kind;
    } frames [] = {
        {9, 1, ZC_FRAME_DUPLICATE}, {9, 2, ZC_FRAME_PARTLY},
        {1, 29, ZC_FRAME_PARTLY},   {19, 2, ZC_FRAME_PARTLY},
        {29, 2, ZC_FRAME_PARTLY},   {20, 10, ZC_FRAME_DUPLICATE},
        {19, 12, ZC_FRAME_PARTLY},  {21, 8, ZC_FRAME_DUPLICATE},
        {10, 11, ZC_FRAME_PARTLY},  {1, UINT64_MAX - 1, ZC_FRAME_PARTLY},
    };
    take (table, 1, 1, 1, 9);
    take (table, 1, 1, 20, 10);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        assert_int_equal (take (table, 1, 1, frames [i].seq, frames [i].events), frames [i].kind);
    /* They left no trace, and declared nothing. */
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 9, 77), 2, true, T0), ZC_FRAME_PARTLY);
    assert_delivery (table, 1 + 10 + 8, 0, 0);
    assert_int_equal (take (table, 1, 1, 10, 10), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 30);
}

static void test_producers_refuse_numbers_that_are_none (void **state)
{
    zc_producers_t *table = *state;
    assert_int_equal (take (table, 1, 1, 0, 1), ZC_FRAME_BAD_SEQ);
    assert_int_equal (take (table, 1, 1, 0, 0), ZC_FRAME_BAD_SEQ);
    assert_int_equal (take (table, 1, 1, UINT64_MAX, 1), ZC_FRAME_BAD_SEQ);
    assert_int_equal (take (table, 1, 1, UINT64_MAX - 4, 5), ZC_FRAME_BAD_SEQ);
    assert_int_equal (take (table, 1, 1, 2, UINT64_MAX - 1), ZC_FRAME_BAD_SEQ);
    assert_int_equal (zc_producers_live (table), 0);
    assert_int_equal (take (table, 1, 1, 1, 1), ZC_FRAME_NEW);
    assert_int_equal (take (table, 1, 1, UINT64_MAX - 5, 5), ZC_FRAME_NEW);
    zc_stamp_t at_the_end = stamp_of (1, 1, UINT64_MAX, 0);
    assert_false (zc_producers_is_next (table, &at_the_end));
}

static void test_producers_fence_lower_epochs (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 7, 1, 10);
    take (table, 1, 7, 15, 10); /* 4 are missing */
    assert_int_equal (take (table, 1, 6, 25, 10), ZC_FRAME_STALE);
    assert_delivery (table, 0, 0, 0);
    assert_int_equal (take (table, 1, 8, 1, 5), ZC_FRAME_NEW);
    assert_delivery (table, 0, 4, 0);
    assert_int_equal (take (table, 1, 7, 11, 4), ZC_FRAME_STALE);
    assert_int_equal (row_of (table, 1).next, 6);
    assert_int_equal (row_of (table, 1).lost, 4);
}

static void test_producers_add_up_what_is_declared_dropped (void **state)
{
    zc_producers_t *table = *state;
    take_stamp (table, stamp_of (1, 1, 1, 5), 10, false, T0);
    take_stamp (table, stamp_of (1, 1, 21, 9), 10, false, T0);
    take_stamp (table, stamp_of (1, 1, 11, 7), 10, false, T0); /* overtaken: 9 is known */
    take_stamp (table, stamp_of (1, 1, 1, 5), 10, false, T0);
    assert_delivery (table, 10, 0, 9);
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 31, 12), 0, false, T0), ZC_FRAME_NEW);
    assert_delivery (table, 10, 0, 12);
    assert_int_equal (row_of (table, 1).next, 31); /* no number was used */
    take_stamp (table, stamp_of (1, 2, 1, 3), 1, false, T0);
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 1, 99), 1, false, T0), ZC_FRAME_STALE);
    assert_delivery (table, 10, 0, 15);
    take_stamp (table, stamp_of (1, 2, 2, UINT64_MAX), 1, false, T0);
    assert_delivery (table, 10, 0, INT64_MAX);
}

static void test_producers_close_the_gap_behind_a_frame_that_broke_off (void **state)
{
    zc_producers_t *table = *state;
    take_stamp (table, stamp_of (1, 1, 1, 0), 10, true, T0);
    assert_int_equal (row_of (table, 1).next, 11); /* nothing was seen above: nothing is closed */
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 1, 0), 10, true, T0), ZC_FRAME_DUPLICATE);
    assert_int_equal (take (table, 1, 1, 21, 10), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 31);
    assert_delivery (table, 10, 10, 0);
    /* What was closed counts as seen. */
    assert_int_equal (take (table, 1, 1, 15, 2), ZC_FRAME_DUPLICATE);
    /* Only the gap behind it, not the one before; and where numbers above are known, at once. */
    take (table, 1, 1, 61, 10);
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 41, 0), 10, true, T0), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 31);
    assert_int_equal (row_of (table, 1).intervals_count, 1);
    assert_delivery (table, 12, 20, 0);
    assert_int_equal (take (table, 1, 1, 31, 10), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 71);
    assert_int_equal (row_of (table, 1).accepted_events, 50);
}

static void test_producers_wait_for_a_bounded_number_of_gaps (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 1, 1);
    for (uint64_t i = 1; i <= ZC_INTERVALS_MAX; i++)
        assert_int_equal (take (table, 1, 1, 10 * i, 1), ZC_FRAME_NEW);
    assert_delivery (table, 0, 0, 0);
    assert_int_equal (take (table, 1, 1, 10 * (ZC_INTERVALS_MAX + 1), 1), ZC_FRAME_NEW);
    assert_delivery (table, 0, 8, 0);
    assert_int_equal (row_of (table, 1).next, 11);
    assert_int_equal (row_of (table, 1).intervals_count, ZC_INTERVALS_MAX);
}

/* ------------------------------------------------------------------------ before our time */

static void test_producers_wait_a_while_for_what_is_before_their_time (void **state)
{
    zc_producers_t *table = *state;
    const int64_t wait_ms = ZC_BASE_WAIT_MS;
    take_stamp (table, stamp_of (1, 1, 101, 0), 10, false, T0);
    take_stamp (table, stamp_of (1, 1, 121, 0), 10, false, T0 + 1); /* 111 ... 120 are no such numbers */
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 51, 0), 10, false, T0 + 2), ZC_FRAME_NEW);
    take_stamp (table, stamp_of (1, 1, 101, 0), 10, false, T0 + 1 + wait_ms);
    assert_int_equal (row_of (table, 1).next, 1);
    take_stamp (table, stamp_of (1, 1, 101, 0), 10, false, T0 + 2 + wait_ms);
    assert_int_equal (row_of (table, 1).next, 111);
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 1, 0), 10, false, T0 + 2 + wait_ms), ZC_FRAME_DUPLICATE);
    assert_delivery (table, 30, 0, 0);
    take (table, 1, 2, 1, 1);
    assert_delivery (table, 30, 10, 0);
}

static void test_producers_take_what_is_before_their_time_when_it_comes (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 21, 10);
    take (table, 1, 1, 1, 10);
    /* Late, but nothing had been closed meanwhile. */
    assert_int_equal (take_stamp (table, stamp_of (1, 1, 11, 0), 10, false, T0 + HOUR), ZC_FRAME_NEW);
    assert_int_equal (row_of (table, 1).next, 31);
    assert_int_equal (row_of (table, 1).base, 0);
    assert_int_equal (row_of (table, 1).accepted_events, 30);
}

static void test_producers_never_lose_what_is_before_their_time (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 101, 10);
    take (table, 1, 1, 113, 10); /* 2 are missing */
    take (table, 1, 2, 1, 1);
    assert_delivery (table, 0, 2, 0);
    take (table, 2, 1, 101, 10);
    zc_producers_expire (table, T0 + HOUR + 1);
    assert_delivery (table, 0, 2, 0);
    /* A higher epoch of one that is known begins at 1. */
    take_stamp (table, stamp_of (2, 2, 11, 0), 1, false, T0 + HOUR);
    take_stamp (table, stamp_of (2, 2, 12, 0), 1, false, T0 + 2 * HOUR);
    assert_int_equal (row_of (table, 2).next, 1);
}

static void test_producers_know_where_one_that_only_dropped_begins (void **state)
{
    zc_producers_t *table = *state;
    take_stamp (table, stamp_of (1, 1, 11, 40), 0, false, T0);
    take_stamp (table, stamp_of (1, 1, 13, 40), 5, false, T0 + ZC_BASE_WAIT_MS);
    assert_int_equal (row_of (table, 1).next, 11);
    take (table, 1, 2, 1, 1);
    assert_delivery (table, 0, 2, 40);
}

/* ------------------------------------------------------------------------------ expired */

static void test_producers_expire_after_silence (void **state)
{
    zc_producers_t *table = *state;
    take_stamp (table, stamp_of (1, 5, 1, 0), 10, false, T0);
    take_stamp (table, stamp_of (1, 5, 13, 0), 10, false, T0 + 1);
    take_stamp (table, stamp_of (2, 5, 1, 0), 10, false, T0 + 2);
    zc_producers_expire (table, T0 + 1 + HOUR);
    assert_int_equal (zc_producers_live (table), 2);
    zc_producers_expire (table, T0 + 2 + HOUR);
    assert_int_equal (zc_producers_live (table), 1);
    assert_int_equal (zc_producers_expired (table), 1);
    assert_delivery (table, 0, 2, 0);
    assert_int_equal (take (table, 1, 5, 23, 10), ZC_FRAME_STALE);
    assert_int_equal (take (table, 1, 5, 11, 2), ZC_FRAME_STALE);
    assert_int_equal (take (table, 1, 4, 1, 10), ZC_FRAME_STALE);
    assert_int_equal (take_stamp (table, stamp_of (1, 6, 1, 3), 10, false, T0), ZC_FRAME_NEW);
    assert_int_equal (zc_producers_expired (table), 0);
    assert_delivery (table, 0, 2, 3);
}

static void test_producers_displace_the_one_seen_longest_ago (void **state)
{
    zc_producers_t *table = *state; /* 4 live, 8 expired */
    for (uint64_t i = 1; i <= 4; i++)
        take (table, i, 1, 1, 1);
    take (table, 1, 1, 1, 1); /* a duplicate is a sign of life */
    take (table, 2, 1, 1, 2); /* a frame that is refused is none */
    take (table, 5, 1, 1, 1);
    zc_producer_row_t row;
    assert_false (find_row (table, 2, &row));
    assert_int_equal (zc_producers_live (table), 4);
    assert_int_equal (take (table, 2, 1, 2, 1), ZC_FRAME_STALE);
    assert_int_equal (take (table, 2, 2, 1, 1), ZC_FRAME_NEW);
    assert_false (find_row (table, 3, &row));
}

static void test_producers_refuse_who_may_have_been_forgotten (void **state)
{
    zc_producers_t *table = *state; /* 4 live, 8 expired */
    for (uint64_t i = 1; i <= 12; i++)
        take (table, i, 1, 1, 1);
    assert_int_equal (take (table, 1, 1, 1, 1), ZC_FRAME_STALE);
    assert_int_equal (take (table, 13, 1, 9, 1), ZC_FRAME_NEW); /* forgets the first: it had no room */
    assert_int_equal (zc_producers_expired (table), 8);
    assert_int_equal (take (table, 1, 1, 2, 1), ZC_FRAME_STALE);
    assert_int_equal (take (table, 99, 1, 2, 1), ZC_FRAME_STALE);
    assert_int_equal (take (table, 99, 1, 1, 1), ZC_FRAME_NEW);
    assert_int_equal (take (table, 13, 1, 10, 1), ZC_FRAME_NEW);
}

/* Who returns leaves the record before he who makes place for him enters it. */
static void test_producers_return_without_pushing_themselves_out (void **state)
{
    (void) state;
    zc_producers_t *table = table_of (1, 1);
    take (table, 1, 1, 1, 1);
    take (table, 2, 1, 1, 1);
    assert_int_equal (take (table, 1, 2, 1, 1), ZC_FRAME_NEW);
    assert_int_equal (take (table, 2, 1, 2, 1), ZC_FRAME_STALE);
    assert_int_equal (take (table, 3, 1, 2, 1), ZC_FRAME_NEW); /* nobody was forgotten before */
    assert_int_equal (take (table, 4, 1, 2, 1), ZC_FRAME_STALE);
    zc_producers_destroy (&table);
}

/* A flood of strangers costs no more than the limits allow. */
static void test_producers_are_bounded (void **state)
{
    (void) state;
    enum { LIVE = 100, EXPIRED = 1000, STRANGERS = 200000 };
    zc_producers_t *table = table_of (LIVE, EXPIRED);
    for (uint64_t i = 0; i < STRANGERS; i++) {
        assert_int_equal (take (table, i, 1, 1, 1), ZC_FRAME_NEW);
        assert_int_equal (take (table, i, 1, 3, 1), ZC_FRAME_NEW);
    }
    assert_int_equal (zc_producers_live (table), LIVE);
    assert_int_equal (zc_producers_expired (table), EXPIRED);
    assert_delivery (table, 0, STRANGERS - LIVE, 0);
    for (uint64_t i = STRANGERS - LIVE - EXPIRED; i < STRANGERS; i++)
        assert_int_equal (take (table, i, 1, 3, 1), i < STRANGERS - LIVE ? ZC_FRAME_STALE : ZC_FRAME_DUPLICATE);
    zc_producers_destroy (&table);
}

/* ---------------------------------------------------------------------- acknowledgement */

static void test_producers_acknowledge_what_was_synced (void **state)
{
    zc_producers_t *table = *state;
    assert_ack (ack_of (table, 1), 1, 0, 1, false);
    take (table, 1, 7, 1, 10);
    assert_ack (ack_of (table, 1), 1, 7, 1, false);
    assert_int_equal (zc_producers_begin_sync (table), 1);
    take (table, 1, 7, 11, 10); /* too late for this group */
    take (table, 2, 7, 1, 10);
    told_t told = end_sync (table);
    assert_int_equal (told.count, 1);
    assert_ack (told.acks [0], 1, 7, 11, false);
    assert_ack (ack_of (table, 1), 1, 7, 11, false);
    assert_int_equal (sync_all (table).count, 2);
    assert_ack (ack_of (table, 1), 1, 7, 21, false);
    assert_ack (ack_of (table, 2), 2, 7, 11, false);
    take (table, 1, 7, 1, 10);  /* moves nothing */
    take (table, 1, 7, 31, 10); /* neither */
    assert_int_equal (zc_producers_begin_sync (table), 0);
    assert_int_equal (zc_producers_begin_sync (table), 0); /* none had begun */
    assert_int_equal (end_sync (table).count, 0);
}

static void test_producers_acknowledge_no_epoch_by_another_ones_sync (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 1, 10);
    zc_producers_begin_sync (table);
    take (table, 1, 2, 1, 5);
    assert_int_equal (end_sync (table).count, 0);
    assert_ack (ack_of (table, 1), 1, 2, 1, false);
    assert_int_equal (sync_all (table).count, 1);
    assert_ack (ack_of (table, 1), 1, 2, 6, false);
}

/* It would send again, under new numbers, what was taken and is not yet synced. */
static void test_producers_tell_of_expiry_when_all_is_durable (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 1, 10);
    sync_all (table);
    take (table, 1, 1, 11, 10);
    zc_producers_begin_sync (table);
    zc_producers_expire (table, T0 + HOUR + 1);
    assert_int_equal (end_sync (table).count, 0);
    assert_ack (ack_of (table, 1), 1, 1, 11, false);
    told_t told = sync_all (table);
    assert_int_equal (told.count, 1);
    assert_ack (told.acks [0], 1, 1, 21, true);
    assert_ack (ack_of (table, 1), 1, 1, 21, true);
}

/* The place of one who was forgotten in the middle of a sync, and who has it now. */
/* Once may be lost on the way, and nobody walks over the expired ones: who still sends is told again. */
static void test_producers_tell_of_expiry_who_does_not_know (void **state)
{
    zc_producers_t *table = *state;
    take (table, 1, 1, 1, 3);
    take (table, 2, 4, 1, 3);
    zc_producers_expire (table, T0 + HOUR + 1);
    assert_int_equal (sync_all (table).count, 2);
    assert_int_equal (sync_all (table).count, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal (take (table, 1, 1, 4, 3), ZC_FRAME_STALE);
        assert_int_equal (take (table, 1, 1, 4, 3), ZC_FRAME_STALE);
        told_t told = sync_all (table);
        assert_int_equal (told.count, 1);
        assert_ack (told.acks [0], 1, 1, 4, true);
    }
    assert_int_equal (take (table, 2, 5, 1, 3), ZC_FRAME_NEW);
    sync_all (table);
    assert_int_equal (take (table, 2, 4, 4, 3), ZC_FRAME_STALE); /* fenced: whose successor is told */
    assert_int_equal (sync_all (table).count, 0);
}

static void test_producers_acknowledge_nobody_in_anothers_place (void **state)
{
    (void) state;
    zc_producers_t *table = table_of (1, 0);
    take (table, 1, 1, 1, 10);
    assert_int_equal (zc_producers_begin_sync (table), 1);
    take (table, 2, 1, 1, 5);
    assert_int_equal (end_sync (table).count, 0);
    assert_ack (ack_of (table, 1), 1, 0, 1, false);
    assert_ack (ack_of (table, 2), 2, 1, 1, false);
    told_t told = sync_all (table);
    assert_int_equal (told.count, 1);
    assert_ack (told.acks [0], 2, 1, 6, false);
    zc_producers_destroy (&table);
}

/* Who comes and goes between two syncs is told nothing, and leaves no list behind that grows. */
static void test_producers_remember_no_more_than_there_are (void **state)
{
    (void) state;
    zc_producers_t *table = table_of (1, 1);
    for (uint64_t i = 0; i < 1000; i++)
        take (table, i, 1, 1, 1);
    assert_int_equal (zc_producers_begin_sync (table), 2);
    assert_int_equal (end_sync (table).count, 2);
    zc_producers_destroy (&table);
}

static void test_producers_are_walked_a_few_at_a_time (void **state)
{
    (void) state;
    zc_producers_t *table = table_of (20, 20);
    for (uint64_t i = 0; i < 30; i++)
        take (table, i, 1, 1, i + 1);
    sync_all (table);
    told_t told = {.count = 0};
    size_t cursor = 0, calls = 0;
    do {
        zc_producers_walk_acks (table, &cursor, 7, note_told, &told);
        assert_true (told.count <= 7 * ++calls);
    } while (cursor != 0);
    assert_int_equal (told.count, 20);
    bool heard [30] = {false};
    for (size_t i = 0; i < told.count; i++)
        for (uint64_t n = 0; n < 30; n++)
            if (memcmp (told.acks [i].producer, id_of (n).bytes, ZC_PRODUCER_BYTES) == 0) {
                assert_false (heard [n]);
                heard [n] = true;
                assert_ack (told.acks [i], n, 1, n + 2, false);
            }
    for (uint64_t n = 10; n < 30; n++)
        assert_true (heard [n]);
    zc_producers_destroy (&table);
}

static void test_producers_are_looked_at_latest_first (void **state)
{
    zc_producers_t *table = *state;
    zc_producer_row_t row;
    uint64_t durable = 77;
    assert_false (zc_producers_recent (table, 0, &row, &durable));
    assert_int_equal (durable, 77);
    for (uint64_t i = 1; i <= 4; i++)
        take (table, i, 1, 1, i);
    sync_all (table);
    take_stamp (table, stamp_of (2, 1, 3, 6), 1, false, T0 + 9);
    static const uint64_t order [] = {2, 4, 3, 1};
    for (size_t n = 0; n < 4; n++) {
        assert_true (zc_producers_recent (table, n, &row, &durable));
        assert_memory_equal (row.id, id_of (order [n]).bytes, sizeof row.id);
        assert_int_equal (durable, order [n] + 1);
    }
    assert_false (zc_producers_recent (table, 4, &row, &durable));
    assert_int_equal (row_of (table, 2).seen_ms, T0 + 9);
    assert_int_equal (row_of (table, 2).dropped, 6);
    assert_int_equal (row_of (table, 2).accepted_events, 3);
}

#define CASE(test) cmocka_unit_test_setup_teardown (test, new_table, end_table)

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_producers_take_each_number_once),
        CASE (test_producers_take_later_frames_before_a_missing_one),
        CASE (test_producers_refuse_frames_that_overlap),
        CASE (test_producers_refuse_numbers_that_are_none),
        CASE (test_producers_fence_lower_epochs),
        CASE (test_producers_add_up_what_is_declared_dropped),
        CASE (test_producers_close_the_gap_behind_a_frame_that_broke_off),
        CASE (test_producers_wait_for_a_bounded_number_of_gaps),
        CASE (test_producers_wait_a_while_for_what_is_before_their_time),
        CASE (test_producers_take_what_is_before_their_time_when_it_comes),
        CASE (test_producers_never_lose_what_is_before_their_time),
        CASE (test_producers_know_where_one_that_only_dropped_begins),
        CASE (test_producers_expire_after_silence),
        CASE (test_producers_displace_the_one_seen_longest_ago),
        CASE (test_producers_refuse_who_may_have_been_forgotten),
        CASE (test_producers_return_without_pushing_themselves_out),
        CASE (test_producers_are_bounded),
        CASE (test_producers_acknowledge_what_was_synced),
        CASE (test_producers_acknowledge_no_epoch_by_another_ones_sync),
        CASE (test_producers_tell_of_expiry_when_all_is_durable),
        CASE (test_producers_tell_of_expiry_who_does_not_know),
        CASE (test_producers_acknowledge_nobody_in_anothers_place),
        CASE (test_producers_remember_no_more_than_there_are),
        CASE (test_producers_are_walked_a_few_at_a_time),
        CASE (test_producers_are_looked_at_latest_first),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
