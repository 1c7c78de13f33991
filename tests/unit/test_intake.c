/* SPDX-License-Identifier: MPL-2.0
 *
 * test_intake.c - what intake.h promises: of a frame, what is good is folded, what is bad is rejected.
 */
#include "core/delivery/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "pack.h"

#define NOW_MS 1767225600000
#define HOUR_MS 3600000

typedef struct {
    fixture_t fixture;
    zc_rejects_t *rejects;
    zc_producers_t *producers;
    zc_limits_t limits;
    zc_intake_t intake;
} house_t;

static house_t house_new (void)
{
    zc_producers_limits_t few = {.live_max = 10, .expired_max = 10, .expire_after_ms = HOUR_MS};
    house_t house = {.fixture = fixture_new (),
                     .rejects = zc_rejects_new (100),
                     .producers = zc_producers_new (&few, &(zc_siphash_secret_t){{1, 2}}),
                     .limits = {.frame_bytes_max = 10000, .batch_events_max = 50}};
    assert_non_null (house.rejects);
    assert_non_null (house.producers);
    house.intake.ledger = house.fixture.ledger;
    house.intake.rejects = house.rejects;
    house.intake.producers = house.producers;
    return house;
}

static void house_end (house_t *house)
{
    fixture_end (&house->fixture);
    zc_rejects_destroy (&house->rejects);
    zc_producers_destroy (&house->producers);
}

/* The frame's bytes are gone when the call returns, so that nothing may be kept of them. */
static void take_at (house_t *house, const void *bytes, size_t size, int64_t arrival_ms)
{
    house->intake.limits = house->limits;
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    assert_int_equal (zc_intake_frame (&house->intake, copy, size, arrival_ms), 0);
    memset (copy, 0xff, size);
    free (copy);
}

static void take (house_t *house, const void *bytes, size_t size)
{
    take_at (house, bytes, size, NOW_MS);
}

static void assert_counts (const house_t *house, uint64_t accepted, uint64_t rejected)
{
    assert_int_equal (zc_ledger_accepted (house->fixture.ledger), accepted);
    assert_int_equal (zc_rejects_total (house->rejects), rejected);
}

static void pack_query (bytes_t *frame, const char *tier, double cost)
{
    MAP (frame, {"type", STR ("query_router")}, {"tier", STR (tier)}, {"cost", FLOAT (cost)});
}

static void test_intake_folds_the_good_and_keeps_the_bad (void **state)
{
    (void) state;
    house_t house = house_new ();
    bytes_t frame = {0};
    pack_query (&frame, "simple", 0.25);
    MAP (&frame, {"type", STR ("query_router")}, {"cost", INT (-1)});
    ARRAY (&frame, 3);
    MAP (&frame, {"type", STR ("llm_call")}, {"model", STR ("gpt-4o")}, {"input_tokens", INT (1000)});
    pack_raw (&frame, BYTES ("\xc0"));
    MAP (&frame, {"type", STR ("llm_call")}, {"model", STR ("nobody's")}, {"input_tokens", INT (1000)});
    pack_raw (&frame, BYTES ("\xc1 and what follows"));
    take (&house, frame.data, frame.size);
    assert_counts (&house, 3, 3);
    zc_totals_t totals = totals_of (&house.fixture);
    assert_int_equal (totals.tiers [0].cost_nanousd, 250000000);
    assert_int_equal (totals.calls_cost_nanousd, 1000000);
    assert_int_equal (unpriced_of (&house.fixture, "nobody's"), 1);
    static const zc_reason_t reasons [] = {ZC_MALFORMED, ZC_NOT_A_MAP, ZC_BAD_FIELD}; /* newest first */
    for (size_t i = 0; i < COUNT (reasons); i++) {
        assert_int_equal (zc_rejects_nth (house.rejects, i)->reason, reasons [i]);
        assert_int_equal (zc_rejects_nth (house.rejects, i)->ts_ms, NOW_MS);
    }
    assert_int_equal (zc_rejects_nth (house.rejects, 2)->key, ZC_KEY_COST);
    assert_memory_equal (zc_rejects_nth (house.rejects, 0)->head, "\xc1 and what follows", 17);
    msgpack_sbuffer_destroy (&frame);
    house_end (&house);
}

static void test_intake_an_empty_frame_is_nothing (void **state)
{
    (void) state;
    house_t house = house_new ();
    take (&house, "", 0);
    take (&house, BYTES ("\x90"));
    assert_counts (&house, 0, 0);
    house_end (&house);
}

static void test_intake_bounds_frames_and_batches (void **state)
{
    (void) state;
    bytes_t frame = {0};
    house_t house = house_new ();
    ARRAY (&frame, 3);
    for (int i = 0; i < 3; i++)
        pack_query (&frame, "simple", 0.25);
    house.limits.frame_bytes_max = frame.size;
    house.limits.batch_events_max = 3;
    take (&house, frame.data, frame.size);
    assert_counts (&house, 3, 0);

    house.limits.batch_events_max = 2;
    take (&house, frame.data, frame.size);
    assert_counts (&house, 3, 1);
    assert_int_equal (zc_rejects_nth (house.rejects, 0)->why, ZC_WHY_BATCH_LIMIT);

    house.limits.frame_bytes_max = frame.size - 1;
    take (&house, frame.data, frame.size);
    assert_counts (&house, 3, 2);
    assert_int_equal (zc_rejects_nth (house.rejects, 0)->why, ZC_WHY_FRAME_LIMIT);
    assert_memory_equal (zc_rejects_nth (house.rejects, 0)->head, frame.data, frame.size);
    assert_int_equal (zc_rejects_count (house.rejects, ZC_TOO_LARGE), 2);
    msgpack_sbuffer_destroy (&frame);
    house_end (&house);
}

/* An event whose sum would pass 64 bits is one reject; those beside it are taken. */
static void test_intake_rejects_an_overflow_by_itself (void **state)
{
    (void) state;
    house_t house = house_new ();
    bytes_t frame = {0};
    MAP (&frame, {"type", STR ("llm_call")}, {"cost", INT (1)});
    size_t begin = frame.size;
    MAP (&frame, {"type", STR ("llm_call")}, {"model", STR ("dear")}, {"input_tokens", INT (ZCOST_COUNT_MAX)});
    size_t end = frame.size;
    MAP (&frame, {"type", STR ("llm_call")}, {"cost", INT (2)});
    take (&house, frame.data, frame.size);
    assert_counts (&house, 2, 1);
    assert_int_equal (totals_of (&house.fixture).calls_cost_nanousd, 3000000000);
    const zc_rejected_t *row = zc_rejects_nth (house.rejects, 0);
    assert_int_equal (row->reason, ZC_OVERFLOW);
    assert_int_equal (row->why, ZC_WHY_SUM);
    assert_int_equal (row->head_size, end - begin);
    assert_memory_equal (row->head, frame.data + begin, end - begin);
    msgpack_sbuffer_destroy (&frame);
    house_end (&house);
}

/* A stamp counts nothing by itself. */
static void test_intake_takes_stamped_frames (void **state)
{
    (void) state;
    house_t house = house_new ();
    bytes_t frame = {0};
    pack_stamp (&frame, (const uint8_t *) "0123456789abcdef", 1, 1, 0);
    pack_query (&frame, "simple", 0.5);
    pack_raw (&frame, BYTES ("\x80"));
    take (&house, frame.data, frame.size);
    assert_counts (&house, 1, 1);
    assert_int_equal (zc_rejects_count (house.rejects, ZC_MISSING_TYPE), 1);
    msgpack_sbuffer_destroy (&frame);
    house_end (&house);
}

/* A stamped frame of so many queries of half a dollar, the last `bad` of them without a type. */
static void take_stamped (house_t *house, uint32_t epoch, uint64_t seq, int events, int bad, int64_t arrival_ms)
{
    bytes_t frame = {0};
    pack_stamp (&frame, (const uint8_t *) "0123456789abcdef", epoch, seq, 0);
    for (int i = 0; i < events; i++)
        if (i < events - bad)
            pack_query (&frame, "simple", 0.5);
        else
            pack_raw (&frame, BYTES ("\x80"));
    take_at (house, frame.data, frame.size, arrival_ms);
    msgpack_sbuffer_destroy (&frame);
}

static uint64_t duplicates (const house_t *house)
{
    return zc_producers_delivery (house->producers)->duplicate;
}

static uint64_t next_of (const house_t *house)
{
    zc_producer_row_t row;
    uint64_t durable;
    assert_true (zc_producers_recent (house->producers, 0, &row, &durable));
    return row.next;
}

static void test_intake_folds_each_number_once (void **state)
{
    (void) state;
    house_t house = house_new ();
    take_stamped (&house, 1, 1, 3, 0, NOW_MS);
    take_stamped (&house, 1, 1, 3, 0, NOW_MS);
    assert_counts (&house, 3, 0);
    assert_int_equal (duplicates (&house), 3);
    take_stamped (&house, 1, 7, 2, 0, NOW_MS); /* later ones do not wait for a missing earlier one */
    take_stamped (&house, 1, 4, 3, 0, NOW_MS);
    take_stamped (&house, 1, 7, 2, 0, NOW_MS);
    assert_counts (&house, 8, 0);
    assert_int_equal (duplicates (&house), 5);
    assert_int_equal (totals_of (&house.fixture).tiers [0].cost_nanousd, 4000000000);
    assert_int_equal (next_of (&house), 9);
    house_end (&house);
}

static void test_intake_refuses_a_frame_of_seen_and_unseen_numbers (void **state)
{
    (void) state;
    house_t house = house_new ();
    take_stamped (&house, 1, 1, 3, 0, NOW_MS);
    take_stamped (&house, 1, 3, 4, 0, NOW_MS);
    assert_counts (&house, 3, 4);
    assert_int_equal (zc_rejects_count (house.rejects, ZC_BAD_FIELD), 4);
    assert_int_equal (zc_rejects_kept (house.rejects), 1); /* one frame */
    assert_int_equal (zc_rejects_nth (house.rejects, 0)->why, ZC_WHY_PARTLY_SEEN);
    take_stamped (&house, 1, 0, 2, 0, NOW_MS);
    take_stamped (&house, 1, UINT64_MAX, 2, 0, NOW_MS);
    assert_counts (&house, 3, 8);
    assert_int_equal (zc_rejects_nth (house.rejects, 0)->why, ZC_WHY_NO_SEQ);
    assert_int_equal (next_of (&house), 4);
    house_end (&house);
}

static void test_intake_refuses_a_fenced_epoch (void **state)
{
    (void) state;
    house_t house = house_new ();
    take_stamped (&house, 2, 1, 3, 0, NOW_MS);
    take_stamped (&house, 1, 1, 2, 0, NOW_MS);
    assert_counts (&house, 3, 2);
    assert_int_equal (zc_rejects_count (house.rejects, ZC_STALE), 2);
    assert_int_equal (zc_rejects_nth (house.rejects, 0)->why, ZC_WHY_FENCED);
    house_end (&house);
}

/* The clock is that of arrivals. */
static void test_intake_expires_a_silent_producer (void **state)
{
    (void) state;
    house_t house = house_new ();
    take_stamped (&house, 1, 1, 3, 0, NOW_MS);
    take_at (&house, "", 0, NOW_MS + HOUR_MS + 120000);
    assert_int_equal (zc_producers_live (house.producers), 0);
    take_stamped (&house, 1, 4, 2, 0, NOW_MS + HOUR_MS + 120000);
    assert_counts (&house, 3, 2);
    assert_int_equal (zc_rejects_count (house.rejects, ZC_STALE), 2);
    house_end (&house);
}

/* A daemon that was killed goes on from its last checkpoint with a new intake. What then expires is what
 * expired in the life before: a frame that was taken, and perhaps acknowledged, must not be stale now. */
static void test_intake_a_replay_expires_as_the_live_path_did (void **state)
{
    (void) state;
    house_t live = house_new (), replay = house_new ();
    take_stamped (&live, 1, 1, 3, 0, NOW_MS + 10000);
    take_at (&live, "", 0, NOW_MS + HOUR_MS); /* the first of its minute: 3,590 s of silence */
    zc_producers_changes_t checkpoint;
    assert_int_equal (zc_producers_take_changes (live.producers, &checkpoint), 0);
    assert_int_equal (checkpoint.rows_count, 1);
    assert_int_equal (zc_producers_restore (replay.producers, &checkpoint.rows [0]), 0);
    house_t *houses [] = {&live, &replay};
    for (int i = 0; i < 2; i++) {
        take_at (houses [i], "", 0, NOW_MS + HOUR_MS + 20000); /* 3,610 s */
        take_stamped (houses [i], 1, 4, 2, 0, NOW_MS + HOUR_MS + 30000);
    }
    assert_int_equal (zc_producers_live (replay.producers), zc_producers_live (live.producers));
    assert_int_equal (zc_rejects_count (replay.rejects, ZC_STALE), zc_rejects_count (live.rejects, ZC_STALE));
    zc_producers_changes_term (&checkpoint);
    house_end (&live);
    house_end (&replay);
}

static void test_intake_rejects_use_up_their_numbers (void **state)
{
    (void) state;
    house_t house = house_new ();
    take_stamped (&house, 1, 1, 3, 2, NOW_MS);
    assert_counts (&house, 1, 2);
    assert_int_equal (next_of (&house), 4);
    take_stamped (&house, 1, 1, 3, 2, NOW_MS);
    assert_counts (&house, 1, 2);
    assert_int_equal (duplicates (&house), 3);
    house_end (&house);
}

/* What broke off may have had more numbers than can be told apart: they are lost when the next ones come,
 * and the producer is not asked for them for ever. */
static void test_intake_a_broken_frame_holds_nothing_up (void **state)
{
    (void) state;
    house_t house = house_new ();
    bytes_t frame = {0};
    pack_stamp (&frame, (const uint8_t *) "0123456789abcdef", 1, 1, 0);
    pack_query (&frame, "simple", 0.5);
    pack_raw (&frame, BYTES ("\xc1"));
    take (&house, frame.data, frame.size);
    take (&house, frame.data, frame.size);
    assert_counts (&house, 1, 1);
    assert_int_equal (duplicates (&house), 2);
    take_stamped (&house, 1, 6, 1, 0, NOW_MS);
    assert_int_equal (next_of (&house), 7);
    assert_int_equal (zc_producers_delivery (house.producers)->lost, 3);
    msgpack_sbuffer_destroy (&frame);
    house_end (&house);
}

static void test_intake_a_frame_over_the_limit_uses_up_a_number (void **state)
{
    (void) state;
    house_t house = house_new ();
    house.limits.frame_bytes_max = 1024;
    take_stamped (&house, 1, 1, 60, 0, NOW_MS);
    take_stamped (&house, 1, 1, 60, 0, NOW_MS);
    assert_counts (&house, 0, 1);
    assert_int_equal (zc_rejects_count (house.rejects, ZC_TOO_LARGE), 1);
    assert_int_equal (duplicates (&house), 1);
    take_stamped (&house, 1, 61, 1, 0, NOW_MS);
    assert_int_equal (next_of (&house), 62);
    house_end (&house);
}

/* How events are framed and batched makes no difference to any sum. */
static void test_intake_any_framing_gives_the_same_sums (void **state)
{
    (void) state;
    enum { EVENTS = 240 };
    bytes_t events [EVENTS] = {{0}};
    zc_totals_t first = {0};
    for (int i = 0; i < EVENTS; i++)
        if (i % 3)
            pack_query (&events [i], i % 2 ? "simple" : "purple", i / 1024.0);
        else
            MAP (&events [i], {"type", STR ("llm_call")}, {"model", STR ("gpt-4o-mini")},
                 {"input_tokens", INT (i * 7)});
    for (size_t batch = 1; batch <= 48; batch++)
        for (int as_array = 0; as_array < 2; as_array++) {
            house_t house = house_new ();
            for (size_t begin = 0; begin < EVENTS; begin += batch) {
                bytes_t frame = {0};
                size_t end = begin + batch < EVENTS ? begin + batch : EVENTS;
                if (as_array)
                    ARRAY (&frame, end - begin);
                for (size_t i = begin; i < end; i++)
                    pack_raw (&frame, events [i].data, events [i].size);
                take (&house, frame.data, frame.size);
                msgpack_sbuffer_destroy (&frame);
            }
            assert_counts (&house, EVENTS, 0);
            zc_totals_t totals = totals_of (&house.fixture);
            if (batch == 1 && !as_array)
                first = totals;
            assert_memory_equal (&totals, &first, sizeof totals);
            house_end (&house);
        }
    for (int i = 0; i < EVENTS; i++)
        msgpack_sbuffer_destroy (&events [i]);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_intake_folds_the_good_and_keeps_the_bad),
        cmocka_unit_test (test_intake_an_empty_frame_is_nothing),
        cmocka_unit_test (test_intake_bounds_frames_and_batches),
        cmocka_unit_test (test_intake_rejects_an_overflow_by_itself),
        cmocka_unit_test (test_intake_takes_stamped_frames),
        cmocka_unit_test (test_intake_folds_each_number_once),
        cmocka_unit_test (test_intake_refuses_a_frame_of_seen_and_unseen_numbers),
        cmocka_unit_test (test_intake_refuses_a_fenced_epoch),
        cmocka_unit_test (test_intake_expires_a_silent_producer),
        cmocka_unit_test (test_intake_a_replay_expires_as_the_live_path_did),
        cmocka_unit_test (test_intake_rejects_use_up_their_numbers),
        cmocka_unit_test (test_intake_a_broken_frame_holds_nothing_up),
        cmocka_unit_test (test_intake_a_frame_over_the_limit_uses_up_a_number),
        cmocka_unit_test (test_intake_any_framing_gives_the_same_sums),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
