/* SPDX-License-Identifier: MPL-2.0
 *
 * seed.h - the numbers of random tests. They follow from ZCOST_TEST_SEED, which is fresh in each run unless it is set;
 * a program that draws any says on stderr which seed it has, before whatever may go wrong.
 */
#ifndef ZC_TEST_SEED_H
#define ZC_TEST_SEED_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t seed_of_run (void)
{
    const char *given = getenv ("ZCOST_TEST_SEED");
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    uint64_t seed =
        given ? strtoull (given, NULL, 10) : (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
    fprintf (stderr, "# again: ZCOST_TEST_SEED=%" PRIu64 " %s\n", seed, program_invocation_name);
    return seed;
}

/* Splitmix64. */
static inline uint64_t random_64 (void)
{
    static bool has_begun;
    static uint64_t state;
    if (!has_begun)
        state = seed_of_run ();
    has_begun = true;
    uint64_t x = state += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C (0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* From 0 to limit - 1. */
static inline uint32_t random_below (uint32_t limit)
{
    return (uint32_t) (random_64 () % limit);
}

#endif
