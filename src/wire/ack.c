/* SPDX-License-Identifier: MPL-2.0
 *
 * ack.c - topic and body of an acknowledgement, read.
 */
#include "wire/ack.h"

#include <string.h>

#include "wire/hex.h"
#include "wire/reader.h"

#define TOPIC_HEAD "ack/"
#define TOPIC_HEAD_BYTES (sizeof TOPIC_HEAD - 1)
#define DEPTH_MAX 8

void zc_ack_topic (const uint8_t producer [ZC_PRODUCER_BYTES], char ret_topic [ZC_ACK_TOPIC_BYTES])
{
    memcpy (ret_topic, TOPIC_HEAD, TOPIC_HEAD_BYTES);
    *zc_hex_write (producer, ZC_PRODUCER_BYTES, ret_topic + TOPIC_HEAD_BYTES) = '/';
}

zc_ack_of_t zc_ack_subscription (const void *prefix, size_t size, uint8_t ret_producer [ZC_PRODUCER_BYTES])
{
    const char *topic = prefix;
    size_t head = size < TOPIC_HEAD_BYTES ? size : TOPIC_HEAD_BYTES;
    if (head > 0 && memcmp (topic, TOPIC_HEAD, head) != 0)
        return ZC_ACK_OF_NONE;
    if (size < ZC_ACK_TOPIC_BYTES - 1)
        return ZC_ACK_OF_MANY;
    uint8_t producer [ZC_PRODUCER_BYTES];
    char whole [ZC_ACK_TOPIC_BYTES];
    if (size > sizeof whole || !zc_hex_read (topic + TOPIC_HEAD_BYTES, sizeof producer, producer))
        return ZC_ACK_OF_NONE;
    zc_ack_topic (producer, whole); /* its digits are lower-case, and then comes "/" */
    if (memcmp (topic, whole, size) != 0)
        return ZC_ACK_OF_NONE;
    memcpy (ret_producer, producer, sizeof producer);
    return ZC_ACK_OF_ONE;
}

enum { HAS_EPOCH = 1, HAS_SEQ = 2, HAS_INCARNATION = 4, HAS_ALL = 7 };

/* Takes one pair over, where it is one that we know. Which, or 0. */
static unsigned take (const zc_value_t *key, const zc_value_t *value, zc_ack_t *ack, zc_incarnation_t *incarnation)
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
        value->size <= sizeof incarnation->bytes) {
        incarnation->size = value->size;
        memcpy (incarnation->bytes, value->as.data, value->size);
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

static bool read_body (const uint8_t *at, const uint8_t *end, zc_ack_t *ack, zc_incarnation_t *incarnation)
{
    zc_value_t map, key, value;
    unsigned has = 0;
    if (at == end || !(at = zc_reader_read (at, end, &map)) || map.kind != ZC_MAP)
        return false;
    /* The bytes end the loop, whatever the header promises: each pair takes two or more. */
    for (uint32_t i = 0; i < map.size; i++) {
        if (!(at = read_whole (at, end, &key)) || !(at = read_whole (at, end, &value)))
            return false;
        has |= take (&key, &value, ack, incarnation);
    }
    return has == HAS_ALL;
}

bool zc_ack_read (const void *topic, size_t topic_size, const void *body, size_t body_size, zc_ack_t *ret_ack,
                  zc_incarnation_t *ret_incarnation)
{
    zc_ack_t ack = {.stale = false};
    zc_incarnation_t incarnation = {.size = 0};
    const uint8_t *at = body;
    if (topic_size != ZC_ACK_TOPIC_BYTES || zc_ack_subscription (topic, topic_size, ack.producer) != ZC_ACK_OF_ONE ||
        !read_body (at, at + body_size, &ack, &incarnation))
        return false;
    *ret_ack = ack;
    *ret_incarnation = incarnation;
    return true;
}
