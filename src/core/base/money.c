/* SPDX-License-Identifier: MPL-2.0
 *
 * money.c - exact amounts of USD.
 */
#include "core/base/money.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define ATTO_PER_NANO 1000000000u

typedef unsigned __int128 wide_t;

static wide_t times (int64_t count, int64_t rate)
{
    return (wide_t) (uint64_t) count * (uint64_t) rate;
}

/* What is left of a whole after its parts. */
static int64_t rest (int64_t whole, int64_t parts)
{
    return whole > parts ? whole - parts : 0;
}

/* The quotient, half to even, of a sum that nearly always fits 64 bits (9.2 USD): then the
 * division is a multiplication. */
static wide_t atto_to_nano (wide_t atto)
{
    wide_t quotient;
    uint64_t left;
    if ((uint64_t) (atto >> 64) == 0) {
        quotient = (uint64_t) atto / ATTO_PER_NANO;
        left = (uint64_t) atto % ATTO_PER_NANO;
    } else {
        quotient = atto / ATTO_PER_NANO;
        left = (uint64_t) (atto % ATTO_PER_NANO);
    }
    if (left > ATTO_PER_NANO / 2 || (left == ATTO_PER_NANO / 2 && (quotient & 1)))
        quotient++;
    return quotient;
}

static inline wide_t atto_of (const zc_tokens_t *tokens, const zc_rates_t *rates)
{
    wide_t atto = times (rest (tokens->input, tokens->cache_read + tokens->cache_write), rates->input);
    atto += times (tokens->cache_read, rates->cache_read);
    atto += times (tokens->cache_write, rates->cache_write);
    atto += times (rest (tokens->output, tokens->reasoning), rates->output);
    atto += times (tokens->reasoning, rates->reasoning);
    return atto;
}

int zc_money_cost (const zc_tokens_t *tokens, const zc_rates_t *rates, int64_t *ret_nanousd)
{
    wide_t nano = atto_to_nano (atto_of (tokens, rates));
    if (nano > INT64_MAX)
        return -1;
    *ret_nanousd = (int64_t) nano;
    return 0;
}

int zc_money_cost_and_saved (const zc_tokens_t *tokens, const zc_rates_t *rates, int64_t *ret_nanousd,
                             int64_t *ret_saved_nanousd)
{
    wide_t atto = atto_of (tokens, rates), nano = atto_to_nano (atto);
    if (nano > INT64_MAX)
        return -1;
    /* Only these kinds change their rate. */
    atto -= times (tokens->cache_read, rates->cache_read) + times (tokens->cache_write, rates->cache_write);
    atto += times (tokens->cache_read + tokens->cache_write, rates->input);
    wide_t plain = atto_to_nano (atto);
    *ret_nanousd = (int64_t) nano;
    *ret_saved_nanousd = plain > INT64_MAX ? 0 : (int64_t) plain - (int64_t) nano;
    return 0;
}

int64_t zc_money_divide (__int128 number, int64_t divisor)
{
    bool negative = number < 0;
    wide_t magnitude = negative ? -(wide_t) number : (wide_t) number;
    wide_t quotient = magnitude / (uint64_t) divisor;
    wide_t twice = 2 * (magnitude % (uint64_t) divisor);
    if (twice > (uint64_t) divisor || (twice == (uint64_t) divisor && (quotient & 1)))
        quotient++;
    return negative ? -(int64_t) quotient : (int64_t) quotient;
}

static int64_t power_of_ten (int exponent)
{
    int64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* ------------------------------------------------------------------------ text */

/* A number as its digits, 0.d1d2d3... x 10^exponent. */
typedef struct {
    char digits [40];
    int count;
    int exponent;
    bool negative, inexact; /* inexact: digits beyond the kept ones were not all 0 */
} decimal_t;

static void push_digit (decimal_t *self, char digit, bool fraction)
{
    if (self->count == 0 && digit == '0') {
        self->exponent -= fraction;
        return;
    }
    if (self->count < (int) sizeof self->digits)
        self->digits [self->count++] = digit;
    else
        self->inexact |= digit != '0';
    self->exponent += !fraction;
}

static const char *read_exponent (const char *text, int *ret_exponent)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (!isdigit ((unsigned char) *text))
        return NULL;
    int exponent = 0;
    for (; isdigit ((unsigned char) *text); text++)
        if (exponent < 10000)
            exponent = 10 * exponent + (*text - '0');
    *ret_exponent = negative ? -exponent : exponent;
    return text;
}

static int read_decimal (const char *text, decimal_t *self)
{
    memset (self, 0, sizeof *self);
    self->negative = *text == '-';
    text += *text == '-' || *text == '+';
    bool fraction = false, any = false;
    for (; isdigit ((unsigned char) *text) || (*text == '.' && !fraction); text++) {
        if (*text == '.')
            fraction = true;
        else {
            any = true;
            push_digit (self, *text, fraction);
        }
    }
    if (any && (*text == 'e' || *text == 'E')) {
        int exponent = 0;
        text = read_exponent (text + 1, &exponent);
        self->exponent += exponent;
    }
    return any && text && *text == '\0' ? 0 : -1;
}

int zc_money_parse (const char *text, int decimals, int64_t *ret_scaled)
{
    decimal_t number;
    if (read_decimal (text, &number) == -1)
        return -1;
    int wanted = number.count ? number.exponent + decimals : 0; /* digits before the rounding point */
    if (wanted > 19)
        return -1;
    wide_t magnitude = 0;
    for (int i = 0; i < wanted; i++)
        magnitude = 10 * magnitude + (unsigned) (i < number.count ? number.digits [i] - '0' : 0);
    if (wanted >= 0 && wanted < number.count) {
        char next = number.digits [wanted];
        bool more = number.inexact;
        for (int i = wanted + 1; i < number.count; i++)
            more |= number.digits [i] != '0';
        if (next > '5' || (next == '5' && (more || (magnitude & 1))))
            magnitude++;
    }
    if (magnitude > INT64_MAX)
        return -1;
    *ret_scaled = number.negative ? -(int64_t) magnitude : (int64_t) magnitude;
    return 0;
}

char *zc_money_format (int64_t scaled, int decimals, int least, char text [ZC_DECIMAL_TEXT])
{
    uint64_t magnitude = scaled < 0 ? -(uint64_t) scaled : (uint64_t) scaled;
    char *at = text + ZC_DECIMAL_TEXT - 1;
    *at = '\0';
    bool written = false; /* trailing zeros beyond `least` are not */
    for (int place = decimals; place > 0; place--, magnitude /= 10) {
        written |= magnitude % 10 != 0 || place <= least;
        if (written)
            *--at = (char) ('0' + magnitude % 10);
    }
    if (written)
        *--at = '.';
    do {
        *--at = (char) ('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude);
    if (scaled < 0)
        *--at = '-';
    return memmove (text, at, (size_t) (text + ZC_DECIMAL_TEXT - at));
}

double zc_money_show (int64_t scaled, int decimals, int shown)
{
    int64_t rounded = zc_money_divide (scaled, power_of_ten (decimals - shown));
    /* One correctly rounded division: the double nearest to the decimal that a person reads. */
    return (double) rounded / (double) power_of_ten (shown);
}
