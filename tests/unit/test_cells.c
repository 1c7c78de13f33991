/* SPDX-License-Identifier: MPL-2.0
 *
 * test_cells.c - what cells.h promises: one cell for each level, time and key, in the order of first change.
 */
#include "core/ledger/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE 60
#define QUARTER 900
#define DAY 86400

static void test_cells_levels_are_a_minute_a_quarter_and_a_day (void **state)
{
    (void) state;
    assert_int_equal (zc_time_bucket_seconds (ZC_MINUTE), MINUTE);
    assert_int_equal (zc_time_bucket_seconds (ZC_QUARTER), QUARTER);
    assert_int_equal (zc_time_bucket_seconds (ZC_DAY), DAY);
}

/* Each measure by a number of its own, so that one that is left out or mixed up shows. */
static void test_cells_measures_add_every_field (void **state)
{
    (void) state;
    enum { FIELDS = sizeof (zc_measures_t) / sizeof (int64_t) };
    int64_t sums [FIELDS], more [FIELDS], wanted [FIELDS];
    zc_measures_t a, b;
    for (int i = 0; i < FIELDS; i++) {
        sums [i] = INT64_C (1) << (i + 20);
        more [i] = i + 1;
        wanted [i] = sums [i] + more [i];
    }
    more [FIELDS - 2] = -7; /* prompt_saved_nanousd */
    wanted [FIELDS - 2] = sums [FIELDS - 2] - 7;
    memcpy (&a, sums, sizeof a);
    memcpy (&b, more, sizeof b);
    zc_measures_add (&a, &b);
    assert_memory_equal (&a, wanted, sizeof a);
    assert_int_equal (offsetof (zc_measures_t, prompt_saved_nanousd), sizeof a - 2 * sizeof (int64_t));
}

static void test_cells_of_other_levels_times_and_keys_are_others (void **state)
{
    (void) state;
    static const zc_measures_t zero;
    const struct {
        zc_time_bucket_t level;
        int64_t start_s;
        uint32_t key;
    } table [] = {
        {ZC_MINUTE, 0, 0},    {ZC_QUARTER, 0, 0},
        {ZC_DAY, 0, 0},       {ZC_MINUTE, 60, 0},
        {ZC_MINUTE, 0, 1},    {ZC_MINUTE, -60, 0},
        {ZC_DAY, DAY, 1},     {ZC_MINUTE, DAY, 1},
        {ZC_QUARTER, DAY, 1}, {ZC_DAY, DAY, UINT32_MAX - 64},
    };
    enum { ROWS = sizeof table / sizeof *table };
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < ROWS; i++) {
            zc_cell_t *cell = zc_cells_at (&cells, table [i].level, table [i].start_s, table [i].key);
            assert_non_null (cell);
            assert_ptr_equal (cell, &cells.cells [i]);
            assert_int_equal (cell->level, table [i].level);
            assert_int_equal (cell->start_s, table [i].start_s);
            assert_int_equal (cell->key, table [i].key);
            if (round == 0)
                assert_memory_equal (&cell->sums, &zero, sizeof zero);
            else
                assert_int_equal (cell->sums.events, i + 1);
            cell->sums.events = i + 1;
        }
    assert_int_equal (cells.count, ROWS);
    zc_cells_term (&cells);
}

/* Over many growths: as many as make a cleared set give its memory back. */
static void fill (zc_cells_t *cells, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        zc_cell_t *cell = zc_cells_at (cells, ZC_MINUTE, (int64_t) (i % 1000) * MINUTE, i / 1000);
        assert_non_null (cell);
        cell->sums.events += i;
    }
}

static void test_cells_keep_their_sums_and_order_as_they_grow (void **state)
{
    (void) state;
    enum { CELLS = 2 * ZC_CELLS_KEPT + 1 };
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    fill (&cells, CELLS);
    fill (&cells, CELLS);
    assert_int_equal (cells.count, CELLS);
    for (uint32_t i = 0; i < CELLS; i++)
        if (cells.cells [i].sums.events != 2 * (int64_t) i || cells.cells [i].key != i / 1000)
            fail_msg ("cell %u", i);
    zc_cells_term (&cells);
}

static void test_cells_cleared_are_none_and_can_be_used_again (void **state)
{
    (void) state;
    static const uint32_t counts [] = {0, 3, 1000, ZC_CELLS_KEPT, ZC_CELLS_KEPT + 1};
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        fill (&cells, counts [i]);
        assert_int_equal (cells.count, counts [i]);
        zc_cells_clear (&cells);
        assert_int_equal (cells.count, 0);
        assert_true (cells.capacity <= ZC_CELLS_KEPT);
        zc_cell_t *cell = zc_cells_at (&cells, ZC_MINUTE, MINUTE, 0);
        assert_non_null (cell);
        assert_int_equal (cell->sums.events, 0);
        zc_cells_clear (&cells);
    }
    zc_cells_term (&cells);
    zc_cells_term (&cells);
}

/* What is in memory for a set, by its capacities. */
static size_t bytes_of (const zc_cells_t *cells)
{
    return cells->capacity * sizeof *cells->cells + cells->index_size * sizeof *cells->index +
           cells->latencies.size * sizeof *cells->latencies.slots;
}

/* At every size, the worst ones right after a growth too, with latencies in one, two and three bins a cell. */
static void test_cells_take_few_bytes_each (void **state)
{
    (void) state;
    enum { CELLS = 500000 };
    for (uint32_t bins = 1; bins <= 3; bins++) {
        zc_cells_t cells;
        size_t most = 0;
        assert_int_equal (zc_cells_init (&cells), 0);
        for (uint32_t i = 0; i < CELLS; i++) {
            assert_non_null (zc_cells_at (&cells, ZC_MINUTE, (int64_t) (i / 1000) * MINUTE, i % 1000));
            for (uint32_t bin = 0; bin < bins; bin++)
                assert_int_equal (zc_sketches_add (&cells.latencies, i, 900 + 7 * bin + i % 64, 1), 0);
            size_t each = bytes_of (&cells) / cells.count;
            if (cells.count > ZC_CELLS_KEPT && each > most)
                most = each;
        }
        print_message ("%u bins a cell: at most %zu bytes, at %u cells %zu\n", bins, most, cells.count,
                       bytes_of (&cells) / cells.count);
        assert_true (most > sizeof (zc_cell_t) && most <= ZC_CELL_BYTES_MAX);
        zc_cells_term (&cells);
    }
}

/* Latencies are of the cells of a set, and go with them. */
static void test_cells_cleared_have_no_latencies (void **state)
{
    (void) state;
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    for (uint32_t round = 0; round < 3; round++) {
        assert_int_equal (cells.latencies.count, 0);
        assert_int_equal (zc_cells_reserve (&cells), 0);
        zc_cell_t *cell = zc_cells_at (&cells, ZC_MINUTE, MINUTE * round, 7);
        zc_sketches_count (&cells.latencies, (uint32_t) (cell - cells.cells), 9);
        assert_int_equal (cells.latencies.count, 1);
        zc_cells_clear (&cells);
    }
    zc_cells_term (&cells);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_cells_levels_are_a_minute_a_quarter_and_a_day),
        cmocka_unit_test (test_cells_measures_add_every_field),
        cmocka_unit_test (test_cells_of_other_levels_times_and_keys_are_others),
        cmocka_unit_test (test_cells_keep_their_sums_and_order_as_they_grow),
        cmocka_unit_test (test_cells_cleared_are_none_and_can_be_used_again),
        cmocka_unit_test (test_cells_take_few_bytes_each),
        cmocka_unit_test (test_cells_cleared_have_no_latencies),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
