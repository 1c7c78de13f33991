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

#include "client/uuid.h"

#define ZC_TOPIC_BYTES 37 /* without a NUL */
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

#endif
