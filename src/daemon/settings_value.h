/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_value.h - how the value of a setting is read.
 *
 * Each function returns NULL, or what is wrong with the value as zc_settings_set says it; then the place is as it was.
 */
#ifndef ZC_SETTINGS_VALUE_H
#define ZC_SETTINGS_VALUE_H

#include "daemon/settings.h"

/* What is wrong, in a buffer that the next call reuses. */
const char *zc_value_wrong (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* UTF-8 of less than `size` bytes, not empty, that can stand in the log. */
const char *zc_value_text (char *place, size_t size, const char *value);

const char *zc_value_integer (int64_t *place, const char *value, int64_t least, int64_t most);

/* A decimal number, kept in units of 10^-decimals. */
const char *zc_value_decimal (int64_t *place, const char *value, int decimals, const char *least, const char *most);

/* A whole number and its unit (s, m, h, d), kept in milliseconds. `forever` where that is allowed. */
const char *zc_value_duration (int64_t *place, const char *value, bool or_forever, const char *least);

/* One more endpoint. */
const char *zc_value_endpoint (zc_endpoints_t *list, const char *value);

#endif
