/* SPDX-License-Identifier: MPL-2.0
 *
 * reader.h - a bounded pull reader of msgpack.
 *
 * Reads one object at a time from bytes that someone else owns. Allocates
 * nothing, never recurses, believes no length: what a header promises counts
 * only as far as the bytes reach. Format: github.com/msgpack/msgpack/blob/master/spec.md
 */
#ifndef ZC_READER_H
#define ZC_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum {
    ZC_NIL,
    ZC_BOOL,
    ZC_INT,  /* fits int64_t */
    ZC_HUGE, /* an integer over INT64_MAX */
    ZC_FLOAT,
    ZC_STR,
    ZC_BIN,
    ZC_EXT,
    ZC_ARRAY, /* `size` elements follow */
    ZC_MAP    /* `size` pairs follow */
} zc_kind_t;

/* One object: a scalar whole, or the header of a container. */
typedef struct {
    zc_kind_t kind;
    uint32_t size; /* of a string, bin or extension in bytes; of a container in elements or pairs */
    int8_t ext_type;
    union {
        int64_t i; /* ZC_INT, ZC_BOOL */
        double f;
        const uint8_t *data; /* ZC_STR, ZC_BIN, ZC_EXT: a view, not terminated */
    } as;
} zc_value_t;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "written for little-endian machines"
#endif

static inline uint16_t zc_reader_be16 (const uint8_t *p)
{
    uint16_t x;
    memcpy (&x, p, sizeof x);
    return __builtin_bswap16 (x);
}

static inline uint32_t zc_reader_be32 (const uint8_t *p)
{
    uint32_t x;
    memcpy (&x, p, sizeof x);
    return __builtin_bswap32 (x);
}

static inline uint64_t zc_reader_be64 (const uint8_t *p)
{
    uint64_t x;
    memcpy (&x, p, sizeof x);
    return __builtin_bswap64 (x);
}

/* Reads any object that zc_read below does not inline. Same contract. */
const uint8_t *zc_reader_read_rare (const uint8_t *at, const uint8_t *end, zc_value_t *ret_value);

/* Reads the object at `at`, which must be below `end`. Returns where the next one begins (for a
 * container: its first child), or NULL where the bytes end too soon or are no msgpack (0xc1). */
static inline const uint8_t *zc_reader_read (const uint8_t *at, const uint8_t *end, zc_value_t *ret_value)
{
    uint8_t byte = *at;
    size_t left = (size_t) (end - at);
    if (byte < 0x80) { /* positive fixint */
        ret_value->kind = ZC_INT;
        ret_value->as.i = byte;
        return at + 1;
    }
    if ((byte & 0xe0) == 0xa0) { /* fixstr */
        uint32_t size = byte & 0x1f;
        if (left <= size)
            return NULL;
        ret_value->kind = ZC_STR;
        ret_value->size = size;
        ret_value->as.data = at + 1;
        return at + 1 + size;
    }
    if (byte == 0xcb && left >= 9) { /* float 64 */
        uint64_t bits = zc_reader_be64 (at + 1);
        ret_value->kind = ZC_FLOAT;
        memcpy (&ret_value->as.f, &bits, sizeof bits);
        return at + 9;
    }
    if (byte == 0xcd && left >= 3) { /* uint 16 */
        ret_value->kind = ZC_INT;
        ret_value->as.i = zc_reader_be16 (at + 1);
        return at + 3;
    }
    return zc_reader_read_rare (at, end, ret_value);
}

/* Steps over the object at `at`, whatever it holds. levels: how many containers may stand within
 * each other; sets *ret_too_deep where there are more (and steps over them all the same).
 * Returns where the next object begins, or NULL as zc_read does. */
const uint8_t *zc_reader_skip (const uint8_t *at, const uint8_t *end, unsigned levels, bool *ret_too_deep);

/* Whether a string value says exactly this literal. */
#define ZC_IS(value, literal)                                                                                          \
    ((value).size == sizeof (literal) - 1 && memcmp ((value).as.data, literal, sizeof (literal) - 1) == 0)

#endif
