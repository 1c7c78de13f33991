/* SPDX-License-Identifier: MPL-2.0
 *
 * position.h - a place in the journal: a segment's number and an offset in it.
 *
 * Positions are ordered as what they point at. Segments are numbered from 1, so 0 is before all of them.
 */
#ifndef ZC_POSITION_H
#define ZC_POSITION_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* The segment's number in the upper half, the offset in the lower one. */
typedef uint64_t zc_position_t;

#define ZC_POSITION(segment, offset) ((zc_position_t) (segment) << 32 | (uint32_t) (offset))
#define ZC_POSITION_SEGMENT(position) ((uint32_t) ((position) >> 32))
#define ZC_POSITION_OFFSET(position) ((uint32_t) (position))

#define ZC_POSITION_TEXT_BYTES 22 /* two numbers of up to ten digits, a colon and a NUL */

/* "segment:offset", as `health` tells it. Returns ret_text. */
static inline const char *zc_position_text (zc_position_t position, char ret_text [ZC_POSITION_TEXT_BYTES])
{
    snprintf (ret_text, ZC_POSITION_TEXT_BYTES, "%" PRIu32 ":%" PRIu32, ZC_POSITION_SEGMENT (position),
              ZC_POSITION_OFFSET (position));
    return ret_text;
}

#endif
