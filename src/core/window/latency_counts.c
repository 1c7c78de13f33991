/* SPDX-License-Identifier: MPL-2.0
 *
 * latency_counts.c - how the latencies of an answer's points are spread.
 */
#include "core/window/latency_counts.h"

#include <stdlib.h>
#include <string.h>

#include "core/window/series_points.h"

#define CAPACITY_MIN 4096u
#define SORT_FROM 65536u /* counts: before, room for more costs less than to add up what is there */

void zc_latency_counts_term (zc_latency_counts_t *self)
{
    free (self->counts);
    memset (self, 0, sizeof *self);
}

/* ------------------------------------------------------------------------ sort */

/* A place's events as so many counts as they need, all but the first one full. Returns where the next one goes. */
static zc_binned_t *put (zc_binned_t *to, zc_binned_t place, uint64_t events)
{
    *to++ = place | ((events - 1) % ZC_BIN_EVENTS_MAX + 1);
    for (uint64_t full = (events - 1) / ZC_BIN_EVENTS_MAX; full > 0; full--)
        *to++ = place | ZC_BIN_EVENTS_MAX;
    return to;
}

/* Adds up what is of one place. Nothing is overwritten before it was read: what is put needs no more counts than it
 * came from. Returns how many there are then. */
static size_t add_up (zc_binned_t *counts, size_t n)
{
    zc_binned_t *to = counts;
    for (size_t i = 0; i < n;) {
        zc_binned_t place = counts [i] >> 24 << 24;
        uint64_t events = ZC_BINNED_EVENTS (counts [i]);
        for (i++; i < n && counts [i] >> 24 == place >> 24; i++)
            events += ZC_BINNED_EVENTS (counts [i]);
        to = put (to, place, events);
    }
    return (size_t) (to - counts);
}

int zc_latency_counts_sort (zc_latency_counts_t *self)
{
    if (self->count == 0)
        return 0;
    zc_binned_t *room = malloc (self->capacity * sizeof *room);
    if (!room)
        return -1;
    zc_binned_t *sorted = zc_sketch_sort_binned (self->counts, room, self->count);
    free (sorted == room ? self->counts : room);
    self->counts = sorted;
    self->count = add_up (sorted, self->count);
    return 0;
}

/* ------------------------------------------------------------------------- add */

/* Sorted only where the list has doubled since: an addition is sorted a few times, however many there are. */
static int make_room (zc_latency_counts_t *self)
{
    if (self->count < self->capacity)
        return 0;
    if (self->count >= SORT_FROM && zc_latency_counts_sort (self) == -1)
        return -1;
    if (self->count > 0 && self->count <= self->capacity / 2)
        return 0;
    size_t capacity = self->count ? 2 * self->count : CAPACITY_MIN;
    zc_binned_t *counts = realloc (self->counts, capacity * sizeof *counts);
    if (!counts)
        return -1;
    self->counts = counts;
    self->capacity = capacity;
    return 0;
}

int zc_latency_counts_add_any (zc_latency_counts_t *self, uint32_t point, uint32_t bin, uint64_t events)
{
    if (events > ZC_LATENCY_COUNTS_EVENTS_MAX)
        return -1;
    while (events > 0) {
        uint64_t now = events < ZC_BIN_EVENTS_MAX ? events : ZC_BIN_EVENTS_MAX;
        if (make_room (self) == -1)
            return -1;
        self->counts [self->count++] = ZC_BINNED (point, bin, now);
        events -= now;
    }
    return 0;
}

/* Empty slots of a table are 0, and add no events. */
static int add_counts (zc_latency_counts_t *self, const zc_binned_t *counts, size_t n, const uint32_t *point_of)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t point = counts [i] ? point_of [ZC_BINNED_OWNER (counts [i])] : ZC_SERIES_POINT_NONE;
        if (point != ZC_SERIES_POINT_NONE &&
            zc_latency_counts_add (self, point, ZC_BINNED_BIN (counts [i]), ZC_BINNED_EVENTS (counts [i])) == -1)
            return -1;
    }
    return 0;
}

int zc_latency_counts_add_sketches (zc_latency_counts_t *self, const zc_sketches_t *more, const uint32_t *point_of)
{
    return add_counts (self, more->slots, more->size, point_of);
}

int zc_latency_counts_add_counts (zc_latency_counts_t *self, const zc_latency_counts_t *more, const uint32_t *point_of)
{
    return add_counts (self, more->counts, more->count, point_of);
}
