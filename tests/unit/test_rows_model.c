/* SPDX-License-Identifier: MPL-2.0
 *
 * test_rows_model.c - what rows.h promises, against a model that keeps every cell and adds up by comparing texts.
 *
 * Random cells of all sizes, random questions, and the cells given one by one, in sets, and in other rows.
 */
#include "core/window/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rows_model.h"

/* ---------------------------------------------------------------------- answer */

static int ascending (const void *left, const void *right)
{
    return (int) *(const uint32_t *) left - (int) *(const uint32_t *) right;
}

static void assert_latencies (const msgpack_object *map, model_row_t *row)
{
    static const struct {
        const char *key;
        double q;
    } table [] = {{"latency_ms_p50", 0.5}, {"latency_ms_p95", 0.95}, {"latency_ms_p99", 0.99}};
    qsort (row->bins, row->bins_count, sizeof *row->bins, ascending);
    assert_integer (AT (map, "latency_events"), row->bins_count);
    for (size_t i = 0; i < COUNT (table); i++)
        if (row->bins_count == 0)
            assert_int_equal (AT (map, table [i].key)->type, MSGPACK_OBJECT_NIL);
        else {
            size_t rank = (size_t) (table [i].q * (double) (row->bins_count - 1));
            assert_double (AT (map, table [i].key), (double) zc_sketch_bin_us (row->bins [rank]) / 1000);
        }
}

static void assert_measures (const msgpack_object *map, model_row_t *row)
{
    char usd [48];
    int64_t cost = OF (row, cost_nanousd);
    assert_integer (AT (map, "events"), OF (row, events));
    assert_integer (AT (map, "unpriced_events"), OF (row, unpriced));
    assert_integer (AT (map, "measured_events"), OF (row, measured));
    assert_integer (AT (map, "cost_nanousd"), cost);
    snprintf (usd, sizeof usd, "%d.%09d", (int) (cost / 1000000000), (int) (cost % 1000000000));
    assert_text (AT (map, "cost_usd"), usd);
    assert_integer (AT (map, "baseline_nanousd"), OF (row, baseline_nanousd));
    assert_integer (AT (map, "savings_nanousd"), OF (row, baseline_nanousd) - (int64_t) row->routed_cost);
    assert_integer (AT (map, "assumed_baseline_nanousd"), OF (row, assumed_baseline_nanousd));
    assert_integer (AT (map, "assumed_savings_nanousd"),
                    OF (row, assumed_baseline_nanousd) - OF (row, assumed_cost_nanousd));
    assert_integer (AT (map, "input_tokens"), OF (row, input_tokens));
    assert_integer (AT (map, "cache_read_tokens"), OF (row, cache_read_tokens));
    assert_integer (AT (map, "cache_write_tokens"), OF (row, cache_write_tokens));
    assert_integer (AT (map, "output_tokens"), OF (row, output_tokens));
    assert_integer (AT (map, "reasoning_tokens"), OF (row, reasoning_tokens));
    assert_integer (AT (map, "hits"), OF (row, hits));
    assert_integer (AT (map, "misses"), OF (row, misses));
    assert_integer (AT (map, "saved_tokens"), OF (row, saved_tokens));
    assert_integer (AT (map, "cache_saved_nanousd"), OF (row, saved_nanousd));
    assert_integer (AT (map, "assumed_cache_saved_nanousd"), OF (row, assumed_saved_nanousd));
    assert_integer (AT (map, "prompt_cache_saved_nanousd"), OF (row, prompt_saved_nanousd));
    assert_double (AT (map, "time_saved_seconds"), (double) OF (row, saved_ns) / 1e9);
    assert_latencies (map, row);
}

static void assert_name (const msgpack_object *map, const zc_query_spec_t *spec, const char *expected)
{
    char name [600] = "";
    for (size_t i = 0; i < spec->by_count; i++) {
        char key [32];
        snprintf (key, sizeof key, "%.*s", (int) spec->by [i].name.size, spec->by [i].name.data);
        const msgpack_object *value = AT (map, key);
        assert_int_equal (value->type, MSGPACK_OBJECT_STR);
        sprintf (name + strlen (name), "%.*s\1", (int) value->via.str.size, value->via.str.ptr);
    }
    assert_string_equal (name, expected);
}

static model_row_t *step_in (model_t *steps, const char *name, int64_t step)
{
    for (size_t i = 0; i < steps->count; i++)
        if (steps->rows [i].step == step && strcmp (steps->rows [i].name, name) == 0)
            return &steps->rows [i];
    fail_msg ("no events in step %lld", (long long) step);
    return NULL;
}

/* Ascending, and as many as the row has steps with events. */
static void assert_points (const msgpack_object *points, const char *name, model_t *steps, const zc_window_plan_t *plan)
{
    size_t expected = 0;
    for (size_t i = 0; i < steps->count; i++)
        expected += strcmp (steps->rows [i].name, name) == 0;
    assert_int_equal (points->via.array.size, expected);
    int64_t before = INT64_MIN;
    for (size_t i = 0; i < expected; i++) {
        const msgpack_object *point = nth (points, i);
        int64_t t = AT (point, "t")->via.i64;
        assert_true (t > before && t % (plan->step_s * 1000) == 0);
        assert_measures (point, step_in (steps, name, t / 1000 / plan->step_s));
        assert_int_equal (point->via.map.size, 26);
        before = t;
    }
}

static void assert_total (const msgpack_object *total, const model_t *model)
{
    static model_row_t sum;
    memset (&sum, 0, sizeof sum);
    for (size_t i = 0; i < model->count; i++) {
        const model_row_t *row = &model->rows [i];
        for (size_t j = 0; j < MEASURES; j++)
            sum.sums [j] += row->sums [j];
        sum.routed_cost += row->routed_cost;
        memcpy (sum.bins + sum.bins_count, row->bins, row->bins_count * sizeof *row->bins);
        sum.bins_count += row->bins_count;
    }
    assert_measures (total, &sum);
    assert_int_equal (total->via.map.size, 25);
}

static void assert_answer (const msgpack_object *result, const zc_query_spec_t *spec, const zc_window_plan_t *plan,
                           model_t *model, model_t *steps)
{
    size_t shown = model->count < spec->rows_max ? model->count : spec->rows_max;
    assert_integer (AT (result, "rows_left_out"), (int64_t) (model->count - shown));
    assert_int_equal (AT (result, "by")->via.array.size, spec->by_count);
    assert_int_equal (AT (result, "rows")->via.array.size, shown);
    for (size_t i = 0; i < shown; i++) {
        const msgpack_object *row = nth (AT (result, "rows"), i);
        assert_name (row, spec, model->rows [i].name);
        if (plan->step_s > 0)
            assert_points (AT (row, "points"), model->rows [i].name, steps, plan);
        else
            assert_measures (row, &model->rows [i]);
        assert_int_equal (row->via.map.size, spec->by_count + (plan->step_s > 0 ? 1 : 25));
    }
    if (plan->step_s == 0)
        assert_total (AT (result, "total"), model);
}

/* ------------------------------------------------------------------------- add */

static void put_into (zc_cells_t *cells, const world_cell_t *cell)
{
    zc_cell_t *place = zc_cells_at (cells, cell->cell.level, cell->cell.start_s, cell->cell.key);
    assert_non_null (place);
    zc_measures_add (&place->sums, &cell->cell.sums);
    for (uint32_t i = 0; i < cell->bins_count; i++)
        assert_int_equal (zc_sketches_add (&cells->latencies, (uint32_t) (place - cells->cells), cell->bins [i], 1), 0);
}

static void add_alone (zc_rows_t *rows, const world_cell_t *cell, const zc_window_plan_t *plan)
{
    uint32_t point;
    if (cell->cell.start_s < plan->since_s || cell->cell.start_s >= plan->until_s)
        return;
    int rc = zc_rows_add (rows, cell->cell.start_s, cell->cell.key, &cell->cell.sums, &point);
    assert_int_not_equal (rc, -1);
    for (uint32_t i = 0; i < cell->bins_count && rc == 0; i++)
        assert_int_equal (zc_rows_add_latency (rows, point, cell->bins [i], 1), 0);
}

/* Each cell into one of `parts` ways: itself; a set of cells; other rows, by themselves or in a set. */
static void add_all (zc_rows_t *rows, const world_t *world, const zc_query_spec_t *spec, const zc_window_plan_t *plan,
                     uint32_t parts)
{
    const zc_span_t window = {ZC_MINUTE, plan->since_s, plan->until_s};
    zc_rows_t *other =
        random_below (2) ? zc_rows_new_part (rows) : zc_rows_new (spec, plan, world->keys, zc_keys_count (world->keys));
    zc_cells_t sets [2];
    assert_non_null (other);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal (zc_cells_init (&sets [i]), 0);
    for (size_t i = 0; i < CELLS; i++)
        switch (random_below (parts)) {
        case 0:
            add_alone (rows, &world->cells [i], plan);
            break;
        case 1:
            put_into (&sets [0], &world->cells [i]);
            break;
        case 2:
            put_into (&sets [1], &world->cells [i]);
            break;
        default:
            add_alone (other, &world->cells [i], plan);
        }
    assert_int_equal (zc_rows_add_cells (rows, &sets [0], &window), 0);
    assert_int_equal (zc_rows_add_cells (other, &sets [1], &window), 0);
    assert_int_equal (zc_rows_add_rows (rows, other), 0);
    for (size_t i = 0; i < 2; i++)
        zc_cells_term (&sets [i]);
    zc_rows_destroy (&other);
}

/* -------------------------------------------------------------------- questions */

static zc_query_spec_t any_ask (void)
{
    static const struct {
        zc_by_t by;
        const char *name, *values [4];
    } dimensions [] = {
        {ZC_BY_TYPE, "type", {"query_router", "llm_call", "rag_parallel", "nothing"}},
        {ZC_BY_SERVICE, "service", {"search", "chat", "other", ""}},
        {ZC_BY_TIER, "tier", {"simple", "", "complex", "simple"}},
        {ZC_BY_MODEL, "model", {"gpt-4o", "", "other", "gpt"}},
        {ZC_BY_PROVIDER, "provider", {"openai", "", "other", "x"}},
        {ZC_BY_TAG, "team", {"a", "b", "", "other"}},
        {ZC_BY_TAG, "env", {"prod", "dev", "", "other"}},
        {ZC_BY_TAG, "nowhere", {"", "other", "x", ""}},
    };
    zc_query_spec_t spec = ask_of (random_below (2) ? ZC_SPEC_BREAKDOWN : ZC_SPEC_SERIES);
    for (size_t i = 0; i < COUNT (dimensions); i++) {
        if (random_below (4) == 0)
            group_by (&spec, dimensions [i].by, dimensions [i].name);
        if (random_below (8) == 0)
            only_where (&spec, dimensions [i].by, dimensions [i].name, dimensions [i].values [random_below (4)]);
    }
    if (random_below (4) == 0)
        spec.rows_max = random_below (5);
    return spec;
}

static zc_window_plan_t any_plan (const zc_query_spec_t *spec)
{
    static const int64_t steps [] = {60, 900, 3600, 86400, 172800};
    zc_window_plan_t plan = plan_by (spec->asked == ZC_SPEC_SERIES ? steps [random_below (COUNT (steps))] : 0);
    if (random_below (2)) {
        plan.since_s = WORLD_START_S + random_below (2 * 86400);
        plan.until_s = plan.since_s + random_below (2 * 86400);
    }
    return plan;
}

static void test_rows_are_the_model_s_however_cells_come (void **state)
{
    (void) state;
    static world_t world;
    static model_t model, steps;
    for (int round = 0; round < 60; round++) {
        world_begin (&world);
        for (int question = 0; question < 10; question++) {
            zc_query_spec_t spec = any_ask ();
            zc_window_plan_t plan = any_plan (&spec);
            zc_rows_t *rows = zc_rows_new (&spec, &plan, world.keys, zc_keys_count (world.keys));
            assert_non_null (rows);
            add_all (rows, &world, &spec, &plan, 1 + random_below (4));
            model_make (&model, &steps, &world, &spec, &plan);
            opened_t answer = packed (rows);
            assert_answer (&answer.root, &spec, &plan, &model, &steps);
            close_bytes (&answer);
            zc_rows_destroy (&rows);
        }
        zc_keys_destroy (&world.keys);
    }
}

/* The sums that are handed out are those that are shown, over all steps. */
static void test_rows_sums_are_those_of_the_model (void **state)
{
    (void) state;
    static world_t world;
    static model_t model, steps;
    world_begin (&world);
    for (int question = 0; question < 40; question++) {
        zc_query_spec_t spec = any_ask ();
        zc_window_plan_t plan = any_plan (&spec);
        zc_rows_t *rows = zc_rows_new (&spec, &plan, world.keys, zc_keys_count (world.keys));
        add_all (rows, &world, &spec, &plan, 4);
        model_make (&model, &steps, &world, &spec, &plan);
        size_t with_events = 0;
        for (size_t row = 0; row < zc_rows_count (rows); row++) {
            char name [600] = "";
            for (size_t by = 0; by < spec.by_count; by++) {
                zc_str_t value = zc_rows_value (rows, row, by);
                sprintf (name + strlen (name), "%.*s\1", (int) value.size, value.data);
            }
            if (zc_rows_sums (rows, row)->sums.events == 0 && spec.by_count > 0)
                continue;
            const model_row_t *expected = step_in (&model, name, model.rows [0].step);
            for (size_t i = 0; i < MEASURES; i++)
                assert_true (expected->sums [i] == ((const int64_t *) &zc_rows_sums (rows, row)->sums) [i]);
            assert_true (expected->routed_cost == zc_rows_sums (rows, row)->routed_cost_nanousd);
            with_events++;
        }
        assert_int_equal (with_events, model.count);
        zc_rows_destroy (&rows);
    }
    zc_keys_destroy (&world.keys);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rows_are_the_model_s_however_cells_come),
        cmocka_unit_test (test_rows_sums_are_those_of_the_model),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
