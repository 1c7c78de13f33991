/* SPDX-License-Identifier: MPL-2.0
 *
 * seq_intervals.c - numbers below a line, and intervals above it.
 */
#include "core/delivery/seq_intervals.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

#define FIRST_CAPACITY 4 /* most gaps come alone: between two connections of one producer */

void zc_seq_intervals_init (zc_seq_intervals_t *self, uint64_t base)
{
    *self = (zc_seq_intervals_t){.next = 1, .end = 1, .base = base > 1 ? base : 0};
}

void zc_seq_intervals_term (zc_seq_intervals_t *self)
{
    free (self->intervals);
    self->intervals = NULL;
    self->count = self->capacity = 0;
}

/* The first interval that ends above `number`; count where there is none. */
static uint32_t place_of (const zc_seq_intervals_t *self, uint64_t number)
{
    uint32_t low = 0, high = self->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (self->intervals [middle].end <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

zc_seq_intervals_part_t zc_seq_intervals_find (const zc_seq_intervals_t *self, uint64_t first, uint64_t end)
{
    if (first >= self->end)
        return ZC_SEQ_INTERVALS_NONE;
    if (first < self->next)
        return end <= self->next ? ZC_SEQ_INTERVALS_ALL : ZC_SEQ_INTERVALS_SOME;
    uint32_t place = place_of (self, first);
    const zc_interval_t *interval = &self->intervals [place];
    if (place == self->count || interval->first >= end)
        return ZC_SEQ_INTERVALS_NONE;
    return interval->first <= first && end <= interval->end ? ZC_SEQ_INTERVALS_ALL : ZC_SEQ_INTERVALS_SOME;
}

uint64_t zc_seq_intervals_from (const zc_seq_intervals_t *self, uint64_t number)
{
    if (number < self->next)
        return number;
    uint32_t place = place_of (self, number);
    bool above = place < self->count && self->intervals [place].first > number;
    return above ? self->intervals [place].first : number;
}

uint64_t zc_seq_intervals_missed (const zc_seq_intervals_t *self, uint64_t first, uint64_t end)
{
    uint64_t from = first > self->base ? first : self->base;
    return end > from ? end - from : 0;
}

/* ------------------------------------------------------------------------------ closing */

/* Drops the intervals that next has reached, moving it over them. */
static void absorb (zc_seq_intervals_t *self)
{
    uint32_t passed = 0;
    for (; passed < self->count && self->intervals [passed].first <= self->next; passed++)
        if (self->next < self->intervals [passed].end)
            self->next = self->intervals [passed].end;
    self->count -= passed;
    if (self->count == 0)
        zc_seq_intervals_term (self);
    else if (passed > 0)
        memmove (self->intervals, self->intervals + passed, self->count * sizeof *self->intervals);
}

/* Moves next to `number` at least, and over all intervals that it reaches. */
static void move_next (zc_seq_intervals_t *self, uint64_t number)
{
    if (self->next < number)
        self->next = number;
    if (self->count > 0)
        absorb (self);
    if (self->end < self->next)
        self->end = self->next;
    if (self->base <= self->next)
        self->base = 0;
}

/* Closes what is missing below `number`, up to where something is seen. Returns how much is missed. */
static uint64_t close_gap (zc_seq_intervals_t *self, uint64_t number)
{
    uint64_t missed = zc_seq_intervals_missed (self, self->next, number);
    move_next (self, number);
    return missed;
}

void zc_seq_intervals_close_base (zc_seq_intervals_t *self)
{
    if (self->base)
        move_next (self, self->base);
}

uint64_t zc_seq_intervals_close (zc_seq_intervals_t *self)
{
    uint64_t missed = 0;
    while (self->count > 0)
        missed += close_gap (self, self->intervals [0].first);
    return missed;
}

/* ------------------------------------------------------------------------------- adding */

/* Whether there is room for one more interval. */
static bool make_room (zc_seq_intervals_t *self)
{
    if (self->count < self->capacity)
        return true;
    if (self->capacity == ZC_INTERVALS_MAX)
        return false;
    uint32_t capacity = self->capacity ? self->capacity * 4 : FIRST_CAPACITY;
    zc_interval_t *intervals = realloc (self->intervals, capacity * sizeof *intervals);
    if (!intervals)
        return false;
    self->intervals = intervals;
    self->capacity = capacity;
    return true;
}
static_assert (FIRST_CAPACITY * 4 * 4 == ZC_INTERVALS_MAX, "the capacity ends at the limit");

static void insert (zc_seq_intervals_t *self, uint32_t place, uint64_t first, uint64_t end)
{
    zc_interval_t *at = &self->intervals [place];
    memmove (at + 1, at, (self->count - place) * sizeof *at);
    *at = (zc_interval_t){first, end};
    self->count++;
}

/* An interval that touches no other. */
static uint64_t add_apart (zc_seq_intervals_t *self, uint32_t place, uint64_t first, uint64_t end)
{
    uint64_t missed = 0;
    if (!make_room (self)) {
        if (place == 0) { /* it stands above the lowest gap itself */
            missed = zc_seq_intervals_missed (self, self->next, first);
            move_next (self, end);
            return missed;
        }
        missed = close_gap (self, self->intervals [0].first);
        place--;
    }
    insert (self, place, first, end);
    return missed;
}

/* Grows the interval below, the one above, or joins them. Whether either touches. */
static bool add_to_neighbour (zc_seq_intervals_t *self, uint32_t place, uint64_t first, uint64_t end)
{
    zc_interval_t *at = &self->intervals [place];
    bool below = place > 0 && at [-1].end == first, above = place < self->count && at->first == end;
    if (below)
        at [-1].end = above ? at->end : end;
    else if (above)
        at->first = first;
    if (below && above) {
        self->count--;
        memmove (at, at + 1, (self->count - place) * sizeof *at);
    }
    return below || above;
}

static uint64_t add (zc_seq_intervals_t *self, uint64_t first, uint64_t end)
{
    if (end > self->end)
        self->end = end;
    if (first == self->next) {
        move_next (self, end);
        return 0;
    }
    uint32_t place = place_of (self, first);
    if (self->count > 0 && add_to_neighbour (self, place, first, end))
        return 0;
    return add_apart (self, place, first, end);
}

uint64_t zc_seq_intervals_add (zc_seq_intervals_t *self, uint64_t first, uint64_t end)
{
    assert (first < end && zc_seq_intervals_find (self, first, end) == ZC_SEQ_INTERVALS_NONE);
    uint64_t next = self->next, missed = add (self, first, end);
    zc_check (self->next >= next && self->next <= self->end);
    zc_check (self->count == 0 || self->intervals [0].first > self->next);
    return missed;
}

bool zc_seq_intervals_ascend (uint64_t next, const zc_interval_t *intervals, uint32_t count)
{
    uint64_t end = next;
    for (uint32_t i = 0; i < count; i++) {
        if (intervals [i].first <= end || intervals [i].end <= intervals [i].first)
            return false;
        end = intervals [i].end;
    }
    return count <= ZC_INTERVALS_MAX;
}
