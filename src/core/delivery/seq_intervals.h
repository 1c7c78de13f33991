/* SPDX-License-Identifier: MPL-2.0
 *
 * seq_intervals.h - which numbers of one epoch have been seen.
 *
 * All below `next`, and the intervals above it. Bounded: where there would be more than
 * ZC_INTERVALS_MAX intervals, or no memory for one more, the lowest gap is closed. To close is to count
 * as seen what was not, for good. Owns the intervals; knows no producer, no time.
 */
#ifndef ZC_SEQ_INTERVALS_H
#define ZC_SEQ_INTERVALS_H

#include <stdbool.h>
#include <stdint.h>

#define ZC_INTERVALS_MAX 64 /* of numbers seen above a gap: one more closes the lowest gap, which is then lost */

/* Numbers first, first + 1, ... end - 1. */
typedef struct {
    uint64_t first, end;
} zc_interval_t;

typedef struct {
    uint64_t next;            /* all below are seen, this one is not */
    uint64_t end;             /* none from here on is seen */
    uint64_t base;            /* what is below is closed without being missed; 0 as soon as next is not below it */
    zc_interval_t *intervals; /* above next, ascending, apart from each other; NULL where there are none */
    uint32_t count, capacity;
} zc_seq_intervals_t;

typedef enum { ZC_SEQ_INTERVALS_NONE, ZC_SEQ_INTERVALS_ALL, ZC_SEQ_INTERVALS_SOME } zc_seq_intervals_part_t;

/* Nothing is seen; numbers below base will not be missed. */
void zc_seq_intervals_init (zc_seq_intervals_t *self, uint64_t base);
void zc_seq_intervals_term (zc_seq_intervals_t *self);

/* How much of first ... end - 1 is seen. first < end. */
zc_seq_intervals_part_t zc_seq_intervals_find (const zc_seq_intervals_t *self, uint64_t first, uint64_t end);

/* The lowest number seen from `number` on; `number` itself where there is none. */
uint64_t zc_seq_intervals_from (const zc_seq_intervals_t *self, uint64_t number);

/* Adds first ... end - 1, of which none is seen. Returns how many numbers it closed, for want of room,
 * that are missed. */
uint64_t zc_seq_intervals_add (zc_seq_intervals_t *self, uint64_t first, uint64_t end);

/* How many of first ... end - 1 are missed when they are closed. first <= end. */
uint64_t zc_seq_intervals_missed (const zc_seq_intervals_t *self, uint64_t first, uint64_t end);

/* Closes all below base; all below end: returns how many of these are missed. */
void zc_seq_intervals_close_base (zc_seq_intervals_t *self);
uint64_t zc_seq_intervals_close (zc_seq_intervals_t *self);

/* Whether intervals are what may stand above `next`: ascending, apart from it and from each other, not too many. */
bool zc_seq_intervals_ascend (uint64_t next, const zc_interval_t *intervals, uint32_t count);

#endif
