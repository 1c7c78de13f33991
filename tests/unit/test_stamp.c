/* SPDX-License-Identifier: MPL-2.0
 *
 * test_stamp.c - what stamp.h promises.
 */
#include "wire/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"

#define PRODUCER "0123456789abcdef"

static const zc_stamp_t samples [] = {
    {PRODUCER, 1, 1, 0},
    {{0}, 0, 0, 0},
    {{0xff, 0x80, 0x7f}, 0x01020304, 0x05060708090a0b0c, 0x0d0e0f1011121314},
    {PRODUCER, UINT32_MAX, UINT64_MAX, UINT64_MAX},
};

static void assert_same (const zc_stamp_t *a, const zc_stamp_t *b)
{
    assert_memory_equal (a->producer, b->producer, ZC_PRODUCER_BYTES);
    assert_int_equal (a->epoch, b->epoch);
    assert_int_equal (a->seq, b->seq);
    assert_int_equal (a->dropped, b->dropped);
}

static void test_stamp_written_is_read_again (void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT (samples); i++) {
        uint8_t bytes [ZC_STAMP_BYTES];
        zc_stamp_t stamp;
        zc_stamp_write (&samples [i], bytes);
        assert_ptr_equal (zc_stamp_read (bytes, bytes + sizeof bytes, &stamp), bytes + sizeof bytes);
        assert_same (&stamp, &samples [i]);
    }
}

/* As msgpack-c writes an extension. */
static void test_stamp_is_the_bytes_of_the_contract (void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT (samples); i++) {
        uint8_t bytes [ZC_STAMP_BYTES];
        bytes_t packed = {0};
        const zc_stamp_t *stamp = &samples [i];
        pack_stamp (&packed, stamp->producer, stamp->epoch, stamp->seq, stamp->dropped);
        zc_stamp_write (stamp, bytes);
        assert_int_equal (packed.size, sizeof bytes);
        assert_memory_equal (packed.data, bytes, sizeof bytes);
        msgpack_sbuffer_destroy (&packed);
    }
}

static void test_stamp_is_read_behind_headers_of_any_form (void **state)
{
    (void) state;
    static const struct {
        const char *header;
        size_t size;
    } forms [] = {{BYTES ("\xc7\x24\x01")}, {BYTES ("\xc8\x00\x24\x01")}, {BYTES ("\xc9\x00\x00\x00\x24\x01")}};
    for (size_t i = 0; i < COUNT (forms); i++) {
        uint8_t written [ZC_STAMP_BYTES], bytes [64] = {0};
        size_t size = forms [i].size + ZC_STAMP_BYTES - 3;
        zc_stamp_t stamp;
        zc_stamp_write (&samples [2], written);
        memcpy (bytes, forms [i].header, forms [i].size);
        memcpy (bytes + forms [i].size, written + 3, ZC_STAMP_BYTES - 3);
        assert_ptr_equal (zc_stamp_read (bytes, bytes + sizeof bytes, &stamp), bytes + size);
        assert_same (&stamp, &samples [2]);
    }
}

/* Bytes of which none is a stamp, from memory that ends where they do. */
static void assert_none (const void *bytes, size_t size)
{
    zc_stamp_t stamp = samples [0];
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    assert_null (zc_stamp_read (copy, copy + size, &stamp));
    assert_same (&stamp, &samples [0]);
    free (copy);
}

static void test_stamp_cut_short_is_none (void **state)
{
    (void) state;
    uint8_t bytes [ZC_STAMP_BYTES];
    zc_stamp_write (&samples [2], bytes);
    for (size_t size = 0; size < sizeof bytes; size++)
        assert_none (bytes, size);
}

static void test_stamp_of_another_kind_size_or_type_is_none (void **state)
{
    (void) state;
    static const value_t table [] = {
        EXT (2, "0123456789abcdef0123456789abcdef0123"),
        EXT (-1, "0123456789abcdef0123456789abcdef0123"),
        EXT (1, "0123456789abcdef0123456789abcdef012"),
        EXT (1, "0123456789abcdef0123456789abcdef01234"),
        EXT (1, "0123456789abcdef"),
        BIN ("0123456789abcdef0123456789abcdef0123"),
        STR_OF ("0123456789abcdef0123456789abcdef0123"),
        NIL,
        INT (-1),
        FLOAT (1),
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        bytes_t bytes = {0};
        pack_value (&bytes, &table [i]);
        assert_none (bytes.data, bytes.size);
        msgpack_sbuffer_destroy (&bytes);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_stamp_written_is_read_again),
        cmocka_unit_test (test_stamp_is_the_bytes_of_the_contract),
        cmocka_unit_test (test_stamp_is_read_behind_headers_of_any_form),
        cmocka_unit_test (test_stamp_cut_short_is_none),
        cmocka_unit_test (test_stamp_of_another_kind_size_or_type_is_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
