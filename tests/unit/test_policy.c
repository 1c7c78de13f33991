/* SPDX-License-Identifier: MPL-2.0
 *
 * test_policy.c - what policy.h promises: the contract's numbers, tiers, their limits.
 */
#include "core/policy.h"

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

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_policy_default_is_the_contract_s),
        cmocka_unit_test (test_policy_set_tier_changes_or_adds_before_other),
        cmocka_unit_test (test_policy_set_tier_refuses_beyond_its_limits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
