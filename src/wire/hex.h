/* SPDX-License-Identifier: MPL-2.0
 *
 * hex.h - bytes as hex digits, two a byte: how ids stand in topics, answers and names of files.
 */
#ifndef ZC_HEX_H
#define ZC_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 2 * size lower-case digits, and no NUL. Returns what follows them. */
char *zc_hex_write (const uint8_t *bytes, size_t size, char *ret_digits);

/* Reads 2 * size digits of either case. Returns false if one of them is none; ret_bytes is then left alone. */
bool zc_hex_read (const char *digits, size_t size, uint8_t *ret_bytes);

#endif
