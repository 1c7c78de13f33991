/* SPDX-License-Identifier: MPL-2.0
 *
 * test_rejects.c - what rejects.h promises: counts by reason, the last ones kept.
 */
#include "core/delivery/rejects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static zc_reject_t reject_of (zc_reason_t reason, const void *head, uint64_t size)
{
    return (zc_reject_t){.reason = reason, .why = ZC_WHY_NO_MAP, .key = -1, .head = head, .size = size};
}

static void test_rejects_are_none_at_first (void **state)
{
    (void) state;
    zc_rejects_t *rejects = zc_rejects_new (3);
    assert_non_null (rejects);
    assert_int_equal (zc_rejects_total (rejects), 0);
    assert_int_equal (zc_rejects_kept (rejects), 0);
    for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
        assert_int_equal (zc_rejects_count (rejects, reason), 0);
    zc_rejects_destroy (&rejects);
    assert_null (rejects);
    zc_rejects_destroy (&rejects);
    zc_rejects_destroy (NULL);
}

static void test_rejects_keep_what_they_are_told (void **state)
{
    (void) state;
    zc_rejects_t *rejects = zc_rejects_new (3);
    uint8_t bytes [] = {1, 2, 3};
    zc_reject_t reject = {ZC_BAD_FIELD, ZC_WHY_NEGATIVE, ZC_KEY_COST, bytes, sizeof bytes};
    zc_rejects_add (rejects, &reject, 1234);
    memset (bytes, 0, sizeof bytes); /* a copy was taken */
    const zc_rejected_t *kept = zc_rejects_nth (rejects, 0);
    assert_int_equal (kept->ts_ms, 1234);
    assert_int_equal (kept->reason, ZC_BAD_FIELD);
    assert_int_equal (kept->why, ZC_WHY_NEGATIVE);
    assert_int_equal (kept->key, ZC_KEY_COST);
    assert_int_equal (kept->head_size, 3);
    assert_memory_equal (kept->head, "\1\2\3", 3);
    zc_rejects_destroy (&rejects);
}

static void test_rejects_keep_the_first_256_bytes (void **state)
{
    (void) state;
    static const uint64_t sizes [] = {0, 1, 255, 256, 257, 100000};
    uint8_t *bytes = malloc (100000);
    assert_non_null (bytes);
    for (size_t i = 0; i < 100000; i++)
        bytes [i] = (uint8_t) (i * 7);
    zc_rejects_t *rejects = zc_rejects_new (1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zc_reject_t reject = reject_of (ZC_MALFORMED, sizes [i] ? bytes : NULL, sizes [i]);
        zc_rejects_add (rejects, &reject, 0);
        const zc_rejected_t *kept = zc_rejects_nth (rejects, 0);
        assert_int_equal (kept->head_size, sizes [i] < 256 ? sizes [i] : 256);
        assert_memory_equal (kept->head, bytes, kept->head_size);
    }
    zc_rejects_destroy (&rejects);
    free (bytes);
}

/* A ring: newest first, and never more than it was made for. The counts forget nothing. */
static void test_rejects_keep_the_last_ones (void **state)
{
    (void) state;
    for (size_t keep = 1; keep <= 5; keep++) {
        zc_rejects_t *rejects = zc_rejects_new (keep);
        for (int64_t n = 1; n <= 20; n++) {
            zc_reject_t reject = reject_of ((zc_reason_t) (n % ZC_REASON_COUNT), "x", 1);
            zc_rejects_add (rejects, &reject, n);
            size_t kept = zc_rejects_kept (rejects);
            assert_int_equal (kept, (size_t) n < keep ? (size_t) n : keep);
            for (size_t i = 0; i < kept; i++)
                assert_int_equal (zc_rejects_nth (rejects, i)->ts_ms, n - (int64_t) i);
            assert_int_equal (zc_rejects_total (rejects), n);
        }
        for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
            assert_int_equal (zc_rejects_count (rejects, reason), reason == 1 || reason == 2 ? 3 : 2);
        zc_rejects_destroy (&rejects);
    }
}

static void test_rejects_may_keep_very_many (void **state)
{
    (void) state;
    zc_rejects_t *rejects = zc_rejects_new (ZC_REJECTS_KEEP_MAX);
    assert_non_null (rejects);
    for (int64_t n = 0; n < ZC_REJECTS_KEEP_MAX + 10; n++) {
        zc_reject_t reject = reject_of (ZC_NOT_A_MAP, "x", 1);
        zc_rejects_add (rejects, &reject, n);
    }
    assert_int_equal (zc_rejects_kept (rejects), ZC_REJECTS_KEEP_MAX);
    assert_int_equal (zc_rejects_nth (rejects, ZC_REJECTS_KEEP_MAX - 1)->ts_ms, 10);
    zc_rejects_destroy (&rejects);
}

/* Events refused together count each, and are kept as one. */
static void test_rejects_count_many_and_keep_one (void **state)
{
    (void) state;
    zc_rejects_t *rejects = zc_rejects_new (3);
    zc_reject_t reject = reject_of (ZC_STALE, "x", 1);
    zc_rejects_add_many (rejects, &reject, 500, 7);
    zc_rejects_add_many (rejects, &reject, 0, 8);
    assert_int_equal (zc_rejects_count (rejects, ZC_STALE), 500);
    assert_int_equal (zc_rejects_total (rejects), 500);
    assert_int_equal (zc_rejects_kept (rejects), 1);
    assert_int_equal (zc_rejects_nth (rejects, 0)->ts_ms, 7);
    zc_rejects_destroy (&rejects);
}

static void test_rejects_go_on_from_restored_counts (void **state)
{
    (void) state;
    zc_rejects_t *rejects = zc_rejects_new (3);
    zc_reject_t reject = reject_of (ZC_STALE, "x", 1);
    zc_rejects_restore (rejects, ZC_STALE, 40);
    zc_rejects_restore (rejects, ZC_MALFORMED, 2);
    assert_int_equal (zc_rejects_total (rejects), 42);
    assert_int_equal (zc_rejects_kept (rejects), 0);
    zc_rejects_add (rejects, &reject, 7);
    assert_int_equal (zc_rejects_count (rejects, ZC_STALE), 41);
    assert_int_equal (zc_rejects_kept (rejects), 1);
    assert_int_equal (zc_rejects_nth (rejects, 0)->ts_ms, 7);
    zc_rejects_destroy (&rejects);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_rejects_are_none_at_first),
        cmocka_unit_test (test_rejects_keep_what_they_are_told),
        cmocka_unit_test (test_rejects_keep_the_first_256_bytes),
        cmocka_unit_test (test_rejects_keep_the_last_ones),
        cmocka_unit_test (test_rejects_count_many_and_keep_one),
        cmocka_unit_test (test_rejects_go_on_from_restored_counts),
        cmocka_unit_test (test_rejects_may_keep_very_many),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
