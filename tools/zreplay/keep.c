/* SPDX-License-Identifier: MPL-2.0
 *
 * keep.c - the trace's own times, kept. See keep.h.
 */
#include "zreplay/keep.h"

#include "wire/event.h"

#define HOUR_MS 3600000ll
#define NS_PER_MS 1000000

const char *zc_keep_time (zc_record_t *record, int64_t now_ms)
{
    if (record->at_ns == ZC_NO_TIME)
        return "ts: missing, but --keep-time needs it";
    int64_t ts_ms = record->at_ns / NS_PER_MS; /* no time here is before 1970: this rounds down */
    if (ts_ms < ZC_TS_MIN_MS)
        return "ts: before the year 2000";
    if (ts_ms > now_ms + ZC_TS_AHEAD_MS)
        return "ts: more than 24 h ahead of now";
    record->event.ts_ms = ts_ms;
    return NULL;
}

void zc_keep_count (zc_aged_t *aged, int64_t ts_ms, int64_t now_ms)
{
    int64_t age_ms = now_ms - ts_ms;
    aged->beyond_minutes += age_ms > ZC_MINUTES_KEPT_HOURS * HOUR_MS;
    aged->beyond_quarters += age_ms > ZC_QUARTERS_KEPT_DAYS * 24 * HOUR_MS;
}
