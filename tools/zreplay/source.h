/* SPDX-License-Identifier: MPL-2.0
 *
 * source.h - where events come from: a CSV table, JSON lines, or the demo.
 *
 * Owns the input and its reader, tells bad rows on the console with file and line, and
 * counts them: reading goes on behind them.
 */
#ifndef ZC_SOURCE_H
#define ZC_SOURCE_H

#include "zreplay/console.h"
#include "zreplay/input.h"
#include "zreplay/options.h"
#include "zreplay/record.h"

typedef struct zc_source zc_source_t;

/* Opens what the options name, up to and with a table's header. All arguments outlive the source.
 * 0; 1: asked to stop; -1: told on the console. */
int zc_source_open (const zc_options_t *options, zc_stop_t *stop, zc_console_t *console, zc_source_t **ret_source);
void zc_source_destroy (zc_source_t **self);

/* Reads one event: ITEM, END, STOPPED, FAILED (told on the console); never BAD. */
zc_read_t zc_source_next (zc_source_t *self, zc_record_t *ret_record);

/* Counts the last event as bad after all, and tells why. */
void zc_source_reject (zc_source_t *self, const char *reason);

/* Rows that were bad so far. */
uint64_t zc_source_bad_rows (const zc_source_t *self);

/* The share that was read, 0 to 1; negative where it is not known. */
double zc_source_share (const zc_source_t *self);

#endif
