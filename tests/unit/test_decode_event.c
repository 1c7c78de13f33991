/* SPDX-License-Identifier: MPL-2.0
 *
 * test_decode_event.c - what the contract promises of the keys of an event: kinds, limits, reasons.
 */
#include "wire/decode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "journal_replayed.h"

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define STR_128 STR_OF (FIFTY FIFTY TEN TEN "01234567")
#define STR_129 STR_OF (FIFTY FIFTY TEN TEN "012345678")
#define YEAR_2000_MS 946684800000
#define DAY_MS 86400000

static const char *const type_names [] = {"query_router", "embedding_cache", "rag_parallel", "llm_call"};

/* Walks over one event of a type with one more key. */
static walk_t walk_key (const char *type, const char *key, value_t value)
{
    bytes_t frame = {0};
    MAP (&frame, {"type", STR (type)}, {key, value});
    walk_t seen = walk (frame.data, frame.size);
    msgpack_sbuffer_destroy (&frame);
    assert_int_equal (seen.events + seen.rejects, 1);
    return seen;
}

/* The event is taken; returns it. Its strings are gone. */
static zc_event_t taken (const char *type, const char *key, value_t value)
{
    walk_t seen = walk_key (type, key, value);
    if (seen.events != 1)
        fail_msg ("%s: %s: %s", type, zc_event_key_name (seen.reject [0].key), zc_event_why_text (seen.reject [0].why));
    zc_event_t event = seen.event [0];
    walk_end (&seen);
    return event;
}

static void assert_refused (const char *type, zc_key_t key, value_t value, zc_why_t why)
{
    walk_t seen = walk_key (type, zc_event_key_name ((int) key), value);
    if (seen.rejects != 1)
        fail_msg ("%s: %s was taken, though %s", type, zc_event_key_name ((int) key), zc_event_why_text (why));
    assert_int_equal (seen.reject [0].reason, ZC_BAD_FIELD);
    assert_int_equal (seen.reject [0].key, key);
    if (seen.reject [0].why != why)
        fail_msg ("%s: not \"%s\" but \"%s\"", zc_event_key_name ((int) key), zc_event_why_text (why),
                  zc_event_why_text (seen.reject [0].why));
    walk_end (&seen);
}

/* ----------------------------------------------------------------------- whole */

static void test_decode_event_takes_every_key (void **state)
{
    (void) state;
    bytes_t frame = {0};
    MAP (&frame, {"type", STR ("query_router")}, {"service", STR ("search")}, {"ts", INT (NOW_MS - 1)},
         {"tags", RAW ("\x81\xa4team\xa1"
                       "a")},
         {"tier", STR ("simple")}, {"cost", FLOAT (0.0125)}, {"model", STR ("gpt-4o")}, {"provider", STR ("openai")},
         {"input_tokens", INT (1000)}, {"cache_read_tokens", INT (600)}, {"cache_write_tokens", INT (400)},
         {"output_tokens", INT (50)}, {"reasoning_tokens", INT (50)}, {"latency_ms", FLOAT (12.3456)});
    walk_t seen = walk (frame.data, frame.size);
    assert_int_equal (seen.events, 1);
    const zc_event_t *event = &seen.event [0];
    assert_int_equal (event->has, ZC_BIT (ZC_KEY_HIT) - 1);
    assert_int_equal (event->type, ZCOST_QUERY_ROUTER);
    assert_true (str_is (event->service, "search"));
    assert_true (str_is (event->tags,
                         "\x81\xa4team\xa1"
                         "a"));
    assert_true (str_is (event->tier, "simple"));
    assert_true (str_is (event->model, "gpt-4o"));
    assert_true (str_is (event->provider, "openai"));
    assert_int_equal (event->ts_ms, NOW_MS - 1);
    assert_int_equal (event->cost_nanousd, 12500000);
    assert_int_equal (event->input_tokens, 1000);
    assert_int_equal (event->cache_read_tokens, 600);
    assert_int_equal (event->cache_write_tokens, 400);
    assert_int_equal (event->output_tokens, 50);
    assert_int_equal (event->reasoning_tokens, 50);
    assert_int_equal (event->latency_us, 12346);
    walk_end (&seen);
    msgpack_sbuffer_destroy (&frame);
}

static void test_decode_event_absent_is_not_there (void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT (type_names); i++) {
        zc_event_t event = taken (type_names [i], "unknown", (value_t) NIL);
        assert_string_equal (zc_event_type_name (event.type), type_names [i]);
        assert_int_equal (event.has, ZC_BIT (ZC_KEY_TYPE));
        assert_int_equal (event.ts_ms, NOW_MS);
        assert_true (!event.service.size && !event.tier.size && !event.model.size && !event.provider.size);
        assert_int_equal (event.cost_nanousd | event.input_tokens | event.output_tokens | event.latency_us, 0);
        assert_int_equal (event.hits, 0);
        assert_int_equal (event.misses, event.type == ZCOST_EMBEDDING_CACHE); /* no `hit` is a miss */
    }
}

/* ---------------------------------------------------------------------- values */

static void test_decode_event_strings (void **state)
{
    (void) state;
    static const zc_key_t keys [] = {ZC_KEY_SERVICE, ZC_KEY_TIER, ZC_KEY_MODEL, ZC_KEY_PROVIDER};
    static const struct {
        value_t value;
        zc_why_t why;
    } table [] = {
        {STR_OF (""), ZC_WHY_NONE},
        {STR_OF ("Z\xc3\xbcrich"), ZC_WHY_NONE},
        {STR_OF ("a\0b"), ZC_WHY_NONE},
        {STR_128, ZC_WHY_NONE},
        {STR_129, ZC_WHY_TOO_LONG},
        {STR_OF ("caf\xe9"), ZC_WHY_NOT_UTF8},
        {STR_OF ("\xed\xa0\x80"), ZC_WHY_NOT_UTF8},
        {NIL, ZC_WHY_WRONG_KIND},
        {BOOL (false), ZC_WHY_WRONG_KIND},
        {INT (1), ZC_WHY_WRONG_KIND},
        {FLOAT (1), ZC_WHY_WRONG_KIND},
        {BIN ("abc"), ZC_WHY_WRONG_KIND},
        {EXT (5, "abc"), ZC_WHY_WRONG_KIND},
        {RAW ("\x91\xa1"
              "a"),
         ZC_WHY_WRONG_KIND},
        {RAW ("\x80"), ZC_WHY_WRONG_KIND},
    };
    for (size_t k = 0; k < COUNT (keys); k++)
        for (size_t i = 0; i < COUNT (table); i++)
            if (table [i].why)
                assert_refused ("query_router", keys [k], table [i].value, table [i].why);
            else
                assert_true (taken ("query_router", zc_event_key_name (keys [k]), table [i].value).has &
                             ZC_BIT (keys [k]));
}

static int64_t count_of (const zc_event_t *event, zc_key_t key)
{
    switch (key) {
    case ZC_KEY_INPUT_TOKENS:
        return event->input_tokens;
    case ZC_KEY_CACHE_READ_TOKENS:
        return event->cache_read_tokens;
    case ZC_KEY_CACHE_WRITE_TOKENS:
        return event->cache_write_tokens;
    case ZC_KEY_OUTPUT_TOKENS:
        return event->output_tokens;
    case ZC_KEY_REASONING_TOKENS:
        return event->reasoning_tokens;
    case ZC_KEY_HITS:
        return event->hits;
    default:
        return event->misses;
    }
}

static void test_decode_event_counts (void **state)
{
    (void) state;
    static const zc_key_t keys [] = {ZC_KEY_INPUT_TOKENS,  ZC_KEY_CACHE_READ_TOKENS, ZC_KEY_CACHE_WRITE_TOKENS,
                                     ZC_KEY_OUTPUT_TOKENS, ZC_KEY_REASONING_TOKENS,  ZC_KEY_HITS,
                                     ZC_KEY_MISSES};
    static const struct {
        value_t value;
        zc_why_t why;
        int64_t count;
    } table [] = {
        {INT (0), ZC_WHY_NONE, 0},
        {INT (127), ZC_WHY_NONE, 127},
        {INT (128), ZC_WHY_NONE, 128},
        {INT (65536), ZC_WHY_NONE, 65536},
        {INT (ZCOST_COUNT_MAX), ZC_WHY_NONE, ZCOST_COUNT_MAX},
        {RAW ("\xd3\x00\x00\x00\x00\x00\x00\x00\x05"), ZC_WHY_NONE, 5},
        {INT (ZCOST_COUNT_MAX + 1), ZC_WHY_OVER_LIMIT, 0},
        {INT (INT64_MAX), ZC_WHY_OVER_LIMIT, 0},
        {UINT (UINT64_MAX), ZC_WHY_OVER_LIMIT, 0},
        {INT (-1), ZC_WHY_NEGATIVE, 0},
        {INT (INT64_MIN), ZC_WHY_NEGATIVE, 0},
        {FLOAT (5), ZC_WHY_WRONG_KIND, 0},
        {NIL, ZC_WHY_WRONG_KIND, 0},
        {BOOL (true), ZC_WHY_WRONG_KIND, 0},
        {STR_OF ("5"), ZC_WHY_WRONG_KIND, 0},
        {RAW ("\x91\x05"), ZC_WHY_WRONG_KIND, 0},
    };
    for (size_t k = 0; k < COUNT (keys); k++)
        for (size_t i = 0; i < COUNT (table); i++) {
            if (table [i].why) {
                assert_refused ("embedding_cache", keys [k], table [i].value, table [i].why);
                continue;
            }
            zc_event_t event = taken ("embedding_cache", zc_event_key_name (keys [k]), table [i].value);
            assert_int_equal (count_of (&event, keys [k]), table [i].count);
        }
}

static int64_t kept_of (const zc_event_t *event, zc_key_t key)
{
    switch (key) {
    case ZC_KEY_COST:
        return event->cost_nanousd;
    case ZC_KEY_LATENCY_MS:
        return event->latency_us;
    default:
        return event->time_saved_ns;
    }
}

/* Numbers that have a range, in the unit that they are kept in. */
static void test_decode_event_numbers (void **state)
{
    (void) state;
    const value_t one_over_a_million = FLOAT (nextafter (1e6, 2e6)), one_over_a_billion = FLOAT (nextafter (1e9, 2e9));
    const struct {
        zc_key_t key;
        value_t value;
        zc_why_t why;
        int64_t kept;
    } table [] = {
        {ZC_KEY_COST, INT (0), ZC_WHY_NONE, 0},
        {ZC_KEY_COST, INT (3), ZC_WHY_NONE, 3000000000},
        {ZC_KEY_COST, FLOAT (0), ZC_WHY_NONE, 0},
        {ZC_KEY_COST, FLOAT (-0.0), ZC_WHY_NONE, 0},
        {ZC_KEY_COST, FLOAT (0.1), ZC_WHY_NONE, 100000000},
        {ZC_KEY_COST, FLOAT (3 / 1024.0), ZC_WHY_NONE, 2929688}, /* half to even */
        {ZC_KEY_COST, FLOAT (5 / 1024.0), ZC_WHY_NONE, 4882812},
        {ZC_KEY_COST, FLOAT (640865.5332280855), ZC_WHY_NONE, 640865533228085},
        {ZC_KEY_COST, RAW ("\xca\x3f\x00\x00\x00"), ZC_WHY_NONE, 500000000},
        {ZC_KEY_COST, INT (1000000), ZC_WHY_NONE, 1000000000000000},
        {ZC_KEY_COST, FLOAT (1e6), ZC_WHY_NONE, 1000000000000000},
        {ZC_KEY_COST, one_over_a_million, ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_COST, INT (1000001), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_COST, UINT (UINT64_MAX), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_COST, FLOAT (1e300), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_COST, INT (-1), ZC_WHY_NEGATIVE, 0},
        {ZC_KEY_COST, INT (INT64_MIN), ZC_WHY_NEGATIVE, 0},
        {ZC_KEY_COST, FLOAT (-5e-324), ZC_WHY_NEGATIVE, 0},
        {ZC_KEY_COST, FLOAT (NAN), ZC_WHY_NOT_FINITE, 0},
        {ZC_KEY_COST, FLOAT (INFINITY), ZC_WHY_NOT_FINITE, 0},
        {ZC_KEY_COST, STR_OF ("0.1"), ZC_WHY_WRONG_KIND, 0},
        {ZC_KEY_COST, NIL, ZC_WHY_WRONG_KIND, 0},
        {ZC_KEY_COST, BOOL (true), ZC_WHY_WRONG_KIND, 0},
        {ZC_KEY_COST, RAW ("\x80"), ZC_WHY_WRONG_KIND, 0},
        {ZC_KEY_LATENCY_MS, INT (0), ZC_WHY_NONE, 0},
        {ZC_KEY_LATENCY_MS, INT (1500), ZC_WHY_NONE, 1500000},
        {ZC_KEY_LATENCY_MS, FLOAT (0.25), ZC_WHY_NONE, 250},
        {ZC_KEY_LATENCY_MS, INT (1000000000), ZC_WHY_NONE, 1000000000000},
        {ZC_KEY_LATENCY_MS, FLOAT (1e9), ZC_WHY_NONE, 1000000000000},
        {ZC_KEY_LATENCY_MS, INT (1000000001), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_LATENCY_MS, one_over_a_billion, ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_LATENCY_MS, FLOAT (-0.5), ZC_WHY_NEGATIVE, 0},
        {ZC_KEY_LATENCY_MS, INT (-1), ZC_WHY_NEGATIVE, 0},
        {ZC_KEY_LATENCY_MS, FLOAT (NAN), ZC_WHY_NOT_FINITE, 0},
        {ZC_KEY_LATENCY_MS, STR_OF ("1"), ZC_WHY_WRONG_KIND, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, INT (0), ZC_WHY_NONE, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, FLOAT (2.5), ZC_WHY_NONE, 2500000000},
        {ZC_KEY_TIME_SAVED_SECONDS, FLOAT (-0.125), ZC_WHY_NONE, -125000000},
        {ZC_KEY_TIME_SAVED_SECONDS, INT (-7), ZC_WHY_NONE, -7000000000},
        {ZC_KEY_TIME_SAVED_SECONDS, INT (1000000), ZC_WHY_NONE, 1000000000000000},
        {ZC_KEY_TIME_SAVED_SECONDS, FLOAT (-1e6), ZC_WHY_NONE, -1000000000000000},
        {ZC_KEY_TIME_SAVED_SECONDS, INT (1000001), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, INT (-1000001), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, one_over_a_million, ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, INT (INT64_MIN), ZC_WHY_OVER_LIMIT, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, FLOAT (-INFINITY), ZC_WHY_NOT_FINITE, 0},
        {ZC_KEY_TIME_SAVED_SECONDS, NIL, ZC_WHY_WRONG_KIND, 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_key_t key = table [i].key;
        const char *type = key == ZC_KEY_TIME_SAVED_SECONDS ? "rag_parallel" : "llm_call";
        if (table [i].why) {
            assert_refused (type, key, table [i].value, table [i].why);
            continue;
        }
        zc_event_t event = taken (type, zc_event_key_name ((int) key), table [i].value);
        if (kept_of (&event, key) != table [i].kept)
            fail_msg ("row %zu: %lld", i, (long long) kept_of (&event, key));
    }
    /* Minus infinity is negative and not finite: which of both is told is not promised. */
    walk_t seen = walk_key ("llm_call", "cost", (value_t) FLOAT (-INFINITY));
    assert_int_equal (seen.reject [0].reason, ZC_BAD_FIELD);
    walk_end (&seen);
}

static void test_decode_event_times (void **state)
{
    (void) state;
    const struct {
        value_t value;
        zc_why_t why;
        int64_t ms;
    } table [] = {
        {INT (YEAR_2000_MS), ZC_WHY_NONE, YEAR_2000_MS},
        {INT (NOW_MS + DAY_MS), ZC_WHY_NONE, NOW_MS + DAY_MS},
        {INT (YEAR_2000_MS - 1), ZC_WHY_TOO_EARLY, 0},
        {INT (NOW_MS + DAY_MS + 1), ZC_WHY_TOO_LATE, 0},
        {INT (0), ZC_WHY_TOO_EARLY, 0},
        {INT (INT64_MIN), ZC_WHY_TOO_EARLY, 0},
        {INT (INT64_MAX), ZC_WHY_TOO_LATE, 0},
        {UINT (UINT64_MAX), ZC_WHY_TOO_LATE, 0},
        {INT (NOW_MS / 1000), ZC_WHY_TOO_EARLY, 0}, /* seconds as an integer are no milliseconds */
        {FLOAT (YEAR_2000_MS / 1000.0), ZC_WHY_NONE, YEAR_2000_MS},
        {FLOAT (1700000000.0625), ZC_WHY_NONE, 1700000000062}, /* half to even */
        {FLOAT (1700000000.1875), ZC_WHY_NONE, 1700000000188},
        {FLOAT ((NOW_MS + DAY_MS) / 1000.0), ZC_WHY_NONE, NOW_MS + DAY_MS},
        {FLOAT (YEAR_2000_MS / 1000.0 - 0.001), ZC_WHY_TOO_EARLY, 0},
        {FLOAT ((NOW_MS + DAY_MS) / 1000.0 + 0.001), ZC_WHY_TOO_LATE, 0},
        {FLOAT ((double) NOW_MS), ZC_WHY_TOO_LATE, 0}, /* milliseconds as a float are no seconds */
        {FLOAT (0), ZC_WHY_TOO_EARLY, 0},
        {FLOAT (-1e300), ZC_WHY_TOO_EARLY, 0},
        {FLOAT (1e300), ZC_WHY_TOO_LATE, 0},
        {FLOAT (NAN), ZC_WHY_NOT_FINITE, 0},
        {FLOAT (INFINITY), ZC_WHY_NOT_FINITE, 0},
        {FLOAT (-INFINITY), ZC_WHY_NOT_FINITE, 0},
        /* The timestamp extension: 32 bits of seconds; 30 of ns and 34; 32 and 64. */
        {EXT (-1, "\x38\x6d\x43\x80"), ZC_WHY_NONE, YEAR_2000_MS},
        {EXT (-1, "\x38\x6d\x43\x7f"), ZC_WHY_TOO_EARLY, 0},
        {EXT (-1, "\xff\xff\xff\xff"), ZC_WHY_TOO_LATE, 0},
        {EXT (-1, "\x1d\xcd\x65\x00\x65\x53\xf1\x00"), ZC_WHY_NONE, 1700000000125},
        {EXT (-1, "\xee\x6b\x27\xfc\x65\x53\xf1\x00"), ZC_WHY_NONE, 1700000000999}, /* 999,999,999 ns */
        {EXT (-1, "\xee\x6b\x28\x00\x65\x53\xf1\x00"), ZC_WHY_OVER_LIMIT, 0},       /* 1,000,000,000 ns */
        {EXT (-1, "\x00\x00\x00\x03\xff\xff\xff\xff"), ZC_WHY_TOO_LATE, 0},
        {EXT (-1, "\x07\x73\x59\x40\x00\x00\x00\x00\x65\x53\xf1\x00"), ZC_WHY_NONE, 1700000000125},
        {EXT (-1, "\x3b\x9a\xca\x00\x00\x00\x00\x00\x65\x53\xf1\x00"), ZC_WHY_OVER_LIMIT, 0},
        {EXT (-1, "\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"), ZC_WHY_TOO_EARLY, 0},
        {EXT (-1, "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00"), ZC_WHY_TOO_LATE, 0},
        {EXT (-1, "\x65\x53\xf1"), ZC_WHY_WRONG_KIND, 0},
        {EXT (-1, ""), ZC_WHY_WRONG_KIND, 0},
        {EXT (1, "\x65\x53\xf1\x00"), ZC_WHY_WRONG_KIND, 0},
        {STR_OF ("2026-01-01T00:00:00Z"), ZC_WHY_WRONG_KIND, 0},
        {NIL, ZC_WHY_WRONG_KIND, 0},
        {BOOL (true), ZC_WHY_WRONG_KIND, 0},
        {RAW ("\x91\x01"), ZC_WHY_WRONG_KIND, 0},
    };
    for (size_t t = 0; t < COUNT (type_names); t++)
        for (size_t i = 0; i < COUNT (table); i++)
            if (table [i].why)
                assert_refused (type_names [t], ZC_KEY_TS, table [i].value, table [i].why);
            else {
                zc_event_t event = taken (type_names [t], "ts", table [i].value);
                if (event.ts_ms != table [i].ms)
                    fail_msg ("row %zu: %lld", i, (long long) event.ts_ms);
            }
    /* Beyond what 64 bits of milliseconds hold: which reason is not promised. */
    walk_t seen = walk_key ("llm_call", "ts", (value_t) EXT (-1, "\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"));
    assert_int_equal (seen.reject [0].reason, ZC_BAD_FIELD);
    walk_end (&seen);
}

static void test_decode_event_tags (void **state)
{
    (void) state;
    static const struct {
        value_t value;
        zc_why_t why;
    } table [] = {
        {RAW ("\x80"), ZC_WHY_NONE},
        {RAW ("\x81\xa0\xa0"), ZC_WHY_NONE},
        {RAW ("\x82\xa4team\xa1"
              "a\xa6region\xa2"
              "eu"),
         ZC_WHY_NONE},
        {RAW ("\xdf\x00\x00\x00\x01\xd9\x01k\xda\x00\x01v"), ZC_WHY_NONE},
        {RAW ("\x86\xa1"
              "a\xa0\xa1"
              "b\xa0\xa1"
              "c\xa0\xa1"
              "d\xa0\xa1"
              "e\xa0\xa1"
              "f\xa0"),
         ZC_WHY_NONE},
        {RAW ("\x81\xa1k\xd9\x80" FIFTY FIFTY TEN TEN "01234567"), ZC_WHY_NONE},
        {RAW ("\x81\xa1k\xd9\x81" FIFTY FIFTY TEN TEN "012345678"), ZC_WHY_TOO_LONG},
        {RAW ("\x81\xd9\x81" FIFTY FIFTY TEN TEN "012345678\xa1v"), ZC_WHY_TOO_LONG},
        {RAW ("\x81\xa1k\xa1\xff"), ZC_WHY_NOT_UTF8},
        {RAW ("\x81\xa1\xff\xa1v"), ZC_WHY_NOT_UTF8},
        {RAW ("\x81\xa1k\x01"), ZC_WHY_WRONG_KIND},
        {RAW ("\x81\x01\xa1v"), ZC_WHY_WRONG_KIND},
        {RAW ("\x81\xa1k\xc0"), ZC_WHY_WRONG_KIND},
        {RAW ("\x81\xa1k\x80"), ZC_WHY_WRONG_KIND},
        {RAW ("\x81\xa1k\x91\xa1v"), ZC_WHY_WRONG_KIND},
        {RAW ("\x81\x91\xa1k\xa1v"), ZC_WHY_WRONG_KIND},
        {RAW ("\x81\xa1k\xc4\x01v"), ZC_WHY_WRONG_KIND},
        {RAW ("\x92\xa1k\xa1v"), ZC_WHY_WRONG_KIND},
        {STR_OF ("team=a"), ZC_WHY_WRONG_KIND},
        {NIL, ZC_WHY_WRONG_KIND},
    };
    for (size_t t = 0; t < COUNT (type_names); t++)
        for (size_t i = 0; i < COUNT (table); i++)
            if (table [i].why)
                assert_refused (type_names [t], ZC_KEY_TAGS, table [i].value, table [i].why);
            else {
                zc_event_t event = taken (type_names [t], "tags", table [i].value);
                assert_int_equal (event.tags.size, table [i].value.size);
            }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_decode_event_takes_every_key),
        cmocka_unit_test (test_decode_event_absent_is_not_there),
        cmocka_unit_test (test_decode_event_strings),
        cmocka_unit_test (test_decode_event_counts),
        cmocka_unit_test (test_decode_event_numbers),
        cmocka_unit_test (test_decode_event_times),
        cmocka_unit_test (test_decode_event_tags),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
