/* SPDX-License-Identifier: MPL-2.0
 *
 * test_intake_memory.c - what intake.h promises where memory ends: what was taken is known to have been
 * taken, or the intake says that it failed. A frame that counts and is not noted would count again.
 *
 * Linked with --wrap, so that malloc, calloc and realloc can fail.
 */
#include "core/delivery/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "events.h"
#include "failing_memory.h"
#include "pack.h"

#define NOW_MS 1767225600000

/* The frames of so many producers, of one query each; then all once more. `nth`: the allocation that fails. Whether
 * all was taken. */
static bool take_twice (int producers, int nth, bool too_large, bool *ret_reached)
{
    zc_producers_limits_t limits = {.live_max = 1000, .expired_max = 10, .expire_after_ms = 3600000};
    fixture_t fixture = fixture_new ();
    zc_intake_t intake = {.ledger = fixture.ledger,
                          .rejects = zc_rejects_new (10),
                          .producers = zc_producers_new (&limits, &(zc_siphash_secret_t){{1, 2}}),
                          .limits = {.frame_bytes_max = too_large ? 60 : 10000, .batch_events_max = 50}};
    bool taken = true;
    fails_in = nth;
    for (int i = 0; i < 2 * producers && taken; i++) {
        uint8_t id [ZC_PRODUCER_BYTES] = {(uint8_t) (i % producers), (uint8_t) (i % producers >> 8)};
        bytes_t frame = {0};
        int armed = fails_in;
        fails_in = 0;
        pack_stamp (&frame, id, 1, 1, 0);
        MAP (&frame, {"type", STR ("query_router")}, {"tier", STR ("simple")}, {"cost", FLOAT (0.5)});
        fails_in = armed;
        taken = zc_intake_frame (&intake, frame.data, frame.size, NOW_MS) == 0;
        msgpack_sbuffer_destroy (&frame);
    }
    *ret_reached = nth > 0 && fails_in == 0;
    fails_in = 0;
    if (taken) {
        uint64_t counted = zc_ledger_accepted (fixture.ledger) + zc_rejects_total (intake.rejects);
        assert_int_equal (counted, producers);
        assert_int_equal (zc_producers_delivery (intake.producers)->duplicate, producers);
    }
    zc_rejects_destroy (&intake.rejects);
    zc_producers_destroy (&intake.producers);
    fixture_end (&fixture);
    return taken;
}

static void test_intake_notes_what_it_counts_or_fails (void **state)
{
    (void) state;
    for (int too_large = 0; too_large < 2; too_large++) {
        bool reached = true;
        int failed = 0;
        for (int nth = 1; reached; nth++)
            failed += !take_twice (70, nth, too_large, &reached);
        assert_true (failed > 70); /* more than one allocation a producer */
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_intake_notes_what_it_counts_or_fails),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
