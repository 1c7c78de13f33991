/* SPDX-License-Identifier: MPL-2.0
 *
 * test_window_plan_model.c - what plan.h promises, against a line of time that is looked at minute by minute.
 */
#include "core/window/window_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "window_plans.h"

/* ----------------------------------------------------------------------- model */

static int64_t random_s (void)
{
    static const int64_t grains [] = {1, MINUTE, QUARTER, HOUR, DAY};
    int64_t grain = grains [random_below (COUNT (grains))];
    return FIRST_S + random_below (LAST_S - FIRST_S) / grain * grain;
}

static zc_coverage_t random_reach (void)
{
    int64_t marks [3] = {random_s (), random_s (), random_s ()};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            if (marks [j] > marks [j + 1]) {
                int64_t mark = marks [j];
                marks [j] = marks [j + 1];
                marks [j + 1] = mark;
            }
    zc_coverage_t reach = usual;
    reach.from_s [ZC_DAY] = random_below (2) ? 0 : marks [0];
    reach.from_s [ZC_QUARTER] = marks [1];
    reach.from_s [ZC_MINUTE] = marks [2];
    reach.recent_from_s = random_below (2) ? INT64_MAX : random_s ();
    return reach;
}

static zc_query_spec_t random_ask (void)
{
    static const int64_t steps [] = {60, 120, 420, 900, 1500, 3600, 5400, 21600, 86400, 2 * 86400};
    int64_t since_s = random_s (), until_s = random_s ();
    zc_query_spec_t spec = since_s < until_s ? window (since_s, until_s) : window (until_s, since_s);
    return random_below (2) ? spec : series (spec, steps [random_below (COUNT (steps))]);
}

static int64_t start_of (int64_t s, int64_t size)
{
    return s / size * size;
}

/* The pieces of the line, by looking: a minute is told apart if it and all behind it are kept, and where it stands
 * no coarser bucket is missing a part. */
static int64_t size_at (const zc_coverage_t *reach, int64_t s)
{
    int64_t quarter = start_of (s, QUARTER), day = start_of (s, DAY);
    if (quarter >= reach->from_s [ZC_MINUTE] && quarter >= reach->from_s [ZC_QUARTER] &&
        day >= reach->from_s [ZC_QUARTER] && day >= reach->from_s [ZC_DAY])
        return MINUTE;
    return day >= reach->from_s [ZC_QUARTER] && day >= reach->from_s [ZC_DAY] ? QUARTER : DAY;
}

static void assert_widened_no_more_than_needed (const zc_query_spec_t *spec, const zc_coverage_t *reach,
                                                const zc_window_plan_t *plan)
{
    int64_t since_s = spec->since_ms / 1000, until_s = spec->until_ms / 1000;
    since_s = start_of (since_s, size_at (reach, since_s));
    until_s = start_of (until_s - 1, size_at (reach, until_s - 1)) + size_at (reach, until_s - 1);
    if (plan->step_s > 0) {
        assert_int_equal (plan->step_s % size_at (reach, plan->start_s), 0);
        assert_true (plan->step_s >= spec->step_s);
        if (plan->step_s > spec->step_s) {
            int64_t size = plan->step_s % DAY == 0 ? DAY : QUARTER;
            assert_true (plan->step_s - spec->step_s < size);
            assert_true (spec->step_s % size_at (reach, start_of (since_s, spec->step_s)) != 0);
        }
        since_s = start_of (since_s, plan->step_s);
        until_s = start_of (until_s + plan->step_s - 1, plan->step_s);
        assert_int_equal (plan->start_s, since_s);
    }
    int64_t days_from_s = start_of (reach->from_s [ZC_DAY] + DAY - 1, DAY);
    since_s = since_s < days_from_s ? days_from_s : since_s;
    assert_int_equal (plan->since_s, since_s);
    assert_int_equal (plan->until_s, until_s < since_s ? since_s : until_s);
}

static int64_t kept_from (const zc_coverage_t *reach, zc_time_bucket_t level)
{
    const int64_t from [] = {reach->from_s [ZC_MINUTE], reach->from_s [ZC_QUARTER], reach->from_s [ZC_DAY]};
    return from [level];
}

/* Counts what is read by minutes, with a margin of steps about the line. */
#define MARGIN (4 * DAY / MINUTE)

static void mark (uint8_t *read, int64_t since_s, int64_t until_s)
{
    for (int64_t s = since_s; s < until_s; s += MINUTE)
        read [(s - FIRST_S) / MINUTE + MARGIN]++;
}

static void assert_span_is_readable (const zc_span_t *span, const zc_coverage_t *reach, const zc_window_plan_t *plan)
{
    int64_t size = zc_time_bucket_seconds (span->level);
    assert_true (span->since_s % size == 0 && span->until_s % size == 0);
    assert_true (span->since_s >= kept_from (reach, span->level));
    for (int64_t s = span->since_s; plan->step_s > 0 && s < span->until_s; s += size)
        assert_int_equal (start_of (s, plan->step_s), start_of (s + size - 1, plan->step_s));
}

/* No two or more buckets are read where one would do. */
static void assert_coarsest (const zc_span_t *span, const zc_window_plan_t *plan)
{
    int64_t coarser = span->level == ZC_MINUTE ? QUARTER : span->level == ZC_QUARTER ? DAY : 0;
    if (coarser == 0 || plan->step_s % coarser != 0)
        return;
    int64_t first = start_of (span->since_s + coarser - 1, coarser);
    assert_true (first + coarser > span->until_s);
}

static void test_plan_reads_each_minute_of_the_window_once (void **state)
{
    (void) state;
    static uint8_t read [MINUTES + 2 * MARGIN];
    for (int round = 0; round < 20000; round++) {
        zc_coverage_t reach = random_reach ();
        zc_query_spec_t spec = random_ask ();
        if (spec.since_ms == spec.until_ms)
            continue;
        zc_window_plan_t plan = plan_of (&spec, &reach);
        assert_sound (&plan);
        assert_widened_no_more_than_needed (&spec, &reach, &plan);
        memset (read, 0, sizeof read);
        for (size_t i = 0; i < plan.spans_count; i++) {
            assert_span_is_readable (&plan.spans [i], &reach, &plan);
            assert_coarsest (&plan.spans [i], &plan);
            mark (read, plan.spans [i].since_s, plan.spans [i].until_s);
        }
        if (plan.recent_since_s < plan.recent_until_s) {
            assert_true (plan.recent_since_s >= reach.recent_from_s && plan.recent_since_s >= reach.from_s [ZC_MINUTE]);
            mark (read, plan.recent_since_s, plan.recent_until_s);
        }
        for (int64_t i = 0; i < (int64_t) COUNT (read); i++) {
            int64_t s = FIRST_S + (i - MARGIN) * MINUTE;
            assert_int_equal (read [i], s >= plan.since_s && s < plan.until_s);
        }
    }
}

/* Windows that meet where neither is widened share nothing and leave nothing out. */
static void test_plan_of_two_windows_that_meet (void **state)
{
    (void) state;
    for (int round = 0; round < 20000; round++) {
        zc_coverage_t reach = random_reach ();
        int64_t since_s = random_s (), at_s = random_s (), until_s = random_s ();
        at_s = start_of (at_s, size_at (&reach, at_s));
        if (since_s >= at_s || at_s >= until_s)
            continue;
        zc_query_spec_t before = window (since_s, at_s), after = window (at_s, until_s),
                        whole = window (since_s, until_s);
        zc_window_plan_t first = plan_of (&before, &reach), second = plan_of (&after, &reach),
                         both = plan_of (&whole, &reach);
        int64_t days_from_s = start_of (reach.from_s [ZC_DAY] + DAY - 1, DAY);
        assert_int_equal (first.since_s, both.since_s);
        assert_int_equal (second.until_s > days_from_s ? second.until_s : days_from_s, both.until_s);
        if (at_s >= days_from_s)
            assert_int_equal (first.until_s, second.since_s);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_plan_reads_each_minute_of_the_window_once),
        cmocka_unit_test (test_plan_of_two_windows_that_meet),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
