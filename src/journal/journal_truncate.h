/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_truncate.h - makes a directory ready to be written to behind the end that a walk found.
 */
#ifndef ZC_JOURNAL_TRUNCATE_H
#define ZC_JOURNAL_TRUNCATE_H

#include "journal/journal_segment.h"
#include "journal/journal_watermark.h"

/* Cuts what is behind `end`, syncs all that is before it, and says so in *mark and in the file of mark_fd.
 * end 0: begins with segment `first`, whose ledger's id is the journal's. The power may go at any instant of it: the next walk ends where this one
 * did. Returns the segment to go on in; NULL: why. */
zc_journal_segment_t *zc_journal_truncate (const char *directory, const zc_journal_segment_header_t *first,
                                           zc_position_t end, int mark_fd, zc_journal_watermark_t *mark,
                                           char why [ZC_WHY_BYTES]);

#endif
