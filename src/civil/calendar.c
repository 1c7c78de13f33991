/* SPDX-License-Identifier: MPL-2.0
 *
 * calendar.c - days since the epoch, and dates of the Gregorian calendar.
 */
#include "civil/calendar.h"

int64_t zc_calendar_floor (int64_t number, int64_t unit)
{
    int64_t rest = number % unit;
    return number - rest - (rest < 0 ? unit : 0);
}

int64_t zc_calendar_day (int64_t year, int64_t month, int64_t day)
{
    int64_t first_month = zc_calendar_floor (month, 12);
    year += first_month / 12;
    month -= first_month;
    /* Years are counted from March on, so that a leap day is the last of its year. */
    int64_t shifted = month < 2 ? year - 1 : year;
    int64_t months = (month + 10) % 12;
    int64_t era = zc_calendar_floor (shifted, 400) / 400;
    int64_t of_era = shifted - era * 400;
    int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + (153 * months + 2) / 5;
    return era * 146097 + days - 719468 + day - 1;
}
