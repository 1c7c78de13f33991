/* SPDX-License-Identifier: MPL-2.0
 *
 * test_budget.c - what budget.h promises of sums, periods and thresholds.
 */
#include "core/budget/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "budgets.h"
#include "seed.h"

/* ------------------------------------------------------------------------- sums */

static void test_budget_is_the_base_and_what_changed (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (100 * USD));
    set_base (self, 7 * USD);
    spend (self, "search", SINCE + 60, 2 * USD);
    spend (self, "chat", SINCE + 120, 3 * USD);
    assert_int_equal (spent (self), 12 * USD);
    spend (self, "chat", SINCE + 120, 1 * USD); /* the same cell */
    assert_int_equal (spent (self), 13 * USD);
}

static void test_budget_sums_its_period_only (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (100 * USD));
    set_base (self, 0);
    spend (self, "search", SINCE - 60, 64 * USD);
    spend (self, "search", SINCE, 1 * USD);
    spend (self, "search", UNTIL - 60, 2 * USD);
    spend (self, "search", UNTIL, 32 * USD);
    assert_int_equal (spent (self), 3 * USD);
}

/* A base that was widened takes in what is before the period; so do changes. */
static void test_budget_sums_from_where_its_base_does (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (100 * USD));
    zc_budgets_set_base (self->budgets, 0, SINCE, SINCE - 900, 1 * USD);
    spend (self, "search", SINCE - 900, 2 * USD);
    spend (self, "search", SINCE - 901, 32 * USD);
    assert_int_equal (spent (self), 3 * USD);
}

static void test_budget_goes_on_over_checkpoints (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (100 * USD));
    set_base (self, 5 * USD);
    for (int i = 1; i <= 20; i++) {
        spend (self, "search", SINCE + i * 60, 1 * USD);
        spend (self, "search", SINCE - i * 60, 1 * USD);
        assert_int_equal (spent (self), (5 + i) * USD);
        if (i % 3 == 0)
            checkpoint (self);
        assert_int_equal (spent (self), (5 + i) * USD);
    }
}

/* What was given to checkpoints before the base was known is in the base. */
static void test_budget_without_a_base_adds_nothing_up (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (100 * USD));
    spend (self, "search", SINCE + 60, 64 * USD);
    checkpoint (self);
    set_base (self, 64 * USD);
    spend (self, "search", SINCE + 60, 1 * USD);
    assert_int_equal (spent (self), 65 * USD);
}

static void test_budget_sums_what_its_filter_takes_in (void **state)
{
    spending_t *self = *state;
    static const struct {
        const char *dimension, *value;
        int64_t sum;
    } table [] = {
        {"service", "search", 1 + 2 + 4},     {"service", "chat", 8 + 16}, {"service", "nobody", 0},
        {"model", "gpt-4o", 1 + 8},           {"provider", "azure", 2},    {"tier", "simple", 4},
        {"type", "llm_call", 1 + 2 + 8 + 16}, {"type", "query_router", 4}, {"team", "core", 16},
    };
    static const zc_dimensions_t keys [] = {
        {ZCOST_LLM_CALL, .service = {"search", 6}, .model = {"gpt-4o", 6}},
        {ZCOST_LLM_CALL, .service = {"search", 6}, .model = {"o3", 2}, .provider = {"azure", 5}},
        {ZCOST_QUERY_ROUTER, .service = {"search", 6}, .tier = {"simple", 6}},
        {ZCOST_LLM_CALL, .service = {"chat", 4}, .model = {"gpt-4o", 6}},
        {ZCOST_LLM_CALL, .service = {"chat", 4}, .model = {"o3", 2}, .tags = {"\4team\4core", 10}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        begin (self, where (monthly (100 * USD), table [i].dimension, table [i].value));
    set_base (self, 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        spend_key (self, &keys [i], ZC_MINUTE, SINCE + 60, 1 << i);
    look (self, NOW);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal (spent_of (self, i), table [i].sum);
}

static void test_budget_takes_in_what_passes_all_of_its_filter (void **state)
{
    spending_t *self = *state;
    begin (self, where (where (monthly (100 * USD), "service", "search"), "model", "o3"));
    set_base (self, 0);
    spend_key (self, &(zc_dimensions_t){ZCOST_LLM_CALL, .service = {"search", 6}}, ZC_MINUTE, SINCE, 1);
    spend_key (self, &(zc_dimensions_t){ZCOST_LLM_CALL, .model = {"o3", 2}}, ZC_MINUTE, SINCE, 2);
    spend_key (self, &(zc_dimensions_t){ZCOST_LLM_CALL, .service = {"search", 6}, .model = {"o3", 2}}, ZC_MINUTE, SINCE,
               4);
    assert_int_equal (spent (self), 4);
}

/* Late events are in coarser cells. */
static void test_budget_sums_cells_of_any_level (void **state)
{
    spending_t *self = *state;
    const zc_dimensions_t key = {ZCOST_LLM_CALL, .service = {"search", 6}};
    begin (self, monthly (100 * USD));
    set_base (self, 0);
    spend_key (self, &key, ZC_MINUTE, SINCE, 1);
    spend_key (self, &key, ZC_QUARTER, SINCE, 2);
    spend_key (self, &key, ZC_DAY, SINCE, 4);
    assert_int_equal (spent (self), 7);
}

static void test_budget_stops_at_what_64_bits_hold (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (100 * USD));
    set_base (self, INT64_MAX - 5);
    spend (self, "search", SINCE, 3);
    assert_int_equal (spent (self), INT64_MAX - 2);
    spend (self, "chat", SINCE, INT64_MAX - 1);
    assert_int_equal (spent (self), INT64_MAX);
    checkpoint (self);
    spend (self, "chat", SINCE, 1);
    assert_int_equal (spent (self), INT64_MAX);
}

/* ----------------------------------------------------------------------- periods */

static void test_budget_asks_for_what_it_lacks (void **state)
{
    spending_t *self = *state;
    zc_query_spec_t spec = {.asked = ZC_SPEC_SERIES};
    add_budget (self, where (monthly (100 * USD), "model", "o3"));
    make (self);
    assert_false (zc_budgets_wants_base (self->budgets, 0, &spec)); /* since when? */
    zc_budgets_set_period (self->budgets, 0, SINCE, UNTIL);
    assert_true (zc_budgets_wants_base (self->budgets, 0, &spec) && zc_budgets_is_pending (self->budgets, 0));
    assert_int_equal (spec.asked, ZC_SPEC_BREAKDOWN);
    assert_true (spec.has_since && spec.has_until);
    assert_int_equal (spec.since_ms, SINCE * 1000);
    assert_int_equal (spec.until_ms, UNTIL * 1000);
    assert_int_equal (spec.by_count, 0);
    assert_int_equal (spec.where_count, 1);
    assert_int_equal (spec.where [0].dimension.by, ZC_BY_MODEL);
    assert_memory_equal (spec.where [0].value.data, "o3", 2);
    set_base (self, 0);
    assert_false (zc_budgets_wants_base (self->budgets, 0, &spec));
}

static void test_budget_begins_anew_with_a_period (void **state)
{
    spending_t *self = *state;
    zc_query_spec_t spec;
    begin (self, monthly (100 * USD));
    set_base (self, 60 * USD);
    assert_int_equal (look (self, NOW), 1);
    zc_budgets_set_period (self->budgets, 0, SINCE, UNTIL); /* the same */
    assert_false (zc_budgets_wants_base (self->budgets, 0, &spec));
    assert_int_equal (zc_budgets_alerts (self->budgets), 1);
    zc_budgets_set_period (self->budgets, 0, UNTIL, UNTIL + 30 * DAY);
    assert_true (zc_budgets_wants_base (self->budgets, 0, &spec));
    assert_int_equal (zc_budgets_alerts (self->budgets), 0);
    zc_budgets_set_base (self->budgets, 0, SINCE, SINCE, 99 * USD); /* an answer of the month before */
    assert_true (zc_budgets_wants_base (self->budgets, 0, &spec));
    assert_int_equal (look (self, NOW), 0);
    zc_budgets_set_base (self->budgets, 0, UNTIL, UNTIL, 50 * USD);
    assert_int_equal (look (self, NOW), 1);
    assert_int_equal (zc_budgets_alert (self->budgets, 0)->period_start_s, UNTIL);
}

/* Of hours it goes on with what it has until it is given what is asked for. */
static void test_budget_of_hours_moves_without_a_break (void **state)
{
    spending_t *self = *state;
    zc_query_spec_t spec;
    add_budget (self, hourly (10 * USD));
    make (self);
    zc_budgets_set_period (self->budgets, 0, SINCE, SINCE + 2 * HOUR);
    zc_budgets_set_base (self->budgets, 0, SINCE, SINCE, 4 * USD);
    zc_budgets_set_period (self->budgets, 0, SINCE + 60, SINCE + 2 * HOUR + 60);
    assert_true (zc_budgets_wants_base (self->budgets, 0, &spec) && !zc_budgets_is_pending (self->budgets, 0));
    assert_int_equal (spec.since_ms, (SINCE + 60) * 1000);
    spend (self, "search", SINCE, 1 * USD);            /* still in */
    spend (self, "search", SINCE + 2 * HOUR, 2 * USD); /* already in */
    assert_int_equal (spent (self), 7 * USD);
    zc_budgets_set_base (self->budgets, 0, SINCE + 60, SINCE + 60, 3 * USD);
    assert_false (zc_budgets_wants_base (self->budgets, 0, &spec));
    assert_int_equal (spent (self), 5 * USD);
}

/* An answer that is a minute late is better than none. */
static void test_budget_of_hours_takes_a_base_of_the_last_minute (void **state)
{
    spending_t *self = *state;
    zc_query_spec_t spec;
    add_budget (self, hourly (10 * USD));
    make (self);
    zc_budgets_set_period (self->budgets, 0, SINCE + 60, SINCE + 2 * HOUR + 60);
    zc_budgets_set_base (self->budgets, 0, SINCE, SINCE, 4 * USD);
    assert_int_equal (spent (self), 4 * USD);
    assert_true (zc_budgets_wants_base (self->budgets, 0, &spec));
}

/* -------------------------------------------------------------------- thresholds */

static void test_budget_passes_each_threshold_once (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (10 * USD));
    set_base (self, 0);
    spend (self, "search", SINCE, 5 * USD - 1);
    assert_int_equal (look (self, NOW), 0);
    spend (self, "search", SINCE, 1);
    assert_int_equal (look (self, NOW), 1);
    assert_int_equal (look (self, NOW + 1), 0);
    spend (self, "search", SINCE, 5 * USD);
    assert_int_equal (look (self, NOW + 2), 2); /* 80 and 100 at once */
    spend (self, "search", SINCE, 50 * USD);
    assert_int_equal (look (self, NOW + 3), 0);
    static const struct {
        uint32_t percent;
        int64_t passed_ms, spent;
    } table [] = {{50, NOW, 5 * USD}, {80, NOW + 2, 10 * USD}, {100, NOW + 2, 10 * USD}};
    assert_int_equal (zc_budgets_alerts (self->budgets), 3);
    for (size_t i = 0; i < 3; i++) {
        const zc_alert_t *alert = zc_budgets_alert (self->budgets, i);
        assert_string_equal (alert->budget, "b0");
        assert_int_equal (alert->percent, table [i].percent);
        assert_int_equal (alert->passed_ms, table [i].passed_ms);
        assert_int_equal (alert->spent_nanousd, table [i].spent);
        assert_int_equal (alert->limit_nanousd, 10 * USD);
        assert_int_equal (alert->period_start_s, SINCE);
        assert_false (alert->published);
    }
}

static void test_budget_keeps_what_it_was_told_of_an_alert (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (10 * USD));
    set_base (self, 9 * USD);
    assert_int_equal (look (self, NOW), 2);
    assert_true (zc_budgets_is_new (self->budgets, 0) && zc_budgets_is_new (self->budgets, 1));
    zc_budgets_recorded (self->budgets, 1);
    zc_budgets_published (self->budgets, 1);
    assert_int_equal (look (self, NOW + 1), 0);
    assert_true (zc_budgets_is_new (self->budgets, 0) && !zc_budgets_is_new (self->budgets, 1));
    assert_true (!zc_budgets_alert (self->budgets, 0)->published && zc_budgets_alert (self->budgets, 1)->published);
}

/* No sum, no alarm: not even over a limit that the changes alone pass. */
static void test_budget_that_is_pending_passes_nothing (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (10 * USD));
    spend (self, "search", SINCE, 20 * USD);
    assert_int_equal (look (self, NOW), 0);
    set_base (self, 0);
    assert_int_equal (look (self, NOW), 3);
}

static void test_budget_of_hours_passes_again_after_it_fell (void **state)
{
    spending_t *self = *state;
    zc_budget_t budget = hourly (10 * USD);
    budget.percents_count = 1; /* 50 % */
    add_budget (self, budget);
    make (self);
    /* spent; new alerts */
    static const int64_t steps [][2] = {
        {4 * USD, 0}, {5 * USD, 1},      {4500 * MILLI, 0}, /* 90 % of the threshold */
        {5 * USD, 0}, {4499 * MILLI, 0}, {4900 * MILLI, 0}, {5 * USD, 1}, {6 * USD, 0},
    };
    for (int i = 0; i < (int) (sizeof steps / sizeof *steps); i++) {
        move (self, i, steps [i][0]);
        assert_int_equal (look (self, NOW + i * 60000), steps [i][1]);
        for (size_t k = 0; k < zc_budgets_alerts (self->budgets); k++)
            zc_budgets_published (self->budgets, k);
    }
    assert_int_equal (zc_budgets_alerts (self->budgets), 1);
    assert_int_equal (zc_budgets_alert (self->budgets, 0)->period_start_s, SINCE + 6 * 60);
}

/* It waits for a listener, but not for ever, and a newer one takes its place. */
static void test_budget_of_hours_keeps_an_alert_that_nobody_heard (void **state)
{
    spending_t *self = *state;
    zc_budget_t budget = hourly (10 * USD);
    budget.percents_count = 1;
    add_budget (self, budget);
    make (self);
    move (self, 0, 6 * USD);
    assert_int_equal (look (self, NOW), 1);
    move (self, 1, 1 * USD);
    look (self, NOW + 60000);
    assert_int_equal (zc_budgets_alerts (self->budgets), 1);
    move (self, 2, 7 * USD);
    assert_int_equal (look (self, NOW + 120000), 1);
    assert_int_equal (zc_budgets_alerts (self->budgets), 1);
    assert_int_equal (zc_budgets_alert (self->budgets, 0)->spent_nanousd, 7 * USD);
    move (self, 3, 1 * USD);
    look (self, NOW + 120000 + 2 * HOUR * 1000 - 1);
    assert_int_equal (zc_budgets_alerts (self->budgets), 1);
    look (self, NOW + 120000 + 2 * HOUR * 1000);
    assert_int_equal (zc_budgets_alerts (self->budgets), 0);
}

/* ---------------------------------------------------------------------- restart */

static void test_budget_neither_repeats_nor_misses_over_a_restart (void **state)
{
    spending_t *self = *state;
    add_budget (self, monthly (10 * USD));
    make (self);
    restore (self, "b0", SINCE, 50, 10 * USD, true);
    zc_budgets_set_period (self->budgets, 0, SINCE, UNTIL);
    set_base (self, 9 * USD);
    assert_int_equal (look (self, NOW), 1); /* 80 was passed, and nobody looked */
    assert_int_equal (zc_budgets_alerts (self->budgets), 2);
    assert_true (zc_budgets_alert (self->budgets, 0)->published);
    assert_false (zc_budgets_is_new (self->budgets, 0));
    assert_int_equal (zc_budgets_alert (self->budgets, 1)->percent, 80);
}

static void test_budget_takes_the_last_record_of_an_alert (void **state)
{
    spending_t *self = *state;
    add_budget (self, hourly (10 * USD));
    make (self);
    restore (self, "b0", SINCE, 50, 10 * USD, false);
    restore (self, "b0", SINCE, 50, 10 * USD, true);
    restore (self, "b0", SINCE + 60, 80, 10 * USD, true);
    restore (self, "b0", SINCE, 80, 10 * USD, true); /* an older one */
    assert_int_equal (zc_budgets_alerts (self->budgets), 2);
    assert_true (zc_budgets_alert (self->budgets, 0)->published);
    assert_int_equal (zc_budgets_alert (self->budgets, 1)->period_start_s, SINCE + 60);
}

static void test_budget_forgets_what_is_not_configured (void **state)
{
    spending_t *self = *state;
    add_budget (self, monthly (10 * USD));
    make (self);
    restore (self, "other", SINCE, 50, 10 * USD, false);
    restore (self, "b0", SINCE, 51, 10 * USD, false);
    restore (self, "b0", SINCE - DAY, 80, 10 * USD, false); /* the month before */
    zc_budgets_set_period (self->budgets, 0, SINCE, UNTIL);
    assert_int_equal (zc_budgets_alerts (self->budgets), 0);
}

/* The limit was raised: what is still passed is not passed anew, what is not will be. */
static void test_budget_holds_alerts_against_a_new_limit (void **state)
{
    spending_t *self = *state;
    add_budget (self, monthly (20 * USD));
    make (self);
    restore (self, "b0", SINCE, 50, 10 * USD, true);
    restore (self, "b0", SINCE, 80, 10 * USD, true);
    zc_budgets_set_period (self->budgets, 0, SINCE, UNTIL);
    set_base (self, 11 * USD);
    assert_int_equal (look (self, NOW), 0);
    assert_int_equal (zc_budgets_alerts (self->budgets), 1);
    spend (self, "search", SINCE, 5 * USD);
    assert_int_equal (look (self, NOW), 1);
}

static void test_budget_holds_as_many_as_are_allowed (void **state)
{
    spending_t *self = *state;
    for (int i = 0; i < ZC_BUDGETS_MAX; i++) {
        zc_budget_t budget = monthly (1);
        for (budget.percents_count = 0; budget.percents_count < ZC_THRESHOLDS_MAX; budget.percents_count++)
            budget.percents [budget.percents_count] = (uint32_t) budget.percents_count + 1;
        begin (self, budget);
    }
    set_base (self, 1);
    assert_int_equal (look (self, NOW), ZC_ALERTS_MAX);
    for (size_t i = 0; i < ZC_ALERTS_MAX; i++)
        zc_budgets_published (self->budgets, i);
    assert_int_equal (look (self, NOW), 0);
    assert_int_equal (zc_budgets_alerts (self->budgets), ZC_ALERTS_MAX);
}

/* Random spending, checkpoints and answers: the sum is what was spent, always. */
static void test_budget_is_exact_in_any_order (void **state)
{
    spending_t *self = *state;
    static const char *const services [] = {"search", "chat", "batch"};
    begin (self, where (monthly (INT64_MAX), "service", "search"));
    set_base (self, 0);
    int64_t sum = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t at = SINCE + ((int64_t) random_below (50000) - 1000) * 60, cost = random_below (INT32_MAX);
        uint32_t service = random_below (3);
        spend (self, services [service], at, cost);
        sum += service == 0 && at >= SINCE && at < UNTIL ? cost : 0;
        if (random_below (500) == 0)
            checkpoint (self);
        if (random_below (100) == 0)
            assert_int_equal (spent (self), sum);
    }
    assert_int_equal (spent (self), sum);
}

#define TEST(name) cmocka_unit_test_setup_teardown (test_budget_##name, set_up, tear_down)

int main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (is_the_base_and_what_changed),
        TEST (sums_its_period_only),
        TEST (sums_from_where_its_base_does),
        TEST (goes_on_over_checkpoints),
        TEST (without_a_base_adds_nothing_up),
        TEST (sums_what_its_filter_takes_in),
        TEST (takes_in_what_passes_all_of_its_filter),
        TEST (sums_cells_of_any_level),
        TEST (stops_at_what_64_bits_hold),
        TEST (asks_for_what_it_lacks),
        TEST (begins_anew_with_a_period),
        TEST (of_hours_moves_without_a_break),
        TEST (of_hours_takes_a_base_of_the_last_minute),
        TEST (passes_each_threshold_once),
        TEST (keeps_what_it_was_told_of_an_alert),
        TEST (that_is_pending_passes_nothing),
        TEST (of_hours_passes_again_after_it_fell),
        TEST (of_hours_keeps_an_alert_that_nobody_heard),
        TEST (neither_repeats_nor_misses_over_a_restart),
        TEST (takes_the_last_record_of_an_alert),
        TEST (forgets_what_is_not_configured),
        TEST (holds_alerts_against_a_new_limit),
        TEST (holds_as_many_as_are_allowed),
        TEST (is_exact_in_any_order),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
