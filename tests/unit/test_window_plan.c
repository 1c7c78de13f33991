/* SPDX-License-Identifier: MPL-2.0
 *
 * test_window_plan.c - what plan.h promises of the edges of windows, and of any number. Against a model: test_window_plan_model.c.
 */
#include "core/window/window_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "window_plans.h"

static void assert_span (const zc_window_plan_t *plan, size_t place, zc_time_bucket_t level, int64_t since_s,
                         int64_t until_s)
{
    assert_true (place < plan->spans_count);
    assert_int_equal (plan->spans [place].level, level);
    assert_int_equal (plan->spans [place].since_s, since_s);
    assert_int_equal (plan->spans [place].until_s, until_s);
}

/* ----------------------------------------------------------------------- edges */

static void test_window_plan_takes_the_coarsest_that_fit (void **state)
{
    (void) state;
    const int64_t day = FIRST_S + 3 * DAY; /* kept in quarters, the day after from 6:00 on in minutes */
    zc_query_spec_t spec = window (day - 2 * HOUR, day + DAY + 8 * HOUR + 20 * MINUTE);
    zc_window_plan_t plan = plan_of (&spec, &usual);
    assert_int_equal (plan.spans_count, 4);
    assert_span (&plan, 0, ZC_QUARTER, day - 2 * HOUR, day);
    assert_span (&plan, 1, ZC_DAY, day, day + DAY);
    assert_span (&plan, 2, ZC_QUARTER, day + DAY, day + DAY + 8 * HOUR + QUARTER);
    assert_span (&plan, 3, ZC_MINUTE, day + DAY + 8 * HOUR + QUARTER, day + DAY + 8 * HOUR + 20 * MINUTE);
    assert_int_equal (plan.recent_since_s, plan.recent_until_s);
    assert_int_equal (plan.since_ms, spec.since_ms);
    assert_int_equal (plan.until_ms, spec.until_ms);
}

static void test_window_plan_widens_to_what_is_kept (void **state)
{
    (void) state;
    static const struct {
        int64_t since_s, until_s, used_since_s, used_until_s;
    } table [] = {
        /* Minutes, quarters, days. */
        {FIRST_S + 5 * DAY + 61, FIRST_S + 5 * DAY + 119, FIRST_S + 5 * DAY + 60, FIRST_S + 5 * DAY + 120},
        {FIRST_S + 3 * DAY + 61, FIRST_S + 3 * DAY + 119, FIRST_S + 3 * DAY, FIRST_S + 3 * DAY + QUARTER},
        {FIRST_S + 1 * DAY + 61, FIRST_S + 1 * DAY + 119, FIRST_S + DAY, FIRST_S + 2 * DAY},
        /* One that begins where the other ends is not widened. */
        {FIRST_S + 5 * DAY, FIRST_S + 5 * DAY + 60, FIRST_S + 5 * DAY, FIRST_S + 5 * DAY + 60},
        {FIRST_S + 3 * DAY, FIRST_S + 3 * DAY + QUARTER, FIRST_S + 3 * DAY, FIRST_S + 3 * DAY + QUARTER},
        {FIRST_S + 1 * DAY, FIRST_S + 2 * DAY, FIRST_S + DAY, FIRST_S + 2 * DAY},
        /* Across where minutes begin: each edge by what is kept there. */
        {FIRST_S + 4 * DAY + 6 * HOUR - 1, FIRST_S + 4 * DAY + 6 * HOUR + 1, FIRST_S + 4 * DAY + 6 * HOUR - QUARTER,
         FIRST_S + 4 * DAY + 6 * HOUR + MINUTE},
        {FIRST_S + 2 * DAY - 1, FIRST_S + 2 * DAY + 1, FIRST_S + DAY, FIRST_S + 2 * DAY + QUARTER},
        /* Ahead of time. */
        {NOW_S + HOUR, NOW_S + HOUR + 1, NOW_S + HOUR - 31, NOW_S + HOUR + 29},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_query_spec_t spec = window (table [i].since_s, table [i].until_s);
        zc_window_plan_t plan = plan_of (&spec, &usual);
        assert_int_equal (plan.since_s, table [i].used_since_s);
        assert_int_equal (plan.until_s, table [i].used_until_s);
        assert_int_equal (plan.since_ms, table [i].used_since_s * 1000);
        assert_int_equal (plan.until_ms, table [i].used_until_s * 1000);
    }
}

/* Milliseconds within a second count. */
static void test_window_plan_widens_milliseconds (void **state)
{
    (void) state;
    zc_query_spec_t spec = window (NOW_S, NOW_S);
    spec.since_ms = (FIRST_S + 5 * DAY + 60) * 1000 - 1;
    spec.until_ms = (FIRST_S + 5 * DAY + 120) * 1000 + 1;
    zc_window_plan_t plan = plan_of (&spec, &usual);
    assert_int_equal (plan.since_s, FIRST_S + 5 * DAY);
    assert_int_equal (plan.until_s, FIRST_S + 5 * DAY + 180);
}

static void test_window_plan_of_an_empty_window (void **state)
{
    (void) state;
    static const int64_t seconds [] = {-5,    0,          FIRST_S - 99 * DAY, FIRST_S + 100, FIRST_S + 3 * DAY + 100,
                                       NOW_S, NOW_S + DAY};
    for (size_t i = 0; i < COUNT (seconds); i++)
        for (int64_t back_ms = 0; back_ms <= 3600000; back_ms = back_ms * 60 + 1) {
            zc_query_spec_t spec = window (seconds [i], 0);
            spec.until_ms = spec.since_ms - back_ms;
            for (int stepped = 0; stepped < 2; stepped++) {
                zc_query_spec_t asked = stepped ? series (spec, 300) : spec;
                zc_window_plan_t plan = plan_of (&asked, &usual);
                assert_int_equal (plan.spans_count, 0);
                assert_int_equal (plan.recent_since_s, plan.recent_until_s);
                assert_int_equal (plan.since_s, plan.until_s);
                assert_int_equal (plan.since_ms, plan.until_ms);
            }
        }
}

static void test_window_plan_without_a_window_reads_the_sums_for_good (void **state)
{
    (void) state;
    static const zc_query_spec_kind_t asked [] = {ZC_SPEC_BREAKDOWN, ZC_SPEC_REPORT};
    for (size_t i = 0; i < COUNT (asked); i++) {
        zc_query_spec_t spec = {.asked = asked [i]};
        zc_window_plan_t plan = plan_of (&spec, &usual);
        assert_int_equal (plan.spans_count, 1);
        assert_int_equal (plan.spans [0].level, ZC_EVER);
        assert_int_equal (plan.recent_since_s, plan.recent_until_s);
        assert_true (plan.since_s == INT64_MIN && plan.until_s == INT64_MAX);
        assert_int_equal (plan.since_ms, FIRST_S * 1000);
        assert_int_equal (plan.until_ms, usual.now_ms);
        assert_int_equal (plan.step_s, 0);
    }
}

/* Since before all events is since ever; but not where days were removed, whose sums for good are still there. */
static void test_window_plan_since_before_everything (void **state)
{
    (void) state;
    static const int64_t sinces_ms [] = {INT64_MIN, -1, 0, (FIRST_S - DAY) * 1000, FIRST_S * 1000 + 5};
    for (size_t i = 0; i < COUNT (sinces_ms); i++) {
        zc_query_spec_t spec = {.asked = ZC_SPEC_BREAKDOWN, .has_since = true, .since_ms = sinces_ms [i]};
        zc_window_plan_t plan = plan_of (&spec, &usual);
        assert_int_equal (plan.spans_count, 1);
        assert_int_equal (plan.spans [0].level, ZC_EVER);
        assert_true (plan.since_s >= 0 && plan.since_s <= FIRST_S);
        zc_coverage_t trimmed = usual;
        trimmed.from_s [ZC_DAY] = FIRST_S + DAY;
        plan = plan_of (&spec, &trimmed);
        assert_true (plan.spans_count > 0 && plan.spans [0].level == ZC_DAY);
        assert_int_equal (plan.spans [0].since_s, FIRST_S + DAY);
        assert_int_equal (plan.since_ms, (FIRST_S + DAY) * 1000);
        trimmed.from_s [ZC_DAY] = FIRST_S - 9 * DAY;
        assert_int_not_equal (plan_of (&spec, &trimmed).spans [0].level, ZC_EVER);
    }
}

static void test_window_plan_until_only_begins_with_the_first_event (void **state)
{
    (void) state;
    zc_query_spec_t spec = {.asked = ZC_SPEC_BREAKDOWN, .has_until = true, .until_ms = (FIRST_S + DAY + 5) * 1000};
    zc_window_plan_t plan = plan_of (&spec, &usual);
    assert_int_equal (plan.spans_count, 1);
    assert_span (&plan, 0, ZC_DAY, FIRST_S, FIRST_S + 2 * DAY);
    spec.until_ms = (FIRST_S - 5 * DAY) * 1000;
    assert_int_equal (plan_of (&spec, &usual).spans_count, 0);
}

/* Nothing was ever folded. */
static void test_window_plan_without_events (void **state)
{
    (void) state;
    zc_coverage_t reach = usual;
    reach.first_s = INT64_MAX;
    zc_query_spec_t spec = series ((zc_query_spec_t){.has_since = false}, HOUR);
    zc_window_plan_t plan = plan_of (&spec, &reach);
    assert_true (plan.since_s <= NOW_S && plan.since_s > NOW_S - DAY - HOUR);
    assert_int_equal (plan.until_ms, reach.now_ms);
}

/* ------------------------------------------------------------------------ step */

static void test_window_plan_widens_the_step_to_what_is_kept_at_since (void **state)
{
    (void) state;
    static const struct {
        int64_t since_s, step_s, used_since_s, used_step_s;
    } table [] = {
        {FIRST_S + 5 * DAY + 61, 60, FIRST_S + 5 * DAY + 60, 60},
        {FIRST_S + 5 * DAY + HOUR + 1, 1500, FIRST_S + 5 * DAY + HOUR - 600, 1500}, /* 25 minutes: by minutes only */
        {FIRST_S + 3 * DAY + 61, 60, FIRST_S + 3 * DAY, QUARTER},
        {FIRST_S + 3 * DAY + 61, QUARTER + 60, FIRST_S + 3 * DAY, 2 * QUARTER},
        {FIRST_S + 3 * DAY + HOUR + 1, HOUR, FIRST_S + 3 * DAY + HOUR, HOUR},
        {FIRST_S + 1 * DAY + 61, 60, FIRST_S + DAY, DAY},
        {FIRST_S + 1 * DAY + 61, DAY + 60, FIRST_S, 2 * DAY}, /* steps begin at multiples of two days: FIRST_S is one */
        /* In minutes; but the step that holds it begins in quarters, which 11 minutes do not hold. */
        {FIRST_S + 4 * DAY + 6 * HOUR, 660, FIRST_S + 4 * DAY + 6 * HOUR, 900},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_query_spec_t spec = series (window (table [i].since_s, NOW_S), table [i].step_s);
        zc_window_plan_t plan = plan_of (&spec, &usual);
        assert_int_equal (plan.step_s, table [i].used_step_s);
        assert_int_equal (plan.since_s, plan.since_s / plan.step_s * plan.step_s);
        assert_int_equal (plan.start_s, plan.since_s);
        assert_int_equal (plan.since_s, table [i].used_since_s);
        assert_int_equal (plan.until_s % plan.step_s, 0);
    }
}

static void test_window_plan_of_a_step_wider_than_the_window (void **state)
{
    (void) state;
    zc_query_spec_t spec = series (window (NOW_S - 60, NOW_S), 30 * DAY);
    zc_window_plan_t plan = plan_of (&spec, &usual);
    assert_int_equal (plan.step_s, 30 * DAY);
    assert_true (plan.since_s <= NOW_S - 60 && plan.until_s >= NOW_S);
    assert_int_equal (plan.until_s - plan.since_s, 30 * DAY);
    assert_int_equal (plan.spans_count, 1);
    assert_span (&plan, 0, ZC_DAY, plan.since_s, plan.until_s);
}

/* ---------------------------------------------------------------------- recent */

static void test_window_plan_leaves_the_last_hour_to_memory (void **state)
{
    (void) state;
    zc_coverage_t reach = usual;
    reach.recent_from_s = FIRST_S + 5 * DAY + 9 * HOUR + 7 * MINUTE;
    zc_query_spec_t spec = {.asked = ZC_SPEC_BREAKDOWN, .has_since = true, .since_ms = (NOW_S - HOUR) * 1000};
    zc_window_plan_t plan = plan_of (&spec, &reach);
    assert_int_equal (plan.spans_count, 0);
    assert_int_equal (plan.recent_since_s, FIRST_S + 5 * DAY + 9 * HOUR + 7 * MINUTE);
    assert_int_equal (plan.recent_until_s, ZC_TIMES_END_S);
    assert_true (plan.until_s == INT64_MAX);

    /* A bucket that reaches into memory is read whole, and memory begins behind it: one of a day here. */
    spec.since_ms = FIRST_S * 1000 + DAY * 1000;
    plan = plan_of (&spec, &reach);
    assert_int_equal (plan.spans_count, 1);
    assert_span (&plan, 0, ZC_DAY, FIRST_S + DAY, LAST_S);
    assert_int_equal (plan.recent_since_s, LAST_S);

    /* In a series by the hour it is a quarter. */
    spec = series (window (FIRST_S + 5 * DAY, NOW_S), HOUR);
    plan = plan_of (&spec, &reach);
    assert_int_equal (plan.spans_count, 1);
    assert_span (&plan, 0, ZC_QUARTER, FIRST_S + 5 * DAY, FIRST_S + 5 * DAY + 9 * HOUR + QUARTER);
    assert_int_equal (plan.recent_since_s, FIRST_S + 5 * DAY + 9 * HOUR + QUARTER);
    assert_int_equal (plan.recent_until_s, FIRST_S + 5 * DAY + 11 * HOUR);
}

/* --------------------------------------------------------------------- extremes */

static void test_window_plan_bears_any_number (void **state)
{
    (void) state;
    static const int64_t extremes [] = {INT64_MIN,
                                        INT64_MIN + 1,
                                        INT64_MIN / 1000,
                                        -DAY * 1000,
                                        -1,
                                        0,
                                        1,
                                        NOW_S,
                                        NOW_S * 1000,
                                        ZC_TIMES_END_S - 1,
                                        ZC_TIMES_END_S,
                                        ZC_TIMES_END_S * 1000,
                                        ZC_TIMES_END_S * 1000 + 1,
                                        INT64_MAX / 1000,
                                        INT64_MAX - 1,
                                        INT64_MAX};
    static const int64_t steps [] = {60, 420, DAY, 7 * DAY, ZC_STEP_MAX_S, INT64_MAX, INT64_MIN, 0, 1};
    const size_t n = COUNT (extremes);
    for (int round = 0; round < 100000; round++) {
        zc_coverage_t reach = {extremes [random_below ((uint32_t) n)],
                               {extremes [random_below ((uint32_t) n)], extremes [random_below ((uint32_t) n)],
                                extremes [random_below ((uint32_t) n)]},
                               extremes [random_below ((uint32_t) n)],
                               extremes [random_below ((uint32_t) n)]};
        zc_query_spec_t spec = {.asked = (zc_query_spec_kind_t) random_below (3),
                                .has_since = random_below (4) > 0,
                                .has_until = random_below (4) > 0,
                                .since_ms = extremes [random_below ((uint32_t) n)],
                                .until_ms = extremes [random_below ((uint32_t) n)],
                                .step_s = steps [random_below (COUNT (steps))]};
        /* A clock that is a clock. */
        reach.now_ms = random_below (2) ? usual.now_ms : 0;
        if (random_below (2))
            reach = usual;
        zc_window_plan_t plan = plan_of (&spec, &reach);
        assert_sound (&plan);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_window_plan_takes_the_coarsest_that_fit),
        cmocka_unit_test (test_window_plan_widens_to_what_is_kept),
        cmocka_unit_test (test_window_plan_widens_milliseconds),
        cmocka_unit_test (test_window_plan_of_an_empty_window),
        cmocka_unit_test (test_window_plan_without_a_window_reads_the_sums_for_good),
        cmocka_unit_test (test_window_plan_since_before_everything),
        cmocka_unit_test (test_window_plan_until_only_begins_with_the_first_event),
        cmocka_unit_test (test_window_plan_without_events),
        cmocka_unit_test (test_window_plan_widens_the_step_to_what_is_kept_at_since),
        cmocka_unit_test (test_window_plan_of_a_step_wider_than_the_window),
        cmocka_unit_test (test_window_plan_leaves_the_last_hour_to_memory),
        cmocka_unit_test (test_window_plan_bears_any_number),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
