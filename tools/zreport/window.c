/* SPDX-License-Identifier: MPL-2.0
 *
 * window.c - which time a command is about; see window.h.
 */
#include "zreport/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_MAX_S (INT64_C (3660) * 86400)
#define COUNT_MAX 100000
#define ZONED_BYTES 48

/* ------------------------------------------------------------------ durations */

typedef struct {
    int64_t count;
    char unit [3]; /* "" where none was given */
} span_t;

/* Digits and letters. */
static bool read_span (const char *text, span_t *ret_span)
{
    char *end;
    errno = 0;
    long long count = *text >= '0' && *text <= '9' ? strtoll (text, &end, 10) : 0;
    if (errno || count < 1 || strlen (end) > 2)
        return false;
    *ret_span = (span_t){.count = count};
    strcpy (ret_span->unit, end);
    return true;
}

/* Seconds of a unit of one length; 0: it is none. */
static int64_t unit_seconds (const char *unit)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units [] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400}};
    for (size_t i = 0; i < sizeof units / sizeof units [0]; i++)
        if (strcmp (unit, units [i].unit) == 0)
            return units [i].seconds;
    return 0;
}

bool zr_window_duration_read (const char *text, int64_t *ret_seconds)
{
    span_t span;
    int64_t seconds = read_span (text, &span) ? unit_seconds (span.unit) : 0;
    if (seconds == 0 || span.count > SPAN_MAX_S / seconds)
        return false;
    *ret_seconds = span.count * seconds;
    return true;
}

static bool civil_unit (const char *unit, zc_civil_t *ret_civil)
{
    static const char *const names [] = {
        [ZC_CIVIL_HOUR] = "h", [ZC_CIVIL_DAY] = "d", [ZC_CIVIL_WEEK] = "w", [ZC_CIVIL_MONTH] = "mo"};
    for (size_t i = 0; i < sizeof names / sizeof names [0]; i++)
        if (strcmp (unit, names [i]) == 0) {
            *ret_civil = (zc_civil_t) i;
            return true;
        }
    return false;
}

/* When --last begins. Months have no length of their own: without civil periods they are counted back from the
 * present time of the month, which zc_zone_start finds as its start and what has passed since. */
static bool last_since (const char *text, const char *zone, int64_t now_s, bool civil, int64_t *ret_since_s)
{
    span_t span;
    zc_civil_t unit;
    int64_t seconds;
    if (!read_span (text, &span) || !*span.unit || span.count > COUNT_MAX)
        return false;
    if (civil_unit (span.unit, &unit) && (civil || unit == ZC_CIVIL_MONTH)) {
        int back = civil ? 1 - (int) span.count : -(int) span.count;
        *ret_since_s = zc_zone_start (zone, unit, now_s, back);
        if (!civil) {
            int64_t end_s = zc_zone_start (zone, unit, now_s, back + 1);
            *ret_since_s += now_s - zc_zone_start (zone, unit, now_s, 0);
            *ret_since_s = *ret_since_s < end_s ? *ret_since_s : end_s;
        }
        return true;
    }
    if (!zr_window_duration_read (text, &seconds))
        return false;
    *ret_since_s = now_s - seconds;
    return true;
}

/* ------------------------------------------------------------------ windows */

static int read_time (const char *option, const char *text, const char *zone, int64_t now_s, int64_t *ret_s,
                      char *mistake, size_t size)
{
    if (zc_zone_parse (zone, text, now_s, ret_s) == 0)
        return 0;
    snprintf (mistake, size, "--%s: '%.80s' is not a time, such as 2026-11-21, 2026-11-21T09:30, yesterday or 7d",
              option, text);
    return -1;
}

int zr_window_read (const zr_window_words_t *words, const char *zone, int64_t now_s, const zc_civil_t *unit,
                    zr_window_t *ret_window, char *mistake, size_t size)
{
    zr_window_t window = {.has_since = words->since || words->last, .has_until = words->until || unit};
    if (words->since && read_time ("since", words->since, zone, now_s, &window.since_s, mistake, size) != 0)
        return -1;
    if (!words->since && words->last && !last_since (words->last, zone, now_s, unit != NULL, &window.since_s)) {
        snprintf (mistake, size, "--last: '%.80s' is not a span, such as 30m, 12h, 7d, 8w or 12mo", words->last);
        return -1;
    }
    if (words->until && read_time ("until", words->until, zone, now_s, &window.until_s, mistake, size) != 0)
        return -1;
    if (!words->until && unit)
        window.until_s = zc_zone_start (zone, *unit, now_s, 1);
    /* Nothing finer than a minute is kept: what is asked for is what can be answered. */
    window.since_s -= ((window.since_s % 60) + 60) % 60;
    window.until_s += (60 - window.until_s % 60) % 60;
    int64_t end_s = window.has_until ? window.until_s : now_s;
    if (window.has_since && window.since_s >= end_s) {
        snprintf (mistake, size, "the window is empty: it begins at %s and ends at %s",
                  zr_window_stamp (zone, window.since_s, (char [ZR_STAMP_BYTES]){0}),
                  zr_window_stamp (zone, end_s, (char [ZR_STAMP_BYTES]){0}));
        return -1;
    }
    *ret_window = window;
    return 0;
}

size_t zr_window_cut (const zr_window_t *window, const char *zone, zc_civil_t unit, zr_interval_t *periods)
{
    size_t count = 0;
    for (int64_t at_s = window->since_s; at_s < window->until_s; count++) {
        if (count == ZR_PERIODS_MAX)
            return count + 1;
        int64_t next_s = zc_zone_start (zone, unit, at_s, 1);
        if (next_s > window->until_s || next_s <= at_s) /* the latter: beyond what the C library can say */
            next_s = window->until_s;
        periods [count] = (zr_interval_t){at_s, next_s};
        at_s = next_s;
    }
    return count;
}

/* ------------------------------------------------------------------ as text */

const char *zr_window_stamp (const char *zone, int64_t at_s, char *text)
{
    return zc_zone_format (zone, at_s, "%Y-%m-%d %H:%M", text, ZR_STAMP_BYTES);
}

const char *zr_window_text (const char *zone, int64_t since_s, int64_t until_s, char *text)
{
    char since [ZR_STAMP_BYTES], until [ZONED_BYTES];
    zc_zone_format (zone, until_s, "%Y-%m-%d %H:%M %Z", until, sizeof until);
    snprintf (text, ZR_WINDOW_BYTES, "%s to %s", zr_window_stamp (zone, since_s, since), until);
    return text;
}
