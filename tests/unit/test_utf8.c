/* SPDX-License-Identifier: MPL-2.0
 *
 * test_utf8.c - what utf8.h promises.
 */
#include "wire/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"

/* Whether exactly these bytes are valid, seen from memory that ends where they do. */
static bool is_valid (const void *bytes, size_t size)
{
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    bool valid = zc_utf8_valid (copy, size);
    free (copy);
    return valid;
}

static void test_utf8_takes_and_refuses_by_table_3_7 (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        bool valid;
    } table [] = {
        {BYTES (""), true},
        {BYTES ("\0"), true},
        {BYTES ("\x7f"), true},
        {BYTES ("plain, and longer than eight bytes"), true},
        {BYTES ("\xc2\x80"), true},
        {BYTES ("\xdf\xbf"), true},
        {BYTES ("\xe0\xa0\x80"), true},
        {BYTES ("\xec\x80\x80"), true},
        {BYTES ("\xed\x9f\xbf"), true},     /* U+D7FF */
        {BYTES ("\xee\x80\x80"), true},     /* U+E000 */
        {BYTES ("\xef\xbf\xbf"), true},     /* U+FFFF */
        {BYTES ("\xf0\x90\x80\x80"), true}, /* U+10000 */
        {BYTES ("\xf4\x8f\xbf\xbf"), true}, /* U+10FFFF */
        {BYTES ("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80."), true},
        {BYTES ("\x80"), false},
        {BYTES ("\xbf"), false},
        {BYTES ("\xc0\x80"), false}, /* an overlong NUL */
        {BYTES ("\xc1\xbf"), false},
        {BYTES ("\xc2"), false},
        {BYTES ("\xc2\x7f"), false},
        {BYTES ("\xc2\xc0"), false},
        {BYTES ("\xe0\x9f\xbf"), false}, /* overlong */
        {BYTES ("\xe0\xa0"), false},
        {BYTES ("\xe1\x80\x7f"), false},
        {BYTES ("\xe1\x80\xc0"), false},
        {BYTES ("\xed\xa0\x80"), false},     /* U+D800 */
        {BYTES ("\xed\xbf\xbf"), false},     /* U+DFFF */
        {BYTES ("\xf0\x8f\xbf\xbf"), false}, /* overlong */
        {BYTES ("\xf0\x90\x80"), false},
        {BYTES ("\xf1\x80\x7f\x80"), false},
        {BYTES ("\xf1\x80\x80\xff"), false},
        {BYTES ("\xf4\x90\x80\x80"), false}, /* U+110000 */
        {BYTES ("\xf5\x80\x80\x80"), false},
        {BYTES ("\xfe"), false},
        {BYTES ("\xff"), false},
        {BYTES ("eight...\x80"), false},
        {BYTES ("\xc3\xbc"
                "eight...\xc3"),
         false},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        if (is_valid (table [i].bytes, table [i].size) != table [i].valid)
            fail_msg ("row %zu: should be %s", i, table [i].valid ? "valid" : "invalid");
}

/* Every code point, encoded, is valid but for the surrogates; cut short it is not. */
static void test_utf8_takes_every_code_point_but_surrogates (void **state)
{
    (void) state;
    for (uint32_t point = 0; point <= 0x110fff; point++) {
        uint8_t bytes [4];
        size_t size = 0;
        if (point < 0x80)
            bytes [size++] = (uint8_t) point;
        else if (point < 0x800)
            bytes [size++] = (uint8_t) (0xc0 | point >> 6);
        else if (point < 0x10000) {
            bytes [size++] = (uint8_t) (0xe0 | point >> 12);
            bytes [size++] = (uint8_t) (0x80 | (point >> 6 & 0x3f));
        } else {
            bytes [size++] = (uint8_t) (0xf0 | point >> 18);
            bytes [size++] = (uint8_t) (0x80 | (point >> 12 & 0x3f));
            bytes [size++] = (uint8_t) (0x80 | (point >> 6 & 0x3f));
        }
        if (point >= 0x80)
            bytes [size++] = (uint8_t) (0x80 | (point & 0x3f));
        bool surrogate = point >= 0xd800 && point < 0xe000;
        if (zc_utf8_valid (bytes, size) != (!surrogate && point <= 0x10ffff))
            fail_msg ("U+%04X", point);
        if (size > 1 && zc_utf8_valid (bytes, size - 1))
            fail_msg ("U+%04X, cut short", point);
    }
}

/* The place of a bad byte, before or behind the steps of eight, makes no difference. */
static void test_utf8_finds_a_bad_byte_anywhere (void **state)
{
    (void) state;
    char text [41];
    for (size_t size = 1; size < sizeof text; size++) {
        memset (text, 'a', sizeof text);
        assert_true (is_valid (text, size));
        for (size_t place = 0; place < size; place++) {
            text [place] = (char) 0xff;
            assert_false (is_valid (text, size));
            text [place] = 'a';
        }
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_utf8_takes_and_refuses_by_table_3_7),
        cmocka_unit_test (test_utf8_takes_every_code_point_but_surrogates),
        cmocka_unit_test (test_utf8_finds_a_bad_byte_anywhere),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
