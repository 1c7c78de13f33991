/* SPDX-License-Identifier: MPL-2.0
 *
 * keep.h - --keep-time: events carry the time that the trace gives them, not that of their replay.
 *
 * Refuses what the daemon would reject, and counts what it keeps in coarser buckets than minutes by its
 * defaults: that is known from the age alone, without asking it. Knows no clock.
 */
#ifndef ZC_KEEP_H
#define ZC_KEEP_H

#include <stdint.h>

#include "zreplay/record.h"

/* The daemon's defaults: retention/minutes and retention/quarters. */
#define ZC_MINUTES_KEPT_HOURS 48
#define ZC_QUARTERS_KEPT_DAYS 400

/* Events by their age when they were played. */
typedef struct {
    uint64_t beyond_minutes;  /* too old for minutes */
    uint64_t beyond_quarters; /* of these: too old for quarters of an hour */
} zc_aged_t;

/* Gives the event its row's time, cut to the millisecond. NULL, or why it cannot have it. */
const char *zc_keep_time (zc_record_t *record, int64_t now_ms);

/* Counts an event that was played. */
void zc_keep_count (zc_aged_t *aged, int64_t ts_ms, int64_t now_ms);

#endif
