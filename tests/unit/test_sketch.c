/* SPDX-License-Identifier: MPL-2.0
 *
 * test_sketch.c - what sketch.h promises of counts: quantiles within 1/128, and the same in any order and any
 * partition.
 */
#include "core/ledger/sketch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seed.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define LONGEST_US (INT64_C (1) << 50)

/* Above 0, at most 1. */
static double random_part (void)
{
    return (random_below (1u << 30) + 1) / 1073741824.0;
}

/* ------------------------------------------------------------------------- bins */

static bool is_near (int64_t told, int64_t real)
{
    return llabs (told - real) * 128 <= real;
}

static void test_sketch_bins_are_whole_numbers_below_128 (void **state)
{
    (void) state;
    for (int64_t us = 0; us < 128; us++) {
        assert_int_equal (zc_sketch_bin_of (us), us);
        assert_int_equal (zc_sketch_bin_us (zc_sketch_bin_of (us)), us);
    }
    assert_int_equal (zc_sketch_bin_of (-1), 0);
    assert_int_equal (zc_sketch_bin_of (INT64_MIN), 0);
}

/* One bin after the other, without gaps; both ends of each are near its middle. */
static void test_sketch_bins_are_near_what_is_in_them (void **state)
{
    (void) state;
    int64_t least = 0;
    for (uint32_t bin = 0; bin <= zc_sketch_bin_of (LONGEST_US); bin++) {
        int64_t below = least, above = least + 1;
        while (zc_sketch_bin_of (above) == bin) { /* to the last of the bin, by strides that double */
            below = above;
            above += above - least;
        }
        while (above - below > 1) {
            int64_t middle = below + (above - below) / 2;
            *(zc_sketch_bin_of (middle) == bin ? &below : &above) = middle;
        }
        assert_int_equal (zc_sketch_bin_of (least), bin);
        assert_int_equal (zc_sketch_bin_of (above), bin + 1);
        assert_true (is_near (zc_sketch_bin_us (bin), least) && is_near (zc_sketch_bin_us (bin), below));
        least = above;
    }
    assert_int_equal (zc_sketch_bin_of (LONGEST_US), 2880);
    assert_true (zc_sketch_bin_of (INT64_MAX) < ZC_BINS);
}

/* -------------------------------------------------------------------- quantiles */

#define LATENCIES 20000

static int64_t log_normal (void)
{
    double normal = sqrt (-2 * log (random_part ())) * cos (6.283185307179586 * random_part ());
    return (int64_t) (800000 * exp (0.9 * normal));
}

static int64_t bimodal (void)
{
    return random_below (10) ? 2000 + random_below (500) : 30000000 + random_below (5000000);
}

static int64_t constant (void)
{
    return 1234567;
}

/* The first and the last of a bin, and their neighbours. */
static int64_t at_an_edge (void)
{
    int64_t edge = (int64_t) (64 + random_below (64)) << random_below (40);
    return edge - 1 + random_below (3);
}

static int64_t heavy_tail (void)
{
    return (int64_t) fmin (1000 / pow (random_part (), 2), (double) LONGEST_US);
}

static int64_t longest (void)
{
    return LONGEST_US;
}

static int64_t zero (void)
{
    return 0;
}

static int ascending (const void *left, const void *right)
{
    int64_t a = *(const int64_t *) left, b = *(const int64_t *) right;
    return (a > b) - (a < b);
}

static void assert_quantiles (int64_t (*latency) (void), size_t count)
{
    static int64_t latencies [LATENCIES];
    static const double qs [] = {0, 0.01, 0.5, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    int64_t told [COUNT (qs)];
    zc_sketches_t sketches = {0};
    size_t bins;
    for (size_t i = 0; i < count; i++) {
        latencies [i] = latency ();
        assert_int_equal (zc_sketches_add (&sketches, 3, zc_sketch_bin_of (latencies [i]), 1), 0);
    }
    qsort (latencies, count, sizeof *latencies, ascending);
    zc_binned_t *sorted = zc_sketches_sorted (&sketches, &bins);
    zc_sketch_quantiles (sorted, bins, qs, COUNT (qs), told);
    for (size_t q = 0; q < COUNT (qs); q++) {
        int64_t real = latencies [(size_t) (qs [q] * (double) (count - 1))];
        if (!is_near (told [q], real))
            fail_msg ("q %g of %zu: %lld for %lld", qs [q], count, (long long) told [q], (long long) real);
    }
    free (sorted);
    zc_sketches_term (&sketches);
}

static void test_sketch_quantiles_are_within_their_error (void **state)
{
    (void) state;
    static int64_t (*const latencies []) (void) = {log_normal, bimodal, constant, at_an_edge,
                                                   heavy_tail, longest, zero};
    static const size_t counts [] = {1, 2, 3, 100, 101, LATENCIES};
    for (size_t i = 0; i < COUNT (latencies); i++)
        for (size_t n = 0; n < COUNT (counts); n++)
            assert_quantiles (latencies [i], counts [n]);
}

/* Many events of a bin stand in several slots: they count together. */
static void test_sketch_quantiles_count_every_slot (void **state)
{
    (void) state;
    static const double qs [] = {0.0, 0.49, 0.51, 1.0};
    const uint64_t many = 3 * (uint64_t) ZC_BIN_EVENTS_MAX;
    int64_t told [COUNT (qs)];
    size_t count;
    zc_sketches_t sketches = {0};
    assert_int_equal (zc_sketches_add (&sketches, 0, 9, many), 0);
    assert_int_equal (zc_sketches_add (&sketches, 0, 5, many), 0);
    zc_binned_t *sorted = zc_sketches_sorted (&sketches, &count);
    assert_int_equal (count, 6);
    zc_sketch_quantiles (sorted, count, qs, COUNT (qs), told);
    assert_int_equal (told [0], 5);
    assert_int_equal (told [1], 5);
    assert_int_equal (told [2], 9);
    assert_int_equal (told [3], 9);
    free (sorted);
    zc_sketches_term (&sketches);
}

/* ------------------------------------------------------------------------ table */

static void assert_same (const zc_sketches_t *a, const zc_sketches_t *b)
{
    size_t count_a, count_b;
    zc_binned_t *left = zc_sketches_sorted (a, &count_a), *right = zc_sketches_sorted (b, &count_b);
    assert_int_equal (count_a, count_b);
    assert_memory_equal (left, right, count_a * sizeof *left);
    free (left);
    free (right);
}

static void merge (zc_sketches_t *into, const zc_sketches_t *from)
{
    for (uint32_t slot = 0; slot < from->size; slot++) {
        zc_binned_t binned = from->slots [slot];
        assert_int_equal (
            zc_sketches_add (into, ZC_BINNED_OWNER (binned), ZC_BINNED_BIN (binned), ZC_BINNED_EVENTS (binned)), 0);
    }
}

typedef struct {
    uint32_t owner, bin;
    uint64_t events;
} added_t;

static void add_to (zc_sketches_t *sketches, const added_t *added)
{
    assert_int_equal (zc_sketches_add (sketches, added->owner, added->bin, added->events), 0);
}

/* In a random order, cut into parts in a random way, and added up again: the same. Some have many events, so that slots
 * fill up. */
static void test_sketch_order_and_partition_are_nothing (void **state)
{
    (void) state;
    enum { ADDED = 5000, PARTS = 5, ROUNDS = 10 };
    static added_t added [ADDED];
    zc_sketches_t whole = {0};
    for (size_t i = 0; i < ADDED; i++) {
        added [i].owner = random_below (300);
        added [i].bin = random_below (100) ? 500 + random_below (8) : ZC_BINS - 1 - random_below (2);
        added [i].events = random_below (20) ? random_below (4) : random_below (3 * ZC_BIN_EVENTS_MAX);
        add_to (&whole, &added [i]);
    }
    for (int round = 0; round < ROUNDS; round++) {
        zc_sketches_t parts [PARTS] = {{0}}, sum = {0};
        for (uint32_t left = ADDED; left > 0; left--) {
            uint32_t at = random_below (left);
            added_t next = added [at];
            added [at] = added [left - 1];
            added [left - 1] = next;
            add_to (&parts [random_below (PARTS)], &next);
        }
        for (int part = 0; part < PARTS; part++) {
            merge (&sum, &parts [part]);
            zc_sketches_term (&parts [part]);
        }
        assert_same (&sum, &whole);
        zc_sketches_term (&sum);
    }
    zc_sketches_term (&whole);
}

static void test_sketch_sorted_has_all_counts_ascending (void **state)
{
    (void) state;
    enum { OWNERS = 200, BINS = 50 };
    static uint64_t wanted [OWNERS][BINS];
    static const uint32_t apart = ZC_SKETCH_OWNERS_MAX / OWNERS; /* owners of all sizes */
    zc_sketches_t sketches = {0};
    size_t count, at = 0;
    for (int i = 0; i < 30000; i++) {
        uint32_t owner = random_below (OWNERS), bin = random_below (BINS);
        wanted [owner][bin]++;
        assert_int_equal (zc_sketches_reserve (&sketches), 0);
        zc_sketches_count (&sketches, owner * apart, bin * 80);
    }
    zc_binned_t *sorted = zc_sketches_sorted (&sketches, &count);
    for (uint32_t owner = 0; owner < OWNERS; owner++)
        for (uint32_t bin = 0; bin < BINS; bin++) {
            if (wanted [owner][bin] == 0)
                continue;
            assert_true (at < count);
            assert_true (sorted [at++] == ZC_BINNED (owner * apart, bin * 80, wanted [owner][bin]));
        }
    assert_int_equal (at, count);
    free (sorted);
    zc_sketches_term (&sketches);
}

static void test_sketch_sorted_of_nothing_is_empty (void **state)
{
    (void) state;
    zc_sketches_t sketches = {0};
    size_t count = 7;
    assert_int_equal (zc_sketches_add (&sketches, 1, 1, 0), 0);
    zc_binned_t *sorted = zc_sketches_sorted (&sketches, &count);
    assert_non_null (sorted);
    assert_int_equal (count, 0);
    free (sorted);
    zc_sketches_term (&sketches);
}

static uint64_t events_of (const zc_sketches_t *sketches, uint32_t owner, uint32_t bin, uint32_t *ret_slots)
{
    uint64_t events = 0;
    *ret_slots = 0;
    for (uint32_t slot = 0; slot < sketches->size; slot++)
        if (sketches->slots [slot] && ZC_BINNED_OWNER (sketches->slots [slot]) == owner &&
            ZC_BINNED_BIN (sketches->slots [slot]) == bin) {
            events += ZC_BINNED_EVENTS (sketches->slots [slot]);
            ++*ret_slots;
        }
    return events;
}

/* Around what a slot holds, one by one and many at once, and across growths. */
static void test_sketch_bins_hold_more_events_than_a_slot (void **state)
{
    (void) state;
    const uint64_t most = ZC_BIN_EVENTS_MAX;
    const uint64_t steps [] = {most - 1, 1, 1, most - 1, most, 2 * most, 2 * most + 1, 1, 1000 * most, 5};
    zc_sketches_t sketches = {0};
    uint64_t wanted = 0;
    uint32_t slots;
    for (size_t i = 0; i < COUNT (steps); i++) {
        wanted += steps [i];
        assert_int_equal (zc_sketches_add (&sketches, 7, 70, steps [i]), 0);
        assert_true (events_of (&sketches, 7, 70, &slots) == wanted);
        assert_int_equal (slots, (wanted + most - 1) / most);
        assert_int_equal (zc_sketches_add (&sketches, 8, (uint32_t) i, 1), 0);
    }
    for (int i = 0; i < 100; i++) {
        wanted++;
        assert_int_equal (zc_sketches_reserve (&sketches), 0);
        zc_sketches_count (&sketches, 7, 70);
    }
    assert_true (events_of (&sketches, 7, 70, &slots) == wanted);
    assert_int_equal (sketches.count, slots + COUNT (steps));
    zc_sketches_term (&sketches);
}

/* What was reserved is there: nothing moves for the one event. */
static void test_sketch_reserve_is_for_one_event (void **state)
{
    (void) state;
    zc_sketches_t sketches = {0};
    for (uint32_t i = 0; i < 20000; i++) {
        assert_int_equal (zc_sketches_reserve (&sketches), 0);
        const zc_binned_t *slots = sketches.slots;
        assert_int_equal (zc_sketches_add (&sketches, i, 9, 1), 0);
        assert_ptr_equal (sketches.slots, slots);
        assert_int_equal (sketches.count, i + 1);
        assert_true (sketches.count < sketches.size); /* a search ends */
    }
    zc_sketches_term (&sketches);
}

/* Owners and bins that go up by any stride: none of them makes a long way to an empty slot. */
static void test_sketch_slots_are_spread (void **state)
{
    (void) state;
    enum { ADDED = 50000, LONG_WAY = 200 };
    for (uint32_t owners = 1; owners <= 1u << 12; owners *= 8)
        for (uint32_t bins = 1; bins <= 1024; bins *= 4) {
            zc_sketches_t sketches = {0};
            uint32_t way = 0;
            for (uint32_t i = 0; i < ADDED; i++)
                assert_int_equal (zc_sketches_add (&sketches, i / 64 * owners, i % 64 * bins % ZC_BINS, 1), 0);
            for (uint32_t slot = 0; slot < sketches.size; slot++) {
                way = sketches.slots [slot] ? way + 1 : 0;
                if (way >= LONG_WAY)
                    fail_msg ("strides %u and %u", owners, bins);
            }
            zc_sketches_term (&sketches);
        }
}

static void test_sketch_cleared_is_empty_and_keeps_so_much (void **state)
{
    (void) state;
    enum { KEEP = 1000 };
    zc_sketches_t sketches = {0};
    zc_sketches_clear (&sketches, KEEP);
    for (uint32_t added = 1; added < 4000; added *= 2) {
        for (uint32_t i = 0; i < added; i++)
            assert_int_equal (zc_sketches_add (&sketches, i, i, 1), 0);
        uint32_t size = sketches.size, slots;
        zc_sketches_clear (&sketches, KEEP);
        assert_int_equal (sketches.count, 0);
        assert_int_equal (sketches.size, size <= KEEP ? size : 0);
        assert_int_equal (zc_sketches_add (&sketches, 1, 1, 2), 0);
        assert_int_equal (events_of (&sketches, 1, 1, &slots), 2);
        zc_sketches_clear (&sketches, KEEP);
    }
    zc_sketches_term (&sketches);
    zc_sketches_term (&sketches);
    assert_null (sketches.slots);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_sketch_bins_are_whole_numbers_below_128),
        cmocka_unit_test (test_sketch_bins_are_near_what_is_in_them),
        cmocka_unit_test (test_sketch_quantiles_are_within_their_error),
        cmocka_unit_test (test_sketch_quantiles_count_every_slot),
        cmocka_unit_test (test_sketch_order_and_partition_are_nothing),
        cmocka_unit_test (test_sketch_sorted_has_all_counts_ascending),
        cmocka_unit_test (test_sketch_sorted_of_nothing_is_empty),
        cmocka_unit_test (test_sketch_bins_hold_more_events_than_a_slot),
        cmocka_unit_test (test_sketch_reserve_is_for_one_event),
        cmocka_unit_test (test_sketch_slots_are_spread),
        cmocka_unit_test (test_sketch_cleared_is_empty_and_keeps_so_much),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
