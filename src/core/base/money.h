/* SPDX-License-Identifier: MPL-2.0
 *
 * money.h - exact amounts of USD.
 *
 * An amount is an int64_t of nano-dollars (10^-9 USD: +-9.2 billion USD). A rate is an int64_t of
 * atto-dollars per token (10^-18 USD: up to 9.2 USD a token), fine enough for every published
 * price. Nothing here is a double but what zc_money_show gives to people's eyes.
 */
#ifndef ZC_MONEY_H
#define ZC_MONEY_H

#include <stdint.h>

#define ZC_NANOUSD_DECIMALS 9
#define ZC_RATE_DECIMALS 18 /* of USD per token */
#define ZC_DECIMAL_TEXT 32  /* bytes that hold any formatted number, with its NUL */

/* What tokens of each kind cost, in atto-dollars a token. */
typedef struct {
    int64_t input, cache_read, cache_write, output, reasoning;
} zc_rates_t;

/* How many tokens of each kind one call took. cache_read and cache_write are parts of input,
 * reasoning is a part of output; a whole that is less than its parts counts as their sum. */
typedef struct {
    int64_t input, cache_read, cache_write, output, reasoning;
} zc_tokens_t;

/* tokens x rates, computed exactly, rounded once to the nearest nano-dollar, half to even.
 * Counts are 0 to 10^12, rates not negative. Returns 0, or -1 where the amount passes 64 bits. */
int zc_money_cost (const zc_tokens_t *tokens, const zc_rates_t *rates, int64_t *ret_nanousd);

/* The same; and what a prompt cache saved of it, net: the cost of the same tokens, were all input plain input, less
 * their cost (each rounded). Negative where the cache's rates were dearer; 0 where it passes 64 bits. */
int zc_money_cost_and_saved (const zc_tokens_t *tokens, const zc_rates_t *rates, int64_t *ret_nanousd,
                             int64_t *ret_saved_nanousd);

/* Reads a decimal number ("0.035", "5.46875e-07", "-2") as an integer of 10^-decimals (0 to 18),
 * rounded half to even. Returns 0, or -1: no number, trailing text, or past 64 bits. */
int zc_money_parse (const char *text, int decimals, int64_t *ret_scaled);

/* Writes an integer of 10^-decimals as an exact decimal, with at least `least` digits behind the
 * point ("0.035000000" with decimals 9, least 9; "2.50" with least 2). Returns text. */
char *zc_money_format (int64_t scaled, int decimals, int least, char text [ZC_DECIMAL_TEXT]);

/* number / divisor to the nearest integer, half to even. divisor > 0. */
int64_t zc_money_divide (__int128 number, int64_t divisor);

/* An integer of 10^-decimals as the double nearest to it after rounding to `shown` decimals. */
double zc_money_show (int64_t scaled, int decimals, int shown);

#endif
