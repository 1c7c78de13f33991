/* SPDX-License-Identifier: MPL-2.0
 *
 * seed.h - where a random test begins: ZCOST_TEST_SEED, or a fresh one, which is printed.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_SEED_H
#define ZC_TEST_SEED_H

#include <stdlib.h>
#include <sys/random.h>

/* Printed before the test begins, for one that crashes. */
static inline unsigned test_seed (void)
{
    const char *given = getenv ("ZCOST_TEST_SEED");
    unsigned seed = given ? (unsigned) strtoul (given, NULL, 10) : 0;
    if (!given)
        assert_int_equal (getrandom (&seed, sizeof seed, 0), sizeof seed);
    print_message ("ZCOST_TEST_SEED=%u\n", seed);
    return seed;
}

#endif
