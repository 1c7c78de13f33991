/* SPDX-License-Identifier: MPL-2.0
 *
 * test_sketch_saved.c - what sketch.h promises of the saved form: it is read back, or refused.
 */
#include "core/ledger/sketch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seed.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

enum { PACKED_MAX = 40 };

/* Some bins of one owner, ascending; a few of them with more events than a slot holds. */
static size_t any_counts (zc_binned_t counts [PACKED_MAX])
{
    size_t n = 0, wanted = 1 + random_below (PACKED_MAX);
    uint32_t bin = random_below (3), owner = random_below (ZC_SKETCH_OWNERS_MAX);
    while (n < wanted && bin < ZC_BINS) {
        counts [n++] = ZC_BINNED (owner, bin, 1 + random_below (random_below (2) ? 3 : ZC_BIN_EVENTS_MAX));
        bin += random_below (8) == 0 ? 0 : 1 + random_below (random_below (2) ? 4 : 400);
    }
    return n;
}

/* Reads from memory that ends where the bytes do. Returns how many bins; -1: refused. */
static int unpack (const uint8_t *bytes, size_t size, uint64_t by_bin [ZC_BINS])
{
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    memcpy (copy, bytes, size);
    const uint8_t *at = copy, *end = copy + size;
    int32_t bin = -1, before = -1;
    uint64_t events;
    int bad = 7, bins = 0;
    memset (by_bin, 0, ZC_BINS * sizeof *by_bin);
    while ((at = zc_sketch_unpack (at, end, &bin, &events, &bad)) != NULL) {
        assert_true (at <= end && bin > before && bin < ZC_BINS && events > 0);
        by_bin [bin] = events;
        before = bin;
        bins++;
    }
    free (copy);
    return bad ? -1 : bins;
}

/* What is read is packed to the same bytes again, so that no two saved forms are one sketch. */
static void assert_packs_to (const uint64_t by_bin [ZC_BINS], const uint8_t *bytes, size_t size)
{
    static zc_binned_t counts [ZC_BINS];
    static uint8_t packed [ZC_BINS * ZC_PACKED_BIN_BYTES_MAX];
    size_t n = 0;
    for (uint32_t bin = 0; bin < ZC_BINS; bin++) {
        if (by_bin [bin] > ZC_BIN_EVENTS_MAX)
            return; /* it takes several slots */
        if (by_bin [bin] > 0)
            counts [n++] = ZC_BINNED (1, bin, by_bin [bin]);
    }
    assert_int_equal (zc_sketch_pack (counts, n, packed), size);
    assert_memory_equal (packed, bytes, size);
}

static void test_sketch_saved_form_is_read_back (void **state)
{
    (void) state;
    static uint64_t wanted [ZC_BINS], read [ZC_BINS];
    for (int round = 0; round < 2000; round++) {
        zc_binned_t counts [PACKED_MAX];
        uint8_t packed [PACKED_MAX * ZC_PACKED_BIN_BYTES_MAX];
        size_t n = any_counts (counts), size = zc_sketch_pack (counts, n, packed);
        int bins = 0;
        assert_true (size <= n * ZC_PACKED_BIN_BYTES_MAX);
        memset (wanted, 0, sizeof wanted);
        for (size_t i = 0; i < n; i++) {
            bins += wanted [ZC_BINNED_BIN (counts [i])] == 0;
            wanted [ZC_BINNED_BIN (counts [i])] += ZC_BINNED_EVENTS (counts [i]);
        }
        assert_int_equal (unpack (packed, size, read), bins);
        assert_memory_equal (read, wanted, sizeof wanted);
    }
    assert_int_equal (unpack ((const uint8_t *) "", 0, read), 0);
}

/* Cut off anywhere: either between two bins, and then what is before is read; or refused. */
static void test_sketch_saved_form_cut_short_is_refused_or_less (void **state)
{
    (void) state;
    static uint64_t read [ZC_BINS];
    int whole = 0, refused = 0;
    for (int round = 0; round < 200; round++) {
        zc_binned_t counts [PACKED_MAX];
        uint8_t packed [PACKED_MAX * ZC_PACKED_BIN_BYTES_MAX];
        size_t n = any_counts (counts), size = zc_sketch_pack (counts, n, packed);
        int bins = unpack (packed, size, read);
        for (size_t cut = 0; cut < size; cut++) {
            int left = unpack (packed, cut, read);
            assert_true (left < bins);
            whole += left >= 0;
            refused += left < 0;
            if (left >= 0)
                assert_packs_to (read, packed, cut);
        }
    }
    assert_true (whole > 100 && refused > 100);
}

static void test_sketch_refuses_what_is_no_saved_form (void **state)
{
    (void) state;
    static uint64_t read [ZC_BINS];
    static const struct {
        const char *bytes;
        size_t size;
        int bins;
    } table [] = {
        {"\x00\x01", 2, 1},
        {"\xff\x1f\x01", 3, 1}, /* bin 4095 */
        {"\x05\x01\x01\x01", 4, 2},
        {"\x05\xff\xff\xff\xff\xff\xff\xff\x7f", 9, 1}, /* 2^56 - 1 events */
        {"\x05\x00", 2, -1},                            /* no events */
        {"\x05\x01\x00\x01", 4, -1},                    /* a bin twice */
        {"\x80\x20\x01", 3, -1},                        /* bin 4096 */
        {"\xff\x1f\x01\x01\x01", 5, -1},                /* behind the last one */
        {"\x85\x00\x01", 3, -1},                        /* longer than it need be */
        {"\x05\x81\x00", 3, -1},
        {"\x80\x80\x01\x01", 4, -1}, /* a distance of three bytes */
        {"\x05\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, -1},
        {"\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 13, -1},
        {"\x05", 1, -1},
        {"\x85", 1, -1},
        {"\x05\x81", 2, -1},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        if (unpack ((const uint8_t *) table [i].bytes, table [i].size, read) != table [i].bins)
            fail_msg ("row %zu", i);
}

static void test_sketch_reads_any_bytes (void **state)
{
    (void) state;
    static uint64_t read [ZC_BINS];
    int taken = 0;
    for (int round = 0; round < 200000; round++) {
        uint8_t bytes [12];
        size_t size = random_below (sizeof bytes + 1);
        for (size_t i = 0; i < size; i++)
            bytes [i] = (uint8_t) (random_below (2) ? random_below (256) : random_below (4));
        if (unpack (bytes, size, read) <= 0)
            continue;
        assert_packs_to (read, bytes, size);
        taken++;
    }
    assert_true (taken > 1000);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_sketch_saved_form_is_read_back),
        cmocka_unit_test (test_sketch_saved_form_cut_short_is_refused_or_less),
        cmocka_unit_test (test_sketch_refuses_what_is_no_saved_form),
        cmocka_unit_test (test_sketch_reads_any_bytes),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
