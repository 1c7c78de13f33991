/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_sums.c - what ledger.h promises of its sums as a whole: the same in any order, split by
 * service, whole or not at all where 64 bits end.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "any.h"
#include "events.h"

#define MOST_COST (ZCOST_COST_MAX_USD * INT64_C (1000000000))
#define MOST_SAVED (ZCOST_SECONDS_MAX * INT64_C (1000000000))

/* All latencies, whoever's they are: the numbers of keys and cells go by the order of events. */
static zc_binned_t *all_latencies (const fixture_t *fixture, size_t *ret_count)
{
    const zc_sketches_t *latencies = &zc_ledger_changes (fixture->ledger)->latencies;
    zc_sketches_t all = {0};
    for (uint32_t slot = 0; slot < latencies->size; slot++)
        assert_int_equal (zc_sketches_add (&all, 0, ZC_BINNED_BIN (latencies->slots [slot]),
                                           ZC_BINNED_EVENTS (latencies->slots [slot])),
                          0);
    zc_binned_t *sorted = zc_sketches_sorted (&all, ret_count);
    assert_non_null (sorted);
    zc_sketches_term (&all);
    return sorted;
}

static void test_ledger_the_order_of_events_is_nothing (void **state)
{
    (void) state;
    enum { EVENTS = 500, ORDERS = 20 };
    static zc_event_t events [EVENTS];
    zc_totals_t first = {0};
    zc_binned_t *first_latencies = NULL;
    size_t first_count = 0;
    for (size_t i = 0; i < EVENTS; i++)
        events [i] = any_event ();
    for (int order = 0; order < ORDERS; order++) {
        fixture_t fixture = fixture_new ();
        use_cached_prices (&fixture);
        for (size_t i = 0; i < EVENTS; i++)
            fold (&fixture, events [i]);
        zc_totals_t totals = totals_of (&fixture);
        size_t count;
        zc_binned_t *latencies = all_latencies (&fixture, &count);
        if (order == 0) {
            first = totals;
            first_latencies = latencies;
            first_count = count;
            assert_true (count > 50 && totals.prompt_saved_nanousd != 0);
        }
        assert_memory_equal (&totals, &first, sizeof totals);
        assert_int_equal (count, first_count);
        assert_memory_equal (latencies, first_latencies, count * sizeof *latencies);
        fixture_end (&fixture);
        if (order > 0)
            free (latencies);
        for (uint32_t i = EVENTS - 1; i > 0; i--) {
            uint32_t other = random_below (i + 1);
            zc_event_t event = events [i];
            events [i] = events [other];
            events [other] = event;
        }
    }
    free (first_latencies);
}

/* ------------------------------------------------------------------- services */

static void test_ledger_splits_its_sums_by_service (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    fold (&fixture, with_cost (query_of ("simple"), 1)); /* no service: default */
    fold (&fixture, with_service (with_cost (query_of ("simple"), 2), "default"));
    fold (&fixture, with_service (with_cost (query_of ("simple"), 4), "search"));
    fold (&fixture, with_service (with_cost (call_of ("gpt-4o"), 8), "search"));
    fold (&fixture, with_service (with_cost (query_of ("simple"), 16), "")); /* a name like another */
    zc_totals_t totals = *zc_ledger_service (fixture.ledger, str_of ("default"));
    assert_int_equal (totals.router.cost_nanousd, 3);
    assert_int_equal (totals.tiers [0].cost_nanousd, 3);
    assert_int_equal (totals.calls, 0);
    totals = *zc_ledger_service (fixture.ledger, str_of ("search"));
    assert_int_equal (totals.router.cost_nanousd, 4);
    assert_int_equal (totals.calls_cost_nanousd, 8);
    totals = *zc_ledger_service (fixture.ledger, str_of (""));
    assert_int_equal (totals.router.cost_nanousd, 16);
    static const zc_totals_t none;
    assert_memory_equal (zc_ledger_service (fixture.ledger, str_of ("nobody")), &none, sizeof none);
    totals = totals_of (&fixture);
    assert_int_equal (totals.router.cost_nanousd, 23);
    assert_int_equal (totals.router.queries, 4);
    assert_int_equal (totals.calls_cost_nanousd, 8);
    fixture_end (&fixture);
}

/* Services beyond the cap fold into `other`: bounded, counted, and no cost is lost. */
static void test_ledger_folds_services_beyond_the_cap_into_other (void **state)
{
    (void) state;
    enum { SERVICES = ZC_SERVICES_MAX + 100 };
    fixture_t fixture = fixture_new ();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < SERVICES; i++) {
            char name [16];
            snprintf (name, sizeof name, "s%d", i);
            fold (&fixture, with_service (with_cost (query_of ("simple"), 1), name));
        }
    fold (&fixture, with_cost (query_of ("simple"), 1));
    assert_int_equal (totals_of (&fixture).router.cost_nanousd, 2 * SERVICES + 1);
    int64_t folded = zc_ledger_service (fixture.ledger, str_of ("other"))->router.cost_nanousd;
    assert_true (folded >= 200);
    assert_int_equal (zc_ledger_folded_to_other (fixture.ledger), folded);
    assert_int_equal (zc_ledger_service (fixture.ledger, str_of ("s0"))->router.cost_nanousd, 2);
    assert_int_equal (zc_ledger_service (fixture.ledger, str_of ("default"))->router.cost_nanousd, 1);
    assert_true (zc_ledger_cells (fixture.ledger) <= ZC_SERVICES_MAX);
    fixture_end (&fixture);
}

/* ------------------------------------------------------------------- overflow */

/* Folds `event` until it is refused, at most `most` times; refused it stays, and nothing changes. */
static void assert_refused_whole_after (fixture_t *fixture, zc_event_t event, uint64_t most)
{
    uint64_t taken = 0;
    while (taken <= most && zc_ledger_fold (fixture->ledger, &event, event.ts_ms) == 0)
        taken++;
    assert_int_equal (taken, most);
    zc_totals_t before = totals_of (fixture);
    uint64_t accepted = zc_ledger_accepted (fixture->ledger);
    for (int i = 0; i < 3; i++)
        assert_int_equal (zc_ledger_fold (fixture->ledger, &event, event.ts_ms), -1);
    /* A service that no event of which was taken is none of ours. */
    size_t cells = zc_ledger_cells (fixture->ledger);
    uint32_t keys = zc_keys_count (zc_ledger_keys (fixture->ledger));
    zc_event_t elsewhere = with_service (event, "elsewhere");
    assert_int_equal (zc_ledger_fold (fixture->ledger, &elsewhere, elsewhere.ts_ms), -1);
    assert_int_equal (zc_ledger_cells (fixture->ledger), cells);
    assert_int_equal (zc_keys_count (zc_ledger_keys (fixture->ledger)), keys);
    zc_totals_t after = totals_of (fixture);
    assert_memory_equal (&after, &before, sizeof after);
    assert_int_equal (zc_ledger_accepted (fixture->ledger), accepted);
}

static void test_ledger_refuses_a_cost_that_would_overflow (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    /* Queries and calls together: one total over all types must hold them. */
    for (int i = 0; i < 4000; i++)
        fold (&fixture, with_cost (event_of (ZCOST_LLM_CALL), MOST_COST));
    assert_refused_whole_after (&fixture, with_cost (query_of ("simple"), MOST_COST), 5223);
    assert_refused_whole_after (&fixture, with_cost (event_of (ZCOST_LLM_CALL), MOST_COST), 0);
    /* What still fits is still taken: in the largest sum, and in every other one. */
    int64_t left = INT64_MAX - 9223 * MOST_COST;
    assert_refused_whole_after (&fixture, with_cost (query_of ("complex"), left), 1);
    assert_refused_whole_after (&fixture, with_cost (query_of ("complex"), 1), 0);
    fold (&fixture, with_cost (query_of ("complex"), 0));
    fold (&fixture, event_of (ZCOST_RAG_PARALLEL));
    fold (&fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 1, 0));
    assert_int_equal (totals_of (&fixture).router.cost_nanousd + totals_of (&fixture).calls_cost_nanousd, INT64_MAX);
    fixture_end (&fixture);
}

static void test_ledger_refuses_a_price_that_would_overflow (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    /* 9 USD a token: one call passes 64 bits by itself. */
    assert_refused_whole_after (&fixture, with_input (call_of ("dear"), 1024819116), 0);
    assert_refused_whole_after (&fixture, with_input (call_of ("dear"), 1024819115), 1);
    assert_refused_whole_after (&fixture, with_input (with_model (query_of ("simple"), "dear"), 1024819116), 0);
    assert_refused_whole_after (
        &fixture, with_hits (with_input (with_model (event_of (ZCOST_EMBEDDING_CACHE), "dear"), 1024819116), 1, 0), 0);
    assert_int_equal (totals_of (&fixture).calls, 1);
    fixture_end (&fixture);
}

static void test_ledger_refuses_a_baseline_that_would_overflow (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    strcpy (policy.baseline_model, "dear");
    policy.baseline_per_query_nanousd = INT64_MAX / 3;
    fixture_t fixture = fixture_by (&policy);
    assert_refused_whole_after (&fixture, with_cost (query_of ("simple"), 1), 3);
    assert_refused_whole_after (&fixture, with_input (with_cost (query_of ("simple"), 1), 1024819116), 0);
    fixture_end (&fixture);
}

static void test_ledger_refuses_hits_that_would_overflow (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    policy.hit_saves_nanousd = INT64_MAX / 4;
    fixture_t fixture = fixture_by (&policy);
    assert_refused_whole_after (&fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 5, 0), 0);
    assert_refused_whole_after (&fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 2, 0), 2);
    fixture_end (&fixture);
    fixture = fixture_new ();
    const int64_t most = INT64_MAX / (2 * ZCOST_COUNT_MAX);
    const zc_dimensions_t key = {.type = ZCOST_EMBEDDING_CACHE};
    const zc_measures_t earlier = {
        .events = most - 3, .hits = (most - 3) * ZCOST_COUNT_MAX, .misses = (most - 3) * ZCOST_COUNT_MAX};
    assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &earlier), 0);
    assert_refused_whole_after (&fixture,
                                with_hits (with_input (with_model (event_of (ZCOST_EMBEDDING_CACHE), "embed"), 1),
                                           ZCOST_COUNT_MAX, ZCOST_COUNT_MAX),
                                3);
    fixture_end (&fixture);
}

static void test_ledger_refuses_time_saved_that_would_overflow (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    assert_refused_whole_after (&fixture, with_saved (event_of (ZCOST_RAG_PARALLEL), MOST_SAVED), 9223);
    fixture_end (&fixture);
    fixture = fixture_new ();
    assert_refused_whole_after (&fixture, with_saved (event_of (ZCOST_RAG_PARALLEL), -MOST_SAVED), 9223);
    fixture_end (&fixture);
}

/* What prompt caches saved is signed: savings and losses fill one bound together, at its real size. */
static void test_ledger_refuses_prompt_savings_that_would_overflow (void **state)
{
    (void) state;
    const zc_event_t saves = with_cost (with_prompt_cache (with_input (call_of ("gpt-4o"), 0), 1000, 0), 0);
    const zc_event_t loses = with_cost (with_prompt_cache (with_input (query_of ("complex"), 0), 0, 1000), 0);
    const zc_dimensions_t key = {.type = ZCOST_LLM_CALL};
    const zc_measures_t earlier = {.prompt_saved_nanousd = INT64_MAX - 2 * 900000 - 250000};
    fixture_t fixture = fixture_new ();
    use_cached_prices (&fixture);
    assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &earlier), 0);
    fold (&fixture, loses); /* -250,000: the sum is less now, and yet there is no more room */
    assert_refused_whole_after (&fixture, saves, 2);
    assert_refused_whole_after (&fixture, loses, 0);
    assert_int_equal (totals_of (&fixture).prompt_saved_nanousd, INT64_MAX - 500000);
    assert_int_equal (zc_ledger_prompt_magnitude (fixture.ledger), INT64_MAX);
    fixture_end (&fixture);
}

/* All kinds of tokens are bounded together: no sum over any of them, of any type, can pass. */
static void test_ledger_refuses_tokens_that_would_overflow (void **state)
{
    (void) state;
    static const zc_key_t kinds [] = {ZC_KEY_INPUT_TOKENS, ZC_KEY_CACHE_READ_TOKENS, ZC_KEY_CACHE_WRITE_TOKENS,
                                      ZC_KEY_OUTPUT_TOKENS, ZC_KEY_REASONING_TOKENS};
    static const zcost_type_t types [] = {ZCOST_QUERY_ROUTER, ZCOST_LLM_CALL, ZCOST_EMBEDDING_CACHE};
    /* Nine million events fill the bound: all but three were of an earlier life. */
    const zc_measures_t earlier = {.events = INT64_MAX / ZCOST_COUNT_MAX - 3,
                                   .output_tokens = (INT64_MAX / ZCOST_COUNT_MAX - 3) * ZCOST_COUNT_MAX};
    const zc_dimensions_t key = {.type = ZCOST_LLM_CALL};
    zc_prices_t *free_of_charge =
        read_table ("{\"gpt-4o\": {\"input_cost_per_token\": 0, \"output_cost_per_token\": 0}}");
    for (size_t kind = 0; kind < COUNT (kinds); kind++) {
        fixture_t fixture = fixture_new ();
        assert_int_equal (zc_ledger_use_prices (fixture.ledger, free_of_charge), 0);
        assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &earlier), 0);
        for (size_t type = 0; type < COUNT (types); type++) {
            zc_event_t event = with_cost (event_of (types [type]), 0);
            int64_t *const tokens [] = {&event.input_tokens, &event.cache_read_tokens, &event.cache_write_tokens,
                                        &event.output_tokens, &event.reasoning_tokens};
            event.has |= ZC_BIT (kinds [kind]);
            *tokens [kind] = ZCOST_COUNT_MAX;
            /* The first type fills the bound, for all. */
            assert_refused_whole_after (&fixture, event, type == 0 ? 3 : 0);
        }
        fold (&fixture, with_cost (query_of ("simple"), 1));
        assert_refused_whole_after (&fixture, with_output (call_of ("gpt-4o"), INT64_MAX % ZCOST_COUNT_MAX), 1);
        assert_refused_whole_after (&fixture, with_output (call_of ("gpt-4o"), 1), 0);
        fixture_end (&fixture);
    }
    zc_prices_destroy (&free_of_charge);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_the_order_of_events_is_nothing),
        cmocka_unit_test (test_ledger_splits_its_sums_by_service),
        cmocka_unit_test (test_ledger_folds_services_beyond_the_cap_into_other),
        cmocka_unit_test (test_ledger_refuses_a_cost_that_would_overflow),
        cmocka_unit_test (test_ledger_refuses_a_price_that_would_overflow),
        cmocka_unit_test (test_ledger_refuses_a_baseline_that_would_overflow),
        cmocka_unit_test (test_ledger_refuses_hits_that_would_overflow),
        cmocka_unit_test (test_ledger_refuses_time_saved_that_would_overflow),
        cmocka_unit_test (test_ledger_refuses_prompt_savings_that_would_overflow),
        cmocka_unit_test (test_ledger_refuses_tokens_that_would_overflow),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
