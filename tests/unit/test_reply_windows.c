/* SPDX-License-Identifier: MPL-2.0
 *
 * test_reply_windows.c - what query.h and the contract promise of questions about a window of time: from a request's
 * bytes to its reply, over events that are in no store yet.
 */
#include "core/api/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "query_specs.h"

#define MINUTE_MS INT64_C (60000)
#define HOUR_MS (60 * MINUTE_MS)
#define NOW_MS (ASKED_MS - ASKED_MS % HOUR_MS) /* a full hour */

/* Three queries of an hour ago, two minutes apart, and a call of three hours ago. */
static void begin (asked_t *asked)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, "team"), 0);
    asked_begin (asked, &policy);
    asked->view.now_ms = NOW_MS;
    for (int i = 0; i < 3; i++)
        fold (&asked->fixture, with_ts (with_cost (query_of (i < 2 ? "simple" : "complex"), 100 << i),
                                        NOW_MS - HOUR_MS + i * 2 * MINUTE_MS));
    zc_event_t call = with_service (with_cost (call_of ("gpt-4o"), 1000), "search");
    fold (&asked->fixture, with_ts (call, NOW_MS - 3 * HOUR_MS));
}

static const msgpack_object *row_of (const msgpack_object *result, size_t place)
{
    const msgpack_object *rows = AT (result, "rows");
    assert_true (place < rows->via.array.size);
    return &rows->via.array.ptr [place];
}

static void test_query_breakdown_of_everything (void **state)
{
    (void) state;
    asked_t asked;
    begin (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("breakdown")});
    const msgpack_object *result = result_of (&reply, "breakdown");
    ASSERT_KEYS (result, "since", "until", "by", "rows", "rows_left_out", "total");
    assert_integer (AT (result, "until"), NOW_MS);
    assert_true (AT (result, "since")->via.i64 <= BEGAN_MS);
    assert_int_equal (AT (result, "by")->via.array.size, 0);
    assert_int_equal (AT (result, "rows")->via.array.size, 1);
    assert_integer (AT (row_of (result, 0), "cost_nanousd"), 1700);
    assert_text (AT (result, "total", "cost_usd"), "0.000001700");
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_query_breakdown_groups_and_filters (void **state)
{
    (void) state;
    asked_t asked;
    begin (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("breakdown")}, {"by", RAW ("\x92\xa4tier\xa4type")},
                          {"where", RAW ("\x81\xa4type\xacquery_router")});
    const msgpack_object *result = result_of (&reply, "breakdown");
    assert_int_equal (AT (result, "rows")->via.array.size, 2);
    assert_text (&AT (result, "by")->via.array.ptr [0], "tier");
    assert_text (&AT (result, "by")->via.array.ptr [1], "type");
    assert_text (AT (row_of (result, 0), "tier"), "complex");
    assert_integer (AT (row_of (result, 0), "cost_nanousd"), 400);
    assert_text (AT (row_of (result, 1), "tier"), "simple");
    assert_text (AT (row_of (result, 1), "type"), "query_router");
    assert_integer (AT (row_of (result, 1), "cost_nanousd"), 300);
    assert_integer (AT (result, "total", "events"), 3);
    close_bytes (&reply);

    reply = ASK (&asked, {"query", STR ("breakdown")}, {"by", RAW ("\x92\xa5model\xa4team")}, {"limit", INT (1)});
    result = result_of (&reply, "breakdown");
    assert_int_equal (AT (result, "rows")->via.array.size, 1);
    assert_text (AT (row_of (result, 0), "model"), "gpt-4o");
    assert_text (AT (row_of (result, 0), "team"), "");
    assert_integer (AT (result, "rows_left_out"), 1);
    assert_integer (AT (result, "total", "cost_nanousd"), 1700);
    close_bytes (&reply);
    asked_end (&asked);
}

/* A limit beyond the most is the most; nil is not given. */
static void test_query_breakdown_bears_any_limit (void **state)
{
    (void) state;
    static const value_t limits [] = {NIL, INT (10000), INT (10001), INT (INT64_MAX)};
    asked_t asked;
    begin (&asked);
    for (size_t i = 0; i < COUNT (limits); i++) {
        opened_t reply = ASK (&asked, {"query", STR ("breakdown")}, {"by", RAW ("\x91\xa4tier")}, {"limit", limits [i]},
                              {"where", NIL}, {"since", NIL});
        assert_int_equal (AT (result_of (&reply, "breakdown"), "rows")->via.array.size, 3);
        close_bytes (&reply);
    }
    asked_end (&asked);
}

static void test_query_breakdown_of_a_window (void **state)
{
    (void) state;
    static const struct {
        int64_t since_ms, until_ms, cost_nanousd;
    } table [] = {
        {NOW_MS - HOUR_MS, NOW_MS, 700},
        {NOW_MS - HOUR_MS, NOW_MS - HOUR_MS + MINUTE_MS, 100},
        {NOW_MS - HOUR_MS + 1, NOW_MS - HOUR_MS + 2, 100}, /* widened to its minute */
        {NOW_MS - HOUR_MS + MINUTE_MS, NOW_MS - HOUR_MS + 2 * MINUTE_MS, 0},
        {NOW_MS - 4 * HOUR_MS, NOW_MS - HOUR_MS, 1000},
        {NOW_MS, NOW_MS - HOUR_MS, 0},
        {INT64_MIN, INT64_MAX, 1700},
        {INT64_MAX, INT64_MIN, 0},
        {INT64_MIN, INT64_MIN, 0},
        {INT64_MAX, INT64_MAX, 0},
    };
    asked_t asked;
    begin (&asked);
    for (size_t i = 0; i < COUNT (table); i++) {
        opened_t reply = ASK (&asked, {"query", STR ("breakdown")}, {"since", INT (table [i].since_ms)},
                              {"until", INT (table [i].until_ms)});
        assert_integer (AT (result_of (&reply, "breakdown"), "total", "cost_nanousd"), table [i].cost_nanousd);
        close_bytes (&reply);
    }
    asked_end (&asked);
}

static void test_query_series (void **state)
{
    (void) state;
    asked_t asked;
    begin (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("series")}, {"since", INT (NOW_MS - 4 * HOUR_MS)}, {"step", INT (60)},
                          {"by", RAW ("\x91\xa4tier")});
    const msgpack_object *result = result_of (&reply, "series");
    ASSERT_KEYS (result, "step", "start", "since", "until", "by", "rows", "rows_left_out");
    assert_integer (AT (result, "step"), 60);
    assert_integer (AT (result, "start"), NOW_MS - 4 * HOUR_MS);
    assert_integer (AT (result, "until"), NOW_MS);
    assert_int_equal (AT (result, "rows")->via.array.size, 3);
    assert_text (AT (row_of (result, 0), "tier"), "");
    assert_text (AT (row_of (result, 2), "tier"), "simple");
    const msgpack_object *points = AT (row_of (result, 2), "points");
    assert_int_equal (points->via.array.size, 2);
    assert_integer (AT (&points->via.array.ptr [0], "t"), NOW_MS - HOUR_MS);
    assert_integer (AT (&points->via.array.ptr [1], "t"), NOW_MS - HOUR_MS + 2 * MINUTE_MS);
    assert_integer (AT (&points->via.array.ptr [1], "cost_nanousd"), 200);
    close_bytes (&reply);

    /* By the hour where nothing else is asked for. */
    reply = ASK (&asked, {"query", STR ("series")}, {"since", INT (NOW_MS - 4 * HOUR_MS)});
    result = result_of (&reply, "series");
    assert_integer (AT (result, "step"), 3600);
    points = AT (row_of (result, 0), "points");
    assert_int_equal (points->via.array.size, 2);
    assert_integer (AT (&points->via.array.ptr [1], "events"), 3);
    close_bytes (&reply);

    /* Long ago only days are kept. */
    reply = ASK (&asked, {"query", STR ("series")}, {"since", INT (NOW_MS - 500 * DAY_MS)}, {"step", INT (60)});
    assert_integer (AT (result_of (&reply, "series"), "step"), 86400);
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_query_series_bears_the_widest_step (void **state)
{
    (void) state;
    asked_t asked;
    begin (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("series")}, {"step", INT (ZC_STEP_MAX_S)}, {"since", INT (INT64_MIN)},
                          {"until", INT (INT64_MAX)});
    const msgpack_object *points = AT (row_of (result_of (&reply, "series"), 0), "points");
    assert_int_equal (points->via.array.size, 1);
    assert_integer (AT (&points->via.array.ptr [0], "t"), 0);
    assert_integer (AT (&points->via.array.ptr [0], "cost_nanousd"), 1700);
    close_bytes (&reply);
    asked_end (&asked);
}

/* The report of a window has the window's sums, states it, and is else the report. */
static void test_query_report_of_a_window (void **state)
{
    (void) state;
    asked_t asked;
    begin (&asked);
    opened_t whole = ASK (&asked, {"query", STR ("report")});
    opened_t reply = ASK (&asked, {"query", STR ("report")}, {"since", INT (NOW_MS - HOUR_MS + 1)},
                          {"until", INT (NOW_MS - HOUR_MS + MINUTE_MS + 1)});
    const msgpack_object *result = result_of (&reply, "report");
    assert_int_equal (result->via.map.size, result_of (&whole, "report")->via.map.size);
    assert_integer (AT (result, "query_router", "total_queries"), 1);
    assert_text (AT (result, "query_router", "total_cost_usd"), "0.000000100");
    assert_integer (AT (result, "query_router", "cost_breakdown", "simple", "queries"), 1);
    assert_integer (AT (result, "query_router", "cost_breakdown", "complex", "queries"), 0);
    assert_integer (AT (result, "llm_calls", "total_calls"), 0);
    assert_integer (AT (result, "zcost", "since"), NOW_MS - HOUR_MS);
    assert_integer (AT (result, "zcost", "until"), NOW_MS - HOUR_MS + 2 * MINUTE_MS);
    assert_integer (AT (result, "zcost", "events", "accepted"), 4);
    close_bytes (&reply);
    close_bytes (&whole);

    static const struct {
        const char *service;
        int64_t queries, calls;
    } table [] = {{"search", 0, 1}, {"default", 3, 0}, {"nobody", 0, 0}, {"", 0, 0}};
    for (size_t i = 0; i < COUNT (table); i++) {
        reply = ASK (&asked, {"query", STR ("report")}, {"since", INT (NOW_MS - 4 * HOUR_MS)},
                     {"service", STR (table [i].service)});
        result = result_of (&reply, "report");
        assert_integer (AT (result, "query_router", "total_queries"), table [i].queries);
        assert_integer (AT (result, "llm_calls", "total_calls"), table [i].calls);
        assert_integer (AT (result, "zcost", "until"), NOW_MS);
        close_bytes (&reply);
    }
    asked_end (&asked);
}

/* What other queries take is no argument of a report. */
static void test_query_report_takes_no_grouping (void **state)
{
    (void) state;
    asked_t asked;
    begin (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("report")}, {"since", INT (0)}, {"by", RAW ("\x91\xa7service")},
                          {"where", RAW ("\x81\xa5model\xa1x")}, {"step", INT (60)}, {"limit", INT (0)});
    assert_integer (AT (result_of (&reply, "report"), "query_router", "total_queries"), 3);
    close_bytes (&reply);
    asked_end (&asked);
}

/* A request is only windowed where its answer is not all in memory. */
static void test_query_tells_what_is_windowed (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        bool windowed;
    } table [] = {
        {BYTES ("\x81\xa5query\xa9"
                "breakdown"),
         true},
        {BYTES ("\x81\xa5query\xa6series"), true},
        {BYTES ("\x82\xa5query\xa6report\xa5since\x00"), true},
        {BYTES ("\x82\xa5query\xa6report\xa5until\x00"), true},
        {BYTES ("\x81\xa5query\xa6report"), false},
        {BYTES ("\x82\xa5query\xa6report\xa5since\xc0"), false},
        {BYTES ("\x82\xa5query\xa6report\xa7service\xa1x"), false},
        {BYTES ("\x82\xa5query\xa6health\xa5since\x00"), false},
        {BYTES ("\x81\xa5query\xa7"
                "budgets"),
         false},
    };
    asked_t asked;
    begin (&asked);
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_request_t request;
        zc_pack_t reply = {.data = NULL};
        assert_int_equal (zc_reply_read_request (&asked.view, table [i].bytes, table [i].size, &request, &reply), 0);
        assert_int_equal (reply.size, 0);
        assert_int_equal (zc_request_is_windowed (&request), table [i].windowed);
    }
    asked_end (&asked);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_query_breakdown_of_everything),
        cmocka_unit_test (test_query_breakdown_groups_and_filters),
        cmocka_unit_test (test_query_breakdown_bears_any_limit),
        cmocka_unit_test (test_query_breakdown_of_a_window),
        cmocka_unit_test (test_query_series),
        cmocka_unit_test (test_query_series_bears_the_widest_step),
        cmocka_unit_test (test_query_report_of_a_window),
        cmocka_unit_test (test_query_report_takes_no_grouping),
        cmocka_unit_test (test_query_tells_what_is_windowed),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
