/* SPDX-License-Identifier: MPL-2.0
 *
 * test_labels.c - what labels.h promises: no more names than may be, and who is in stays in.
 */
#include "zboard/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "quoted.h"

static const char *name_of (size_t n)
{
    static char name [32];
    snprintf (name, sizeof name, "model-%zu", n);
    return name;
}

/* What is told of a name is a number here. */
static bool take (zb_labels_t *labels, const char *name, int told)
{
    return zb_labels_take (labels, name, json_integer (told));
}

/* What was told of a name that is in; -1: it is not. */
static int told_of (const zb_labels_t *labels, const char *name)
{
    const json_t *told = json_object_get (labels->names, name);
    return told ? (int) json_integer_value (told) : -1;
}

static void renew (zb_labels_t *labels, const char *names)
{
    json_t *told = json_of (names);
    zb_labels_renew (labels, told);
    json_decref (told);
}

static void test_labels_are_bounded_and_sticky (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 3};
    for (size_t round = 0; round < 3; round++)
        for (size_t n = 0; n < 10; n++) {
            size_t who = round == 1 ? 9 - n : n; /* in whatever order they come */
            assert_int_equal (take (&labels, name_of (who), 1), who < 3);
        }
    assert_int_equal (json_object_size (labels.names), 3);
    zb_labels_term (&labels);
}

static void test_labels_know_what_was_told_last (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 2};
    assert_true (take (&labels, "a", 1) && take (&labels, "b", 2));
    assert_true (take (&labels, "b", 3));
    assert_false (take (&labels, "c", 4));
    assert_int_equal (told_of (&labels, "a"), 1);
    assert_int_equal (told_of (&labels, "b"), 3);
    assert_int_equal (told_of (&labels, "c"), -1);
    /* Without memory for it, what was told before stands, and a new name is not in. */
    assert_true (zb_labels_take (&labels, "b", NULL));
    assert_int_equal (told_of (&labels, "b"), 3);
    zb_labels_term (&labels);
    assert_false (zb_labels_take (&labels, "a", NULL));
    assert_int_equal (told_of (&labels, "a"), -1);
    zb_labels_term (&labels);
}

static void test_labels_count_those_that_are_not_in (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 2};
    assert_int_equal (labels.left_out, 0);
    assert_true (take (&labels, "a", 1));
    zb_labels_count (&labels, 1);
    assert_int_equal (labels.left_out, 0);
    assert_true (take (&labels, "b", 1));
    assert_false (take (&labels, "c", 1));
    zb_labels_count (&labels, 2100);
    assert_int_equal (labels.left_out, 2098);
    zb_labels_count (&labels, 1); /* one of ours is not among them */
    assert_int_equal (labels.left_out, 0);
    zb_labels_term (&labels);
}

static void test_labels_renewed_are_those_that_are_told (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 2};
    renew (&labels, "{'a': 1, 'b': 2, 'c': 3}");
    assert_int_equal (told_of (&labels, "a"), 1);
    assert_int_equal (told_of (&labels, "b"), 2);
    assert_int_equal (labels.left_out, 1);
    /* Who is in stays, wherever it stands; who is told no more gives its place up. */
    renew (&labels, "{'d': 4, 'c': 5, 'b': 6}");
    assert_int_equal (told_of (&labels, "a"), -1);
    assert_int_equal (told_of (&labels, "b"), 6);
    assert_int_equal (told_of (&labels, "c"), -1);
    assert_int_equal (told_of (&labels, "d"), 4);
    assert_int_equal (labels.left_out, 1);
    static const char *const none [] = {"{}", "[]", "5", "null", "'d'"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_true (take (&labels, "d", 1));
        renew (&labels, none [i]);
        assert_int_equal (told_of (&labels, "d"), -1);
        assert_int_equal (labels.left_out, 0);
    }
    zb_labels_renew (&labels, NULL);
    zb_labels_term (&labels);
}

static void test_labels_tell_names_apart_by_all_their_bytes (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 4};
    static const char *const names [] = {"", "a", "A", "a "};
    for (size_t i = 0; i < 4; i++)
        assert_true (take (&labels, names [i], (int) i));
    assert_false (take (&labels, " a", 9));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (told_of (&labels, names [i]), i);
    zb_labels_term (&labels);
}

static void test_labels_of_none_let_nobody_in (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 0};
    assert_false (take (&labels, "a", 1));
    renew (&labels, "{'a': 1}");
    assert_int_equal (labels.left_out, 1);
    zb_labels_term (&labels);
}

static void test_labels_end_twice_and_empty (void **state)
{
    (void) state;
    zb_labels_t labels = {.max = 1};
    zb_labels_term (&labels);
    assert_true (take (&labels, "a", 1));
    zb_labels_count (&labels, 9);
    zb_labels_term (&labels);
    assert_int_equal (labels.left_out, 0);
    assert_true (take (&labels, "b", 1)); /* the place is free */
    zb_labels_term (&labels);
    zb_labels_term (&labels);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_labels_are_bounded_and_sticky),
        cmocka_unit_test (test_labels_know_what_was_told_last),
        cmocka_unit_test (test_labels_count_those_that_are_not_in),
        cmocka_unit_test (test_labels_renewed_are_those_that_are_told),
        cmocka_unit_test (test_labels_tell_names_apart_by_all_their_bytes),
        cmocka_unit_test (test_labels_of_none_let_nobody_in),
        cmocka_unit_test (test_labels_end_twice_and_empty),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
