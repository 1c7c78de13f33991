/* SPDX-License-Identifier: MPL-2.0
 *
 * test_metrics_names_names.c - what metrics.h promises of names: which have a series, and for how long.
 */
#include "zboard/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics_written.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static void test_metrics_names_labels_are_bounded_and_stay (void **state)
{
    (void) state;
    zb_metrics_t *metrics = zb_metrics_new (2);
    char *text = written_of (metrics, ZB_ASK_BY_MODEL,
                             "{'total': {'cost_usd': '6'}, 'rows': [{'model': 'a', 'cost_usd': '3', 'events': 1},"
                             " {'model': 'b', 'cost_usd': '2', 'events': 1}, {'model': 'c', 'cost_usd': '1'}]}");
    assert_exposes (text, "zcost_model_cost_usd_total{model=\"a\"} 3");
    assert_exposes (text, "zcost_model_cost_usd_total{model=\"b\"} 2");
    assert_null (strstr (text, "\"c\""));
    assert_exposes (text, "zcost_cost_usd_total 6");
    assert_exposes (text, "zcost_labels_left_out{label=\"model\"} 1");
    free (text);
    /* c is the dearest now: it still has no series, and those of a and b go on. */
    text = written_of (metrics, ZB_ASK_BY_MODEL,
                       "{'rows': [{'model': 'c', 'cost_usd': '9'}, {'model': 'd', 'cost_usd': '8'},"
                       " {'model': 'b', 'cost_usd': '4'}, {'model': 'a', 'cost_usd': '3'}]}");
    assert_exposes (text, "zcost_model_cost_usd_total{model=\"a\"} 3");
    assert_exposes (text, "zcost_model_cost_usd_total{model=\"b\"} 4");
    assert_null (strstr (text, "\"c\""));
    assert_exposes (text, "zcost_labels_left_out{label=\"model\"} 2");
    free (text);
    /* Each set of names is bounded by itself. */
    text = written_of (metrics, ZB_ASK_BY_SERVICE, "{'rows': [{'service': 'c'}, {'service': 'd'}, {'service': 'e'}]}");
    assert_exposes (text, "zcost_service_events_total{service=\"c\"} 0");
    assert_exposes (text, "zcost_labels_left_out{label=\"service\"} 1");
    free (text);
    text = written_of (metrics, ZB_ASK_HEALTH, "{'unpriced': {'x': 1, 'y': 2, 'z': 3}}");
    assert_exposes (text, "zcost_model_unpriced_total{model=\"y\"} 2");
    assert_null (strstr (text, "\"z\""));
    free (text);
    zb_metrics_destroy (&metrics);
}

/* The daemon tells the 2,000 dearest. */
static void test_metrics_names_series_go_on_where_the_answer_is_without_them (void **state)
{
    (void) state;
    zb_metrics_t *metrics = zb_metrics_new (3);
    free (written_of (metrics, ZB_ASK_BY_MODEL,
                      "{'rows': [{'model': 'a', 'cost_usd': '3.000000001', 'events': 1, 'input_tokens': 8,"
                      " 'cache_read_tokens': 5, 'cache_write_tokens': 2, 'output_tokens': 4, 'reasoning_tokens': 1},"
                      " {'model': 'b', 'cost_usd': '1', 'events': 2}], 'rows_left_out': 0}"));
    char *text = written_of (metrics, ZB_ASK_BY_MODEL,
                             "{'rows': [{'model': 'c', 'cost_usd': '9', 'events': 5}, {'model': 'd', 'cost_usd': '8'},"
                             " {'model': 'b', 'cost_usd': '7', 'events': 6}], 'rows_left_out': 100}");
    static const char *const lines [] = {
        "zcost_model_cost_usd_total{model=\"a\"} 3.000000001",
        "zcost_model_events_total{model=\"a\"} 1",
        "zcost_model_tokens_total{model=\"a\",kind=\"input\"} 8",
        "zcost_model_tokens_total{model=\"a\",kind=\"cache_read\"} 5",
        "zcost_model_tokens_total{model=\"a\",kind=\"cache_write\"} 2",
        "zcost_model_tokens_total{model=\"a\",kind=\"output\"} 4",
        "zcost_model_tokens_total{model=\"a\",kind=\"reasoning\"} 1",
        "zcost_model_cost_usd_total{model=\"b\"} 7",
        "zcost_model_events_total{model=\"b\"} 6",
        "zcost_model_cost_usd_total{model=\"c\"} 9",
        "zcost_labels_left_out{label=\"model\"} 100", /* d and 100, one of which is a */
    };
    for (size_t i = 0; i < COUNT (lines); i++)
        assert_exposes (text, lines [i]);
    assert_null (strstr (text, "\"d\""));
    free (text);
    free (written_of (metrics, ZB_ASK_BY_SERVICE, "{'rows': [{'service': 'a', 'cost_usd': '3', 'events': 1}]}"));
    text = written_of (metrics, ZB_ASK_BY_SERVICE, "{'rows': [{'service': 'b', 'cost_usd': '4'}], 'rows_left_out': 1}");
    assert_exposes (text, "zcost_service_cost_usd_total{service=\"a\"} 3");
    assert_exposes (text, "zcost_service_events_total{service=\"a\"} 1");
    assert_exposes (text, "zcost_labels_left_out{label=\"service\"} 0");
    free (text);
    zb_metrics_destroy (&metrics);
}

static void test_metrics_names_count_all_that_is_left_out (void **state)
{
    (void) state;
    static const struct {
        const char *left_out, *line;
    } cases [] = {
        {"2098", "zcost_labels_left_out{label=\"model\"} 2099"},
        {"9223372036854775807", "zcost_labels_left_out{label=\"model\"} 9223372036854775808"},
        {"-5", "zcost_labels_left_out{label=\"model\"} 1"},
        {"'7'", "zcost_labels_left_out{label=\"model\"} 1"},
        {"1e300", "zcost_labels_left_out{label=\"model\"} 1"},
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        char answer [256];
        zb_metrics_t *metrics = zb_metrics_new (1);
        snprintf (answer, sizeof answer, "{'rows': [{'model': 'a'}, {'model': 'b\\u0000'}], 'rows_left_out': %s}",
                  cases [i].left_out);
        char *text = written_of (metrics, ZB_ASK_BY_MODEL, answer);
        assert_exposes (text, cases [i].line);
        free (text);
        zb_metrics_destroy (&metrics);
    }
}

static void test_metrics_names_of_latency_are_of_those_that_told_it_now (void **state)
{
    (void) state;
    zb_metrics_t *metrics = zb_metrics_new (2);
    char *text = written_of (metrics, ZB_ASK_LATENCY,
                             "{'rows': [{'model': 'a', 'latency_events': 1, 'latency_ms_p50': 1000},"
                             " {'model': 'quiet', 'latency_events': 0}, {'model': 'b', 'latency_events': 1},"
                             " {'model': 'c', 'latency_events': 1}], 'rows_left_out': 0}");
    assert_exposes (text, "zcost_model_latency_seconds{model=\"a\",quantile=\"0.5\"} 1");
    assert_exposes (text, "zcost_labels_left_out{label=\"latency\"} 1");
    free (text);
    /* c is the dearest now: b goes on, a told none and gives its place up. */
    text =
        written_of (metrics, ZB_ASK_LATENCY,
                    "{'rows': [{'model': 'c', 'latency_events': 1, 'latency_ms_p50': 500},"
                    " {'model': 'd', 'latency_events': 1}, {'model': 'b', 'latency_events': 1, 'latency_ms_p95': 2000},"
                    " {'model': 'a', 'latency_events': 0}], 'rows_left_out': 7}");
    assert_exposes (text, "zcost_model_latency_seconds{model=\"b\",quantile=\"0.95\"} 2");
    assert_exposes (text, "zcost_model_latency_seconds{model=\"c\",quantile=\"0.5\"} 0.5");
    assert_null (strstr (text, "\"a\""));
    assert_null (strstr (text, "\"d\""));
    assert_exposes (text, "zcost_labels_left_out{label=\"latency\"} 8");
    free (text);
    zb_metrics_destroy (&metrics);
}

static void test_metrics_names_of_unpriced_models_end_when_they_were_priced (void **state)
{
    (void) state;
    zb_metrics_t *metrics = zb_metrics_new (2);
    char *text = written_of (metrics, ZB_ASK_HEALTH, "{'unpriced': {'a': 1, 'b': 2, 'c': 3, 'd': 4}}");
    assert_exposes (text, "zcost_model_unpriced_total{model=\"a\"} 1");
    assert_exposes (text, "zcost_labels_left_out{label=\"unpriced\"} 2");
    free (text);
    text = written_of (metrics, ZB_ASK_HEALTH, "{'unpriced': {'c': 3, 'b': 9, 'd': 4}}");
    assert_exposes (text, "zcost_model_unpriced_total{model=\"b\"} 9");
    assert_exposes (text, "zcost_model_unpriced_total{model=\"c\"} 3");
    assert_null (strstr (text, "\"a\""));
    assert_exposes (text, "zcost_labels_left_out{label=\"unpriced\"} 1");
    free (text);
    zb_metrics_destroy (&metrics);
}

/* ---------------------------------------------------------------------------- ledgers */

static char *written_with_report (zb_metrics_t *metrics, const char *zcost, const char *by_model)
{
    char report [256];
    const char *texts [ZB_ASKS] = {[ZB_ASK_REPORT] = report, [ZB_ASK_BY_MODEL] = by_model};
    snprintf (report, sizeof report, "{'zcost': %s}", zcost);
    return written (metrics, texts, false);
}

/* Names of one ledger would keep those of the next out for ever. A ledger that is only restarted, or overtaken by a
 * later answer, is the same. */
static void test_metrics_names_forget_the_names_of_another_ledger (void **state)
{
    (void) state;
    static const char *const first = "{'since': 1000, 'incarnation': 'aa', 'events': {'accepted': 50}}";
    static const struct {
        const char *zcost;
        bool is_another;
    } cases [] = {
        {"{'since': 1000, 'incarnation': 'aa', 'events': {'accepted': 60}}", false},
        {"{'since': 1000, 'incarnation': 'aa', 'events': {'accepted': 40}}", false}, /* overtaken */
        {"{'since': 1000, 'incarnation': 'bb', 'events': {'accepted': 50}}", false}, /* restarted */
        {"{'since': 1000, 'incarnation': 'bb', 'events': {'accepted': 49}}", true},  /* an older copy of it */
        {"{'since': 1001, 'incarnation': 'bb', 'events': {'accepted': 60}}", true},
        {"{'since': 999, 'incarnation': 'aa', 'events': {'accepted': 60}}", true},
        {"{}", true},
        {"null", true},
        {"'x'", true},
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        zb_metrics_t *metrics = zb_metrics_new (1);
        free (
            written_with_report (metrics, first, "{'rows': [{'model': 'old', 'cost_usd': '5'}], 'rows_left_out': 3}"));
        char *text = written_with_report (metrics, cases [i].zcost,
                                          "{'rows': [{'model': 'new', 'cost_usd': '2'}], 'rows_left_out': 4}");
        assert_int_equal (strstr (text, "zcost_model_cost_usd_total{model=\"old\"} 5\n") == NULL, cases [i].is_another);
        assert_int_equal (strstr (text, "zcost_model_cost_usd_total{model=\"new\"} 2\n") != NULL, cases [i].is_another);
        assert_exposes (text, "zcost_labels_left_out{label=\"model\"} 4");
        free (text);
        /* Without a report nobody knows: it is the one that was. */
        text = written_of (metrics, ZB_ASK_BY_MODEL, "{'rows': [], 'rows_left_out': 1}");
        assert_non_null (strstr (text, cases [i].is_another ? "{model=\"new\"} 2" : "{model=\"old\"} 5"));
        free (text);
        zb_metrics_destroy (&metrics);
    }
}

static void test_metrics_names_that_no_label_can_say_are_left_out (void **state)
{
    (void) state;
    zb_metrics_t *metrics = zb_metrics_new (10);
    char *text =
        written_of (metrics, ZB_ASK_BY_MODEL,
                    "{'rows': [{'model': 'a', 'events': 1}, {'model': 'a\\u0000b', 'events': 92}, {'events': 93},"
                    " {'model': 5, 'events': 94}, {'model': null, 'events': 95}, {'model': ['a'], 'events': 96},"
                    " {'model': 'q\\'\\\\\\n', 'events': 7}, {'model': '', 'events': 8}]}");
    assert_exposes (text, "zcost_model_events_total{model=\"a\"} 1");
    assert_exposes (text, "zcost_model_events_total{model=\"q\\\"\\\\\\n\"} 7");
    assert_exposes (text, "zcost_model_events_total{model=\"\"} 8");
    assert_exposes (text, "zcost_labels_left_out{label=\"model\"} 5");
    for (int row = 2; row <= 6; row++) {
        const char line [] = {'}', ' ', '9', (char) ('0' + row), '\n', '\0'};
        assert_null (strstr (text, line));
    }
    free (text);
    zb_metrics_destroy (&metrics);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_metrics_names_labels_are_bounded_and_stay),
        cmocka_unit_test (test_metrics_names_series_go_on_where_the_answer_is_without_them),
        cmocka_unit_test (test_metrics_names_count_all_that_is_left_out),
        cmocka_unit_test (test_metrics_names_of_latency_are_of_those_that_told_it_now),
        cmocka_unit_test (test_metrics_names_of_unpriced_models_end_when_they_were_priced),
        cmocka_unit_test (test_metrics_names_forget_the_names_of_another_ledger),
        cmocka_unit_test (test_metrics_names_that_no_label_can_say_are_left_out),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
