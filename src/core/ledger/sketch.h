/* SPDX-License-Identifier: MPL-2.0
 *
 * sketch.h - how latencies are spread: counts by bin, of many owners in one table.
 *
 * A sketch in the sense of DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 12(12), 2019): a quantile is told within
 * a relative error, two sketches merge by adding their counts, and the order of what was added does not show. Its
 * bins are those of HdrHistogram: 64 to each doubling, whole microseconds below 128. So a bin's number is integer
 * arithmetic, the same on every machine, and the error is at most 1/128 (0.79 %). Where DDSketch gives up its
 * lowest bins beyond a size, here no bin is ever given up: there are less than ZC_BINS.
 *
 * The table is one hash table for all owners (the cells of a set, the rows of an answer): an owner costs 19 to 24
 * bytes for each bin that it uses. Single thread.
 */
#ifndef ZC_SKETCH_H
#define ZC_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define ZC_BINS 4096                       /* bins are numbered below; latencies of up to 2^50 us use 2,881 */
#define ZC_SKETCH_OWNERS_MAX (1u << 28)    /* owners are numbered below */
#define ZC_BIN_EVENTS_MAX ((1u << 24) - 1) /* in one slot; a bin with more has several slots */

/* The bin of a latency (a negative one counts as 0); and the latency that stands for a bin: its middle. */
static inline uint32_t zc_sketch_bin_of (int64_t us);
int64_t zc_sketch_bin_us (uint32_t bin);

/* One count: how many events of an owner fall into a bin. Ordered as integers they are ordered by owner, then
 * by bin. 0: none. */
typedef uint64_t zc_binned_t;

#define ZC_BINNED(owner, bin, events) ((uint64_t) (owner) << 36 | (uint64_t) (bin) << 24 | (uint64_t) (events))
#define ZC_BINNED_OWNER(binned) ((uint32_t) ((binned) >> 36))
#define ZC_BINNED_BIN(binned) ((uint32_t) ((binned) >> 24) & (ZC_BINS - 1))
#define ZC_BINNED_EVENTS(binned) ((uint32_t) (binned) &ZC_BIN_EVENTS_MAX)

typedef struct {
    zc_binned_t *slots; /* open addressing; 0: empty */
    uint32_t size;      /* of slots */
    uint32_t count;     /* slots in use */
    uint32_t limit;     /* at so many it grows */
    uint64_t secret;    /* which no sender knows: no choice of latencies makes it slow */
} zc_sketches_t;

/* A table of all zeros is one without counts. */
void zc_sketches_term (zc_sketches_t *self);

/* Empties it; keeps its memory up to so many slots. */
void zc_sketches_clear (zc_sketches_t *self, uint32_t keep_slots);

/* Makes room, so that the next zc_sketches_add of one event cannot fail. Returns 0, or -1 without memory. */
static inline int zc_sketches_reserve (zc_sketches_t *self);

/* Adds one event to an owner's bin, after zc_sketches_reserve. */
static inline void zc_sketches_count (zc_sketches_t *self, uint32_t owner, uint32_t bin);

/* Adds events to an owner's bin. Returns 0, or -1 without memory: then some may have been added. */
int zc_sketches_add (zc_sketches_t *self, uint32_t owner, uint32_t bin, uint64_t events);

/* All counts, ascending: by owner, then by bin (a bin with more than ZC_BIN_EVENTS_MAX events several times). The
 * array is the caller's to free; *ret_count may be 0. NULL without memory. */
zc_binned_t *zc_sketches_sorted (const zc_sketches_t *self, size_t *ret_count);

/* Sorts counts by owner, then by bin; what is equal stays in its order. `other`: room for as many. Returns the one of
 * both where they are then. */
zc_binned_t *zc_sketch_sort_binned (zc_binned_t *counts, zc_binned_t *other, size_t n);

/* Quantiles of one owner, from its counts in ascending order (at least one): of n events in ascending order, the
 * quantile q is that numbered floor (q * (n - 1)) from 0, as DDSketch has it; told as its bin's middle. qs ascending,
 * 0 to 1. */
void zc_sketch_quantiles (const zc_binned_t *counts, size_t n, const double *qs, size_t qs_count, int64_t *ret_us);

/* The saved form of one owner's counts: for each bin, ascending, the distance to the bin before (of the first, its
 * number) and its events, both as LEB128 varints, as short as they can be. */
#define ZC_PACKED_BIN_BYTES_MAX 12
size_t zc_sketch_pack (const zc_binned_t *counts, size_t n, uint8_t *to); /* to: n * ZC_PACKED_BIN_BYTES_MAX bytes */

/* Reads one bin of the saved form. Returns what follows, or NULL: the end, or not what zc_sketch_pack makes
 * (*ret_bad tells which). *bin: that of the bin before; -1 at first. */
const uint8_t *zc_sketch_unpack (const uint8_t *at, const uint8_t *end, int32_t *bin, uint64_t *ret_events,
                                 int *ret_bad);

/* ----------------------------------------------------------------------- inline */

#define ZC_OCTAVE_BITS 6 /* 64 bins to each doubling */
#define ZC_OCTAVE (1u << ZC_OCTAVE_BITS)

/* Above 127 a bin holds the numbers that agree in their seven highest bits. */
static inline uint32_t zc_sketch_bin_of (int64_t us)
{
    if (us < 2 * ZC_OCTAVE)
        return us < 0 ? 0 : (uint32_t) us;
    uint32_t shift = 63 - ZC_OCTAVE_BITS - (uint32_t) __builtin_clzll ((uint64_t) us);
    return shift * ZC_OCTAVE + (uint32_t) (us >> shift);
}

int zc_sketches_grow (zc_sketches_t *self); /* for zc_sketches_reserve */

static inline int zc_sketches_reserve (zc_sketches_t *self)
{
    return self->count < self->limit ? 0 : zc_sketches_grow (self);
}

/* Where a bin of an owner is looked for first: any size will do, for a hash is taken as a fraction of it. */
static inline uint32_t zc_sketches_slot (const zc_sketches_t *self, zc_binned_t binned)
{
    unsigned __int128 product = (unsigned __int128) (binned >> 24 ^ self->secret) * UINT64_C (0x9e3779b97f4a7c15);
    uint64_t hash = (uint64_t) (product >> 64) ^ (uint64_t) product;
    return (uint32_t) ((hash >> 32) * self->size >> 32);
}

/* The slot of a bin, or the empty one where it would be. */
static inline uint32_t zc_sketches_find (const zc_sketches_t *self, zc_binned_t place)
{
    uint32_t slot = zc_sketches_slot (self, place);
    while (self->slots [slot] && self->slots [slot] >> 24 != place >> 24)
        slot = slot + 1 == self->size ? 0 : slot + 1;
    return slot;
}

static inline void zc_sketches_count (zc_sketches_t *self, uint32_t owner, uint32_t bin)
{
    zc_binned_t place = ZC_BINNED (owner, bin, 0), *found = &self->slots [zc_sketches_find (self, place)];
    if (ZC_BINNED_EVENTS (*found) == ZC_BIN_EVENTS_MAX) {
        zc_sketches_add (self, owner, bin, 1);
        return;
    }
    self->count += !*found;
    *found = (*found ? *found : place) + 1;
}

#endif
