/* SPDX-License-Identifier: MPL-2.0
 *
 * test_rows.c - the limits and the order that rows.h promises. Sums are in test_rows_model.c, what fails in
 * test_rows_faults.c.
 */
#include "core/window/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rows_world.h"

/* ------------------------------------------------------------------------ rows */

static void test_rows_without_dimensions_are_one (void **state)
{
    (void) state;
    for (uint32_t count = 0; count < 3; count++) {
        zc_keys_t *keys = keys_of (count, ZCOST_LLM_CALL);
        zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
        zc_window_plan_t plan = plan_by (0);
        zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, count);
        opened_t answer = packed (rows);
        ASSERT_KEYS (&answer.root, "since", "until", "by", "rows", "rows_left_out", "total");
        assert_integer (AT (&answer.root, "since"), 5);
        assert_integer (AT (&answer.root, "until"), 6);
        assert_int_equal (AT (&answer.root, "rows")->via.array.size, 1);
        assert_integer (AT (nth (AT (&answer.root, "rows"), 0), "events"), 0);
        close_bytes (&answer);
        zc_rows_destroy (&rows);
        zc_keys_destroy (&keys);
    }
}

/* What was not there when the question was taken up, and what is not asked for, is passed over. */
static void test_rows_pass_over_keys_not_asked_for (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (3, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    const zc_measures_t sums = {.events = 1};
    uint32_t point = 77;
    only_where (&spec, ZC_BY_MODEL, "model", "s1");
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 2);
    assert_int_equal (zc_rows_add (rows, 0, 0, &sums, &point), 1);
    assert_int_equal (zc_rows_add (rows, 0, 2, &sums, &point), 1);
    assert_int_equal (zc_rows_add (rows, 0, UINT32_MAX, &sums, &point), 1);
    assert_int_equal (zc_rows_add (rows, 0, 1, &sums, &point), 0);
    assert_int_equal (zc_rows_sums (rows, 0)->sums.events, 1);
    const char *code;
    assert_null (zc_rows_failed (rows, &code));
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

static void test_rows_show_so_many_and_count_the_rest (void **state)
{
    (void) state;
    const uint32_t count = ZC_ROWS_MAX + 100;
    zc_keys_t *keys = keys_of (count, ZCOST_LLM_CALL);
    static const uint32_t limits [] = {0, 1, 9999, ZC_ROWS_MAX};
    for (size_t i = 0; i < COUNT (limits); i++) {
        zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
        zc_window_plan_t plan = plan_by (0);
        group_by (&spec, ZC_BY_MODEL, "model");
        spec.rows_max = limits [i];
        zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, count);
        for (uint32_t key = 0; key < count; key++)
            add_one (rows, 0, key, (zc_measures_t){.events = 1, .cost_nanousd = key});
        opened_t answer = packed (rows);
        const msgpack_object *shown = AT (&answer.root, "rows");
        assert_int_equal (shown->via.array.size, limits [i]);
        assert_integer (AT (&answer.root, "rows_left_out"), count - limits [i]);
        assert_integer (AT (&answer.root, "total", "events"), count);
        assert_integer (AT (&answer.root, "total", "cost_nanousd"), (int64_t) count * (count - 1) / 2);
        for (uint32_t row = 0; row < limits [i]; row += 97)
            assert_integer (AT (nth (shown, row), "cost_nanousd"), count - 1 - row);
        close_bytes (&answer);
        zc_rows_destroy (&rows);
    }
    zc_keys_destroy (&keys);
}

/* Cost, then events, then bytes: as unsigned ones, a name before those that it begins. */
static void test_rows_break_ties (void **state)
{
    (void) state;
    static const struct {
        const char *model;
        int64_t cost, events;
    } table [] = {{"z", 5, 1},  {"y", 4, 9}, {"", 4, 8},         {"a", 4, 8},
                  {"ab", 4, 8}, {"b", 4, 8}, {"\xc3\xa9", 4, 8}, {"x", 0, 1}};
    zc_keys_t *keys = zc_keys_new (100, &(zc_siphash_secret_t){{1, 2}});
    for (size_t i = COUNT (table); i-- > 0;)
        key_in (keys, ZCOST_LLM_CALL, "default", "", table [i].model, "", str_of (""));
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    group_by (&spec, ZC_BY_MODEL, "model");
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, COUNT (table));
    for (uint32_t i = 0; i < COUNT (table); i++)
        add_one (rows, 0, (uint32_t) COUNT (table) - 1 - i,
                 (zc_measures_t){.events = table [i].events, .cost_nanousd = table [i].cost});
    opened_t answer = packed (rows);
    for (size_t i = 0; i < COUNT (table); i++)
        assert_text (AT (nth (AT (&answer.root, "rows"), i), "model"), table [i].model);
    close_bytes (&answer);
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

/* Only queries have a baseline: what calls cost is no part of what was saved. */
static void test_rows_take_savings_from_queries_only (void **state)
{
    (void) state;
    zc_keys_t *keys = zc_keys_new (10, &(zc_siphash_secret_t){{1, 2}});
    uint32_t query = key_in (keys, ZCOST_QUERY_ROUTER, "s", "simple", "", "", str_of (""));
    uint32_t call = key_in (keys, ZCOST_LLM_CALL, "s", "", "", "", str_of (""));
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    group_by (&spec, ZC_BY_SERVICE, "service");
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 2);
    add_one (rows, 0, query, (zc_measures_t){.events = 1, .cost_nanousd = 100, .baseline_nanousd = 30});
    add_one (rows, 0, call, (zc_measures_t){.events = 1, .cost_nanousd = 1000});
    opened_t answer = packed (rows);
    const msgpack_object *row = nth (AT (&answer.root, "rows"), 0);
    assert_integer (AT (row, "cost_nanousd"), 1100);
    assert_integer (AT (row, "savings_nanousd"), -70);
    close_bytes (&answer);
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

/* ---------------------------------------------------------------------- series */

static void test_rows_bear_so_many_points (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (1000, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_SERIES);
    zc_window_plan_t plan = plan_by (60);
    const zc_measures_t one = {.events = 1};
    uint32_t point;
    group_by (&spec, ZC_BY_MODEL, "model");
    spec.rows_max = 1; /* those not shown count too */
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1000);
    for (int64_t step = 0; step < ZC_SERIES_POINTS_MAX / 1000; step++)
        for (uint32_t key = 0; key < 1000; key++)
            add_one (rows, step * 60, key, one);
    /* What falls into a point that is there makes none. */
    for (uint32_t key = 0; key < 1000; key++)
        add_one (rows, 59, key, one);
    opened_t answer = packed (rows);
    ASSERT_KEYS (&answer.root, "step", "start", "since", "until", "by", "rows", "rows_left_out");
    assert_int_equal (AT (nth (AT (&answer.root, "rows"), 0), "points")->via.array.size, ZC_SERIES_POINTS_MAX / 1000);
    close_bytes (&answer);
    assert_int_equal (zc_rows_add (rows, ZC_SERIES_POINTS_MAX * 60, 0, &one, &point), -1);
    assert_rows_failed (rows, "too_large");
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

static void test_rows_have_steps_since_the_epoch (void **state)
{
    (void) state;
    static const struct {
        int64_t start_s, t_ms;
    } table [] = {{0, 0}, {60, 0}, {3599, 0}, {3600, 3600000}, {-1, -3600000}, {-3600, -3600000}, {-3601, -7200000}};
    zc_keys_t *keys = keys_of (1, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_SERIES);
    zc_window_plan_t plan = plan_by (3600);
    plan.start_s = -7200;
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1);
        add_one (rows, table [i].start_s, 0, (zc_measures_t){.events = 1});
        opened_t answer = packed (rows);
        assert_integer (AT (&answer.root, "step"), 3600);
        assert_integer (AT (&answer.root, "start"), -7200000);
        assert_integer (AT (nth (AT (nth (AT (&answer.root, "rows"), 0), "points"), 0), "t"), table [i].t_ms);
        close_bytes (&answer);
        zc_rows_destroy (&rows);
    }
    zc_keys_destroy (&keys);
}

/* ------------------------------------------------------------------- latencies */

/* More events in a bin than one count holds. */
static void test_rows_bear_many_latencies_in_a_bin (void **state)
{
    (void) state;
    const int64_t many = 3 * (int64_t) ZC_BIN_EVENTS_MAX + 5;
    zc_keys_t *keys = keys_of (2, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    group_by (&spec, ZC_BY_MODEL, "model");
    zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 2);
    uint32_t first = add_one (rows, 0, 0, (zc_measures_t){.events = many, .cost_nanousd = 1});
    assert_int_equal (zc_rows_add_latency (rows, first, 100, (uint64_t) many), 0);
    uint32_t second = add_one (rows, 0, 1, (zc_measures_t){.events = many});
    assert_int_equal (zc_rows_add_latency (rows, second, 100, (uint64_t) many / 4), 0);
    assert_int_equal (zc_rows_add_latency (rows, second, 1000, (uint64_t) (many - many / 4)), 0);
    opened_t answer = packed (rows);
    const double high = (double) zc_sketch_bin_us (1000) / 1000;
    assert_integer (AT (&answer.root, "total", "latency_events"), 2 * many);
    assert_double (AT (&answer.root, "total", "latency_ms_p50"), 0.1);
    assert_double (AT (&answer.root, "total", "latency_ms_p95"), high);
    assert_integer (AT (nth (AT (&answer.root, "rows"), 0), "latency_events"), many);
    assert_double (AT (nth (AT (&answer.root, "rows"), 0), "latency_ms_p99"), 0.1);
    assert_double (AT (nth (AT (&answer.root, "rows"), 1), "latency_ms_p50"), high);
    close_bytes (&answer);
    zc_rows_destroy (&rows);
    zc_keys_destroy (&keys);
}

/* ----------------------------------------------------------------------- cells */

static void test_rows_take_cells_that_start_in_the_span (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_of (1, ZCOST_LLM_CALL);
    zc_query_spec_t spec = ask_of (ZC_SPEC_BREAKDOWN);
    zc_window_plan_t plan = plan_by (0);
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    /* The cell at minute n has 10^n events. */
    static const int64_t events [] = {1, 10, 100, 1000};
    for (size_t i = 0; i < COUNT (events); i++)
        zc_cells_at (&cells, i == 0 ? ZC_DAY : ZC_MINUTE, 86400 + (int64_t) i * 60, 0)->sums.events = events [i];
    static const struct {
        int64_t since_s, until_s, events;
    } table [] = {{INT64_MIN, INT64_MAX, 1111}, {86400, 86401, 1},        {86401, 86400 + 180, 110}, {86460, 86460, 0},
                  {86460, 86400 + 181, 1110},   {INT64_MAX, INT64_MIN, 0}};
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_rows_t *rows = zc_rows_new (&spec, &plan, keys, 1);
        const zc_span_t span = {ZC_DAY, table [i].since_s, table [i].until_s};
        assert_int_equal (zc_rows_add_cells (rows, &cells, &span), 0);
        assert_int_equal (zc_rows_sums (rows, 0)->sums.events, table [i].events);
        zc_rows_destroy (&rows);
    }
    zc_cells_term (&cells);
    zc_keys_destroy (&keys);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rows_without_dimensions_are_one),
        cmocka_unit_test (test_rows_pass_over_keys_not_asked_for),
        cmocka_unit_test (test_rows_show_so_many_and_count_the_rest),
        cmocka_unit_test (test_rows_break_ties),
        cmocka_unit_test (test_rows_take_savings_from_queries_only),
        cmocka_unit_test (test_rows_bear_so_many_points),
        cmocka_unit_test (test_rows_have_steps_since_the_epoch),
        cmocka_unit_test (test_rows_bear_many_latencies_in_a_bin),
        cmocka_unit_test (test_rows_take_cells_that_start_in_the_span),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
