/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_format.h - the journal's bytes: CRC32C, a segment's header, a record's header. Pure.
 * What they mean stands in journal_record.h.
 */
#ifndef ZC_JOURNAL_FORMAT_H
#define ZC_JOURNAL_FORMAT_H

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "journal/journal_record.h"

static inline void zc_journal_put_u32 (uint8_t *place, uint32_t value)
{
    value = htole32 (value);
    memcpy (place, &value, sizeof value);
}

static inline void zc_journal_put_u64 (uint8_t *place, uint64_t value)
{
    value = htole64 (value);
    memcpy (place, &value, sizeof value);
}

static inline uint32_t zc_journal_get_u32 (const uint8_t *place)
{
    uint32_t value;
    memcpy (&value, place, sizeof value);
    return le32toh (value);
}

static inline uint64_t zc_journal_get_u64 (const uint8_t *place)
{
    uint64_t value;
    memcpy (&value, place, sizeof value);
    return le64toh (value);
}

/* CRC32C of bytes that go on where `crc` ended; 0 begins. */
uint32_t zc_journal_crc32c (uint32_t crc, const void *data, size_t size);

typedef struct {
    uint8_t ledger_id [ZC_LEDGER_ID_BYTES];
    uint32_t number; /* never 0 */
    uint32_t bytes;  /* of the segment */
} zc_journal_segment_header_t;

void zc_journal_segment_header_encode (uint8_t place [ZC_SEGMENT_HEADER_BYTES],
                                       const zc_journal_segment_header_t *header);

/* Returns -1 where it is none. */
int zc_journal_segment_header_decode (const uint8_t place [ZC_SEGMENT_HEADER_BYTES],
                                      zc_journal_segment_header_t *ret_header);

/* From what the CRCs of a segment's records go on. */
uint32_t zc_journal_segment_seed (const zc_journal_segment_header_t *header);

/* Writes a record's header, all but its CRC, which needs the payload. */
static inline void zc_journal_record_begin (uint8_t *record, zc_record_kind_t kind, int64_t arrival_ms, uint32_t size)
{
    zc_journal_put_u32 (record + 4, size);
    zc_journal_put_u64 (record + 8, (uint64_t) arrival_ms << 8 | (uint64_t) kind);
}

/* The CRC of a record at `offset` of a segment, whose first `contiguous` bytes (its header at least) are at
 * `record`, and the rest at `rest`. */
uint32_t zc_journal_record_crc (uint32_t seed, uint32_t offset, const uint8_t *record, size_t contiguous,
                                const void *rest, size_t rest_size);

/* Whether nothing was written here yet. */
bool zc_journal_record_is_end (const uint8_t record [ZC_RECORD_HEADER_BYTES]);

#endif
