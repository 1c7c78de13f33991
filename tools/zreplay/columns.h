/* SPDX-License-Identifier: MPL-2.0
 *
 * columns.h - events from a table with named columns.
 *
 * The first row names the columns: the contract's keys, "tags.NAME", or the names of
 * the Azure LLM inference traces. An empty cell is an absent value.
 */
#ifndef ZC_COLUMNS_H
#define ZC_COLUMNS_H

#include "zreplay/console.h"
#include "zreplay/input.h"
#include "zreplay/record.h"

typedef struct zc_columns zc_columns_t;

/* input, defaults and console stay the caller's. NULL: no memory. */
zc_columns_t *zc_columns_new (zc_input_t *input, const char *name, const zc_defaults_t *defaults,
                              zc_console_t *console);
void zc_columns_destroy (zc_columns_t **self);

/* Reads the header; names on the console what it does not know. ITEM; BAD: unusable, *ret_reason
 * says why, for good; END: nothing there; STOPPED, FAILED. */
zc_read_t zc_columns_begin (zc_columns_t *self, const char **ret_reason);

/* Reads one event; BAD: ret_record->reason says why. *ret_line: where it stands. */
zc_read_t zc_columns_next (zc_columns_t *self, zc_record_t *ret_record, uint64_t *ret_line);

#endif
