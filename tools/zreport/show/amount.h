/* SPDX-License-Identifier: MPL-2.0
 *
 * amount.h - numbers as a person reads them: money, counts, shares, times.
 *
 * Money stays an integer of nano-dollars until its digits are written, so that
 * what is shown is the exact sum, rounded once.
 */
#ifndef ZR_SHOW_AMOUNT_H
#define ZR_SHOW_AMOUNT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A short text by value: used where it is made, as in printf ("%s", zr_amount_count (n).text). */
typedef struct {
    char text [48];
} zr_text_t;

/* Reads an exact decimal string ("-12.000000001") or a number of USD. Returns false, and leaves
 * *ret_nanousd alone, where the value is neither or does not fit. */
bool zr_amount_read (const json_t *value, int64_t *ret_nanousd);

/* "$1,234.5678", "-$0.01"; decimals 0 to 9, half away from zero. */
zr_text_t zr_amount_money (int64_t nanousd, int decimals);

/* How many decimals an amount needs: 4, or 6 or 9 where those would show nothing of it. */
int zr_amount_decimals (int64_t nanousd);

/* As a person wants it: "$1,234.57"; below a dollar as many decimals as show something: "$0.1234", "$0.0042",
 * "$0.000013"; "$0.00" is nothing at all. */
zr_text_t zr_amount_dollars (int64_t nanousd);

/* As the wire has it: "-12.000000001". */
zr_text_t zr_amount_exact (int64_t nanousd);

/* "9,999", "12.3k", "12.3M", "1.23B" for what is counted in millions. */
zr_text_t zr_amount_tokens (int64_t number);

zr_text_t zr_amount_count (int64_t number);              /* "1,234,567" */
zr_text_t zr_amount_share (int64_t part, int64_t whole); /* "64.8%"; "-" of nothing */
zr_text_t zr_amount_bytes (int64_t bytes);               /* "12.3 MiB" */
zr_text_t zr_amount_span (int64_t seconds);              /* "3 h 12 min" */
zr_text_t zr_amount_step (int64_t seconds);              /* what is a whole number of units: "90 min", "1 h", "2 d" */
zr_text_t zr_amount_took (double ms);                    /* "0.04 ms", "31 ms", "3.2 s", "3 h 12 min" */
zr_text_t zr_amount_age (int64_t ms);                    /* in one unit: "0.3 s", "12 min", "5 h", "9 d" */
zr_text_t zr_amount_time (int64_t ms);                   /* "2026-07-25 14:05:31 UTC" */

#endif
