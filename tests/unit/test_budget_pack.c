/* SPDX-License-Identifier: MPL-2.0
 *
 * test_budget_pack.c - budgets and alerts in writing: the journal's record, the topic's body, the answer.
 */
#include "core/budget/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "budgets.h"

static const msgpack_object *element (const msgpack_object *array, uint32_t n)
{
    assert_int_equal (array->type, MSGPACK_OBJECT_ARRAY);
    assert_true (n < array->via.array.size);
    return &array->via.array.ptr [n];
}

static void assert_nil (const msgpack_object *object)
{
    assert_int_equal (object->type, MSGPACK_OBJECT_NIL);
}

static void assert_truth (const msgpack_object *object, bool truth)
{
    assert_int_equal (object->type, MSGPACK_OBJECT_BOOLEAN);
    assert_int_equal (object->via.boolean, truth);
}

/* ----------------------------------------------------------------------- record */

static zc_alert_t sample (void)
{
    zc_alert_t alert = {.period_start_s = SINCE,
                        .percent = 80,
                        .passed_ms = NOW,
                        .spent_nanousd = INT64_MAX,
                        .limit_nanousd = 1,
                        .published = true};
    memset (alert.budget, 'n', ZCOST_STRING_MAX);
    return alert;
}

static zc_pack_t record_of (const zc_alert_t *alert)
{
    zc_pack_t bytes = {.data = NULL};
    zc_budget_record_pack (&bytes, alert);
    return bytes;
}

/* Reads from memory that ends where the bytes do. */
static int read_copy (const void *bytes, size_t size, zc_alert_t *ret_alert)
{
    void *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    memcpy (copy, bytes, size);
    int rc = zc_budget_record_read (copy, size, ret_alert);
    free (copy);
    return rc;
}

static void test_budget_record_is_read_as_it_was_written (void **state)
{
    (void) state;
    for (int published = 0; published < 2; published++) {
        zc_alert_t alert = sample (), read;
        alert.published = published;
        alert.budget [published * 5] = '\0'; /* an empty name too */
        alert.passed_ms = published ? NOW : -NOW;
        zc_pack_t bytes = record_of (&alert);
        memset (&read, 0xa5, sizeof read);
        assert_int_equal (read_copy (bytes.data, bytes.size, &read), 0);
        assert_string_equal (read.budget, alert.budget);
        assert_int_equal (read.period_start_s, alert.period_start_s);
        assert_int_equal (read.percent, alert.percent);
        assert_int_equal (read.passed_ms, alert.passed_ms);
        assert_int_equal (read.spent_nanousd, alert.spent_nanousd);
        assert_int_equal (read.limit_nanousd, alert.limit_nanousd);
        assert_int_equal (read.published, alert.published);
        zc_pack_term (&bytes);
    }
}

static void test_budget_record_is_refused_in_part_and_with_more (void **state)
{
    (void) state;
    zc_alert_t alert = sample (), untouched = {.percent = 4711};
    zc_pack_t bytes = record_of (&alert);
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal (read_copy (bytes.data, size, &untouched), -1);
    zc_pack_nil (&bytes);
    assert_int_equal (read_copy (bytes.data, bytes.size, &untouched), -1);
    assert_int_equal (zc_budget_record_read (NULL, 0, &untouched), -1);
    assert_int_equal (untouched.percent, 4711);
    zc_pack_term (&bytes);
}

static void test_budget_record_is_refused_with_what_no_alert_has (void **state)
{
    (void) state;
    static const struct {
        int64_t percent, spent, limit;
    } table [] = {{0, 1, 1}, {1001, 1, 1}, {50, -1, 1}, {50, 1, 0}, {50, 1, -1}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        zc_alert_t alert = sample (), read;
        alert.percent = (uint32_t) table [i].percent;
        alert.spent_nanousd = table [i].spent;
        alert.limit_nanousd = table [i].limit;
        zc_pack_t bytes = record_of (&alert);
        assert_int_equal (read_copy (bytes.data, bytes.size, &read), -1);
        zc_pack_term (&bytes);
    }
}

/* Any byte changed: read or refused, never past its end (the sanitizers watch). */
static void test_budget_record_survives_any_damage (void **state)
{
    (void) state;
    zc_alert_t alert = sample (), read;
    zc_pack_t bytes = record_of (&alert);
    for (size_t i = 0; i < bytes.size; i++)
        for (int value = 0; value < 256; value++) {
            char before = bytes.data [i];
            bytes.data [i] = (char) value;
            if (read_copy (bytes.data, bytes.size, &read) == 0) {
                assert_true (memchr (read.budget, '\0', sizeof read.budget) != NULL);
                assert_true (read.percent >= 1 && read.percent <= ZC_THRESHOLD_PERCENT_MAX);
            }
            bytes.data [i] = before;
        }
    zc_pack_term (&bytes);
}

/* ------------------------------------------------------------------------ alert */

static opened_t alert_of (const spending_t *self, size_t alert)
{
    zc_pack_t bytes = {.data = NULL};
    zc_budgets_pack_alert (self->budgets, &bytes, alert, "node-1");
    return open_bytes (bytes);
}

static void test_budget_alert_says_what_was_passed (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (10 * USD));
    set_base (self, 8123456789);
    look (self, NOW);
    set_base (self, 9 * USD); /* it tells what was spent when it was passed */
    look (self, NOW + 5);
    opened_t alert = alert_of (self, 1);
    ASSERT_KEYS (&alert.root, "id", "budget", "threshold_percent", "share_percent", "spent_nanousd", "spent_usd",
                 "limit_nanousd", "limit_usd", "period", "timezone", "since", "until", "at", "instance");
    assert_text (AT (&alert.root, "id"), "b0/1793491200/80");
    assert_text (AT (&alert.root, "budget"), "b0");
    assert_integer (AT (&alert.root, "threshold_percent"), 80);
    assert_double (AT (&alert.root, "share_percent"), 81.2);
    assert_integer (AT (&alert.root, "spent_nanousd"), 8123456789);
    assert_text (AT (&alert.root, "spent_usd"), "8.123456789");
    assert_integer (AT (&alert.root, "limit_nanousd"), 10 * USD);
    assert_text (AT (&alert.root, "limit_usd"), "10.000000000");
    assert_text (AT (&alert.root, "period"), "month");
    assert_text (AT (&alert.root, "timezone"), "UTC");
    assert_integer (AT (&alert.root, "since"), SINCE * 1000);
    assert_integer (AT (&alert.root, "until"), UNTIL * 1000);
    assert_integer (AT (&alert.root, "at"), NOW);
    assert_text (AT (&alert.root, "instance"), "node-1");
    close_bytes (&alert);
}

/* Of hours its window is the one that it was passed in, wherever the budget is by now. */
static void test_budget_alert_of_hours_has_its_own_window (void **state)
{
    spending_t *self = *state;
    add_budget (self, hourly (10 * USD));
    make (self);
    move (self, 0, 9 * USD);
    look (self, NOW);
    move (self, 5, 9 * USD);
    look (self, NOW);
    opened_t alert = alert_of (self, 0);
    assert_text (AT (&alert.root, "period"), "2h");
    assert_integer (AT (&alert.root, "since"), SINCE * 1000);
    assert_integer (AT (&alert.root, "until"), (SINCE + 2 * HOUR) * 1000);
    close_bytes (&alert);
}

/* --------------------------------------------------------------------- `budgets` */

#define BUDGET_KEYS                                                                                                    \
    "name", "period", "timezone", "where", "since", "until", "limit_nanousd", "limit_usd", "spent_nanousd",            \
        "spent_usd", "share_percent", "projected_usd", "state", "thresholds"

static void test_budget_answer_tells_all (void **state)
{
    spending_t *self = *state;
    begin (self, where (where (monthly (100 * USD), "service", "search"), "team", "core"));
    set_base (self, 55500000001);
    look (self, NOW);
    opened_t answer = packed (self, NOW);
    const msgpack_object *budget = nth (&answer, 0);
    ASSERT_KEYS (budget, BUDGET_KEYS);
    assert_text (AT (budget, "name"), "b0");
    assert_text (AT (budget, "period"), "month");
    assert_text (AT (budget, "timezone"), "UTC");
    ASSERT_KEYS (AT (budget, "where"), "service", "team");
    assert_text (AT (budget, "where", "team"), "core");
    assert_integer (AT (budget, "since"), SINCE * 1000);
    assert_integer (AT (budget, "until"), UNTIL * 1000);
    assert_integer (AT (budget, "limit_nanousd"), 100 * USD);
    assert_text (AT (budget, "limit_usd"), "100.000000000");
    assert_integer (AT (budget, "spent_nanousd"), 55500000001);
    assert_text (AT (budget, "spent_usd"), "55.500000001");
    assert_double (AT (budget, "share_percent"), 55.5);
    assert_text (AT (budget, "projected_usd"), "555.000000010"); /* a tenth is over */
    assert_text (AT (budget, "state"), "warning");
    const msgpack_object *thresholds = AT (budget, "thresholds");
    assert_int_equal (thresholds->via.array.size, 3);
    for (uint32_t i = 0; i < 3; i++)
        ASSERT_KEYS (element (thresholds, i), "percent", "passed", "at");
    assert_integer (AT (element (thresholds, 0), "percent"), 50);
    assert_truth (AT (element (thresholds, 0), "passed"), true);
    assert_integer (AT (element (thresholds, 0), "at"), NOW);
    assert_integer (AT (element (thresholds, 1), "percent"), 80);
    assert_truth (AT (element (thresholds, 1), "passed"), false);
    assert_nil (AT (element (thresholds, 1), "at"));
    close_bytes (&answer);
}

static void test_budget_answer_is_pending_without_a_base (void **state)
{
    spending_t *self = *state;
    static const char *const unknown [] = {"spent_nanousd", "spent_usd", "share_percent", "projected_usd"};
    begin (self, monthly (100 * USD));
    opened_t answer = packed (self, NOW);
    const msgpack_object *budget = nth (&answer, 0);
    ASSERT_KEYS (budget, BUDGET_KEYS);
    assert_text (AT (budget, "state"), "pending");
    for (size_t i = 0; i < 4; i++)
        assert_nil (AT (budget, unknown [i]));
    assert_integer (AT (budget, "since"), SINCE * 1000);
    close_bytes (&answer);
    make (self); /* before its first period too */
    answer = packed (self, NOW);
    ASSERT_KEYS (nth (&answer, 0), BUDGET_KEYS);
    assert_nil (AT (nth (&answer, 0), "since"));
    close_bytes (&answer);
}

static void test_budget_answer_tells_its_state (void **state)
{
    spending_t *self = *state;
    static const struct {
        int64_t spent;
        const char *state;
        double share;
    } table [] = {
        {0, "ok", 0},
        {50 * USD - 1, "ok", 50},
        {50 * USD, "warning", 50},
        {100 * USD - 1, "warning", 100},
        {100 * USD, "breached", 100},
        {1234560 * MILLI, "breached", 1234.6},
    };
    begin (self, monthly (100 * USD));
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        set_base (self, table [i].spent);
        look (self, NOW);
        opened_t answer = packed (self, NOW);
        assert_text (AT (nth (&answer, 0), "state"), table [i].state);
        assert_double (AT (nth (&answer, 0), "share_percent"), table [i].share);
        close_bytes (&answer);
    }
}

static void test_budget_answer_projects_from_one_percent_on (void **state)
{
    spending_t *self = *state;
    static const struct {
        int64_t now_ms;
        const char *projected;
    } table [] = {
        {(SINCE - 1) * 1000, NULL}, /* the clock was put back */
        {SINCE * 1000, NULL},
        {SINCE * 1000 + 25919999, NULL},
        {SINCE * 1000 + 25920000, "700.000000000"},
        {(SINCE + 3 * DAY) * 1000, "70.000000000"},
        {(SINCE + 9 * DAY) * 1000, "23.333333333"},
        {UNTIL * 1000, "7.000000000"},
        {(UNTIL + 1) * 1000, "7.000000000"},
    };
    begin (self, monthly (100 * USD));
    set_base (self, 7 * USD);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        opened_t answer = packed (self, table [i].now_ms);
        if (table [i].projected)
            assert_text (AT (nth (&answer, 0), "projected_usd"), table [i].projected);
        else
            assert_nil (AT (nth (&answer, 0), "projected_usd"));
        close_bytes (&answer);
    }
}

static void test_budget_answer_of_hours_projects_what_was_spent (void **state)
{
    spending_t *self = *state;
    add_budget (self, hourly (10 * USD));
    make (self);
    move (self, 0, 3 * USD);
    opened_t answer = packed (self, SINCE * 1000);
    assert_text (AT (nth (&answer, 0), "period"), "2h");
    assert_text (AT (nth (&answer, 0), "projected_usd"), "3.000000000");
    close_bytes (&answer);
}

/* The widest numbers stay numbers. */
static void test_budget_answer_stays_within_64_bits (void **state)
{
    spending_t *self = *state;
    begin (self, monthly (1));
    set_base (self, INT64_MAX);
    assert_int_equal (look (self, NOW), 3);
    opened_t answer = packed (self, NOW);
    assert_integer (AT (nth (&answer, 0), "spent_nanousd"), INT64_MAX);
    assert_text (AT (nth (&answer, 0), "projected_usd"), "9223372036.854775807");
    assert_double (AT (nth (&answer, 0), "share_percent"), 9223372036854775807.0 / 10);
    close_bytes (&answer);
}

static void test_budget_answer_without_budgets_is_an_empty_list (void **state)
{
    spending_t *self = *state;
    opened_t answer = packed (self, NOW); /* none at all */
    assert_int_equal (AT (&answer.root, "budgets")->via.array.size, 0);
    close_bytes (&answer);
    make (self);
    assert_int_equal (look (self, NOW), 0);
    answer = packed (self, NOW);
    assert_int_equal (AT (&answer.root, "budgets")->via.array.size, 0);
    close_bytes (&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown (test_budget_##name, set_up, tear_down)

int main (void)
{
    const struct CMUnitTest tests [] = {
        TEST (record_is_read_as_it_was_written),
        TEST (record_is_refused_in_part_and_with_more),
        TEST (record_is_refused_with_what_no_alert_has),
        TEST (record_survives_any_damage),
        TEST (alert_says_what_was_passed),
        TEST (alert_of_hours_has_its_own_window),
        TEST (answer_tells_all),
        TEST (answer_is_pending_without_a_base),
        TEST (answer_tells_its_state),
        TEST (answer_projects_from_one_percent_on),
        TEST (answer_of_hours_projects_what_was_spent),
        TEST (answer_stays_within_64_bits),
        TEST (answer_without_budgets_is_an_empty_list),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
