/* SPDX-License-Identifier: MPL-2.0
 *
 * test_hex.c - what hex.h promises.
 */
#include "wire/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_hex_every_byte_comes_back (void **state)
{
    (void) state;
    uint8_t bytes [256], back [256];
    char digits [2 * sizeof bytes + 1], expected [3];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes [i] = (uint8_t) i;
    digits [2 * sizeof bytes] = '!';
    assert_ptr_equal (zc_hex_write (bytes, sizeof bytes, digits), digits + 2 * sizeof bytes);
    assert_int_equal (digits [2 * sizeof bytes], '!');
    for (unsigned i = 0; i < sizeof bytes; i++) {
        snprintf (expected, sizeof expected, "%02x", i);
        assert_memory_equal (digits + 2 * i, expected, 2);
    }
    assert_true (zc_hex_read (digits, sizeof back, back));
    assert_memory_equal (back, bytes, sizeof bytes);
}

static void test_hex_reads_either_case (void **state)
{
    (void) state;
    uint8_t bytes [3];
    assert_true (zc_hex_read ("aBCdEf", sizeof bytes, bytes));
    assert_memory_equal (bytes, "\xab\xcd\xef", sizeof bytes);
}

static void test_hex_refuses_what_is_no_digit_and_writes_nothing (void **state)
{
    (void) state;
    for (int c = 0; c < 256; c++) {
        bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        for (size_t place = 0; place < 4; place++) {
            uint8_t bytes [2] = {0x55, 0x55};
            char digits [4] = {'1', '2', '3', '4'};
            digits [place] = (char) c;
            assert_int_equal (zc_hex_read (digits, sizeof bytes, bytes), is_digit);
            if (!is_digit)
                assert_memory_equal (bytes, "\x55\x55", sizeof bytes);
        }
    }
}

static void test_hex_of_nothing_is_nothing (void **state)
{
    (void) state;
    char digits [1] = {'!'};
    uint8_t bytes [1] = {0x55};
    assert_ptr_equal (zc_hex_write (bytes, 0, digits), digits);
    assert_int_equal (digits [0], '!');
    assert_true (zc_hex_read (digits, 0, bytes));
    assert_int_equal (bytes [0], 0x55);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_hex_every_byte_comes_back),
        cmocka_unit_test (test_hex_reads_either_case),
        cmocka_unit_test (test_hex_refuses_what_is_no_digit_and_writes_nothing),
        cmocka_unit_test (test_hex_of_nothing_is_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
