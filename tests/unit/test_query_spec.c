/* SPDX-License-Identifier: MPL-2.0
 *
 * test_query_spec.c - what ask.h promises.
 */
#include "core/window/query_spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "table.h"

static zc_policy_t policy_with (const char *first, const char *second)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, first), 0);
    assert_int_equal (zc_policy_add_tag (&policy, second), 0);
    return policy;
}

static void assert_value (zc_str_t value, const char *text)
{
    assert_int_equal (value.size, strlen (text));
    assert_memory_equal (value.data, text, value.size);
}

static void test_query_spec_finds_dimensions_by_name (void **state)
{
    (void) state;
    static const struct {
        const char *name;
        zc_by_t by;
    } table [] = {
        {"type", ZC_BY_TYPE},         {"service", ZC_BY_SERVICE}, {"tier", ZC_BY_TIER}, {"model", ZC_BY_MODEL},
        {"provider", ZC_BY_PROVIDER}, {"team", ZC_BY_TAG},        {"env", ZC_BY_TAG},
    };
    zc_policy_t policy = policy_with ("team", "env");
    zc_dimension_t found [COUNT (table)];
    for (size_t i = 0; i < COUNT (table); i++) {
        assert_true (zc_dimension_find (&policy, str_of (table [i].name), &found [i]));
        assert_int_equal (found [i].by, table [i].by);
        assert_value (found [i].name, table [i].name);
        for (size_t j = 0; j <= i; j++)
            assert_int_equal (zc_dimension_same (&found [i], &found [j]), i == j);
    }
    static const char *const none [] = {"", "Type", "typ", "types", "tea", "teams", "tags", "cost", "events"};
    for (size_t i = 0; i < COUNT (none); i++)
        assert_false (zc_dimension_find (&policy, str_of (none [i]), &found [0]));
}

static const zc_dimension_t team = {ZC_BY_TAG, {"team", 4}}, env = {ZC_BY_TAG, {"env", 3}};

static void test_query_spec_tells_a_key_s_values (void **state)
{
    (void) state;
    const zc_dimensions_t key = {ZCOST_LLM_CALL,    str_of ("search"), str_of (""),
                                 str_of ("gpt-4o"), str_of ("openai"), str_of ("\3env\4prod\4team\1a")};
    static const struct {
        zc_by_t by;
        const char *value;
    } table [] = {{ZC_BY_TYPE, "llm_call"},
                  {ZC_BY_SERVICE, "search"},
                  {ZC_BY_TIER, ""},
                  {ZC_BY_MODEL, "gpt-4o"},
                  {ZC_BY_PROVIDER, "openai"}};
    for (size_t i = 0; i < COUNT (table); i++)
        assert_value (zc_dimension_value (&(zc_dimension_t){table [i].by, {"", 0}}, &key), table [i].value);
    assert_value (zc_dimension_value (&team, &key), "a");
    assert_value (zc_dimension_value (&env, &key), "prod");
    assert_value (zc_dimension_value (&(zc_dimension_t){ZC_BY_TAG, {"x", 1}}, &key), "");
}

/* Nobody knows the tags of events that a cap put together; of others without tags it is known that they have none. */
static void test_query_spec_tells_folded_tags_from_none (void **state)
{
    (void) state;
    zc_dimensions_t key = {ZCOST_LLM_CALL,   str_of ("other"), str_of (""),
                           str_of ("other"), str_of ("other"), str_of ("")};
    assert_value (zc_dimension_value (&team, &key), "other");
    assert_value (zc_dimension_value (&(zc_dimension_t){ZC_BY_TIER, {"tier", 4}}, &key), "");
    key.provider = str_of ("openai");
    assert_value (zc_dimension_value (&team, &key), "");
    key.provider = str_of ("other");
    key.tags = str_of ("\3env\4prod");
    assert_value (zc_dimension_value (&team, &key), "");
}

static void test_query_spec_wants_what_holds_in_all (void **state)
{
    (void) state;
    const zc_dimensions_t key = {ZCOST_LLM_CALL,    str_of ("search"), str_of (""),
                                 str_of ("gpt-4o"), str_of ("openai"), str_of ("\4team\1a")};
    zc_query_spec_t spec = {.where_count = 0};
    assert_true (zc_query_spec_matches (&spec, &key));
    spec.where [0].dimension = (zc_dimension_t){ZC_BY_MODEL, {"model", 5}};
    spec.where [0].value = str_of ("gpt-4o");
    spec.where [1].dimension = team;
    spec.where [1].value = str_of ("a");
    spec.where [2].dimension = env;
    spec.where [2].value = str_of (""); /* those without */
    spec.where_count = 3;
    assert_true (zc_query_spec_matches (&spec, &key));
    static const struct {
        size_t place;
        const char *value;
    } table [] = {{0, "gpt-4"}, {0, "gpt-4o "}, {0, ""}, {1, ""}, {1, "b"}, {2, "prod"}};
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_query_spec_t other = spec;
        other.where [table [i].place].value = str_of (table [i].value);
        assert_false (zc_query_spec_matches (&other, &key));
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_query_spec_finds_dimensions_by_name),
        cmocka_unit_test (test_query_spec_tells_a_key_s_values),
        cmocka_unit_test (test_query_spec_tells_folded_tags_from_none),
        cmocka_unit_test (test_query_spec_wants_what_holds_in_all),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
