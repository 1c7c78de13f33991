/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_memory.c - what ledger.h promises where memory ends: nothing changes, and later all goes on.
 *
 * Linked with --wrap, so that malloc, calloc and realloc can fail.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "failing_memory.h"
#include "pack.h"

static void test_ledger_new_without_memory_is_none (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    int failed = 0;
    for (int nth = 1;; nth++, failed++) {
        fails_in = nth;
        zc_ledger_t *ledger = zc_ledger_new (&policy, &default_retention, ZC_KEYS_MAX, &(zc_siphash_secret_t){{1, 2}});
        bool reached = fails_in == 0;
        fails_in = 0;
        if (!reached) {
            assert_non_null (ledger);
            zc_ledger_destroy (&ledger);
            break;
        }
        assert_null (ledger);
    }
    assert_true (failed > 3);
}

/* Each event has a key, a service, a minute and a latency of its own, so that all that grows does. */
static zc_event_t nth_event (uint32_t i, char service [32])
{
    snprintf (service, 32, "s%u", i);
    zc_event_t event = with_cost (with_service (call_of ("gpt-4o"), service), 1);
    return with_latency (with_ts (event, 1767225600000 + 60000 * (int64_t) i), 1000 * (int64_t) i);
}

static void test_ledger_without_memory_folds_nothing_of_an_event (void **state)
{
    (void) state;
    enum { EVENTS = 900, MOST_TRIES = 10 };
    fixture_t fixture = fixture_new ();
    int refused = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        char service [32];
        zc_event_t event = nth_event (i, service);
        for (int nth = 1; nth <= MOST_TRIES; nth++) {
            fails_in = nth;
            int rc = zc_ledger_fold (fixture.ledger, &event, event.ts_ms);
            fails_in = 0;
            if (rc == 0)
                break;
            refused++;
            assert_int_equal (rc, -2);
            assert_int_equal (zc_keys_count (zc_ledger_keys (fixture.ledger)), i);
            assert_int_equal (zc_ledger_changes (fixture.ledger)->count, i);
            assert_int_equal (zc_ledger_changes (fixture.ledger)->latencies.count, i);
            assert_int_equal (zc_ledger_accepted (fixture.ledger), i);
            assert_int_equal (totals_of (&fixture).calls_cost_nanousd, i);
            assert_int_equal (zc_ledger_service (fixture.ledger, str_of (service))->calls, 0);
        }
        assert_int_equal (zc_ledger_accepted (fixture.ledger), i + 1);
        assert_int_equal (zc_ledger_service (fixture.ledger, str_of (service))->calls_cost_nanousd, 1);
    }
    assert_true (refused > EVENTS); /* a service's name each, and what grows */
    assert_int_equal (zc_ledger_folded_to_other (fixture.ledger), 0);
    fixture_end (&fixture);
}

/* What has its place needs no memory. */
static void test_ledger_folds_into_what_is_there_without_memory (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    zc_event_t event = with_latency (with_cost (call_of ("gpt-4o"), 1), 5000);
    fold (&fixture, event);
    for (int i = 0; i < 1000; i++) {
        fails_in = 1;
        fold (&fixture, event);
        assert_int_equal (fails_in, 1);
    }
    fails_in = 0;
    assert_int_equal (totals_of (&fixture).calls, 1001);
    fixture_end (&fixture);
}

/* Sketches by themselves: what was added before stays, and later it goes on. */
static void test_sketches_without_memory_keep_what_they_have (void **state)
{
    (void) state;
    enum { ADDED = 3000 };
    zc_sketches_t sketches = {0};
    int refused = 0;
    for (uint32_t i = 0; i < ADDED; i++) {
        fails_in = 1;
        int rc = zc_sketches_add (&sketches, i, i % ZC_BINS, 1);
        fails_in = 0;
        refused += rc == -1;
        if (rc == -1) {
            assert_int_equal (sketches.count, i);
            assert_int_equal (zc_sketches_add (&sketches, i, i % ZC_BINS, 1), 0);
        }
        assert_int_equal (sketches.count, i + 1);
    }
    assert_true (refused > 10);
    for (int nth = 1; nth <= 2; nth++) {
        size_t count;
        fails_in = nth;
        assert_null (zc_sketches_sorted (&sketches, &count));
    }
    fails_in = 0;
    zc_sketches_term (&sketches);
}

static void test_ledger_restore_without_memory_fails (void **state)
{
    (void) state;
    const zc_dimensions_t key = {.type = ZCOST_LLM_CALL, .service = str_of ("search")};
    const zc_measures_t sums = {.events = 1};
    int failed = 0;
    for (int nth = 1;; nth++, failed++) {
        fixture_t fixture = fixture_new ();
        fails_in = nth;
        int rc = zc_ledger_restore_key (fixture.ledger, 0, &key, &sums);
        bool reached = fails_in == 0;
        fails_in = 0;
        assert_int_equal (rc, reached ? -1 : 0);
        assert_int_equal (zc_keys_count (zc_ledger_keys (fixture.ledger)), reached ? 0 : 1);
        fixture_end (&fixture);
        if (!reached)
            break;
    }
    assert_true (failed > 1);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_new_without_memory_is_none),
        cmocka_unit_test (test_ledger_without_memory_folds_nothing_of_an_event),
        cmocka_unit_test (test_ledger_folds_into_what_is_there_without_memory),
        cmocka_unit_test (test_sketches_without_memory_keep_what_they_have),
        cmocka_unit_test (test_ledger_restore_without_memory_fails),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
