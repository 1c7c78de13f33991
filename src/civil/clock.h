/* SPDX-License-Identifier: MPL-2.0
 *
 * clock.h - what time it is, and how long something took.
 *
 * The one place where a clock is read. What took how long, and what waits until when, is by the monotonic clock, which
 * nobody sets; when something happened is by the wall clock.
 */
#ifndef ZC_CLOCK_H
#define ZC_CLOCK_H

#include <stdint.h>
#include <time.h>

#define ZC_NS_PER_S INT64_C (1000000000)
#define ZC_NS_PER_MS INT64_C (1000000)
#define ZC_NS_PER_US INT64_C (1000)

static inline int64_t zc_clock_read_ns (clockid_t clock)
{
    struct timespec now;
    clock_gettime (clock, &now);
    return (int64_t) now.tv_sec * ZC_NS_PER_S + now.tv_nsec;
}

/* Since some moment, the same for all processes until the machine starts anew. */
static inline int64_t zc_clock_mono_ns (void)
{
    return zc_clock_read_ns (CLOCK_MONOTONIC);
}

static inline int64_t zc_clock_mono_us (void)
{
    return zc_clock_mono_ns () / ZC_NS_PER_US;
}

static inline int64_t zc_clock_mono_ms (void)
{
    return zc_clock_mono_ns () / ZC_NS_PER_MS;
}

/* Since the epoch. Never for a duration. */
static inline int64_t zc_clock_wall_ms (void)
{
    return zc_clock_read_ns (CLOCK_REALTIME) / ZC_NS_PER_MS;
}

/* The same by a clock that moves every few milliseconds: to read it is a few loads, and no system call. */
static inline int64_t zc_clock_wall_coarse_ms (void)
{
    return zc_clock_read_ns (CLOCK_REALTIME_COARSE) / ZC_NS_PER_MS;
}

#endif
