/* SPDX-License-Identifier: MPL-2.0
 *
 * window_plan.h - which buckets answer for a window of time.
 *
 * A window widens to the finest buckets that are kept for its edges; between them the coarsest buckets that fit
 * are read, for they are the fewest. Pure arithmetic.
 *
 * The line of time is cut once, for every window alike: into minutes where these are kept, before them into quarters
 * of an hour, before them into days; finer buckets begin with a coarser one. A window is widened to whole pieces of
 * that line, so that windows that meet without being widened neither share an event nor leave one out.
 */
#ifndef ZC_WINDOW_PLAN_H
#define ZC_WINDOW_PLAN_H

#include "core/window/query_spec.h"
#include "core/ledger/cells.h"

/* Buckets of a size that start from since_s on and before until_s. ZC_EVER: the sums for good; times are ignored. */
typedef struct {
    zc_time_bucket_t level;
    int64_t since_s, until_s;
} zc_span_t;

/* From when on there are which buckets. Any values: a time that begins no bucket of the next coarser size counts as
 * the next one that does, and times before 1970 (ZC_TIMES_END_S) as 1970 (the end). */
typedef struct {
    int64_t now_ms;
    int64_t from_s [ZC_TIME_BUCKETS]; /* every bucket of this size from here on is kept, whole */
    int64_t first_s;                  /* no event is older; INT64_MAX: there is none */
    int64_t recent_from_s;            /* minutes from here on are in memory; INT64_MAX: none */
} zc_coverage_t;

#define ZC_TIMES_END_S INT64_C (253402300800) /* the year 10000: windows end here. A multiple of a day */
#define ZC_WINDOW_PLAN_SPANS_MAX 8

typedef struct {
    zc_span_t spans [ZC_WINDOW_PLAN_SPANS_MAX]; /* to read from the store: disjoint, ascending, none empty */
    size_t spans_count;
    int64_t recent_since_s, recent_until_s; /* minutes to read from memory, after all spans; equal: none */
    int64_t since_s, until_s; /* the window: what is not in the store yet counts where its bucket starts in it. Without
                               * an `until` that is INT64_MAX: events may be stamped ahead of time */
    int64_t since_ms, until_ms; /* what the answer says it used. Without a `since`: first_s; an `until`: now */
    int64_t step_s;  /* of a series: as asked, or widened to a multiple of the buckets kept at `since`; else 0 */
    int64_t start_s; /* of a series: its first step, which holds since_ms; else 0 */
} zc_window_plan_t;

/* Without since and until a report and a breakdown read ZC_EVER (and with a since before all events, where no day was
 * removed); a series everything from first_s on. What from_s says of days is gone is no part of a window: its `since` is
 * then later than asked. An `until` that is not after `since` gives an empty window. A series has its steps at
 * multiples of step_s since the epoch; its window widens to whole steps; and no bucket is read that is larger than a
 * step or not within one. */
void zc_window_plan_make (const zc_query_spec_t *spec, const zc_coverage_t *reach, zc_window_plan_t *ret_plan);

#endif
