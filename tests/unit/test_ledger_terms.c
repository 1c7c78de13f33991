/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_terms.c - what ledger.h promises where the policy changes under a ledger that has sums.
 *
 * Prices are those of table.h: nano-dollars a token, input: gpt-4o 1000, gpt-4o-mini 10.
 */
#include "core/ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "pack.h"

typedef struct {
    const char *name, *model;
} tier_t;

/* The default tiers, and these. */
static zc_policy_t policy_of (const tier_t *tiers, size_t count)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    for (size_t i = 0; i < count; i++)
        assert_int_equal (zc_policy_set_tier (&policy, tiers [i].name, tiers [i].model), 0);
    return policy;
}

static void set_policy (fixture_t *fixture, zc_policy_t policy)
{
    assert_int_equal (zc_ledger_set_policy (fixture->ledger, &policy, &default_retention), 0);
    assert_null (zc_ledger_prices (fixture->ledger));
    assert_int_equal (zc_ledger_use_prices (fixture->ledger, fixture->prices), 0);
}

/* What is shown of a tier: its place, or fails. */
static size_t place_of (const fixture_t *fixture, const char *name)
{
    const zc_policy_t *policy = zc_ledger_policy (fixture->ledger);
    for (size_t i = 0; i < policy->tiers_count; i++)
        if (strcmp (policy->tiers [i].name, name) == 0)
            return i;
    fail_msg ("%s is not shown", name);
    return 0;
}

static void assert_shown (fixture_t *fixture, const char *name, const char *model, uint64_t queries, int64_t cost)
{
    size_t place = place_of (fixture, name);
    zc_totals_t totals = totals_of (fixture);
    assert_string_equal (zc_ledger_policy (fixture->ledger)->tiers [place].model, model);
    assert_int_equal (totals.tiers [place].queries, queries);
    assert_int_equal (totals.tiers [place].cost_nanousd, cost);
}

static void assert_tiers (const fixture_t *fixture, size_t count)
{
    const zc_policy_t *policy = zc_ledger_policy (fixture->ledger);
    assert_int_equal (policy->tiers_count, count);
    assert_string_equal (policy->tiers [count - 1].name, "other");
}

static void test_ledger_shows_a_tier_that_was_removed (void **state)
{
    (void) state;
    const tier_t added [] = {{"fast", "gpt-4o-mini"}, {"unused", "gpt-4o"}};
    fixture_t fixture = fixture_new ();
    set_policy (&fixture, policy_of (added, 2));
    fold (&fixture, with_cost (query_of ("fast"), 5));
    fold (&fixture, with_cost (with_model (query_of ("fast"), "mine"), 6));
    assert_shown (&fixture, "fast", "gpt-4o-mini", 2, 11);
    set_policy (&fixture, policy_of (NULL, 0));
    assert_tiers (&fixture, 5); /* the one without sums is gone */
    assert_shown (&fixture, "fast", "gpt-4o-mini", 2, 11);
    /* It takes no more events. */
    fold (&fixture, with_cost (query_of ("fast"), 100));
    assert_shown (&fixture, "fast", "gpt-4o-mini", 2, 11);
    assert_shown (&fixture, "other", "", 1, 100);
    assert_int_equal (totals_of (&fixture).router.cost_nanousd, 111);
    /* Set again, twice, it stays; and comes back under a model of its own. */
    set_policy (&fixture, policy_of (NULL, 0));
    assert_tiers (&fixture, 5);
    assert_shown (&fixture, "fast", "gpt-4o-mini", 2, 11);
    const tier_t back [] = {{"fast", "gpt-4o"}};
    set_policy (&fixture, policy_of (back, 1));
    assert_tiers (&fixture, 5);
    fold (&fixture, with_input (query_of ("fast"), 1));
    assert_shown (&fixture, "fast", "gpt-4o", 3, 1011);
    fixture_end (&fixture);
}

static void test_ledger_knows_tiers_by_name_not_by_place (void **state)
{
    (void) state;
    const tier_t first [] = {{"a", "gpt-4o"}, {"b", "gpt-4o-mini"}};
    const tier_t second [] = {{"b", "gpt-4o"}, {"c", ""}, {"a", ""}};
    fixture_t fixture = fixture_new ();
    set_policy (&fixture, policy_of (first, 2));
    fold (&fixture, with_cost (query_of ("a"), 1));
    fold (&fixture, with_cost (query_of ("b"), 2));
    fold (&fixture, with_cost (query_of ("purple"), 4));
    set_policy (&fixture, policy_of (second, 3));
    assert_tiers (&fixture, 7);
    fold (&fixture, with_cost (query_of ("a"), 10));
    fold (&fixture, with_cost (query_of ("b"), 20));
    fold (&fixture, with_cost (query_of ("c"), 40));
    assert_shown (&fixture, "a", "", 2, 11);
    assert_shown (&fixture, "b", "gpt-4o", 2, 22);
    assert_shown (&fixture, "c", "", 1, 40);
    assert_shown (&fixture, "other", "", 1, 4);
    fixture_end (&fixture);
}

/* `medium` is the tier of a query that names none, wherever it stands. */
static void test_ledger_finds_medium_by_its_name (void **state)
{
    (void) state;
    zc_policy_t policy = policy_of (NULL, 0);
    strcpy (policy.tiers [0].name, "medium");
    strcpy (policy.tiers [1].name, "simple");
    fixture_t fixture = fixture_by (&policy);
    fold (&fixture, with_cost (event_of (ZCOST_QUERY_ROUTER), 1));
    assert_shown (&fixture, "medium", "gpt-4o-mini", 1, 1);
    /* Without such a tier, no cost is lost. */
    strcpy (policy.tiers [0].name, "small");
    set_policy (&fixture, policy);
    fold (&fixture, with_cost (event_of (ZCOST_QUERY_ROUTER), 2));
    assert_shown (&fixture, "medium", "gpt-4o-mini", 1, 1);
    assert_shown (&fixture, "other", "", 1, 2);
    fixture_end (&fixture);
}

static void test_ledger_prices_later_events_by_the_policy_in_force (void **state)
{
    (void) state;
    zc_policy_t policy = policy_of (NULL, 0);
    fixture_t fixture = fixture_by (&policy);
    zc_event_t old = with_ts (query_of ("simple"), 1767225600000);
    zc_event_t cache = with_hits (event_of (ZCOST_EMBEDDING_CACHE), 1, 0);
    fold (&fixture, with_input (query_of ("simple"), 1));
    fold (&fixture, cache);
    assert_int_equal (zc_policy_set_tier (&policy, "simple", "gpt-4o"), 0);
    policy.baseline_per_query_nanousd = 9;
    policy.hit_saves_nanousd = 3;
    policy.assumed_saved_ns = 2;
    const zc_retention_t retention = {.minutes_ms = 1000, .quarters_ms = 2000};
    assert_int_equal (zc_ledger_set_policy (fixture.ledger, &policy, &retention), 0);
    assert_int_equal (zc_ledger_use_prices (fixture.ledger, fixture.prices), 0);
    fold (&fixture, with_input (query_of ("simple"), 1));
    fold (&fixture, cache);
    fold (&fixture, event_of (ZCOST_RAG_PARALLEL));
    assert_shown (&fixture, "simple", "gpt-4o", 2, 10 + 1000);
    assert_int_equal (totals_of (&fixture).cache_saved_nanousd, 100000 + 3);
    assert_int_equal (totals_of (&fixture).saved_ns, 2);
    for (int64_t age_ms = 1000; age_ms <= 2001; age_ms++)
        assert_int_equal (zc_ledger_fold (fixture.ledger, &old, old.ts_ms + age_ms), 0);
    int64_t events [ZC_TIME_BUCKETS] = {0};
    const zc_cells_t *changes = zc_ledger_changes (fixture.ledger);
    for (uint32_t i = 0; i < changes->count; i++)
        events [changes->cells [i].level] += changes->cells [i].sums.events;
    assert_int_equal (events [ZC_MINUTE], 5 + 1);
    assert_int_equal (events [ZC_QUARTER], 1000);
    assert_int_equal (events [ZC_DAY], 1);
    fixture_end (&fixture);
}

/* Tiers that find no room are shown under `other`, and the sum is the same. */
static void test_ledger_shows_tiers_as_far_as_there_is_room (void **state)
{
    (void) state;
    enum { ADDED = ZC_TIERS_MAX - 4 };
    static char names [2 * ADDED][16];
    static tier_t tiers [2 * ADDED];
    for (int i = 0; i < 2 * ADDED; i++) {
        snprintf (names [i], sizeof names [i], "t%d", i);
        tiers [i] = (tier_t){names [i], "gpt-4o"};
    }
    fixture_t fixture = fixture_new ();
    set_policy (&fixture, policy_of (tiers, ADDED));
    for (int i = 0; i < ADDED; i++)
        fold (&fixture, with_cost (query_of (names [i]), 1));
    set_policy (&fixture, policy_of (tiers + ADDED, ADDED - 2));
    assert_tiers (&fixture, ZC_TIERS_MAX);
    assert_shown (&fixture, "t0", "gpt-4o", 1, 1); /* the first keys are shown */
    assert_shown (&fixture, "t1", "gpt-4o", 1, 1);
    assert_shown (&fixture, "other", "", ADDED - 2, ADDED - 2);
    fold (&fixture, with_cost (query_of (names [ADDED]), 1));
    assert_shown (&fixture, names [ADDED], "gpt-4o", 1, 1);
    assert_int_equal (totals_of (&fixture).router.cost_nanousd, ADDED + 1);
    fixture_end (&fixture);
}

/* Put back under a policy that does not know its tier: shown with the model of its first key. */
static void test_ledger_shows_a_tier_that_was_put_back (void **state)
{
    (void) state;
    const zc_measures_t sums = {.events = 1, .cost_nanousd = 3};
    const zc_dimensions_t keys [] = {
        {.type = ZCOST_QUERY_ROUTER, .tier = str_of ("fast"), .model = str_of ("gpt-4o")},
        {.type = ZCOST_QUERY_ROUTER, .tier = str_of ("fast"), .model = str_of ("mine")},
        {.type = ZCOST_QUERY_ROUTER, .tier = str_of ("simple"), .model = str_of ("mine")},
        {.type = ZCOST_QUERY_ROUTER, .tier = str_of ("other"), .model = str_of ("mine")},
    };
    fixture_t fixture = fixture_new ();
    for (uint32_t i = 0; i < COUNT (keys); i++)
        assert_int_equal (zc_ledger_restore_key (fixture.ledger, i, &keys [i], &sums), 0);
    for (int round = 0; round < 2; round++) {
        assert_tiers (&fixture, 5);
        assert_shown (&fixture, "fast", "gpt-4o", 2, 6);
        assert_shown (&fixture, "simple", "gpt-4o-mini", 1, 3);
        assert_shown (&fixture, "other", "", 1, 3);
        set_policy (&fixture, policy_of (NULL, 0));
    }
    fold (&fixture, with_cost (query_of ("fast"), 1));
    assert_shown (&fixture, "other", "", 2, 4);
    fixture_end (&fixture);
    /* The price table stays in force. */
    fixture = fixture_new ();
    assert_int_equal (zc_ledger_restore_key (fixture.ledger, 0, &keys [0], &sums), 0);
    fold (&fixture, with_input (query_of ("simple"), 1));
    assert_shown (&fixture, "simple", "gpt-4o-mini", 1, 10);
    fixture_end (&fixture);
}

static void test_ledger_refuses_what_is_no_policy (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    zc_policy_t policy = policy_of (NULL, 0);
    fold (&fixture, with_cost (query_of ("simple"), 1));
    for (int i = 0; i < 3; i++) {
        policy.tiers_count = i == 0 ? 0 : i == 1 ? ZC_TIERS_MAX + 1 : 3; /* none, too many, no `other` */
        assert_int_equal (zc_ledger_set_policy (fixture.ledger, &policy, &default_retention), -1);
        assert_null (zc_ledger_new (&policy, &default_retention, ZC_KEYS_MAX, &(zc_siphash_secret_t){{1, 2}}));
    }
    assert_ptr_equal (zc_ledger_prices (fixture.ledger), fixture.prices); /* nothing changed */
    fold (&fixture, with_cost (query_of ("simple"), 1));
    assert_shown (&fixture, "simple", "gpt-4o-mini", 2, 2);
    fixture_end (&fixture);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_shows_a_tier_that_was_removed),
        cmocka_unit_test (test_ledger_knows_tiers_by_name_not_by_place),
        cmocka_unit_test (test_ledger_finds_medium_by_its_name),
        cmocka_unit_test (test_ledger_prices_later_events_by_the_policy_in_force),
        cmocka_unit_test (test_ledger_shows_tiers_as_far_as_there_is_room),
        cmocka_unit_test (test_ledger_shows_a_tier_that_was_put_back),
        cmocka_unit_test (test_ledger_refuses_what_is_no_policy),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
