/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_savings.c - what cells.h and ledger.h promise of savings: which part rests on an assumption, and what a
 * provider's prompt cache saved.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "any.h"
#include "core/base/str.h"
#include "events.h"

static zc_measures_t sums_of (const fixture_t *fixture)
{
    zc_measures_t sums = {0};
    const zc_keys_t *keys = zc_ledger_keys (fixture->ledger);
    for (uint32_t key = 0; key < zc_keys_count (keys); key++)
        zc_measures_add (&sums, &zc_keys_at (keys, key)->sums);
    return sums;
}

/* The sums of one event, which are those of its key and of its cell. */
static zc_measures_t measures_of (zc_event_t event)
{
    fixture_t fixture = fixture_new ();
    use_cached_prices (&fixture);
    fold (&fixture, event);
    zc_measures_t sums = sums_of (&fixture);
    assert_memory_equal (&zc_ledger_changes (fixture.ledger)->cells [0].sums, &sums, sizeof sums);
    fixture_end (&fixture);
    return sums;
}

/* --------------------------------------------------------------------- assumed */

static void test_ledger_assumes_for_queries_without_tokens (void **state)
{
    (void) state;
    const zc_event_t priced = with_cost (query_of ("simple"), 7), measured = with_input (query_of ("simple"), 1000);
    const struct {
        zc_event_t event;
        int64_t cost, baseline, assumed_cost, assumed_baseline;
    } table [] = {
        {priced, 7, 35000000, 7, 35000000},
        {query_of ("simple"), 0, 35000000, 0, 35000000},
        {measured, 10000, 1000000, 0, 0},
        {with_cost (measured, 7), 7, 1000000, 0, 0}, /* a cost of its own, and tokens: nothing is assumed */
        {with_model (measured, "nobody's"), 0, 0, 0, 0},
        {with_model (priced, "nobody's"), 7, 35000000, 7, 35000000},
        {with_cost (call_of ("gpt-4o"), 7), 7, 0, 0, 0}, /* calls have no baseline */
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_measures_t sums = measures_of (table [i].event);
        if (sums.cost_nanousd != table [i].cost || sums.baseline_nanousd != table [i].baseline ||
            sums.assumed_cost_nanousd != table [i].assumed_cost ||
            sums.assumed_baseline_nanousd != table [i].assumed_baseline)
            fail_msg ("row %zu", i);
    }
}

static void test_ledger_assumes_for_hits_without_a_price (void **state)
{
    (void) state;
    const zc_event_t hits = with_hits (event_of (ZCOST_EMBEDDING_CACHE), 3, 2);
    const struct {
        zc_event_t event;
        int64_t saved, assumed;
    } table [] = {
        {hits, 300000, 300000},
        {with_model (hits, "embed"), 300000, 300000},
        {with_input (with_model (hits, "embed"), 1000), 5000, 0},
        {with_input (with_model (hits, "nobody's"), 1000), 300000, 300000},
        {with_output (with_model (hits, "embed"), 1000), 300000, 300000}, /* no price for these tokens */
        {with_hits (with_input (with_model (hits, "nobody's"), 1000), 0, 2), 0, 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_measures_t sums = measures_of (table [i].event);
        if (sums.saved_nanousd != table [i].saved || sums.assumed_saved_nanousd != table [i].assumed)
            fail_msg ("row %zu", i);
    }
}

/* ---------------------------------------------------------------- prompt cache */

static void test_ledger_tells_what_a_prompt_cache_saved (void **state)
{
    (void) state;
    const zc_event_t call = with_prompt_cache (with_input (call_of ("gpt-4o"), 1000), 600, 200);
    const zc_event_t query = with_prompt_cache (with_input (query_of ("complex"), 1000), 600, 200);
    const zc_event_t cheap = with_prompt_cache (with_input (call_of ("gpt-4o-mini"), 1), 1, 0);
    const struct {
        zc_event_t event;
        int64_t saved;
    } table [] = {
        {call, 600 * 900 - 200 * 250},
        {with_cost (call, 5), 600 * 900 - 200 * 250}, /* a cost of its own: by the price all the same */
        {with_output (call, 77), 600 * 900 - 200 * 250},
        {query, 600 * 900 - 200 * 250}, /* by the tier's model */
        {with_cost (query, 5), 600 * 900 - 200 * 250},
        {with_model (query, "gpt-4o-mini"), (600 * 900 - 200 * 250) / 100},
        {with_cost (with_model (query, "nobody's"), 5), 0}, /* by its own model, which has no price */
        {with_prompt_cache (with_input (call_of ("gpt-4o"), 10), 600, 200), 600 * 900 - 200 * 250},
        {with_prompt_cache (with_input (call_of ("gpt-4o"), 1000), 0, 200), -200 * 250}, /* written and never read */
        {with_prompt_cache (with_input (call_of ("costly"), 1000), 500, 10), -10 * 2000},
        {with_prompt_cache (with_input (call_of ("gpt-4.1-mini"), 1000), 600, 200), 0}, /* no rates of its own */
        {with_prompt_cache (with_input (call_of ("gpt-4o"), 1000), 0, 0), 0},
        {with_input (call_of ("gpt-4o"), 1000), 0},
        {cheap, 10 - 1}, /* each rounded: 10 and 1 nano-dollars */
        {with_model (call, "nobody's"), 0},
        {with_cost (with_model (call, "nobody's"), 5), 0},
        {with_cost (with_prompt_cache (event_of (ZCOST_LLM_CALL), 600, 200), 5), 0},
        {with_prompt_cache (with_input (query_of ("purple"), 1000), 600, 200), 0},
        {with_cost (with_output (with_prompt_cache (call_of ("embed"), 600, 0), 1), 5), 0}, /* no price of output */
        {with_model (with_prompt_cache (with_hits (event_of (ZCOST_EMBEDDING_CACHE), 1, 0), 600, 0), "gpt-4o"), 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_measures_t sums = measures_of (table [i].event);
        if (sums.prompt_saved_nanousd != table [i].saved)
            fail_msg ("row %zu: %lld", i, (long long) sums.prompt_saved_nanousd);
    }
}

/* 9 USD a token, read for nothing: what it would have cost passes 64 bits, so that nothing is said to be saved; and
 * the event counts. Cost and saving of one that does not count are not looked at. */
static void test_ledger_takes_an_event_whose_plain_cost_overflows (void **state)
{
    (void) state;
    zc_event_t event = with_prompt_cache (call_of ("dear"), 1024819116, 0);
    assert_int_equal (measures_of (event).prompt_saved_nanousd, 0);
    assert_int_equal (measures_of (event).events, 1);
    assert_int_equal (measures_of (with_cost (event, 3)).prompt_saved_nanousd, 0);
    event = with_prompt_cache (call_of ("dear"), 1024819115, 0);
    /* 10^-18 USD a token read: 1.02 nano-dollars */
    assert_true (measures_of (event).prompt_saved_nanousd == INT64_C (1024819115) * 9000000000 - 1);
    event = with_cost (with_input (with_prompt_cache (call_of ("dear"), 1, 0), 1024819117), 3);
    assert_int_equal (measures_of (event).cost_nanousd, 3); /* the computed cost would overflow */
    assert_int_equal (measures_of (event).prompt_saved_nanousd, 0);
}

/* ---------------------------------------------------------------------- totals */

static void test_ledger_totals_tell_what_was_saved_and_how (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    use_cached_prices (&fixture);
    fold (&fixture, with_cost (query_of ("simple"), 7));
    fold (&fixture, with_cost (query_of ("complex"), 11));
    fold (&fixture, with_prompt_cache (with_input (query_of ("complex"), 1000), 100, 0));
    fold (&fixture, with_prompt_cache (with_input (call_of ("gpt-4o"), 1000), 0, 1000));
    fold (&fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 2, 0));
    fold (&fixture, with_hits (with_input (with_model (event_of (ZCOST_EMBEDDING_CACHE), "embed"), 1000), 2, 0));
    fold (&fixture, with_input (query_of ("purple"), 1)); /* unpriced, as the next two */
    fold (&fixture, with_input (call_of ("nobody's"), 1));
    fold (&fixture, with_hits (with_input (event_of (ZCOST_EMBEDDING_CACHE), 1), 1, 0));
    zc_totals_t totals = totals_of (&fixture);
    assert_int_equal (totals.tiers [0].assumed_cost_nanousd, 7);
    assert_int_equal (totals.tiers [2].assumed_cost_nanousd, 11);
    assert_int_equal (totals.tiers [2].assumed_baseline_nanousd, 35000000);
    assert_int_equal (totals.router.assumed_cost_nanousd, 18);
    assert_int_equal (totals.router.assumed_baseline_nanousd, 70000000);
    assert_int_equal (totals.router.baseline_nanousd, 70000000 + 900 * 1000 + 100 * 100);
    assert_int_equal (totals.cache_saved_nanousd, 305000);
    assert_int_equal (totals.cache_assumed_nanousd, 300000);
    assert_int_equal (totals.prompt_saved_nanousd, 100 * 900 - 1000 * 250);
    assert_int_equal (totals.unpriced, 3);
    fixture_end (&fixture);
}

/* However the events are cut into parts: the parts' sums make the same total. */
static void test_ledger_total_of_parts_is_the_total (void **state)
{
    (void) state;
    enum { EVENTS = 3000 };
    static zc_keyed_sums_t sums [EVENTS];
    fixture_t fixture = fixture_new ();
    size_t count = 0;
    use_cached_prices (&fixture);
    for (int i = 0; i < EVENTS; i++)
        fold (&fixture, any_event ());
    zc_totals_t wanted = totals_of (&fixture);
    const zc_keys_t *keys = zc_ledger_keys (fixture.ledger);
    for (uint32_t key = 0; key < zc_keys_count (keys); key++) {
        /* Added to one of its type and tier, or one more of them. */
        const zc_key_entry_t *entry = zc_keys_at (keys, key);
        size_t at = count > 0 ? random_below ((uint32_t) count) : 0;
        if (count == 0 || sums [at].type != entry->dimensions.type ||
            !zc_str_equal (sums [at].tier, entry->dimensions.tier)) {
            assert_true (count < COUNT (sums));
            at = count++;
            sums [at] = (zc_keyed_sums_t){.type = entry->dimensions.type, .tier = entry->dimensions.tier};
        }
        zc_measures_add (&sums [at].sums, &entry->sums);
    }
    zc_totals_t totals = *zc_ledger_total_of (fixture.ledger, sums, count);
    assert_memory_equal (&totals, &wanted, sizeof totals);
    static const zc_totals_t none;
    assert_memory_equal (zc_ledger_total_of (fixture.ledger, NULL, 0), &none, sizeof none);
    fixture_end (&fixture);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_assumes_for_queries_without_tokens),
        cmocka_unit_test (test_ledger_assumes_for_hits_without_a_price),
        cmocka_unit_test (test_ledger_tells_what_a_prompt_cache_saved),
        cmocka_unit_test (test_ledger_takes_an_event_whose_plain_cost_overflows),
        cmocka_unit_test (test_ledger_totals_tell_what_was_saved_and_how),
        cmocka_unit_test (test_ledger_total_of_parts_is_the_total),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
