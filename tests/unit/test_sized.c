/* SPDX-License-Identifier: MPL-2.0
 *
 * test_sized.c - structs that begin with their size: a program's that is older, as old, or newer.
 */
#include "client/sized.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "zcost.h"

#define COUNT(array) (sizeof (array) / sizeof ((array) [0]))

typedef struct {
    size_t size;
    uint64_t first;
} old_t;

typedef struct {
    size_t size;
    uint64_t first, added;
} ours_t;

typedef struct {
    size_t size;
    uint64_t first, added, unknown [2];
} new_t;

#define LEAST sizeof (old_t)

static void test_sized_reads_a_program_as_old_as_we_are (void **state)
{
    (void) state;
    const ours_t theirs = {sizeof theirs, 1, 2};
    ours_t ours;
    assert_int_equal (zc_sized_read (&theirs, LEAST, &ours, sizeof ours), 0);
    assert_memory_equal (&ours, &theirs, sizeof ours);
}

static void test_sized_reads_an_older_program_and_nothing_behind_it (void **state)
{
    (void) state;
    const ours_t theirs = {sizeof (old_t), 1, 0xbad};
    ours_t ours;
    assert_int_equal (zc_sized_read (&theirs, LEAST, &ours, sizeof ours), 0);
    assert_int_equal (ours.size, sizeof ours);
    assert_int_equal (ours.first, 1);
    assert_int_equal (ours.added, 0);
}

static void test_sized_reads_a_newer_program_that_sets_what_we_know (void **state)
{
    (void) state;
    const new_t theirs = {sizeof theirs, 1, 2, {0, 0}};
    ours_t ours;
    assert_int_equal (zc_sized_read (&theirs, LEAST, &ours, sizeof ours), 0);
    assert_int_equal (ours.size, sizeof ours);
    assert_int_equal (ours.first, 1);
    assert_int_equal (ours.added, 2);
}

static void test_sized_refuses_each_byte_that_we_do_not_know (void **state)
{
    (void) state;
    for (size_t at = sizeof (ours_t); at < sizeof (new_t); at++) {
        new_t theirs = {sizeof theirs, 1, 2, {0, 0}};
        ours_t ours = {0, 3, 4};
        ((char *) &theirs) [at] = 1;
        assert_int_equal (zc_sized_read (&theirs, LEAST, &ours, sizeof ours), ZCOST_EFIELD);
        assert_int_equal (ours.first, 3); /* left alone */
    }
}

static void test_sized_refuses_sizes_that_no_version_had (void **state)
{
    (void) state;
    static const size_t sizes [] = {
        0, 1, sizeof (size_t), LEAST - 1, LEAST + 1, ZC_SIZED_MAX + 1, ZC_SIZED_MAX + sizeof (size_t), SIZE_MAX};
    static uint64_t theirs [2 * ZC_SIZED_MAX / sizeof (uint64_t)];
    for (size_t i = 0; i < COUNT (sizes); i++) {
        ours_t ours = {0, 3, 4};
        memset (theirs, 0, sizeof theirs);
        memcpy (theirs, &sizes [i], sizeof sizes [i]);
        assert_int_equal (zc_sized_read (theirs, LEAST, &ours, sizeof ours), ZCOST_ESIZE);
        assert_int_equal (ours.first, 3);
        assert_int_equal (zc_sized_write (&ours, sizeof ours, theirs, LEAST), ZCOST_ESIZE);
        assert_int_equal (theirs [1], 0);
    }
    const size_t largest = ZC_SIZED_MAX;
    ours_t ours;
    memcpy (theirs, &largest, sizeof largest);
    assert_int_equal (zc_sized_read (theirs, LEAST, &ours, sizeof ours), 0);
    assert_int_equal (zc_sized_write (&ours, sizeof ours, theirs, LEAST), 0);
}

static void test_sized_writes_no_further_than_the_program_has_room (void **state)
{
    (void) state;
    const ours_t ours = {0, 1, 2};
    ours_t theirs = {sizeof (old_t), 8, 9};
    assert_int_equal (zc_sized_write (&ours, sizeof ours, &theirs, LEAST), 0);
    assert_int_equal (theirs.size, sizeof (old_t));
    assert_int_equal (theirs.first, 1);
    assert_int_equal (theirs.added, 9);
}

static void test_sized_writes_0_for_what_we_do_not_know (void **state)
{
    (void) state;
    const ours_t ours = {0, 1, 2};
    new_t theirs = {sizeof theirs, 7, 7, {7, 7}};
    const new_t expected = {sizeof theirs, 1, 2, {0, 0}};
    assert_int_equal (zc_sized_write (&ours, sizeof ours, &theirs, LEAST), 0);
    assert_memory_equal (&theirs, &expected, sizeof theirs);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_sized_reads_a_program_as_old_as_we_are),
        cmocka_unit_test (test_sized_reads_an_older_program_and_nothing_behind_it),
        cmocka_unit_test (test_sized_reads_a_newer_program_that_sets_what_we_know),
        cmocka_unit_test (test_sized_refuses_each_byte_that_we_do_not_know),
        cmocka_unit_test (test_sized_refuses_sizes_that_no_version_had),
        cmocka_unit_test (test_sized_writes_no_further_than_the_program_has_room),
        cmocka_unit_test (test_sized_writes_0_for_what_we_do_not_know),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
