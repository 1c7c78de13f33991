/* SPDX-License-Identifier: MPL-2.0
 *
 * test_rollup.c - what rollup.h promises: each change once in each coarser bucket, sorted.
 */
#include "store/rollup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_S INT64_C (1767225600) /* 2026-01-01T00:00:00Z */

static void add (zc_cells_t *cells, zc_time_bucket_t level, int64_t start_s, uint32_t key, int64_t events)
{
    zc_cell_t *cell = zc_cells_at (cells, level, start_s, key);
    assert_non_null (cell);
    cell->sums.events += events;
    cell->sums.saved_ns -= events;
}

typedef struct {
    int64_t start_s;
    uint32_t key;
    int64_t events;
} expected_t;

static void assert_rolled (zc_rolled_t rolled, const expected_t *expected, size_t count)
{
    assert_int_equal (rolled.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal (rolled.cells [i].cell->start_s, expected [i].start_s);
        assert_int_equal (rolled.cells [i].cell->key, expected [i].key);
        assert_int_equal (rolled.cells [i].cell->sums.events, expected [i].events);
        assert_int_equal (rolled.cells [i].cell->sums.saved_ns, -expected [i].events);
    }
}

#define ASSERT_ROLLED(rolled, ...)                                                                                     \
    assert_rolled (rolled, (expected_t []){__VA_ARGS__}, sizeof (expected_t []){__VA_ARGS__} / sizeof (expected_t))

static void test_rollup_adds_to_all_that_is_coarser (void **state)
{
    (void) state;
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    zc_rollup_t *rollup = zc_rollup_new ();
    assert_non_null (rollup);
    add (&cells, ZC_DAY, DAY_S, 2, 1000);
    add (&cells, ZC_QUARTER, DAY_S + 900, 1, 100);
    add (&cells, ZC_MINUTE, DAY_S + 900, 1, 10);
    add (&cells, ZC_MINUTE, DAY_S + 840, 1, 1); /* the last minute of its quarter */
    add (&cells, ZC_MINUTE, DAY_S - 60, 1, 5);  /* the last of its day */
    add (&cells, ZC_MINUTE, DAY_S + 900, 0, 7);
    for (int round = 0; round < 2; round++) { /* what was taken before does not count again */
        assert_int_equal (zc_rollup_take (rollup, &cells), 0);
        ASSERT_ROLLED (zc_rollup_bucket (rollup, ZC_MINUTE), {DAY_S - 60, 1, 5}, {DAY_S + 840, 1, 1},
                       {DAY_S + 900, 0, 7}, {DAY_S + 900, 1, 10});
        ASSERT_ROLLED (zc_rollup_bucket (rollup, ZC_QUARTER), {DAY_S - 900, 1, 5}, {DAY_S, 1, 1}, {DAY_S + 900, 0, 7},
                       {DAY_S + 900, 1, 110});
        ASSERT_ROLLED (zc_rollup_bucket (rollup, ZC_DAY), {DAY_S - 86400, 1, 5}, {DAY_S, 0, 7}, {DAY_S, 1, 111},
                       {DAY_S, 2, 1000});
        ASSERT_ROLLED (zc_rollup_bucket (rollup, ZC_EVER), {0, 0, 7}, {0, 1, 116}, {0, 2, 1000});
    }
    zc_rollup_destroy (&rollup);
    zc_rollup_destroy (&rollup);
    zc_cells_term (&cells);
}

/* The latencies of a result, as "bin:events" and so on. */
static void assert_latencies (zc_rolled_t rolled, size_t cell, const char *expected)
{
    char text [256] = "";
    const zc_rolled_cell_t *of = &rolled.cells [cell];
    for (size_t i = 0; i < of->latencies_count; i++)
        snprintf (text + strlen (text), sizeof text - strlen (text), "%u:%u ", ZC_BINNED_BIN (of->latencies [i]),
                  ZC_BINNED_EVENTS (of->latencies [i]));
    assert_string_equal (text, expected);
}

static void lag (zc_cells_t *cells, zc_time_bucket_t level, int64_t start_s, uint32_t key, uint32_t bin,
                 uint64_t events)
{
    zc_cell_t *cell = zc_cells_at (cells, level, start_s, key);
    assert_int_equal (zc_sketches_add (&cells->latencies, (uint32_t) (cell - cells->cells), bin, events), 0);
}

static void test_rollup_adds_latencies_too (void **state)
{
    (void) state;
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    zc_rollup_t *rollup = zc_rollup_new ();
    add (&cells, ZC_MINUTE, DAY_S + 120, 9, 1); /* without any, in front */
    lag (&cells, ZC_MINUTE, DAY_S + 60, 1, 7, 2);
    lag (&cells, ZC_MINUTE, DAY_S + 60, 1, 3, 1);
    lag (&cells, ZC_MINUTE, DAY_S, 1, 3, 4);
    add (&cells, ZC_MINUTE, DAY_S, 2, 1);
    lag (&cells, ZC_QUARTER, DAY_S + 900, 1, 3, 10);
    lag (&cells, ZC_DAY, DAY_S, 1, 4000, 5);
    lag (&cells, ZC_MINUTE, DAY_S, 3, 3, 100);
    for (int round = 0; round < 2; round++) {
        assert_int_equal (zc_rollup_take (rollup, &cells), 0);
        zc_rolled_t minutes = zc_rollup_bucket (rollup, ZC_MINUTE), quarters = zc_rollup_bucket (rollup, ZC_QUARTER);
        zc_rolled_t days = zc_rollup_bucket (rollup, ZC_DAY), ever = zc_rollup_bucket (rollup, ZC_EVER);
        assert_int_equal (minutes.count, 5); /* keys 1, 2, 3, then 1, then 9 */
        assert_latencies (minutes, 0, "3:4 ");
        assert_latencies (minutes, 1, "");
        assert_latencies (minutes, 2, "3:100 ");
        assert_latencies (minutes, 3, "3:1 7:2 ");
        assert_latencies (minutes, 4, "");
        assert_latencies (quarters, 0, "3:5 7:2 ");
        assert_latencies (quarters, 4, "3:10 ");
        assert_latencies (days, 0, "3:15 7:2 4000:5 ");
        assert_latencies (days, 2, "3:100 ");
        assert_latencies (ever, 0, "3:15 7:2 4000:5 ");
        assert_latencies (ever, 3, "");
    }
    zc_rollup_destroy (&rollup);
    zc_cells_term (&cells);
}

static void test_rollup_of_nothing_is_nothing (void **state)
{
    (void) state;
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    zc_rollup_t *rollup = zc_rollup_new ();
    for (int round = 0; round < 3; round++) {
        assert_int_equal (zc_rollup_bucket (rollup, ZC_MINUTE).count, 0);
        assert_int_equal (zc_rollup_bucket (rollup, ZC_EVER).count, 0);
        if (round == 0)
            assert_int_equal (zc_rollup_take (rollup, &cells), 0);
        else
            zc_rollup_clear (rollup);
    }
    zc_rollup_destroy (&rollup);
    zc_cells_term (&cells);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rollup_adds_to_all_that_is_coarser),
        cmocka_unit_test (test_rollup_adds_latencies_too),
        cmocka_unit_test (test_rollup_of_nothing_is_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
