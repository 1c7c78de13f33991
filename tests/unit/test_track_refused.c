/* SPDX-License-Identifier: MPL-2.0
 *
 * test_track_refused.c - what track.h promises of events that are wrong: none of those that came with them is tracked,
 * and each mistake is told.
 */
#include "zboard/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "tracker.h"

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void assert_failure (const tracker_t *self, const char *code, const char *detail, size_t errors)
{
    json_t *failure = json_loads (self->failure, 0, NULL);
    assert_non_null (failure);
    const char *said = json_string_value (json_object_get (failure, "detail"));
    assert_string_equal (json_string_value (json_object_get (failure, "code")), code);
    if (detail && strcmp (said, detail) != 0)
        fail_msg ("'%s', not '%s'", said, detail);
    assert_int_equal (json_array_size (json_object_get (failure, "errors")), errors);
    json_decref (failure);
}

static void test_track_tells_what_is_wrong_with_an_event (void **state)
{
    (void) state;
    static const struct {
        const char *event, *code, *detail;
    } table [] = {
        {"5", "not_a_map", "not_a_map: an event must be a map"},
        {"'llm_call'", "not_a_map", "not_a_map: an event must be a map"},
        {"null", "not_a_map", "not_a_map: an event must be a map"},
        {"true", "not_a_map", "not_a_map: an event must be a map"},
        {"{}", "missing_type", "missing_type: no key `type`"},
        {"{'cost': 1}", "missing_type", "missing_type: no key `type`"},
        {"{'type': null}", "missing_type", "missing_type: no key `type`"},
        {"{'type': 'query'}", "unknown_type", "unknown_type: type: not one of the four types"},
        {"{'type': ''}", "unknown_type", "unknown_type: type: not one of the four types"},
        {"{'type': 7}", "bad_field", "bad_field: type: wrong kind of value"},
        {"{'type': 'llm_call', 'cost': -0.1}", "bad_field", "bad_field: cost: negative"},
        {"{'type': 'llm_call', 'cost': 1000000.1}", "bad_field", "bad_field: cost: over the limit"},
        {"{'type': 'llm_call', 'cost': 1e300}", "bad_field", "bad_field: cost: over the limit"},
        {"{'type': 'llm_call', 'cost': '1'}", "bad_field", "bad_field: cost: wrong kind of value"},
        {"{'type': 'llm_call', 'cost': {}}", "bad_field", "bad_field: cost: wrong kind of value"},
        {"{'type': 'llm_call', 'input_tokens': -1}", "bad_field", "bad_field: input_tokens: negative"},
        {"{'type': 'llm_call', 'input_tokens': -1.0}", "bad_field", "bad_field: input_tokens: negative"},
        {"{'type': 'llm_call', 'input_tokens': 1.5}", "bad_field", "bad_field: input_tokens: wrong kind of value"},
        {"{'type': 'llm_call', 'input_tokens': 1e12, 'output_tokens': 1000000000001}", "bad_field",
         "bad_field: output_tokens: over the limit"},
        {"{'type': 'llm_call', 'input_tokens': 1e15}", "bad_field", "bad_field: input_tokens: over the limit"},
        {"{'type': 'llm_call', 'input_tokens': 1e30}", "bad_field", "bad_field: input_tokens: wrong kind of value"},
        {"{'type': 'llm_call', 'input_tokens': true}", "bad_field", "bad_field: input_tokens: wrong kind of value"},
        {"{'type': 'llm_call', 'input_tokens': 1, 'cache_read_tokens': 2}", "bad_field",
         "bad_field: input_tokens: a part exceeds its whole"},
        {"{'type': 'llm_call', 'output_tokens': 1.0, 'reasoning_tokens': 2.0}", "bad_field",
         "bad_field: output_tokens: a part exceeds its whole"},
        {"{'type': 'llm_call', 'latency_ms': 1000000001}", "bad_field", "bad_field: latency_ms: over the limit"},
        {"{'type': 'embedding_cache', 'hit': 1}", "bad_field", "bad_field: hit: wrong kind of value"},
        {"{'type': 'embedding_cache', 'hit': true, 'hits': 1}", "bad_field",
         "bad_field: hit: given together with hits or misses"},
        {"{'type': 'rag_parallel', 'time_saved_seconds': 1e7}", "bad_field",
         "bad_field: time_saved_seconds: over the limit"},
        {"{'type': 'llm_call', 'ts': 5}", "bad_field", "bad_field: ts: before the year 2000"},
        {"{'type': 'llm_call', 'ts': 9999999999999}", "bad_field", "bad_field: ts: more than 24 hours ahead"},
        {"{'type': 'llm_call', 'ts': '2026-01-01T00:00:00Z'}", "bad_field", "bad_field: ts: wrong kind of value"},
        {"{'type': 'llm_call', 'model': 5}", "bad_field", "bad_field: model: wrong kind of value"},
        {"{'type': 'llm_call', 'model': 'x" X64 X64 "'}", "bad_field", "bad_field: model: over 128 bytes"},
        {"{'type': 'llm_call', 'tags': ['a']}", "bad_field", "bad_field: tags: wrong kind of value"},
        {"{'type': 'llm_call', 'tags': {'a': 1}}", "bad_field", "bad_field: tags: wrong kind of value"},
        {"{'type': 'llm_call', 'tags': {'a': null}}", "bad_field", "bad_field: tags: wrong kind of value"},
        {"{'type': 'llm_call', 'tags': {'a': {'b': 'c'}}}", "bad_field", "bad_field: tags: wrong kind of value"},
        {"{'type': 'llm_call', 'tags': {'a': '1', 'b': '2', 'c': '3', 'd': '4', 'e': '5'}}", "bad_field",
         "bad_field: tags: more than 4"},
        {"{'type': 'llm_call', 'x': [[[[[[[[1]]]]]]]]}", "malformed", "malformed: nested deeper than 8"},
        {"{'type': 'llm_call', 'x': [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
         "malformed", "malformed: nested too deeply"},
    };
    tracker_t tracker = tracker_of (0);
    for (size_t i = 0; i < COUNT (table); i++) {
        char array [1200];
        if (track (&tracker, table [i].event) != ZB_TRACK_BAD)
            fail_msg ("%s is taken", table [i].event);
        assert_failure (&tracker, table [i].code, table [i].detail, 0);
        /* Between two good ones it spoils all three. */
        snprintf (array, sizeof array, "[{'type': 'llm_call'}, %s, {'type': 'llm_call'}]", table [i].event);
        assert_int_equal (track (&tracker, array), ZB_TRACK_BAD);
        snprintf (array, sizeof array, "none of the 3 events was tracked: 1 is invalid, the first at index 1: %s",
                  table [i].detail);
        assert_failure (&tracker, table [i].code, array, 1);
        assert_int_equal (tracker.counts.bad, 2 * (i + 1));
    }
    assert_taken (&tracker, 0);
    tracker_end (&tracker);
}

static void test_track_takes_no_array_in_an_array (void **state)
{
    (void) state;
    static const char *const bodies [] = {"[[]]", "[[{'type': 'llm_call'}]]", "[{'type': 'llm_call'}, []]"};
    tracker_t tracker = tracker_of (0);
    for (size_t i = 0; i < COUNT (bodies); i++) {
        assert_int_equal (track (&tracker, bodies [i]), ZB_TRACK_BAD);
        assert_failure (&tracker, "not_a_map", NULL, 1);
    }
    assert_taken (&tracker, 0);
    tracker_end (&tracker);
}

static void test_track_names_each_that_is_wrong_up_to_a_hundred (void **state)
{
    (void) state;
    tracker_t tracker = tracker_of (0);
    assert_int_equal (track (&tracker, "[{'type': 'llm_call'}, {}, 7, {'type': 'llm_call', 'cost': -1}]"),
                      ZB_TRACK_BAD);
    assert_string_equal (
        tracker.failure,
        "{\"detail\":\"none of the 4 events was tracked: 3 are invalid, the first at index 1: missing_type: no key "
        "`type`\",\"code\":\"missing_type\",\"errors\":["
        "{\"index\":1,\"code\":\"missing_type\",\"detail\":\"missing_type: no key `type`\"},"
        "{\"index\":2,\"code\":\"not_a_map\",\"detail\":\"not_a_map: an event must be a map\"},"
        "{\"index\":3,\"code\":\"bad_field\",\"detail\":\"bad_field: cost: negative\"}]}");
    static const char bad [] = "{'kind': 'llm_call'},";
    char body [300 * sizeof bad + 32] = "[";
    for (int i = 0; i < 300; i++)
        strcat (body, bad);
    strcat (body, "{'type': 'llm_call'}]");
    assert_int_equal (track (&tracker, body), ZB_TRACK_BAD);
    assert_failure (&tracker, "missing_type",
                    "none of the 301 events was tracked: at least 100 are invalid, the first at "
                    "index 0: missing_type: no key `type`",
                    100);
    assert_int_equal (tracker.counts.bad, 103);
    assert_int_equal (track (&tracker, "[0,0,0,0,0,0,0,0,0,0]"), ZB_TRACK_BAD); /* not looked at */
    assert_failure (&tracker, "not_a_map", "not_a_map: the array has more elements than its bytes can hold as events",
                    0);
    tracker_end (&tracker);
}

static void test_track_tells_what_is_no_json (void **state)
{
    (void) state;
    static const struct {
        const char *body;
        size_t size;
    } table [] = {
#define BODY(literal) {literal, sizeof (literal) - 1}
        BODY (""),
        BODY (" "),
        BODY ("{"),
        BODY ("["),
        BODY ("{\"type\""),
        BODY ("{\"type\":\"llm_call\""),
        BODY ("{\"type\":\"llm_call\"}}"),
        BODY ("{\"type\":\"llm_call\"} {}"),
        BODY ("{\"type\":\"llm_call\",}"),
        BODY ("{'type': 'llm_call'}"),
        BODY ("[{\"type\":\"llm_call\"},]"),
        BODY ("NaN"),
        BODY ("{\"cost\":Infinity}"),
        BODY ("{\"cost\":1e999}"),
        BODY ("{\"cost\":99999999999999999999}"),
        BODY ("{\"type\":\"\xff\"}"),
        BODY ("\xff\xfe"),
        BODY ("{\"\xc3\xa9\xc3\":1}"),
        BODY ("{\"type\":\"llm_call\"}\0"),
        BODY ("\0"),
        BODY ("{\"type\":\"llm_call\\u0000\"}"),
        BODY ("{\"a\\u0000b\":1}"),
        BODY ("{\"a\":\"\\ud800\"}"),
        BODY ("\xef\xbb\xbf{}"),
        BODY ("{\"type\":\"llm_call\xc3"),
        BODY ("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3"),
    };
    tracker_t tracker = tracker_of (0);
    for (size_t i = 0; i < COUNT (table); i++) {
        if (track_bytes (&tracker, table [i].body, table [i].size) != ZB_TRACK_BAD)
            fail_msg ("row %zu", i);
        assert_failure (&tracker, "malformed", NULL, 0);
        assert_non_null (strstr (tracker.failure, "malformed: not JSON: line "));
        assert_int_equal (tracker.counts.bad, i + 1);
    }
    char deep [100000];
    memset (deep, '[', sizeof deep);
    assert_int_equal (track_bytes (&tracker, deep, sizeof deep), ZB_TRACK_BAD);
    assert_taken (&tracker, 0);
    tracker_end (&tracker);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_track_tells_what_is_wrong_with_an_event),
        cmocka_unit_test (test_track_takes_no_array_in_an_array),
        cmocka_unit_test (test_track_names_each_that_is_wrong_up_to_a_hundred),
        cmocka_unit_test (test_track_tells_what_is_no_json),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
