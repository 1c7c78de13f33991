/* SPDX-License-Identifier: MPL-2.0
 *
 * utf8.c - well-formed UTF-8.
 */
#include "wire/utf8.h"

#include <stdint.h>
#include <string.h>

/* Whether the sequence at p is well-formed; advances p over it. */
static bool utf8_sequence (const uint8_t **p, const uint8_t *end)
{
    const uint8_t *s = *p;
    uint8_t lead = *s;
    size_t more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
    if (more == 0 || (size_t) (end - s) <= more)
        return false;
    /* The second byte's range keeps out overlongs, surrogates and what is over U+10FFFF. */
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (s [1] < low || s [1] > high)
        return false;
    for (size_t i = 2; i <= more; i++)
        if ((s [i] & 0xc0) != 0x80)
            return false;
    *p = s + 1 + more;
    return true;
}

bool zc_utf8_valid (const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    const uint8_t *end = p + size;
    while (p < end) {
        uint64_t eight;
        if (end - p >= 8 && (memcpy (&eight, p, 8), (eight & 0x8080808080808080) == 0))
            p += 8;
        else if (*p < 0x80)
            p++;
        else if (!utf8_sequence (&p, end))
            return false;
    }
    return true;
}
