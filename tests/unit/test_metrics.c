/* SPDX-License-Identifier: MPL-2.0
 *
 * test_metrics.c - what metrics.h promises: the daemon's answers as lines, from answers of all kinds.
 */
#include "zboard/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "exposed.h"
#include "metrics_written.h"
#include "quoted.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* Answers as zcost_protocol(7) has them. */
static const char *const good [ZB_ASKS] = {
    [ZB_ASK_REPORT] =
        "{'query_router': {'total_queries': 5, 'cost_breakdown': {"
        "   'simple': {'queries': 3, 'cost': 0.1235, 'cost_usd': '0.123456789', 'model': 'gpt-4o-mini'},"
        "   'medium': {'queries': 0, 'cost': 0.0, 'cost_usd': '0.000000000', 'model': 'gpt-4.1-mini'},"
        "   'complex': {'queries': 2, 'cost': 1.5, 'cost_usd': '1.500000000', 'model': 'gpt-4o'}}},"
        " 'embedding_cache': {'total_requests': 10, 'cache_hits': 7, 'cache_misses': 3},"
        " 'rag_parallel': {'total_preloads': 4, 'avg_time_saved_seconds': 1.25, 'measured_preloads': 2},"
        " 'llm_calls': {'total_calls': 6, 'total_cost': 0.5, 'total_cost_usd': '0.500000001'},"
        " 'savings': {'router': {'net_usd': '0.9', 'measured_usd': '1.000000001', 'assumed_usd': '-0.100000000'},"
        "   'embedding_cache': {'saved_usd': '0.3', 'measured_usd': '0.200000000', 'assumed_usd': '0.100000000'},"
        "   'prompt_cache': {'net_usd': '-0.000000007'}, 'unpriced_events': 9},"
        " 'zcost': {'version': '0.1.0', 'instance': 'ledger \\'1\\'', 'events': {"
        "   'accepted': 123456789012, 'rejected': 3, 'duplicate': 40, 'lost': 1, 'dropped': 1204}}}",
    [ZB_ASK_HEALTH] =
        "{'rejected': {'malformed': 1, 'stale': 2, 'spoofed': 0}, 'unpriced': {'nobody': 5, 'other': 6},"
        " 'journal': {'state': 'synced', 'unsynced_bytes': 12, 'bytes': 67108864, 'last_sync_ms': 1.5},"
        " 'store': {'state': 'idle', 'bytes': 4096, 'checkpoint_age_seconds': 4},"
        " 'producers_total': {'live': 3, 'expired': 1}, 'uptime_seconds': 11520, 'rss_bytes': 43201331, 'cells': 1234,"
        " 'cells_folded_to_other': 2}",
    [ZB_ASK_BY_MODEL] =
        "{'by': ['model'], 'rows': ["
        "   {'model': 'gpt-4o', 'events': 10, 'cost_usd': '12.000000001', 'input_tokens': 1000, 'cache_read_tokens': "
        "600,"
        "    'cache_write_tokens': 100, 'output_tokens': 50, 'reasoning_tokens': 20, 'saved_tokens': 30},"
        "   {'model': '', 'events': 2, 'cost_usd': '0.000000000', 'input_tokens': 0, 'cache_read_tokens': 0,"
        "    'cache_write_tokens': 0, 'output_tokens': 0, 'reasoning_tokens': 0}],"
        " 'total': {'events': 12, 'cost_usd': '12.000000001'}}",
    [ZB_ASK_BY_SERVICE] = "{'rows': [{'service': 'search', 'events': 12, 'cost_usd': '12.000000001'}]}",
    [ZB_ASK_LATENCY] =
        "{'rows': [{'model': 'gpt-4o', 'latency_events': 9, 'latency_ms_p50': 812.5, 'latency_ms_p95': 2000.0,"
        "   'latency_ms_p99': 4000}, {'model': 'quiet', 'latency_events': 0, 'latency_ms_p50': null,"
        "   'latency_ms_p95': null, 'latency_ms_p99': null}]}",
    [ZB_ASK_BUDGETS] =
        ("{'budgets': [{'name': 'team', 'limit_usd': '100.000000000', 'spent_usd': '55.250000000', 'state': 'ok'},"
         "   {'name': 'new', 'limit_usd': '5.000000000', 'spent_usd': null, 'state': 'pending'}]}"),
};

static void test_metrics_are_the_numbers_of_the_answers (void **state)
{
    (void) state;
    static const char *const lines [] = {
        "zcost_build_info{version=\"0.1.0\",instance=\"ledger \\\"1\\\"\"} 1",
        "zcost_queries_total{tier=\"simple\"} 3",
        "zcost_queries_total{tier=\"medium\"} 0",
        "zcost_query_cost_usd_total{tier=\"simple\"} 0.123456789",
        "zcost_query_cost_usd_total{tier=\"complex\"} 1.500000000",
        "zcost_embedding_cache_requests_total{result=\"hit\"} 7",
        "zcost_embedding_cache_requests_total{result=\"miss\"} 3",
        "zcost_rag_preloads_total 4",
        "zcost_rag_saved_seconds_average 1.25",
        "zcost_calls_total 6",
        "zcost_call_cost_usd_total 0.500000001",
        "zcost_savings_usd{driver=\"routing\",basis=\"measured\"} 1.000000001",
        "zcost_savings_usd{driver=\"routing\",basis=\"assumed\"} -0.100000000",
        "zcost_savings_usd{driver=\"embedding_cache\",basis=\"measured\"} 0.200000000",
        "zcost_savings_usd{driver=\"embedding_cache\",basis=\"assumed\"} 0.100000000",
        "zcost_savings_usd{driver=\"prompt_cache\",basis=\"measured\"} -0.000000007",
        "zcost_events_accepted_total 123456789012",
        "zcost_events_duplicate_total 40",
        "zcost_events_lost_total 1",
        "zcost_events_dropped_total 1204",
        "zcost_events_unpriced_total 9",
        "zcost_events_rejected_total{reason=\"malformed\"} 1",
        "zcost_events_rejected_total{reason=\"spoofed\"} 0",
        "zcost_model_unpriced_total{model=\"nobody\"} 5",
        "zcost_model_unpriced_total{model=\"other\"} 6",
        "zcost_journal_unsynced_bytes 12",
        "zcost_journal_bytes 67108864",
        "zcost_journal_last_sync_seconds 0.0015",
        "zcost_store_bytes 4096",
        "zcost_store_checkpoint_age_seconds 4",
        "zcost_producers 3",
        "zcost_uptime_seconds 11520",
        "zcost_resident_memory_bytes 43201331",
        "zcost_cells 1234",
        "zcost_events_folded_to_other_total 2",
        "zcost_cost_usd_total 12.000000001",
        "zcost_model_cost_usd_total{model=\"gpt-4o\"} 12.000000001",
        "zcost_model_cost_usd_total{model=\"\"} 0.000000000",
        "zcost_model_events_total{model=\"gpt-4o\"} 10",
        "zcost_model_tokens_total{model=\"gpt-4o\",kind=\"input\"} 1000",
        "zcost_model_tokens_total{model=\"gpt-4o\",kind=\"cache_read\"} 600",
        "zcost_model_tokens_total{model=\"gpt-4o\",kind=\"cache_write\"} 100",
        "zcost_model_tokens_total{model=\"gpt-4o\",kind=\"output\"} 50",
        "zcost_model_tokens_total{model=\"gpt-4o\",kind=\"reasoning\"} 20",
        "zcost_model_tokens_total{model=\"gpt-4o\",kind=\"saved\"} 30",
        "zcost_service_cost_usd_total{service=\"search\"} 12.000000001",
        "zcost_service_events_total{service=\"search\"} 12",
        "zcost_model_latency_seconds{model=\"gpt-4o\",quantile=\"0.5\"} 0.8125",
        "zcost_model_latency_seconds{model=\"gpt-4o\",quantile=\"0.99\"} 4",
        "zcost_budget_limit_usd{budget=\"team\"} 100.000000000",
        "zcost_budget_limit_usd{budget=\"new\"} 5.000000000",
        "zcost_budget_spent_usd{budget=\"team\"} 55.250000000",
        "zcost_labels_left_out{label=\"model\"} 0",
        "zcost_labels_left_out{label=\"service\"} 0",
        "zcost_labels_left_out{label=\"unpriced\"} 0",
        "zcost_labels_left_out{label=\"latency\"} 0",
    };
    zb_metrics_t *metrics = zb_metrics_new (10);
    for (int format = 0; format < 2; format++) {
        char *text = written (metrics, good, format);
        for (size_t i = 0; i < COUNT (lines); i++)
            assert_exposes (text, lines [i]);
        assert_null (strstr (text, "quiet"));                                 /* told no latency */
        assert_null (strstr (text, "zcost_budget_spent_usd{budget=\"new\"")); /* not summed yet */
        free (text);
    }
    zb_metrics_destroy (&metrics);
    assert_null (metrics);
}

static void test_metrics_leave_out_what_was_not_answered (void **state)
{
    (void) state;
    static const char *const tells [ZB_ASKS] = {
        "zcost_queries",          "zcost_uptime_seconds",        "zcost_model_cost_usd",
        "zcost_service_cost_usd", "zcost_model_latency_seconds", "zcost_budget_limit_usd"};
    zb_metrics_t *metrics = zb_metrics_new (10);
    for (unsigned answered = 0; answered < 1 << ZB_ASKS; answered++) {
        const char *texts [ZB_ASKS];
        for (int i = 0; i < ZB_ASKS; i++)
            texts [i] = answered & 1u << i ? good [i] : NULL;
        char *text = written (metrics, texts, answered & 1);
        for (int i = 0; i < ZB_ASKS; i++)
            assert_int_equal (strstr (text, tells [i]) != NULL, texts [i] != NULL);
        free (text);
    }
    zb_metrics_destroy (&metrics);
}

static void test_metrics_of_a_daemon_without_disk_or_budgets_have_none (void **state)
{
    (void) state;
    zb_metrics_t *metrics = zb_metrics_new (10);
    char *text = written_of (metrics, ZB_ASK_HEALTH, "{'journal': {'state': 'none'}, 'store': {'state': 'none'}}");
    assert_null (strstr (text, "zcost_journal"));
    assert_null (strstr (text, "zcost_store"));
    free (text);
    text = written_of (metrics, ZB_ASK_BUDGETS, "{'budgets': []}");
    assert_null (strstr (text, "budget"));
    free (text);
    zb_metrics_destroy (&metrics);
}

/* ------------------------------------------------------------------------- hostile answers */

static void test_metrics_of_what_is_no_number_are_zero (void **state)
{
    (void) state;
    static const char *const values [] = {"''",    "'-'",   "'.'",  "'1.'", "'.5'",   "'1.2.3'", "'--1'",
                                          "'1-2'", "'1e5'", "'+1'", "' 1'", "'1\\n'", "'0x1'",   "'1 zcost_evil 5'",
                                          "null",  "true",  "[]",   "{}",   "[1]",    "{'x': 1}"};
    zb_metrics_t *metrics = zb_metrics_new (10);
    for (size_t i = 0; i < COUNT (values); i++) {
        char answer [512];
        snprintf (answer, sizeof answer, "{'total': {'cost_usd': %s}, 'rows': [{'model': 'a', 'cost_usd': %s}]}",
                  values [i], values [i]);
        char *text = written_of (metrics, ZB_ASK_BY_MODEL, answer);
        assert_exposes (text, "zcost_cost_usd_total 0");
        assert_exposes (text, "zcost_model_cost_usd_total{model=\"a\"} 0");
        free (text);
        snprintf (answer, sizeof answer, "{'cells': %s, 'rejected': {'stale': %s}, 'unpriced': {'m': %s}}", values [i],
                  values [i], values [i]);
        text = written_of (metrics, ZB_ASK_HEALTH, answer);
        assert_exposes (text, "zcost_cells 0");
        assert_exposes (text, "zcost_events_rejected_total{reason=\"stale\"} 0");
        assert_exposes (text, "zcost_model_unpriced_total{model=\"m\"} 0");
        free (text);
    }
    zb_metrics_destroy (&metrics);
}

/* Every value of the answers, at any depth, in turn by each kind of junk. `left` counts down to the one that is
 * replaced; returns whether it was in this one. */
static bool spoil (json_t *json, int *left, const char *junk)
{
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach (json, key, value) {
        if ((*left)-- == 0)
            return json_object_set_new (json, key, json_of (junk)) == 0;
        if (spoil (value, left, junk))
            return true;
    }
    json_array_foreach (json, i, value) {
        if ((*left)-- == 0)
            return json_array_set_new (json, i, json_of (junk)) == 0;
        if (spoil (value, left, junk))
            return true;
    }
    return false;
}

static void test_metrics_are_well_formed_whatever_one_value_is (void **state)
{
    (void) state;
    static const char *const junk [] = {"null",
                                        "true",
                                        "'junk \\' \\n \\\\ \\u0000 x'",
                                        "-1e300",
                                        "[]",
                                        "{}",
                                        "[[], {'model': {'a': []}}, 5, null]",
                                        "{'a': {'b': {'c': [1]}}, 'queries': 'x', '': null, 'x\\ny': 'z'}"};
    zb_metrics_t *metrics = zb_metrics_new (10000);
    for (int which = 0; which < ZB_ASKS; which++)
        for (size_t kind = 0; kind < COUNT (junk); kind++)
            for (int nth = 0;; nth++) {
                json_t *answers [ZB_ASKS] = {NULL};
                exposed_t exposed_now;
                int left = nth;
                answers [which] = json_of (good [which]);
                bool spoiled = spoil (answers [which], &left, junk [kind]);
                expose (&exposed_now, true);
                zb_metrics_write (metrics, answers, &exposed_now.out);
                zb_exposition_end (&exposed_now.out);
                char *text = exposed (&exposed_now);
                assert_well_formed (text, true);
                free (text);
                json_decref (answers [which]);
                if (!spoiled)
                    break;
            }
    zb_metrics_destroy (&metrics);
}

static void test_metrics_of_answers_that_are_none_are_well_formed (void **state)
{
    (void) state;
    static const char *const answers [] = {"{}",
                                           "[]",
                                           "null",
                                           "5",
                                           "'x'",
                                           "{'rows': 'x', 'total': []}",
                                           "{'rows': {}}",
                                           "{'budgets': {}}",
                                           "{'budgets': ['x', 5, null, []]}",
                                           "{'rows': [null, 1]}",
                                           "{'rejected': [], 'unpriced': 'x', 'journal': 5, 'store': []}",
                                           "{'query_router': {'cost_breakdown': [1]}, 'savings': 'x', 'zcost': []}"};
    zb_metrics_t *metrics = zb_metrics_new (10);
    for (int which = 0; which < ZB_ASKS; which++)
        for (size_t i = 0; i < COUNT (answers); i++)
            free (written_of (metrics, which, answers [i]));
    zb_metrics_destroy (&metrics);
    zb_metrics_destroy (&metrics);
    zb_metrics_destroy (NULL);
}

static void test_metrics_ask_for_all_they_take (void **state)
{
    (void) state;
    static const char *const questions [ZB_ASKS] = {
        [ZB_ASK_REPORT] = "{'query': 'report'}",
        [ZB_ASK_HEALTH] = "{'query': 'health'}",
        [ZB_ASK_BY_MODEL] = "{'query': 'breakdown', 'by': ['model'], 'limit': 2000}",
        [ZB_ASK_BY_SERVICE] = "{'query': 'breakdown', 'by': ['service'], 'limit': 2000}",
        [ZB_ASK_LATENCY] = "{'query': 'breakdown', 'by': ['model'], 'since': 1767224700000, 'limit': 2000}",
        [ZB_ASK_BUDGETS] = "{'query': 'budgets'}",
    };
    for (int i = 0; i < ZB_ASKS; i++) {
        json_t *question = zb_metrics_question (i, 1767225600000), *expected = json_of (questions [i]);
        assert_true (json_equal (question, expected));
        json_decref (question);
        json_decref (expected);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_metrics_are_the_numbers_of_the_answers),
        cmocka_unit_test (test_metrics_leave_out_what_was_not_answered),
        cmocka_unit_test (test_metrics_of_a_daemon_without_disk_or_budgets_have_none),
        cmocka_unit_test (test_metrics_of_what_is_no_number_are_zero),
        cmocka_unit_test (test_metrics_are_well_formed_whatever_one_value_is),
        cmocka_unit_test (test_metrics_of_answers_that_are_none_are_well_formed),
        cmocka_unit_test (test_metrics_ask_for_all_they_take),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
