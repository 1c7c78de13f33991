/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_restore.c - what ledger.h promises of a ledger that is put back: it answers the same, goes on
 * the same, and takes nothing that no ledger can have saved.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "any.h"
#include "core/base/str.h"
#include "events.h"

/* Saves and puts back, as a store does; the rows of the tally in the order of their names' bytes. */
static void restore (const fixture_t *saved, fixture_t *fixture)
{
    const zc_keys_t *keys = zc_ledger_keys (saved->ledger);
    for (uint32_t key = 0; key < zc_keys_count (keys); key++) {
        const zc_key_entry_t *entry = zc_keys_at (keys, key);
        assert_int_equal (zc_ledger_restore_key (fixture->ledger, key, &entry->dimensions, &entry->sums), 0);
    }
    assert_int_equal (zc_ledger_restore_counts (fixture->ledger, zc_ledger_accepted (saved->ledger),
                                                zc_ledger_folded_to_other (saved->ledger),
                                                zc_ledger_saved_ns_magnitude (saved->ledger),
                                                zc_ledger_prompt_magnitude (saved->ledger)),
                      0);
    const zc_tally_t *unpriced = zc_ledger_unpriced (saved->ledger);
    if (unpriced->other)
        assert_int_equal (zc_ledger_restore_unpriced (fixture->ledger, str_of ("other"), unpriced->other), 0);
    for (uint32_t i = 0; i < unpriced->names.count; i++) {
        uint32_t number = unpriced->names.sorted [i];
        assert_int_equal (
            zc_ledger_restore_unpriced (fixture->ledger, unpriced->names.names [number], unpriced->counts [number]), 0);
    }
}

static void assert_same_keys (const zc_keys_t *a, const zc_keys_t *b)
{
    assert_int_equal (zc_keys_count (a), zc_keys_count (b));
    for (uint32_t key = 0; key < zc_keys_count (a); key++) {
        const zc_key_entry_t *left = zc_keys_at (a, key), *right = zc_keys_at (b, key);
        assert_memory_equal (&left->sums, &right->sums, sizeof left->sums);
        assert_int_equal (left->dimensions.type, right->dimensions.type);
        assert_true (zc_str_equal (left->dimensions.service, right->dimensions.service));
        assert_true (zc_str_equal (left->dimensions.tier, right->dimensions.tier));
        assert_true (zc_str_equal (left->dimensions.model, right->dimensions.model));
        assert_true (zc_str_equal (left->dimensions.provider, right->dimensions.provider));
        assert_true (zc_str_equal (left->dimensions.tags, right->dimensions.tags));
    }
}

static void assert_same_unpriced (const fixture_t *a, const fixture_t *b)
{
    const zc_tally_t *left = zc_ledger_unpriced (a->ledger), *right = zc_ledger_unpriced (b->ledger);
    assert_int_equal (left->other, right->other);
    assert_int_equal (left->names.count, right->names.count);
    for (uint32_t i = 0; i < left->names.count; i++) {
        uint32_t number;
        assert_int_equal (zc_intern_find (&right->names, left->names.names [i], &number), 0);
        assert_int_equal (left->counts [i], right->counts [number]);
    }
}

static void assert_same (fixture_t *a, fixture_t *b)
{
    zc_totals_t left = totals_of (a), right = totals_of (b);
    assert_memory_equal (&left, &right, sizeof left);
    left = *zc_ledger_service (a->ledger, str_of ("search"));
    right = *zc_ledger_service (b->ledger, str_of ("search"));
    assert_memory_equal (&left, &right, sizeof left);
    assert_int_equal (zc_ledger_accepted (a->ledger), zc_ledger_accepted (b->ledger));
    assert_int_equal (zc_ledger_folded_to_other (a->ledger), zc_ledger_folded_to_other (b->ledger));
    assert_int_equal (zc_ledger_saved_ns_magnitude (a->ledger), zc_ledger_saved_ns_magnitude (b->ledger));
    assert_int_equal (zc_ledger_prompt_magnitude (a->ledger), zc_ledger_prompt_magnitude (b->ledger));
    assert_same_keys (zc_ledger_keys (a->ledger), zc_ledger_keys (b->ledger));
    assert_same_unpriced (a, b);
}

/* Few keys, many services, more models without a price than are counted by name. */
static zc_event_t event_near_the_caps (char service [32], char model [32])
{
    zc_event_t event = any_event ();
    if (random_below (2) == 0 && event.type != ZCOST_RAG_PARALLEL) {
        snprintf (service, 32, "s%u", random_below (2 * ZC_SERVICES_MAX));
        snprintf (model, 32, "m%u", random_below (2 * ZC_TALLY_NAMES_MAX));
        event = with_model (with_service (event, service), model);
    }
    static const char *const maps [] = {"\x81\xa4team\xa3red", "\x81\xa4team\xa3low", "\x81\xa4user\xa1x"};
    const char *map = maps [random_below (COUNT (maps))];
    return random_below (2) ? with_tags (event, map, strlen (map)) : event;
}

static void test_ledger_put_back_answers_and_goes_on_the_same (void **state)
{
    (void) state;
    enum { ROUNDS = 5, EVENTS = 3000, KEYS = 4000 };
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, "team"), 0);
    fixture_t saved = fixture_of (&policy, KEYS), fixture = fixture_of (&policy, KEYS);
    zc_cells_t cells;
    use_cached_prices (&saved);
    use_cached_prices (&fixture);
    assert_int_equal (zc_cells_init (&cells), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EVENTS; i++) {
            char service [32], model [32];
            zc_event_t event = event_near_the_caps (service, model);
            int64_t arrival_ms = event.ts_ms + any_age_ms ();
            int rc = zc_ledger_fold (saved.ledger, &event, arrival_ms);
            assert_int_equal (zc_ledger_fold (fixture.ledger, &event, arrival_ms), rc);
        }
        assert_same (&saved, &fixture);
        const zc_cells_t *a = zc_ledger_changes (saved.ledger), *b = zc_ledger_changes (fixture.ledger);
        assert_int_equal (a->count, b->count);
        assert_memory_equal (a->cells, b->cells, a->count * sizeof *a->cells);
        zc_ledger_swap_changes (saved.ledger, &cells);
        zc_cells_clear (&cells);
        fixture_end (&fixture);
        fixture = fixture_of (&policy, KEYS);
        use_cached_prices (&fixture);
        restore (&saved, &fixture);
        assert_same (&saved, &fixture);
        assert_int_equal (zc_ledger_changes (fixture.ledger)->count, 0);
    }
    /* The walk met each cap. */
    assert_true (zc_keys_count (zc_ledger_keys (saved.ledger)) > KEYS);
    assert_true (zc_ledger_folded_to_other (saved.ledger) > 0);
    assert_true (zc_ledger_unpriced (saved.ledger)->other > 0);
    assert_true (zc_ledger_prompt_magnitude (saved.ledger) > 0);
    zc_cells_term (&cells);
    fixture_end (&saved);
    fixture_end (&fixture);
}

/* ---------------------------------------------------------------------- bounds */

static void test_ledger_put_back_refuses_what_would_overflow (void **state)
{
    (void) state;
    zc_event_t tokens = with_cost (with_input (event_of (ZCOST_LLM_CALL), 1), 0);
    zc_event_t cached = with_cost (with_prompt_cache (with_input (call_of ("gpt-4o"), 1), 1, 0), 0);
    const struct {
        zcost_type_t type;
        zc_measures_t sums;
        zc_event_t event;
    } table [] = {
        {ZCOST_QUERY_ROUTER, {.cost_nanousd = INT64_MAX}, with_cost (query_of ("simple"), 1)},
        {ZCOST_QUERY_ROUTER, {.baseline_nanousd = INT64_MAX}, query_of ("simple")},
        {ZCOST_LLM_CALL, {.cost_nanousd = INT64_MAX}, with_cost (event_of (ZCOST_LLM_CALL), 1)},
        {ZCOST_EMBEDDING_CACHE, {.hits = INT64_MAX}, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 1, 0)},
        {ZCOST_EMBEDDING_CACHE, {.misses = INT64_MAX}, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 0, 1)},
        {ZCOST_EMBEDDING_CACHE, {.saved_nanousd = INT64_MAX}, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 1, 0)},
        {ZCOST_RAG_PARALLEL, {.saved_ns = INT64_MAX}, with_saved (event_of (ZCOST_RAG_PARALLEL), 1)},
        {ZCOST_RAG_PARALLEL, {.saved_ns = -INT64_MAX}, with_saved (event_of (ZCOST_RAG_PARALLEL), 1)},
        {ZCOST_QUERY_ROUTER, {.input_tokens = INT64_MAX}, tokens},
        {ZCOST_LLM_CALL, {.cache_read_tokens = INT64_MAX}, tokens},
        {ZCOST_EMBEDDING_CACHE, {.cache_write_tokens = INT64_MAX}, tokens},
        {ZCOST_EMBEDDING_CACHE, {.saved_tokens = INT64_MAX}, tokens},
        {ZCOST_LLM_CALL, {.output_tokens = INT64_MAX}, tokens},
        {ZCOST_LLM_CALL, {.reasoning_tokens = INT64_MAX}, tokens},
        /* One total over all types has to hold what they cost together. */
        {ZCOST_LLM_CALL, {.cost_nanousd = INT64_MAX}, with_cost (query_of ("simple"), 1)},
        {ZCOST_QUERY_ROUTER, {.cost_nanousd = INT64_MAX}, with_cost (event_of (ZCOST_LLM_CALL), 1)},
        {ZCOST_LLM_CALL, {.prompt_saved_nanousd = INT64_MAX}, cached},
        {ZCOST_QUERY_ROUTER, {.prompt_saved_nanousd = -INT64_MAX}, cached},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const char *tier = table [i].type == ZCOST_QUERY_ROUTER ? "simple" : "";
        const zc_dimensions_t key = {.type = table [i].type, .tier = str_of (tier)};
        fixture_t fixture = fixture_new ();
        use_cached_prices (&fixture);
        assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &table [i].sums), 0);
        zc_totals_t before = totals_of (&fixture);
        if (zc_ledger_fold (fixture.ledger, &table [i].event, table [i].event.ts_ms) != -1)
            fail_msg ("row %zu", i);
        zc_totals_t after = totals_of (&fixture);
        assert_memory_equal (&after, &before, sizeof after);
        assert_int_equal (zc_ledger_changes (fixture.ledger)->count, 0);
        /* Another key of which the same is restored does not fit beside it. */
        const zc_dimensions_t second = {.type = table [i].type, .tier = str_of (tier), .service = str_of ("x")};
        assert_int_equal (zc_ledger_restore_key (fixture.ledger, 1, &second, &table [i].sums), -1);
        fixture_end (&fixture);
    }
}

/* The signed sum may be small where the magnitudes are not. */
static void test_ledger_put_back_bounds_time_saved_by_its_magnitude (void **state)
{
    (void) state;
    const zc_dimensions_t key = {.type = ZCOST_RAG_PARALLEL};
    const zc_measures_t sums = {.events = 2, .measured = 2, .saved_ns = -3};
    fixture_t fixture = fixture_new ();
    assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &sums), 0);
    assert_int_equal (zc_ledger_restore_counts (fixture.ledger, 2, 0, INT64_MAX - 5, 0), 0);
    assert_int_equal (zc_ledger_saved_ns_magnitude (fixture.ledger), INT64_MAX - 5);
    fold (&fixture, with_saved (event_of (ZCOST_RAG_PARALLEL), -5));
    zc_event_t one = with_saved (event_of (ZCOST_RAG_PARALLEL), 1);
    assert_int_equal (zc_ledger_fold (fixture.ledger, &one, one.ts_ms), -1);
    assert_int_equal (totals_of (&fixture).saved_ns, -8);
    fixture_end (&fixture);
}

static void test_ledger_put_back_bounds_prompt_savings_by_their_magnitude (void **state)
{
    (void) state;
    const zc_dimensions_t key = {.type = ZCOST_LLM_CALL};
    const zc_measures_t sums = {.events = 2, .prompt_saved_nanousd = 3};
    fixture_t fixture = fixture_new ();
    use_cached_prices (&fixture);
    assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &sums), 0);
    assert_int_equal (zc_ledger_restore_counts (fixture.ledger, 2, 0, 0, INT64_MAX - 250), 0);
    assert_int_equal (zc_ledger_prompt_magnitude (fixture.ledger), INT64_MAX - 250);
    fold (&fixture, with_prompt_cache (with_input (call_of ("gpt-4o"), 1), 0, 1)); /* -250 */
    zc_event_t one = with_prompt_cache (with_input (call_of ("gpt-4o-mini"), 1), 1, 0);
    assert_int_equal (zc_ledger_fold (fixture.ledger, &one, one.ts_ms), -1);
    assert_int_equal (totals_of (&fixture).prompt_saved_nanousd, -247);
    fixture_end (&fixture);
}

/* -------------------------------------------------------------------- refusals */

static void test_ledger_refuses_keys_that_no_ledger_saved (void **state)
{
    (void) state;
    static char longest [ZCOST_STRING_MAX + 2];
    memset (longest, 'a', ZCOST_STRING_MAX + 1);
    const zc_str_t too_long = {longest, ZCOST_STRING_MAX + 1}, simple = str_of ("simple");
    const zc_measures_t one = {.events = 1};
    const struct {
        uint32_t key;
        zc_dimensions_t dimensions;
        zc_measures_t sums;
    } table [] = {
        {0, {.type = ZCOST_LLM_CALL}, one},     /* given already */
        {1, {.type = ZCOST_LLM_CALL}, one},     /* the same again */
        {2, {.type = ZCOST_RAG_PARALLEL}, one}, /* a gap */
        {1, {.type = (zcost_type_t) 0}, one},
        {1, {.type = (zcost_type_t) 5}, one},
        {1, {.type = ZCOST_QUERY_ROUTER}, one}, /* no tier */
        {1, {.type = ZCOST_RAG_PARALLEL, .tier = simple}, one},
        {1, {.type = ZCOST_QUERY_ROUTER, .tier = {"fa\0st", 5}}, one},
        {1, {.type = ZCOST_RAG_PARALLEL, .service = too_long}, one},
        {1, {.type = ZCOST_QUERY_ROUTER, .tier = too_long}, one},
        {1, {.type = ZCOST_RAG_PARALLEL, .model = too_long}, one},
        {1, {.type = ZCOST_RAG_PARALLEL, .provider = too_long}, one},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.events = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.unpriced = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.measured = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.cost_nanousd = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.baseline_nanousd = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.input_tokens = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.cache_read_tokens = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.cache_write_tokens = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.output_tokens = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.reasoning_tokens = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.hits = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.misses = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.saved_nanousd = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.saved_ns = INT64_MIN}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.prompt_saved_nanousd = INT64_MIN}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.assumed_cost_nanousd = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.assumed_baseline_nanousd = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.assumed_saved_nanousd = -1}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.cost_nanousd = 1, .assumed_cost_nanousd = 2}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.baseline_nanousd = 1, .assumed_baseline_nanousd = 2}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.saved_nanousd = 1, .assumed_saved_nanousd = 2}},
        {1, {.type = ZCOST_RAG_PARALLEL, .tags = str_of ("\1a")}, one},
        {1, {.type = ZCOST_RAG_PARALLEL, .tags = str_of ("\1b\1x\1a\1x")}, one},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.events = 1, .unpriced = 2}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.events = 1, .measured = 2}},
        {1, {.type = ZCOST_RAG_PARALLEL}, {.events = 3, .unpriced = 2, .measured = 2}},
        {1, {.type = ZCOST_LLM_CALL, .model = simple}, {.input_tokens = INT64_MAX, .output_tokens = 1}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        const zc_dimensions_t first = {.type = ZCOST_LLM_CALL};
        assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &first, &one), 0);
        if (zc_ledger_restore_key (fixture.ledger, table [i].key, &table [i].dimensions, &table [i].sums) != -1)
            fail_msg ("row %zu", i);
        fixture_end (&fixture);
    }
}

static void test_ledger_refuses_counts_that_no_ledger_saved (void **state)
{
    (void) state;
    const struct {
        uint64_t accepted, folded_to_other;
        int64_t saved_ns_magnitude, prompt_magnitude;
        int rc;
    } table [] = {
        {3, 0, 7, 9, 0},   {3, 3, INT64_MAX, INT64_MAX, 0},
        {2, 0, 7, 9, -1},  {4, 0, 7, 9, -1},
        {3, 4, 7, 9, -1}, /* more folded to other than there were */
        {3, 0, 6, 9, -1}, /* less than the keys' own sums */
        {3, 0, -7, 9, -1}, {3, 0, 7, 8, -1},
        {3, 0, 7, -9, -1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        fixture_t fixture = fixture_new ();
        const zc_dimensions_t key = {.type = ZCOST_RAG_PARALLEL};
        const zc_measures_t sums = {.events = 3, .saved_ns = -7, .prompt_saved_nanousd = -9};
        assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &key, &sums), 0);
        assert_int_equal (zc_ledger_restore_counts (fixture.ledger, table [i].accepted, table [i].folded_to_other,
                                                    table [i].saved_ns_magnitude, table [i].prompt_magnitude),
                          table [i].rc);
        fixture_end (&fixture);
    }
}

static void test_ledger_refuses_unpriced_rows_that_no_ledger_saved (void **state)
{
    (void) state;
    static char longest [ZCOST_STRING_MAX + 2];
    memset (longest, 'a', ZCOST_STRING_MAX + 1);
    fixture_t fixture = fixture_new ();
    assert_int_equal (zc_ledger_restore_unpriced (fixture.ledger, str_of (longest), 1), -1);
    for (int i = 0; i < ZC_TALLY_NAMES_MAX; i++) {
        char name [16];
        snprintf (name, sizeof name, "m%d", i);
        assert_int_equal (zc_ledger_restore_unpriced (fixture.ledger, str_of (name), 2), 0);
    }
    assert_int_equal (zc_ledger_restore_unpriced (fixture.ledger, str_of ("one more"), 1), -1);
    assert_int_equal (zc_ledger_restore_unpriced (fixture.ledger, str_of ("other"), 9), 0);
    assert_int_equal (zc_ledger_unpriced (fixture.ledger)->other, 9);
    assert_int_equal (unpriced_of (&fixture, "m7"), 2);
    assert_int_equal (zc_ledger_restore_unpriced (fixture.ledger, str_of ("m7"), UINT64_MAX), -1);
    fixture_end (&fixture);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_put_back_answers_and_goes_on_the_same),
        cmocka_unit_test (test_ledger_put_back_refuses_what_would_overflow),
        cmocka_unit_test (test_ledger_put_back_bounds_time_saved_by_its_magnitude),
        cmocka_unit_test (test_ledger_put_back_bounds_prompt_savings_by_their_magnitude),
        cmocka_unit_test (test_ledger_refuses_keys_that_no_ledger_saved),
        cmocka_unit_test (test_ledger_refuses_counts_that_no_ledger_saved),
        cmocka_unit_test (test_ledger_refuses_unpriced_rows_that_no_ledger_saved),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
