/* SPDX-License-Identifier: MPL-2.0
 *
 * str.h - names compared and hashed where each nanosecond counts.
 */
#ifndef ZC_STR_H
#define ZC_STR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/event.h"

/* Whether two strings are the same bytes. By words that overlap: names are short, and a call costs more
 * than comparing them. */
static inline bool zc_str_equal (zc_str_t a, zc_str_t b)
{
    if (a.size != b.size)
        return false;
    if (a.size < 8)
        return zc_bytes_first (a.data, a.size) == zc_bytes_first (b.data, b.size);
    return zc_bytes_word (a.data) == zc_bytes_word (b.data) &&
           zc_bytes_word (a.data + a.size - 8) == zc_bytes_word (b.data + b.size - 8) &&
           (a.size <= 16 || memcmp (a.data + 8, b.data + 8, a.size - 16) == 0);
}

/* A word that two names of a kind hardly share: of their size, their first bytes and their last. For caches
 * only, where who chooses names that meet makes nothing worse than slower. */
static inline uint64_t zc_str_word (zc_str_t text)
{
    uint64_t word = zc_bytes_first (text.data, text.size) + text.size;
    return text.size > 8 ? word ^ zc_bytes_word (text.data + text.size - 8) * 5 : word;
}

#endif
