/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_segment.h - a segment's file, open for writing: made anew, made of a spare one, or gone on with.
 */
#ifndef ZC_JOURNAL_SEGMENT_H
#define ZC_JOURNAL_SEGMENT_H

#include "journal/journal_file.h"
#include "journal/journal_format.h"

typedef struct zc_journal_segment {
    int fd;
    zc_journal_segment_header_t header;
    uint32_t seed;
    char name [ZC_JOURNAL_FILE_NAME_BYTES];
    struct zc_journal_segment *next; /* its owner's, for a list */
} zc_journal_segment_t;

/* Makes the segment's file of its full size, empty and under its name. Nothing is synced. NULL: why. */
zc_journal_segment_t *zc_journal_segment_make (const char *directory, const zc_journal_segment_header_t *header,
                                               char why [ZC_WHY_BYTES]);

/* The same out of spare file `spare`. */
zc_journal_segment_t *zc_journal_segment_make_of_spare (const char *directory, uint32_t spare,
                                                        const zc_journal_segment_header_t *header,
                                                        char why [ZC_WHY_BYTES]);

/* Opens one that is there and has this number and this ledger's id. */
zc_journal_segment_t *zc_journal_segment_open (const char *directory, uint32_t number,
                                               const uint8_t id [ZC_LEDGER_ID_BYTES], char why [ZC_WHY_BYTES]);

int zc_journal_segment_sync (const zc_journal_segment_t *self, char why [ZC_WHY_BYTES]);

/* Closes the file; it stays. NULL-safe. */
void zc_journal_segment_close (zc_journal_segment_t **self);

/* Opens a file for writing and gives it `bytes` on the disk. The descriptor, or -1. */
int zc_journal_segment_allocate (const char *directory, const char *name, uint32_t bytes, char why [ZC_WHY_BYTES]);

#endif
