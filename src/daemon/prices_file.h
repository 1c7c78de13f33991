/* SPDX-License-Identifier: MPL-2.0
 *
 * prices_file.h - a price table from disk.
 */
#ifndef ZC_PRICES_FILE_H
#define ZC_PRICES_FILE_H

#include <stddef.h>

/* The text of a price table, checked to be one, with what it refuses named in the log. path: a file, or
 * "" for the built-in table. The caller frees it. NULL after a line in the log that says why. */
char *zc_prices_file_read (const char *path, size_t *ret_size);

#endif
