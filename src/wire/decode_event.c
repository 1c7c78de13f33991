/* SPDX-License-Identifier: MPL-2.0
 *
 * decode_event.c - the pairs of a map to an event, or to the reason why not.
 */
#include "wire/decode_event.h"

#include "wire/decode_pair.h"
#include "wire/reader.h"
#include "wire/scale.h"

/* ------------------------------------------------------------------------ types */

#define KEYS_OF_ALL (ZC_BIT (ZC_KEY_TYPE) | ZC_BIT (ZC_KEY_SERVICE) | ZC_BIT (ZC_KEY_TS) | ZC_BIT (ZC_KEY_TAGS))
#define KEYS_OF_MODEL                                                                                                  \
    (KEYS_OF_ALL | ZC_BIT (ZC_KEY_MODEL) | ZC_BIT (ZC_KEY_PROVIDER) | ZC_BIT (ZC_KEY_INPUT_TOKENS) |                   \
     ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS) | ZC_BIT (ZC_KEY_OUTPUT_TOKENS) |          \
     ZC_BIT (ZC_KEY_REASONING_TOKENS) | ZC_BIT (ZC_KEY_LATENCY_MS))

/* The keys that a type uses: the others are as good as unknown. */
static const uint32_t keys_of_type [] = {
    [ZCOST_QUERY_ROUTER] = KEYS_OF_MODEL | ZC_BIT (ZC_KEY_TIER) | ZC_BIT (ZC_KEY_COST),
    [ZCOST_LLM_CALL] = KEYS_OF_MODEL | ZC_BIT (ZC_KEY_COST),
    [ZCOST_EMBEDDING_CACHE] =
        KEYS_OF_MODEL | ZC_BIT (ZC_KEY_HIT) | ZC_BIT (ZC_KEY_HITS) | ZC_BIT (ZC_KEY_MISSES) | ZC_HIT_WAS_TRUE,
    [ZCOST_RAG_PARALLEL] = KEYS_OF_ALL | ZC_BIT (ZC_KEY_TIME_SAVED_SECONDS),
};

/* -------------------------------------------------------------------- in line */

/* What is usual - short ASCII strings, small integers, float 64 - is read in line where its key is
 * found, so that each key has branches of its own for the processor to learn. All else goes to
 * zc_decode_pair. The two must agree: a test reads each event both ways. */

#define HIGH_BITS 0x8080808080808080

static inline uint64_t load64 (const uint8_t *p)
{
    uint64_t word;
    memcpy (&word, p, sizeof word);
    return word;
}

/* Whether size bytes are ASCII. Reads up to 8 bytes behind them. */
static inline bool is_ascii (const uint8_t *p, uint32_t size)
{
    uint64_t seen = 0;
    for (; size >= 8; p += 8, size -= 8)
        seen |= load64 (p);
    /* Little-endian: the first bytes are the low ones. */
    seen |= size ? load64 (p) << (64 - 8 * size) : 0;
    return (seen & HIGH_BITS) == 0;
}

static inline const uint8_t *quick_str (zc_pairs_t *pairs, int key, const uint8_t *at, zc_str_t *ret_str)
{
    uint32_t size = *at & 0x1f;
    if ((*at & 0xe0) != 0xa0 || pairs->end - at < 40 || !is_ascii (at + 1, size))
        return zc_decode_pair (pairs, key, at);
    ret_str->data = (const char *) at + 1;
    ret_str->size = size;
    return zc_decode_pair_good (pairs, key, at + 1 + size);
}

static inline const uint8_t *quick_count (zc_pairs_t *pairs, int key, const uint8_t *at, int64_t *ret_count)
{
    if (*at < 0x80) {
        *ret_count = *at;
        return zc_decode_pair_good (pairs, key, at + 1);
    }
    if (*at == 0xcd && pairs->end - at >= 3) {
        *ret_count = zc_reader_be16 (at + 1);
        return zc_decode_pair_good (pairs, key, at + 3);
    }
    return zc_decode_pair (pairs, key, at);
}

/* A float 64 from 0 to max, as an integer of 1/scale. */
static inline const uint8_t *quick_positive (zc_pairs_t *pairs, int key, const uint8_t *at, double max, double scale,
                                             int64_t *ret_scaled)
{
    if (*at != 0xcb || pairs->end - at < 9)
        return zc_decode_pair (pairs, key, at);
    uint64_t bits = zc_reader_be64 (at + 1);
    double number;
    memcpy (&number, &bits, sizeof number);
    if (!(number >= 0 && number <= max))
        return zc_decode_pair (pairs, key, at);
    *ret_scaled = zc_scale (number, scale);
    return zc_decode_pair_good (pairs, key, at + 9);
}

static inline const uint8_t *quick_ts (zc_pairs_t *pairs, const uint8_t *at)
{
    if (*at != 0xcf || pairs->end - at < 9)
        return zc_decode_pair (pairs, ZC_KEY_TS, at);
    uint64_t ms = zc_reader_be64 (at + 1);
    if (ms < ZC_TS_MIN_MS || ms > (uint64_t) pairs->arrival_ms)
        return zc_decode_pair (pairs, ZC_KEY_TS, at);
    pairs->event->ts_ms = (int64_t) ms;
    return zc_decode_pair_good (pairs, ZC_KEY_TS, at + 9);
}

static inline const uint8_t *quick_type (zc_pairs_t *pairs, const uint8_t *at)
{
    uint32_t size = *at & 0x1f;
    int type;
    if ((*at & 0xe0) != 0xa0 || pairs->end - at <= (ptrdiff_t) size || (type = zc_decode_pair_type (at + 1, size)) == 0)
        return zc_decode_pair (pairs, ZC_KEY_TYPE, at);
    pairs->event->type = (zcost_type_t) type;
    pairs->unknown_type = false;
    return zc_decode_pair_good (pairs, ZC_KEY_TYPE, at + 1 + size);
}

/* Compares of a fixed size become one or two integer compares. */
#define NAMED(literal) (memcmp (name, literal, sizeof (literal) - 1) == 0)

/* Takes the value at `at` as that of a name of `size` bytes; steps over it where no key is so
 * called. */
static inline __attribute__ ((always_inline)) const uint8_t *read_value (zc_pairs_t *pairs, const uint8_t *name,
                                                                         uint32_t size, const uint8_t *at)
{
    zc_event_t *event = pairs->event;
    switch (size) {
    case 2:
        if (NAMED ("ts"))
            return quick_ts (pairs, at);
        break;
    case 3:
        if (NAMED ("hit"))
            return zc_decode_pair (pairs, ZC_KEY_HIT, at);
        break;
    case 4:
        if (NAMED ("type"))
            return quick_type (pairs, at);
        if (NAMED ("tier"))
            return quick_str (pairs, ZC_KEY_TIER, at, &event->tier);
        if (NAMED ("cost"))
            return quick_positive (pairs, ZC_KEY_COST, at, ZCOST_COST_MAX_USD, ZC_NANOUSD_PER_USD,
                                   &event->cost_nanousd);
        if (NAMED ("hits"))
            return quick_count (pairs, ZC_KEY_HITS, at, &event->hits);
        if (NAMED ("tags"))
            return zc_decode_pair (pairs, ZC_KEY_TAGS, at);
        break;
    case 5:
        if (NAMED ("model"))
            return quick_str (pairs, ZC_KEY_MODEL, at, &event->model);
        break;
    case 6:
        if (NAMED ("misses"))
            return quick_count (pairs, ZC_KEY_MISSES, at, &event->misses);
        break;
    case 7:
        if (NAMED ("service"))
            return quick_str (pairs, ZC_KEY_SERVICE, at, &event->service);
        break;
    case 8:
        if (NAMED ("provider"))
            return quick_str (pairs, ZC_KEY_PROVIDER, at, &event->provider);
        break;
    case 10:
        if (NAMED ("latency_ms"))
            return quick_positive (pairs, ZC_KEY_LATENCY_MS, at, ZC_LATENCY_MAX_MS, 1000, &event->latency_us);
        break;
    case 12:
        if (NAMED ("input_tokens"))
            return quick_count (pairs, ZC_KEY_INPUT_TOKENS, at, &event->input_tokens);
        break;
    case 13:
        if (NAMED ("output_tokens"))
            return quick_count (pairs, ZC_KEY_OUTPUT_TOKENS, at, &event->output_tokens);
        break;
    case 16:
        if (NAMED ("reasoning_tokens"))
            return quick_count (pairs, ZC_KEY_REASONING_TOKENS, at, &event->reasoning_tokens);
        break;
    case 17:
        if (NAMED ("cache_read_tokens"))
            return quick_count (pairs, ZC_KEY_CACHE_READ_TOKENS, at, &event->cache_read_tokens);
        break;
    case 18:
        if (NAMED ("cache_write_tokens"))
            return quick_count (pairs, ZC_KEY_CACHE_WRITE_TOKENS, at, &event->cache_write_tokens);
        if (NAMED ("time_saved_seconds"))
            return zc_decode_pair (pairs, ZC_KEY_TIME_SAVED_SECONDS, at);
        break;
    default:
        break;
    }
    return zc_reader_skip (at, pairs->end, ZC_DEPTH_MAX - 1, &pairs->too_deep);
}

/* Reads a pair whose key is no short string. A key that is no string is as good as unknown. */
static __attribute__ ((noinline)) const uint8_t *read_odd_pair (zc_pairs_t *pairs, const uint8_t *at)
{
    zc_value_t name;
    const uint8_t *next = zc_reader_read (at, pairs->end, &name);
    if (next && (name.kind == ZC_ARRAY || name.kind == ZC_MAP))
        next = zc_reader_skip (at, pairs->end, ZC_DEPTH_MAX - 1, &pairs->too_deep);
    if (!next || next >= pairs->end)
        return NULL;
    if (name.kind != ZC_STR)
        return zc_reader_skip (next, pairs->end, ZC_DEPTH_MAX - 1, &pairs->too_deep);
    return read_value (pairs, name.as.data, name.size, next);
}

/* Reads `count` pairs at `at`; NULL where the bytes end too soon. */
static inline const uint8_t *read_pairs (zc_pairs_t *pairs, const uint8_t *at, uint32_t count)
{
    for (; count > 0; count--) {
        if (at >= pairs->end)
            return NULL;
        uint32_t size = *at & 0x1f;
        if (__builtin_expect ((*at & 0xe0) != 0xa0, false))
            at = read_odd_pair (pairs, at);
        else if (pairs->end - at <= (ptrdiff_t) size + 1)
            return NULL;
        else
            at = read_value (pairs, at + 1, size, at + 1 + size);
        if (!at)
            return NULL;
    }
    return at;
}

/* ----------------------------------------------------------------------- event */

static bool reject (zc_reject_t *ret_reject, zc_reason_t reason, zc_why_t why, int key)
{
    ret_reject->reason = reason;
    ret_reject->why = why;
    ret_reject->key = key;
    return false;
}

/* hit, hits and misses become hits and misses. */
static bool settle_cache (zc_event_t *event, zc_reject_t *ret_reject)
{
    bool hit = event->has & ZC_HIT_WAS_TRUE;
    event->has &= ~ZC_HIT_WAS_TRUE;
    if (event->has & (ZC_BIT (ZC_KEY_HITS) | ZC_BIT (ZC_KEY_MISSES)))
        return !(event->has & ZC_BIT (ZC_KEY_HIT)) || reject (ret_reject, ZC_BAD_FIELD, ZC_WHY_BOTH_GIVEN, ZC_KEY_HIT);
    event->hits = hit;
    event->misses = !hit;
    return true;
}

static inline bool has (const zc_event_t *event, zc_key_t key)
{
    return event->has & ZC_BIT (key);
}

/* Whether the pairs make an event. */
static inline bool settle (const zc_pairs_t *pairs, zc_reject_t *ret_reject)
{
    zc_event_t *event = pairs->event;
    if (__builtin_expect (pairs->too_deep, false))
        return reject (ret_reject, ZC_MALFORMED, ZC_WHY_TOO_DEEP, -1);
    if (__builtin_expect (!has (event, ZC_KEY_TYPE), false))
        return reject (ret_reject, ZC_MISSING_TYPE, ZC_WHY_NO_TYPE, -1);
    if (__builtin_expect (pairs->bad & ZC_BIT (ZC_KEY_TYPE), false))
        return reject (ret_reject, ZC_BAD_FIELD, ZC_WHY_WRONG_KIND, ZC_KEY_TYPE);
    if (__builtin_expect (pairs->unknown_type, false))
        return reject (ret_reject, ZC_UNKNOWN_TYPE, ZC_WHY_NOT_A_TYPE, ZC_KEY_TYPE);

    uint32_t used = keys_of_type [event->type];
    if (__builtin_expect (pairs->bad & used, false)) {
        int key = __builtin_ctz (pairs->bad & used);
        return reject (ret_reject, ZC_BAD_FIELD, (zc_why_t) pairs->why [key], key);
    }
    event->has &= used;
    if (has (event, ZC_KEY_INPUT_TOKENS) && event->cache_read_tokens + event->cache_write_tokens > event->input_tokens)
        return reject (ret_reject, ZC_BAD_FIELD, ZC_WHY_PART_OVER_WHOLE, ZC_KEY_INPUT_TOKENS);
    if (has (event, ZC_KEY_OUTPUT_TOKENS) && event->reasoning_tokens > event->output_tokens)
        return reject (ret_reject, ZC_BAD_FIELD, ZC_WHY_PART_OVER_WHOLE, ZC_KEY_OUTPUT_TOKENS);
    return event->type != ZCOST_EMBEDDING_CACHE || settle_cache (event, ret_reject);
}

/* In two parts: from 128 bytes on, compilers turn to `rep stos`, which alone takes as long as three
 * pairs do. */
static inline void clear (zc_event_t *event)
{
    _Static_assert(sizeof *event <= 256, "two parts are enough");
    memset (event, 0, 96);
    __asm__("" : : : "memory");
    memset ((char *) event + 96, 0, sizeof *event - 96);
}

const uint8_t *zc_decode_event (const uint8_t *at, const uint8_t *end, uint32_t count, int64_t arrival_ms,
                                zc_event_t *ret_event, zc_reject_t *ret_reject, bool *ret_good)
{
    zc_pairs_t pairs;
    pairs.event = ret_event;
    pairs.end = end;
    pairs.arrival_ms = arrival_ms;
    pairs.bad = 0;
    pairs.unknown_type = pairs.too_deep = false;
    clear (ret_event);
    ret_event->ts_ms = arrival_ms;
    const uint8_t *next = read_pairs (&pairs, at, count);
    if (next)
        *ret_good = settle (&pairs, ret_reject);
    return next;
}
