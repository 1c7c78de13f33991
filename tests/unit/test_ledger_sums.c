/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_sums.c - what ledger.h promises of its sums as a whole: the same in any order, split by
 * service, whole or not at all where 64 bits end.
 */
#include "core/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "pack.h"

#define MOST_COST (ZCOST_COST_MAX_USD * INT64_C (1000000000))
#define MOST_SAVED (ZCOST_SECONDS_MAX * INT64_C (1000000000))

static uint64_t random_state = 5;

static uint32_t random_below (uint32_t limit)
{
    random_state = random_state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t) (random_state >> 33) % limit;
}

static zc_event_t random_event (void)
{
    static const char *const tiers [] = {"simple", "medium", "complex", "purple", ""};
    static const char *const models [] = {"gpt-4o", "gpt-4o-mini", "openai/gpt-4o", "embed", "nobody's", ""};
    static const char *const services [] = {"search", "chat", "", "default", "other", "a service with a long name"};
    zc_event_t event = event_of ((zcost_type_t) (1 + random_below (4)));
    bool router = event.type == ZCOST_QUERY_ROUTER, call = event.type == ZCOST_LLM_CALL;
    if (random_below (2))
        event = with_service (event, services [random_below (COUNT (services))]);
    if (event.type == ZCOST_RAG_PARALLEL)
        return random_below (2) ? with_saved (event, random_below (2000000000) - INT64_C (1000000000)) : event;
    if (router && random_below (4))
        event = with_tier (event, tiers [random_below (COUNT (tiers))]);
    if (random_below (2))
        event = with_model (event, models [random_below (COUNT (models))]);
    if ((router || call) && random_below (2))
        event = with_cost (event, random_below (1000000000));
    if (random_below (2))
        event = with_input (event, random_below (100000));
    if (random_below (2))
        event = with_output (event, random_below (10000));
    return event.type == ZCOST_EMBEDDING_CACHE ? with_hits (event, random_below (5), random_below (5)) : event;
}

static void test_ledger_the_order_of_events_is_nothing (void **state)
{
    (void) state;
    enum { EVENTS = 500, ORDERS = 20 };
    static zc_event_t events [EVENTS];
    zc_totals_t first = {0};
    for (size_t i = 0; i < EVENTS; i++)
        events [i] = random_event ();
    for (int order = 0; order < ORDERS; order++) {
        books_t books = books_new ();
        for (size_t i = 0; i < EVENTS; i++)
            fold (&books, events [i]);
        zc_totals_t totals = totals_of (&books);
        if (order == 0)
            first = totals;
        assert_memory_equal (&totals, &first, sizeof totals);
        books_end (&books);
        for (uint32_t i = EVENTS - 1; i > 0; i--) {
            uint32_t other = random_below (i + 1);
            zc_event_t event = events [i];
            events [i] = events [other];
            events [other] = event;
        }
    }
}

/* ------------------------------------------------------------------- services */

static void test_ledger_splits_its_sums_by_service (void **state)
{
    (void) state;
    books_t books = books_new ();
    fold (&books, with_cost (query_of ("simple"), 1)); /* no service: default */
    fold (&books, with_service (with_cost (query_of ("simple"), 2), "default"));
    fold (&books, with_service (with_cost (query_of ("simple"), 4), "search"));
    fold (&books, with_service (with_cost (call_of ("gpt-4o"), 8), "search"));
    fold (&books, with_service (with_cost (query_of ("simple"), 16), "")); /* a name like another */
    zc_totals_t totals = *zc_ledger_service (books.ledger, str_of ("default"));
    assert_int_equal (totals.router.cost_nanousd, 3);
    assert_int_equal (totals.tiers [0].cost_nanousd, 3);
    assert_int_equal (totals.calls, 0);
    totals = *zc_ledger_service (books.ledger, str_of ("search"));
    assert_int_equal (totals.router.cost_nanousd, 4);
    assert_int_equal (totals.calls_cost_nanousd, 8);
    totals = *zc_ledger_service (books.ledger, str_of (""));
    assert_int_equal (totals.router.cost_nanousd, 16);
    static const zc_totals_t none;
    assert_memory_equal (zc_ledger_service (books.ledger, str_of ("nobody")), &none, sizeof none);
    totals = totals_of (&books);
    assert_int_equal (totals.router.cost_nanousd, 23);
    assert_int_equal (totals.router.queries, 4);
    assert_int_equal (totals.calls_cost_nanousd, 8);
    books_end (&books);
}

/* Services beyond the cap fold into `other`: bounded, counted, and no cost is lost. */
static void test_ledger_folds_services_beyond_the_cap_into_other (void **state)
{
    (void) state;
    enum { SERVICES = ZC_SERVICES_MAX + 100 };
    books_t books = books_new ();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < SERVICES; i++) {
            char name [16];
            snprintf (name, sizeof name, "s%d", i);
            fold (&books, with_service (with_cost (query_of ("simple"), 1), name));
        }
    fold (&books, with_cost (query_of ("simple"), 1));
    assert_int_equal (totals_of (&books).router.cost_nanousd, 2 * SERVICES + 1);
    int64_t folded = zc_ledger_service (books.ledger, str_of ("other"))->router.cost_nanousd;
    assert_true (folded >= 200);
    assert_int_equal (zc_ledger_folded_to_other (books.ledger), folded);
    assert_int_equal (zc_ledger_service (books.ledger, str_of ("s0"))->router.cost_nanousd, 2);
    assert_int_equal (zc_ledger_service (books.ledger, str_of ("default"))->router.cost_nanousd, 1);
    assert_true (zc_ledger_cells (books.ledger) <= ZC_SERVICES_MAX);
    books_end (&books);
}

/* ------------------------------------------------------------------- overflow */

/* Folds `event` until it is refused, at most `most` times; refused it stays, and nothing changes. */
static void assert_refused_whole_after (books_t *books, zc_event_t event, uint64_t most)
{
    uint64_t taken = 0;
    while (taken <= most && zc_ledger_fold (books->ledger, &event) == 0)
        taken++;
    assert_int_equal (taken, most);
    zc_totals_t before = totals_of (books);
    uint64_t accepted = zc_ledger_accepted (books->ledger);
    for (int i = 0; i < 3; i++)
        assert_int_equal (zc_ledger_fold (books->ledger, &event), -1);
    /* A service that no event of which was taken is none of ours. */
    size_t cells = zc_ledger_cells (books->ledger);
    zc_event_t elsewhere = with_service (event, "elsewhere");
    assert_int_equal (zc_ledger_fold (books->ledger, &elsewhere), -1);
    assert_int_equal (zc_ledger_cells (books->ledger), cells);
    zc_totals_t after = totals_of (books);
    assert_memory_equal (&after, &before, sizeof after);
    assert_int_equal (zc_ledger_accepted (books->ledger), accepted);
}

static void test_ledger_refuses_a_cost_that_would_overflow (void **state)
{
    (void) state;
    books_t books = books_new ();
    assert_refused_whole_after (&books, with_cost (query_of ("simple"), MOST_COST), 9223);
    assert_refused_whole_after (&books, with_cost (event_of (ZCOST_LLM_CALL), MOST_COST), 9223);
    /* What still fits is still taken: in the largest sum, and in every other one. */
    int64_t left = INT64_MAX - 9223 * MOST_COST;
    assert_refused_whole_after (&books, with_cost (query_of ("complex"), left), 1);
    assert_refused_whole_after (&books, with_cost (query_of ("complex"), 1), 0);
    fold (&books, with_cost (query_of ("complex"), 0));
    fold (&books, event_of (ZCOST_RAG_PARALLEL));
    fold (&books, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 1, 0));
    assert_int_equal (totals_of (&books).router.cost_nanousd, INT64_MAX);
    books_end (&books);
}

static void test_ledger_refuses_a_price_that_would_overflow (void **state)
{
    (void) state;
    books_t books = books_new ();
    /* 9 USD a token: one call passes 64 bits by itself. */
    assert_refused_whole_after (&books, with_input (call_of ("dear"), 1024819116), 0);
    assert_refused_whole_after (&books, with_input (call_of ("dear"), 1024819115), 1);
    assert_refused_whole_after (&books, with_input (with_model (query_of ("simple"), "dear"), 1024819116), 0);
    assert_refused_whole_after (
        &books, with_hits (with_input (with_model (event_of (ZCOST_EMBEDDING_CACHE), "dear"), 1024819116), 1, 0), 0);
    assert_int_equal (totals_of (&books).calls, 1);
    books_end (&books);
}

static void test_ledger_refuses_a_baseline_that_would_overflow (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    strcpy (policy.baseline_model, "dear");
    policy.baseline_per_query_nanousd = INT64_MAX / 3;
    books_t books = books_by (&policy);
    assert_refused_whole_after (&books, with_cost (query_of ("simple"), 1), 3);
    assert_refused_whole_after (&books, with_input (with_cost (query_of ("simple"), 1), 1024819116), 0);
    books_end (&books);
}

static void test_ledger_refuses_hits_that_would_overflow (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    policy.hit_saves_nanousd = INT64_MAX / 4;
    books_t books = books_by (&policy);
    assert_refused_whole_after (&books, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 5, 0), 0);
    assert_refused_whole_after (&books, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 2, 0), 2);
    books_end (&books);
    books = books_new ();
    assert_refused_whole_after (
        &books, with_hits (with_input (with_model (event_of (ZCOST_EMBEDDING_CACHE), "embed"), 1), ZCOST_COUNT_MAX,
                           ZCOST_COUNT_MAX),
        INT64_MAX / (2 * ZCOST_COUNT_MAX));
    books_end (&books);
}

static void test_ledger_refuses_time_saved_that_would_overflow (void **state)
{
    (void) state;
    books_t books = books_new ();
    assert_refused_whole_after (&books, with_saved (event_of (ZCOST_RAG_PARALLEL), MOST_SAVED), 9223);
    books_end (&books);
    books = books_new ();
    assert_refused_whole_after (&books, with_saved (event_of (ZCOST_RAG_PARALLEL), -MOST_SAVED), 9223);
    books_end (&books);
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
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
