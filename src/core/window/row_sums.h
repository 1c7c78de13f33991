/* SPDX-License-Identifier: MPL-2.0
 *
 * row_sums.h - what is summed for a row of an answer, or for a point of a series; and how many points there may be.
 */
#ifndef ZC_ROW_SUMS_H
#define ZC_ROW_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/ledger/cells.h"

#define ZC_SERIES_POINTS_MAX 100000 /* of a series, in all rows, those not shown too; more fail it */

typedef struct {
    zc_measures_t sums;
    int64_t routed_cost_nanousd; /* the part of the cost that was queries', and so has a baseline */
} zc_row_sums_t;

/* Adds, and tells whether a sum passed 64 bits: it then has another sign than both its parts. In pairs but for the
 * last, without a branch. */
static inline bool zc_row_sums_add (zc_row_sums_t *self, const zc_measures_t *more, int64_t routed_cost_nanousd)
{
    enum { LAST = sizeof *more / sizeof (int64_t) - 1 };
    _Static_assert(LAST % 2 == 0 && offsetof (zc_measures_t, saved_tokens) == LAST * sizeof (int64_t),
                   "measures are pairs of 64-bit integers, and one more");
    typedef uint64_t pair_t __attribute__ ((vector_size (16), aligned (8), may_alias));
    pair_t *to = (pair_t *) &self->sums, passed = {0, 0};
    const pair_t *from = (const pair_t *) more;
    for (size_t i = 0; i < LAST / 2; i++) {
        pair_t sum = to [i] + from [i];
        passed |= (sum ^ to [i]) & (sum ^ from [i]);
        to [i] = sum;
    }
    bool last = __builtin_add_overflow (self->sums.saved_tokens, more->saved_tokens, &self->sums.saved_tokens);
    bool routed = __builtin_add_overflow (self->routed_cost_nanousd, routed_cost_nanousd, &self->routed_cost_nanousd);
    return (passed [0] | passed [1]) >> 63 || last || routed;
}

#endif
