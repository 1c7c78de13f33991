/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_cells.c - what ledger.h promises of keys and cells: which event goes to which, that both add
 * up to the same, and that changes are given away once.
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

#define NOW_MS INT64_C (1767225600000) /* 2026-01-01T00:00:00Z: a bucket of each size begins */

static const zc_key_entry_t *only_key (const fixture_t *fixture)
{
    assert_int_equal (zc_keys_count (zc_ledger_keys (fixture->ledger)), 1);
    return zc_keys_at (zc_ledger_keys (fixture->ledger), 0);
}

/* ------------------------------------------------------------------------- keys */

static void test_ledger_keys_have_the_dimensions_of_their_events (void **state)
{
    (void) state;
    const zc_event_t query = event_of (ZCOST_QUERY_ROUTER), cache = event_of (ZCOST_EMBEDDING_CACHE);
    const zc_event_t preload = event_of (ZCOST_RAG_PARALLEL);
    const struct {
        zc_event_t event;
        const char *service, *tier, *model, *provider;
    } table [] = {
        {query, "default", "medium", "gpt-4.1-mini", ""},
        {query_of ("simple"), "default", "simple", "gpt-4o-mini", ""},
        {query_of ("purple"), "default", "other", "", ""},
        {with_model (query_of ("simple"), "mine"), "default", "simple", "mine", ""},
        {with_model (query_of ("simple"), ""), "default", "simple", "gpt-4o-mini", ""},
        {with_model (query_of ("purple"), "mine"), "default", "other", "mine", ""},
        {with_provider (query_of ("simple"), "openai"), "default", "simple", "gpt-4o-mini", "openai"},
        {with_service (query_of ("simple"), "search"), "search", "simple", "gpt-4o-mini", ""},
        {with_service (query_of ("simple"), ""), "", "simple", "gpt-4o-mini", ""},
        {event_of (ZCOST_LLM_CALL), "default", "", "", ""},
        {with_provider (call_of ("gpt-4o"), "openai"), "default", "", "gpt-4o", "openai"},
        {with_provider (with_model (cache, "embed"), "x"), "default", "", "embed", "x"},
        {cache, "default", "", "", ""},
        {preload, "default", "", "", ""},
        {with_service (preload, "search"), "search", "", "", ""},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        fold (&fixture, table [i].event);
        fold (&fixture, table [i].event);
        const zc_dimensions_t *key = &only_key (&fixture)->dimensions;
        assert_int_equal (key->type, table [i].event.type);
        if (!zc_str_equal (key->service, str_of (table [i].service)) ||
            !zc_str_equal (key->tier, str_of (table [i].tier)) ||
            !zc_str_equal (key->model, str_of (table [i].model)) ||
            !zc_str_equal (key->provider, str_of (table [i].provider)))
            fail_msg ("row %zu", i);
        assert_int_equal (only_key (&fixture)->sums.events, 2);
        fixture_end (&fixture);
    }
}

/* A preload has no model or provider, whatever stands beside it in the struct. */
static void test_ledger_keys_leave_out_what_a_type_does_not_use (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    zc_event_t event = event_of (ZCOST_RAG_PARALLEL);
    event.model = event.provider = event.tier = str_of ("ignored");
    fold (&fixture, event_of (ZCOST_RAG_PARALLEL));
    fold (&fixture, event);
    assert_int_equal (only_key (&fixture)->sums.events, 2);
    fixture_end (&fixture);
}

static void test_ledger_measures_of_each_type (void **state)
{
    (void) state;
    zc_event_t all = with_output (with_input (event_of (ZCOST_QUERY_ROUTER), 1000), 100);
    all.cache_read_tokens = 30;
    all.cache_write_tokens = 20;
    all.reasoning_tokens = 10;
    all.has |=
        ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS) | ZC_BIT (ZC_KEY_REASONING_TOKENS);
    zc_event_t call = all, cache = with_hits (all, 2, 3);
    call.type = ZCOST_LLM_CALL;
    cache.type = ZCOST_EMBEDDING_CACHE;
    /* Parts stand for a whole that is not given. */
    zc_event_t parts = with_hits (with_prompt_cache (event_of (ZCOST_EMBEDDING_CACHE), 30, 20), 1, 0);
    parts.reasoning_tokens = 10;
    parts.has |= ZC_BIT (ZC_KEY_REASONING_TOKENS);
    const zc_measures_t tokens = {.input_tokens = 1000,
                                  .cache_read_tokens = 30,
                                  .cache_write_tokens = 20,
                                  .output_tokens = 100,
                                  .reasoning_tokens = 10};
    struct {
        zc_event_t event;
        zc_measures_t more;
        bool with_tokens;
    } table [] = {
        {with_cost (all, 7), {.events = 1, .measured = 1, .cost_nanousd = 7, .baseline_nanousd = 1200000}, true},
        {with_model (all, "nobody's"), {.events = 1, .unpriced = 1}, true},
        {with_cost (event_of (ZCOST_QUERY_ROUTER), 7),
         {.events = 1,
          .cost_nanousd = 7,
          .baseline_nanousd = 35000000,
          .assumed_cost_nanousd = 7,
          .assumed_baseline_nanousd = 35000000},
         false},
        {with_cost (call, 7), {.events = 1, .cost_nanousd = 7}, true},
        {with_model (call, "nobody's"), {.events = 1, .unpriced = 1}, true},
        {with_model (cache, "gpt-4o"),
         {.events = 1, .hits = 2, .misses = 3, .saved_nanousd = 1200000, .saved_tokens = 1100},
         false},
        {cache,
         {.events = 1,
          .unpriced = 1,
          .hits = 2,
          .misses = 3,
          .saved_nanousd = 200000,
          .assumed_saved_nanousd = 200000,
          .saved_tokens = 1100},
         false},
        {with_hits (cache, 0, 3), {.events = 1, .misses = 3}, true},
        {parts,
         {.events = 1,
          .unpriced = 1,
          .hits = 1,
          .saved_nanousd = 100000,
          .assumed_saved_nanousd = 100000,
          .saved_tokens = 60},
         false},
        {event_of (ZCOST_RAG_PARALLEL), {.events = 1, .saved_ns = 6000000000}, false},
        {with_saved (event_of (ZCOST_RAG_PARALLEL), -5), {.events = 1, .measured = 1, .saved_ns = -5}, false},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        zc_measures_t wanted = table [i].more;
        if (table [i].with_tokens)
            zc_measures_add (&wanted, &tokens);
        fold (&fixture, table [i].event);
        if (memcmp (&only_key (&fixture)->sums, &wanted, sizeof wanted) != 0)
            fail_msg ("row %zu", i);
        assert_int_equal (zc_ledger_changes (fixture.ledger)->count, 1);
        assert_memory_equal (&zc_ledger_changes (fixture.ledger)->cells [0].sums, &wanted, sizeof wanted);
        fixture_end (&fixture);
    }
}

/* Far more keys than are kept at hand, in any order: each event finds its own. */
static void test_ledger_finds_the_key_whatever_came_before (void **state)
{
    (void) state;
    enum { NAMES = 26, EVENTS = 60000 };
    static int64_t wanted [NAMES][NAMES][NAMES];
    static const char alphabet [] = "abcdefghijklmnopqrstuvwxyz";
    fixture_t fixture = fixture_new ();
    for (int i = 0; i < EVENTS; i++) {
        const uint32_t at [] = {random_below (NAMES), random_below (NAMES), random_below (NAMES)};
        zc_event_t event = with_cost (call_of (""), 1);
        event.has |= ZC_BIT (ZC_KEY_SERVICE) | ZC_BIT (ZC_KEY_PROVIDER);
        event.service = (zc_str_t){alphabet + at [0], 1};
        event.model = (zc_str_t){alphabet + at [1], 1};
        event.provider = (zc_str_t){alphabet + at [2], 1};
        fold (&fixture, event);
        wanted [at [0]][at [1]][at [2]]++;
    }
    const zc_keys_t *keys = zc_ledger_keys (fixture.ledger);
    for (uint32_t key = 0; key < zc_keys_count (keys); key++) {
        const zc_dimensions_t *dimensions = &zc_keys_at (keys, key)->dimensions;
        int64_t *left =
            &wanted [*dimensions->service.data - 'a'][*dimensions->model.data - 'a'][*dimensions->provider.data - 'a'];
        assert_int_equal (zc_keys_at (keys, key)->sums.events, *left);
        assert_int_equal (zc_keys_at (keys, key)->sums.cost_nanousd, *left);
        *left = 0;
    }
    assert_int_equal (totals_of (&fixture).calls, EVENTS);
    fixture_end (&fixture);
}

/* Beyond the cap of keys, type and tier stay: the totals are exact, and each event is counted once. */
static void test_ledger_keys_beyond_the_cap_keep_the_totals_exact (void **state)
{
    (void) state;
    enum { EVENTS = 3000 };
    zc_policy_t policy;
    zc_policy_default (&policy);
    fixture_t wide = fixture_new (), narrow = fixture_of (&policy, 10);
    for (int i = 0; i < EVENTS; i++) {
        zc_event_t event = any_event ();
        fold (&wide, event);
        fold (&narrow, event);
    }
    zc_totals_t totals = totals_of (&wide), bounded = totals_of (&narrow);
    assert_memory_equal (&totals, &bounded, sizeof totals);
    assert_int_equal (zc_ledger_folded_to_other (wide.ledger), 0);
    const zc_keys_t *keys = zc_ledger_keys (narrow.ledger);
    uint64_t others = 0;
    for (uint32_t key = 10; key < zc_keys_count (keys); key++) {
        const zc_key_entry_t *entry = zc_keys_at (keys, key);
        assert_true (zc_str_equal (entry->dimensions.service, str_of ("other")));
        others += (uint64_t) entry->sums.events;
    }
    assert_int_equal (zc_keys_count (keys), 10 + 4 + 3); /* the four tiers, and the other three types */
    assert_int_equal (zc_ledger_folded_to_other (narrow.ledger), others);
    assert_int_equal (zc_ledger_accepted (narrow.ledger), EVENTS);
    fixture_end (&wide);
    fixture_end (&narrow);
}

/* ------------------------------------------------------------------------ cells */

/* An event's age when it arrives decides its level; borders belong to the finer one. */
static void test_ledger_levels_by_age (void **state)
{
    (void) state;
    const int64_t minutes = default_retention.minutes_ms, quarters = default_retention.quarters_ms;
    const int64_t hour = DAY_MS / 24;
    const struct {
        int64_t ts_ms, age_ms;
        zc_time_bucket_t level;
        int64_t start_s;
    } table [] = {
        {NOW_MS, 0, ZC_MINUTE, NOW_MS / 1000},
        {NOW_MS - 1, 0, ZC_MINUTE, NOW_MS / 1000 - 60},
        {NOW_MS + 59999, 0, ZC_MINUTE, NOW_MS / 1000},
        {NOW_MS + 60000, 0, ZC_MINUTE, NOW_MS / 1000 + 60},
        {NOW_MS + DAY_MS, -DAY_MS, ZC_MINUTE, (NOW_MS + DAY_MS) / 1000}, /* ahead of its arrival */
        {NOW_MS + hour + 61001, minutes, ZC_MINUTE, (NOW_MS + hour) / 1000 + 60},
        {NOW_MS + hour + 61001, minutes + 1, ZC_QUARTER, (NOW_MS + hour) / 1000},
        {NOW_MS + 900000 - 1, minutes + 1, ZC_QUARTER, NOW_MS / 1000},
        {NOW_MS + 900000, minutes + 1, ZC_QUARTER, NOW_MS / 1000 + 900},
        {NOW_MS - 1, quarters, ZC_QUARTER, NOW_MS / 1000 - 900},
        {NOW_MS - 1, quarters + 1, ZC_DAY, (NOW_MS - DAY_MS) / 1000},
        {NOW_MS, quarters + 1, ZC_DAY, NOW_MS / 1000},
        {NOW_MS + DAY_MS - 1, quarters + 1, ZC_DAY, NOW_MS / 1000},
        {NOW_MS + DAY_MS, 9000 * DAY_MS, ZC_DAY, (NOW_MS + DAY_MS) / 1000},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        zc_event_t event = with_ts (query_of ("simple"), table [i].ts_ms);
        assert_int_equal (zc_ledger_fold (fixture.ledger, &event, table [i].ts_ms + table [i].age_ms), 0);
        const zc_cells_t *changes = zc_ledger_changes (fixture.ledger);
        assert_int_equal (changes->count, 1);
        assert_int_equal (zc_ledger_cells (fixture.ledger), 1);
        if (changes->cells [0].level != table [i].level || changes->cells [0].start_s != table [i].start_s)
            fail_msg ("row %zu: level %u, start %lld", i, changes->cells [0].level,
                      (long long) changes->cells [0].start_s);
        assert_int_equal (changes->cells [0].key, 0);
        fixture_end (&fixture);
    }
}

/* One event after the other, so that what was guessed from the last is wrong now. */
static void test_ledger_finds_the_cell_whatever_came_before (void **state)
{
    (void) state;
    const int64_t ages [] = {0, default_retention.minutes_ms + 1, default_retention.quarters_ms + 1};
    const int64_t times [] = {NOW_MS, NOW_MS + 59999, NOW_MS + 60000, NOW_MS - 1, NOW_MS + 900000, NOW_MS + DAY_MS};
    for (size_t before = 0; before < COUNT (ages) * COUNT (times); before++)
        for (size_t after = 0; after < COUNT (ages) * COUNT (times); after++) {
            fixture_t fixture = fixture_new ();
            const size_t both [] = {before, after};
            for (size_t i = 0; i < 2; i++) {
                int64_t age_ms = ages [both [i] % COUNT (ages)], ts_ms = times [both [i] / COUNT (ages)];
                zc_event_t event = with_ts (query_of ("simple"), ts_ms);
                assert_int_equal (zc_ledger_fold (fixture.ledger, &event, ts_ms + age_ms), 0);
                const zc_cells_t *changes = zc_ledger_changes (fixture.ledger);
                zc_time_bucket_t level = (zc_time_bucket_t) (both [i] % COUNT (ages));
                int64_t size = zc_time_bucket_seconds (level), start_s = ts_ms / 1000 / size * size, events = 0;
                for (uint32_t n = 0; n < changes->count; n++)
                    if (changes->cells [n].level == level && changes->cells [n].start_s == start_s)
                        events += changes->cells [n].sums.events;
                assert_int_equal (events, changes->count == 1 ? (int64_t) i + 1 : 1);
            }
            fixture_end (&fixture);
        }
}

static void test_ledger_changes_are_given_away_once (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    for (int64_t round = 1; round <= 3; round++) {
        /* The same key and minute as in the round before: not into the set that is gone. */
        for (int64_t i = 0; i < round; i++)
            fold (&fixture, with_cost (query_of ("simple"), 10));
        fold (&fixture, with_cost (call_of ("gpt-4o"), 1));
        assert_int_equal (zc_ledger_changes (fixture.ledger)->count, 2);
        assert_ptr_equal (zc_ledger_swap_changes (fixture.ledger, &cells), &cells);
        assert_int_equal (zc_ledger_changes (fixture.ledger)->count, 0);
        assert_int_equal (cells.count, 2);
        assert_int_equal (cells.cells [0].key, 0);
        assert_int_equal (cells.cells [0].sums.cost_nanousd, 10 * round);
        assert_int_equal (cells.cells [1].sums.cost_nanousd, 1);
        zc_cells_clear (&cells);
    }
    assert_int_equal (totals_of (&fixture).router.cost_nanousd, 60); /* for good */
    zc_cells_term (&cells);
    fixture_end (&fixture);
}

/* However events fall into cells and checkpoints: what was given away and what remains is what the keys have,
 * and every level is within its bucket. */
static void test_ledger_cells_add_up_to_the_keys (void **state)
{
    (void) state;
    enum { EVENTS = 20000, KEYS = 200 };
    static zc_measures_t sums [2 * KEYS];
    zc_policy_t policy;
    zc_policy_default (&policy);
    fixture_t fixture = fixture_of (&policy, KEYS);
    zc_cells_t cells;
    assert_int_equal (zc_cells_init (&cells), 0);
    for (int i = 0; i < EVENTS; i++) {
        zc_event_t event = any_event ();
        int64_t age_ms = any_age_ms ();
        assert_int_equal (zc_ledger_fold (fixture.ledger, &event, event.ts_ms + age_ms), 0);
        if (i < EVENTS - 1 && random_below (1000) > 0)
            continue;
        zc_ledger_swap_changes (fixture.ledger, &cells);
        for (uint32_t n = 0; n < cells.count; n++) {
            assert_int_equal (cells.cells [n].start_s % zc_time_bucket_seconds (cells.cells [n].level), 0);
            zc_measures_add (&sums [cells.cells [n].key], &cells.cells [n].sums);
        }
        zc_cells_clear (&cells);
    }
    const zc_keys_t *keys = zc_ledger_keys (fixture.ledger);
    int64_t events = 0;
    assert_true (zc_keys_count (keys) > KEYS && zc_keys_count (keys) <= 2 * KEYS);
    for (uint32_t key = 0; key < zc_keys_count (keys); key++) {
        assert_memory_equal (&zc_keys_at (keys, key)->sums, &sums [key], sizeof *sums);
        events += sums [key].events;
    }
    assert_int_equal (events, EVENTS);
    zc_cells_term (&cells);
    fixture_end (&fixture);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_keys_have_the_dimensions_of_their_events),
        cmocka_unit_test (test_ledger_keys_leave_out_what_a_type_does_not_use),
        cmocka_unit_test (test_ledger_measures_of_each_type),
        cmocka_unit_test (test_ledger_finds_the_key_whatever_came_before),
        cmocka_unit_test (test_ledger_keys_beyond_the_cap_keep_the_totals_exact),
        cmocka_unit_test (test_ledger_levels_by_age),
        cmocka_unit_test (test_ledger_finds_the_cell_whatever_came_before),
        cmocka_unit_test (test_ledger_changes_are_given_away_once),
        cmocka_unit_test (test_ledger_cells_add_up_to_the_keys),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
