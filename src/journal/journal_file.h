/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_file.h - what the journal does to its directory, each with its error as a line for a person.
 *
 * All by paths, never relative to a descriptor. Functions that take `why` return -1 on failure with the
 * line written there. Refuses to try a second time: a write that came out short is a failure.
 */
#ifndef ZC_JOURNAL_FILE_H
#define ZC_JOURNAL_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define ZC_WHY_BYTES 256
#define ZC_JOURNAL_FILE_NAME_BYTES 32

typedef enum {
    ZC_JOURNAL_FILE_SEGMENT, /* segment-N */
    ZC_JOURNAL_FILE_SPARE,   /* spare-N: a file of full size whose blocks exist */
    ZC_JOURNAL_FILE_NEW      /* new-N: one that is being made */
} zc_journal_file_kind_t;

/* Writes the line; `%m` is errno's text. Returns -1. */
int zc_journal_file_why (char why [ZC_WHY_BYTES], const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Both return what they wrote. */
const char *zc_journal_file_name (char name [ZC_JOURNAL_FILE_NAME_BYTES], zc_journal_file_kind_t kind, uint32_t number);
const char *zc_journal_file_path (char path [PATH_MAX], const char *directory, const char *name);

/* The numbers of all files of a kind, ascending; ret_numbers is the caller's to free. An absent directory
 * has none. */
int zc_journal_file_list (const char *directory, zc_journal_file_kind_t kind, uint32_t **ret_numbers, size_t *ret_count,
                          char *why);

/* One pwrite. `name` is the file's, for the line. */
int zc_journal_file_write (int fd, const void *data, size_t size, uint64_t offset, const char *name, char *why);

/* The same of several parts. */
int zc_journal_file_write_parts (int fd, const struct iovec *parts, int count, uint64_t offset, const char *name,
                                 char *why);

/* Returns how much was read: less than `size` only where the file ends; -1 on failure. */
int64_t zc_journal_file_read (int fd, void *data, size_t size, uint64_t offset, const char *name, char *why);

/* A file that is there is none to fail over. */
int zc_journal_file_make_directory (const char *directory, char *why);

/* Makes the entries of a directory survive a power cut. */
int zc_journal_file_sync_directory (const char *directory, char *why);

int zc_journal_file_rename (const char *directory, const char *from, const char *to, char *why);

/* A file that is not there counts as deleted. */
int zc_journal_file_delete (const char *directory, const char *name, char *why);

/* The same for all files of a kind with numbers above `above`, the highest first. */
int zc_journal_file_delete_all (const char *directory, zc_journal_file_kind_t kind, uint32_t above, char *why);

#endif
