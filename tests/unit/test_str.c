/* SPDX-License-Identifier: MPL-2.0
 *
 * test_str.c - what str.h promises: strings are equal where all their bytes are.
 */
#include "core/base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A copy that ends where its memory does, so that a sanitizer sees a read past it. */
static zc_str_t copy_of (const char *bytes, uint32_t size)
{
    char *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    memcpy (copy, bytes, size);
    return (zc_str_t){copy, size};
}

static void test_str_equal_looks_at_every_byte (void **state)
{
    (void) state;
    char bytes [ZCOST_STRING_MAX];
    for (uint32_t i = 0; i < sizeof bytes; i++)
        bytes [i] = (char) (i * 7);
    for (uint32_t size = 0; size <= sizeof bytes; size++) {
        zc_str_t a = copy_of (bytes, size), b = copy_of (bytes, size);
        assert_true (zc_str_equal (a, b));
        assert_int_equal (zc_str_word (a), zc_str_word (b));
        for (uint32_t changed = 0; changed < size; changed++) {
            char *byte = (char *) b.data + changed;
            *byte ^= 0x40;
            if (zc_str_equal (a, b) || zc_str_equal (b, a))
                fail_msg ("byte %u of %u", changed, size);
            *byte ^= 0x40;
        }
        if (size > 0)
            assert_false (zc_str_equal (a, (zc_str_t){b.data, size - 1}));
        free ((char *) a.data);
        free ((char *) b.data);
    }
}

static void test_str_without_bytes_are_equal (void **state)
{
    (void) state;
    assert_true (zc_str_equal ((zc_str_t){NULL, 0}, (zc_str_t){"", 0}));
    assert_int_equal (zc_str_word ((zc_str_t){NULL, 0}), zc_str_word ((zc_str_t){"", 0}));
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_str_equal_looks_at_every_byte),
        cmocka_unit_test (test_str_without_bytes_are_equal),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
