/* SPDX-License-Identifier: MPL-2.0
 *
 * clocks.h - whether we say of a zone what the C library says of it.
 *
 * Include cmocka.h and "civil/tz_rule.h" first. For tests of one thread: the C library's zone is the process's.
 */
#ifndef ZC_TEST_CLOCKS_H
#define ZC_TEST_CLOCKS_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What is in force at a time in what is tested. */
typedef zc_tz_offset_t clocks_at_t (const void *zone, int64_t at_s);

/* As TZ says it: ":Europe/Madrid", "CET-1". NULL: none. */
static inline void set_process_zone (const char *zone)
{
    if (zone)
        setenv ("TZ", zone, 1);
    else
        unsetenv ("TZ");
    tzset ();
}

static inline struct tm process_clock (int64_t at_s)
{
    time_t time = (time_t) at_s;
    struct tm tm;
    assert_non_null (localtime_r (&time, &tm));
    return tm;
}

static inline void assert_same_clock (const char *name, clocks_at_t *at, const void *zone, int64_t at_s)
{
    struct tm tm = process_clock (at_s);
    zc_tz_offset_t offset = at (zone, at_s);
    if (offset.offset_s != tm.tm_gmtoff || strcmp (offset.name, tm.tm_zone) != 0 || offset.is_summer != !!tm.tm_isdst)
        fail_msg ("%s at %lld: %d s, %s, summer %d; the C library says %ld s, %s, summer %d", name, (long long) at_s,
                  offset.offset_s, offset.name, offset.is_summer, tm.tm_gmtoff, tm.tm_zone, tm.tm_isdst);
}

/* The same now and then from one time to another. */
static inline void assert_same_clocks_now_and_then (const char *name, clocks_at_t *at, const void *zone, int64_t from_s,
                                                    int64_t to_s, int64_t step_s)
{
    for (int64_t at_s = from_s; at_s < to_s; at_s += step_s)
        assert_same_clock (name, at, zone, at_s);
}

/* The same at every step from one time to another, and on both sides of each change that lies between two steps. */
static inline void assert_same_clocks (const char *name, clocks_at_t *at, const void *zone, int64_t from_s,
                                       int64_t to_s, int64_t step_s)
{
    for (int64_t at_s = from_s; at_s < to_s; at_s += step_s) {
        assert_same_clock (name, at, zone, at_s);
        int64_t before = at_s, after = at_s + step_s;
        long offset = process_clock (after).tm_gmtoff;
        if (process_clock (before).tm_gmtoff == offset)
            continue;
        while (after - before > 1) {
            int64_t middle = before + (after - before) / 2;
            if (process_clock (middle).tm_gmtoff == offset)
                after = middle;
            else
                before = middle;
        }
        assert_same_clock (name, at, zone, before);
        assert_same_clock (name, at, zone, after);
    }
}

#endif
