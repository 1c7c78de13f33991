/* SPDX-License-Identifier: MPL-2.0
 *
 * prices_file.h - a price table from disk, or the built-in one.
 */
#ifndef ZC_PRICES_FILE_H
#define ZC_PRICES_FILE_H

#include "core/prices.h"

/* Reads the table of `path`, or the built-in one where path is "". Logs what it read and each entry
 * that it did not. NULL after a line in the log that says why. */
zc_prices_t *zc_prices_file_load (const char *path);

#endif
