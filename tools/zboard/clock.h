/* SPDX-License-Identifier: MPL-2.0
 *
 * clock.h - what time it is, and how long something took.
 */
#ifndef ZB_CLOCK_H
#define ZB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Since some moment; nobody sets it. */
static inline int64_t zb_mono_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C (1000000000) + now.tv_nsec;
}

/* Since the epoch. */
static inline int64_t zb_wall_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C (1000) + now.tv_nsec / 1000000;
}

#endif
