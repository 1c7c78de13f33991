/* SPDX-License-Identifier: MPL-2.0
 *
 * test_decode.c - what decode.h promises of frames: what is found in one, and where it ends.
 * What is promised of the keys of an event is in test_decode_event.c.
 */
#include "wire/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "journal_replayed.h"
#include "seed.h"

#define EVENT "\x81\xa4type\xa8llm_call"
#define EVENT_SIZE (sizeof EVENT - 1)
#define PRODUCER ((const uint8_t *) "0123456789abcdef")

static void test_decode_tells_events_apart_in_every_framing (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        size_t events, rejects;
    } table [] = {
        {BYTES (""), 0, 0},
        {BYTES (EVENT), 1, 0},
        {BYTES (EVENT EVENT EVENT), 3, 0},
        {BYTES ("\x90"), 0, 0},
        {BYTES ("\x90\x90"), 0, 0},
        {BYTES ("\x91" EVENT), 1, 0},
        {BYTES ("\x92" EVENT EVENT), 2, 0},
        {BYTES (EVENT "\x92" EVENT EVENT EVENT "\x91" EVENT "\x90" EVENT), 6, 0},
        {BYTES ("\xdc\x00\x02" EVENT EVENT), 2, 0},
        {BYTES ("\xdd\x00\x00\x00\x02" EVENT EVENT EVENT), 3, 0},
        {BYTES ("\xde\x00\x01\xa4type\xa8llm_call"), 1, 0},
        {BYTES ("\xdf\x00\x00\x00\x01\xd9\x04type\xda\x00\x08llm_call"), 1, 0},
        /* What is bad is one reject; what is good beside it is taken. */
        {BYTES (EVENT "\x01" EVENT), 2, 1},
        {BYTES ("\x93" EVENT "\xc0" EVENT), 2, 1},
        {BYTES ("\x93" EVENT "\x80" EVENT EVENT), 3, 1},
        {BYTES ("\x92\x92" EVENT EVENT EVENT), 1, 1}, /* an array in an array is no event */
        {BYTES (EVENT "\xa3"
                      "abc"
                      "\xc4\x01z"
                      "\x90" EVENT),
         2, 2},
        {BYTES (EVENT "\xc1" EVENT), 1, 1},
        {BYTES (EVENT "\xc1\xc1\xc1"), 1, 1},
        {BYTES ("\x93" EVENT "\xc1" EVENT EVENT), 1, 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        walk_t seen = walk (table [i].bytes, table [i].size);
        if (seen.events != table [i].events || seen.rejects != table [i].rejects)
            fail_msg ("row %zu: %zu events, %zu rejects", i, seen.events, seen.rejects);
        walk_end (&seen);
    }
}

/* Each reason that a frame's shape can give, with the rejected bytes. */
static void test_decode_says_why_and_shows_the_bytes (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        zc_reason_t reason;
        zc_why_t why;
        size_t begin, length; /* of the rejected bytes */
    } table [] = {
        {BYTES ("\xc1"), ZC_MALFORMED, ZC_WHY_TRUNCATED, 0, 1},
        {BYTES ("\xc1" EVENT), ZC_MALFORMED, ZC_WHY_TRUNCATED, 0, 1 + EVENT_SIZE},
        {BYTES (EVENT "\xa4ty"), ZC_MALFORMED, ZC_WHY_TRUNCATED, EVENT_SIZE, 3},
        {BYTES ("\x81"), ZC_MALFORMED, ZC_WHY_TRUNCATED, 0, 1},
        {BYTES ("\x91"), ZC_MALFORMED, ZC_WHY_TRUNCATED, 0, 1},
        {BYTES ("\x92" EVENT), ZC_MALFORMED, ZC_WHY_TRUNCATED, 0, 1 + EVENT_SIZE},
        {BYTES ("\x92" EVENT "\x81\xa4type"), ZC_MALFORMED, ZC_WHY_TRUNCATED, 1 + EVENT_SIZE, 6},
        {BYTES (EVENT "\x01"), ZC_NOT_A_MAP, ZC_WHY_NO_MAP, EVENT_SIZE, 1},
        {BYTES ("\xc0"), ZC_NOT_A_MAP, ZC_WHY_NO_MAP, 0, 1},
        {BYTES ("\xc3"), ZC_NOT_A_MAP, ZC_WHY_NO_MAP, 0, 1},
        {BYTES ("\xa2hi"), ZC_NOT_A_MAP, ZC_WHY_NO_MAP, 0, 3},
        {BYTES ("\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"), ZC_NOT_A_MAP, ZC_WHY_NO_MAP, 0, 9},
        {BYTES ("\x91\x92" EVENT EVENT), ZC_NOT_A_MAP, ZC_WHY_NO_MAP, 1, 1 + 2 * EVENT_SIZE},
        {BYTES ("\x80"), ZC_MISSING_TYPE, ZC_WHY_NO_TYPE, 0, 1},
        {BYTES ("\x81\xa1"
                "a\x01"),
         ZC_MISSING_TYPE, ZC_WHY_NO_TYPE, 0, 4},
        {BYTES ("\x81\xa4type\xa3"
                "abc"),
         ZC_UNKNOWN_TYPE, ZC_WHY_NOT_A_TYPE, 0, 10},
        {BYTES (EVENT "\x81\xa4type\x01"), ZC_BAD_FIELD, ZC_WHY_WRONG_KIND, EVENT_SIZE, 7},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        walk_t seen = walk (table [i].bytes, table [i].size);
        if (seen.rejects != 1)
            fail_msg ("row %zu: %zu rejects", i, seen.rejects);
        const zc_reject_t *reject = &seen.reject [0];
        if (reject->reason != table [i].reason || reject->why != table [i].why)
            fail_msg ("row %zu: %s: %s", i, zc_event_reason_name (reject->reason), zc_event_why_text (reject->why));
        assert_int_equal (reject->head - seen.bytes, table [i].begin);
        assert_int_equal (reject->size, table [i].length);
        walk_end (&seen);
    }
}

/* An array over the limit is one reject, however many events it holds; the walk goes on behind. */
static void test_decode_refuses_a_batch_over_the_limit_whole (void **state)
{
    (void) state;
    for (size_t count = 9; count <= 20; count++) {
        bytes_t frame = {0};
        ARRAY (&frame, count);
        for (size_t i = 0; i < count; i++)
            pack_raw (&frame, BYTES (EVENT));
        size_t size = frame.size;
        pack_raw (&frame, BYTES (EVENT));
        walk_t seen = walk_limited (frame.data, frame.size, 10);
        assert_int_equal (seen.events, count <= 10 ? count + 1 : 1);
        assert_int_equal (seen.rejects, count > 10);
        if (count > 10) {
            assert_int_equal (seen.reject [0].reason, ZC_TOO_LARGE);
            assert_int_equal (seen.reject [0].why, ZC_WHY_BATCH_LIMIT);
            assert_int_equal (seen.reject [0].size, size);
        }
        walk_end (&seen);
        msgpack_sbuffer_destroy (&frame);
    }
}

/* A header that promises more than the bytes hold buys no larger batch. */
static void test_decode_bounds_a_batch_whose_header_lies (void **state)
{
    (void) state;
    for (size_t count = 9; count <= 20; count++) {
        bytes_t frame = {0};
        pack_raw (&frame, "\xdd\xff\xff\xff\xff", 5);
        for (size_t i = 0; i < count; i++)
            pack_raw (&frame, BYTES (EVENT));
        walk_t seen = walk_limited (frame.data, frame.size, 10);
        assert_int_equal (seen.events, count < 10 ? count : 10);
        assert_int_equal (seen.rejects, 1);
        assert_int_equal (seen.reject [0].reason, count > 10 ? ZC_TOO_LARGE : ZC_MALFORMED);
        walk_end (&seen);
        msgpack_sbuffer_destroy (&frame);
    }
}

/* The depth of an event counts from the event, in a batch over the limit too. */
static void test_decode_a_batch_over_the_limit_may_hold_the_deepest_events (void **state)
{
    (void) state;
    bytes_t frame = {0};
    ARRAY (&frame, 2);
    for (int i = 0; i < 2; i++)
        MAP (&frame, {"type", STR ("llm_call")}, {"x", RAW ("\x91\x91\x91\x91\x91\x91\x90")});
    walk_t seen = walk_limited (frame.data, frame.size, 1);
    assert_int_equal (seen.rejects, 1);
    assert_int_equal (seen.reject [0].reason, ZC_TOO_LARGE);
    walk_end (&seen);
    msgpack_sbuffer_destroy (&frame);
}

/* Five bytes may ask for gigabytes: they get one reject. */
static void test_decode_believes_no_promise (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        size_t events;
    } table [] = {
        {BYTES ("\xdd\xff\xff\xff\xff"), 0},
        {BYTES ("\xdf\xff\xff\xff\xff"), 0},
        {BYTES ("\xdb\xff\xff\xff\xff"), 0},
        {BYTES ("\xc6\xff\xff\xff\xff"), 0},
        {BYTES ("\xc9\xff\xff\xff\xff\x01"), 0},
        {BYTES ("\xdd\xff\xff\xff\xff" EVENT EVENT), 2},
        {BYTES ("\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff"), 0},
        {BYTES ("\xdf\xff\xff\xff\xff\xa4type\xa8llm_call"), 0},
        {BYTES ("\x81\xa4tags\xdf\xff\xff\xff\xff"), 0},
        {BYTES ("\x81\xa1x\xdd\xff\xff\xff\xff"), 0},
        {BYTES ("\x81\xdf\xff\xff\xff\xff\x01"), 0},
        {BYTES (EVENT "\xdf\x80\x00\x00\x00\x01\x02"), 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        walk_t seen = walk (table [i].bytes, table [i].size);
        assert_int_equal (seen.events, table [i].events);
        assert_int_equal (seen.rejects, 1);
        assert_int_equal (seen.reject [0].reason, ZC_MALFORMED);
        walk_end (&seen);
    }
}

/* An object that is no event, `depth` arrays within each other: 8 are allowed. */
static void test_decode_limits_the_depth_of_what_is_no_event (void **state)
{
    (void) state;
    for (size_t depth = 1; depth <= 30; depth++) {
        bytes_t frame = {0};
        pack_raw (&frame, BYTES ("\x92"));
        for (size_t i = 1; i < depth; i++)
            pack_raw (&frame, BYTES ("\x91"));
        pack_raw (&frame, BYTES ("\x90" EVENT));
        walk_t seen = walk (frame.data, frame.size);
        assert_int_equal (seen.events, 1);
        assert_int_equal (seen.rejects, 1);
        assert_int_equal (seen.reject [0].reason, depth <= 8 ? ZC_NOT_A_MAP : ZC_MALFORMED);
        assert_int_equal (seen.reject [0].why, depth <= 8 ? ZC_WHY_NO_MAP : ZC_WHY_TOO_DEEP);
        walk_end (&seen);
        msgpack_sbuffer_destroy (&frame);
    }
}

/* ----------------------------------------------------------------------- stamp */

static void test_decode_reads_a_stamp (void **state)
{
    (void) state;
    bytes_t frame = {0};
    pack_stamp (&frame, PRODUCER, 0x01020304, UINT64_C (0x1112131415161718), UINT64_C (0xfffefdfcfbfaf9f8));
    pack_raw (&frame, BYTES (EVENT EVENT));
    walk_t seen = walk (frame.data, frame.size);
    assert_true (seen.frame.stamped);
    assert_memory_equal (seen.frame.stamp.producer, PRODUCER, 16);
    assert_int_equal (seen.frame.stamp.epoch, 0x01020304);
    assert_true (seen.frame.stamp.seq == UINT64_C (0x1112131415161718));
    assert_true (seen.frame.stamp.dropped == UINT64_C (0xfffefdfcfbfaf9f8));
    assert_int_equal (seen.events, 2);
    assert_int_equal (seen.rejects, 0);
    walk_end (&seen);
    seen = walk (frame.data, frame.size - 2 * EVENT_SIZE); /* a stamp alone */
    assert_true (seen.frame.stamped);
    assert_int_equal (seen.events + seen.rejects, 0);
    walk_end (&seen);
    msgpack_sbuffer_destroy (&frame);
}

/* A stamp elsewhere than at the head, or of another size or type, is an object that is no map. */
static void test_decode_takes_only_a_stamp_at_the_head (void **state)
{
    (void) state;
    enum { STAMP_SIZE = 39 };
    bytes_t frame = {0};
    pack_stamp (&frame, PRODUCER, 1, 1, 0);
    assert_int_equal (frame.size, STAMP_SIZE);
    pack_stamp (&frame, PRODUCER, 1, 2, 0);
    pack_raw (&frame, BYTES (EVENT));
    walk_t twice = walk (frame.data, frame.size);
    assert_true (twice.frame.stamped);
    assert_int_equal (twice.frame.stamp.seq, 1);
    assert_int_equal (twice.events, 1);
    assert_int_equal (twice.rejects, 1);
    assert_int_equal (twice.reject [0].reason, ZC_NOT_A_MAP);
    walk_end (&twice);

    static const value_t others [] = {
        EXT (2, "0123456789abcdef0123456789abcdef0123"),
        EXT (-1, "0123456789abcdef0123456789abcdef0123"),
        EXT (1, "0123456789abcdef0123456789abcdef012"),
        EXT (1, "0123456789abcdef0123456789abcdef01234"),
        EXT (1, ""),
        BIN ("0123456789abcdef0123456789abcdef0123"),
    };
    for (size_t i = 0; i < COUNT (others); i++) {
        msgpack_sbuffer_clear (&frame);
        pack_value (&frame, &others [i]);
        pack_raw (&frame, BYTES (EVENT));
        walk_t seen = walk (frame.data, frame.size);
        assert_false (seen.frame.stamped);
        assert_int_equal (seen.events, 1);
        assert_int_equal (seen.rejects, 1);
        assert_int_equal (seen.reject [0].reason, ZC_NOT_A_MAP);
        walk_end (&seen);
    }
    msgpack_sbuffer_destroy (&frame);
}

/* ------------------------------------------------------------------ broken bytes */

/* A frame of every type and framing; ends [i] is where its i-th event ends. */
static void pack_every_kind (bytes_t *frame, size_t ends [7])
{
    size_t n = 0;
    MAP (frame, {"type", STR ("query_router")}, {"tier", STR ("simple")}, {"cost", FLOAT (0.0125)},
         {"tags", RAW ("\x82\xa4team\xa1"
                       "a\xa1r\xa2"
                       "eu")},
         {"ts", INT (NOW_MS)});
    ends [n++] = frame->size;
    ARRAY (frame, 3);
    MAP (frame, {"type", STR ("embedding_cache")}, {"hit", BOOL (true)}, {"x", RAW ("\x92\x90\x81\x01\xc0")});
    ends [n++] = frame->size;
    MAP (frame, {"service", STR ("search")}, {"type", STR ("rag_parallel")}, {"time_saved_seconds", FLOAT (-1.5)});
    ends [n++] = frame->size;
    MAP (frame, {"type", STR ("embedding_cache")}, {"hits", INT (5)}, {"misses", INT (300)});
    ends [n++] = frame->size;
    MAP (frame, {"type", STR ("llm_call")}, {"model", STR ("gpt-4o")}, {"provider", STR ("openai")},
         {"input_tokens", INT (70000)}, {"cache_read_tokens", INT (1)}, {"cache_write_tokens", INT (2)},
         {"output_tokens", INT (5)}, {"reasoning_tokens", INT (4)}, {"latency_ms", FLOAT (12.5)},
         {"ts", EXT (-1, "\x69\x55\xb9\x00")});
    ends [n++] = frame->size;
    ARRAY (frame, 1);
    MAP (frame, {"type", STR ("llm_call")}, {"cost", INT (3)});
    ends [n++] = frame->size;
    MAP (frame, {"type", STR ("rag_parallel")}, {"unknown", BIN ("\x01\x02\x03")}, {"ts", FLOAT (1767225600.25)});
    ends [n++] = frame->size;
}

/* Whether the frame's own objects end here: events 1 to 3 stand in one array. */
static bool is_between_objects (size_t size, const size_t ends [7])
{
    if (size == 0 || size == ends [0])
        return true;
    return size == ends [3] || size == ends [4] || size == ends [5] || size == ends [6];
}

/* Cut anywhere: what ended before the cut is delivered, what the cut broke is one `malformed`. */
static void test_decode_a_frame_cut_anywhere (void **state)
{
    (void) state;
    bytes_t frame = {0};
    size_t ends [7];
    pack_every_kind (&frame, ends);
    for (size_t size = 0; size <= frame.size; size++) {
        size_t before = 0;
        while (before < COUNT (ends) && ends [before] <= size)
            before++;
        bool clean = is_between_objects (size, ends);
        walk_t seen = walk (frame.data, size);
        if (seen.events != before || seen.rejects != !clean)
            fail_msg ("cut at %zu: %zu events, %zu rejects", size, seen.events, seen.rejects);
        if (!clean) {
            assert_int_equal (seen.reject [0].reason, ZC_MALFORMED);
            assert_int_equal (seen.reject [0].why, ZC_WHY_TRUNCATED);
            assert_ptr_equal (seen.reject [0].head + seen.reject [0].size, seen.bytes + size);
        }
        walk_end (&seen);
    }
    msgpack_sbuffer_destroy (&frame);
}

/* Any one byte changed to any other: the walk ends, in bounds (walk.h looks), and never takes
 * more events than there are bytes. The event that ends before the change is what it was. */
static void test_decode_survives_every_change_of_one_byte (void **state)
{
    (void) state;
    bytes_t frame = {0};
    size_t ends [7];
    pack_stamp (&frame, PRODUCER, 1, 1, 0);
    pack_every_kind (&frame, ends);
    for (size_t place = 0; place < frame.size; place++) {
        char was = frame.data [place];
        size_t before = ends [0] <= place; /* from the array on, its header rules over what follows */
        for (int byte = 0; byte < 256; byte++) {
            frame.data [place] = (char) byte;
            walk_t seen = walk (frame.data, frame.size);
            assert_true (seen.events >= before);
            if (before)
                assert_int_equal (seen.event [0].cost_nanousd, 12500000);
            walk_end (&seen);
        }
        frame.data [place] = was;
    }
    msgpack_sbuffer_destroy (&frame);
}

static void test_decode_survives_noise (void **state)
{
    (void) state;
    for (int i = 0; i < 20000; i++) {
        uint8_t noise [96];
        for (size_t n = 0; n < sizeof noise; n++)
            noise [n] = (uint8_t) random_64 ();
        walk_t seen = walk (noise, (size_t) i % sizeof noise);
        walk_end (&seen);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_decode_tells_events_apart_in_every_framing),
        cmocka_unit_test (test_decode_says_why_and_shows_the_bytes),
        cmocka_unit_test (test_decode_refuses_a_batch_over_the_limit_whole),
        cmocka_unit_test (test_decode_bounds_a_batch_whose_header_lies),
        cmocka_unit_test (test_decode_a_batch_over_the_limit_may_hold_the_deepest_events),
        cmocka_unit_test (test_decode_believes_no_promise),
        cmocka_unit_test (test_decode_limits_the_depth_of_what_is_no_event),
        cmocka_unit_test (test_decode_reads_a_stamp),
        cmocka_unit_test (test_decode_takes_only_a_stamp_at_the_head),
        cmocka_unit_test (test_decode_a_frame_cut_anywhere),
        cmocka_unit_test (test_decode_survives_every_change_of_one_byte),
        cmocka_unit_test (test_decode_survives_noise),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
