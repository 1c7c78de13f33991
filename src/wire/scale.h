/* SPDX-License-Identifier: MPL-2.0
 *
 * scale.h - the wire's doubles to integers, exactly rounded.
 */
#ifndef ZC_SCALE_H
#define ZC_SCALE_H

#include <math.h>
#include <stdint.h>

#define ZC_NANOUSD_PER_USD 1000000000

/* number * scale to the nearest integer, half to even, of the double's exact value.
 * number must be finite, scale an integer to 10^9 and |number * scale| below 2^51.
 *
 * The product of two doubles is itself rounded. Rounding never passes a representable value, and
 * below 2^51 every k + 1/2 is representable: so the rounded product lies on the same side of a tie
 * as the exact one, or on the tie itself. Only there does the product's own error decide. */
static inline int64_t zc_scale (double number, double scale)
{
    double product = number * scale;
    int64_t nearest = llrint (product); /* the default rounding: half to even */
    double rest = product - (double) nearest;
    if (__builtin_expect (rest == 0.5 || rest == -0.5, 0)) {
        double error = fma (number, scale, -product);
        if (error > 0 && rest > 0)
            nearest++;
        if (error < 0 && rest < 0)
            nearest--;
    }
    return nearest;
}

#endif
