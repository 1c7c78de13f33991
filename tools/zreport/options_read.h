/* SPDX-License-Identifier: MPL-2.0
 *
 * options_read.h - values of options: each function reads one, and false is its refusal.
 *
 * They print nothing: options.c knows what a mistake is called.
 */
#ifndef ZR_OPTIONS_READ_H
#define ZR_OPTIONS_READ_H

#include <stdbool.h>

#include "zreport/group.h"

#define ZR_TIMEOUT_MAX_SECONDS 86400
#define ZR_NUMBER_MAX 1000000

bool zr_options_read_seconds (const char *text, int *ret_ms);
bool zr_options_read_number (const char *text, int *ret_number);

/* Both take UTF-8. "model,tier": into by. "": no groups. `mistake` says what is wrong. */
bool zr_options_read_by (const char *text, zr_group_t *group, char *mistake, size_t size);

/* "model=gpt-4o": one more of where. */
bool zr_options_read_where (const char *text, zr_group_t *group, char *mistake, size_t size);

/* A whole number of minutes. */
bool zr_options_read_step (const char *text, int64_t *ret_seconds);

#endif
