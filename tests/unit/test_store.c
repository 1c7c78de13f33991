/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store.c - what store.h promises of checkpoints: all of one comes back, in its turn, once.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "core/ledger/tags.h"
#include "seed.h"
#include "stores.h"

static void test_store_begins_empty_and_keeps_its_id (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    loaded_t *first = load_from (store);
    zc_store_close (&store);
    zc_store_close (&store);
    static const uint8_t none [ZC_LEDGER_ID_BYTES];
    assert_memory_not_equal (first->state.ledger_id, none, ZC_LEDGER_ID_BYTES);
    assert_int_equal (first->state.began_ms, NOW_MS);
    assert_int_equal (first->state.sequence, 0);
    assert_int_equal (first->state.position, 0);
    assert_int_equal (first->state.cells, 0);
    assert_true (first->state.bytes > 0);
    assert_int_equal (zc_keys_count (first->keys) + first->producers_count + first->models_count, 0);
    assert_int_equal (first->terms_count, 0);

    char why [256];
    store = zc_store_open (place.path, NOW_MS + 1000, why);
    assert_non_null (store);
    loaded_t *second = load_from (store);
    assert_memory_equal (second->state.ledger_id, first->state.ledger_id, ZC_LEDGER_ID_BYTES);
    assert_int_equal (second->state.began_ms, NOW_MS);
    assert_sound (store);
    zc_store_close (&store);

    place_t other = place_new ();
    store = open_at (&other);
    loaded_t *third = load_from (store);
    assert_memory_not_equal (third->state.ledger_id, first->state.ledger_id, ZC_LEDGER_ID_BYTES);
    zc_store_close (&store);
    loaded_end (first);
    loaded_end (second);
    loaded_end (third);
    place_end (&place);
    place_end (&other);
}

/* ------------------------------------------------------------------------------- random */

/* Big, so that a number that loses bits anywhere shows. */
static int64_t any_sum (void)
{
    return (int64_t) (random_64 () >> 3);
}

static zc_measures_t any_measures (void)
{
    return (zc_measures_t){
        .events = any_sum (),
        .unpriced = any_sum (),
        .measured = any_sum (),
        .cost_nanousd = any_sum (),
        .baseline_nanousd = any_sum (),
        .input_tokens = any_sum (),
        .cache_read_tokens = any_sum (),
        .cache_write_tokens = any_sum (),
        .output_tokens = any_sum (),
        .reasoning_tokens = any_sum (),
        .hits = any_sum (),
        .misses = any_sum (),
        .saved_nanousd = any_sum (),
        .saved_ns = -any_sum (),
        .assumed_cost_nanousd = any_sum (),
        .assumed_baseline_nanousd = any_sum (),
        .assumed_saved_nanousd = any_sum (),
        .prompt_saved_nanousd = -any_sum (),
        .saved_tokens = any_sum (),
    };
}

static const char *const odd_names [] = {"",    "'",   "\"",    "a'b\"c;--", "%s%n", "caf\xc3\xa9", "\xf0\x9f\x92\xb8",
                                         "A",   "a",   " a",    "a ",        "\n",   "NULL",        "null",
                                         "123", "1.0", "x'00'", "\\",        "?1",   "\x01",        "/*"};
#define ODD_NAMES (sizeof odd_names / sizeof *odd_names)

/* Keys that differ in one dimension only, each with sums of its own. */
static void add_odd_keys (draft_t *draft)
{
    for (size_t i = 0; i < 4 * ODD_NAMES; i++) {
        zc_str_t names [4] = {str ("s"), str ("t"), str ("m"), str ("p")};
        names [i % 4] = str (odd_names [i / 4]);
        zc_dimensions_t dimensions = {(zcost_type_t) (ZCOST_QUERY_ROUTER + (int) (i / 4 % 4)),
                                      names [0],
                                      names [1],
                                      names [2],
                                      names [3],
                                      str ("")};
        assert_int_equal (zc_keys_restore (draft->keys, &dimensions), 0);
        zc_key_entry_t *entry = zc_keys_at (draft->keys, (uint32_t) i);
        entry->sums = any_measures ();
        *cell_at (draft, (zc_time_bucket_t) (i % ZC_TIME_BUCKETS), MINUTE_S, (uint32_t) i) = entry->sums;
    }
}

static void assert_same_keys (const zc_keys_t *a, const zc_keys_t *b)
{
    assert_int_equal (zc_keys_count (a), zc_keys_count (b));
    for (uint32_t key = 0; key < zc_keys_count (a); key++) {
        const zc_key_entry_t *left = zc_keys_at (a, key), *right = zc_keys_at (b, key);
        assert_int_equal (left->dimensions.type, right->dimensions.type);
        assert_true (zc_str_equal (left->dimensions.service, right->dimensions.service));
        assert_true (zc_str_equal (left->dimensions.tier, right->dimensions.tier));
        assert_true (zc_str_equal (left->dimensions.model, right->dimensions.model));
        assert_true (zc_str_equal (left->dimensions.provider, right->dimensions.provider));
        assert_true (zc_str_equal (left->dimensions.tags, right->dimensions.tags));
        assert_memory_equal (&left->sums, &right->sums, sizeof left->sums);
    }
}

static void test_store_gives_keys_and_sums_back (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    add_odd_keys (&draft);
    commit (&draft, store);
    zc_store_close (&store);
    store = open_at (&place);
    loaded_t *loaded = load_from (store);
    assert_same_keys (draft.keys, loaded->keys);
    assert_sound (store);
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

static void test_store_gives_tags_back (void **state)
{
    (void) state;
    static const char *const tags [] = {"\3env\4prod\4team\1x",
                                        "\3env\4prod",
                                        "\3env\4Prod",
                                        "",
                                        "\1A\1b",
                                        "\2\xc3\xa9\6'\"\n{}:",
                                        "\1a\1 \2a \1 \4null\1\\\6select\1;"};
    ground_t ground = ground_new ();
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        spend (&ground.draft, ZC_MINUTE, MINUTE_S, add_tagged_key (&ground.draft, "s", tags [i]), 1);
    char longest [ZC_TAGS_BYTES + 1] = "";
    for (int i = 0; i < ZC_TAGS_MAX; i++) /* four of 128 bytes each, name and value */
        snprintf (longest + strlen (longest), sizeof longest - strlen (longest), "\x80%0128d\x80%0128d", i, 7);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, add_tagged_key (&ground.draft, "s", longest), 1);
    commit (&ground.draft, ground.store);
    loaded_t *loaded = load_from (ground.store);
    for (uint32_t key = 0; key < zc_keys_count (ground.draft.keys); key++)
        zc_keys_at (ground.draft.keys, key)->sums = (zc_measures_t){.events = 1, .cost_nanousd = 1};
    assert_same_keys (ground.draft.keys, loaded->keys);
    assert_sound (ground.store);
    assert_query (&ground.place, "SELECT tags FROM totals WHERE tags LIKE '%team%'",
                  "{\"env\":\"prod\",\"team\":\"x\"}");
    assert_query (&ground.place, "SELECT count (*) FROM minutes WHERE json_extract (tags, '$.env') = 'prod'", "2");
    assert_query (&ground.place, "SELECT count (*) FROM days WHERE tags = '{}'", "1");
    loaded_end (loaded);
    ground_end (&ground);
}

static void test_store_holds_the_alerts_of_the_last_checkpoint (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    zc_alert_t alerts [] = {
        {"a", MINUTE_S, 50, NOW_MS, 5, 10, false},
        {"b", MINUTE_S - 86400, 80, NOW_MS + 1, 8, INT64_MAX, true},
        {"b", MINUTE_S, 100, NOW_MS + 2, INT64_MAX, 10, false},
        {"caf\xc3\xa9", MINUTE_S, UINT32_MAX, INT64_MAX, 0, 1, true},
    };
    const size_t count = sizeof alerts / sizeof *alerts;
    ground.draft.checkpoint.alerts = alerts;
    ground.draft.checkpoint.alerts_count = 1;
    commit (&ground.draft, ground.store);
    alerts [0].published = true;
    ground.draft.checkpoint.alerts_count = count;
    commit (&ground.draft, ground.store);
    loaded_t *loaded = load_from (ground.store);
    assert_int_equal (loaded->alerts_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal (loaded->alerts [i].budget, alerts [i].budget);
        assert_int_equal (loaded->alerts [i].period_start_s, alerts [i].period_start_s);
        assert_int_equal (loaded->alerts [i].percent, alerts [i].percent);
        assert_int_equal (loaded->alerts [i].passed_ms, alerts [i].passed_ms);
        assert_int_equal (loaded->alerts [i].spent_nanousd, alerts [i].spent_nanousd);
        assert_int_equal (loaded->alerts [i].limit_nanousd, alerts [i].limit_nanousd);
        assert_int_equal (loaded->alerts [i].published, alerts [i].published);
    }
    assert_sound (ground.store);
    loaded_end (loaded);
    ground.draft.checkpoint.alerts_count = 0;
    commit (&ground.draft, ground.store);
    loaded = load_from (ground.store);
    assert_int_equal (loaded->alerts_count, 0);
    loaded_end (loaded);
    ground_end (&ground);
}

static void test_store_keeps_keys_of_which_nothing_was_counted (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    add_key (&draft, "a");
    commit (&draft, store);
    add_key (&draft, "b");
    add_key (&draft, "c");
    spend (&draft, ZC_MINUTE, MINUTE_S, 2, 5);
    commit (&draft, store);
    zc_keys_at (draft.keys, 2)->sums = (zc_measures_t){.events = 1, .cost_nanousd = 5};
    loaded_t *loaded = load_from (store);
    assert_same_keys (draft.keys, loaded->keys);
    assert_sound (store);
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

/* -------------------------------------------------------------------------- all the rest */

static void test_store_gives_counters_and_position_back (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    zc_counters_t counters = {.accepted = UINT64_MAX,
                              .delivery = {2, 3, UINT64_MAX - 4},
                              .folded_to_other = 5,
                              .saved_ns_magnitude = INT64_MAX,
                              .prompt_saved_magnitude = INT64_MAX - 1,
                              .producers_forgotten = true};
    for (int reason = 0; reason < ZC_REASON_COUNT; reason++)
        counters.rejected [reason] = 1000 + (uint64_t) reason;
    draft.checkpoint.counters = (zc_counters_t){.accepted = 1};
    commit (&draft, store);
    draft.checkpoint.counters = counters;
    draft.checkpoint.position = ZC_POSITION (UINT32_MAX, UINT32_MAX - 1);
    draft.checkpoint.taken_ms = NOW_MS + 77;
    commit (&draft, store);
    loaded_t *loaded = load_from (store);
    const zc_store_state_t *both [] = {&loaded->state, &draft.state};
    for (int i = 0; i < 2; i++) {
        assert_int_equal (both [i]->sequence, 2);
        assert_true (both [i]->position == ZC_POSITION (UINT32_MAX, UINT32_MAX - 1));
        assert_int_equal (both [i]->taken_ms, NOW_MS + 77);
        assert_int_equal (both [i]->began_ms, NOW_MS);
        assert_true (both [i]->counters.accepted == UINT64_MAX);
        assert_memory_equal (&both [i]->counters.delivery, &counters.delivery, sizeof counters.delivery);
        assert_memory_equal (both [i]->counters.rejected, counters.rejected, sizeof counters.rejected);
        assert_int_equal (both [i]->counters.folded_to_other, 5);
        assert_true (both [i]->counters.saved_ns_magnitude == INT64_MAX);
        assert_true (both [i]->counters.prompt_saved_magnitude == INT64_MAX - 1);
        assert_true (both [i]->counters.producers_forgotten);
    }
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

static void test_store_holds_the_unpriced_of_the_last_checkpoint (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    zc_unpriced_t unpriced [ODD_NAMES];
    for (size_t i = 0; i < ODD_NAMES; i++)
        unpriced [i] = (zc_unpriced_t){str (odd_names [i]), i + 1};
    draft.checkpoint.unpriced = unpriced;
    draft.checkpoint.unpriced_count = 3;
    commit (&draft, store);
    unpriced [0].events = UINT64_MAX;
    draft.checkpoint.unpriced_count = ODD_NAMES;
    commit (&draft, store);
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->models_count, ODD_NAMES);
    for (size_t i = 0; i < ODD_NAMES; i++) {
        assert_string_equal (loaded->models [i], odd_names [i]);
        assert_true (loaded->events [i] == unpriced [i].events);
    }
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

static void test_store_gives_the_last_terms (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    for (int round = 0; round < 40; round++) {
        uint8_t config [] = {0, (uint8_t) round, 0, 0xff};
        draft.checkpoint.config = round % 2 == 0 ? config : NULL;
        draft.checkpoint.config_size = sizeof config;
        commit (&draft, store);
    }
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->terms_count, 1);
    assert_int_equal (loaded->config_size, 4);
    assert_memory_equal (loaded->config, ((uint8_t []){0, 38, 0, 0xff}), 4);
    /* Tables of prices are large: not all of them are kept. */
    assert_true (number_of (&place, "SELECT count (*) FROM terms") < 20);
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

/* -------------------------------------------------------------------------------- turns */

static void test_store_takes_the_next_number_only (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    uint32_t key = add_key (&draft, "a");
    spend (&draft, ZC_MINUTE, MINUTE_S, key, 10);
    commit (&draft, store);
    static const uint64_t wrong [] = {0, 1, 3, UINT64_MAX, (uint64_t) INT64_MAX + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        draft.checkpoint.sequence = wrong [i];
        draft.state.sequence = 12345;
        assert_int_equal (try_commit (&draft, store), -1);
        assert_int_equal (draft.state.sequence, 12345);
        assert_non_null (strstr (zc_store_why (store), "refused"));
    }
    draft.checkpoint.sequence = 2;
    commit (&draft, store);
    assert_query (&place, "SELECT cost_nanousd FROM ever", "20");
    assert_query (&place, "SELECT sequence FROM checkpoint", "2");
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

static void test_store_refuses_keys_that_are_not_the_next (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    add_key (&draft, "a");
    add_key (&draft, "b");
    draft.checkpoint.keys_from = 1;
    assert_int_equal (try_commit (&draft, store), -1);
    draft.checkpoint.keys_from = 0;
    spend (&draft, ZC_MINUTE, MINUTE_S, 7, 1); /* a cell of no key */
    assert_int_equal (try_commit (&draft, store), -1);
    zc_cells_clear (&draft.cells);
    commit (&draft, store);
    assert_int_equal (draft.state.sequence, 1);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

static int give_up (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums)
{
    (void) argument, (void) dimensions, (void) sums;
    return key == 1 ? -1 : 0;
}

static void test_store_load_ends_where_its_sink_gives_up (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    add_key (&draft, "a");
    add_key (&draft, "b");
    commit (&draft, store);
    const zc_store_sink_t sink = {.key = give_up};
    assert_int_equal (zc_store_load (store, &sink, &draft.state), -1);
    assert_non_null (strstr (zc_store_why (store), "key 1"));
    commit (&draft, store); /* it goes on being a store */
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_begins_empty_and_keeps_its_id),
        cmocka_unit_test (test_store_gives_keys_and_sums_back),
        cmocka_unit_test (test_store_gives_tags_back),
        cmocka_unit_test (test_store_holds_the_alerts_of_the_last_checkpoint),
        cmocka_unit_test (test_store_keeps_keys_of_which_nothing_was_counted),
        cmocka_unit_test (test_store_gives_counters_and_position_back),
        cmocka_unit_test (test_store_holds_the_unpriced_of_the_last_checkpoint),
        cmocka_unit_test (test_store_gives_the_last_terms),
        cmocka_unit_test (test_store_takes_the_next_number_only),
        cmocka_unit_test (test_store_refuses_keys_that_are_not_the_next),
        cmocka_unit_test (test_store_load_ends_where_its_sink_gives_up),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
