/* SPDX-License-Identifier: MPL-2.0
 *
 * tz_file.h - a zone as the tz database has it: a file in the TZif format of RFC 8536.
 *
 * Owns nothing but its bytes: a value, read where it is needed and dropped. Believes nothing in the file: one that is
 * malformed is refused whole. Refuses also files of version 1, which have no 64-bit times, and those that count leap
 * seconds ("right/").
 *
 * GLib's GTimeZone was tried first: version 2.74 ends the process on a damaged file, knows no summer time after the
 * year 2999, and after the file's last change is two hours off in Dublin, whose winter has an offset of 0.
 */
#ifndef ZC_TZ_FILE_H
#define ZC_TZ_FILE_H

#include <stddef.h>

#include "civil/tz_rule.h"

#define ZC_TZ_FILE_BYTES 16384 /* a file is shorter; those of today have up to 4 KiB */

/* No zone has ever been further from UTC than this; a file that says so is malformed. */
#define ZC_TZ_OFFSET_MAX_S (16 * 3600)

typedef struct {
    size_t change_count, offset_count, letter_count;
    size_t times, indexes, offsets, letters; /* where in bytes each table begins */
    bool has_rule;
    zc_tz_rule_t rule; /* what is in force after the last change */
    unsigned char bytes [ZC_TZ_FILE_BYTES];
} zc_tz_file_t;

/* Reads the zone of a name from where the C library has its database, or TZDIR says. 0, or -1: there is none of that
 * name, or it is malformed; then *ret_file is of no use. Any thread. */
int zc_tz_file_read (const char *zone, zc_tz_file_t *ret_file);

/* What is in force at a time, in seconds since the epoch, of a year that gmtime_r knows. Its name lives as long as
 * the file. */
zc_tz_offset_t zc_tz_file_at (const zc_tz_file_t *self, int64_t at_s);

#endif
