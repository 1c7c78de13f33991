/* SPDX-License-Identifier: MPL-2.0
 *
 * test_policy.c - what policy.h promises: the contract's numbers, tiers, their limits.
 */
#include "core/pricing/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_tier (const zc_policy_t *policy, size_t place, const char *name, const char *model)
{
    assert_string_equal (policy->tiers [place].name, name);
    assert_string_equal (policy->tiers [place].model, model);
}

static void test_policy_default_is_the_contract_s (void **state)
{
    (void) state;
    zc_policy_t policy;
    memset (&policy, 0xa5, sizeof policy);
    zc_policy_default (&policy);
    assert_int_equal (policy.tiers_count, 4);
    assert_tier (&policy, 0, "simple", "gpt-4o-mini");
    assert_tier (&policy, 1, "medium", "gpt-4.1-mini");
    assert_tier (&policy, 2, "complex", "gpt-4o");
    assert_tier (&policy, 3, "other", "");
    assert_string_equal (policy.baseline_model, "gpt-4o");
    assert_int_equal (policy.baseline_per_query_nanousd, 35000000); /* 0.035 USD */
    assert_int_equal (policy.hit_saves_nanousd, 100000);            /* 0.0001 USD */
    assert_int_equal (policy.assumed_saved_ns, 6000000000);         /* 6.0 s */
}

static void test_policy_set_tier_changes_or_adds_before_other (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_set_tier (&policy, "medium", "claude"), 0);
    assert_int_equal (zc_policy_set_tier (&policy, "free", ""), 0);
    assert_int_equal (zc_policy_set_tier (&policy, "dear", "gpt-5"), 0);
    assert_int_equal (zc_policy_set_tier (&policy, "other", "gpt-4o"), 0);
    assert_int_equal (policy.tiers_count, 6);
    assert_tier (&policy, 0, "simple", "gpt-4o-mini");
    assert_tier (&policy, 1, "medium", "claude");
    assert_tier (&policy, 2, "complex", "gpt-4o");
    assert_tier (&policy, 3, "free", "");
    assert_tier (&policy, 4, "dear", "gpt-5");
    assert_tier (&policy, 5, "other", "gpt-4o");
}

static void test_policy_set_tier_refuses_beyond_its_limits (void **state)
{
    (void) state;
    zc_policy_t policy, before;
    char longest [ZCOST_STRING_MAX + 2];
    memset (longest, 'x', sizeof longest);
    longest [ZCOST_STRING_MAX + 1] = '\0';
    zc_policy_default (&policy);
    before = policy;
    assert_int_equal (zc_policy_set_tier (&policy, "", "m"), -1);
    assert_int_equal (zc_policy_set_tier (&policy, longest, "m"), -1);
    assert_int_equal (zc_policy_set_tier (&policy, "t", longest), -1);
    assert_memory_equal (&policy, &before, sizeof policy);
    assert_int_equal (zc_policy_set_tier (&policy, longest + 1, longest + 1), 0);
    for (int i = 5; i < ZC_TIERS_MAX; i++) {
        char name [16];
        snprintf (name, sizeof name, "t%d", i);
        assert_int_equal (zc_policy_set_tier (&policy, name, "m"), 0);
    }
    assert_int_equal (policy.tiers_count, ZC_TIERS_MAX);
    assert_int_equal (zc_policy_set_tier (&policy, "one more", "m"), -1);
    assert_int_equal (zc_policy_set_tier (&policy, "simple", "changed"), 0);
    assert_tier (&policy, 0, "simple", "changed");
    assert_tier (&policy, ZC_TIERS_MAX - 1, "other", "");
}

static void assert_tags (const zc_policy_t *policy, size_t count, const char *const *names)
{
    assert_int_equal (policy->tags_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal (policy->tags [i], names [i]);
}

static void test_policy_add_tag_keeps_them_ascending (void **state)
{
    (void) state;
    static const char *const added [] = {"tenant", "\xc3\xa9quipe", "team", "Env"};
    static const char *const sorted [] = {"Env", "team", "tenant", "\xc3\xa9quipe"};
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (policy.tags_count, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (zc_policy_add_tag (&policy, added [i]), 0);
    assert_tags (&policy, 4, sorted);
}

/* The same ones in another order are the same policy, to the byte. */
static void test_policy_add_tag_in_any_order_is_the_same (void **state)
{
    (void) state;
    zc_policy_t a, b;
    zc_policy_default (&a);
    zc_policy_default (&b);
    static const char *const names [] = {"a", "team", "a long name", "t"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal (zc_policy_add_tag (&a, names [i]), 0);
        assert_int_equal (zc_policy_add_tag (&b, names [3 - i]), 0);
    }
    assert_memory_equal (&a, &b, sizeof a);
}

static void test_policy_add_tag_refuses_what_is_no_tag (void **state)
{
    (void) state;
    char longest [ZCOST_STRING_MAX + 2];
    memset (longest, 'x', sizeof longest);
    longest [ZCOST_STRING_MAX + 1] = '\0';
    const char *const refused [] = {"",      "team",     longest,  "type",     "service",        "tier",
                                    "model", "provider", "events", "cost_usd", "latency_ms_p95", "points"};
    zc_policy_t policy, before;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, "team"), 0);
    before = policy;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal (zc_policy_add_tag (&policy, refused [i]), -1);
    assert_memory_equal (&policy, &before, sizeof policy);
    assert_int_equal (zc_policy_add_tag (&policy, longest + 1), 0);
    assert_int_equal (zc_policy_add_tag (&policy, "Model"), 0);
    assert_int_equal (zc_policy_add_tag (&policy, "t1"), 0);
    before = policy;
    assert_int_equal (zc_policy_add_tag (&policy, "t2"), -1); /* ZC_TAGS_MAX of them */
    assert_memory_equal (&policy, &before, sizeof policy);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_policy_default_is_the_contract_s),
        cmocka_unit_test (test_policy_set_tier_changes_or_adds_before_other),
        cmocka_unit_test (test_policy_set_tier_refuses_beyond_its_limits),
        cmocka_unit_test (test_policy_add_tag_keeps_them_ascending),
        cmocka_unit_test (test_policy_add_tag_in_any_order_is_the_same),
        cmocka_unit_test (test_policy_add_tag_refuses_what_is_no_tag),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
