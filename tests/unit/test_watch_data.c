/* SPDX-License-Identifier: MPL-2.0
 *
 * test_watch_data.c - what the live view asks, and what it makes of the answers.
 */
#include "zreport/watch/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS INT64_C (3600000)
#define DAY_MS (24 * HOUR_MS)
#define NOON_MS INT64_C (1794916800000) /* 2026-11-17 12:00 UTC */

static int fresh (void **state)
{
    static zr_watch_data_t data;
    zr_watch_data_init (&data, "tcp://a", "tcp://b", "UTC");
    *state = &data;
    return 0;
}

static int done (void **state)
{
    zr_watch_data_free (*state);
    return 0;
}

static json_int_t asked_since (zr_watch_data_t *data, zr_asked_t asked, int64_t now_ms)
{
    json_t *request = zr_watch_question (data, asked, now_ms);
    json_int_t since = json_integer_value (json_object_get (request, "since"));
    json_decref (request);
    return since;
}

static void answer_cost (zr_watch_data_t *data, zr_asked_t asked, int64_t now_ms, int64_t nanousd)
{
    json_decref (zr_watch_question (data, asked, now_ms));
    zr_watch_answer (data, asked, json_pack ("{s:{s:I}}", "total", "cost_nanousd", (json_int_t) nanousd), NULL);
}

static json_t *report_of (const char *incarnation)
{
    return json_pack ("{s:{s:s}}", "zcost", "incarnation", incarnation);
}

static void test_watch_data_asks_for_the_span_that_was_chosen (void **state)
{
    static const struct {
        zr_span_t span;
        int64_t since_ms;
    } table [] = {
        {ZR_SPAN_HOUR, NOON_MS - HOUR_MS},
        {ZR_SPAN_TODAY, NOON_MS - 12 * HOUR_MS},
        {ZR_SPAN_WEEK, NOON_MS - 7 * DAY_MS},
        {ZR_SPAN_MONTH, NOON_MS - 12 * HOUR_MS - 16 * DAY_MS},
    };
    for (size_t i = 0; i < sizeof table / sizeof table [0]; i++) {
        zr_watch_choose_span (*state, table [i].span);
        for (zr_asked_t asked = ZR_ASKED_REPORT; asked <= ZR_ASKED_BESIDE; asked++)
            assert_int_equal (asked_since (*state, asked, NOON_MS + 31000), table [i].since_ms);
    }
    assert_int_equal (asked_since (*state, ZR_ASKED_RECENT, NOON_MS + 31000), NOON_MS - HOUR_MS);
    assert_int_equal (asked_since (*state, ZR_ASKED_BUDGETS, NOON_MS), 0);
}

static void test_watch_data_forgets_what_was_chosen_before (void **state)
{
    zr_watch_data_t *data = *state;
    answer_cost (data, ZR_ASKED_TODAY, NOON_MS, 1);
    answer_cost (data, ZR_ASKED_REPORT, NOON_MS, 1);
    answer_cost (data, ZR_ASKED_TOP, NOON_MS, 1);
    zr_watch_choose_group (data, ZR_GROUPING_TIER);
    assert_null (data->known [ZR_ASKED_TOP].result);
    assert_non_null (data->known [ZR_ASKED_REPORT].result);
    zr_watch_choose_span (data, ZR_SPAN_WEEK);
    assert_null (data->known [ZR_ASKED_REPORT].result);
    assert_non_null (data->known [ZR_ASKED_TODAY].result);
}

static void test_watch_data_projects_what_is_spent_to_the_whole_month (void **state)
{
    zr_watch_data_t *data = *state;
    int64_t projected = -1, month_ms = NOON_MS - 12 * HOUR_MS - 16 * DAY_MS;
    assert_false (zr_watch_projection (data, &projected));
    answer_cost (data, ZR_ASKED_MONTH, month_ms + 10 * DAY_MS, 10000000000);
    assert_true (zr_watch_projection (data, &projected));
    assert_int_equal (projected, 30000000000); /* November has 30 days */
    answer_cost (data, ZR_ASKED_MONTH, month_ms + 30 * DAY_MS - 1, INT64_MAX);
    assert_true (zr_watch_projection (data, &projected)); /* and overflows nothing */
    answer_cost (data, ZR_ASKED_MONTH, month_ms + 7 * HOUR_MS, 10000000000);
    assert_false (zr_watch_projection (data, &projected)); /* under 1 % of it */
    assert_true (projected > 0);
}

static void test_watch_data_a_new_life_makes_old_answers_void (void **state)
{
    zr_watch_data_t *data = *state;
    zr_watch_snapshot (data, report_of ("a"), NOON_MS);
    answer_cost (data, ZR_ASKED_TODAY, NOON_MS, 1);
    zr_watch_snapshot (data, report_of ("a"), NOON_MS);
    assert_non_null (data->known [ZR_ASKED_TODAY].result);
    zr_watch_snapshot (data, report_of ("b"), NOON_MS);
    assert_null (data->known [ZR_ASKED_TODAY].result);
}

static void test_watch_data_knows_one_daemon_from_two (void **state)
{
    zr_watch_data_t *data = *state;
    zr_watch_snapshot (data, report_of ("a"), NOON_MS);
    assert_true (zr_watch_is_one_daemon (data));
    zr_watch_answer (data, ZR_ASKED_REPORT, report_of ("a"), NULL);
    assert_true (zr_watch_is_one_daemon (data));
    zr_watch_answer (data, ZR_ASKED_REPORT, report_of ("b"), NULL);
    assert_false (zr_watch_is_one_daemon (data));
}

static void test_watch_data_shows_the_snapshot_until_the_span_is_known (void **state)
{
    zr_watch_data_t *data = *state;
    json_t *snapshot = report_of ("a"), *report = report_of ("a");
    assert_null (zr_watch_report (data));
    zr_watch_snapshot (data, snapshot, NOON_MS);
    assert_ptr_equal (zr_watch_report (data), snapshot);
    zr_watch_answer (data, ZR_ASKED_REPORT, report, NULL);
    assert_ptr_equal (zr_watch_report (data), report);
    zr_watch_answer (data, ZR_ASKED_REPORT, NULL, "no");
    assert_ptr_equal (zr_watch_report (data), snapshot);
    assert_string_equal (data->known [ZR_ASKED_REPORT].refusal, "no");
}

static void test_watch_data_keeps_each_alert_once_and_the_last_ones (void **state)
{
    zr_watch_data_t *data = *state;
    for (int i = 0; i < 3 * ZR_WATCH_ALERTS; i++)
        zr_watch_alert (data, json_pack ("{s:i}", "id", i / 2));
    assert_int_equal (json_array_size (data->alerts), ZR_WATCH_ALERTS);
    for (int i = 0; i < ZR_WATCH_ALERTS; i++)
        assert_int_equal (json_integer_value (json_object_get (json_array_get (data->alerts, (size_t) i), "id")),
                          3 * ZR_WATCH_ALERTS / 2 - 1 - i);
}

static void answer_tags (zr_watch_data_t *data, const char *one, const char *other)
{
    zr_watch_answer (data, ZR_ASKED_HEALTH, json_pack ("{s:[s,s]}", "tags", one, other), NULL);
}

static void test_watch_data_groups_by_the_tags_that_health_names (void **state)
{
    zr_watch_data_t *data = *state;
    assert_int_equal (zr_watch_groups (data), ZR_GROUPING_TAG);
    answer_tags (data, "team", "a.b");
    assert_int_equal (zr_watch_groups (data), ZR_GROUPING_TAG + 2);
    zr_watch_choose_group (data, ZR_GROUPING_TAG + 1);
    json_t *request = zr_watch_question (data, ZR_ASKED_TOP, NOON_MS);
    assert_string_equal (json_string_value (json_array_get (json_object_get (request, "by"), 0)), "a.b");
    json_decref (request);
    answer_tags (data, "team", "a.b");
    assert_int_equal (data->group, ZR_GROUPING_TAG + 1);
    answer_tags (data, "team", "c"); /* the daemon came back with others */
    assert_int_equal (data->group, ZR_GROUPING_MODEL);
    zr_watch_answer (data, ZR_ASKED_HEALTH, json_object (), NULL); /* or is an older one */
    assert_int_equal (zr_watch_groups (data), ZR_GROUPING_TAG);
    json_t *many = json_array ();
    for (int i = 0; i < 100; i++)
        json_array_append_new (many, i % 2 ? json_string ("x") : json_integer (i));
    zr_watch_answer (data, ZR_ASKED_HEALTH, json_pack ("{s:o}", "tags", many), NULL);
    assert_int_equal (zr_watch_groups (data), ZR_GROUPING_TAG + ZR_WATCH_TAGS);
}

int main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, fresh, done)
    const struct CMUnitTest tests [] = {
        TEST (test_watch_data_asks_for_the_span_that_was_chosen),
        TEST (test_watch_data_forgets_what_was_chosen_before),
        TEST (test_watch_data_projects_what_is_spent_to_the_whole_month),
        TEST (test_watch_data_a_new_life_makes_old_answers_void),
        TEST (test_watch_data_knows_one_daemon_from_two),
        TEST (test_watch_data_shows_the_snapshot_until_the_span_is_known),
        TEST (test_watch_data_keeps_each_alert_once_and_the_last_ones),
        TEST (test_watch_data_groups_by_the_tags_that_health_names),
    };
    return cmocka_run_group_tests_name ("watch_data", tests, NULL, NULL);
}
