/* SPDX-License-Identifier: MPL-2.0
 *
 * calendar.h - days since the epoch, and dates of the Gregorian calendar.
 *
 * mktime and timegm need a whole time of day and, the one of them, the process's zone: here a day is a number.
 */
#ifndef ZC_CALENDAR_H
#define ZC_CALENDAR_H

#include <stdint.h>

#define ZC_DAY_S 86400

/* Days since the epoch of a date; months are counted from 0, and those outside 0 to 11 count into other years. */
int64_t zc_calendar_day (int64_t year, int64_t month, int64_t day);

/* The largest multiple of a unit that is not above a number. unit > 0. */
int64_t zc_calendar_floor (int64_t number, int64_t unit);

#endif
