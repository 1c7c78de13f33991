/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_seen.h - which numbers of one epoch have been seen.
 *
 * All below `next`, and the intervals above it. Bounded: where there would be more than
 * ZC_INTERVALS_MAX intervals, or no memory for one more, the lowest gap is closed. To close is to count
 * as seen what was not, for good. Owns the intervals; knows no producer, no time.
 */
#ifndef ZC_PRODUCERS_SEEN_H
#define ZC_PRODUCERS_SEEN_H

#include <stdint.h>

#include "core/producers.h"

typedef struct {
    uint64_t next; /* all below are seen, this one is not */
    uint64_t end;  /* none from here on is seen */
    uint64_t base; /* what is below is closed without being missed; 0 as soon as next is not below it */
    zc_interval_t *intervals; /* above next, ascending, apart from each other; NULL where there are none */
    uint32_t count, capacity;
} zc_seen_t;

typedef enum { ZC_SEEN_NONE, ZC_SEEN_ALL, ZC_SEEN_SOME } zc_seen_part_t;

/* Nothing is seen; numbers below base will not be missed. */
void zc_seen_init (zc_seen_t *self, uint64_t base);
void zc_seen_term (zc_seen_t *self);

/* How much of first ... end - 1 is seen. first < end. */
zc_seen_part_t zc_seen_look (const zc_seen_t *self, uint64_t first, uint64_t end);

/* The lowest number seen from `number` on; `number` itself where there is none. */
uint64_t zc_seen_from (const zc_seen_t *self, uint64_t number);

/* Adds first ... end - 1, of which none is seen. Returns how many numbers it closed, for want of room,
 * that are missed. */
uint64_t zc_seen_add (zc_seen_t *self, uint64_t first, uint64_t end);

/* How many of first ... end - 1 are missed when they are closed. first <= end. */
uint64_t zc_seen_missed (const zc_seen_t *self, uint64_t first, uint64_t end);

/* Closes all below base; all below end: returns how many of these are missed. */
void zc_seen_close_base (zc_seen_t *self);
uint64_t zc_seen_close (zc_seen_t *self);

#endif
