/* SPDX-License-Identifier: MPL-2.0
 *
 * tz_rule.c - a zone's rule in POSIX's notation.
 */
#include "civil/tz_rule.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "civil/calendar.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define OFFSET_HOURS_MAX 24
#define CHANGE_HOURS_MAX 167 /* a week, as RFC 8536 allows */

/* -------------------------------------------------------------------- reading */

static bool take (const char **at, char character)
{
    bool is = **at == character;
    *at += is;
    return is;
}

/* Takes a number of up to three digits. False: there is none between these limits. */
static bool take_number (const char **at, int least, int most, int *ret_number)
{
    int number = 0, digits = 0;
    for (; digits < 3 && isdigit ((unsigned char) **at); digits++)
        number = number * 10 + (*(*at)++ - '0');
    *ret_number = number;
    return digits > 0 && number >= least && number <= most;
}

/* CET, or with digits and signs in it <+0545>. */
static bool take_name (const char **at, char *name)
{
    bool quoted = take (at, '<');
    size_t size = 0;
    while (isalpha ((unsigned char) (*at) [size]) ||
           (quoted && (*at) [size] && (isdigit ((unsigned char) (*at) [size]) || strchr ("+-", (*at) [size]))))
        size++;
    if (size < 3 || size >= ZC_TZ_NAME_BYTES)
        return false;
    memcpy (name, *at, size);
    name [size] = '\0';
    *at += size;
    return !quoted || take (at, '>');
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool take_time (const char **at, int hours_max, int32_t *ret_s)
{
    bool negative = take (at, '-');
    if (!negative)
        take (at, '+');
    int hours, minutes = 0, seconds = 0;
    if (!take_number (at, 0, hours_max, &hours))
        return false;
    if (take (at, ':')) {
        if (!take_number (at, 0, 59, &minutes) || (take (at, ':') && !take_number (at, 0, 59, &seconds)))
            return false;
    }
    int32_t time_s = hours * HOUR_S + minutes * MINUTE_S + seconds;
    *ret_s = negative ? -time_s : time_s;
    return true;
}

/* POSIX counts what is to be added to local time to get UTC. */
static bool take_offset (const char **at, int32_t *ret_s)
{
    if (!take_time (at, OFFSET_HOURS_MAX, ret_s))
        return false;
    *ret_s = -*ret_s;
    return true;
}

/* ,M3.5.0/3 or ,J60 or ,59 */
static bool take_change (const char **at, zc_tz_change_t *ret_change)
{
    zc_tz_change_t change = {.time_s = 2 * HOUR_S};
    bool good;
    if (!take (at, ','))
        return false;
    if (take (at, 'M')) {
        change.kind = ZC_TZ_MONTH_DAY;
        good = take_number (at, 1, 12, &change.month) && take (at, '.') && take_number (at, 1, 5, &change.week) &&
               take (at, '.') && take_number (at, 0, 6, &change.day);
    } else if (take (at, 'J')) {
        change.kind = ZC_TZ_JULIAN_DAY;
        good = take_number (at, 1, 365, &change.day);
    } else {
        change.kind = ZC_TZ_YEAR_DAY;
        good = take_number (at, 0, 365, &change.day);
    }
    if (good && take (at, '/'))
        good = take_time (at, CHANGE_HOURS_MAX, &change.time_s);
    *ret_change = change;
    return good;
}

int zc_tz_rule_parse (const char *text, zc_tz_rule_t *ret_rule)
{
    zc_tz_rule_t *rule = ret_rule;
    if (!take_name (&text, rule->name) || !take_offset (&text, &rule->offset_s))
        return -1;
    rule->has_summer = *text != '\0';
    if (!rule->has_summer)
        return 0;
    if (!take_name (&text, rule->summer_name))
        return -1;
    rule->summer_offset_s = rule->offset_s + HOUR_S;
    if (*text != ',' && !take_offset (&text, &rule->summer_offset_s))
        return -1;
    return take_change (&text, &rule->summer_begins) && take_change (&text, &rule->summer_ends) && !*text ? 0 : -1;
}

/* -------------------------------------------------------------------- applying */

static int64_t day_of_change (const zc_tz_change_t *change, int64_t year)
{
    if (change->kind == ZC_TZ_MONTH_DAY) {
        int64_t first = zc_calendar_day (year, change->month - 1, 1);
        int64_t sunday = zc_calendar_floor (first + 4, 7) - 4; /* the epoch was a Thursday */
        int64_t day = sunday + change->day;
        day += 7 * (change->week - (day >= first));
        return day < zc_calendar_day (year, change->month, 1) ? day : day - 7;
    }
    if (change->kind == ZC_TZ_JULIAN_DAY && change->day >= 60)
        return zc_calendar_day (year, 2, 1) + change->day - 60;
    return zc_calendar_day (year, 0, 1) + change->day - (change->kind == ZC_TZ_JULIAN_DAY);
}

static int64_t moment_of_change (const zc_tz_change_t *change, int64_t year, int32_t offset_before_s)
{
    return day_of_change (change, year) * ZC_DAY_S + change->time_s - offset_before_s;
}

/* The last change counts. A change of one year may lie in the next one, so that three years are looked at. Where
 * summer ends as the next one begins, it is summer all year: that is how a rule says so. */
static bool is_summer (const zc_tz_rule_t *self, int64_t at_s)
{
    time_t time = (time_t) at_s;
    struct tm tm = {0};
    gmtime_r (&time, &tm);
    int64_t year = tm.tm_year + 1900, last = INT64_MIN;
    bool summer = false;
    for (int64_t y = year - 1; y <= year + 1; y++) {
        int64_t ends = moment_of_change (&self->summer_ends, y, self->summer_offset_s);
        int64_t begins = moment_of_change (&self->summer_begins, y, self->offset_s);
        if (ends <= at_s && ends > last) {
            last = ends;
            summer = false;
        }
        if (begins <= at_s && begins >= last) {
            last = begins;
            summer = true;
        }
    }
    return summer;
}

zc_tz_offset_t zc_tz_rule_at (const zc_tz_rule_t *self, int64_t at_s)
{
    if (self->has_summer && is_summer (self, at_s))
        return (zc_tz_offset_t){self->summer_offset_s, true, self->summer_name};
    return (zc_tz_offset_t){self->offset_s, false, self->name};
}
