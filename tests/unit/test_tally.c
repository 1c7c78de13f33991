/* SPDX-License-Identifier: MPL-2.0
 *
 * test_tally.c - what tally.h promises: counts by name, bounded.
 */
#include "core/base/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add (zc_tally_t *tally, const char *name)
{
    zc_tally_add (tally, (zc_str_t){name, (uint32_t) strlen (name)});
}

static uint64_t count_of (const zc_tally_t *tally, const char *name)
{
    uint32_t number;
    assert_int_equal (zc_intern_find (&tally->names, (zc_str_t){name, (uint32_t) strlen (name)}, &number), 0);
    return tally->counts [number];
}

static zc_tally_t *tally_new (void)
{
    zc_tally_t *tally = malloc (sizeof *tally);
    assert_non_null (tally);
    memset (tally, 0xa5, sizeof *tally);
    assert_int_equal (zc_tally_init (tally), 0);
    return tally;
}

static void tally_destroy (zc_tally_t *tally)
{
    zc_tally_term (tally);
    free (tally);
}

static void test_tally_counts_each_name_by_itself (void **state)
{
    (void) state;
    zc_tally_t *tally = tally_new ();
    for (int i = 0; i < 5; i++)
        add (tally, "a");
    add (tally, "b");
    add (tally, "");
    add (tally, "a");
    assert_int_equal (tally->names.count, 3);
    assert_int_equal (count_of (tally, "a"), 6);
    assert_int_equal (count_of (tally, "b"), 1);
    assert_int_equal (count_of (tally, ""), 1);
    assert_int_equal (tally->other, 0);
    tally_destroy (tally);
}

/* An absent name, which has no bytes to point at, is the empty one. */
static void test_tally_takes_a_name_that_is_absent (void **state)
{
    (void) state;
    zc_tally_t *tally = tally_new ();
    zc_tally_add (tally, (zc_str_t){NULL, 0});
    add (tally, "");
    zc_tally_add (tally, (zc_str_t){NULL, 0});
    assert_int_equal (tally->names.count, 1);
    assert_int_equal (count_of (tally, ""), 3);
    tally_destroy (tally);
}

/* Names beyond the cap are counted together; names that are there go on counting. */
static void test_tally_is_bounded (void **state)
{
    (void) state;
    zc_tally_t *tally = tally_new ();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < ZC_TALLY_NAMES_MAX + 50; i++) {
            char name [16];
            snprintf (name, sizeof name, "m%d", i);
            add (tally, name);
        }
    assert_int_equal (tally->names.count, ZC_TALLY_NAMES_MAX);
    assert_int_equal (tally->other, 100);
    for (uint32_t i = 0; i < tally->names.count; i++)
        assert_int_equal (tally->counts [i], 2);
    tally_destroy (tally);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_tally_counts_each_name_by_itself),
        cmocka_unit_test (test_tally_takes_a_name_that_is_absent),
        cmocka_unit_test (test_tally_is_bounded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
