/* SPDX-License-Identifier: MPL-2.0
 *
 * test_latency_counts.c - what spread.h promises: sums by point and bin, in order, whatever way they came.
 */
#include "core/window/latency_counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/window/series_points.h"
#include "seed.h"

#define POINTS 8
#define FIRST_POINT 4092

typedef struct {
    uint64_t events [POINTS][ZC_BINS];
} model_t;

static void add (zc_latency_counts_t *spread, model_t *model, uint32_t place, uint32_t bin, uint64_t events)
{
    assert_int_equal (zc_latency_counts_add (spread, FIRST_POINT + place, bin, events), 0);
    model->events [place][bin] += events;
}

static void add_any (zc_latency_counts_t *spread, model_t *model, int count)
{
    for (int i = 0; i < count; i++)
        add (spread, model, random_below (POINTS), random_below (4) ? 900 + random_below (200) : random_below (ZC_BINS),
             random_below (50) ? 1 + random_below (3) : (uint64_t) random_below (1u << 31) * 4);
}

/* Ascending, and together what the model has. */
static void assert_sorted (zc_latency_counts_t *spread, const model_t *model)
{
    static model_t left;
    assert_int_equal (zc_latency_counts_sort (spread), 0);
    const zc_binned_t *sorted = spread->counts;
    left = *model;
    for (size_t i = 0; i < spread->count; i++) {
        uint32_t place = ZC_BINNED_OWNER (sorted [i]) - FIRST_POINT;
        assert_true (i == 0 || sorted [i - 1] >> 24 <= sorted [i] >> 24);
        assert_true (place < POINTS && ZC_BINNED_EVENTS (sorted [i]) > 0);
        left.events [place][ZC_BINNED_BIN (sorted [i])] -= ZC_BINNED_EVENTS (sorted [i]);
    }
    for (size_t place = 0; place < POINTS; place++)
        for (size_t bin = 0; bin < ZC_BINS; bin++)
            assert_true (left.events [place][bin] == 0);
}

static void test_latency_counts_without_counts (void **state)
{
    (void) state;
    zc_latency_counts_t spread = {.count = 0};
    const model_t *none = calloc (1, sizeof *none);
    assert_sorted (&spread, none);
    zc_latency_counts_term (&spread);
    free ((void *) none);
}

static void test_latency_counts_sums_by_point_and_bin (void **state)
{
    (void) state;
    static model_t model;
    for (int round = 0; round < 20; round++) {
        zc_latency_counts_t spread = {.count = 0};
        memset (&model, 0, sizeof model);
        add_any (&spread, &model, 1 + (int) random_below (3000));
        assert_sorted (&spread, &model);
        zc_latency_counts_term (&spread);
    }
}

/* So many that the list is added up on the way, to few places and to many. */
static void test_latency_counts_bears_many_additions (void **state)
{
    (void) state;
    static model_t model;
    for (uint32_t bins = 64; bins <= ZC_BINS; bins *= 8) {
        zc_latency_counts_t spread = {.count = 0};
        memset (&model, 0, sizeof model);
        for (int i = 0; i < 500000; i++)
            add (&spread, &model, random_below (POINTS), random_below (bins), 1 + random_below (1000));
        assert_true (spread.capacity * sizeof *spread.counts <= 32 * POINTS * bins + (512u << 10));
        assert_sorted (&spread, &model);
        assert_true (spread.count <= POINTS * bins);
        zc_latency_counts_term (&spread);
    }
}

static void test_latency_counts_refuses_what_no_ledger_counts (void **state)
{
    (void) state;
    zc_latency_counts_t spread = {.count = 0};
    assert_int_equal (zc_latency_counts_add (&spread, 1, 1, ZC_LATENCY_COUNTS_EVENTS_MAX + 1), -1);
    assert_int_equal (zc_latency_counts_add (&spread, 1, 1, UINT64_MAX), -1);
    assert_int_equal (zc_latency_counts_add (&spread, 1, 1, 0), 0);
    assert_int_equal (zc_latency_counts_sort (&spread), 0);
    assert_int_equal (spread.count, 0);
    zc_latency_counts_term (&spread);
}

/* A bin that passes 32 bits by ones and by many, and the bins beside it. */
static void test_latency_counts_bears_more_than_32_bits (void **state)
{
    (void) state;
    static model_t model;
    static const uint64_t events [] = {UINT32_MAX - 1, 1, 1, UINT32_MAX, (uint64_t) UINT32_MAX + 1, 5};
    zc_latency_counts_t spread = {.count = 0};
    memset (&model, 0, sizeof model);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        for (uint32_t place = 0; place < POINTS; place += 3)
            for (uint32_t bin = 99; bin <= 101; bin++)
                add (&spread, &model, place, bin, bin == 100 ? events [i] : 1);
    assert_sorted (&spread, &model);
    zc_latency_counts_term (&spread);
}

/* Points of another one, in another order, and one that is not wanted. */
static void test_latency_counts_adds_another_one (void **state)
{
    (void) state;
    static model_t model, other_model;
    static uint32_t point_of [FIRST_POINT + POINTS];
    for (int round = 0; round < 20; round++) {
        zc_latency_counts_t spread = {.count = 0}, other = {.count = 0};
        memset (&model, 0, sizeof model);
        memset (&other_model, 0, sizeof other_model);
        add_any (&spread, &model, 500);
        add_any (&other, &other_model, 500);
        uint32_t turn = random_below (POINTS);
        for (uint32_t place = 0; place < POINTS; place++) {
            uint32_t to = (place + turn) % POINTS;
            point_of [FIRST_POINT + place] = place == 2 ? ZC_SERIES_POINT_NONE : FIRST_POINT + to;
            for (size_t bin = 0; place != 2 && bin < ZC_BINS; bin++)
                model.events [to][bin] += other_model.events [place][bin];
        }
        if (round % 2) {
            assert_int_equal (zc_latency_counts_add_counts (&spread, &other, point_of), 0);
        } else {
            zc_sketches_t table = {.count = 0};
            for (uint32_t place = 0; place < POINTS; place++)
                for (uint32_t bin = 0; bin < ZC_BINS; bin++) {
                    uint64_t events = other_model.events [place][bin];
                    assert_int_equal (zc_sketches_add (&table, FIRST_POINT + place, bin, events), 0);
                }
            assert_int_equal (zc_latency_counts_add_sketches (&spread, &table, point_of), 0);
            zc_sketches_term (&table);
        }
        assert_sorted (&spread, &model);
        zc_latency_counts_term (&spread);
        zc_latency_counts_term (&other);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_latency_counts_without_counts),
        cmocka_unit_test (test_latency_counts_sums_by_point_and_bin),
        cmocka_unit_test (test_latency_counts_bears_many_additions),
        cmocka_unit_test (test_latency_counts_refuses_what_no_ledger_counts),
        cmocka_unit_test (test_latency_counts_bears_more_than_32_bits),
        cmocka_unit_test (test_latency_counts_adds_another_one),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
