/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_format.c - the journal's bytes.
 */
#include "journal/journal_format.h"

#include <isa-l/crc.h>

#define CRC_AT 40 /* of a segment's header: over all before it */

static const uint8_t magic [8] = {'Z', 'C', 'O', 'S', 'T', 'J', '1', '\n'};

uint32_t zc_journal_crc32c (uint32_t crc, const void *data, size_t size)
{
    /* The library neither begins nor ends with the inversion that CRC32C asks for, and only reads. */
    return ~crc32_iscsi ((unsigned char *) data, (int) size, ~crc);
}

void zc_journal_segment_header_encode (uint8_t place [ZC_SEGMENT_HEADER_BYTES],
                                       const zc_journal_segment_header_t *header)
{
    memset (place, 0, ZC_SEGMENT_HEADER_BYTES);
    memcpy (place, magic, sizeof magic);
    memcpy (place + 8, header->ledger_id, ZC_LEDGER_ID_BYTES);
    zc_journal_put_u64 (place + 24, header->number);
    zc_journal_put_u64 (place + 32, header->bytes);
    zc_journal_put_u32 (place + CRC_AT, zc_journal_crc32c (0, place, CRC_AT));
}

int zc_journal_segment_header_decode (const uint8_t place [ZC_SEGMENT_HEADER_BYTES],
                                      zc_journal_segment_header_t *ret_header)
{
    if (memcmp (place, magic, sizeof magic) != 0 ||
        zc_journal_get_u32 (place + CRC_AT) != zc_journal_crc32c (0, place, CRC_AT))
        return -1;
    uint64_t number = zc_journal_get_u64 (place + 24), bytes = zc_journal_get_u64 (place + 32);
    if (number == 0 || number > UINT32_MAX || bytes < ZC_SEGMENT_BYTES_MIN || bytes > ZC_SEGMENT_BYTES_MAX)
        return -1;
    memcpy (ret_header->ledger_id, place + 8, ZC_LEDGER_ID_BYTES);
    ret_header->number = (uint32_t) number;
    ret_header->bytes = (uint32_t) bytes;
    return 0;
}

uint32_t zc_journal_segment_seed (const zc_journal_segment_header_t *header)
{
    uint8_t bytes [ZC_LEDGER_ID_BYTES + 8];
    memcpy (bytes, header->ledger_id, ZC_LEDGER_ID_BYTES);
    zc_journal_put_u64 (bytes + ZC_LEDGER_ID_BYTES, header->number);
    return zc_journal_crc32c (0, bytes, sizeof bytes);
}

uint32_t zc_journal_record_crc (uint32_t seed, uint32_t offset, const uint8_t *record, size_t contiguous,
                                const void *rest, size_t rest_size)
{
    uint8_t place [4];
    zc_journal_put_u32 (place, offset);
    uint32_t crc = zc_journal_crc32c (seed, place, sizeof place);
    crc = zc_journal_crc32c (crc, record + sizeof place,
                             contiguous - sizeof place); /* where the offset stood is the CRC's */
    return rest_size ? zc_journal_crc32c (crc, rest, rest_size) : crc;
}

bool zc_journal_record_is_end (const uint8_t record [ZC_RECORD_HEADER_BYTES])
{
    static const uint8_t end [ZC_RECORD_HEADER_BYTES];
    return memcmp (record, end, sizeof end) == 0;
}
