/* SPDX-License-Identifier: MPL-2.0
 *
 * zone.c - civil time in a named zone.
 *
 * All of it rests on one thing that a zone tells: how far it is from UTC at a moment. Days and months are counted
 * here, since mktime leaves open what becomes of a midnight that does not exist.
 */
#include "civil/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "civil/calendar.h"
#include "civil/tz_file.h"

#define HOUR_S 3600

/* The years 0001 to 9999, less an offset: what a calendar of four digits can say. */
#define EARLIEST_S (INT64_C (-62135596800) + 2 * ZC_TZ_OFFSET_MAX_S)
#define LATEST_S (INT64_C (253402300799) - 2 * ZC_TZ_OFFSET_MAX_S)

/* -------------------------------------------------------------------- zones */

/* A zone, read for one question. */
typedef struct {
    enum { ZONE_UTC, ZONE_LOCAL, ZONE_FILE } kind;
    zc_tz_file_t file;
} zone_t;

/* False: there is none of that name; then it is UTC. */
static bool open_zone (const char *name, zone_t *ret_zone)
{
    bool local = !*name || strcmp (name, "local") == 0;
    ret_zone->kind = local ? ZONE_LOCAL : ZONE_UTC;
    if (local || strcmp (name, "UTC") == 0)
        return true;
    if (strlen (name) >= ZC_ZONE_BYTES || zc_tz_file_read (name, &ret_zone->file) == -1)
        return false;
    ret_zone->kind = ZONE_FILE;
    return true;
}

bool zc_zone_exists (const char *zone)
{
    zone_t opened;
    return open_zone (zone, &opened);
}

static int64_t clamp (int64_t at_s)
{
    return at_s < EARLIEST_S ? EARLIEST_S : at_s > LATEST_S ? LATEST_S : at_s;
}

/* What clocks show at a moment. False: nothing that fits. */
static bool read_clock (const zone_t *zone, int64_t at_s, struct tm *ret_tm)
{
    time_t time = (time_t) at_s;
    if (zone->kind == ZONE_LOCAL)
        return localtime_r (&time, ret_tm) != NULL;
    zc_tz_offset_t offset = {0, false, "UTC"};
    if (zone->kind == ZONE_FILE)
        offset = zc_tz_file_at (&zone->file, at_s);
    time += offset.offset_s;
    if (!gmtime_r (&time, ret_tm))
        return false;
    ret_tm->tm_gmtoff = offset.offset_s;
    ret_tm->tm_isdst = offset.is_summer;
    ret_tm->tm_zone = offset.name;
    return true;
}

/* Local less universal time at a moment. */
static int64_t offset_at (const zone_t *zone, int64_t at_s)
{
    if (zone->kind == ZONE_FILE)
        return zc_tz_file_at (&zone->file, at_s).offset_s;
    struct tm tm;
    return zone->kind == ZONE_LOCAL && read_clock (zone, at_s, &tm) ? (int64_t) tm.tm_gmtoff : 0;
}

/* The first moment after `before` from which on the offset is that at `after`: one change lies between them. */
static int64_t change_between (const zone_t *zone, int64_t before, int64_t after)
{
    int64_t offset = offset_at (zone, after);
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (offset_at (zone, middle) == offset)
            after = middle;
        else
            before = middle;
    }
    return after;
}

/* The first moment at which clocks show this local time (counted in seconds as if it were UTC) or a later one. */
static int64_t moment_of (const zone_t *zone, int64_t local_s)
{
    int64_t before = local_s - ZC_TZ_OFFSET_MAX_S; /* clocks show less than local_s for sure */
    int64_t by_old = local_s - offset_at (zone, before);
    int64_t offset = offset_at (zone, by_old);
    if (offset == offset_at (zone, before))
        return by_old;
    int64_t change = change_between (zone, before, by_old);
    int64_t by_new = local_s - offset;
    return by_new > change ? by_new : change;
}

/* -------------------------------------------------------------------- the calendar */

/* The first day of the unit that a day is in, some units on. */
static int64_t unit_day (zc_civil_t unit, int64_t day, int64_t ahead)
{
    if (unit == ZC_CIVIL_DAY)
        return day + ahead;
    if (unit == ZC_CIVIL_WEEK)
        return zc_calendar_floor (day + 3, 7) - 3 + 7 * ahead; /* the epoch was a Thursday */
    time_t time = (time_t) (day * ZC_DAY_S);
    struct tm tm = {0};
    gmtime_r (&time, &tm);
    return zc_calendar_day (tm.tm_year + 1900, tm.tm_mon + ahead, 1);
}

static int64_t local_day (const zone_t *zone, int64_t at_s)
{
    return zc_calendar_floor (at_s + offset_at (zone, at_s), ZC_DAY_S) / ZC_DAY_S;
}

/* The unit that holds a moment: its start and its first day. Where clocks went back over midnight, what follows is
 * of the day that had begun, so that units never overlap. */
static int64_t unit_start (const zone_t *zone, zc_civil_t unit, int64_t at_s, int64_t *ret_day)
{
    int64_t day = unit_day (unit, local_day (zone, at_s), 0);
    int64_t next = unit_day (unit, day, 1);
    if (moment_of (zone, next * ZC_DAY_S) <= at_s)
        day = next;
    *ret_day = day;
    return moment_of (zone, day * ZC_DAY_S);
}

/* One day on or back: one that never was is not counted. */
static int64_t step_day (const zone_t *zone, int64_t *day, int direction)
{
    int64_t from = moment_of (zone, *day * ZC_DAY_S), to;
    do {
        *day += direction;
        to = moment_of (zone, *day * ZC_DAY_S);
    } while (to == from || moment_of (zone, (*day + 1) * ZC_DAY_S) == to);
    return to;
}

static int64_t days_start (const zone_t *zone, zc_civil_t unit, int64_t at_s, int ahead)
{
    int64_t day;
    int64_t start = unit_start (zone, unit, at_s, &day);
    if (unit != ZC_CIVIL_DAY)
        return ahead ? moment_of (zone, unit_day (unit, day, ahead) * ZC_DAY_S) : start;
    for (; ahead > 0; ahead--)
        start = step_day (zone, &day, 1);
    for (; ahead < 0; ahead++)
        start = step_day (zone, &day, -1);
    return start;
}

/* -------------------------------------------------------------------- hours */

/* Hours begin where clocks show a full one, and where clocks were changed. */
static int64_t hour_start (const zone_t *zone, int64_t at_s)
{
    int64_t offset = offset_at (zone, at_s);
    int64_t start = zc_calendar_floor (at_s + offset, HOUR_S) - offset;
    return offset_at (zone, start) == offset ? start : change_between (zone, start, at_s);
}

static int64_t hour_end (const zone_t *zone, int64_t at_s)
{
    int64_t offset = offset_at (zone, at_s);
    int64_t end = zc_calendar_floor (at_s + offset, HOUR_S) + HOUR_S - offset;
    return offset_at (zone, end) == offset ? end : change_between (zone, at_s, end);
}

static int64_t hours_start (const zone_t *zone, int64_t at_s, int ahead)
{
    int64_t start = hour_start (zone, at_s);
    for (; ahead > 0; ahead--)
        start = hour_end (zone, start);
    for (; ahead < 0; ahead++)
        start = hour_start (zone, start - 1);
    return start;
}

/* -------------------------------------------------------------------- what is asked */

int64_t zc_zone_start (const char *zone, zc_civil_t unit, int64_t at_s, int ahead)
{
    zone_t opened;
    open_zone (zone, &opened);
    int64_t at = clamp (at_s);
    return unit == ZC_CIVIL_HOUR ? hours_start (&opened, at, ahead) : days_start (&opened, unit, at, ahead);
}

/* The format is the caller's business. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t format_time (char *text, unsigned size, const char *format, const struct tm *tm)
{
    return strftime (text, size, format, tm);
}
#pragma GCC diagnostic pop

const char *zc_zone_format (const char *zone, int64_t at_s, const char *format, char *text, unsigned size)
{
    zone_t opened;
    open_zone (zone, &opened);
    struct tm tm;
    if (!read_clock (&opened, clamp (at_s), &tm) || format_time (text, size, format, &tm) == 0)
        text [0] = '\0';
    return text;
}

/* -------------------------------------------------------------------- times as people write them */

/* Takes a number of exactly so many digits off a text, below `limit`. -1: there is none. */
static int take_digits (const char **at, int digits, int limit)
{
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if ((*at) [i] < '0' || (*at) [i] > '9')
            return -1;
        number = number * 10 + ((*at) [i] - '0');
    }
    *at += digits;
    return number < limit ? number : -1;
}

static bool take (const char **at, char character)
{
    bool is = **at == character;
    *at += is;
    return is;
}

/* A date, as days since the epoch. False: none, or one that no calendar has. */
static bool take_date (const char **at, int64_t *ret_day)
{
    int year = take_digits (at, 4, 10000);
    int month = year > 0 && take (at, '-') ? take_digits (at, 2, 13) : -1;
    int day = month > 0 && take (at, '-') ? take_digits (at, 2, 32) : -1;
    if (day <= 0)
        return false;
    *ret_day = zc_calendar_day (year, month - 1, day);
    return *ret_day < zc_calendar_day (year, month, 1);
}

/* T09:30 or T09:30:15, as seconds of the day; a date alone is its midnight. */
static bool take_clock (const char **at, int64_t *ret_s)
{
    *ret_s = 0;
    if (!take (at, 'T') && !take (at, ' '))
        return true;
    int hour = take_digits (at, 2, 24);
    int minute = hour >= 0 && take (at, ':') ? take_digits (at, 2, 60) : -1;
    int second = minute >= 0 && take (at, ':') ? take_digits (at, 2, 60) : 0;
    *ret_s = hour * HOUR_S + minute * 60 + second;
    return minute >= 0 && second >= 0;
}

/* Z, +05:45 or -0300: 1, and the offset; 0: none is said; -1: nonsense. */
static int take_offset (const char **at, int64_t *ret_s)
{
    *ret_s = 0;
    if (take (at, 'Z'))
        return 1;
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0;
    if (sign == 0)
        return 0;
    ++*at;
    int hours = take_digits (at, 2, 16);
    if (hours < 0)
        return -1;
    take (at, ':');
    int minutes = take_digits (at, 2, 60);
    *ret_s = sign * (hours * HOUR_S + minutes * 60);
    return minutes >= 0 ? 1 : -1;
}

static int parse_date (const char *zone, const char *text, int64_t *ret_s)
{
    int64_t day, of_day, offset;
    if (!take_date (&text, &day) || !take_clock (&text, &of_day))
        return -1;
    int said = take_offset (&text, &offset);
    if (said == -1 || *text)
        return -1;
    zone_t opened;
    open_zone (zone, &opened);
    int64_t local = day * ZC_DAY_S + of_day;
    *ret_s = clamp (said ? local - offset : moment_of (&opened, local));
    return 0;
}

/* A whole number of at most 12 digits, and what follows it. */
static const char *take_number (const char *text, int64_t *ret_number)
{
    size_t digits = strspn (text, "0123456789");
    if (digits == 0 || digits > 12)
        return NULL;
    *ret_number = strtoll (text, NULL, 10);
    return text + digits;
}

static int parse_ago (const char *text, int64_t now_s, int64_t *ret_s)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units [] = {{'s', 1}, {'m', 60}, {'h', HOUR_S}, {'d', ZC_DAY_S}, {'w', 7 * ZC_DAY_S}};
    int64_t number;
    const char *unit = take_number (text, &number);
    for (size_t i = 0; unit && i < sizeof units / sizeof *units; i++)
        if (unit [0] == units [i].letter && unit [1] == '\0') {
            *ret_s = clamp (now_s - number * units [i].seconds);
            return 0;
        }
    return -1;
}

int zc_zone_parse (const char *zone, const char *text, int64_t now_s, int64_t *ret_s)
{
    int64_t number;
    if (*text == '@') {
        const char *end = take_number (text + 1, &number);
        if (!end || *end)
            return -1;
        *ret_s = clamp (number);
        return 0;
    }
    if (strcmp (text, "now") == 0 || strcmp (text, "today") == 0 || strcmp (text, "yesterday") == 0) {
        *ret_s = *text == 'n' ? now_s : zc_zone_start (zone, ZC_CIVIL_DAY, now_s, *text == 'y' ? -1 : 0);
        return 0;
    }
    return parse_ago (text, now_s, ret_s) == 0 ? 0 : parse_date (zone, text, ret_s);
}
