/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_synced.h - the mark of how far the journal is synced: the file `synced`.
 *
 * Two places of ZC_MARK_PLACE_BYTES, each
 *     "ZCOSTS1\n", the ledger's id (16 bytes), u64 counter, u64 position, u32 CRC32C of what is before
 * and written in turn; the one with the higher counter holds. A mark is not synced itself: after the end
 * of the process it is exact, after a power cut it is a lower bound.
 */
#ifndef ZC_JOURNAL_SYNCED_H
#define ZC_JOURNAL_SYNCED_H

#include "journal/journal.h"

#define ZC_MARK_PLACE_BYTES 4096
#define ZC_MARK_FILE "synced"

typedef enum { ZC_MARK_GOOD, ZC_MARK_ABSENT, ZC_MARK_DAMAGED, ZC_MARK_IO_ERROR } zc_mark_state_t;

typedef struct {
    uint8_t ledger_id [ZC_LEDGER_ID_BYTES];
    uint64_t counter;
    zc_position_t position;
    int place; /* of the two */
} zc_mark_t;

zc_mark_state_t zc_mark_read (const char *directory, zc_mark_t *ret_mark, char why [256]);

/* Makes the file with both places good and position 0, synced, but for its directory. */
int zc_mark_create (const char *directory, const uint8_t id [ZC_LEDGER_ID_BYTES], char why [256]);

/* Opens it for zc_mark_write: the descriptor, or -1. */
int zc_mark_open (const char *directory, char why [256]);

/* Puts a new position into the older place, and in *mark. 0, or -1. */
int zc_mark_write (int fd, zc_mark_t *mark, zc_position_t position, char why [256]);

#endif
