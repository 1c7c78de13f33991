/* SPDX-License-Identifier: MPL-2.0
 *
 * pack_money.h - amounts and shares as reports and replies tell them.
 */
#ifndef ZC_PACK_MONEY_H
#define ZC_PACK_MONEY_H

#include "core/base/money.h"
#include "wire/pack.h"

/* An amount as people read it: a double rounded to 4 decimals. */
static inline void zc_pack_key_cost (zc_pack_t *out, const char *key, int64_t nanousd)
{
    zc_pack_key_double (out, key, zc_money_show (nanousd, ZC_NANOUSD_DECIMALS, 4));
}

/* An amount as it is: an exact decimal string of 9 decimals. */
static inline void zc_pack_key_usd (zc_pack_t *out, const char *key, int64_t nanousd)
{
    char text [ZC_DECIMAL_TEXT];
    zc_pack_key_text (out, key, zc_money_format (nanousd, ZC_NANOUSD_DECIMALS, ZC_NANOUSD_DECIMALS, text));
}

/* part of whole in percent, rounded to 1 decimal; 0 without a whole. whole >= 0. */
static inline void zc_pack_key_percent (zc_pack_t *out, const char *key, int64_t part, int64_t whole)
{
    zc_pack_key_double (out, key, whole > 0 ? (double) zc_money_divide ((__int128) part * 1000, whole) / 10 : 0);
}

#endif
