/* SPDX-License-Identifier: MPL-2.0
 *
 * pack.h - msgpack for tests, written as one reads it.
 *
 *   bytes_t frame = {0};
 *   MAP (&frame, {"type", STR ("llm_call")}, {"input_tokens", INT (1000)});
 *   ...
 *   msgpack_sbuffer_destroy (&frame);
 *
 * Packs by msgpack-c, so that our reader is not tested by our own idea of the format. Keys are
 * packed in the order given and may come twice. What msgpack-c would not write stands in RAW.
 */
#ifndef ZC_TEST_PACK_H
#define ZC_TEST_PACK_H

#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COUNT(array) (sizeof (array) / sizeof ((array) [0]))
#define BYTES(literal) (literal), sizeof (literal) - 1

typedef msgpack_sbuffer bytes_t; /* zeroed is empty */

typedef enum { AS_NIL, AS_BOOL, AS_INT, AS_UINT, AS_FLOAT, AS_STR, AS_BIN, AS_EXT, AS_RAW } as_t;

typedef struct {
    as_t as;
    int8_t ext_type;
    int64_t i;
    double f;
    const char *data;
    size_t size;
} value_t;

/* Initializers of a value_t. */
#define NIL                                                                                                            \
    {                                                                                                                  \
        .as = AS_NIL                                                                                                   \
    }
#define BOOL(truth)                                                                                                    \
    {                                                                                                                  \
        .as = AS_BOOL, .i = (truth)                                                                                    \
    }
#define INT(number)                                                                                                    \
    {                                                                                                                  \
        .as = AS_INT, .i = (number)                                                                                    \
    }
#define UINT(number)                                                                                                   \
    {                                                                                                                  \
        .as = AS_UINT, .i = (int64_t) (number)                                                                         \
    }
#define FLOAT(number)                                                                                                  \
    {                                                                                                                  \
        .as = AS_FLOAT, .f = (number)                                                                                  \
    }
#define STR(text)                                                                                                      \
    {                                                                                                                  \
        .as = AS_STR, .data = (text), .size = strlen (text)                                                            \
    }
#define STR_OF(literal)                                                                                                \
    {                                                                                                                  \
        .as = AS_STR, .data = (literal), .size = sizeof (literal) - 1                                                  \
    } /* in static tables */
#define BIN(literal)                                                                                                   \
    {                                                                                                                  \
        .as = AS_BIN, .data = (literal), .size = sizeof (literal) - 1                                                  \
    }
#define EXT(type, literal)                                                                                             \
    {                                                                                                                  \
        .as = AS_EXT, .ext_type = (type), .data = (literal), .size = sizeof (literal) - 1                              \
    }
#define RAW(literal)                                                                                                   \
    {                                                                                                                  \
        .as = AS_RAW, .data = (literal), .size = sizeof (literal) - 1                                                  \
    }

typedef struct {
    const char *key;
    value_t value;
} pair_t;

static inline void pack_raw (bytes_t *out, const void *data, size_t size)
{
    msgpack_sbuffer_write (out, data, size);
}

static inline void pack_value (bytes_t *out, const value_t *value)
{
    msgpack_packer packer;
    msgpack_packer_init (&packer, out, msgpack_sbuffer_write);
    switch (value->as) {
    case AS_NIL:
        msgpack_pack_nil (&packer);
        break;
    case AS_BOOL:
        value->i ? msgpack_pack_true (&packer) : msgpack_pack_false (&packer);
        break;
    case AS_INT:
        msgpack_pack_int64 (&packer, value->i);
        break;
    case AS_UINT:
        msgpack_pack_uint64 (&packer, (uint64_t) value->i);
        break;
    case AS_FLOAT:
        msgpack_pack_double (&packer, value->f);
        break;
    case AS_STR:
        msgpack_pack_str_with_body (&packer, value->data, value->size);
        break;
    case AS_BIN:
        msgpack_pack_bin_with_body (&packer, value->data, value->size);
        break;
    case AS_EXT:
        msgpack_pack_ext_with_body (&packer, value->data, value->size, value->ext_type);
        break;
    case AS_RAW:
        pack_raw (out, value->data, value->size);
        break;
    }
}

static inline void pack_header (bytes_t *out, bool map, size_t count)
{
    msgpack_packer packer;
    msgpack_packer_init (&packer, out, msgpack_sbuffer_write);
    map ? msgpack_pack_map (&packer, count) : msgpack_pack_array (&packer, count);
}

static inline void pack_pair (bytes_t *out, const pair_t *pair)
{
    const value_t key = {.as = AS_STR, .data = pair->key, .size = strlen (pair->key)};
    pack_value (out, &key);
    pack_value (out, &pair->value);
}

static inline void pack_map (bytes_t *out, const pair_t *pairs, size_t count)
{
    pack_header (out, true, count);
    for (size_t i = 0; i < count; i++)
        pack_pair (out, &pairs [i]);
}

#define ARRAY(out, count) pack_header ((out), false, (count))
#define MAP(out, ...)                                                                                                  \
    pack_map ((out), (const pair_t []){__VA_ARGS__}, sizeof ((const pair_t []){__VA_ARGS__}) / sizeof (pair_t))

/* A stamp: a msgpack extension of type 1, 36 bytes, big-endian. */
static inline void pack_stamp (bytes_t *out, const uint8_t producer [16], uint32_t epoch, uint64_t seq,
                               uint64_t dropped)
{
    char body [36];
    memcpy (body, producer, 16);
    for (int i = 0; i < 4; i++)
        body [16 + i] = (char) (epoch >> (24 - 8 * i));
    for (int i = 0; i < 8; i++) {
        body [20 + i] = (char) (seq >> (56 - 8 * i));
        body [28 + i] = (char) (dropped >> (56 - 8 * i));
    }
    pack_value (out, &(value_t){.as = AS_EXT, .ext_type = 1, .data = body, .size = sizeof body});
}

#endif
