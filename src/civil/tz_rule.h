/* SPDX-License-Identifier: MPL-2.0
 *
 * tz_rule.h - a zone's rule in POSIX's notation: CET-1CEST,M3.5.0,M10.5.0/3.
 *
 * It ends a file of the tz database and says what becomes of the zone after the last change listed there.
 */
#ifndef ZC_TZ_RULE_H
#define ZC_TZ_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define ZC_TZ_NAME_BYTES 32

/* How far a zone is from UTC, once. */
typedef struct {
    int32_t offset_s; /* local less universal time */
    bool is_summer;
    const char *name; /* CET, CEST: a view of where this is from */
} zc_tz_offset_t;

/* A day of each year, and the moment on it at which clocks are changed. */
typedef struct {
    enum {
        ZC_TZ_MONTH_DAY, /* the weekday `day` (0: Sunday) in the week `week` (5: the last) of the month (1 to 12) */
        ZC_TZ_YEAR_DAY,  /* day 0 to 365 of the year */
        ZC_TZ_JULIAN_DAY /* day 1 to 365 of the year; 29 February is not counted */
    } kind;
    int month, week, day;
    int32_t time_s; /* since that day began, as clocks show it before the change; -167 to 167 hours */
} zc_tz_change_t;

typedef struct {
    char name [ZC_TZ_NAME_BYTES], summer_name [ZC_TZ_NAME_BYTES];
    int32_t offset_s, summer_offset_s; /* local less universal time, up to 24 hours either way */
    bool has_summer;
    zc_tz_change_t summer_begins, summer_ends;
} zc_tz_rule_t;

/* Reads a rule. 0, or -1: malformed, or a summer time without its dates; then *ret_rule is of no use. */
int zc_tz_rule_parse (const char *text, zc_tz_rule_t *ret_rule);

/* What is in force at a time, in seconds since the epoch, of a year that gmtime_r knows. */
zc_tz_offset_t zc_tz_rule_at (const zc_tz_rule_t *self, int64_t at_s);

#endif
