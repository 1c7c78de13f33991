/* SPDX-License-Identifier: MPL-2.0
 *
 * pack.h - shorthands over msgpack-c's packer for what reports and replies are made of.
 */
#ifndef ZC_PACK_H
#define ZC_PACK_H

#include <msgpack.h>
#include <string.h>

#include "core/base/money.h"

static inline void zc_pack_bytes (msgpack_packer *out, const char *data, size_t size)
{
    msgpack_pack_str_with_body (out, data, size);
}

static inline void zc_pack_text (msgpack_packer *out, const char *text)
{
    zc_pack_bytes (out, text, strlen (text));
}

static inline void zc_pack_key_text (msgpack_packer *out, const char *key, const char *text)
{
    zc_pack_text (out, key);
    zc_pack_text (out, text);
}

static inline void zc_pack_key_int (msgpack_packer *out, const char *key, int64_t number)
{
    zc_pack_text (out, key);
    msgpack_pack_int64 (out, number);
}

static inline void zc_pack_key_uint (msgpack_packer *out, const char *key, uint64_t number)
{
    zc_pack_text (out, key);
    msgpack_pack_uint64 (out, number);
}

static inline void zc_pack_key_double (msgpack_packer *out, const char *key, double number)
{
    zc_pack_text (out, key);
    msgpack_pack_double (out, number);
}

static inline void zc_pack_key_map (msgpack_packer *out, const char *key, size_t pairs)
{
    zc_pack_text (out, key);
    msgpack_pack_map (out, pairs);
}

/* An amount as people read it: a double rounded to 4 decimals. */
static inline void zc_pack_key_cost (msgpack_packer *out, const char *key, int64_t nanousd)
{
    zc_pack_key_double (out, key, zc_money_show (nanousd, ZC_NANOUSD_DECIMALS, 4));
}

/* An amount as it is: an exact decimal string of 9 decimals. */
static inline void zc_pack_key_usd (msgpack_packer *out, const char *key, int64_t nanousd)
{
    char text [ZC_DECIMAL_TEXT];
    zc_pack_key_text (out, key, zc_money_format (nanousd, ZC_NANOUSD_DECIMALS, ZC_NANOUSD_DECIMALS, text));
}

/* part of whole in percent, rounded to 1 decimal; 0 without a whole. whole >= 0. */
static inline void zc_pack_key_percent (msgpack_packer *out, const char *key, int64_t part, int64_t whole)
{
    zc_pack_key_double (out, key, whole > 0 ? (double) zc_money_divide ((__int128) part * 1000, whole) / 10 : 0);
}

#endif
