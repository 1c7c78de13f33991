/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_latency.c - what ledger.h promises of latencies: each in its event's cell, of the types that have one,
 * the same in any order and over any checkpoints.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "any.h"
#include "events.h"

/* Events of one cell that have a latency in a bin. */
static uint32_t counted (const fixture_t *fixture, uint32_t cell, uint32_t bin)
{
    const zc_sketches_t *latencies = &zc_ledger_changes (fixture->ledger)->latencies;
    uint32_t events = 0;
    for (uint32_t slot = 0; slot < latencies->size; slot++)
        if (latencies->slots [slot] && ZC_BINNED_OWNER (latencies->slots [slot]) == cell &&
            ZC_BINNED_BIN (latencies->slots [slot]) == bin)
            events += ZC_BINNED_EVENTS (latencies->slots [slot]);
    return events;
}

static void test_ledger_latencies_are_of_queries_calls_and_caches (void **state)
{
    (void) state;
    const struct {
        zc_event_t event;
        uint32_t slots;
    } table [] = {
        {with_latency (query_of ("simple"), 5000000), 1},
        {with_latency (call_of ("gpt-4o"), 5000000), 1},
        {with_latency (with_hits (event_of (ZCOST_EMBEDDING_CACHE), 0, 1), 5000000), 1},
        {with_latency (with_input (call_of ("nobody's"), 1), 5000000), 1}, /* unpriced: it took time all the same */
        {with_latency (query_of ("simple"), 0), 1},
        {with_latency (event_of (ZCOST_RAG_PARALLEL), 5000000), 0},
        {query_of ("simple"), 0},
        {call_of ("gpt-4o"), 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        fold (&fixture, table [i].event);
        fold (&fixture, table [i].event);
        assert_int_equal (zc_ledger_changes (fixture.ledger)->latencies.count, table [i].slots);
        assert_int_equal (counted (&fixture, 0, zc_sketch_bin_of (table [i].event.latency_us)), 2 * table [i].slots);
        fixture_end (&fixture);
    }
}

static void test_ledger_latencies_are_in_the_cell_of_their_event (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    const zc_event_t query = query_of ("simple");
    fold (&fixture, with_latency (query, 100));
    fold (&fixture, with_latency (with_service (query, "search"), 200));
    fold (&fixture, with_latency (with_ts (query, query.ts_ms + 60000), 300));
    fold (&fixture, with_latency (query, 100));
    assert_int_equal (zc_ledger_cells (fixture.ledger), 3);
    assert_int_equal (counted (&fixture, 0, zc_sketch_bin_of (100)), 2);
    assert_int_equal (counted (&fixture, 1, zc_sketch_bin_of (200)), 1);
    assert_int_equal (counted (&fixture, 2, zc_sketch_bin_of (300)), 1);
    fixture_end (&fixture);
}

/* A refused event leaves no latency behind. */
static void test_ledger_latencies_of_refused_events_are_none (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    fold (&fixture, with_cost (call_of ("gpt-4o"), INT64_MAX));
    zc_event_t more = with_latency (with_cost (call_of ("gpt-4o"), 1), 5000);
    assert_int_equal (zc_ledger_fold (fixture.ledger, &more, more.ts_ms), -1);
    assert_int_equal (zc_ledger_changes (fixture.ledger)->latencies.count, 0);
    fixture_end (&fixture);
}

/* What is given away and what remains, by key and time: as if nothing had been given away. */
static void gather (zc_cells_t *all, const zc_cells_t *cells)
{
    uint32_t *place = calloc (cells->count ? cells->count : 1, sizeof *place);
    assert_non_null (place);
    for (uint32_t i = 0; i < cells->count; i++) {
        const zc_cell_t *cell = &cells->cells [i];
        zc_cell_t *into = zc_cells_at (all, cell->level, cell->start_s, cell->key);
        assert_non_null (into);
        zc_measures_add (&into->sums, &cell->sums);
        place [i] = (uint32_t) (into - all->cells);
    }
    for (uint32_t slot = 0; slot < cells->latencies.size; slot++) {
        zc_binned_t binned = cells->latencies.slots [slot];
        if (binned)
            assert_int_equal (zc_sketches_add (&all->latencies, place [ZC_BINNED_OWNER (binned)],
                                               ZC_BINNED_BIN (binned), ZC_BINNED_EVENTS (binned)),
                              0);
    }
    free (place);
}

static void test_ledger_latencies_are_given_away_once (void **state)
{
    (void) state;
    enum { EVENTS = 20000 };
    fixture_t fixture = fixture_new (), whole = fixture_new ();
    zc_cells_t given, all;
    assert_int_equal (zc_cells_init (&given), 0);
    assert_int_equal (zc_cells_init (&all), 0);
    for (int i = 0; i < EVENTS; i++) {
        zc_event_t event = any_event ();
        int64_t arrival_ms = event.ts_ms + any_age_ms ();
        assert_int_equal (zc_ledger_fold (fixture.ledger, &event, arrival_ms), 0);
        assert_int_equal (zc_ledger_fold (whole.ledger, &event, arrival_ms), 0);
        if (random_below (2000) == 0 || i == EVENTS - 1) {
            gather (&all, zc_ledger_swap_changes (fixture.ledger, &given));
            zc_cells_clear (&given);
        }
    }
    const zc_cells_t *wanted = zc_ledger_changes (whole.ledger);
    size_t count, wanted_count;
    zc_binned_t *sorted = zc_sketches_sorted (&all.latencies, &count);
    zc_binned_t *wanted_sorted = zc_sketches_sorted (&wanted->latencies, &wanted_count);
    assert_int_equal (all.count, wanted->count);
    assert_memory_equal (all.cells, wanted->cells, all.count * sizeof *all.cells);
    assert_int_equal (count, wanted_count);
    assert_memory_equal (sorted, wanted_sorted, count * sizeof *sorted);
    assert_true (count > 1000);
    free (sorted);
    free (wanted_sorted);
    zc_cells_term (&given);
    zc_cells_term (&all);
    fixture_end (&fixture);
    fixture_end (&whole);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_latencies_are_of_queries_calls_and_caches),
        cmocka_unit_test (test_ledger_latencies_are_in_the_cell_of_their_event),
        cmocka_unit_test (test_ledger_latencies_of_refused_events_are_none),
        cmocka_unit_test (test_ledger_latencies_are_given_away_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
