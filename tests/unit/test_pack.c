/* SPDX-License-Identifier: MPL-2.0
 *
 * test_pack.c - what pack.h promises where there is memory; test_pack_memory.c where there is none.
 */
#include "wire/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "unpack.h"

static void test_pack_packs_what_msgpack_c_does (void **state)
{
    (void) state;
    static const int64_t numbers [] = {0,     1,          127,       128,       255,       256,          65535,
                                       65536, UINT32_MAX, 1ll << 32, INT64_MAX, -1,        -32,          -33,
                                       -128,  -129,       -32768,    -32769,    INT32_MIN, -(1ll << 40), INT64_MIN};
    static char large [70000];
    zc_pack_t out = {.data = NULL};
    bytes_t expected = {0};
    memset (large, 'x', sizeof large);
    for (size_t i = 0; i < COUNT (numbers); i++) {
        zc_pack_int (&out, numbers [i]);
        pack_value (&expected, &(value_t) INT (numbers [i]));
        zc_pack_uint (&out, (uint64_t) numbers [i]);
        pack_value (&expected, &(value_t) UINT (numbers [i]));
    }
    for (size_t size = 0; size <= sizeof large; size = size * 3 / 2 + 1) {
        zc_pack_str (&out, large, size);
        pack_value (&expected, &(value_t){.as = AS_STR, .data = large, .size = size});
        zc_pack_bin (&out, large, size);
        pack_value (&expected, &(value_t){.as = AS_BIN, .data = large, .size = size});
        zc_pack_array (&out, size);
        pack_header (&expected, false, size);
        zc_pack_map (&out, size);
        pack_header (&expected, true, size);
    }
    assert_false (zc_pack_failed (&out));
    assert_int_equal (out.size, expected.size);
    assert_memory_equal (out.data, expected.data, out.size);
    zc_pack_term (&out);
    msgpack_sbuffer_destroy (&expected);
}

static void test_pack_pairs (void **state)
{
    (void) state;
    zc_pack_t out = {.data = NULL};
    bytes_t expected = {0};
    zc_pack_map (&out, 9);
    zc_pack_key_nil (&out, "nil");
    zc_pack_key_bool (&out, "true", true);
    zc_pack_key_bool (&out, "false", false);
    zc_pack_key_int (&out, "int", -5);
    zc_pack_key_uint (&out, "uint", UINT64_MAX);
    zc_pack_key_double (&out, "double", 0.1);
    zc_pack_key_text (&out, "text", "some");
    zc_pack_key_array (&out, "array", 0);
    zc_pack_key_map (&out, "map", 0);
    MAP (&expected, {"nil", NIL}, {"true", BOOL (true)}, {"false", BOOL (false)}, {"int", INT (-5)},
         {"uint", UINT (UINT64_MAX)}, {"double", FLOAT (0.1)}, {"text", STR ("some")}, {"array", RAW ("\x90")},
         {"map", RAW ("\x80")});
    assert_int_equal (out.size, expected.size);
    assert_memory_equal (out.data, expected.data, out.size);
    zc_pack_term (&out);
    msgpack_sbuffer_destroy (&expected);
}

static void test_pack_joins_three_texts (void **state)
{
    (void) state;
    static const char *const table [][4] = {
        {"", "", "", ""}, {"a", "", "b", "ab"}, {"one ", "two ", "three", "one two three"}};
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_pack_t out = {.data = NULL};
        zc_pack_joined (&out, table [i][0], table [i][1], table [i][2]);
        opened_t opened = open_bytes (out);
        assert_text (&opened.root, table [i][3]);
        close_bytes (&opened);
    }
}

static void test_pack_nothing_from_nowhere (void **state)
{
    (void) state;
    zc_pack_t out = {.data = NULL};
    zc_pack_raw (&out, NULL, 0);
    assert_int_equal (out.size, 0);
    zc_pack_str (&out, NULL, 0);
    assert_int_equal (out.size, 1);
    zc_pack_raw (&out, NULL, 0);
    assert_false (zc_pack_failed (&out));
    assert_int_equal (out.size, 1);
    zc_pack_term (&out);
}

static void test_pack_is_used_again (void **state)
{
    (void) state;
    zc_pack_t out = {.data = NULL};
    size_t size;
    assert_null (zc_pack_release (&out, &size));
    assert_int_equal (size, 0);
    zc_pack_text (&out, "first");
    zc_pack_clear (&out);
    assert_int_equal (out.size, 0);
    zc_pack_int (&out, 7);
    char *bytes = zc_pack_release (&out, &size);
    assert_non_null (bytes);
    assert_int_equal (size, 1);
    assert_int_equal (bytes [0], 7);
    free (bytes);
    assert_null (out.data);
    zc_pack_nil (&out);
    assert_int_equal (out.size, 1);
    zc_pack_term (&out);
    zc_pack_term (&out);
    zc_pack_nil (&out);
    assert_int_equal (out.size, 1);
    zc_pack_term (&out);
}

/* msgpack has no header for it: without a look at the size it would be cut to 32 bits. */
static void test_pack_fails_with_a_string_over_4_gib (void **state)
{
    (void) state;
    for (int bin = 0; bin < 2; bin++) {
        zc_pack_t out = {.data = NULL};
        size_t size = 1;
        zc_pack_array (&out, 2);
        bin ? zc_pack_bin (&out, "x", (size_t) UINT32_MAX + 1) : zc_pack_str (&out, "x", (size_t) UINT32_MAX + 1);
        assert_true (zc_pack_failed (&out));
        zc_pack_text (&out, "more");
        assert_true (zc_pack_failed (&out));
        assert_int_equal (out.size, 0);
        assert_null (zc_pack_release (&out, &size));
        assert_int_equal (size, 0);
        assert_false (zc_pack_failed (&out));
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_pack_packs_what_msgpack_c_does),
        cmocka_unit_test (test_pack_pairs),
        cmocka_unit_test (test_pack_joins_three_texts),
        cmocka_unit_test (test_pack_nothing_from_nowhere),
        cmocka_unit_test (test_pack_is_used_again),
        cmocka_unit_test (test_pack_fails_with_a_string_over_4_gib),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
