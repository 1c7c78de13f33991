/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ledger_tags.c - what ledger.h promises of tags: those of the policy are dimensions, whatever came before and
 * however they are written.
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
#include "core/ledger/tags.h"
#include "events.h"

static fixture_t fixture_with_tags (uint32_t keys_max)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, "team"), 0);
    assert_int_equal (zc_policy_add_tag (&policy, "env"), 0);
    return fixture_of (&policy, keys_max);
}

/* An event with a map of tags, folded; its bytes are gone afterwards. */
static void fold_tagged (fixture_t *fixture, zc_event_t event, const pair_t *pairs, size_t count)
{
    bytes_t map = {0};
    pack_map (&map, pairs, count);
    char *copy = malloc (map.size); /* to the byte, so that what is read beyond shows */
    assert_non_null (copy);
    memcpy (copy, map.data, map.size);
    fold (fixture, with_tags (event, copy, map.size));
    memset (copy, 'z', map.size);
    free (copy);
    msgpack_sbuffer_destroy (&map);
}

#define FOLD(fixture, event, ...)                                                                                      \
    fold_tagged ((fixture), (event), (const pair_t []){__VA_ARGS__},                                                   \
                 sizeof ((const pair_t []){__VA_ARGS__}) / sizeof (pair_t))

static int64_t events_of (const fixture_t *fixture, const char *tags)
{
    const zc_keys_t *keys = zc_ledger_keys (fixture->ledger);
    int64_t events = 0;
    for (uint32_t key = 0; key < zc_keys_count (keys); key++)
        if (zc_str_equal (zc_keys_at (keys, key)->dimensions.tags, str_of (tags)))
            events += zc_keys_at (keys, key)->sums.events;
    return events;
}

static void test_ledger_tags_of_the_policy_are_dimensions (void **state)
{
    (void) state;
    static const zcost_type_t types [] = {ZCOST_QUERY_ROUTER, ZCOST_EMBEDDING_CACHE, ZCOST_RAG_PARALLEL,
                                          ZCOST_LLM_CALL};
    for (size_t i = 0; i < COUNT (types); i++) {
        fixture_t fixture = fixture_with_tags (ZC_KEYS_MAX);
        const zc_event_t event = event_of (types [i]);
        for (int round = 0; round < 3; round++) {
            FOLD (&fixture, event, {"team", STR ("red")}, {"env", STR ("prod")});
            FOLD (&fixture, event, {"env", STR ("prod")}, {"user", STR ("7")}, {"team", STR ("red")});
            FOLD (&fixture, event, {"team", STR ("red")});
            FOLD (&fixture, event, {"team", STR ("blue")});
            FOLD (&fixture, event, {"user", STR ("7")}); /* none that is asked for */
            fold_tagged (&fixture, event, NULL, 0);
            fold (&fixture, event);
        }
        assert_int_equal (zc_keys_count (zc_ledger_keys (fixture.ledger)), 4);
        assert_int_equal (events_of (&fixture, "\3env\4prod\4team\3red"), 6);
        assert_int_equal (events_of (&fixture, "\4team\3red"), 3);
        assert_int_equal (events_of (&fixture, "\4team\4blue"), 3);
        assert_int_equal (events_of (&fixture, ""), 9);
        fixture_end (&fixture);
    }
}

static void test_ledger_tags_without_a_policy_are_passed_over (void **state)
{
    (void) state;
    fixture_t fixture = fixture_new ();
    FOLD (&fixture, query_of ("simple"), {"team", STR ("red")});
    FOLD (&fixture, query_of ("simple"), {"team", STR ("blue")});
    assert_int_equal (zc_keys_count (zc_ledger_keys (fixture.ledger)), 1);
    assert_int_equal (events_of (&fixture, ""), 2);
    fixture_end (&fixture);
}

/* Keys that were there under another policy stay; later events go by the new one. */
static void test_ledger_tags_follow_the_policy (void **state)
{
    (void) state;
    fixture_t fixture = fixture_with_tags (ZC_KEYS_MAX);
    FOLD (&fixture, query_of ("simple"), {"team", STR ("red")}, {"user", STR ("7")});
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, "user"), 0);
    assert_int_equal (zc_ledger_set_policy (fixture.ledger, &policy, &default_retention), 0);
    assert_int_equal (zc_ledger_use_prices (fixture.ledger, fixture.prices), 0);
    FOLD (&fixture, query_of ("simple"), {"team", STR ("red")}, {"user", STR ("7")});
    zc_policy_default (&policy);
    assert_int_equal (zc_ledger_set_policy (fixture.ledger, &policy, &default_retention), 0);
    assert_int_equal (zc_ledger_use_prices (fixture.ledger, fixture.prices), 0);
    FOLD (&fixture, query_of ("simple"), {"team", STR ("red")}, {"user", STR ("7")});
    assert_int_equal (events_of (&fixture, "\4team\3red"), 1);
    assert_int_equal (events_of (&fixture, "\4user\0017"), 1);
    assert_int_equal (events_of (&fixture, ""), 1);
    fixture_end (&fixture);
}

/* Maps of all lengths, short enough to be recalled and not, that differ in one byte anywhere; each comes again
 * after all others. */
static void test_ledger_tags_are_found_whatever_came_before (void **state)
{
    (void) state;
    enum { SIZES = ZCOST_STRING_MAX, ROUNDS = 3 };
    fixture_t fixture = fixture_with_tags (ZC_KEYS_MAX);
    char value [SIZES + 1], other [SIZES + 1], wanted [2 * SIZES];
    int64_t events = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (int size = 1; size <= SIZES; size++)
            for (int changed = 0; changed < size; changed += 5) {
                memset (value, 'a', sizeof value);
                memset (other, 'o', sizeof other);
                value [changed] = 'b';
                value [size] = other [size] = '\0';
                FOLD (&fixture, call_of ("gpt-4o"), {"team", STR (value)});
                FOLD (&fixture, call_of ("gpt-4o"), {"x", STR (other)}, {"team", STR (value)});
                events += 2;
            }
    for (int size = 1; size <= SIZES; size++)
        for (int changed = 0; changed < size; changed += 5) {
            memset (value, 'a', sizeof value);
            value [changed] = 'b';
            value [size] = '\0';
            snprintf (wanted, sizeof wanted, "\4team%c%s", size, value);
            assert_int_equal (events_of (&fixture, wanted), 2 * ROUNDS);
        }
    assert_int_equal (totals_of (&fixture).calls, events);
    fixture_end (&fixture);
}

/* Of a key beyond the cap the tags are gone with its names, and its totals are exact. */
static void test_ledger_tags_beyond_the_cap_are_none (void **state)
{
    (void) state;
    enum { TEAMS = 50, MAX = 10 };
    fixture_t fixture = fixture_with_tags (MAX);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < TEAMS; i++) {
            char team [16];
            snprintf (team, sizeof team, "t%d", i);
            FOLD (&fixture, with_cost (query_of ("simple"), 1), {"team", STR (team)});
        }
    const zc_keys_t *keys = zc_ledger_keys (fixture.ledger);
    assert_int_equal (zc_keys_count (keys), MAX + 1);
    const zc_dimensions_t *other = &zc_keys_at (keys, MAX)->dimensions;
    assert_true (zc_str_equal (other->service, str_of ("other")) && zc_str_equal (other->tier, str_of ("simple")));
    assert_int_equal (other->tags.size, 0);
    assert_int_equal (zc_ledger_folded_to_other (fixture.ledger), 2 * (TEAMS - MAX));
    assert_int_equal (totals_of (&fixture).router.cost_nanousd, 2 * TEAMS);
    fixture_end (&fixture);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ledger_tags_of_the_policy_are_dimensions),
        cmocka_unit_test (test_ledger_tags_without_a_policy_are_passed_over),
        cmocka_unit_test (test_ledger_tags_follow_the_policy),
        cmocka_unit_test (test_ledger_tags_are_found_whatever_came_before),
        cmocka_unit_test (test_ledger_tags_beyond_the_cap_are_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
