/* SPDX-License-Identifier: MPL-2.0
 *
 * hex.c - bytes as hex digits.
 */
#include "wire/hex.h"

char *zc_hex_write (const uint8_t *bytes, size_t size, char *ret_digits)
{
    static const char digits [] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *ret_digits++ = digits [bytes [i] >> 4];
        *ret_digits++ = digits [bytes [i] & 15];
    }
    return ret_digits;
}

/* -1: no digit. */
static int value_of (char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

bool zc_hex_read (const char *digits, size_t size, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < 2 * size; i++)
        if (value_of (digits [i]) == -1)
            return false;
    for (size_t i = 0; i < size; i++)
        ret_bytes [i] = (uint8_t) (value_of (digits [2 * i]) * 16 + value_of (digits [2 * i + 1]));
    return true;
}
