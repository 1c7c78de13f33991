/* SPDX-License-Identifier: MPL-2.0
 *
 * ack.c - topic and body of an acknowledgement.
 */
#include "client/ack.h"

#include <string.h>

#include "wire/hex.h"
#include "wire/reader.h"

#define TOPIC_HEAD "ack/"
#define TOPIC_HEAD_BYTES (sizeof TOPIC_HEAD - 1)
#define DEPTH_MAX 8

void zc_ack_topic (const uint8_t producer [ZC_UUID_BYTES], char ret_topic [ZC_TOPIC_BYTES])
{
    memcpy (ret_topic, TOPIC_HEAD, TOPIC_HEAD_BYTES);
    *zc_hex_write (producer, ZC_UUID_BYTES, ret_topic + TOPIC_HEAD_BYTES) = '/';
}

static bool read_topic (const char *topic, size_t size, uint8_t ret_producer [ZC_UUID_BYTES])
{
    return size == ZC_TOPIC_BYTES && memcmp (topic, TOPIC_HEAD, TOPIC_HEAD_BYTES) == 0 && topic [size - 1] == '/' &&
           zc_hex_read (topic + TOPIC_HEAD_BYTES, ZC_UUID_BYTES, ret_producer);
}

enum { HAS_EPOCH = 1, HAS_SEQ = 2, HAS_INCARNATION = 4, HAS_ALL = 7 };

/* Takes one pair over, where it is one that we know. Which, or 0. */
static unsigned take (zc_ack_message_t *ack, const zc_value_t *key, const zc_value_t *value)
{
    if (key->kind != ZC_STR)
        return 0;
    if (ZC_IS (*key, "epoch") && value->kind == ZC_INT && value->as.i >= 0 && value->as.i <= UINT32_MAX) {
        ack->epoch = (uint32_t) value->as.i;
        return HAS_EPOCH;
    }
    if (ZC_IS (*key, "seq") && value->kind == ZC_INT && value->as.i >= 1) {
        ack->seq = (uint64_t) value->as.i;
        return HAS_SEQ;
    }
    if (ZC_IS (*key, "stale") && value->kind == ZC_BOOL)
        ack->stale = value->as.i;
    if (ZC_IS (*key, "incarnation") && (value->kind == ZC_STR || value->kind == ZC_BIN) && value->size > 0 &&
        value->size <= sizeof ack->incarnation) {
        ack->incarnation_size = value->size;
        memcpy (ack->incarnation, value->as.data, value->size);
        return HAS_INCARNATION;
    }
    return 0;
}

/* Reads the object at `at`, and steps over what it contains. */
static const uint8_t *read_whole (const uint8_t *at, const uint8_t *end, zc_value_t *ret_value)
{
    bool too_deep = false;
    const uint8_t *next = at < end ? zc_reader_skip (at, end, DEPTH_MAX, &too_deep) : NULL;
    return next && zc_reader_read (at, end, ret_value) ? next : NULL;
}

static bool read_body (const uint8_t *at, const uint8_t *end, zc_ack_message_t *ack)
{
    zc_value_t map, key, value;
    unsigned has = 0;
    if (at == end || !(at = zc_reader_read (at, end, &map)) || map.kind != ZC_MAP)
        return false;
    /* The bytes end the loop, whatever the header promises: each pair takes two or more. */
    for (uint32_t i = 0; i < map.size; i++) {
        if (!(at = read_whole (at, end, &key)) || !(at = read_whole (at, end, &value)))
            return false;
        has |= take (ack, &key, &value);
    }
    return has == HAS_ALL;
}

bool zc_ack_read (const void *topic, size_t topic_size, const void *body, size_t body_size, zc_ack_message_t *ret_ack)
{
    zc_ack_message_t ack = {0};
    const uint8_t *at = body;
    if (!read_topic (topic, topic_size, ack.producer) || !read_body (at, at + body_size, &ack))
        return false;
    *ret_ack = ack;
    return true;
}
