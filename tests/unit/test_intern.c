/* SPDX-License-Identifier: MPL-2.0
 *
 * test_intern.c - what names.h promises: a number a name, bounded, in one order.
 */
#include "core/base/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static zc_str_t str_of (const char *text)
{
    return (zc_str_t){text, (uint32_t) strlen (text)};
}

/* Names that differ only where a careless comparison does not look: in their length, behind a NUL,
 * behind the first eight bytes. In the order of their bytes, shorter first. */
static const zc_str_t alike [] = {
    {"", 0},         {"\0", 1},         {"\0\0", 2},      {"a", 1},         {"a\0", 2}, {"a\0b", 3},     {"ab", 2},
    {"abcdefgh", 8}, {"abcdefgh\0", 9}, {"abcdefgha", 9}, {"abcdefghb", 9}, {"b", 1},   {"\xc3\xbc", 2},
};
#define ALIKE (sizeof alike / sizeof *alike)

static void test_intern_number_in_the_order_of_first_sight (void **state)
{
    (void) state;
    zc_intern_t names;
    uint32_t number;
    assert_int_equal (zc_intern_init (&names, 100), 0);
    for (uint32_t i = 0; i < ALIKE; i++)
        assert_int_equal (zc_intern_find (&names, alike [i], &number), -1);
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < ALIKE; i++) {
            uint32_t n = (i * 5) % ALIKE; /* all, in another order */
            assert_int_equal (zc_intern_add (&names, alike [n], &number), 0);
            assert_int_equal (number, i);
            assert_int_equal (zc_intern_find (&names, alike [n], &number), 0);
            assert_int_equal (number, i);
            assert_int_equal (names.names [i].size, alike [n].size);
            assert_memory_equal (names.names [i].data, alike [n].data, alike [n].size);
        }
    assert_int_equal (names.count, ALIKE);
    for (uint32_t i = 0; i < ALIKE; i++) {
        const zc_str_t *name = &names.names [names.sorted [i]];
        assert_int_equal (name->size, alike [i].size);
        assert_memory_equal (name->data, alike [i].data, name->size);
    }
    zc_intern_term (&names);
    zc_intern_term (&names);
}

static void test_intern_keep_their_own_copies (void **state)
{
    (void) state;
    zc_intern_t names;
    uint32_t number = 7;
    char name [] = "a name longer than a word";
    assert_int_equal (zc_intern_init (&names, 2), 0);
    assert_int_equal (zc_intern_add (&names, str_of (name), &number), 0);
    name [0] = 'X';
    assert_int_equal (zc_intern_find (&names, str_of (name), &number), -1);
    assert_int_equal (number, 0); /* untouched */
    assert_int_equal (zc_intern_find (&names, str_of ("a name longer than a word"), &number), 0);
    zc_intern_term (&names);
}

/* Reads no byte beyond a name: AddressSanitizer looks. */
static void test_intern_read_within_bounds (void **state)
{
    (void) state;
    zc_intern_t names;
    assert_int_equal (zc_intern_init (&names, ZCOST_STRING_MAX + 1), 0);
    for (int round = 0; round < 2; round++)
        for (uint32_t size = 0; size <= ZCOST_STRING_MAX; size++) {
            char *name = malloc (size ? size : 1);
            uint32_t number;
            assert_non_null (name);
            memset (name, 'n', size);
            assert_int_equal (zc_intern_add (&names, (zc_str_t){name, size}, &number), 0);
            assert_int_equal (number, size);
            free (name);
        }
    zc_intern_term (&names);
}

static void test_intern_are_bounded (void **state)
{
    (void) state;
    enum { MAX = 500 };
    zc_intern_t names;
    char name [16];
    assert_int_equal (zc_intern_init (&names, MAX), 0);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 2 * MAX; i++) {
            uint32_t number = 12345;
            snprintf (name, sizeof name, "m%u", i);
            assert_int_equal (zc_intern_add (&names, str_of (name), &number), i < MAX ? 0 : -1);
            assert_int_equal (number, i < MAX ? i : 12345);
            assert_int_equal (zc_intern_find (&names, str_of (name), &number), i < MAX ? 0 : -1);
        }
    assert_int_equal (names.count, MAX);
    zc_intern_term (&names);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_intern_number_in_the_order_of_first_sight),
        cmocka_unit_test (test_intern_keep_their_own_copies),
        cmocka_unit_test (test_intern_read_within_bounds),
        cmocka_unit_test (test_intern_are_bounded),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
