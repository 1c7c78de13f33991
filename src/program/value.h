/* SPDX-License-Identifier: MPL-2.0
 *
 * value.h - how the value of an option or a setting is read.
 *
 * Each function returns NULL, or what is wrong with the value, in words to stand behind the option's name; then the
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

/* A decimal number, kept in units of 10^-decimals (0 to 18), as `least` and `most` are. With no decimals: digits only.
 * or_zero: below `least` there is 0, too. */
const char *zc_value_number (int64_t *place, const char *value, int decimals, int64_t least, int64_t most,
                             bool or_zero);

/* A whole number and its unit (s, m, h, d), kept in milliseconds. or_forever: so can the word `forever` be. */
const char *zc_value_duration (int64_t *place, const char *value, int64_t least_ms, bool or_forever);

/* tcp://ADDRESS:PORT or ipc://PATH, to connect to: the port is 1 to 65535. */
const char *zc_value_endpoint (char place [ZC_ENDPOINT_BYTES], const char *value);

/* One more of them, to listen at: port 0 or * is a free one. */
const char *zc_value_add_endpoint (zc_endpoints_t *list, const char *value);

#endif
