/* SPDX-License-Identifier: MPL-2.0
 *
 * test_reader.c - what reader.h promises: every kind of msgpack object, no byte beyond the end.
 */
#include "wire/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"

/* Reads from memory that ends where the bytes do. Returns how many bytes were taken, or -1. */
static int read_copy (const char *bytes, size_t size, zc_value_t *ret_value, uint8_t **ret_copy)
{
    uint8_t *copy = malloc (size);
    assert_non_null (copy);
    memcpy (copy, bytes, size);
    const uint8_t *next = zc_reader_read (copy, copy + size, ret_value);
    *ret_copy = copy;
    return next ? (int) (next - copy) : -1;
}

static void test_reader_reads_every_integer (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        zc_kind_t kind;
        int64_t number;
    } table [] = {
        {BYTES ("\x00"), ZC_INT, 0},
        {BYTES ("\x7f"), ZC_INT, 127},
        {BYTES ("\xff"), ZC_INT, -1},
        {BYTES ("\xe0"), ZC_INT, -32},
        {BYTES ("\xcc\x00"), ZC_INT, 0},
        {BYTES ("\xcc\xff"), ZC_INT, 255},
        {BYTES ("\xcd\xff\xfe"), ZC_INT, 65534},
        {BYTES ("\xce\xff\xff\xff\xfe"), ZC_INT, 4294967294},
        {BYTES ("\xcf\x00\x00\x00\x00\x00\x00\x00\x01"), ZC_INT, 1},
        {BYTES ("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), ZC_INT, INT64_MAX},
        {BYTES ("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), ZC_HUGE, 0},
        {BYTES ("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), ZC_HUGE, 0},
        {BYTES ("\xd0\x80"), ZC_INT, -128},
        {BYTES ("\xd0\x7f"), ZC_INT, 127},
        {BYTES ("\xd1\x80\x00"), ZC_INT, -32768},
        {BYTES ("\xd1\x7f\xff"), ZC_INT, 32767},
        {BYTES ("\xd2\x80\x00\x00\x00"), ZC_INT, -2147483648},
        {BYTES ("\xd2\x00\x00\x00\x01"), ZC_INT, 1},
        {BYTES ("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), ZC_INT, INT64_MIN},
        {BYTES ("\xd3\xff\xff\xff\xff\xff\xff\xff\xff"), ZC_INT, -1},
        {BYTES ("\xc2"), ZC_BOOL, 0},
        {BYTES ("\xc3"), ZC_BOOL, 1},
        {BYTES ("\xc0"), ZC_NIL, 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_value_t value = {0};
        uint8_t *copy;
        assert_int_equal (read_copy (table [i].bytes, table [i].size, &value, &copy), table [i].size);
        assert_int_equal (value.kind, table [i].kind);
        if (value.kind == ZC_INT || value.kind == ZC_BOOL)
            assert_int_equal (value.as.i, table [i].number);
        free (copy);
    }
}

static void test_reader_reads_both_floats (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        double number;
    } table [] = {
        {BYTES ("\xca\x3f\x00\x00\x00"), 0.5},
        {BYTES ("\xca\xff\x7f\xff\xff"), -0x1.fffffep127},
        {BYTES ("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"), 0.1},
        {BYTES ("\xcb\x80\x00\x00\x00\x00\x00\x00\x01"), -0x1p-1074},
        {BYTES ("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"), __builtin_inf ()},
        {BYTES ("\xca\xff\x80\x00\x00"), -__builtin_inf ()},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_value_t value = {0};
        uint8_t *copy;
        assert_int_equal (read_copy (table [i].bytes, table [i].size, &value, &copy), table [i].size);
        assert_int_equal (value.kind, ZC_FLOAT);
        assert_true (value.as.f == table [i].number);
        free (copy);
    }
}

static void test_reader_reads_every_string_bin_and_extension (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        zc_kind_t kind;
        uint32_t length;
        int8_t ext_type;
    } table [] = {
        {BYTES ("\xa0"), ZC_STR, 0, 0},
        {BYTES ("\xa3"
                "abc"),
         ZC_STR, 3, 0},
        {BYTES ("\xbf"
                "abcdefghijklmnopqrstuvwxyz01234"),
         ZC_STR, 31, 0},
        {BYTES ("\xd9\x00"), ZC_STR, 0, 0},
        {BYTES ("\xd9\x02"
                "ab"),
         ZC_STR, 2, 0},
        {BYTES ("\xda\x00\x02"
                "ab"),
         ZC_STR, 2, 0},
        {BYTES ("\xdb\x00\x00\x00\x02"
                "ab"),
         ZC_STR, 2, 0},
        {BYTES ("\xc4\x00"), ZC_BIN, 0, 0},
        {BYTES ("\xc4\x02"
                "ab"),
         ZC_BIN, 2, 0},
        {BYTES ("\xc5\x00\x02"
                "ab"),
         ZC_BIN, 2, 0},
        {BYTES ("\xc6\x00\x00\x00\x02"
                "ab"),
         ZC_BIN, 2, 0},
        {BYTES ("\xc7\x00\x05"), ZC_EXT, 0, 5},
        {BYTES ("\xc7\x03\xff"
                "abc"),
         ZC_EXT, 3, -1},
        {BYTES ("\xc8\x00\x03\x80"
                "abc"),
         ZC_EXT, 3, -128},
        {BYTES ("\xc9\x00\x00\x00\x03\x7f"
                "abc"),
         ZC_EXT, 3, 127},
        {BYTES ("\xd4\x01"
                "a"),
         ZC_EXT, 1, 1},
        {BYTES ("\xd5\x01"
                "ab"),
         ZC_EXT, 2, 1},
        {BYTES ("\xd6\xff"
                "abcd"),
         ZC_EXT, 4, -1},
        {BYTES ("\xd7\xff"
                "abcdefgh"),
         ZC_EXT, 8, -1},
        {BYTES ("\xd8\x01"
                "abcdefghijklmnop"),
         ZC_EXT, 16, 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_value_t value = {0};
        uint8_t *copy;
        assert_int_equal (read_copy (table [i].bytes, table [i].size, &value, &copy), table [i].size);
        assert_int_equal (value.kind, table [i].kind);
        assert_int_equal (value.size, table [i].length);
        assert_ptr_equal (value.as.data, copy + table [i].size - value.size);
        if (value.kind == ZC_EXT)
            assert_int_equal (value.ext_type, table [i].ext_type);
        free (copy);
    }
}

/* A header tells what follows; what follows need not be there. */
static void test_reader_reads_the_header_of_a_container (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        zc_kind_t kind;
        uint32_t count;
    } table [] = {
        {BYTES ("\x80"), ZC_MAP, 0},
        {BYTES ("\x8f"), ZC_MAP, 15},
        {BYTES ("\xde\xff\xff"), ZC_MAP, 65535},
        {BYTES ("\xdf\xff\xff\xff\xff"), ZC_MAP, 4294967295},
        {BYTES ("\x90"), ZC_ARRAY, 0},
        {BYTES ("\x9f"), ZC_ARRAY, 15},
        {BYTES ("\xdc\x00\x10"), ZC_ARRAY, 16},
        {BYTES ("\xdd\xff\xff\xff\xff"), ZC_ARRAY, 4294967295},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_value_t value = {0};
        uint8_t *copy;
        assert_int_equal (read_copy (table [i].bytes, table [i].size, &value, &copy), table [i].size);
        assert_int_equal (value.kind, table [i].kind);
        assert_int_equal (value.size, table [i].count);
        free (copy);
    }
}

/* Of each lead byte: whatever is read, every shorter prefix is refused. */
static void test_reader_refuses_every_object_cut_short (void **state)
{
    (void) state;
    for (int lead = 0; lead < 256; lead++) {
        char bytes [64];
        memset (bytes, 0, sizeof bytes);
        bytes [0] = (char) lead;
        if (lead == 0xd9 || lead == 0xc4 || lead == 0xc7)
            bytes [1] = 9;
        if (lead == 0xda || lead == 0xc5 || lead == 0xc8)
            bytes [2] = 9;
        if (lead == 0xdb || lead == 0xc6 || lead == 0xc9)
            bytes [4] = 9;
        zc_value_t value;
        uint8_t *copy;
        int whole = read_copy (bytes, sizeof bytes, &value, &copy);
        free (copy);
        assert_true ((whole == -1) == (lead == 0xc1));
        for (int size = 1; size < whole; size++) {
            if (read_copy (bytes, (size_t) size, &value, &copy) != -1)
                fail_msg ("lead %02x, %d of %d bytes", lead, size, whole);
            free (copy);
        }
    }
}

static void test_reader_refuses_lengths_beyond_the_end (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
    } table [] = {
        {BYTES ("\xc1")},
        {BYTES ("\xdb\xff\xff\xff\xff"
                "abc")},
        {BYTES ("\xdb\x80\x00\x00\x00"
                "abc")},
        {BYTES ("\xc6\xff\xff\xff\xff"
                "abc")},
        {BYTES ("\xc9\xff\xff\xff\xff\x01"
                "abc")},
        {BYTES ("\xda\xff\xff"
                "abc")},
        {BYTES ("\xd9\x04"
                "abc")},
        {BYTES ("\xa4"
                "abc")},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_value_t value;
        uint8_t *copy;
        assert_int_equal (read_copy (table [i].bytes, table [i].size, &value, &copy), -1);
        free (copy);
    }
}

/* ------------------------------------------------------------------------ skip */

/* How many bytes zc_reader_skip steps over, or -1. */
static int skip_copy (const void *bytes, size_t size, unsigned levels, bool *ret_too_deep)
{
    uint8_t *copy = malloc (size);
    assert_non_null (copy);
    memcpy (copy, bytes, size);
    *ret_too_deep = false;
    const uint8_t *next = zc_reader_skip (copy, copy + size, levels, ret_too_deep);
    int taken = next ? (int) (next - copy) : -1;
    free (copy);
    return taken;
}

static void test_reader_skip_takes_one_object_and_no_more (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        int taken;
    } table [] = {
        {BYTES ("\x01\x02"), 1},
        {BYTES ("\xa1"
                "ab"),
         2},
        {BYTES ("\x80\x01"), 1},
        {BYTES ("\x90\x01"), 1},
        {BYTES ("\x92\x01\x02\x03"), 3},
        {BYTES ("\x81\x01\x02\x03"), 3},
        {BYTES ("\x82\x90\x81\x01\x92\x80\x80\xc0\xc3\x05"), 9},
        {BYTES ("\x92\x91\x91\x91\x01\x81\xa1k\xc0\xff"), 9},
        {BYTES ("\xdc\x00\x02\x01\x02\x03"), 5},
        {BYTES ("\xdf\x00\x00\x00\x01\x01\x02\x03"), 7},
        {BYTES ("\x92\x01"), -1},
        {BYTES ("\x82\x01\x02\x03"), -1},
        {BYTES ("\x91\xc1"), -1},
        {BYTES ("\x93\x01\xa2"
                "a"),
         -1},
        {BYTES ("\x91\x91"), -1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        bool too_deep;
        assert_int_equal (skip_copy (table [i].bytes, table [i].size, 8, &too_deep), table [i].taken);
        assert_false (too_deep);
    }
}

static void test_reader_skip_believes_no_promise (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
    } table [] = {
        {BYTES ("\xdd\xff\xff\xff\xff")},
        {BYTES ("\xdf\xff\xff\xff\xff")},
        {BYTES ("\xdf\x80\x00\x00\x00\x01")},
        {BYTES ("\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff")},
        {BYTES ("\x92\xdf\xff\xff\xff\xff\x01")},
        {BYTES ("\xdb\xff\xff\xff\xff")},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        bool too_deep;
        assert_int_equal (skip_copy (table [i].bytes, table [i].size, 8, &too_deep), -1);
    }
}

/* Arrays, or maps (whose key they nest in), `depth` within each other. */
static void test_reader_skip_tells_what_is_too_deep (void **state)
{
    (void) state;
    static const char *const nests [] = {"\x91", "\x81", "\xdc\x00\x01"};
    static const size_t sizes [] = {1, 1, 3};
    for (size_t n = 0; n < COUNT (nests); n++)
        for (unsigned levels = 1; levels <= 9; levels++)
            for (unsigned depth = 1; depth <= 40; depth++) {
                bytes_t bytes = {0};
                bool too_deep;
                for (unsigned i = 0; i < depth; i++)
                    pack_raw (&bytes, nests [n], sizes [n]);
                for (unsigned i = 0; i <= depth; i++)
                    pack_raw (&bytes, "\x00", 1); /* the innermost, and each map's value */
                size_t whole = depth * sizes [n] + (n == 1 ? depth + 1 : 1);
                assert_int_equal (skip_copy (bytes.data, bytes.size, levels, &too_deep), whole);
                assert_int_equal (too_deep, depth > levels);
                msgpack_sbuffer_destroy (&bytes);
            }
}

/* What stands behind something too deep is found all the same: [[[...]], 1] 2. */
static void test_reader_skip_comes_up_again_from_any_depth (void **state)
{
    (void) state;
    static const char bytes [] = "\x93\x92\x92\x92\x01\x02\x91\x03\x81\x04\x05\x90\x06\x07";
    for (unsigned levels = 1; levels <= 5; levels++) {
        bool too_deep;
        assert_int_equal (skip_copy (bytes, sizeof bytes - 1, levels, &too_deep), 13);
        assert_int_equal (too_deep, levels < 4);
    }
}

static void test_reader_skip_takes_a_million_levels (void **state)
{
    (void) state;
    enum { DEPTH = 1000000 };
    uint8_t *bytes = malloc (DEPTH + 1);
    assert_non_null (bytes);
    memset (bytes, 0x91, DEPTH);
    bytes [DEPTH] = 0xc0;
    bool too_deep = false;
    assert_ptr_equal (zc_reader_skip (bytes, bytes + DEPTH + 1, 8, &too_deep), bytes + DEPTH + 1);
    assert_true (too_deep);
    assert_null (zc_reader_skip (bytes, bytes + DEPTH, 8, &too_deep));
    free (bytes);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_reader_reads_every_integer),
        cmocka_unit_test (test_reader_reads_both_floats),
        cmocka_unit_test (test_reader_reads_every_string_bin_and_extension),
        cmocka_unit_test (test_reader_reads_the_header_of_a_container),
        cmocka_unit_test (test_reader_refuses_every_object_cut_short),
        cmocka_unit_test (test_reader_refuses_lengths_beyond_the_end),
        cmocka_unit_test (test_reader_skip_takes_one_object_and_no_more),
        cmocka_unit_test (test_reader_skip_believes_no_promise),
        cmocka_unit_test (test_reader_skip_tells_what_is_too_deep),
        cmocka_unit_test (test_reader_skip_comes_up_again_from_any_depth),
        cmocka_unit_test (test_reader_skip_takes_a_million_levels),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
