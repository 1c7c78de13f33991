/* SPDX-License-Identifier: MPL-2.0
 *
 * test_tags.c - what tags.h promises: one canonical string for the same tags, whatever their order; what is none is
 * told.
 */
#include "core/ledger/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "pack.h"
#include "table.h"

static zc_policy_t policy_of (const char *const *tags, size_t count)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    for (size_t i = 0; i < count; i++)
        assert_int_equal (zc_policy_add_tag (&policy, tags [i]), 0);
    return policy;
}

/* The canonical string of a map, in `to`. */
static zc_str_t canonical (const zc_policy_t *policy, const pair_t *pairs, size_t count, char to [ZC_TAGS_BYTES])
{
    bytes_t bytes = {0};
    pack_map (&bytes, pairs, count);
    zc_str_t tags = zc_tags_canonical (policy, (zc_str_t){bytes.data, (uint32_t) bytes.size}, to);
    msgpack_sbuffer_destroy (&bytes);
    return tags;
}

#define TAGS(policy, to, ...)                                                                                          \
    canonical ((policy), (const pair_t []){__VA_ARGS__}, sizeof ((const pair_t []){__VA_ARGS__}) / sizeof (pair_t),    \
               (to))

static void assert_is (zc_str_t tags, const char *wanted)
{
    if (!zc_str_equal (tags, str_of (wanted)))
        fail_msg ("%.*s, not %s", (int) tags.size, tags.data, wanted);
    assert_true (zc_tags_valid (tags));
}

static void test_tags_are_those_of_the_policy_by_name (void **state)
{
    (void) state;
    static const char *const names [] = {"team", "env"};
    const zc_policy_t policy = policy_of (names, 2);
    char to [ZC_TAGS_BYTES];
    const char *both = "\3env\4prod\4team\3red";
    assert_is (TAGS (&policy, to, {"team", STR ("red")}, {"env", STR ("prod")}), both);
    assert_is (TAGS (&policy, to, {"env", STR ("prod")}, {"user", STR ("7")}, {"team", STR ("red")}), both);
    assert_is (TAGS (&policy, to, {"env", STR ("")}, {"team", STR ("red")}), "\4team\3red"); /* empty: it has none */
    assert_is (TAGS (&policy, to, {"user", STR ("7")}, {"te", STR ("x")}, {"teams", STR ("x")}), "");
    assert_is (TAGS (&policy, to, {"team", STR ("blue")}, {"team", STR ("red")}), "\4team\3red");
    assert_is (TAGS (&policy, to, {"team", STR ("red")}, {"team", STR ("")}), "");
    assert_is (canonical (&policy, NULL, 0, to), "");
}

static void test_tags_of_a_policy_without_any_are_none (void **state)
{
    (void) state;
    const zc_policy_t policy = policy_of (NULL, 0);
    char to [ZC_TAGS_BYTES];
    assert_is (TAGS (&policy, to, {"team", STR ("red")}), "");
}

/* A name that only begins as a tag's does, up to a NUL. */
static void test_tags_names_end_where_they_end (void **state)
{
    (void) state;
    static const char *const names [] = {"team"};
    const zc_policy_t policy = policy_of (names, 1);
    char to [ZC_TAGS_BYTES];
    static const char map [] = "\x82\xa5team\0\xa1x\xa6team\0\0\xa1y";
    assert_is (zc_tags_canonical (&policy, (zc_str_t){map, sizeof map - 1}, to), "");
}

/* As many, with names and values as long, as may be. */
static void test_tags_at_their_limits_fit (void **state)
{
    (void) state;
    static char names [ZC_TAGS_MAX][ZCOST_STRING_MAX + 1], value [ZCOST_STRING_MAX + 1];
    zc_policy_t policy = policy_of (NULL, 0);
    pair_t pairs [ZC_TAGS_MAX];
    char to [ZC_TAGS_BYTES];
    memset (value, 'v', ZCOST_STRING_MAX);
    for (int i = 0; i < ZC_TAGS_MAX; i++) {
        memset (names [i], 'd' - i, ZCOST_STRING_MAX);
        assert_int_equal (zc_policy_add_tag (&policy, names [i]), 0);
        pairs [i] = (pair_t){names [i], STR (value)};
    }
    zc_str_t tags = canonical (&policy, pairs, ZC_TAGS_MAX, to);
    assert_int_equal (tags.size, ZC_TAGS_BYTES);
    assert_true (zc_tags_valid (tags));
    zc_str_t name, read;
    for (int i = ZC_TAGS_MAX - 1; i >= 0; i--) {
        assert_true (zc_tags_next (&tags, &name, &read));
        assert_true (zc_str_equal (name, str_of (names [i])) && zc_str_equal (read, str_of (value)));
    }
    assert_false (zc_tags_next (&tags, &name, &read));
}

static void test_tags_value_is_that_of_the_name (void **state)
{
    (void) state;
    const zc_str_t tags = str_of ("\3env\4prod\4team\3red");
    assert_true (zc_str_equal (zc_tags_value (tags, str_of ("env")), str_of ("prod")));
    assert_true (zc_str_equal (zc_tags_value (tags, str_of ("team")), str_of ("red")));
    assert_int_equal (zc_tags_value (tags, str_of ("prod")).size, 0);
    assert_int_equal (zc_tags_value (tags, str_of ("")).size, 0);
    assert_int_equal (zc_tags_value (str_of (""), str_of ("env")).size, 0);
    assert_int_equal (zc_tags_value ((zc_str_t){NULL, 0}, str_of ("env")).size, 0);
}

static void test_tags_valid_tells_what_is_none (void **state)
{
    (void) state;
    static const struct {
        const char *tags;
        size_t size;
        bool valid;
    } table [] = {
        {"", 0, true},
        {BYTES ("\1a\1b"), true},
        {BYTES ("\1a\1b\2aa\1b"), true},
        {BYTES ("\1a\1x\1b\1x\1c\1x\1d\1x"), true},
        {BYTES ("\1a\1x\1b\1x\1c\1x\1d\1x\1e\1x"), false}, /* more than ZC_TAGS_MAX */
        {BYTES ("\1b\1x\1a\1x"), false},                   /* not ascending */
        {BYTES ("\1a\1x\1a\1y"), false},
        {BYTES ("\2aa\1x\1a\1x"), false},
        {BYTES ("\0\1x"), false}, /* no name */
        {BYTES ("\1a\0"), false}, /* no value: it would not be there */
        {BYTES ("\1a"), false},
        {BYTES ("\1"), false},
        {BYTES ("\1a\2x"), false},
        {BYTES ("\1a\1x\1"), false},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        if (zc_tags_valid ((zc_str_t){table [i].tags, (uint32_t) table [i].size}) != table [i].valid)
            fail_msg ("row %zu", i);
    static char overlong [1 + 1 + 1 + ZCOST_STRING_MAX + 1];
    memset (overlong, 'x', sizeof overlong);
    overlong [0] = 1;
    overlong [2] = (char) (ZCOST_STRING_MAX + 1);
    assert_false (zc_tags_valid ((zc_str_t){overlong, sizeof overlong}));
    overlong [2] = (char) ZCOST_STRING_MAX;
    assert_true (zc_tags_valid ((zc_str_t){overlong, sizeof overlong - 1}));
}

/* Every cut of a canonical string is one only between two tags. */
static void test_tags_cut_short_are_told (void **state)
{
    (void) state;
    static const char tags [] = "\3env\4prod\4team\3red";
    for (uint32_t size = 0; size < sizeof tags - 1; size++) {
        char *copy = malloc (size + 1);
        assert_non_null (copy);
        memcpy (copy, tags, size);
        bool between = size == 0 || size == 9;
        assert_int_equal (zc_tags_valid ((zc_str_t){copy, size}), between);
        zc_tags_value ((zc_str_t){copy, size}, str_of ("team"));
        free (copy);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_tags_are_those_of_the_policy_by_name),
        cmocka_unit_test (test_tags_of_a_policy_without_any_are_none),
        cmocka_unit_test (test_tags_names_end_where_they_end),
        cmocka_unit_test (test_tags_at_their_limits_fit),
        cmocka_unit_test (test_tags_value_is_that_of_the_name),
        cmocka_unit_test (test_tags_valid_tells_what_is_none),
        cmocka_unit_test (test_tags_cut_short_are_told),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
