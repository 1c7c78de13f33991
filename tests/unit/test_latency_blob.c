/* SPDX-License-Identifier: MPL-2.0
 *
 * test_latency_blob.c - what latencies.h promises: sums of saved forms are the saved form of the sums.
 */
#include "store/latency_blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/ledger/sketch.h"
#include "seed.h"

#define ROOM (ZC_BINS * ZC_PACKED_BIN_BYTES_MAX)

typedef struct {
    uint64_t events [ZC_BINS];
} model_t;

/* Some bins near each other, some far; few or many events. */
static model_t *any_model (void)
{
    model_t *model = calloc (1, sizeof *model);
    uint32_t bins = random_below (60), near = random_below (ZC_BINS),
             width = 1 + random_below (random_below (2) ? ZC_BINS : 40);
    for (uint32_t i = 0; i < bins; i++)
        model->events [(near + random_below (width)) % ZC_BINS] +=
            1 + (random_below (3) ? random_below (5) : (uint32_t) random_64 ());
    return model;
}

/* The saved form, made by core/ledger/sketch.h; what a bin has beyond one slot comes in several. */
static size_t pack (const model_t *model, uint8_t to [ROOM])
{
    static zc_binned_t counts [ZC_BINS * 512];
    size_t n = 0;
    for (uint32_t bin = 0; bin < ZC_BINS; bin++)
        for (uint64_t left = model->events [bin]; left > 0;) {
            uint64_t taken = left < ZC_BIN_EVENTS_MAX ? left : ZC_BIN_EVENTS_MAX;
            counts [n++] = ZC_BINNED (0, bin, taken);
            left -= taken;
        }
    return zc_sketch_pack (counts, n, to);
}

static int64_t events_of (const model_t *model)
{
    int64_t events = 0;
    for (uint32_t bin = 0; bin < ZC_BINS; bin++)
        events += (int64_t) model->events [bin];
    return events;
}

static void test_latency_blob_of_two_are_those_of_both (void **state)
{
    (void) state;
    static uint8_t a [ROOM], b [ROOM], both [ROOM];
    for (int round = 0; round < 3000; round++) {
        model_t *left = any_model (), *right = any_model ();
        size_t a_size = pack (left, a), b_size = pack (right, b);
        uint8_t *to = malloc (a_size + b_size + 1); /* the promised room, so that a sanitizer sees one byte more */
        int64_t size = zc_latency_blob_merge (a, a_size, b, b_size, to);
        for (uint32_t bin = 0; bin < ZC_BINS; bin++)
            left->events [bin] += right->events [bin];
        assert_int_equal (size, pack (left, both));
        assert_memory_equal (to, both, (size_t) size);
        assert_int_equal (zc_latency_blob_events (to, (size_t) size), events_of (left));
        free (to);
        free (left);
        free (right);
    }
}

static void test_latency_blob_that_are_none_are_refused (void **state)
{
    (void) state;
    static const struct {
        uint8_t bytes [16];
        size_t size;
        bool is_seen; /* also by a sum with what ends at bin 6 */
    } bad [] = {
        {{5}, 1, true},                    /* a bin without events */
        {{5, 0}, 2, true},                 /* of 0 events */
        {{5, 1, 0, 1}, 4, true},           /* the same bin again */
        {{0x80, 0x20, 1}, 3, true},        /* bin 4096 */
        {{0xff, 0x1f, 1, 1, 1}, 5, false}, /* 4095, and one more */
        {{5, 0x80}, 2, true},              /* cut off */
    };
    static const uint8_t good [] = {5, 1, 1, 1};
    uint8_t to [32];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal (zc_latency_blob_events (bad [i].bytes, bad [i].size), -1);
        assert_int_equal (zc_latency_blob_merge (bad [i].bytes, bad [i].size, good, sizeof good, to) == -1,
                          bad [i].is_seen);
    }
    assert_int_equal (zc_latency_blob_events (good, sizeof good), 2);
    assert_int_equal (zc_latency_blob_events (good, 0), 0);
}

static void test_latency_blob_do_not_pass_what_a_bin_holds (void **state)
{
    (void) state;
    static const uint8_t most [] = {9, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}; /* 2^56 - 1 */
    static const uint8_t one [] = {9, 1};
    uint8_t to [32];
    assert_int_equal (zc_latency_blob_events (most, sizeof most), (INT64_C (1) << 56) - 1);
    assert_int_equal (zc_latency_blob_merge (most, sizeof most, one, sizeof one, to), -1);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_latency_blob_of_two_are_those_of_both),
        cmocka_unit_test (test_latency_blob_that_are_none_are_refused),
        cmocka_unit_test (test_latency_blob_do_not_pass_what_a_bin_holds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
