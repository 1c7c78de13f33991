/* SPDX-License-Identifier: MPL-2.0
 *
 * test_measures.c - what a row of an answer counts, and sums of rows.
 */
#include "zreport/show/measures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int64_t integer_of (const json_t *row, const char *key)
{
    return json_integer_value (json_object_get (row, key));
}

static void test_measures_read_what_is_there (void **state)
{
    (void) state;
    json_t *row =
        json_pack ("{s:i, s:I, s:I, s:s, s:i, s:f}", "events", 3, "cost_nanousd", (json_int_t) INT64_MAX,
                   "savings_nanousd", (json_int_t) -5, "hits", "many", "latency_events", 2, "latency_ms_p95", 230.4);
    zr_measures_t sums = zr_measures_read (row);
    assert_int_equal (sums.events, 3);
    assert_int_equal (sums.cost, INT64_MAX);
    assert_int_equal (sums.savings, -5);
    assert_int_equal (sums.hits, 0);
    assert_string_equal (zr_measures_p95 (&sums).text, "230 ms");
    json_decref (row);

    sums = zr_measures_read (NULL);
    assert_int_equal (sums.cost, 0);
    assert_string_equal (zr_measures_p95 (&sums).text, "-");
}

static void test_measures_add_up_exactly (void **state)
{
    (void) state;
    json_t *total = json_object ();
    zr_measures_clear (total);
    assert_string_equal (json_string_value (json_object_get (total, "cost_usd")), "0.000000000");
    json_t *row =
        json_pack ("{s:i, s:I, s:s, s:I, s:f, s:f}", "events", 1, "cost_nanousd", (json_int_t) 1000000001, "cost_usd",
                   "1.000000001", "savings_nanousd", (json_int_t) -3, "time_saved_seconds", 0.5, "latency_ms_p50", 7.0);
    for (int i = 0; i < 3; i++)
        zr_measures_add (total, row);
    assert_int_equal (integer_of (total, "events"), 3);
    assert_int_equal (integer_of (total, "cost_nanousd"), 3000000003);
    assert_string_equal (json_string_value (json_object_get (total, "cost_usd")), "3.000000003");
    assert_int_equal (integer_of (total, "savings_nanousd"), -9);
    assert_true (json_real_value (json_object_get (total, "time_saved_seconds")) == 1.5);
    assert_null (json_object_get (total, "latency_ms_p50")); /* percentiles have no sum */
    zr_measures_subtract (total, row);
    assert_int_equal (integer_of (total, "cost_nanousd"), 2000000002);
    assert_int_equal (integer_of (total, "savings_nanousd"), -6);
    json_decref (row);
    json_decref (total);
}

static void test_measures_no_sum_wraps (void **state)
{
    (void) state;
    json_t *most =
        json_pack ("{s:I, s:I}", "cost_nanousd", (json_int_t) INT64_MAX, "savings_nanousd", (json_int_t) INT64_MIN);
    json_t *total = json_deep_copy (most);
    zr_measures_add (total, most);
    assert_int_equal (integer_of (total, "cost_nanousd"), INT64_MAX);
    assert_int_equal (integer_of (total, "savings_nanousd"), INT64_MIN);
    json_object_set_new (total, "cost_nanousd", json_integer (-2));
    json_object_set_new (total, "savings_nanousd", json_integer (1));
    zr_measures_subtract (total, most);
    assert_int_equal (integer_of (total, "cost_nanousd"), INT64_MIN);
    assert_int_equal (integer_of (total, "savings_nanousd"), INT64_MAX);
    json_decref (total);
    json_decref (most);
}

static void test_measures_a_cost_that_is_not_known_is_no_zero (void **state)
{
    (void) state;
    assert_string_equal (zr_measures_cost_text (0, 0).text, "$0.00");
    assert_string_equal (zr_measures_cost_text (0, 1).text, "unpriced");
    assert_string_equal (zr_measures_cost_text (1230000000, 0).text, "$1.23");
    assert_string_equal (zr_measures_cost_text (1230000000, 1).text, "$1.23+");
    assert_string_equal (zr_measures_cost_text (INT64_MIN, INT64_MAX).text, "-$9,223,372,036.85+");
    zr_measures_t sums = {.unpriced_events = 2};
    assert_string_equal (zr_measures_share (&sums, 10).text, "-");
    sums.cost = 5;
    assert_string_equal (zr_measures_share (&sums, 10).text, "50.0%");
}

static void test_measures_a_tier_without_cost_may_be_unpriced (void **state)
{
    (void) state;
    static const struct {
        int unpriced, queries;
        const char *cost;
        bool expected;
    } table [] = {{0, 3, "0.0", false},
                  {3, 3, "0.0", true},
                  {2, 3, "0.0", false},
                  {3, 3, "0.000000001", false},
                  {3, 0, "0.0", false}};
    for (size_t i = 0; i < sizeof table / sizeof table [0]; i++) {
        json_t *report = json_pack ("{s:{s:i}}", "query_router", "unpriced_queries", table [i].unpriced);
        json_t *tier = json_pack ("{s:i, s:s}", "queries", table [i].queries, "cost_usd", table [i].cost);
        assert_int_equal (zr_measures_tier_may_be_unpriced (report, tier), table [i].expected);
        json_decref (report);
        json_decref (tier);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_measures_read_what_is_there),
        cmocka_unit_test (test_measures_add_up_exactly),
        cmocka_unit_test (test_measures_no_sum_wraps),
        cmocka_unit_test (test_measures_a_cost_that_is_not_known_is_no_zero),
        cmocka_unit_test (test_measures_a_tier_without_cost_may_be_unpriced),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
