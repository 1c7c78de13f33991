/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger.c - what ledger.h and the contract promise of sums: which event adds what to which.
 * That sums end where 64 bits do, and do not depend on the order, is in test_ledger_sums.c.
 *
 * Prices are those of table.h: nano-dollars a token, input / output: gpt-4o 1000 / 2000,
 * gpt-4o-mini 10 / 20, gpt-4.1-mini 100 / 200, embed 5 / none.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "pack.h"

enum { SIMPLE, MEDIUM, COMPLEX, OTHER };

#define FLAT INT64_C (35000000) /* the baseline of a query without tokens */

static zc_event_t tokens (zc_event_t event)
{
    return with_output (with_input (event, 1000), 100);
}

/* ---------------------------------------------------------------- query_router */

/* One query, alone in a ledger. */
static void test_ledger_of_one_query (void **state)
{
    (void) state;
    const zc_event_t query = event_of (ZCOST_QUERY_ROUTER);
    const struct {
        zc_event_t event;
        size_t tier;
        bool measured; /* else assumed */
        int64_t cost, baseline;
    } table [] = {
        /* A cost that is given. */
        {with_cost (query_of ("simple"), 7), SIMPLE, false, 7, FLAT},
        {with_cost (query_of ("complex"), 7), COMPLEX, false, 7, FLAT},
        {with_cost (query, 7), MEDIUM, false, 7, FLAT}, /* no tier: medium */
        {with_cost (query_of ("simple"), 0), SIMPLE, false, 0, FLAT},
        /* Tokens at the price of the tier's model; the baseline is the same tokens at gpt-4o. */
        {tokens (query_of ("simple")), SIMPLE, true, 12000, 1200000},
        {tokens (query_of ("medium")), MEDIUM, true, 120000, 1200000},
        {tokens (query_of ("complex")), COMPLEX, true, 1200000, 1200000},
        {tokens (query), MEDIUM, true, 120000, 1200000},
        {with_input (query_of ("simple"), 3), SIMPLE, true, 30, 3000},
        {with_output (query_of ("simple"), 3), SIMPLE, true, 60, 6000},
        {with_input (query_of ("simple"), 0), SIMPLE, true, 0, 0},
        /* Its own model's, where it has one. */
        {with_model (tokens (query_of ("simple")), "gpt-4.1-mini"), SIMPLE, true, 120000, 1200000},
        {with_model (tokens (query_of ("simple")), "openai/gpt-4o-2024-08-06"), SIMPLE, true, 1200000, 1200000},
        {with_model (tokens (query_of ("purple")), "gpt-4o-mini"), OTHER, true, 12000, 1200000},
        {with_model (tokens (query_of ("simple")), ""), SIMPLE, true, 12000, 1200000}, /* an empty name is none */
        /* A cost that is given beats one that is computed, not the baseline. */
        {with_cost (tokens (query_of ("simple")), 7), SIMPLE, true, 7, 1200000},
        {with_cost (with_model (tokens (query_of ("simple")), "nobody's"), 7), SIMPLE, true, 7, 1200000},
        {with_cost (with_model (query_of ("simple"), "nobody's"), 7), SIMPLE, false, 7, FLAT},
        /* Neither cost nor tokens. */
        {query, MEDIUM, false, 0, FLAT},
        {with_model (query_of ("simple"), "nobody's"), SIMPLE, false, 0, FLAT},
        /* A tier that nobody configured loses no cost. */
        {with_cost (query_of ("purple"), 7), OTHER, false, 7, FLAT},
        {with_cost (query_of ("other"), 7), OTHER, false, 7, FLAT},
        {with_cost (query_of (""), 7), OTHER, false, 7, FLAT},
        {with_cost (query_of ("Simple"), 7), OTHER, false, 7, FLAT},
        {with_cost (query_of ("simpl"), 7), OTHER, false, 7, FLAT},
        {with_cost (query_of ("simple "), 7), OTHER, false, 7, FLAT},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        fold (&fixture, table [i].event);
        zc_totals_t totals = totals_of (&fixture);
        const zc_tier_totals_t *sums = &totals.tiers [table [i].tier];
        if (sums->queries != 1 || sums->cost_nanousd != table [i].cost || sums->baseline_nanousd != table [i].baseline)
            fail_msg ("row %zu: %llu queries, cost %lld, baseline %lld", i, (unsigned long long) sums->queries,
                      (long long) sums->cost_nanousd, (long long) sums->baseline_nanousd);
        assert_int_equal (sums->measured, table [i].measured);
        assert_int_equal (sums->assumed, !table [i].measured);
        assert_int_equal (sums->unpriced, 0);
        assert_memory_equal (&totals.router, sums, sizeof *sums);
        assert_int_equal (zc_ledger_accepted (fixture.ledger), 1);
        fixture_end (&fixture);
    }
}

/* A cost that nobody knows is counted beside the total, by its model, and saves nothing. */
static void test_ledger_keeps_unpriced_queries_out_of_the_sums (void **state)
{
    (void) state;
    const struct {
        zc_event_t event;
        size_t tier;
        const char *model;
    } table [] = {
        {with_model (tokens (query_of ("simple")), "nobody's"), SIMPLE, "nobody's"},
        {with_model (tokens (query_of ("complex")), "embed"), COMPLEX, "embed"}, /* no rate for output */
        {tokens (query_of ("purple")), OTHER, ""},                               /* other has no model */
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        fold (&fixture, table [i].event);
        zc_totals_t totals = totals_of (&fixture);
        zc_tier_totals_t wanted = {.queries = 1, .unpriced = 1};
        assert_memory_equal (&totals.tiers [table [i].tier], &wanted, sizeof wanted);
        assert_memory_equal (&totals.router, &wanted, sizeof wanted);
        assert_int_equal (unpriced_of (&fixture, table [i].model), 1);
        assert_int_equal (zc_ledger_unpriced (fixture.ledger)->names.count, 1);
        assert_int_equal (zc_ledger_accepted (fixture.ledger), 1);
        fixture_end (&fixture);
    }
}

/* A tier whose model the table does not know: counted under that model's name. */
static void test_ledger_names_the_model_of_an_unpriced_tier (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_set_tier (&policy, "simple", "nobody's"), 0);
    assert_int_equal (zc_policy_set_tier (&policy, "exceedingly long", "gpt-4o-mini"), 0);
    fixture_t fixture = fixture_by (&policy);
    fold (&fixture, tokens (query_of ("simple")));
    fold (&fixture, tokens (query_of ("exceedingly long")));
    zc_totals_t totals = totals_of (&fixture);
    assert_int_equal (totals.tiers [SIMPLE].unpriced, 1);
    assert_int_equal (unpriced_of (&fixture, "nobody's"), 1);
    assert_int_equal (totals.tiers [3].queries, 1); /* a configured tier, before other */
    assert_int_equal (totals.tiers [3].cost_nanousd, 12000);
    assert_int_equal (totals.router.queries, 2);
    assert_int_equal (totals.router.baseline_nanousd, 1200000);
    fixture_end (&fixture);
}

/* -------------------------------------------------------------------- llm_call */

static void test_ledger_of_calls (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    fold (&fixture, tokens (call_of ("gpt-4o")));
    fold (&fixture, with_cost (tokens (call_of ("gpt-4o")), 5)); /* given beats computed */
    fold (&fixture, with_cost (event_of (ZCOST_LLM_CALL), 6));
    fold (&fixture, call_of ("nobody's"));          /* no tokens: it costs nothing that is known of */
    fold (&fixture, tokens (call_of ("nobody's"))); /* unpriced */
    fold (&fixture, tokens (call_of ("nobody's")));
    fold (&fixture, tokens (event_of (ZCOST_LLM_CALL))); /* no model: unpriced under "" */
    fold (&fixture, with_input (call_of ("embed"), 10));
    zc_totals_t totals = totals_of (&fixture);
    assert_int_equal (totals.calls, 8);
    assert_int_equal (totals.calls_unpriced, 3);
    assert_int_equal (totals.calls_cost_nanousd, 1200000 + 5 + 6 + 50);
    assert_int_equal (totals.router.queries, 0); /* no router placed them */
    assert_int_equal (unpriced_of (&fixture, "nobody's"), 2);
    assert_int_equal (unpriced_of (&fixture, ""), 1);
    fixture_end (&fixture);
}

/* ------------------------------------------------------- embedding_cache, rag */

static void test_ledger_of_the_cache (void **state)
{
    (void) state;
    const zc_event_t cache = event_of (ZCOST_EMBEDDING_CACHE);
    const zc_event_t embed = with_model (cache, "embed"), unknown = with_model (cache, "nobody's");
    const struct {
        zc_event_t event;
        int64_t saved;
        uint64_t unpriced;
    } table [] = {
        {with_hits (cache, 1, 0), 100000, 0},
        {with_hits (cache, 0, 1), 0, 0},
        {with_hits (cache, 4, 3), 400000, 0},
        {with_hits (cache, 0, 0), 0, 0},
        {with_hits (embed, 1, 0), 100000, 0}, /* a model, but no tokens */
        {with_hits (with_input (embed, 1000), 1, 0), 5000, 0},
        {with_hits (with_input (embed, 1000), 4, 3), 5000, 0}, /* the tokens are those of all hits */
        {with_hits (with_input (embed, 0), 1, 0), 0, 0},
        {with_hits (with_input (embed, 1000), 0, 3), 0, 0}, /* a miss saves nothing */
        {with_hits (with_input (unknown, 1000), 0, 3), 0, 0},
        {with_hits (with_input (unknown, 1000), 2, 0), 200000, 1}, /* no price: the estimate, and told */
        {with_hits (with_input (cache, 1000), 1, 0), 100000, 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        fold (&fixture, table [i].event);
        zc_totals_t totals = totals_of (&fixture);
        if (totals.cache_saved_nanousd != table [i].saved)
            fail_msg ("row %zu: %lld", i, (long long) totals.cache_saved_nanousd);
        assert_int_equal (totals.cache_hits, table [i].event.hits);
        assert_int_equal (totals.cache_misses, table [i].event.misses);
        assert_int_equal (zc_ledger_unpriced (fixture.ledger)->names.count, table [i].unpriced);
        assert_int_equal (zc_ledger_accepted (fixture.ledger), 1);
        fixture_end (&fixture);
    }
}

static void test_ledger_of_preloads (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    const zc_event_t preload = event_of (ZCOST_RAG_PARALLEL);
    fold (&fixture, preload); /* not measured: 6 s assumed */
    fold (&fixture, with_saved (preload, 2500000000));
    fold (&fixture, with_saved (preload, -10000000000)); /* it took longer */
    fold (&fixture, with_saved (preload, 0));
    zc_totals_t totals = totals_of (&fixture);
    assert_int_equal (totals.preloads, 4);
    assert_int_equal (totals.preloads_measured, 3);
    assert_int_equal (totals.saved_ns, -1500000000);
    fixture_end (&fixture);
}

/* ---------------------------------------------------------------------- prices */

static void test_ledger_prices_later_events_by_the_table_in_force (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    fold (&fixture, tokens (query_of ("simple")));
    fold (&fixture, tokens (call_of ("gpt-4o-mini")));
    zc_prices_t *dearer = read_table (
        "{\"gpt-4o\": {\"input_cost_per_token\": 1, \"output_cost_per_token\": 1},"
        " \"gpt-4o-mini\": {\"input_cost_per_token\": 1e-9, \"output_cost_per_token\": 1e-9}}");
    assert_int_equal (zc_ledger_use_prices (fixture.ledger, dearer), 0);
    zc_prices_destroy (&fixture.prices); /* the old table is not looked at any more */
    fixture.prices = dearer;
    assert_ptr_equal (zc_ledger_prices (fixture.ledger), dearer);
    fold (&fixture, tokens (query_of ("simple")));
    fold (&fixture, tokens (call_of ("gpt-4o-mini")));
    fold (&fixture, tokens (query_of ("medium"))); /* its model is gone from the table */
    zc_totals_t totals = totals_of (&fixture);
    assert_int_equal (totals.tiers [SIMPLE].cost_nanousd, 12000 + 1100);
    assert_int_equal (totals.router.baseline_nanousd, 1200000 + 1100 * INT64_C (1000000000));
    assert_int_equal (totals.calls_cost_nanousd, 12000 + 1100);
    assert_int_equal (totals.router.unpriced, 1);
    fixture_end (&fixture);
}

static void test_ledger_refuses_a_table_without_the_baseline (void **state)
{
    (void) state;
    static const char *const tables [] = {
        "{\"gpt-4o-mini\": {\"input_cost_per_token\": 1, \"output_cost_per_token\": 1}}",
        "{\"gpt-4o\": {\"input_cost_per_token\": 1}}",
    };
    for (size_t i = 0; i < COUNT (tables); i++) {
        fixture_t fixture = fixture_new ();
        zc_prices_t *prices = read_table (tables [i]);
        assert_int_equal (zc_ledger_use_prices (fixture.ledger, prices), -1);
        zc_prices_destroy (&prices);
        assert_ptr_equal (zc_ledger_prices (fixture.ledger), fixture.prices);
        fold (&fixture, tokens (query_of ("simple")));
        assert_int_equal (totals_of (&fixture).router.cost_nanousd, 12000);
        fixture_end (&fixture);
    }
}

/* ------------------------------------------------------------------------ look */

static void test_ledger_counts_its_cells (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    assert_int_equal (zc_ledger_cells (fixture.ledger), 0);
    for (int round = 1; round <= 2; round++) {
        fold (&fixture, query_of ("simple"));
        fold (&fixture, query_of ("purple"));
        fold (&fixture, event_of (ZCOST_RAG_PARALLEL));
        fold (&fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 0, 1));
        fold (&fixture, call_of ("gpt-4o"));
        assert_int_equal (zc_ledger_cells (fixture.ledger), 5);
    }
    fold (&fixture, with_service (query_of ("simple"), "search"));
    assert_int_equal (zc_ledger_cells (fixture.ledger), 6);
    assert_int_equal (zc_ledger_accepted (fixture.ledger), 11);
    fixture_end (&fixture);
    zc_ledger_destroy (&fixture.ledger);
    zc_ledger_destroy (NULL);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_of_one_query),
        cmocka_unit_test (test_ledger_keeps_unpriced_queries_out_of_the_sums),
        cmocka_unit_test (test_ledger_names_the_model_of_an_unpriced_tier),
        cmocka_unit_test (test_ledger_of_calls),
        cmocka_unit_test (test_ledger_of_the_cache),
        cmocka_unit_test (test_ledger_of_preloads),
        cmocka_unit_test (test_ledger_prices_later_events_by_the_table_in_force),
        cmocka_unit_test (test_ledger_refuses_a_table_without_the_baseline),
        cmocka_unit_test (test_ledger_counts_its_cells),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
