/* SPDX-License-Identifier: MPL-2.0
 *
 * json.h - msgpack <-> JSON, for those who show replies to people or browsers.
 *
 * Not for the ingest path: it allocates. It trusts no peer all the same: depth
 * and number of values are bounded, and no header is believed. Refuses to know
 * what a message means.
 *
 *   msgpack               JSON
 *   nil, bool, str        null, boolean, string; a byte that is not UTF-8 becomes U+FFFD
 *   integer               integer; one over 2^63-1 a number with a fraction, for JSON readers have no more
 *   float                 number; NaN and the infinities null
 *   bin, ext              string of two lower-case hex digits a byte
 *   array, map            array, object; a key must be a string, a NUL in it becomes U+FFFD,
 *                         of equal keys the last one counts
 */
#ifndef ZC_JSON_H
#define ZC_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ZC_JSON_DEPTH_MAX 32         /* containers within containers, both ways */
#define ZC_JSON_VALUES_MAX (1 << 20) /* in one message: some 300 bytes of memory each, at worst */

enum {
    ZC_JSON_OK = 0,
    ZC_JSON_EMALFORMED = -1, /* no msgpack, truncated, more than one object, or a key that is no string */
    ZC_JSON_EDEEP = -2,      /* over ZC_JSON_DEPTH_MAX */
    ZC_JSON_EMANY = -3,      /* over ZC_JSON_VALUES_MAX */
    ZC_JSON_ENOMEM = -4
};

/* A fixed English text for one of the codes above. */
const char *zc_json_strerror (int error);

/* Reads exactly one msgpack object. *ret_json: a new reference. Returns 0 or any code above. */
int zc_json_unpack (const void *bytes, size_t size, json_t **ret_json);

/* Writes one JSON value as msgpack. *ret_bytes: for the caller to free. Returns 0,
 * ZC_JSON_EDEEP or ZC_JSON_ENOMEM. */
int zc_json_pack (const json_t *json, void **ret_bytes, size_t *ret_size);

/* The JSON text, in the order of the message, for the caller to free; NULL: no memory. Pure
 * ASCII, so that no string from the wire can steer a terminal. Numbers have at most 15 digits,
 * which any double gives back as it was written: 0.1, never 0.10000000000000001. */
char *zc_json_text (const json_t *json, bool one_line);

#endif
