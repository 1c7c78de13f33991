/* SPDX-License-Identifier: MPL-2.0
 *
 * bytes.h - short strings as words.
 */
#ifndef ZC_BYTES_H
#define ZC_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 8 bytes in one word. */
static inline uint64_t zc_bytes_word (const char *data)
{
    uint64_t word;
    memcpy (&word, data, sizeof word);
    return word;
}

/* The first bytes of a string, at most 8, in one word: strings of one size and at most 8 bytes are
 * equal where their words are. By loads that overlap, so that none passes the string's end and no
 * call is made. */
static inline uint64_t zc_bytes_first (const char *data, size_t size)
{
    uint64_t word = 0;
    if (size >= 8)
        memcpy (&word, data, 8);
    else if (size >= 4) {
        uint32_t low, high;
        memcpy (&low, data, 4);
        memcpy (&high, data + size - 4, 4);
        word = (uint64_t) high << 32 | low;
    } else if (size > 0)
        word =
            (uint64_t) (uint8_t) data [size - 1] << 16 | (uint64_t) (uint8_t) data [size / 2] << 8 | (uint8_t) data [0];
    return word;
}

#endif
