/* SPDX-License-Identifier: MPL-2.0
 *
 * ack.c - topic and body of an acknowledgement; UUIDs.
 */
#include "client/ack.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "wire/reader.h"
#include "zcost.h"

#define TOPIC_HEAD "ack/"
#define TOPIC_HEAD_BYTES (sizeof TOPIC_HEAD - 1)
#define DEPTH_MAX 8

/* ------------------------------------------------------------------------------ UUIDs */

int zc_uuid_new (uint8_t ret_uuid [ZC_UUID_BYTES])
{
    ssize_t got;
    while ((got = getrandom (ret_uuid, ZC_UUID_BYTES, 0)) < 0 && errno == EINTR)
        ;
    if (got != ZC_UUID_BYTES)
        return ZCOST_ESYSTEM;
    ret_uuid [6] = (uint8_t) ((ret_uuid [6] & 0x0f) | 0x40);
    ret_uuid [8] = (uint8_t) ((ret_uuid [8] & 0x3f) | 0x80);
    return 0;
}

void zc_uuid_to_text (const uint8_t uuid [ZC_UUID_BYTES], char ret_text [ZC_UUID_TEXT_BYTES])
{
    static const char digits [] = "0123456789abcdef";
    for (size_t i = 0; i < ZC_UUID_BYTES; i++) {
        ret_text [2 * i] = digits [uuid [i] >> 4];
        ret_text [2 * i + 1] = digits [uuid [i] & 15];
    }
    ret_text [2 * ZC_UUID_BYTES] = 0;
}

static int value_of (char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool zc_uuid_from_text (const char *text, size_t size, uint8_t ret_uuid [ZC_UUID_BYTES])
{
    if (size < 2 * ZC_UUID_BYTES)
        return false;
    for (size_t i = 0; i < ZC_UUID_BYTES; i++) {
        int high = value_of (text [2 * i]), low = value_of (text [2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_uuid [i] = (uint8_t) (high << 4 | low);
    }
    return true;
}

/* --------------------------------------------------------------------- acknowledgements */

void zc_ack_topic (const uint8_t producer [ZC_UUID_BYTES], char ret_topic [ZC_TOPIC_BYTES])
{
    char text [ZC_UUID_TEXT_BYTES];
    zc_uuid_to_text (producer, text);
    memcpy (ret_topic, TOPIC_HEAD, TOPIC_HEAD_BYTES);
    memcpy (ret_topic + TOPIC_HEAD_BYTES, text, 2 * ZC_UUID_BYTES);
    ret_topic [ZC_TOPIC_BYTES - 1] = '/';
}

static bool read_topic (const char *topic, size_t size, uint8_t ret_producer [ZC_UUID_BYTES])
{
    return size == ZC_TOPIC_BYTES && memcmp (topic, TOPIC_HEAD, TOPIC_HEAD_BYTES) == 0 && topic [size - 1] == '/' &&
           zc_uuid_from_text (topic + TOPIC_HEAD_BYTES, 2 * ZC_UUID_BYTES, ret_producer);
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
