/* SPDX-License-Identifier: MPL-2.0
 *
 * zone.c - civil time in a named zone.
 *
 * All of it rests on one thing that the C library tells: how far a zone is from UTC at a moment. Days and months
 * are counted here, since mktime leaves open what becomes of a midnight that does not exist.
 */
#include "civil/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR_S 3600
#define DAY_S 86400
#define DIRECTORY "/usr/share/zoneinfo" /* as the C library has it, where TZDIR does not say otherwise */

/* No zone has ever been further from UTC than this. */
#define OFFSET_MAX_S (16 * HOUR_S)

/* The years 0001 to 9999, less an offset: what a calendar of four digits can say. */
#define EARLIEST_S (INT64_C (-62135596800) + 2 * OFFSET_MAX_S)
#define LATEST_S (INT64_C (253402300799) - 2 * OFFSET_MAX_S)

/* -------------------------------------------------------------------- the zone in force */

static bool is_local (const char *zone)
{
    return !*zone || strcmp (zone, "local") == 0;
}

typedef struct {
    bool changed;
    char *before; /* TZ; NULL: it was not set */
} entered_t;

/* Makes a zone the process's. Where there is no memory to remember what was, the process keeps its zone: a wrong
 * day is answered, which is better than a service in another zone for good. */
static entered_t enter (const char *zone)
{
    entered_t entered = {!is_local (zone), NULL};
    char value [ZC_ZONE_BYTES + 1];
    const char *before = getenv ("TZ");
    if (entered.changed && before && !(entered.before = strdup (before)))
        entered.changed = false;
    if (entered.changed) {
        /* With a colon it is a file's name and nothing else; UTC0 needs no file. */
        snprintf (value, sizeof value, ":%s", zone);
        setenv ("TZ", strcmp (zone, "UTC") == 0 ? "UTC0" : value, 1);
    }
    tzset ();
    return entered;
}

static void leave (entered_t *entered)
{
    if (!entered->changed)
        return;
    if (entered->before)
        setenv ("TZ", entered->before, 1);
    else
        unsetenv ("TZ");
    free (entered->before);
    tzset ();
}

static int64_t clamp (int64_t at_s)
{
    return at_s < EARLIEST_S ? EARLIEST_S : at_s > LATEST_S ? LATEST_S : at_s;
}

/* Local less universal time at a moment. */
static int64_t offset_at (int64_t at_s)
{
    time_t time = (time_t) at_s;
    struct tm tm;
    return localtime_r (&time, &tm) ? (int64_t) tm.tm_gmtoff : 0;
}

/* The first moment after `before` from which on the offset is that at `after`: one change lies between them. */
static int64_t change_between (int64_t before, int64_t after)
{
    int64_t offset = offset_at (after);
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (offset_at (middle) == offset)
            after = middle;
        else
            before = middle;
    }
    return after;
}

/* The first moment at which clocks show this local time (counted in seconds as if it were UTC) or a later one. */
static int64_t moment_of (int64_t local_s)
{
    int64_t before = local_s - OFFSET_MAX_S; /* clocks show less than local_s for sure */
    int64_t by_old = local_s - offset_at (before);
    int64_t offset = offset_at (by_old);
    if (offset == offset_at (before))
        return by_old;
    int64_t change = change_between (before, by_old);
    int64_t by_new = local_s - offset;
    return by_new > change ? by_new : change;
}

/* -------------------------------------------------------------------- the calendar */

/* Days since the epoch of a date of the Gregorian calendar; months outside 0 to 11 count into other years. */
static int64_t day_of (int64_t year, int64_t month, int64_t day)
{
    year += (month >= 0 ? month : month - 11) / 12;
    month = (month % 12 + 12) % 12;
    /* Years are counted from March on, so that a leap day is the last of its year. */
    int64_t shifted = month < 2 ? year - 1 : year;
    int64_t months = (month + 10) % 12;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t of_era = shifted - era * 400;
    int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + (153 * months + 2) / 5;
    return era * 146097 + days - 719468 + day - 1;
}

static int64_t floor_to (int64_t number, int64_t unit)
{
    int64_t rest = number % unit;
    return number - rest - (rest < 0 ? unit : 0);
}

/* The first day of the unit that a day is in, some units on. */
static int64_t unit_day (zc_civil_t unit, int64_t day, int64_t ahead)
{
    if (unit == ZC_CIVIL_DAY)
        return day + ahead;
    if (unit == ZC_CIVIL_WEEK)
        return floor_to (day + 3, 7) - 3 + 7 * ahead; /* the epoch was a Thursday */
    time_t time = (time_t) (day * DAY_S);
    struct tm tm = {0};
    gmtime_r (&time, &tm);
    return day_of (tm.tm_year + 1900, tm.tm_mon + ahead, 1);
}

static int64_t local_day (int64_t at_s)
{
    return floor_to (at_s + offset_at (at_s), DAY_S) / DAY_S;
}

/* The unit that holds a moment: its start and its first day. Where clocks went back over midnight, what follows is
 * of the day that had begun, so that units never overlap. */
static int64_t unit_start (zc_civil_t unit, int64_t at_s, int64_t *ret_day)
{
    int64_t day = unit_day (unit, local_day (at_s), 0);
    int64_t next = unit_day (unit, day, 1);
    if (moment_of (next * DAY_S) <= at_s)
        day = next;
    *ret_day = day;
    return moment_of (day * DAY_S);
}

/* One day on or back: one that never was is not counted. */
static int64_t step_day (int64_t *day, int direction)
{
    int64_t from = moment_of (*day * DAY_S), to;
    do {
        *day += direction;
        to = moment_of (*day * DAY_S);
    } while (to == from || moment_of ((*day + 1) * DAY_S) == to);
    return to;
}

static int64_t days_start (zc_civil_t unit, int64_t at_s, int ahead)
{
    int64_t day;
    int64_t start = unit_start (unit, at_s, &day);
    if (unit != ZC_CIVIL_DAY)
        return ahead ? moment_of (unit_day (unit, day, ahead) * DAY_S) : start;
    for (; ahead > 0; ahead--)
        start = step_day (&day, 1);
    for (; ahead < 0; ahead++)
        start = step_day (&day, -1);
    return start;
}

/* -------------------------------------------------------------------- hours */

/* Hours begin where clocks show a full one, and where clocks were changed. */
static int64_t hour_start (int64_t at_s)
{
    int64_t offset = offset_at (at_s);
    int64_t start = floor_to (at_s + offset, HOUR_S) - offset;
    return offset_at (start) == offset ? start : change_between (start, at_s);
}

static int64_t hour_end (int64_t at_s)
{
    int64_t offset = offset_at (at_s);
    int64_t end = floor_to (at_s + offset, HOUR_S) + HOUR_S - offset;
    return offset_at (end) == offset ? end : change_between (at_s, end);
}

static int64_t hours_start (int64_t at_s, int ahead)
{
    int64_t start = hour_start (at_s);
    for (; ahead > 0; ahead--)
        start = hour_end (start);
    for (; ahead < 0; ahead++)
        start = hour_start (start - 1);
    return start;
}

/* -------------------------------------------------------------------- what is asked */

int64_t zc_zone_start (const char *zone, zc_civil_t unit, int64_t at_s, int ahead)
{
    entered_t entered = enter (zone);
    int64_t at = clamp (at_s);
    int64_t start = unit == ZC_CIVIL_HOUR ? hours_start (at, ahead) : days_start (unit, at, ahead);
    leave (&entered);
    return start;
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
    entered_t entered = enter (zone);
    time_t time = (time_t) clamp (at_s);
    struct tm tm;
    if (!localtime_r (&time, &tm) || format_time (text, size, format, &tm) == 0)
        text [0] = '\0';
    leave (&entered);
    return text;
}

/* A file of the tz database begins with these bytes; others lie in its directory too. */
static bool is_zone_file (const char *path)
{
    char magic [4];
    FILE *file = fopen (path, "re");
    if (!file)
        return false;
    bool is = fread (magic, sizeof magic, 1, file) == 1 && memcmp (magic, "TZif", sizeof magic) == 0;
    fclose (file);
    return is;
}

static bool is_name (const char *zone)
{
    for (const char *at = zone; *at; at++)
        if ((unsigned char) *at <= ' ' || *at == 0x7f)
            return false;
    return *zone && *zone != '/' && *zone != ':' && !strstr (zone, "..") && strlen (zone) < ZC_ZONE_BYTES;
}

bool zc_zone_exists (const char *zone)
{
    if (is_local (zone) || strcmp (zone, "UTC") == 0)
        return true;
    const char *directory = getenv ("TZDIR");
    char path [4096];
    int size = snprintf (path, sizeof path, "%s/%s", directory && *directory ? directory : DIRECTORY, zone);
    return is_name (zone) && size < (int) sizeof path && is_zone_file (path);
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
    *ret_day = day_of (year, month - 1, day);
    return *ret_day < day_of (year, month, 1);
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
    entered_t entered = enter (zone);
    int64_t local = day * DAY_S + of_day;
    *ret_s = clamp (said ? local - offset : moment_of (local));
    leave (&entered);
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
    } units [] = {{'s', 1}, {'m', 60}, {'h', HOUR_S}, {'d', DAY_S}, {'w', 7 * DAY_S}};
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
