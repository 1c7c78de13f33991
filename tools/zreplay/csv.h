/* SPDX-License-Identifier: MPL-2.0
 *
 * csv.h - rows of comma-separated values, by RFC 4180.
 *
 * Takes quoted fields with "" escapes, commas and line ends in them; LF or CRLF;
 * a last row without a line end. Empty lines are skipped. Knows nothing of what
 * the columns mean. Refuses what the RFC does not allow: one wrong line costs
 * that line alone, and reading goes on at the line after the one where the row began.
 */
#ifndef ZC_CSV_H
#define ZC_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "zreplay/input.h"

#define ZC_CSV_FIELDS_MAX 256

typedef struct zc_csv zc_csv_t;

/* Reads from input, which stays the caller's. NULL: no memory. */
zc_csv_t *zc_csv_new (zc_input_t *input);
void zc_csv_destroy (zc_csv_t **self);

/* Reads the next row: ITEM, END, BAD (zc_csv_reason), STOPPED, FAILED. */
zc_read_t zc_csv_next (zc_csv_t *self);

/* The row just read: its fields are NUL-terminated and live until the next one. */
size_t zc_csv_count (const zc_csv_t *self);
const char *zc_csv_field (const zc_csv_t *self, size_t index);

/* The line, from 1, on which the last row began, good or bad; and why it was bad. */
uint64_t zc_csv_line (const zc_csv_t *self);
const char *zc_csv_reason (const zc_csv_t *self);

#endif
