/* SPDX-License-Identifier: MPL-2.0
 *
 * amount.c - numbers as a person reads them; see amount.h.
 */
#include "zreport/show/amount.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NANO INT64_C (1000000000)
#define NANO_DIGITS 9

/* ------------------------------------------------------------------ money */

static bool read_decimal (const char *text, int64_t *ret_nanousd)
{
    bool negative = *text == '-';
    text += negative;
    int64_t sum = 0;
    int digits = 0, decimals = -1; /* -1: before the point */
    for (; *text; text++) {
        if (*text == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || (decimals >= 0 && ++decimals > NANO_DIGITS))
            return false;
        if (__builtin_mul_overflow (sum, 10, &sum) || __builtin_add_overflow (sum, *text - '0', &sum))
            return false;
        digits++;
    }
    for (int i = decimals < 0 ? 0 : decimals; i < NANO_DIGITS; i++)
        if (__builtin_mul_overflow (sum, 10, &sum))
            return false;
    if (digits == 0)
        return false;
    *ret_nanousd = negative ? -sum : sum;
    return true;
}

bool zr_amount_read (const json_t *value, int64_t *ret_nanousd)
{
    if (json_is_string (value))
        return read_decimal (json_string_value (value), ret_nanousd);
    if (!json_is_number (value) || !(fabs (json_number_value (value)) < 9.2e9))
        return false;
    *ret_nanousd = llround (json_number_value (value) * NANO);
    return true;
}

/* Writes number with a comma before each third digit from its end; returns the length. */
static int put_grouped (char *to, uint64_t number)
{
    char digits [24];
    int count = snprintf (digits, sizeof digits, "%" PRIu64, number), length = 0;
    for (int i = 0; i < count; i++) {
        to [length++] = digits [i];
        int left = count - i - 1;
        if (left > 0 && left % 3 == 0)
            to [length++] = ',';
    }
    to [length] = 0;
    return length;
}

zr_text_t zr_amount_money (int64_t nanousd, int decimals)
{
    uint64_t amount = nanousd < 0 ? -(uint64_t) nanousd : (uint64_t) nanousd;
    uint64_t unit = 1; /* nano-dollars in the last decimal shown */
    for (int i = decimals; i < NANO_DIGITS; i++)
        unit *= 10;
    amount = (amount + unit / 2) / unit;
    uint64_t whole = NANO / unit;

    zr_text_t to;
    int length = snprintf (to.text, sizeof to.text, "%s$", nanousd < 0 && amount > 0 ? "-" : "");
    length += put_grouped (to.text + length, amount / whole);
    if (decimals == 0)
        return to;
    to.text [length] = '.';
    to.text [length + decimals + 1] = 0;
    for (int i = decimals; i > 0; i--, amount /= 10)
        to.text [length + i] = (char) ('0' + amount % 10);
    return to;
}

int zr_amount_decimals (int64_t nanousd)
{
    uint64_t amount = nanousd < 0 ? -(uint64_t) nanousd : (uint64_t) nanousd;
    if (amount == 0 || amount >= NANO / 100)
        return 4;
    return amount >= NANO / 10000 ? 6 : 9;
}

zr_text_t zr_amount_dollars (int64_t nanousd)
{
    uint64_t amount = nanousd < 0 ? -(uint64_t) nanousd : (uint64_t) nanousd;
    if (amount == 0 || amount >= NANO)
        return zr_amount_money (nanousd, 2);
    return zr_amount_money (nanousd, amount >= NANO / 1000 ? 4 : amount >= NANO / 1000000 ? 6 : 9);
}

zr_text_t zr_amount_exact (int64_t nanousd)
{
    zr_text_t to;
    uint64_t amount = nanousd < 0 ? -(uint64_t) nanousd : (uint64_t) nanousd;
    snprintf (to.text, sizeof to.text, "%s%" PRIu64 ".%09" PRIu64, nanousd < 0 ? "-" : "", amount / NANO,
              amount % NANO);
    return to;
}

/* ------------------------------------------------------------------ other numbers */

zr_text_t zr_amount_tokens (int64_t number)
{
    static const char units [] = {'k', 'M', 'B', 'T'};
    if (number < 10000)
        return zr_amount_count (number);
    double amount = (double) number / 1000;
    size_t unit = 0;
    /* Against what is rounded: no "1000k". */
    while (amount >= 999.5 && unit < sizeof units - 1) {
        amount /= 1000;
        unit++;
    }
    zr_text_t to;
    int decimals = amount >= 99.95 ? 0 : amount >= 9.995 ? 1 : 2;
    snprintf (to.text, sizeof to.text, "%.*f%c", decimals, amount, units [unit]);
    return to;
}

zr_text_t zr_amount_count (int64_t number)
{
    zr_text_t to;
    int length = snprintf (to.text, sizeof to.text, "%s", number < 0 ? "-" : "");
    put_grouped (to.text + length, number < 0 ? -(uint64_t) number : (uint64_t) number);
    return to;
}

zr_text_t zr_amount_share (int64_t part, int64_t whole)
{
    zr_text_t to = {"-"};
    double percent = whole > 0 ? 100.0 * (double) part / (double) whole : 0;
    if (percent > 0 && percent < 0.05)
        snprintf (to.text, sizeof to.text, "<0.1%%");
    else if (part < whole && percent >= 99.95)
        snprintf (to.text, sizeof to.text, ">99.9%%");
    else if (whole > 0)
        snprintf (to.text, sizeof to.text, "%.1f%%", percent);
    return to;
}

zr_text_t zr_amount_bytes (int64_t bytes)
{
    static const char *const units [] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double amount = (double) bytes;
    size_t unit = 0;
    while (amount >= 1024 && unit < sizeof units / sizeof units [0] - 1) {
        amount /= 1024;
        unit++;
    }
    zr_text_t to;
    snprintf (to.text, sizeof to.text, "%.*f %s", unit > 0, amount, units [unit]);
    return to;
}

zr_text_t zr_amount_span (int64_t seconds)
{
    zr_text_t to;
    int64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days > 0)
        snprintf (to.text, sizeof to.text, "%" PRId64 " d %" PRId64 " h", days, hours % 24);
    else if (hours > 0)
        snprintf (to.text, sizeof to.text, "%" PRId64 " h %" PRId64 " min", hours, minutes % 60);
    else if (minutes > 0)
        snprintf (to.text, sizeof to.text, "%" PRId64 " min %" PRId64 " s", minutes, seconds % 60);
    else
        snprintf (to.text, sizeof to.text, "%" PRId64 " s", seconds);
    return to;
}

zr_text_t zr_amount_step (int64_t seconds)
{
    zr_text_t to;
    int64_t unit = seconds % 86400 == 0 ? 86400 : seconds % 3600 == 0 ? 3600 : seconds % 60 == 0 ? 60 : 1;
    const char *name = unit == 86400 ? "d" : unit == 3600 ? "h" : unit == 60 ? "min" : "s";
    snprintf (to.text, sizeof to.text, "%" PRId64 " %s", seconds / unit, name);
    return to;
}

zr_text_t zr_amount_took (double ms)
{
    zr_text_t to;
    /* Against what is rounded: no "1000 ms", and no "60.0 s". */
    if (ms >= 59950)
        return zr_amount_span (ms < 9e18 ? (int64_t) (ms / 1000 + 0.5) : INT64_MAX / 1000);
    if (ms >= 999.5)
        snprintf (to.text, sizeof to.text, "%.1f s", ms / 1000);
    else
        snprintf (to.text, sizeof to.text, "%.*f ms", ms >= 9.95 ? 0 : ms >= 0.995 ? 1 : 2, ms > 0 ? ms : 0);
    return to;
}

zr_text_t zr_amount_age (int64_t ms)
{
    static const struct {
        int64_t seconds;
        const char *name;
    } units [] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    zr_text_t to;
    int64_t seconds = ms / 1000, tenths = ms > 0 ? ms / 100 : 0;
    snprintf (to.text, sizeof to.text, "%.1f s", (double) tenths / 10);
    for (size_t i = 0; i < sizeof units / sizeof units [0]; i++)
        if (seconds >= units [i].seconds) {
            snprintf (to.text, sizeof to.text, "%" PRId64 " %s", seconds / units [i].seconds, units [i].name);
            break;
        }
    return to;
}

zr_text_t zr_amount_time (int64_t ms)
{
    zr_text_t to;
    time_t seconds = (time_t) (ms / 1000);
    struct tm utc;
    if (!gmtime_r (&seconds, &utc) || strftime (to.text, sizeof to.text, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
        snprintf (to.text, sizeof to.text, "%" PRId64 " ms", ms);
    return to;
}
