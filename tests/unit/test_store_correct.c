/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_correct.c - what store.h promises of corrections: all or none, in each bucket, and nothing else.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores.h"

/* Two keys in two minutes of two quarters; what a ledger counted as unpriced. */
static ground_t corrected_ground (void)
{
    ground_t ground = ground_new ();
    static const zc_unpriced_t unpriced [] = {{{"old", 3}, 5}, {{"new", 3}, 7}};
    for (uint32_t key = 0; key < 2; key++) {
        add_key (&ground.draft, key ? "b" : "a");
        spend (&ground.draft, ZC_MINUTE, MINUTE_S, key, 1000);
        spend (&ground.draft, ZC_MINUTE, MINUTE_S + 900, key, 2000);
        lag (&ground.draft, ZC_MINUTE, MINUTE_S, key, 500, 1);
    }
    ground.draft.checkpoint.unpriced = unpriced;
    ground.draft.checkpoint.unpriced_count = 2;
    ground.draft.checkpoint.counters.prompt_saved_magnitude = 10;
    commit (&ground.draft, ground.store);
    zc_cells_clear (&ground.draft.cells);
    return ground;
}

static int correct (ground_t *ground, const zc_unpriced_change_t *unpriced, size_t count)
{
    return zc_store_correct (ground->store, &ground->draft.cells, unpriced, count);
}

static void assert_costs (const ground_t *ground, const char *minutes, const char *quarters, const char *days,
                          const char *ever)
{
    static const char *const tables [] = {"minute", "quarter", "day", "ever"};
    const char *const expected [] = {minutes, quarters, days, ever};
    for (int i = 0; i < 4; i++) {
        char sql [128];
        snprintf (sql, sizeof sql, "SELECT group_concat (cost_nanousd) FROM (SELECT * FROM %s ORDER BY %s)", tables [i],
                  i < 3 ? "start, key" : "key");
        assert_query (&ground->place, sql, expected [i]);
    }
}

static void test_store_corrects_in_each_bucket (void **state)
{
    (void) state;
    ground_t ground = corrected_ground ();
    const zc_unpriced_change_t changes [] = {{str ("old"), -5}, {str ("new"), -6}, {str ("newer"), 3}, {str ("x"), 0}};
    assert_int_equal (zc_store_correct_begin (ground.store), 0);
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, 0)->cost_nanousd = -400;
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S + 900, 1)->cost_nanousd = 50;
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S + 900, 1)->prompt_saved_nanousd = -70;
    assert_int_equal (correct (&ground, changes, 4), 0);
    zc_cells_clear (&ground.draft.cells);
    cell_at (&ground.draft, ZC_QUARTER, MINUTE_S, 1)->cost_nanousd = -1; /* what was too old for minutes */
    cell_at (&ground.draft, ZC_DAY, MINUTE_S, 0)->prompt_saved_nanousd = 20;
    assert_int_equal (correct (&ground, NULL, 0), 0);
    assert_int_equal (zc_store_correct_end (ground.store, true), 0);
    assert_costs (&ground, "600,1000,2000,2050", "600,999,2000,2050", "2600,3049", "2600,3049");
    assert_query (&ground.place, "SELECT group_concat (prompt_saved_nanousd) FROM ever", "20,-70");
    assert_query (&ground.place, "SELECT group_concat (model || events) FROM unpriced", "new1,newer3");
    assert_query (&ground.place, "SELECT sequence FROM checkpoint", "1");
    assert_sound (ground.store);
    loaded_t *loaded = load_from (ground.store);
    assert_int_equal (loaded->state.counters.prompt_saved_magnitude, 10 + 70 + 20);
    loaded_end (loaded);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, 0, 1); /* the next checkpoint finds its place */
    commit (&ground.draft, ground.store);
    ground_end (&ground);
}

static void test_store_keeps_no_correction_that_is_given_up (void **state)
{
    (void) state;
    ground_t ground = corrected_ground ();
    const zc_unpriced_change_t change = {str ("old"), -1};
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, 0)->cost_nanousd = -400;
    assert_int_equal (zc_store_correct_begin (ground.store), 0);
    assert_int_equal (correct (&ground, &change, 1), 0);
    assert_int_equal (zc_store_correct_end (ground.store, false), 0);
    assert_costs (&ground, "1000,1000,2000,2000", "1000,1000,2000,2000", "3000,3000", "3000,3000");
    assert_query (&ground.place, "SELECT group_concat (model || events) FROM unpriced", "old5,new7");
    ground_end (&ground);
}

static void test_store_refuses_corrections_that_cannot_be (void **state)
{
    (void) state;
    static const struct {
        zc_time_bucket_t level;
        int64_t start_s;
        uint32_t key;
        int64_t cost;
        const char *words;
    } cases [] = {
        {ZC_MINUTE, MINUTE_S, 0, -1001, "negative"},         {ZC_MINUTE, MINUTE_S + 60, 0, 1, "no such cell"},
        {ZC_MINUTE, MINUTE_S, 2, 1, "no such cell"},         {ZC_QUARTER, MINUTE_S + 1800, 1, 0, "no such cell"},
        {ZC_MINUTE, MINUTE_S, 0, INT64_MAX - 999, "minute"}, {ZC_DAY, MINUTE_S, 0, INT64_MIN, "negative"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ground_t ground = corrected_ground ();
        assert_int_equal (zc_store_correct_begin (ground.store), 0);
        cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, 1)->cost_nanousd = 1; /* a good one before it */
        assert_int_equal (correct (&ground, NULL, 0), 0);
        zc_cells_clear (&ground.draft.cells);
        zc_measures_t *sums = cell_at (&ground.draft, cases [i].level, cases [i].start_s, cases [i].key);
        sums->cost_nanousd = cases [i].cost;
        assert_int_equal (correct (&ground, NULL, 0), -1);
        if (i != 4) /* there SQLite speaks */
            assert_non_null (strstr (zc_store_why (ground.store), cases [i].words));
        assert_int_equal (zc_store_correct_end (ground.store, true), -1);
        assert_costs (&ground, "1000,1000,2000,2000", "1000,1000,2000,2000", "3000,3000", "3000,3000");
        assert_int_equal (zc_store_correct_begin (ground.store), 0); /* it may be tried again */
        assert_int_equal (zc_store_correct_end (ground.store, true), 0);
        ground_end (&ground);
    }
}

static void test_store_refuses_to_take_off_more_than_was_unpriced (void **state)
{
    (void) state;
    ground_t ground = corrected_ground ();
    const zc_unpriced_change_t changes [] = {{str ("old"), -6}, {str ("none"), -1}, {str ("old"), INT64_MIN}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal (zc_store_correct_begin (ground.store), 0);
        assert_int_equal (correct (&ground, &changes [i], 1), -1);
        assert_non_null (strstr (zc_store_why (ground.store), "unpriced"));
        assert_int_equal (zc_store_correct_end (ground.store, true), -1);
    }
    assert_query (&ground.place, "SELECT group_concat (model || events) FROM unpriced", "old5,new7");
    ground_end (&ground);
}

static void test_store_passes_over_corrections_of_buckets_that_are_gone (void **state)
{
    (void) state;
    ground_t ground = corrected_ground ();
    bool more;
    const zc_horizon_t horizon = {.before_s [ZC_MINUTE] = MINUTE_S + 100, .before_s [ZC_QUARTER] = MINUTE_S + 900};
    assert_int_equal (zc_store_trim (ground.store, &horizon, &more), 0);
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, 0)->cost_nanousd = -400;
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S + 900, 0)->cost_nanousd = -400;
    assert_int_equal (zc_store_correct_begin (ground.store), 0);
    assert_int_equal (correct (&ground, NULL, 0), 0);
    assert_int_equal (zc_store_correct_end (ground.store, true), 0);
    assert_costs (&ground, "1600,2000", "1600,2000", "2200,3000", "2200,3000");
    /* The first one that is kept must be there. */
    zc_cells_clear (&ground.draft.cells);
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S + 60, 0)->cost_nanousd = 0;
    assert_int_equal (zc_store_correct_begin (ground.store), 0);
    assert_int_equal (correct (&ground, NULL, 0), -1);
    assert_int_equal (zc_store_correct_end (ground.store, false), -1);
    assert_sound (ground.store);
    ground_end (&ground);
}

static void test_store_corrects_only_in_turn (void **state)
{
    (void) state;
    ground_t ground = corrected_ground ();
    assert_int_equal (correct (&ground, NULL, 0), -1);
    assert_int_equal (zc_store_correct_end (ground.store, true), -1);
    assert_int_equal (zc_store_correct_begin (ground.store), 0);
    assert_int_equal (zc_store_correct_begin (ground.store), -1);
    assert_int_equal (try_commit (&ground.draft, ground.store), -1);
    assert_int_equal (zc_store_correct_end (ground.store, true), 0);
    commit (&ground.draft, ground.store);
    zc_store_close (&ground.store);
    char why [256];
    ground.store = zc_store_open_read_only (ground.place.path, why);
    assert_int_equal (zc_store_correct_begin (ground.store), -1);
    ground_end (&ground);
}

static int count_repricing (void *argument, const zc_repricing_t *row)
{
    (void) row;
    (*(int *) argument)++;
    return 0;
}

static void test_store_hands_out_no_repricing_that_ends_nowhere (void **state)
{
    (void) state;
    int taken = 0;
    ground_t ground = corrected_ground ();
    run_sql (&ground.place, "INSERT INTO repricing VALUES (1, 0, 1, 64, 0, '', x'')");
    assert_int_equal (zc_store_each_repricing (ground.store, count_repricing, &taken), 0);
    assert_int_equal (taken, 1);
    run_sql (&ground.place, "UPDATE repricing SET segment = -1");
    assert_int_equal (zc_store_each_repricing (ground.store, count_repricing, &taken), -1);
    assert_non_null (strstr (zc_store_why (ground.store), "position of a re-pricing"));
    assert_int_equal (taken, 1);
    ground_end (&ground);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_corrects_in_each_bucket),
        cmocka_unit_test (test_store_keeps_no_correction_that_is_given_up),
        cmocka_unit_test (test_store_refuses_corrections_that_cannot_be),
        cmocka_unit_test (test_store_refuses_to_take_off_more_than_was_unpriced),
        cmocka_unit_test (test_store_passes_over_corrections_of_buckets_that_are_gone),
        cmocka_unit_test (test_store_corrects_only_in_turn),
        cmocka_unit_test (test_store_hands_out_no_repricing_that_ends_nowhere),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
