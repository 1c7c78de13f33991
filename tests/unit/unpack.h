/* SPDX-License-Identifier: MPL-2.0
 *
 * unpack.h - looks into what was packed: a value by its path of keys, checked kind by kind.
 *
 * Reads by msgpack-c. A path that is not there fails the test and names its key. Include cmocka.h
 * first.
 */
#ifndef ZC_TEST_UNPACK_H
#define ZC_TEST_UNPACK_H

#include <msgpack.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/pack.h"

/* One unpacked object; its strings are views into the bytes. */
typedef struct {
    msgpack_object root;
    msgpack_unpacked unpacked;
    zc_pack_t bytes;
} opened_t;

/* Opens a message that must be one object and nothing else, and takes it over. */
static inline opened_t open_bytes (zc_pack_t bytes)
{
    opened_t self = {.bytes = bytes};
    size_t used = 0;
    msgpack_unpacked_init (&self.unpacked);
    assert_int_equal (msgpack_unpack_next (&self.unpacked, bytes.data, bytes.size, &used), MSGPACK_UNPACK_SUCCESS);
    assert_int_equal (used, bytes.size);
    self.root = self.unpacked.data;
    return self;
}

static inline void close_bytes (opened_t *self)
{
    msgpack_unpacked_destroy (&self->unpacked);
    zc_pack_term (&self->bytes);
}

static inline bool says (const msgpack_object *object, const char *text)
{
    size_t size = strlen (text);
    return object->type == MSGPACK_OBJECT_STR && object->via.str.size == size &&
           (size == 0 || memcmp (object->via.str.ptr, text, size) == 0);
}

/* The value of one key, or NULL. A key that stands twice fails the test. */
static inline const msgpack_object *value_of (const msgpack_object *map, const char *key)
{
    const msgpack_object *found = NULL;
    assert_int_equal (map->type, MSGPACK_OBJECT_MAP);
    for (uint32_t i = 0; i < map->via.map.size; i++)
        if (says (&map->via.map.ptr [i].key, key)) {
            assert_null (found);
            found = &map->via.map.ptr [i].val;
        }
    return found;
}

static inline const msgpack_object *follow_path (const msgpack_object *at, va_list keys)
{
    for (const char *key = va_arg (keys, const char *); key; key = va_arg (keys, const char *)) {
        at = value_of (at, key);
        if (!at)
            fail_msg ("no key `%s`", key);
    }
    return at;
}

/* The value at the end of a path of keys, ended by NULL. */
static inline const msgpack_object *at_path (const msgpack_object *root, ...)
{
    va_list keys;
    va_start (keys, root);
    const msgpack_object *found = follow_path (root, keys);
    va_end (keys);
    return found;
}

#define AT(root, ...) at_path ((root), __VA_ARGS__, (const char *) NULL)

static inline void assert_text (const msgpack_object *object, const char *text)
{
    if (!says (object, text))
        fail_msg ("not \"%s\" but \"%.*s\"", text, object->type == MSGPACK_OBJECT_STR ? (int) object->via.str.size : 0,
                  object->via.str.ptr);
}

static inline void assert_integer (const msgpack_object *object, int64_t number)
{
    assert_true (object->type == MSGPACK_OBJECT_POSITIVE_INTEGER || object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER);
    assert_int_equal (object->via.i64, number);
}

/* A double, and exactly this one. */
static inline void assert_double (const msgpack_object *object, double number)
{
    assert_int_equal (object->type, MSGPACK_OBJECT_FLOAT64);
    if (!(object->via.f64 == number))
        fail_msg ("not %.17g but %.17g", number, object->via.f64);
}

/* A map of exactly these keys. */
static inline void assert_keys (const msgpack_object *map, size_t count, const char *const *keys)
{
    for (size_t i = 0; i < count; i++)
        if (!value_of (map, keys [i]))
            fail_msg ("no key `%s`", keys [i]);
    assert_int_equal (map->via.map.size, count);
}

#define ASSERT_KEYS(map, ...)                                                                                          \
    assert_keys ((map), sizeof ((const char *const []){__VA_ARGS__}) / sizeof (char *),                                \
                 (const char *const []){__VA_ARGS__})

#endif
