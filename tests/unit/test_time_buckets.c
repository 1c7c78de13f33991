/* SPDX-License-Identifier: MPL-2.0
 *
 * test_time_buckets.c - what time_buckets.h promises: each size is a multiple of the finer ones, and a bucket holds the
 * times that it says.
 */
#include "core/base/time_buckets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_time_buckets_fit_into_each_other (void **state)
{
    (void) state;
    assert_int_equal (zc_time_bucket_seconds (ZC_MINUTE), 60);
    assert_int_equal (zc_time_bucket_seconds (ZC_QUARTER), 900);
    assert_int_equal (zc_time_bucket_seconds (ZC_DAY), 86400);
    for (zc_time_bucket_t level = ZC_MINUTE; level < ZC_TIME_BUCKETS; level++) {
        assert_int_equal (zc_time_bucket_ms (level), 1000 * zc_time_bucket_seconds (level));
        if (level > ZC_MINUTE)
            assert_int_equal (zc_time_bucket_seconds (level) % zc_time_bucket_seconds (level - 1), 0);
    }
}

static void test_time_bucket_start_is_at_or_before (void **state)
{
    (void) state;
    static const struct {
        zc_time_bucket_t level;
        int64_t s, start_s;
    } table [] = {{ZC_MINUTE, 0, 0},        {ZC_MINUTE, 59, 0},        {ZC_MINUTE, 60, 60},
                  {ZC_MINUTE, -1, -60},     {ZC_MINUTE, -60, -60},     {ZC_MINUTE, -61, -120},
                  {ZC_QUARTER, 899, 0},     {ZC_QUARTER, 900, 900},    {ZC_QUARTER, -900, -900},
                  {ZC_QUARTER, -1, -900},   {ZC_DAY, 86399, 0},        {ZC_DAY, 86400, 86400},
                  {ZC_DAY, -86400, -86400}, {ZC_DAY, -86401, -172800}, {ZC_DAY, 1792300000, 1792281600}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal (zc_time_bucket_start (table [i].level, table [i].s), table [i].start_s);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_time_buckets_fit_into_each_other),
        cmocka_unit_test (test_time_bucket_start_is_at_or_before),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
