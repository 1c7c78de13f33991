/* SPDX-License-Identifier: MPL-2.0
 *
 * json.c - msgpack <-> JSON; see json.h.
 */
#include "wire/json.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/hex.h"
#include "wire/pack.h"
#include "wire/reader.h"
#include "wire/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

typedef struct {
    const uint8_t *at, *end;
    unsigned values; /* read so far */
    int error;       /* sticky: why nothing more comes */
} unpacker_t;

static json_t *unpack_value (unpacker_t *self, unsigned depth);

const char *zc_json_strerror (int error)
{
    switch (error) {
    case ZC_JSON_OK:
        return "no error";
    case ZC_JSON_EMALFORMED:
        return "not one well-formed msgpack object";
    case ZC_JSON_EDEEP:
        return "nested too deeply";
    case ZC_JSON_EMANY:
        return "too many values";
    case ZC_JSON_ENOMEM:
        return "out of memory";
    default:
        return "unknown error";
    }
}

/* ------------------------------------------------------------------ msgpack to JSON */

static json_t *fail (unpacker_t *self, int error)
{
    self->error = error;
    return NULL;
}

/* Ownership of json moves to the caller; NULL can only mean that memory ran out. */
static json_t *made (unpacker_t *self, json_t *json)
{
    return json ? json : fail (self, ZC_JSON_ENOMEM);
}

/* Bytes of the UTF-8 character at `at`, or 0 where there is none. */
static size_t utf8_size (const uint8_t *at, size_t left)
{
    for (size_t size = 1; size <= 4 && size <= left; size++)
        if (zc_utf8_valid (at, size))
            return size;
    return 0;
}

/* A copy that is UTF-8, and terminated; one bad string must not cost a person the whole report.
 * allow_nul: whether a NUL stays as it is. */
static char *mend (const uint8_t *data, size_t size, bool allow_nul, size_t *ret_size)
{
    char *copy = malloc (size * strlen (REPLACEMENT) + 1);
    if (!copy)
        return NULL;
    char *to = copy;
    for (size_t i = 0; i < size;) {
        size_t good = data [i] == 0 && !allow_nul ? 0 : utf8_size (data + i, size - i);
        if (good > 0)
            memcpy (to, data + i, good);
        else
            memcpy (to, REPLACEMENT, strlen (REPLACEMENT));
        to += good > 0 ? good : strlen (REPLACEMENT);
        i += good > 0 ? good : 1;
    }
    *to = 0;
    *ret_size = (size_t) (to - copy);
    return copy;
}

static json_t *unpack_string (unpacker_t *self, const zc_value_t *value)
{
    size_t size;
    char *text = mend (value->as.data, value->size, true, &size);
    json_t *string = text ? json_stringn_nocheck (text, size) : NULL;
    free (text);
    return made (self, string);
}

static json_t *unpack_hex (unpacker_t *self, const zc_value_t *value)
{
    size_t size = 2 * (size_t) value->size;
    char *text = malloc (size + 1);
    if (!text)
        return fail (self, ZC_JSON_ENOMEM);
    zc_hex_write (value->as.data, value->size, text);
    json_t *string = json_stringn_nocheck (text, size);
    free (text);
    return made (self, string);
}

static json_t *unpack_array (unpacker_t *self, uint32_t count, unsigned depth)
{
    json_t *array = made (self, json_array ());
    for (uint32_t i = 0; array && i < count; i++) {
        json_t *value = unpack_value (self, depth + 1);
        if (value && json_array_append_new (array, value) != 0)
            self->error = ZC_JSON_ENOMEM;
        if (self->error) {
            json_decref (array);
            return NULL;
        }
    }
    return array;
}

/* A map's key, for the caller to free. */
static char *unpack_key (unpacker_t *self)
{
    zc_value_t key;
    if (self->at == self->end || !(self->at = zc_reader_read (self->at, self->end, &key)) || key.kind != ZC_STR) {
        self->error = ZC_JSON_EMALFORMED;
        return NULL;
    }
    size_t size;
    char *text = mend (key.as.data, key.size, false, &size);
    if (!text)
        self->error = ZC_JSON_ENOMEM;
    return text;
}

static json_t *unpack_map (unpacker_t *self, uint32_t count, unsigned depth)
{
    json_t *object = made (self, json_object ());
    for (uint32_t i = 0; object && i < count; i++) {
        char *key = unpack_key (self);
        json_t *value = key ? unpack_value (self, depth + 1) : NULL;
        if (value && json_object_set_new_nocheck (object, key, value) != 0)
            self->error = ZC_JSON_ENOMEM;
        free (key);
        if (self->error) {
            json_decref (object);
            return NULL;
        }
    }
    return object;
}

static json_t *unpack_container (unpacker_t *self, const zc_value_t *value, unsigned depth)
{
    /* A header is a promise, not data: each child takes a byte or more. */
    uint64_t children = value->kind == ZC_MAP ? 2 * (uint64_t) value->size : value->size;
    if (children > (uint64_t) (self->end - self->at))
        return fail (self, ZC_JSON_EMALFORMED);
    if (depth >= ZC_JSON_DEPTH_MAX)
        return fail (self, ZC_JSON_EDEEP);
    if (value->kind == ZC_MAP)
        return unpack_map (self, value->size, depth);
    return unpack_array (self, value->size, depth);
}

static json_t *unpack_value (unpacker_t *self, unsigned depth)
{
    zc_value_t value;
    if (self->at == self->end || !(self->at = zc_reader_read (self->at, self->end, &value)))
        return fail (self, ZC_JSON_EMALFORMED);
    if (++self->values > ZC_JSON_VALUES_MAX)
        return fail (self, ZC_JSON_EMANY);
    switch (value.kind) {
    case ZC_NIL:
        return json_null ();
    case ZC_BOOL:
        return json_boolean (value.as.i);
    case ZC_INT:
        return made (self, json_integer (value.as.i));
    case ZC_HUGE:
        return made (self, json_real ((double) (uint64_t) value.as.i));
    case ZC_FLOAT:
        return isfinite (value.as.f) ? made (self, json_real (value.as.f)) : json_null ();
    case ZC_STR:
        return unpack_string (self, &value);
    case ZC_BIN:
    case ZC_EXT:
        return unpack_hex (self, &value);
    case ZC_ARRAY:
    case ZC_MAP:
        return unpack_container (self, &value, depth);
    }
    return fail (self, ZC_JSON_EMALFORMED);
}

int zc_json_unpack (const void *bytes, size_t size, json_t **ret_json)
{
    unpacker_t self = {.at = bytes, .end = (const uint8_t *) bytes + size};
    json_t *json = unpack_value (&self, 0);
    if (!json)
        return self.error;
    if (self.at != self.end) {
        json_decref (json);
        return ZC_JSON_EMALFORMED;
    }
    *ret_json = json;
    return ZC_JSON_OK;
}

/* ------------------------------------------------------------------ JSON to msgpack */

/* These return 0 or ZC_JSON_EDEEP; whether there was memory, the packer knows. */
static int pack_value (zc_pack_t *out, const json_t *json, unsigned depth);

static int pack_array (zc_pack_t *out, const json_t *array, unsigned depth)
{
    size_t count = json_array_size (array);
    int error = ZC_JSON_OK;
    zc_pack_array (out, count);
    for (size_t i = 0; !error && i < count; i++)
        error = pack_value (out, json_array_get (array, i), depth + 1);
    return error;
}

static int pack_object (zc_pack_t *out, json_t *object, unsigned depth)
{
    int error = ZC_JSON_OK;
    zc_pack_map (out, json_object_size (object));
    for (void *at = json_object_iter (object); !error && at; at = json_object_iter_next (object, at)) {
        zc_pack_text (out, json_object_iter_key (at));
        error = pack_value (out, json_object_iter_value (at), depth + 1);
    }
    return error;
}

static int pack_value (zc_pack_t *out, const json_t *json, unsigned depth)
{
    if ((json_is_array (json) || json_is_object (json)) && depth >= ZC_JSON_DEPTH_MAX)
        return ZC_JSON_EDEEP;
    switch (json_typeof (json)) {
    case JSON_OBJECT:
        /* jansson's iterators take no const, but change nothing. */
        return pack_object (out, (json_t *) json, depth);
    case JSON_ARRAY:
        return pack_array (out, json, depth);
    case JSON_STRING:
        zc_pack_str (out, json_string_value (json), json_string_length (json));
        break;
    case JSON_INTEGER:
        zc_pack_int (out, json_integer_value (json));
        break;
    case JSON_REAL:
        zc_pack_double (out, json_real_value (json));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        zc_pack_bool (out, json_is_true (json));
        break;
    case JSON_NULL:
        zc_pack_nil (out);
        break;
    }
    return ZC_JSON_OK;
}

int zc_json_pack (const json_t *json, void **ret_bytes, size_t *ret_size)
{
    zc_pack_t out = {.data = NULL};
    int error = pack_value (&out, json, 0);
    if (!error && zc_pack_failed (&out))
        error = ZC_JSON_ENOMEM;
    if (!error)
        *ret_bytes = zc_pack_release (&out, ret_size);
    zc_pack_term (&out);
    return error;
}

char *zc_json_text (const json_t *json, bool one_line)
{
    size_t shape = one_line ? JSON_COMPACT : JSON_INDENT (2);
    return json_dumps (json, shape | JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION (15));
}
