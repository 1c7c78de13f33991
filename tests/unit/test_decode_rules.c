/* SPDX-License-Identifier: MPL-2.0
 *
 * test_decode_rules.c - what the contract promises between the keys of an event: which types and keys
 * there are, what comes twice, parts and wholes, depth; and the contract's names.
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

/* The one event or reject of these pairs. The walk's bytes are gone; what is compared are numbers. */
static walk_t walk_pairs (const pair_t *pairs, size_t count)
{
    bytes_t frame = {0};
    pack_map (&frame, pairs, count);
    walk_t seen = walk (frame.data, frame.size);
    msgpack_sbuffer_destroy (&frame);
    walk_end (&seen);
    assert_int_equal (seen.events + seen.rejects, 1);
    return seen;
}

#define WALK(...) walk_pairs ((const pair_t []){__VA_ARGS__}, sizeof ((const pair_t []){__VA_ARGS__}) / sizeof (pair_t))

static void assert_rejected (const walk_t *seen, zc_reason_t reason, zc_why_t why, int key)
{
    assert_int_equal (seen->rejects, 1);
    if (seen->reject [0].reason != reason || seen->reject [0].why != why || seen->reject [0].key != key)
        fail_msg ("%s: %s: %s", zc_event_reason_name (seen->reject [0].reason),
                  zc_event_key_name (seen->reject [0].key), zc_event_why_text (seen->reject [0].why));
}

static void test_decode_rules_there_are_four_types_and_no_other (void **state)
{
    (void) state;
    static const char *const others [] = {"",
                                          "llm_cal",
                                          "llm_calls",
                                          "LLM_CALL",
                                          "llm_call ",
                                          "query_routes",
                                          "rag_parallex",
                                          "embedding_cachE",
                                          "\xff",
                                          "a name that is as long as it is no type at all"};
    for (size_t i = 0; i < COUNT (others); i++) {
        walk_t seen = WALK ({"type", STR (others [i])});
        assert_rejected (&seen, ZC_UNKNOWN_TYPE, ZC_WHY_NOT_A_TYPE, ZC_KEY_TYPE);
    }
    static const value_t no_names [] = {NIL,          INT (1),     BOOL (true), FLOAT (1), BIN ("llm_call"),
                                        RAW ("\x90"), RAW ("\x80")};
    for (size_t i = 0; i < COUNT (no_names); i++) {
        walk_t seen = WALK ({"type", no_names [i]});
        assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_WRONG_KIND, ZC_KEY_TYPE);
    }
}

/* The keys of each type: the rows of the contract's table. */
enum {
    ALL = ZC_BIT (ZC_KEY_TYPE) | ZC_BIT (ZC_KEY_SERVICE) | ZC_BIT (ZC_KEY_TS) | ZC_BIT (ZC_KEY_TAGS),
    MODEL = ALL | ZC_BIT (ZC_KEY_MODEL) | ZC_BIT (ZC_KEY_PROVIDER) | ZC_BIT (ZC_KEY_INPUT_TOKENS) |
            ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS) | ZC_BIT (ZC_KEY_OUTPUT_TOKENS) |
            ZC_BIT (ZC_KEY_REASONING_TOKENS) | ZC_BIT (ZC_KEY_LATENCY_MS)
};

static const struct {
    const char *name;
    uint32_t keys;
} types [] = {
    {"query_router", MODEL | ZC_BIT (ZC_KEY_TIER) | ZC_BIT (ZC_KEY_COST)},
    {"llm_call", MODEL | ZC_BIT (ZC_KEY_COST)},
    {"embedding_cache", MODEL | ZC_BIT (ZC_KEY_HIT) | ZC_BIT (ZC_KEY_HITS) | ZC_BIT (ZC_KEY_MISSES)},
    {"rag_parallel", ALL | ZC_BIT (ZC_KEY_TIME_SAVED_SECONDS)},
};

/* A bad value of a key that a type does not use is nobody's. */
static void test_decode_rules_bad_values_of_unused_keys_are_ignored (void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT (types); i++)
        for (int key = ZC_KEY_TYPE + 1; key < ZC_KEY_COUNT; key++) {
            walk_t seen = WALK ({"type", STR (types [i].name)}, {zc_event_key_name (key), RAW ("\x91\x92\xc0\xc0")});
            if (types [i].keys & ZC_BIT (key))
                assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_WRONG_KIND, key);
            else {
                assert_int_equal (seen.events, 1);
                assert_int_equal (seen.event [0].has, ZC_BIT (ZC_KEY_TYPE));
            }
        }
}

/* Nor does a good value leave a trace. */
static void test_decode_rules_good_values_of_unused_keys_are_ignored (void **state)
{
    (void) state;
    static const value_t good [ZC_KEY_COUNT] = {
        [ZC_KEY_SERVICE] = STR_OF ("s"),
        [ZC_KEY_TS] = INT (NOW_MS),
        [ZC_KEY_TAGS] = RAW ("\x80"),
        [ZC_KEY_TIER] = STR_OF ("simple"),
        [ZC_KEY_COST] = INT (1),
        [ZC_KEY_MODEL] = STR_OF ("m"),
        [ZC_KEY_PROVIDER] = STR_OF ("p"),
        [ZC_KEY_INPUT_TOKENS] = INT (1),
        [ZC_KEY_CACHE_READ_TOKENS] = INT (1),
        [ZC_KEY_CACHE_WRITE_TOKENS] = INT (1),
        [ZC_KEY_OUTPUT_TOKENS] = INT (1),
        [ZC_KEY_REASONING_TOKENS] = INT (1),
        [ZC_KEY_LATENCY_MS] = INT (1),
        [ZC_KEY_HIT] = BOOL (true),
        [ZC_KEY_HITS] = INT (1),
        [ZC_KEY_MISSES] = INT (1),
        [ZC_KEY_TIME_SAVED_SECONDS] = INT (1),
    };
    for (size_t i = 0; i < COUNT (types); i++)
        for (int key = ZC_KEY_TYPE + 1; key < ZC_KEY_COUNT; key++) {
            walk_t seen = WALK ({"type", STR (types [i].name)}, {zc_event_key_name (key), good [key]});
            assert_int_equal (seen.events, 1);
            assert_int_equal (seen.event [0].has, ZC_BIT (ZC_KEY_TYPE) | (types [i].keys & ZC_BIT (key)));
        }
}

static void test_decode_rules_unknown_keys_are_skipped_whatever_they_hold (void **state)
{
    (void) state;
    static const value_t values [] = {NIL,
                                      BOOL (true),
                                      INT (-5),
                                      UINT (UINT64_MAX),
                                      FLOAT (1.5),
                                      STR_OF ("\xff"),
                                      BIN ("\xc1"),
                                      EXT (1, "0123456789abcdef0123456789abcdef0123"),
                                      EXT (99, ""),
                                      RAW ("\x92\x80\x91\x81\x01\x02"),
                                      RAW ("\xdf\x00\x00\x00\x01\x90\x80")};
    static const char *const names [] = {"",
                                         "x",
                                         "typ",
                                         "types",
                                         "Type",
                                         "TIER",
                                         "costs",
                                         "model_",
                                         "a longer key than any",
                                         "input_token",
                                         "cache_read_tokenz",
                                         "time_saved_second",
                                         "cache_write_tokenz"};
    for (size_t i = 0; i < COUNT (values); i++)
        for (size_t n = 0; n < COUNT (names); n++) {
            walk_t seen = WALK ({names [n], values [i]}, {"type", STR ("llm_call")}, {"input_tokens", INT (7)});
            assert_int_equal (seen.events, 1);
            assert_int_equal (seen.event [0].has, ZC_BIT (ZC_KEY_TYPE) | ZC_BIT (ZC_KEY_INPUT_TOKENS));
            assert_int_equal (seen.event [0].input_tokens, 7);
        }
}

/* Keys that are no strings are unknown keys. */
static void test_decode_rules_keys_of_other_kinds_are_skipped (void **state)
{
    (void) state;
    static const value_t keys [] = {NIL,
                                    INT (4),
                                    FLOAT (0),
                                    BIN ("cost"),
                                    EXT (4, "cost"),
                                    BOOL (false),
                                    RAW ("\x91\xa4"
                                         "cost"),
                                    RAW ("\x81\xa4"
                                         "cost\x01"),
                                    RAW ("\x90"),
                                    STR_OF ("\xff\xfe")};
    for (size_t i = 0; i < COUNT (keys); i++) {
        bytes_t frame = {0};
        pack_raw (&frame, BYTES ("\x82"));
        pack_value (&frame, &keys [i]);
        pack_raw (&frame, BYTES ("\xff\xa4type\xa8llm_call"));
        walk_t seen = walk (frame.data, frame.size);
        assert_int_equal (seen.events, 1);
        assert_int_equal (seen.event [0].has, ZC_BIT (ZC_KEY_TYPE));
        walk_end (&seen);
        msgpack_sbuffer_destroy (&frame);
    }
}

static void test_decode_rules_of_a_key_that_comes_twice_the_last_counts (void **state)
{
    (void) state;
    walk_t seen = WALK ({"type", STR ("llm_call")}, {"cost", INT (1)}, {"cost", INT (2)});
    assert_int_equal (seen.event [0].cost_nanousd, 2000000000);
    seen = WALK ({"type", STR ("llm_call")}, {"cost", STR ("bad")}, {"cost", INT (2)});
    assert_int_equal (seen.events, 1);
    assert_int_equal (seen.event [0].cost_nanousd, 2000000000);
    seen = WALK ({"type", STR ("llm_call")}, {"cost", INT (2)}, {"cost", STR ("bad")});
    assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_WRONG_KIND, ZC_KEY_COST);
    seen = WALK ({"type", STR ("llm_call")}, {"cost", INT (2)}, {"type", STR ("rag_parallel")});
    assert_int_equal (seen.event [0].type, ZCOST_RAG_PARALLEL);
    assert_int_equal (seen.event [0].has, ZC_BIT (ZC_KEY_TYPE));
    seen = WALK ({"type", STR ("nonsense")}, {"type", STR ("llm_call")});
    assert_int_equal (seen.events, 1);
    seen = WALK ({"type", INT (1)}, {"type", STR ("llm_call")});
    assert_int_equal (seen.events, 1);
    seen = WALK ({"type", STR ("llm_call")}, {"type", STR ("nonsense")});
    assert_rejected (&seen, ZC_UNKNOWN_TYPE, ZC_WHY_NOT_A_TYPE, ZC_KEY_TYPE);
    seen = WALK ({"type", STR ("embedding_cache")}, {"hit", BOOL (true)}, {"hit", BOOL (false)});
    assert_int_equal (seen.event [0].hits, 0);
    assert_int_equal (seen.event [0].misses, 1);
    seen = WALK ({"type", STR ("llm_call")}, {"ts", INT (5)}, {"ts", INT (NOW_MS - 7)});
    assert_int_equal (seen.event [0].ts_ms, NOW_MS - 7);
}

/* Every order of five keys gives the same event. */
static void test_decode_rules_the_order_of_keys_is_nothing (void **state)
{
    (void) state;
    const pair_t pairs [] = {{"type", STR ("llm_call")},
                             {"input_tokens", INT (10)},
                             {"cache_read_tokens", INT (10)},
                             {"ts", INT (NOW_MS - 1)},
                             {"unknown", RAW ("\x91\x80")}};
    for (int order = 0; order < 120; order++) {
        pair_t left [5], shuffled [5];
        memcpy (left, pairs, sizeof pairs);
        int rest = order;
        for (int n = 5; n > 0; n--) {
            shuffled [5 - n] = left [rest % n];
            left [rest % n] = left [n - 1];
            rest /= n;
        }
        walk_t seen = walk_pairs (shuffled, 5);
        assert_int_equal (seen.events, 1);
        assert_int_equal (seen.event [0].type, ZCOST_LLM_CALL);
        assert_int_equal (seen.event [0].input_tokens, 10);
        assert_int_equal (seen.event [0].cache_read_tokens, 10);
        assert_int_equal (seen.event [0].ts_ms, NOW_MS - 1);
    }
}

static void test_decode_rules_a_part_is_at_most_its_whole (void **state)
{
    (void) state;
    walk_t seen = WALK ({"type", STR ("llm_call")}, {"input_tokens", INT (10)}, {"cache_read_tokens", INT (10)});
    assert_int_equal (seen.events, 1);
    seen = WALK ({"type", STR ("llm_call")}, {"input_tokens", INT (10)}, {"cache_read_tokens", INT (11)});
    assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_PART_OVER_WHOLE, ZC_KEY_INPUT_TOKENS);
    seen = WALK ({"type", STR ("llm_call")}, {"input_tokens", INT (10)}, {"cache_write_tokens", INT (11)});
    assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_PART_OVER_WHOLE, ZC_KEY_INPUT_TOKENS);
    seen = WALK ({"type", STR ("llm_call")}, {"input_tokens", INT (10)}, {"cache_read_tokens", INT (5)},
                 {"cache_write_tokens", INT (6)});
    assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_PART_OVER_WHOLE, ZC_KEY_INPUT_TOKENS);
    seen = WALK ({"type", STR ("query_router")}, {"output_tokens", INT (0)}, {"reasoning_tokens", INT (1)});
    assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_PART_OVER_WHOLE, ZC_KEY_OUTPUT_TOKENS);
    /* A whole that is absent is not 0. */
    seen = WALK ({"type", STR ("llm_call")}, {"reasoning_tokens", INT (1)}, {"cache_read_tokens", INT (5)});
    assert_int_equal (seen.events, 1);
    /* Nor are the parts of a type that has none. */
    seen = WALK ({"type", STR ("rag_parallel")}, {"input_tokens", INT (1)}, {"cache_read_tokens", INT (5)});
    assert_int_equal (seen.events, 1);
}

static void test_decode_rules_hit_or_hits_and_misses (void **state)
{
    (void) state;
    walk_t seen = WALK ({"type", STR ("embedding_cache")}, {"hit", BOOL (true)});
    assert_int_equal (seen.event [0].hits, 1);
    assert_int_equal (seen.event [0].misses, 0);
    seen = WALK ({"type", STR ("embedding_cache")}, {"hit", BOOL (false)});
    assert_int_equal (seen.event [0].hits, 0);
    assert_int_equal (seen.event [0].misses, 1);
    seen = WALK ({"type", STR ("embedding_cache")}, {"hits", INT (4)}, {"misses", INT (3)});
    assert_int_equal (seen.event [0].hits, 4);
    assert_int_equal (seen.event [0].misses, 3);
    seen = WALK ({"type", STR ("embedding_cache")}, {"hits", INT (4)});
    assert_int_equal (seen.event [0].hits, 4);
    assert_int_equal (seen.event [0].misses, 0);
    seen = WALK ({"type", STR ("embedding_cache")}, {"misses", INT (3)});
    assert_int_equal (seen.event [0].hits, 0);
    assert_int_equal (seen.event [0].misses, 3);
    for (int hit = 0; hit < 2; hit++) {
        seen = WALK ({"type", STR ("embedding_cache")}, {"hit", BOOL (hit)}, {"hits", INT (1)});
        assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_BOTH_GIVEN, ZC_KEY_HIT);
        seen = WALK ({"misses", INT (1)}, {"hit", BOOL (hit)}, {"type", STR ("embedding_cache")});
        assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_BOTH_GIVEN, ZC_KEY_HIT);
    }
    static const value_t no_truths [] = {NIL, INT (1), INT (0), FLOAT (1), STR_OF ("true"), RAW ("\x91\xc3")};
    for (size_t i = 0; i < COUNT (no_truths); i++) {
        seen = WALK ({"type", STR ("embedding_cache")}, {"hit", no_truths [i]});
        assert_rejected (&seen, ZC_BAD_FIELD, ZC_WHY_WRONG_KIND, ZC_KEY_HIT);
    }
}

/* Whatever else is wrong: an event without its type is that; a bad key does not hide it. */
static void test_decode_rules_what_is_wrong_with_the_type_comes_first (void **state)
{
    (void) state;
    walk_t seen = WALK ({"cost", INT (-1)});
    assert_rejected (&seen, ZC_MISSING_TYPE, ZC_WHY_NO_TYPE, -1);
    seen = WALK ({"cost", INT (-1)}, {"type", STR ("nonsense")});
    assert_rejected (&seen, ZC_UNKNOWN_TYPE, ZC_WHY_NOT_A_TYPE, ZC_KEY_TYPE);
}

/* The event is the first of 8 levels: 7 more may stand in the value, or in the key, of any pair. */
static void test_decode_rules_an_event_nests_8_deep (void **state)
{
    (void) state;
    static const char *const keys [] = {"\xa1x", "\xa4tags", "\xa5model", "\xa4type", ""};
    for (size_t k = 0; k < COUNT (keys); k++)
        for (size_t depth = 1; depth <= 30; depth++) {
            bytes_t frame = {0};
            pack_raw (&frame, BYTES ("\x82\xa4type\xa8llm_call"));
            pack_raw (&frame, keys [k], strlen (keys [k]));
            for (size_t i = 1; i < depth; i++)
                pack_raw (&frame, BYTES ("\x91"));
            pack_raw (&frame, BYTES ("\x90"));
            if (k == 4)
                pack_raw (&frame, BYTES ("\xc0")); /* the containers were the key */
            pack_raw (&frame, BYTES ("\x81\xa4type\xa8llm_call"));
            bool skipped = k == 0 || k == 4;
            walk_t seen = walk (frame.data, frame.size);
            assert_int_equal (seen.events, 1 + (skipped && depth <= 7));
            assert_int_equal (seen.rejects, !(skipped && depth <= 7));
            if (depth > 7) {
                assert_int_equal (seen.reject [0].reason, ZC_MALFORMED);
                assert_int_equal (seen.reject [0].why, ZC_WHY_TOO_DEEP);
            } else if (!skipped)
                assert_int_equal (seen.reject [0].reason, ZC_BAD_FIELD);
            walk_end (&seen);
            msgpack_sbuffer_destroy (&frame);
        }
}

static void test_event_names_are_the_contract_s (void **state)
{
    (void) state;
    static const char *const reasons [] = {"malformed", "not_a_map", "missing_type", "unknown_type", "bad_field",
                                           "overflow",  "too_large", "stale",        "spoofed"};
    static const char *const keys [] = {"type",
                                        "service",
                                        "ts",
                                        "tags",
                                        "tier",
                                        "cost",
                                        "model",
                                        "provider",
                                        "input_tokens",
                                        "cache_read_tokens",
                                        "cache_write_tokens",
                                        "output_tokens",
                                        "reasoning_tokens",
                                        "latency_ms",
                                        "hit",
                                        "hits",
                                        "misses",
                                        "time_saved_seconds"};
    assert_int_equal (COUNT (reasons), ZC_REASON_COUNT);
    assert_int_equal (COUNT (keys), ZC_KEY_COUNT);
    for (size_t i = 0; i < COUNT (reasons); i++)
        assert_string_equal (zc_event_reason_name ((zc_reason_t) i), reasons [i]);
    for (size_t i = 0; i < COUNT (keys); i++)
        assert_string_equal (zc_event_key_name ((int) i), keys [i]);
    assert_string_equal (zc_event_key_name (-1), "");
    assert_string_equal (zc_event_key_name (ZC_KEY_COUNT), "");
    assert_string_equal (zc_event_type_name (ZCOST_QUERY_ROUTER), "query_router");
    assert_string_equal (zc_event_type_name (ZCOST_EMBEDDING_CACHE), "embedding_cache");
    assert_string_equal (zc_event_type_name (ZCOST_RAG_PARALLEL), "rag_parallel");
    assert_string_equal (zc_event_type_name (ZCOST_LLM_CALL), "llm_call");
    assert_string_equal (zc_event_type_name ((zcost_type_t) 0), "");
    assert_string_equal (zc_event_type_name ((zcost_type_t) 5), "");
    for (int why = ZC_WHY_NONE + 1; why < ZC_WHY_COUNT; why++)
        assert_true (strlen (zc_event_why_text ((zc_why_t) why)) > 0);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_decode_rules_there_are_four_types_and_no_other),
        cmocka_unit_test (test_decode_rules_bad_values_of_unused_keys_are_ignored),
        cmocka_unit_test (test_decode_rules_good_values_of_unused_keys_are_ignored),
        cmocka_unit_test (test_decode_rules_unknown_keys_are_skipped_whatever_they_hold),
        cmocka_unit_test (test_decode_rules_keys_of_other_kinds_are_skipped),
        cmocka_unit_test (test_decode_rules_of_a_key_that_comes_twice_the_last_counts),
        cmocka_unit_test (test_decode_rules_the_order_of_keys_is_nothing),
        cmocka_unit_test (test_decode_rules_a_part_is_at_most_its_whole),
        cmocka_unit_test (test_decode_rules_hit_or_hits_and_misses),
        cmocka_unit_test (test_decode_rules_what_is_wrong_with_the_type_comes_first),
        cmocka_unit_test (test_decode_rules_an_event_nests_8_deep),
        cmocka_unit_test (test_event_names_are_the_contract_s),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
