/* SPDX-License-Identifier: MPL-2.0
 *
 * pack.h - msgpack into a buffer that grows, with one failure for all of a message.
 *
 * Whoever packs a message looks once, at its end, whether it is whole. One that memory ran out for is empty, and stays
 * empty whatever is packed behind it: half a message is never handed out. Not for the path of an event, which allocates
 * nothing: encode.h has a packer of its own.
 */
#ifndef ZC_PACK_H
#define ZC_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    char *data; /* malloc'ed; NULL before anything is packed */
    size_t size, capacity;
    bool failed;
} zc_pack_t; /* zeroed, it is empty */

/* Whether the message is not whole: memory ran out, or a string was over 4 GiB. Its size is then 0. */
static inline bool zc_pack_failed (const zc_pack_t *self)
{
    return self->failed;
}

/* Makes it empty, its failure forgotten; the memory stays for the next message. */
void zc_pack_clear (zc_pack_t *self);

/* Frees its memory; it is then as if zeroed. */
void zc_pack_term (zc_pack_t *self);

/* Hands the bytes to the caller, to be freed; it is then as if zeroed. NULL with a size of 0: the message was not
 * whole, or nothing was packed. */
char *zc_pack_release (zc_pack_t *self, size_t *ret_size);

/* ---------------------------------------------------------------------- values */

void zc_pack_nil (zc_pack_t *self);
void zc_pack_bool (zc_pack_t *self, bool truth);
void zc_pack_int (zc_pack_t *self, int64_t number);
void zc_pack_uint (zc_pack_t *self, uint64_t number);
void zc_pack_double (zc_pack_t *self, double number);
void zc_pack_str (zc_pack_t *self, const char *data, size_t size);
void zc_pack_bin (zc_pack_t *self, const void *data, size_t size);

/* Headers: so many values, or pairs of a key and a value, are to be packed next. */
void zc_pack_array (zc_pack_t *self, size_t values);
void zc_pack_map (zc_pack_t *self, size_t pairs);

/* Bytes that are packed already. */
void zc_pack_raw (zc_pack_t *self, const void *bytes, size_t size);

/* Three texts as one string. */
void zc_pack_joined (zc_pack_t *self, const char *first, const char *second, const char *third);

static inline void zc_pack_text (zc_pack_t *self, const char *text)
{
    zc_pack_str (self, text, strlen (text));
}

/* ----------------------------------------------------------------------- pairs */

static inline void zc_pack_key_nil (zc_pack_t *self, const char *key)
{
    zc_pack_text (self, key);
    zc_pack_nil (self);
}

static inline void zc_pack_key_bool (zc_pack_t *self, const char *key, bool truth)
{
    zc_pack_text (self, key);
    zc_pack_bool (self, truth);
}

static inline void zc_pack_key_int (zc_pack_t *self, const char *key, int64_t number)
{
    zc_pack_text (self, key);
    zc_pack_int (self, number);
}

static inline void zc_pack_key_uint (zc_pack_t *self, const char *key, uint64_t number)
{
    zc_pack_text (self, key);
    zc_pack_uint (self, number);
}

static inline void zc_pack_key_double (zc_pack_t *self, const char *key, double number)
{
    zc_pack_text (self, key);
    zc_pack_double (self, number);
}

static inline void zc_pack_key_text (zc_pack_t *self, const char *key, const char *text)
{
    zc_pack_text (self, key);
    zc_pack_text (self, text);
}

static inline void zc_pack_key_array (zc_pack_t *self, const char *key, size_t values)
{
    zc_pack_text (self, key);
    zc_pack_array (self, values);
}

static inline void zc_pack_key_map (zc_pack_t *self, const char *key, size_t pairs)
{
    zc_pack_text (self, key);
    zc_pack_map (self, pairs);
}

#endif
