/* SPDX-License-Identifier: MPL-2.0
 *
 * timestamp.c - the times that traces carry. See timestamp.h.
 *
 * Read by hand: strptime has no fractions, and takes what is no date.
 */
#include "zreplay/timestamp.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define YEAR_MIN 1970
#define YEAR_MAX 2199
#define SECONDS_MAX 7258118400 /* 2200-01-01: its nanoseconds still fit 64 bits */

/* Reads exactly `digits` digits in min..max and moves *at behind them. */
static bool digits_in (const char **at, int digits, int min, int max, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit ((unsigned char) (*at) [i]))
            return false;
        value = value * 10 + ((*at) [i] - '0');
    }
    if (value < min || value > max)
        return false;
    *at += digits;
    *ret_value = value;
    return true;
}

static bool skip (const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static int days_in_month (int year, int month)
{
    static const int days [] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days [month - 1] + (month == 2 && leap);
}

static bool read_date (const char **at, struct tm *ret)
{
    int year, month, day;
    if (!digits_in (at, 4, YEAR_MIN, YEAR_MAX, &year) || !skip (at, '-') || !digits_in (at, 2, 1, 12, &month) ||
        !skip (at, '-') || !digits_in (at, 2, 1, days_in_month (year, month), &day))
        return false;
    ret->tm_year = year - 1900;
    ret->tm_mon = month - 1;
    ret->tm_mday = day;
    return true;
}

/* 60 seconds: a leap second, which UTC clocks in traces do show. */
static bool read_time (const char **at, struct tm *ret)
{
    return digits_in (at, 2, 0, 23, &ret->tm_hour) && skip (at, ':') && digits_in (at, 2, 0, 59, &ret->tm_min) &&
           skip (at, ':') && digits_in (at, 2, 0, 60, &ret->tm_sec);
}

/* Digits behind the point, as many as there are; those below a nanosecond are dropped. */
static bool read_fraction (const char **at, int64_t *ret_ns)
{
    int64_t ns = 0, unit = 100000000;
    if (!isdigit ((unsigned char) **at))
        return false;
    for (; isdigit ((unsigned char) **at); (*at)++, unit /= 10)
        ns += (**at - '0') * unit;
    *ret_ns = ns;
    return true;
}

/* Seconds that the zone is ahead of UTC. */
static bool read_zone (const char **at, int64_t *ret_seconds)
{
    while (skip (at, ' '))
        ;
    if (**at == '\0' || skip (at, 'Z') || skip (at, 'z')) {
        *ret_seconds = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1, hours, minutes = 0;
    if (!skip (at, '+') && !skip (at, '-'))
        return false;
    if (!digits_in (at, 2, 0, 23, &hours))
        return false;
    bool colon = skip (at, ':');
    if ((colon || **at != '\0') && !digits_in (at, 2, 0, 59, &minutes))
        return false;
    *ret_seconds = (int64_t) sign * (hours * 3600 + minutes * 60);
    return true;
}

/* What stands behind the date; nothing: its midnight, UTC. */
static bool read_clock (const char *at, struct tm *parts, int64_t *ret_fraction_ns, int64_t *ret_zone_seconds)
{
    if (*at == '\0')
        return true;
    if (!skip (&at, 'T') && !skip (&at, 't') && *at != ' ')
        return false;
    while (skip (&at, ' '))
        ;
    return read_time (&at, parts) && (!skip (&at, '.') || read_fraction (&at, ret_fraction_ns)) &&
           read_zone (&at, ret_zone_seconds) && *at == '\0';
}

static int parse_calendar (const char *at, int64_t *ret_ns)
{
    struct tm parts = {0};
    int64_t fraction_ns = 0, zone_seconds = 0;
    if (!read_date (&at, &parts) || !read_clock (at, &parts, &fraction_ns, &zone_seconds))
        return -1;
    int64_t seconds = timegm (&parts) - zone_seconds;
    if (seconds < 0 || seconds >= SECONDS_MAX)
        return -1;
    *ret_ns = seconds * 1000000000 + fraction_ns;
    return 0;
}

int zc_timestamp_from_ms (int64_t ms, int64_t *ret_ns)
{
    if (ms < 0 || ms >= SECONDS_MAX * 1000)
        return -1;
    *ret_ns = ms * 1000000;
    return 0;
}

int zc_timestamp_from_seconds (double seconds, int64_t *ret_ns)
{
    /* Written so that NAN fails. */
    if (!(seconds >= 0 && seconds < (double) SECONDS_MAX))
        return -1;
    /* A double has no nanoseconds of today: 1700000000.979 is a little less, and must not become 978 ms. */
    *ret_ns = llrint (seconds * 1e6) * 1000;
    return 0;
}

int zc_timestamp_parse (const char *text, int64_t *ret_ns)
{
    size_t size = strlen (text), digits = strspn (text, "0123456789");
    if (size > 0 && digits == size)
        return size <= 18 ? zc_timestamp_from_ms (strtoll (text, NULL, 10), ret_ns) : -1;
    if (digits > 0 && text [digits] == '.' && digits + 1 + strspn (text + digits + 1, "0123456789") == size)
        return zc_timestamp_from_seconds (strtod (text, NULL), ret_ns);
    return parse_calendar (text, ret_ns);
}
