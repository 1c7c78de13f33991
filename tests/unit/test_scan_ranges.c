/* SPDX-License-Identifier: MPL-2.0
 *
 * test_scan_ranges.c - what pieces.h promises: every bucket of a plan once, to whoever comes, and to several at once.
 */
#include "daemon/scan_ranges.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_S 86400

static zc_window_plan_t plan_of (const zc_span_t *spans, size_t count)
{
    zc_window_plan_t plan = {.spans_count = count};
    for (size_t i = 0; i < count; i++)
        plan.spans [i] = spans [i];
    return plan;
}

/* That the pieces, in order, are the spans. Returns how many there are. */
static size_t assert_covers (const zc_span_t *spans, size_t count)
{
    zc_window_plan_t plan = plan_of (spans, count);
    zc_scan_ranges_t pieces;
    const zc_span_t *piece;
    size_t span = 0, found = 0;
    int64_t at_s = count ? spans [0].since_s : 0;
    zc_scan_ranges_cut (&pieces, &plan);
    for (; (piece = zc_scan_ranges_next (&pieces)) != NULL; found++) {
        assert_true (span < count);
        assert_int_equal (piece->level, spans [span].level);
        assert_int_equal (piece->since_s, at_s);
        assert_true (piece->until_s <= spans [span].until_s);
        if (piece->level != ZC_EVER)
            assert_true (piece->until_s > at_s && (piece->until_s - at_s) % zc_time_bucket_seconds (piece->level) == 0);
        at_s = piece->until_s;
        if (at_s == spans [span].until_s && ++span < count)
            at_s = spans [span].since_s;
    }
    assert_int_equal (span, count);
    assert_null (zc_scan_ranges_next (&pieces));
    return found;
}

static void test_scan_ranges_cover_the_plan (void **state)
{
    (void) state;
    const zc_span_t ever [] = {{ZC_EVER, 0, 0}}, one [] = {{ZC_DAY, 0, DAY_S}};
    const zc_span_t year [] = {{ZC_MINUTE, DAY_S - 1500, DAY_S - 900},
                               {ZC_QUARTER, DAY_S - 900, DAY_S},
                               {ZC_DAY, DAY_S, 366 * DAY_S},
                               {ZC_QUARTER, 366 * DAY_S, 366 * DAY_S + 9000},
                               {ZC_MINUTE, 366 * DAY_S + 9000, 366 * DAY_S + 9060}};
    assert_int_equal (assert_covers (NULL, 0), 0);
    assert_int_equal (assert_covers (ever, 1), 1);
    assert_int_equal (assert_covers (one, 1), 1);
    size_t count = assert_covers (year, 5);
    assert_true (count >= 8 && count <= ZC_SCAN_RANGES_MAX);
}

/* Of any sizes: from a few buckets to more than any ledger has. */
static void test_scan_ranges_cover_spans_of_any_size (void **state)
{
    (void) state;
    for (int64_t days = 1; days < 3000000; days = days * 5 / 4 + 1)
        for (int64_t minutes = 1; minutes < 900; minutes = minutes * 3 + 1) {
            int64_t end_s = days * DAY_S;
            const zc_span_t spans [] = {{ZC_DAY, 0, end_s}, {ZC_MINUTE, end_s, end_s + minutes * 60}};
            assert_true (assert_covers (spans, 2) <= ZC_SCAN_RANGES_MAX);
        }
}

static void test_scan_ranges_that_are_dropped_are_gone (void **state)
{
    (void) state;
    const zc_span_t spans [] = {{ZC_DAY, 0, 100 * DAY_S}};
    zc_window_plan_t plan = plan_of (spans, 1);
    zc_scan_ranges_t pieces;
    zc_scan_ranges_cut (&pieces, &plan);
    assert_non_null (zc_scan_ranges_next (&pieces));
    zc_scan_ranges_drop (&pieces);
    assert_null (zc_scan_ranges_next (&pieces));
}

static void *take_all (void *argument)
{
    zc_scan_ranges_t *pieces = argument;
    const zc_span_t *piece;
    int64_t seconds = 0;
    while ((piece = zc_scan_ranges_next (pieces)) != NULL)
        seconds += piece->until_s - piece->since_s;
    return (void *) (intptr_t) seconds;
}

static void test_scan_ranges_go_to_one_thread_each (void **state)
{
    (void) state;
    const zc_span_t spans [] = {{ZC_DAY, 0, 1000 * DAY_S}};
    zc_window_plan_t plan = plan_of (spans, 1);
    for (int round = 0; round < 50; round++) {
        zc_scan_ranges_t pieces;
        pthread_t thread;
        void *others;
        zc_scan_ranges_cut (&pieces, &plan);
        assert_int_equal (pthread_create (&thread, NULL, take_all, &pieces), 0);
        int64_t mine = (int64_t) (intptr_t) take_all (&pieces);
        assert_int_equal (pthread_join (thread, &others), 0);
        assert_int_equal (mine + (int64_t) (intptr_t) others, 1000 * DAY_S);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_scan_ranges_cover_the_plan),
        cmocka_unit_test (test_scan_ranges_cover_spans_of_any_size),
        cmocka_unit_test (test_scan_ranges_that_are_dropped_are_gone),
        cmocka_unit_test (test_scan_ranges_go_to_one_thread_each),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
