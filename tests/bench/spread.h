/* SPDX-License-Identifier: MPL-2.0
 *
 * spread.h - a distribution of nanoseconds: exact up to 128, and to 1% above.
 */
#ifndef BENCH_SPREAD_H
#define BENCH_SPREAD_H

#include <stdint.h>

/* 64 buckets for each power of 2: small enough to stay out of the measured call's caches. */
#define SPREAD_HALF 64
#define SPREAD_BUCKETS (SPREAD_HALF * 40)

typedef struct {
    uint64_t samples, max;
    uint32_t counts [SPREAD_BUCKETS];
} spread_t;

static inline unsigned spread_bucket (uint64_t value)
{
    if (value < 2 * SPREAD_HALF)
        return (unsigned) value;
    unsigned shift = 57 - (unsigned) __builtin_clzll (value);
    unsigned bucket = SPREAD_HALF * shift + (unsigned) (value >> shift);
    return bucket < SPREAD_BUCKETS ? bucket : SPREAD_BUCKETS - 1;
}

static inline uint64_t spread_value (unsigned bucket)
{
    if (bucket < 2 * SPREAD_HALF)
        return bucket;
    unsigned shift = bucket / SPREAD_HALF - 1;
    return (uint64_t) (bucket % SPREAD_HALF + SPREAD_HALF) << shift;
}

static inline void spread_add (spread_t *self, uint64_t value)
{
    self->samples++;
    self->counts [spread_bucket (value)]++;
    if (value > self->max)
        self->max = value;
}

static inline uint64_t spread_quantile (const spread_t *self, double share)
{
    uint64_t rank = (uint64_t) (share * (double) self->samples), seen = 0;
    for (unsigned i = 0; i < SPREAD_BUCKETS; i++)
        if ((seen += self->counts [i]) > rank)
            return spread_value (i);
    return self->max;
}

#endif
