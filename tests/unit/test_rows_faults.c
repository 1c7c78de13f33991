/* SPDX-License-Identifier: MPL-2.0
 *
 * test_rows_faults.c - what rows.h promises where a sum passes 64 bits, what a store holds is damaged, or memory fails.
 */
#include "core/window/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "rows_world.h"

/* -------------------------------------------------------------------- overflow */

static void test_rows_fail_where_a_sum_passes_64_bits (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (1, ZCOST_LLM_CALL);
    for (size_t measure = 0; measure < sizeof (zc_measures_t) / sizeof (int64_t); measure++)
        for (int sign = -1; sign <= 1; sign += 2)
            for (int64_t step_s = 0; step_s <= 60; step_s += 60) {
                zc_query_spec_t spec = ask_of (step_s ? ZC_SPEC_SERIES : ZC_SPEC_BREAKDOWN);
                zc_window_plan_t plan = plan_by (step_s);
                zc_measures_t most = {.events = 0}, one = {.events = 0};
                uint32_t point;
                ((int64_t *) &most) [measure] = sign > 0 ? INT64_MAX : INT64_MIN;
                ((int64_t *) &one) [measure] = sign;
                zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1);
                add_one (rows, 0, 0, most);
                add_one (rows, 0, 0, (zc_measures_t){.events = 0});
                /* In another step too: the row's sum counts. */
                assert_int_equal (zc_rows_add (rows, 600, 0, &one, &point), -1);
                assert_rows_failed (rows, "too_large");
                zc_rows_destroy (&rows);
            }
    zc_keys_destroy (&keys);
}

static void test_rows_fail_where_their_total_passes_64_bits (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (2, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    group_by (&spec, ZC_BY_MODEL, "model");
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 2);
    add_one (rows, 0, 0, (zc_measures_t){.input_tokens = INT64_MAX});
    add_one (rows, 0, 1, (zc_measures_t){.input_tokens = 1});
    zc_pack_t result = {.data = NULL};
    assert_int_equal (zc_rows_pack (rows, &result), -1);
    assert_rows_failed (rows, "too_large");
    zc_pack_term (&result);
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

/* Whatever failed first is what is told, and nothing is added or packed any more. */
static void test_rows_that_failed_stay_so (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (1, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    const zc_measures_t one = {.events = 1};
    const zc_span_t all = {ZC_MINUTE, INT64_MIN, INT64_MAX};
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1), *other = zc_rows_new (&spec, &plan, keys, 1);
    zc_cells_t cells;
    uint32_t point = add_one (rows, 0, 0, one);
    zc_pack_t result = {.data = NULL};
    assert_int_equal (zc_cells_init (&cells), 0);
    assert_int_equal (zc_rows_add_latency (rows, point, 5, 2), -1); /* more than there are events: damaged */
    assert_rows_failed (rows, "unavailable");
    assert_int_equal (zc_rows_add (rows, 0, 0, &(zc_measures_t){.events = INT64_MAX}, &point), -1);
    assert_int_equal (zc_rows_add_latency (rows, point, 5, 1), -1);
    assert_int_equal (zc_rows_add_cells (rows, &cells, &all), -1);
    assert_int_equal (zc_rows_add_rows (rows, other), -1);
    assert_int_equal (zc_rows_pack (rows, &result), -1);
    assert_int_equal (result.size, 0);
    assert_rows_failed (rows, "unavailable");
    assert_int_equal (zc_rows_add_rows (other, rows), -1);
    assert_rows_failed (other, "unavailable");
    zc_cells_term (&cells);
    zc_rows_destroy (&rows);
    zc_rows_destroy (&other);
    zc_keys_destroy (&keys);
}

/* --------------------------------------------------------------------- damage */

static void test_rows_refuse_damaged_latencies (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (1, ZCOST_LLM_CALL);
    static const struct {
        uint32_t bin;
        uint64_t events;
    } table [] = {{5, 4}, {5, UINT64_MAX}, {5, (uint64_t) 1 << 55}, {ZC_BINS, 1}, {UINT32_MAX, 1}};
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
        zc_window_plan_t plan = plan_by (0);
        zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1);
        uint32_t point = add_one (rows, 0, 0, (zc_measures_t){.events = 3});
        assert_int_equal (zc_rows_add_latency (rows, point, 5, 3), 0);
        assert_int_equal (zc_rows_add_latency (rows, point, table [i].bin, table [i].events), -1);
        assert_rows_failed (rows, "unavailable");
        zc_rows_destroy (&rows);
    }
    zc_keys_destroy (&keys);
}

static void test_rows_refuse_latencies_of_less_than_no_events (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (1, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1);
    uint32_t point = add_one (rows, 0, 0, (zc_measures_t){.events = -1});
    assert_int_equal (zc_rows_add_latency (rows, point, 5, (uint64_t) 1 << 30), -1);
    assert_rows_failed (rows, "unavailable");
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

/* ---------------------------------------------------------------------- memory */

/* Makes rows and an answer of them; -1 where it says that it could not. */
static int answer_of (const zc_query_spec_t *spec, const zc_window_plan_t *plan, const zc_keys_t *keys,
                      const zc_cells_t *cells)
{
    const zc_span_t all = {ZC_MINUTE, INT64_MIN, INT64_MAX};
    zc_rows_t *rows = zc_rows_new (spec, plan, keys, zc_keys_count (keys));
    zc_rows_t *other = rows ? zc_rows_new_part (rows) : NULL;
    zc_pack_t result = {.data = NULL};
    int rc = other ? 0 : -1;
    if (rc == 0 && (zc_rows_add_cells (rows, cells, &all) == -1 || zc_rows_add_cells (other, cells, &all) == -1 ||
                    zc_rows_add_rows (rows, other) == -1 || zc_rows_pack (rows, &result) == -1)) {
        const char *code;
        assert_true (zc_rows_failed (rows, &code) || zc_rows_failed (other, &code));
        assert_string_equal (code, "unavailable");
        assert_int_equal (result.size, 0);
        rc = -1;
    }
    zc_rows_destroy (&other);
    zc_rows_destroy (&rows);
    zc_pack_term (&result);
    return rc;
}

static void test_rows_without_memory_fail (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (300, ZCOST_LLM_CALL);
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    for (uint32_t key = 0; key < 300; key++) {
        zc_cell_t *cell = zc_cells_at (&cells, ZC_MINUTE, key % 7 * 60, key);
        cell->sums.events = 1;
        assert_int_equal (zc_sketches_add (&cells.latencies, key, key, 1), 0);
    }
    for (int64_t step_s = 0; step_s <= 60; step_s += 60) {
        zc_query_spec_t spec = ask_of (step_s ? ZC_SPEC_SERIES : ZC_SPEC_BREAKDOWN);
        zc_window_plan_t plan = plan_by (step_s);
        group_by (&spec, ZC_BY_MODEL, "model");
        int failed = 0;
        for (int n = 1;; n++, failed++) {
            fails_in = n;
            int rc = answer_of (&spec, &plan, keys, &cells);
            bool all = fails_in > 0;
            fails_in = 0;
            assert_int_equal (rc, all ? 0 : -1);
            if (all)
                break;
        }
        assert_true (failed > 10);
    }
    zc_cells_term (&cells);
    zc_keys_destroy (&keys);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rows_fail_where_a_sum_passes_64_bits),
        cmocka_unit_test (test_rows_fail_where_their_total_passes_64_bits),
        cmocka_unit_test (test_rows_that_failed_stay_so),
        cmocka_unit_test (test_rows_refuse_damaged_latencies),
        cmocka_unit_test (test_rows_refuse_latencies_of_less_than_no_events),
        cmocka_unit_test (test_rows_without_memory_fail),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
