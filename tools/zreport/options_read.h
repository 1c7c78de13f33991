/* SPDX-License-Identifier: MPL-2.0
 *
 * options_read.h - values of options: each function reads one, and false is its refusal.
 *
 * They print nothing: options.c knows what a mistake is called.
 */
#ifndef ZC_OPTIONS_READ_H
#define ZC_OPTIONS_READ_H

#include <stdbool.h>

#include "zreport/options.h"

#define ZC_TIMEOUT_MAX_SECONDS 86400
#define ZC_NUMBER_MAX 1000000

bool zc_read_seconds (const char *text, int *ret_ms);
bool zc_read_number (const char *text, int *ret_number);

/* Both take UTF-8. "model,tier": into by. "": no groups. `mistake` says what is wrong. */
bool zc_read_by (const char *text, zc_options_t *options, char *mistake, size_t size);

/* "model=gpt-4o": one more of where. */
bool zc_read_where (const char *text, zc_options_t *options, char *mistake, size_t size);

/* A whole number of minutes. */
bool zc_read_step (const char *text, int64_t *ret_seconds);

#endif
