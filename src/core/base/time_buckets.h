/* SPDX-License-Identifier: MPL-2.0
 *
 * time_buckets.h - the sizes of the buckets that time is cut into: a minute, a quarter of an hour, a day.
 *
 * The one list of them. Each bucket begins at a multiple of its size since the epoch, UTC.
 */
#ifndef ZC_TIME_BUCKETS_H
#define ZC_TIME_BUCKETS_H

#include <stdint.h>

typedef enum {
    ZC_MINUTE,
    ZC_QUARTER,
    ZC_DAY,
    ZC_TIME_BUCKETS,
    ZC_EVER = ZC_TIME_BUCKETS /* one bucket for all time */
} zc_time_bucket_t;

#define ZC_MINUTE_S INT64_C (60)
#define ZC_QUARTER_S INT64_C (900)
#define ZC_DAY_S INT64_C (86400)

/* Not of ZC_EVER. */
static inline int64_t zc_time_bucket_seconds (zc_time_bucket_t level)
{
    static const int64_t seconds [ZC_TIME_BUCKETS] = {ZC_MINUTE_S, ZC_QUARTER_S, ZC_DAY_S};
    return seconds [level];
}

static inline int64_t zc_time_bucket_ms (zc_time_bucket_t level)
{
    static const int64_t ms [ZC_TIME_BUCKETS] = {1000 * ZC_MINUTE_S, 1000 * ZC_QUARTER_S, 1000 * ZC_DAY_S};
    return ms [level];
}

/* The start of the bucket that holds a time; before the epoch too. */
static inline int64_t zc_time_bucket_start (zc_time_bucket_t level, int64_t s)
{
    int64_t size_s = zc_time_bucket_seconds (level), into_s = s % size_s;
    return s - (into_s < 0 ? into_s + size_s : into_s);
}

#endif
