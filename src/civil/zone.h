/* SPDX-License-Identifier: MPL-2.0
 *
 * zone.h - civil time in a named zone: when days, weeks, months and hours begin.
 *
 * Zones are those of the system's tz database ("Europe/Madrid"; "UTC"; "" or "local": that of this process, as the C
 * library has it). Safe to call from any thread: nothing is kept between calls and nothing of the process is changed,
 * its zone neither. Each call reads the zone's file anew, which takes some microseconds.
 */
#ifndef ZC_ZONE_H
#define ZC_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#define ZC_ZONE_BYTES 64

typedef enum { ZC_CIVIL_HOUR, ZC_CIVIL_DAY, ZC_CIVIL_WEEK /* begins on Monday */, ZC_CIVIL_MONTH } zc_civil_t;

/* Whether there is such a zone. A misspelt name is none, not UTC; nor is one whose file is damaged or counts leap
 * seconds ("right/UTC"). UTC is there without any database. A zone that is none counts as UTC below. */
bool zc_zone_exists (const char *zone);

/* The start of the civil unit that holds a time, and of the one `ahead` units later (or, negative, earlier), in
 * seconds since the epoch. Where midnight does not exist on a day (a change of summer time), the day begins with its
 * first moment. An hour that happens twice is two; one in which clocks are changed is cut there. A day that never
 * was is not counted. Times are of the years 1 to 9999; others count as the nearest of these. */
int64_t zc_zone_start (const char *zone, zc_civil_t unit, int64_t at_s, int ahead);

/* Formats a time by strftime's format in the zone; not %s, for which strftime asks the process's zone. Returns the
 * text; "" if it does not fit. size > 0. */
const char *zc_zone_format (const char *zone, int64_t at_s, const char *format, char *text, unsigned size);

/* Reads a time as people write it, in the zone: 2026-11-21, 2026-11-21T09:30, ...:15, with or without Z or an offset;
 * "now", "today", "yesterday"; a duration ago such as 7d, 12h, 30m, 2w; seconds since the epoch as @N. A time that
 * clocks skip is the first moment after it; of one that they show twice it is the first. 0, or -1. */
int zc_zone_parse (const char *zone, const char *text, int64_t now_s, int64_t *ret_s);

#endif
