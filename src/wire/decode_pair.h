/* SPDX-License-Identifier: MPL-2.0
 *
 * decode_pair.h - one key and value of an event; between decode_event.c, which reads what is usual
 * in line, and decode_pair.c, which reads everything.
 */
#ifndef ZC_DECODE_PAIR_H
#define ZC_DECODE_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "wire/event.h"

#define ZC_LATENCY_MAX_MS (1000.0 * ZCOST_SECONDS_MAX)

/* In `has`, until the last pair is read: `hit` was true. hits and misses may come too. */
#define ZC_HIT_WAS_TRUE ZC_BIT (ZC_KEY_COUNT)

/* What was found out while the pairs of one event are read. */
typedef struct {
    zc_event_t *event;
    const uint8_t *end; /* of the frame */
    int64_t arrival_ms;
    uint32_t bad; /* ZC_BIT of each key with a bad value */
    bool unknown_type, too_deep;
    uint8_t why [ZC_KEY_COUNT]; /* of the bad ones */
} zc_pairs_t;

/* Takes the value at `at`, which is below the end, as that of `key`, or marks the key as bad.
 * Returns where the next key begins, or NULL where the bytes end too soon. */
const uint8_t *zc_decode_pair (zc_pairs_t *pairs, int key, const uint8_t *at);

/* Of a key that comes twice the last value counts, good or bad. */
static inline const uint8_t *zc_decode_pair_good (zc_pairs_t *pairs, int key, const uint8_t *next)
{
    pairs->event->has |= ZC_BIT (key);
    pairs->bad &= ~ZC_BIT (key);
    return next;
}

/* The type that a string names, or 0. */
static inline int zc_decode_pair_type (const uint8_t *data, uint32_t size)
{
    switch (size) {
    case 12:
        if (memcmp (data, "query_router", 12) == 0)
            return ZCOST_QUERY_ROUTER;
        return memcmp (data, "rag_parallel", 12) == 0 ? ZCOST_RAG_PARALLEL : 0;
    case 15:
        return memcmp (data, "embedding_cache", 15) == 0 ? ZCOST_EMBEDDING_CACHE : 0;
    case 8:
        return memcmp (data, "llm_call", 8) == 0 ? ZCOST_LLM_CALL : 0;
    default:
        return 0;
    }
}

#endif
