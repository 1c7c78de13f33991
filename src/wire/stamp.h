/* SPDX-License-Identifier: MPL-2.0
 *
 * stamp.h - what a producer that wants each event counted once puts at the head of a frame.
 *
 * A msgpack extension of type 1 and 36 bytes, numbers big-endian: producer, epoch, seq, dropped. Refuses to judge what
 * a number means.
 */
#ifndef ZC_STAMP_H
#define ZC_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define ZC_PRODUCER_BYTES 16
#define ZC_STAMP_BYTES 39 /* as zc_stamp_write writes it, the extension's header included */

typedef struct {
    uint8_t producer [ZC_PRODUCER_BYTES];
    uint32_t epoch;
    uint64_t seq; /* of the frame's first event */
    uint64_t dropped;
} zc_stamp_t;

/* Reads the stamp at `at`, whose header may have any of msgpack's forms. Returns what follows it, or NULL: there is
 * none, and *ret_stamp is left alone. */
const uint8_t *zc_stamp_read (const uint8_t *at, const uint8_t *end, zc_stamp_t *ret_stamp);

void zc_stamp_write (const zc_stamp_t *stamp, uint8_t ret_bytes [ZC_STAMP_BYTES]);

#endif
