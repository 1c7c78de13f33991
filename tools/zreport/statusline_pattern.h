/* SPDX-License-Identifier: MPL-2.0
 *
 * statusline_pattern.h - the --format of zreport statusline: a text with placeholders.
 */
#ifndef ZR_STATUSLINE_PATTERN_H
#define ZR_STATUSLINE_PATTERN_H

#include <stddef.h>

typedef enum {
    ZR_PLACEHOLDER_TODAY,
    ZR_PLACEHOLDER_HOUR,
    ZR_PLACEHOLDER_MONTH,
    ZR_PLACEHOLDER_EVENTS,
    ZR_PLACEHOLDER_TOKENS,
    ZR_PLACEHOLDER_SAVINGS,
    ZR_PLACEHOLDER_BUDGET,
    ZR_PLACEHOLDERS
} zr_placeholder_t;

/* Which one begins at `at`, and of how many bytes; ZR_PLACEHOLDERS: none, and *ret_size is left alone. */
zr_placeholder_t zr_statusline_pattern_at (const char *at, size_t *ret_size);

/* Where the first placeholder begins that there is not; NULL: all are known. */
const char *zr_statusline_pattern_unknown (const char *pattern);

#endif
