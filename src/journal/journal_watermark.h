/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_watermark.h - the mark of how far the journal is synced: the file `synced`.
 *
 * Two places of ZC_JOURNAL_WATERMARK_PLACE_BYTES, each
 *     "ZCOSTS1\n", the ledger's id (16 bytes), u64 counter, u64 position, u32 CRC32C of what is before
 * and written in turn; the one with the higher counter holds. A mark is not synced itself: after the end
 * of the process it is exact, after a power cut it is a lower bound.
 */
#ifndef ZC_JOURNAL_WATERMARK_H
#define ZC_JOURNAL_WATERMARK_H

#include "journal/journal_record.h"

#define ZC_JOURNAL_WATERMARK_PLACE_BYTES 4096
#define ZC_JOURNAL_WATERMARK_FILE "synced"

typedef enum {
    ZC_JOURNAL_WATERMARK_GOOD,
    ZC_JOURNAL_WATERMARK_ABSENT,
    ZC_JOURNAL_WATERMARK_DAMAGED,
    ZC_JOURNAL_WATERMARK_IO_ERROR
} zc_journal_watermark_state_t;

typedef struct {
    uint8_t ledger_id [ZC_LEDGER_ID_BYTES];
    uint64_t counter;
    zc_position_t position;
    int place; /* of the two */
} zc_journal_watermark_t;

zc_journal_watermark_state_t zc_journal_watermark_read (const char *directory, zc_journal_watermark_t *ret_mark,
                                                        char why [256]);

/* Makes the file with both places good and position 0, synced, but for its directory. */
int zc_journal_watermark_create (const char *directory, const uint8_t id [ZC_LEDGER_ID_BYTES], char why [256]);

/* Opens it for zc_journal_watermark_write: the descriptor, or -1. */
int zc_journal_watermark_open (const char *directory, char why [256]);

/* Puts a new position into the older place, and in *mark. 0, or -1. */
int zc_journal_watermark_write (int fd, zc_journal_watermark_t *mark, zc_position_t position, char why [256]);

#endif
