/* SPDX-License-Identifier: MPL-2.0
 *
 * ack.h - an acknowledgement: how much of what a producer sent is durable, on a topic of the producer's own.
 *
 * The topic is "ack/", the producer in hex and "/"; the body a msgpack map of `epoch`, `seq`, `incarnation` and, where
 * it is true, `stale`. Whoever speaks on the publish endpoint can send anything: no length is believed, unknown keys
 * are skipped. Refuses to judge what a number means: that is the outbox's.
 */
#ifndef ZC_ACK_H
#define ZC_ACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/pack.h"
#include "wire/stamp.h"

#define ZC_ACK_TOPIC_BYTES (4 + 2 * ZC_PRODUCER_BYTES + 1) /* without a NUL */
#define ZC_INCARNATION_BYTES_MAX 64

typedef struct {
    uint8_t producer [ZC_PRODUCER_BYTES];
    uint32_t epoch;
    uint64_t seq; /* every number below it is durable, and will never be asked for again */
    bool stale;   /* an expired producer: numbers from seq on were never taken; go on under a higher epoch */
} zc_ack_t;

/* Which life of the daemon says it. */
typedef struct {
    size_t size; /* 1 to ZC_INCARNATION_BYTES_MAX */
    uint8_t bytes [ZC_INCARNATION_BYTES_MAX];
} zc_incarnation_t;

/* The topic of a producer's acknowledgements; not terminated. */
void zc_ack_topic (const uint8_t producer [ZC_PRODUCER_BYTES], char ret_topic [ZC_ACK_TOPIC_BYTES]);

/* Whose acknowledgements a subscription to a topic that begins so takes in. The last digit settles whose: the "/" may
 * be left out. */
typedef enum { ZC_ACK_OF_NONE, ZC_ACK_OF_ONE, ZC_ACK_OF_MANY } zc_ack_of_t;
zc_ack_of_t zc_ack_subscription (const void *prefix, size_t size, uint8_t ret_producer [ZC_PRODUCER_BYTES]);

/* Packs the body. incarnation: 1 to ZC_INCARNATION_BYTES_MAX bytes. In ack_pack.c, which libzcost goes without. */
void zc_ack_pack (zc_pack_t *out, const zc_ack_t *ack, const char *incarnation);

/* Whether the two frames are an acknowledgement with all its keys; what is returned is else left alone. */
bool zc_ack_read (const void *topic, size_t topic_size, const void *body, size_t body_size, zc_ack_t *ret_ack,
                  zc_incarnation_t *ret_incarnation);

#endif
