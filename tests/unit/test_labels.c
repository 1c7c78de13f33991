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

static const char *name_of (size_t n)
{
    static char name [32];
    snprintf (name, sizeof name, "model-%zu", n);
    return name;
}

static void test_labels_are_bounded_and_sticky (void **state)
{
    (void) state;
    zc_labels_t labels = {.max = 3};
    for (size_t round = 0; round < 3; round++)
        for (size_t n = 0; n < 10; n++) {
            size_t who = round == 1 ? 9 - n : n; /* in whatever order they come */
            assert_int_equal (zc_labels_take (&labels, name_of (who)), who < 3);
        }
    assert_int_equal (labels.left_out, 7);
    zc_labels_term (&labels);
}

static void test_labels_count_each_that_is_left_out_once (void **state)
{
    (void) state;
    zc_labels_t labels = {.max = 1};
    assert_int_equal (labels.left_out, 0);
    assert_true (zc_labels_take (&labels, "a"));
    assert_int_equal (labels.left_out, 0);
    for (int i = 0; i < 5; i++) {
        assert_false (zc_labels_take (&labels, "b"));
        assert_int_equal (labels.left_out, 1);
    }
    assert_false (zc_labels_take (&labels, "c"));
    assert_int_equal (labels.left_out, 2);
    zc_labels_term (&labels);
}

static void test_labels_tell_names_apart_by_all_their_bytes (void **state)
{
    (void) state;
    zc_labels_t labels = {.max = 4};
    static const char *const names [] = {"", "a", "A", "a "};
    for (size_t i = 0; i < 4; i++)
        assert_true (zc_labels_take (&labels, names [i]));
    assert_false (zc_labels_take (&labels, " a"));
    for (size_t i = 0; i < 4; i++)
        assert_true (zc_labels_take (&labels, names [i]));
    zc_labels_term (&labels);
}

/* Names without end take no memory without end. */
static void test_labels_left_out_are_bounded_too (void **state)
{
    (void) state;
    zc_labels_t labels = {.max = 2};
    for (size_t n = 0; n < 30000; n++)
        assert_int_equal (zc_labels_take (&labels, name_of (n)), n < 2);
    assert_int_equal (labels.left_out, 10000);
    assert_true (zc_labels_take (&labels, name_of (0)) && zc_labels_take (&labels, name_of (1)));
    zc_labels_term (&labels);
}

static void test_labels_of_none_let_nobody_in (void **state)
{
    (void) state;
    zc_labels_t labels = {.max = 0};
    assert_false (zc_labels_take (&labels, "a"));
    assert_int_equal (labels.left_out, 1);
    zc_labels_term (&labels);
}

static void test_labels_end_twice_and_empty (void **state)
{
    (void) state;
    zc_labels_t labels = {.max = 2};
    zc_labels_term (&labels);
    assert_true (zc_labels_take (&labels, "a"));
    zc_labels_term (&labels);
    zc_labels_term (&labels);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_labels_are_bounded_and_sticky),
        cmocka_unit_test (test_labels_count_each_that_is_left_out_once),
        cmocka_unit_test (test_labels_tell_names_apart_by_all_their_bytes),
        cmocka_unit_test (test_labels_left_out_are_bounded_too),
        cmocka_unit_test (test_labels_of_none_let_nobody_in),
        cmocka_unit_test (test_labels_end_twice_and_empty),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
