/* SPDX-License-Identifier: MPL-2.0
 *
 * test_intake.c - what intake.h promises: of a frame, what is good is folded, what is bad is rejected.
 */
#include "core/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "pack.h"

#define NOW_MS 1767225600000

typedef struct {
    books_t books;
    zc_rejects_t *rejects;
    zc_limits_t limits;
} house_t;

static house_t house_new (void)
{
    house_t house = {books_new (), zc_rejects_new (100), {.frame_bytes_max = 10000, .batch_events_max = 50}};
    assert_non_null (house.rejects);
    return house;
}

static void house_end (house_t *house)
{
    books_end (&house->books);
    zc_rejects_destroy (&house->rejects);
}

/* The frame's bytes are gone when the call returns, so that nothing may be kept of them. */
static void take (house_t *house, const void *bytes, size_t size)
{
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    zc_intake_frame (house->books.ledger, house->rejects, &house->limits, copy, size, NOW_MS);
    memset (copy, 0xff, size);
    free (copy);
}

static void assert_counts (const house_t *house, uint64_t accepted, uint64_t rejected)
{
    assert_int_equal (zc_ledger_accepted (house->books.ledger), accepted);
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
    zc_totals_t totals = totals_of (&house.books);
    assert_int_equal (totals.tiers [0].cost_nanousd, 250000000);
    assert_int_equal (totals.calls_cost_nanousd, 1000000);
    assert_int_equal (unpriced_of (&house.books, "nobody's"), 1);
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
    assert_int_equal (totals_of (&house.books).calls_cost_nanousd, 3000000000);
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
            zc_totals_t totals = totals_of (&house.books);
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
        cmocka_unit_test (test_intake_any_framing_gives_the_same_sums),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
