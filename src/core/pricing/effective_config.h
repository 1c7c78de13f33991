/* SPDX-License-Identifier: MPL-2.0
 *
 * effective_config.h - what decides how a frame counts, beside the frame: prices, policy, limits and caps.
 *
 * They are part of the journal and of the store, so that what was received under them is replayed
 * under them. Packed as one msgpack map, read back with the same care as what comes from the wire.
 */
#ifndef ZC_EFFECTIVE_CONFIG_H
#define ZC_EFFECTIVE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pricing/policy.h"
#include "core/pricing/prices.h"
#include "wire/pack.h"

#define ZC_SOURCE_MAX 4096

/* How much of a frame is taken. */
typedef struct {
    uint64_t frame_bytes_max; /* a larger frame is one reject, `too_large` */
    uint32_t batch_events_max;
} zc_limits_t;

/* How old an event may be, when it arrives, for the finer buckets. */
typedef struct {
    int64_t minutes_ms, quarters_ms; /* beyond: kept in quarters; beyond: kept in days */
} zc_retention_t;

/* How much is told apart, and for how long: a frame may be folded under `other`, or be stale, by these. */
typedef struct {
    int64_t keys_max, producers_max, expired_max;
    int64_t expire_after_ms;
} zc_caps_t;

#define ZC_CAP_KEYS_MAX 10000000
#define ZC_CAP_PRODUCERS_MAX 10000000
#define ZC_CAP_EXPIRED_MAX 100000000

typedef struct {
    zc_policy_t policy;
    zc_limits_t limits;
    zc_retention_t retention;
    zc_caps_t caps;
    char prices_source [ZC_SOURCE_MAX]; /* a file's path, or "builtin" */
    int64_t prices_loaded_ms;
} zc_effective_config_t;

/* Appends the terms and the text of the price table. prices_text: LiteLLM's JSON, as it was read. */
void zc_effective_config_pack (const zc_effective_config_t *config, const char *prices_text, size_t prices_size,
                               zc_pack_t *out);

/* Reads packed terms. *ret_prices_text points into `bytes`. Returns 0, or -1: not what zc_effective_config_pack
 * makes. */
int zc_effective_config_read (const void *bytes, size_t size, zc_effective_config_t *ret_config,
                              const char **ret_prices_text, size_t *ret_prices_size);

#endif
