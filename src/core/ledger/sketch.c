/* SPDX-License-Identifier: MPL-2.0
 *
 * sketch.c - counts by bin.
 */
#include "core/ledger/sketch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MIN 64u
#define SIZE_MAX_SLOTS (1u << 31)

/* ------------------------------------------------------------------------ bins */

int64_t zc_sketch_bin_us (uint32_t bin)
{
    if (bin < 2 * ZC_OCTAVE)
        return bin;
    uint32_t shift = bin / ZC_OCTAVE - 1;
    int64_t least = (int64_t) (bin - shift * ZC_OCTAVE) << shift;
    return least + ((INT64_C (1) << shift) - 1) / 2;
}

/* ----------------------------------------------------------------------- table */

static uint32_t empty_slot (const zc_sketches_t *self, uint32_t slot)
{
    while (self->slots [slot])
        slot = slot + 1 == self->size ? 0 : slot + 1;
    return slot;
}

static void put (zc_sketches_t *self, zc_binned_t binned)
{
    self->slots [empty_slot (self, zc_sketches_slot (self, binned))] = binned;
}

static bool is_full (zc_binned_t binned)
{
    return ZC_BINNED_EVENTS (binned) == ZC_BIN_EVENTS_MAX;
}

/* By a quarter, and far from full: nearly every bin is found where it is looked for first, which each event with a
 * latency does; and memory is bounded more closely than by doubling. Full slots last: a bin is found where it has
 * room. */
int zc_sketches_grow (zc_sketches_t *self)
{
    zc_sketches_t bigger = *self;
    if (self->size > SIZE_MAX_SLOTS / 2)
        return -1;
    bigger.size = self->size ? self->size + self->size / 4 : SIZE_MIN;
    bigger.limit = bigger.size / 12 * 5;
    bigger.slots = calloc (bigger.size, sizeof *bigger.slots);
    if (!bigger.slots)
        return -1;
    if (!self->slots)
        bigger.secret = (uintptr_t) bigger.slots * UINT64_C (0xd6e8feb86659fd93);
    for (int full = 0; self->slots && full < 2; full++)
        for (uint32_t slot = 0; slot < self->size; slot++)
            if (self->slots [slot] && is_full (self->slots [slot]) == full)
                put (&bigger, self->slots [slot]);
    free (self->slots);
    *self = bigger;
    return 0;
}

void zc_sketches_term (zc_sketches_t *self)
{
    free (self->slots);
    memset (self, 0, sizeof *self);
}

void zc_sketches_clear (zc_sketches_t *self, uint32_t keep_slots)
{
    if (self->size > keep_slots)
        zc_sketches_term (self);
    else if (self->count > 0)
        memset (self->slots, 0, self->size * sizeof *self->slots);
    self->count = 0;
}

/* Adds to a slot of the same bin, or takes one; what is too many for one slot goes on to empty ones, full, so that
 * the slot that is found first keeps room. */
static int add_many (zc_sketches_t *self, uint32_t slot, zc_binned_t place, uint64_t events)
{
    uint32_t first = slot, beyond = slot;
    events += ZC_BINNED_EVENTS (self->slots [slot]);
    self->count += !self->slots [slot];
    self->slots [slot] = place | ZC_BIN_EVENTS_MAX;
    for (; events > ZC_BIN_EVENTS_MAX; events -= ZC_BIN_EVENTS_MAX) {
        if (self->count >= self->limit) {
            if (zc_sketches_grow (self) == -1)
                return -1;
            /* Now every slot of this bin is full: any of them is the first as good as another. */
            first = beyond = zc_sketches_find (self, place);
        }
        beyond = empty_slot (self, beyond);
        self->slots [beyond] = place | ZC_BIN_EVENTS_MAX;
        self->count++;
    }
    self->slots [first] = place | events;
    return 0;
}

int zc_sketches_add (zc_sketches_t *self, uint32_t owner, uint32_t bin, uint64_t events)
{
    zc_binned_t place = ZC_BINNED (owner, bin, 0);
    if (events == 0)
        return 0;
    if (zc_sketches_reserve (self) == -1)
        return -1;
    uint32_t slot = zc_sketches_find (self, place);
    zc_binned_t found = self->slots [slot];
    if (events > ZC_BIN_EVENTS_MAX - ZC_BINNED_EVENTS (found))
        return add_many (self, slot, place, events);
    self->slots [slot] = (found ? found : place) + events;
    self->count += !found;
    return 0;
}

/* ------------------------------------------------------------------------ sort */

#define DIGIT_BITS 8
#define DIGITS (64 / DIGIT_BITS)
#define DIGIT(binned, digit) ((binned) >> (digit) *DIGIT_BITS & ((1u << DIGIT_BITS) - 1))

/* One pass of a radix sort: into the order of one digit. False: all have the same, and nothing was done. */
static bool sort_by_digit (const zc_binned_t *from, zc_binned_t *to, size_t count, unsigned digit)
{
    size_t ends [1u << DIGIT_BITS] = {0}, before = 0;
    for (size_t i = 0; i < count; i++)
        ends [DIGIT (from [i], digit)]++;
    if (ends [DIGIT (from [0], digit)] == count)
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t here = ends [i];
        ends [i] = before;
        before += here;
    }
    for (size_t i = 0; i < count; i++)
        to [ends [DIGIT (from [i], digit)]++] = from [i];
    return true;
}

/* The digits of a place are the upper five. */
#define PLACE_DIGIT 3

static zc_binned_t *sort_from (zc_binned_t *counts, zc_binned_t *other, size_t n, unsigned digit)
{
    for (; digit < DIGITS && n > 0; digit++)
        if (sort_by_digit (counts, other, n, digit)) {
            zc_binned_t *now = other;
            other = counts;
            counts = now;
        }
    return counts;
}

zc_binned_t *zc_sketch_sort_binned (zc_binned_t *counts, zc_binned_t *other, size_t n)
{
    return sort_from (counts, other, n, PLACE_DIGIT);
}

/* The counts as they lie, and how many. ret_full: whether one of them fills its slot, so that its bin may be there
 * again. */
static size_t gather (const zc_sketches_t *self, zc_binned_t *counts, bool *ret_full)
{
    size_t count = 0;
    bool full = false;
    for (uint32_t slot = 0; slot < self->size; slot++)
        if (self->slots [slot]) {
            full |= is_full (self->slots [slot]);
            counts [count++] = self->slots [slot];
        }
    *ret_full = full;
    return count;
}

/* By place only, where no place is there twice. */
zc_binned_t *zc_sketches_sorted (const zc_sketches_t *self, size_t *ret_count)
{
    size_t bytes = (self->count ? self->count : 1) * sizeof (zc_binned_t);
    zc_binned_t *counts = malloc (bytes), *other = malloc (bytes);
    if (!counts || !other) {
        free (counts);
        free (other);
        return NULL;
    }
    bool twice;
    *ret_count = gather (self, counts, &twice);
    zc_binned_t *sorted = sort_from (counts, other, *ret_count, twice ? 0 : PLACE_DIGIT);
    free (sorted == counts ? other : counts);
    return sorted;
}

/* ------------------------------------------------------------------- quantiles */

void zc_sketch_quantiles (const zc_binned_t *counts, size_t n, const double *qs, size_t qs_count, int64_t *ret_us)
{
    uint64_t events = 0, below = 0;
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        events += ZC_BINNED_EVENTS (counts [i]);
    for (size_t q = 0; q < qs_count; q++) {
        uint64_t rank = (uint64_t) (qs [q] * (double) (events - 1));
        while (at + 1 < n && below + ZC_BINNED_EVENTS (counts [at]) <= rank)
            below += ZC_BINNED_EVENTS (counts [at++]);
        ret_us [q] = zc_sketch_bin_us (ZC_BINNED_BIN (counts [at]));
    }
}

/* ------------------------------------------------------------------ saved form */

static uint8_t *put_varint (uint8_t *to, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *to++ = (uint8_t) (number | 0x80);
    *to++ = (uint8_t) number;
    return to;
}

size_t zc_sketch_pack (const zc_binned_t *counts, size_t n, uint8_t *to)
{
    const uint8_t *begin = to;
    uint32_t before = 0;
    for (size_t i = 0; i < n;) {
        uint32_t bin = ZC_BINNED_BIN (counts [i]);
        uint64_t events = 0;
        for (; i < n && ZC_BINNED_BIN (counts [i]) == bin; i++)
            events += ZC_BINNED_EVENTS (counts [i]);
        to = put_varint (to, bin - before);
        to = put_varint (to, events);
        before = bin;
    }
    return (size_t) (to - begin);
}

/* At most `bits` bits; NULL where it is longer, longer than it need be, or cut off. */
static const uint8_t *read_varint (const uint8_t *at, const uint8_t *end, unsigned bits, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; at < end && shift < bits; shift += 7, at++) {
        number |= (uint64_t) (*at & 0x7f) << shift;
        if (*at < 0x80) {
            *ret_number = number;
            return *at == 0 && shift > 0 ? NULL : at + 1;
        }
    }
    return NULL;
}

const uint8_t *zc_sketch_unpack (const uint8_t *at, const uint8_t *end, int32_t *bin, uint64_t *ret_events,
                                 int *ret_bad)
{
    uint64_t distance = 0, events = 0;
    bool first = *bin < 0;
    *ret_bad = 0;
    if (at == end)
        return NULL;
    at = read_varint (at, end, 14, &distance);
    if (at)
        at = read_varint (at, end, 56, &events);
    uint64_t next = (first ? 0 : (uint64_t) *bin) + distance;
    if (!at || events == 0 || (!first && distance == 0) || next >= ZC_BINS) {
        *ret_bad = 1;
        return NULL;
    }
    *bin = (int32_t) next;
    *ret_events = events;
    return at;
}
