/* SPDX-License-Identifier: MPL-2.0
 *
 * test_scale.c - what scale.h promises: a double times a scale, exactly rounded.
 */
#include "wire/scale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "seed.h"

/* The same by exact integer arithmetic: number is m x 2^e with m of 53 bits. */
static int64_t exactly (double number, int64_t scale)
{
    int exponent;
    double fraction = frexp (number < 0 ? -number : number, &exponent);
    __int128 product = (__int128) (int64_t) ldexp (fraction, 53) * scale;
    int shift = 53 - exponent;
    int64_t whole;
    if (shift <= 0)
        whole = (int64_t) (product << -shift);
    else if (shift > 100) /* under 2^83 / 2^100 */
        whole = 0;
    else {
        __int128 one = (__int128) 1 << shift;
        __int128 rest = product & (one - 1);
        whole = (int64_t) (product >> shift);
        whole += rest > one / 2 || (rest == one / 2 && whole % 2);
    }
    return number < 0 ? -whole : whole;
}

static void assert_scales (double number, int64_t scale)
{
    int64_t wanted = exactly (number, scale), got = zc_scale (number, (double) scale);
    if (got != wanted)
        fail_msg ("%.17g x %lld: %lld, not %lld", number, (long long) scale, (long long) wanted, (long long) got);
}

/* A number, and its neighbours on both sides. */
static void assert_scales_around (double number, int64_t scale)
{
    assert_scales (number, scale);
    assert_scales (nextafter (number, INFINITY), scale);
    assert_scales (nextafter (number, -INFINITY), scale);
    assert_scales (-number, scale);
}

/* Expected by Python: round (Fraction (number) * scale). */
static void test_scale_agrees_with_fractions (void **state)
{
    (void) state;
    static const struct {
        double number, scale;
        int64_t scaled;
    } table [] = {
        {0.0, 1e9, 0},
        {-0.0, 1e9, 0},
        {0.0005, 1e9, 500000},
        {0.1, 1e9, 100000000},
        {0.3333333333333333, 1e9, 333333333},
        {1e-09, 1e9, 1},
        {5e-10, 1e9, 1}, /* a little over the half */
        {4.9e-10, 1e9, 0},
        {1.5e-09, 1e9, 1}, /* a little under */
        {2.5e-09, 1e9, 3},
        {-2.5e-09, 1e9, -3},
        {5e-324, 1e9, 0},
        {0.0029296875, 1e9, 2929688}, /* 3/1024: a tie, to even */
        {0.0048828125, 1e9, 4882812},
        {-0.0048828125, 1e9, -4882812},
        {0.0068359375, 1e9, 6835938},
        {123456.7890123455, 1e9, 123456789012345},
        {999999.9999999999, 1e9, 1000000000000000},
        {1000000.0, 1e9, 1000000000000000},
        {-1000000.0, 1e9, -1000000000000000},
        {1700000000.0005, 1e3, 1700000000000},
        {946684799.9995, 1e3, 946684800000},
        /* The product of doubles is a tie here; the exact one is not, and goes the other way. */
        {640865.5332280855, 1e9, 640865533228085},
        {856766.5000508755, 1e9, 856766500050875},
        {236389.7985782625, 1e9, 236389798578263},
        {438889.1186928505, 1e9, 438889118692851},
        {902775.1608389745, 1e9, 902775160838975},
        {115100.5945049305, 1e9, 115100594504931},
        {-640865.5332280855, 1e9, -640865533228085},
        {-236389.7985782625, 1e9, -236389798578263},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        if (zc_scale (table [i].number, table [i].scale) != table [i].scaled)
            fail_msg ("row %zu: %.17g", i, table [i].number);
}

static void test_scale_rounds_ties_to_even (void **state)
{
    (void) state;
    for (int64_t k = 0; k <= 200000; k++)
        assert_scales_around ((double) k / 1024, 1000000000);
    for (int64_t k = 0; k <= 20000; k++)
        assert_scales_around (1000000 - (double) k / 1024, 1000000000);
    for (int64_t k = 0; k <= 20000; k++)
        assert_scales_around (946684800 + (double) k / 16, 1000);
}

/* Numbers whose product lies at a tie or one unit of the last place beside it, at every size. */
static void test_scale_sees_which_side_of_a_tie (void **state)
{
    (void) state;
    for (int i = 0; i < 300000; i++) {
        uint64_t nano = random_64 () % (UINT64_C (1) << (i % 50)); /* below 2^50 */
        assert_scales_around (((double) nano + 0.5) / 1e9, 1000000000);
    }
}

static void test_scale_agrees_at_random (void **state)
{
    (void) state;
    for (int i = 0; i < 300000; i++) {
        double number = ldexp ((double) (random_64 () >> 11), -33 - i % 100); /* below 2^20 */
        assert_scales_around (number, 1000000000);
        assert_scales_around (number * 900, 1000000);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_scale_agrees_with_fractions),
        cmocka_unit_test (test_scale_rounds_ties_to_even),
        cmocka_unit_test (test_scale_sees_which_side_of_a_tie),
        cmocka_unit_test (test_scale_agrees_at_random),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
