/* SPDX-License-Identifier: MPL-2.0
 *
 * event.h - one usage event, decoded, and the reasons why one is not.
 *
 * Owns nothing: strings are views into the frame and live as long as it does.
 * All numbers are integers already; the wire's doubles end where they are decoded.
 */
#ifndef ZC_EVENT_H
#define ZC_EVENT_H

#include <stdint.h>

#include "zcost.h"

typedef struct {
    const char *data;
    uint32_t size; /* bytes; 0 with data NULL: absent */
} zc_str_t;

/* The keys of the contract, in the order of its table. Also the bits of zc_event_t.has. */
typedef enum {
    ZC_KEY_TYPE,
    ZC_KEY_SERVICE,
    ZC_KEY_TS,
    ZC_KEY_TAGS,
    ZC_KEY_TIER,
    ZC_KEY_COST,
    ZC_KEY_MODEL,
    ZC_KEY_PROVIDER,
    ZC_KEY_INPUT_TOKENS,
    ZC_KEY_CACHE_READ_TOKENS,
    ZC_KEY_CACHE_WRITE_TOKENS,
    ZC_KEY_OUTPUT_TOKENS,
    ZC_KEY_REASONING_TOKENS,
    ZC_KEY_LATENCY_MS,
    ZC_KEY_HIT,
    ZC_KEY_HITS,
    ZC_KEY_MISSES,
    ZC_KEY_TIME_SAVED_SECONDS,
    ZC_KEY_COUNT
} zc_key_t;

/* The contract's bounds of `ts`. */
#define ZC_TS_MIN_MS 946684800000 /* 2000-01-01T00:00:00Z */
#define ZC_TS_AHEAD_MS 86400000   /* beyond the time of arrival */

#define ZC_DEPTH_MAX 8 /* containers within containers, the event itself included */

#define ZC_BIT(key) (1u << (key))

typedef struct {
    zcost_type_t type;
    uint32_t has; /* ZC_BIT of each key that was there */
    zc_str_t service, tier, model, provider;
    zc_str_t tags; /* the checked msgpack map, as received */
    int64_t ts_ms; /* time of arrival where the event has none */
    int64_t cost_nanousd;
    int64_t input_tokens, cache_read_tokens, cache_write_tokens;
    int64_t output_tokens, reasoning_tokens;
    int64_t latency_us;
    int64_t hits, misses; /* `hit` is 1 hit or 1 miss */
    int64_t time_saved_ns;
} zc_event_t;

/* Why an input was not taken. */
typedef enum {
    ZC_MALFORMED,
    ZC_NOT_A_MAP,
    ZC_MISSING_TYPE,
    ZC_UNKNOWN_TYPE,
    ZC_BAD_FIELD,
    ZC_OVERFLOW,
    ZC_TOO_LARGE,
    ZC_STALE,
    ZC_SPOOFED,
    ZC_REASON_COUNT
} zc_reason_t;

/* What exactly was wrong, kept as a number so that a flood of rejects formats nothing. */
typedef enum {
    ZC_WHY_NONE,
    ZC_WHY_TRUNCATED,
    ZC_WHY_TOO_DEEP,
    ZC_WHY_NO_MAP,
    ZC_WHY_NO_TYPE,
    ZC_WHY_NOT_A_TYPE,
    ZC_WHY_WRONG_KIND,
    ZC_WHY_NEGATIVE,
    ZC_WHY_NOT_FINITE,
    ZC_WHY_OVER_LIMIT,
    ZC_WHY_TOO_LONG,
    ZC_WHY_NOT_UTF8,
    ZC_WHY_PART_OVER_WHOLE,
    ZC_WHY_TOO_EARLY,
    ZC_WHY_TOO_LATE,
    ZC_WHY_BOTH_GIVEN,
    ZC_WHY_FRAME_LIMIT,
    ZC_WHY_BATCH_LIMIT,
    ZC_WHY_SUM,
    ZC_WHY_PARTLY_SEEN,
    ZC_WHY_NO_SEQ,
    ZC_WHY_FENCED,
    ZC_WHY_COUNT
} zc_why_t;

typedef struct {
    zc_reason_t reason;
    zc_why_t why;
    int key;             /* zc_key_t, or -1 */
    const uint8_t *head; /* the rejected bytes, a view into the frame */
    uint64_t size;       /* how many of them */
} zc_reject_t;

/* The contract's names; static texts. */
const char *zc_event_type_name (zcost_type_t type);
const char *zc_event_key_name (int key);
const char *zc_event_reason_name (zc_reason_t reason);
const char *zc_event_why_text (zc_why_t why);

#endif
