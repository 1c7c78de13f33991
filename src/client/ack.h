/* SPDX-License-Identifier: MPL-2.0
 *
 * ack.h - an acknowledgement, as the daemon publishes it.
 *
 * Reads the two frames of one: the topic "ack/" + producer in hex + "/", and a msgpack map. Whoever
 * speaks on the publish endpoint can send anything: no length is believed, unknown keys are skipped.
 * Refuses to judge what a number means: that is the outbox's.
 */
#ifndef ZC_ACK_H
#define ZC_ACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZC_UUID_BYTES 16
#define ZC_UUID_TEXT_BYTES 33 /* in hex, with its NUL */
#define ZC_TOPIC_BYTES 37     /* without a NUL */
#define ZC_INCARNATION_BYTES_MAX 64

typedef struct {
    uint8_t producer [ZC_UUID_BYTES];
    uint32_t epoch;
    uint64_t seq;
    bool stale;
    size_t incarnation_size; /* 1 to ZC_INCARNATION_BYTES_MAX */
    uint8_t incarnation [ZC_INCARNATION_BYTES_MAX];
} zc_ack_message_t;

/* The topic of a producer's acknowledgements; not terminated. */
void zc_ack_topic (const uint8_t producer [ZC_UUID_BYTES], char ret_topic [ZC_TOPIC_BYTES]);

/* Whether the two frames are an acknowledgement with all its keys; *ret_receipt is else left alone. */
bool zc_ack_read (const void *topic, size_t topic_size, const void *body, size_t body_size, zc_ack_message_t *ret_ack);

/* 32 lower-case hex digits, and back: whether the text begins with such. */
void zc_uuid_to_text (const uint8_t uuid [ZC_UUID_BYTES], char ret_text [ZC_UUID_TEXT_BYTES]);
bool zc_uuid_from_text (const char *text, size_t size, uint8_t ret_uuid [ZC_UUID_BYTES]);

/* A fresh random one (version 4). 0, or ZCOST_ESYSTEM (errno says). */
int zc_uuid_new (uint8_t ret_uuid [ZC_UUID_BYTES]);

#endif
