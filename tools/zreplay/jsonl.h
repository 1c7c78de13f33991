/* SPDX-License-Identifier: MPL-2.0
 *
 * jsonl.h - events from lines of JSON: one object with the contract's keys a line.
 *
 * Blank lines are skipped, null is an absent value, keys that the contract does not
 * have are named once on the console and ignored.
 */
#ifndef ZC_JSONL_H
#define ZC_JSONL_H

#include "zreplay/console.h"
#include "zreplay/input.h"
#include "zreplay/record.h"

typedef struct zc_jsonl zc_jsonl_t;

/* input, defaults and console stay the caller's. NULL: no memory. */
zc_jsonl_t *zc_jsonl_new (zc_input_t *input, const char *name, const zc_defaults_t *defaults, zc_console_t *console);
void zc_jsonl_destroy (zc_jsonl_t **self);

/* Reads one event; BAD: ret_record->reason says why. *ret_line: where it stands. */
zc_read_t zc_jsonl_next (zc_jsonl_t *self, zc_record_t *ret_record, uint64_t *ret_line);

#endif
