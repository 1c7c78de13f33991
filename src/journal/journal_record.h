/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_record.h - what the journal is made of: segments of records.
 *
 *   segment = header (ZC_SEGMENT_HEADER_BYTES) record* end
 *   header  = "ZCOSTJ1\n", the ledger's id (16 bytes), u64 number, u64 segment's bytes, u32 CRC32C; the rest 0
 *   record  = u32 CRC32C, u32 size, u64 (arrival in ms << 8 | kind), size bytes of payload
 *   end     = 16 zero bytes: overwritten by the next record
 *
 * Little-endian throughout. A record's CRC covers size, arrival, kind and payload, and begins from the
 * CRC of the ledger's id, the segment's number and the record's offset: a record of a segment's former
 * life, or one that was moved, is not valid. Each full segment ends with a record of kind NEXT.
 */
#ifndef ZC_JOURNAL_RECORD_H
#define ZC_JOURNAL_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/position.h"

#define ZC_SEGMENT_HEADER_BYTES 64
#define ZC_RECORD_HEADER_BYTES 16
#define ZC_SEGMENT_BYTES_DEFAULT (64u << 20)
#define ZC_SEGMENT_BYTES_MIN (1u << 20)
#define ZC_SEGMENT_BYTES_MAX ((1u << 31) - 1)

/* The largest payload for segments of a size: beside it there are the header, its own, and a NEXT. */
#define ZC_RECORD_PAYLOAD_MAX(segment_bytes)                                                                           \
    ((size_t) (segment_bytes) -ZC_SEGMENT_HEADER_BYTES - (size_t) 2 * ZC_RECORD_HEADER_BYTES)

#define ZC_LEDGER_ID_BYTES 16

typedef enum {
    ZC_RECORD_END = 0,       /* not a record: nothing was written here yet */
    ZC_RECORD_FRAME = 1,     /* a frame as received */
    ZC_RECORD_TOO_LARGE = 2, /* a frame over the limit: how it began (256 bytes) */
    ZC_RECORD_CONFIG = 3,    /* prices and policy, in force from here on (core/pricing/effective_config.h) */
    ZC_RECORD_NEXT = 4,      /* the journal goes on in the next segment */
    ZC_RECORD_ALERT = 5      /* a budget's threshold was passed, or that was published (core/budget/budget.h) */
} zc_record_kind_t;

typedef struct {
    zc_record_kind_t kind;
    zc_position_t position; /* of the record */
    zc_position_t next;     /* behind it */
    int64_t arrival_ms;
    const uint8_t *data;
    uint32_t size;
} zc_record_view_t;

#endif
