/* SPDX-License-Identifier: MPL-2.0
 *
 * row_sums.h - what is summed for a row of an answer, or for a point of a series; and how many points there may be.
 */
#ifndef ZC_ROW_SUMS_H
#define ZC_ROW_SUMS_H

#include <stdbool.h>

#include "core/ledger/cells.h"

#define ZC_SERIES_POINTS_MAX 100000 /* of a series, in all rows, those not shown too; more fail it */

typedef struct {
    zc_measures_t sums;
    int64_t routed_cost_nanousd; /* the part of the cost that was queries', and so has a baseline */
} zc_row_sums_t;

/* Adds, and tells whether a sum passed 64 bits: it then has another sign than both its parts. All sums at once,
 * without a branch. */
static inline bool zc_row_sums_add (zc_row_sums_t *self, const zc_measures_t *more, int64_t routed_cost_nanousd)
{
    _Static_assert(sizeof *more % (2 * sizeof (int64_t)) == 0, "measures are pairs of 64-bit integers");
    typedef uint64_t pair_t __attribute__ ((vector_size (16), aligned (8), may_alias));
    pair_t *to = (pair_t *) &self->sums, passed = {0, 0};
    const pair_t *from = (const pair_t *) more;
    for (size_t i = 0; i < sizeof *more / sizeof (pair_t); i++) {
        pair_t sum = to [i] + from [i];
        passed |= (sum ^ to [i]) & (sum ^ from [i]);
        to [i] = sum;
    }
    bool routed = __builtin_add_overflow (self->routed_cost_nanousd, routed_cost_nanousd, &self->routed_cost_nanousd);
    return (passed [0] | passed [1]) >> 63 || routed;
}

#endif
