/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_reader.h - reads one segment record by record, and tells what is not one. Believes no size
 * beyond the segment's end. What a bad record means is for the walk to say.
 */
#ifndef ZC_JOURNAL_READER_H
#define ZC_JOURNAL_READER_H

#include "journal/journal_file.h"
#include "journal/journal_format.h"

typedef enum {
    ZC_JOURNAL_READ_GOOD,
    ZC_JOURNAL_READ_END,     /* nothing was written here yet */
    ZC_JOURNAL_READ_BAD,     /* not what the journal writes, or not all of it */
    ZC_JOURNAL_READ_FOREIGN, /* whole, but another ledger's or a later version's: never to be cut away */
    ZC_JOURNAL_READ_FAILED   /* the system could not read it */
} zc_journal_read_t;

/* Zero is none open. */
typedef struct {
    int fd; /* valid while `open` */
    bool open;
    char name [ZC_JOURNAL_FILE_NAME_BYTES];
    zc_journal_segment_header_t header;
    uint32_t seed;
    uint32_t at; /* the next record's offset */

    uint8_t *buffer; /* bytes of the file from `at` on: `held`, from buffer + begin */
    size_t begin, held, capacity;
    char why [ZC_WHY_BYTES]; /* where the last call was neither GOOD nor END */
} zc_journal_reader_t;

/* Opens a segment, and closes the one before. id NULL: any ledger's. */
zc_journal_read_t zc_journal_reader_open (zc_journal_reader_t *self, const char *directory, uint32_t number,
                                          const uint8_t *id);

/* The next record, valid until the next call. */
zc_journal_read_t zc_journal_reader_next (zc_journal_reader_t *self, zc_record_view_t *ret_record);

/* How many bytes from `offset` on, up to the last one that is not zero; -1 on failure. */
int64_t zc_journal_reader_extent (zc_journal_reader_t *self, uint32_t offset);

void zc_journal_reader_term (zc_journal_reader_t *self);

#endif
