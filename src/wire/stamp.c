/* SPDX-License-Identifier: MPL-2.0
 *
 * stamp.c - a stamp to bytes and back.
 */
#include "wire/stamp.h"

#include <endian.h>
#include <string.h>

#include "wire/reader.h"

#define EXT_TYPE 1
#define HEADER_BYTES 3 /* of an extension of up to 255 bytes */
#define EPOCH_AT ZC_PRODUCER_BYTES
#define SEQ_AT (EPOCH_AT + 4)
#define DROPPED_AT (SEQ_AT + 8)
#define BODY_BYTES (DROPPED_AT + 8)

_Static_assert(HEADER_BYTES + BODY_BYTES == ZC_STAMP_BYTES, "a stamp's parts");

const uint8_t *zc_stamp_read (const uint8_t *at, const uint8_t *end, zc_stamp_t *ret_stamp)
{
    zc_value_t value;
    if (at == end || *at < 0xc7) /* most frames begin with a map or an array, which are below all extensions */
        return NULL;
    const uint8_t *next = zc_reader_read (at, end, &value);
    if (!next || value.kind != ZC_EXT || value.ext_type != EXT_TYPE || value.size != BODY_BYTES)
        return NULL;
    const uint8_t *body = value.as.data;
    memcpy (ret_stamp->producer, body, ZC_PRODUCER_BYTES);
    ret_stamp->epoch = zc_reader_be32 (body + EPOCH_AT);
    ret_stamp->seq = zc_reader_be64 (body + SEQ_AT);
    ret_stamp->dropped = zc_reader_be64 (body + DROPPED_AT);
    return next;
}

static void put_be64 (uint8_t *to, uint64_t number)
{
    number = htobe64 (number);
    memcpy (to, &number, sizeof number);
}

void zc_stamp_write (const zc_stamp_t *stamp, uint8_t ret_bytes [ZC_STAMP_BYTES])
{
    const uint8_t header [HEADER_BYTES] = {0xc7, BODY_BYTES, EXT_TYPE};
    uint8_t *body = ret_bytes + HEADER_BYTES;
    uint32_t epoch = htobe32 (stamp->epoch);
    memcpy (ret_bytes, header, sizeof header);
    memcpy (body, stamp->producer, ZC_PRODUCER_BYTES);
    memcpy (body + EPOCH_AT, &epoch, sizeof epoch);
    put_be64 (body + SEQ_AT, stamp->seq);
    put_be64 (body + DROPPED_AT, stamp->dropped);
}
