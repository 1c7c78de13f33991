/* SPDX-License-Identifier: MPL-2.0
 *
 * value.h - how the value of a setting is read.
 *
 * Each function returns NULL, or what is wrong with the value, in words to stand behind the setting's name; then the
 * place is as it was. One thread at a time.
 */
#ifndef ZC_VALUE_H
#define ZC_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZC_ENDPOINTS_MAX 8
#define ZC_ENDPOINT_BYTES 256
#define ZC_PATH_BYTES 4096
#define ZC_FOREVER (-1)

typedef struct {
    char list [ZC_ENDPOINTS_MAX][ZC_ENDPOINT_BYTES];
    size_t count;
} zc_endpoints_t;

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
