/* SPDX-License-Identifier: MPL-2.0
 *
 * pieces.h - what a plan reads from the store, cut so that several threads read it side by side.
 *
 * By time: each piece is read by whoever comes for it first, so that all end together whatever is in them.
 */
#ifndef ZC_PIECES_H
#define ZC_PIECES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/plan.h"

#define ZC_PIECES 16 /* that a plan is cut into, and one more for each span that is not cut evenly */
#define ZC_PIECES_MAX (ZC_PIECES + ZC_PLAN_SPANS_MAX)

typedef struct {
    zc_span_t spans [ZC_PIECES_MAX];
    size_t count;
    int64_t buckets; /* in all of them */
    atomic_size_t next;
} zc_pieces_t;

void zc_pieces_cut (zc_pieces_t *self, const zc_plan_t *plan);

/* The next one that nobody has; NULL: none is left. Any thread. */
const zc_span_t *zc_pieces_next (zc_pieces_t *self);

/* From now on none is left. Any thread. */
void zc_pieces_drop (zc_pieces_t *self);

#endif
