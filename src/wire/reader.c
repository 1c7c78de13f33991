/* SPDX-License-Identifier: MPL-2.0
 *
 * reader.c - the less frequent kinds of msgpack objects, and stepping over any.
 */
#include "wire/reader.h"

static const uint8_t *read_int (const uint8_t *next, zc_value_t *ret_value, int64_t number)
{
    ret_value->kind = ZC_INT;
    ret_value->as.i = number;
    return next;
}

static const uint8_t *read_uint64 (const uint8_t *at, zc_value_t *ret_value)
{
    uint64_t number = zc_reader_be64 (at + 1);
    ret_value->kind = number > INT64_MAX ? ZC_HUGE : ZC_INT;
    ret_value->as.i = (int64_t) number;
    return at + 9;
}

static const uint8_t *read_float32 (const uint8_t *at, zc_value_t *ret_value)
{
    uint32_t bits = zc_reader_be32 (at + 1);
    float number;
    memcpy (&number, &bits, sizeof bits);
    ret_value->kind = ZC_FLOAT;
    ret_value->as.f = number;
    return at + 5;
}

/* A string, bin or extension whose `size` bytes begin at data. */
static const uint8_t *read_bytes (const uint8_t *data, const uint8_t *end, zc_kind_t kind, uint32_t size,
                                  zc_value_t *ret_value)
{
    if ((size_t) (end - data) < size)
        return NULL;
    ret_value->kind = kind;
    ret_value->size = size;
    ret_value->as.data = data;
    return data + size;
}

static const uint8_t *read_ext (const uint8_t *type, const uint8_t *end, uint32_t size, zc_value_t *ret_value)
{
    ret_value->ext_type = (int8_t) *type;
    return read_bytes (type + 1, end, ZC_EXT, size, ret_value);
}

static const uint8_t *read_container (const uint8_t *next, zc_kind_t kind, uint32_t size, zc_value_t *ret_value)
{
    ret_value->kind = kind;
    ret_value->size = size;
    return next;
}

/* Bytes of each header 0xc0 to 0xdf, the lead byte included; 0: no msgpack. */
static const uint8_t header_bytes [32] = {
    1, 0, 1, 1, 2, 3, 5, 3, 4, 6, 5, 9, 2, 3, 5, 9, /* nil, -, bools, bins, exts, floats, uints */
    2, 3, 5, 9, 2, 2, 2, 2, 2, 2, 3, 5, 3, 5, 3, 5, /* ints, fixexts, strs, arrays, maps */
};

const uint8_t *zc_reader_read_rare (const uint8_t *at, const uint8_t *end, zc_value_t *ret_value)
{
    uint8_t byte = *at;
    if (byte < 0x80)
        return read_int (at + 1, ret_value, byte);
    if (byte < 0x90)
        return read_container (at + 1, ZC_MAP, byte & 0x0f, ret_value);
    if (byte < 0xa0)
        return read_container (at + 1, ZC_ARRAY, byte & 0x0f, ret_value);
    if (byte < 0xc0)
        return read_bytes (at + 1, end, ZC_STR, byte & 0x1f, ret_value);
    if (byte >= 0xe0)
        return read_int (at + 1, ret_value, (int8_t) byte);

    size_t header = header_bytes [byte - 0xc0];
    if (header == 0 || (size_t) (end - at) < header)
        return NULL;
    switch (byte) {
    case 0xc0:
        ret_value->kind = ZC_NIL;
        return at + 1;
    case 0xc2:
    case 0xc3:
        ret_value->kind = ZC_BOOL;
        ret_value->as.i = byte & 1;
        return at + 1;
    case 0xc4:
        return read_bytes (at + 2, end, ZC_BIN, at [1], ret_value);
    case 0xc5:
        return read_bytes (at + 3, end, ZC_BIN, zc_reader_be16 (at + 1), ret_value);
    case 0xc6:
        return read_bytes (at + 5, end, ZC_BIN, zc_reader_be32 (at + 1), ret_value);
    case 0xc7:
        return read_ext (at + 2, end, at [1], ret_value);
    case 0xc8:
        return read_ext (at + 3, end, zc_reader_be16 (at + 1), ret_value);
    case 0xc9:
        return read_ext (at + 5, end, zc_reader_be32 (at + 1), ret_value);
    case 0xca:
        return read_float32 (at, ret_value);
    case 0xcb: {
        uint64_t bits = zc_reader_be64 (at + 1);
        ret_value->kind = ZC_FLOAT;
        memcpy (&ret_value->as.f, &bits, sizeof bits);
        return at + 9;
    }
    case 0xcc:
        return read_int (at + 2, ret_value, at [1]);
    case 0xcd:
        return read_int (at + 3, ret_value, zc_reader_be16 (at + 1));
    case 0xce:
        return read_int (at + 5, ret_value, zc_reader_be32 (at + 1));
    case 0xcf:
        return read_uint64 (at, ret_value);
    case 0xd0:
        return read_int (at + 2, ret_value, (int8_t) at [1]);
    case 0xd1:
        return read_int (at + 3, ret_value, (int16_t) zc_reader_be16 (at + 1));
    case 0xd2:
        return read_int (at + 5, ret_value, (int32_t) zc_reader_be32 (at + 1));
    case 0xd3:
        return read_int (at + 9, ret_value, (int64_t) zc_reader_be64 (at + 1));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return read_ext (at + 1, end, 1u << (byte - 0xd4), ret_value);
    case 0xd9:
        return read_bytes (at + 2, end, ZC_STR, at [1], ret_value);
    case 0xda:
        return read_bytes (at + 3, end, ZC_STR, zc_reader_be16 (at + 1), ret_value);
    case 0xdb:
        return read_bytes (at + 5, end, ZC_STR, zc_reader_be32 (at + 1), ret_value);
    case 0xdc:
        return read_container (at + 3, ZC_ARRAY, zc_reader_be16 (at + 1), ret_value);
    case 0xdd:
        return read_container (at + 5, ZC_ARRAY, zc_reader_be32 (at + 1), ret_value);
    case 0xde:
        return read_container (at + 3, ZC_MAP, zc_reader_be16 (at + 1), ret_value);
    default:
        return read_container (at + 5, ZC_MAP, zc_reader_be32 (at + 1), ret_value);
    }
}

#define LEVELS_MAX 16

const uint8_t *zc_reader_skip (const uint8_t *at, const uint8_t *end, unsigned levels, bool *ret_too_deep)
{
    /* left [d] counts the objects still to come at depth d. Below the last level one counter
     * serves all depths: to step over something it need not be known how deep it is. */
    uint64_t left [LEVELS_MAX + 2] = {1};
    unsigned depth = 0;
    if (levels > LEVELS_MAX)
        levels = LEVELS_MAX;
    while (true) {
        while (left [depth] == 0) {
            if (depth == 0)
                return at;
            depth--;
        }
        left [depth]--;
        zc_value_t value;
        if (at >= end || !(at = zc_reader_read (at, end, &value)))
            return NULL;
        if (value.kind != ZC_ARRAY && value.kind != ZC_MAP)
            continue;
        uint64_t children = value.kind == ZC_MAP ? 2 * (uint64_t) value.size : value.size;
        /* A header is a promise, not data: each child takes a byte or more. */
        if (children > (uint64_t) (end - at))
            return NULL;
        if (depth >= levels)
            *ret_too_deep = true;
        if (depth <= levels)
            left [++depth] = children;
        else
            left [depth] += children;
    }
}
