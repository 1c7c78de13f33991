/* SPDX-License-Identifier: MPL-2.0
 *
 * decode_pair.c - the value of a known key, of any kind and encoding, into its event.
 */
#include "wire/decode_pair.h"

#include <math.h>

#include "wire/reader.h"
#include "wire/scale.h"
#include "wire/utf8.h"

/* Each takes a value into its place, or says why not. */

static zc_why_t take_str (const zc_value_t *value, zc_str_t *ret_str)
{
    if (value->kind != ZC_STR)
        return ZC_WHY_WRONG_KIND;
    if (value->size > ZCOST_STRING_MAX)
        return ZC_WHY_TOO_LONG;
    if (!zc_utf8_valid (value->as.data, value->size))
        return ZC_WHY_NOT_UTF8;
    ret_str->data = (const char *) value->as.data;
    ret_str->size = value->size;
    return ZC_WHY_NONE;
}

static zc_why_t take_count (const zc_value_t *value, int64_t *ret_count)
{
    if (value->kind == ZC_HUGE)
        return ZC_WHY_OVER_LIMIT;
    if (value->kind != ZC_INT)
        return ZC_WHY_WRONG_KIND;
    if (value->as.i < 0)
        return ZC_WHY_NEGATIVE;
    if (value->as.i > ZCOST_COUNT_MAX)
        return ZC_WHY_OVER_LIMIT;
    *ret_count = value->as.i;
    return ZC_WHY_NONE;
}

/* A number within +-max, as an integer of 1/scale: max * scale < 2^51 but for whole numbers. */
static zc_why_t take_number (const zc_value_t *value, double max, int64_t scale, int64_t *ret_scaled)
{
    if (value->kind == ZC_HUGE)
        return ZC_WHY_OVER_LIMIT;
    if (value->kind == ZC_INT) {
        if (value->as.i > (int64_t) max || value->as.i < -(int64_t) max)
            return ZC_WHY_OVER_LIMIT;
        *ret_scaled = value->as.i * scale;
        return ZC_WHY_NONE;
    }
    if (value->kind != ZC_FLOAT)
        return ZC_WHY_WRONG_KIND;
    if (!isfinite (value->as.f))
        return ZC_WHY_NOT_FINITE;
    if (value->as.f > max || value->as.f < -max)
        return ZC_WHY_OVER_LIMIT;
    *ret_scaled = zc_scale (value->as.f, (double) scale);
    return ZC_WHY_NONE;
}

static zc_why_t take_not_negative (const zc_value_t *value, double max, int64_t scale, int64_t *ret_scaled)
{
    if ((value->kind == ZC_FLOAT && value->as.f < 0) || (value->kind == ZC_INT && value->as.i < 0))
        return ZC_WHY_NEGATIVE;
    return take_number (value, max, scale, ret_scaled);
}

/* The msgpack timestamp extension (type -1) of 4, 8 or 12 bytes. */
static zc_why_t take_timestamp (const zc_value_t *value, int64_t *ret_ms)
{
    const uint8_t *data = value->as.data;
    int64_t seconds;
    uint32_t ns = 0;
    if (value->ext_type != -1)
        return ZC_WHY_WRONG_KIND;
    if (value->size == 4)
        seconds = zc_reader_be32 (data);
    else if (value->size == 8) {
        uint64_t both = zc_reader_be64 (data);
        seconds = (int64_t) (both & 0x3ffffffff);
        ns = (uint32_t) (both >> 34);
    } else if (value->size == 12) {
        ns = zc_reader_be32 (data);
        seconds = (int64_t) zc_reader_be64 (data + 4);
    } else
        return ZC_WHY_WRONG_KIND;
    if (ns > 999999999 || seconds > INT64_MAX / 2000)
        return ZC_WHY_OVER_LIMIT;
    if (seconds < 0)
        return ZC_WHY_TOO_EARLY;
    *ret_ms = seconds * 1000 + ns / 1000000;
    return ZC_WHY_NONE;
}

static zc_why_t take_ts (const zc_value_t *value, int64_t arrival_ms, int64_t *ret_ms)
{
    int64_t ms = 0;
    zc_why_t why = ZC_WHY_NONE;
    if (value->kind == ZC_INT)
        ms = value->as.i;
    else if (value->kind == ZC_HUGE)
        return ZC_WHY_TOO_LATE;
    else if (value->kind == ZC_EXT)
        why = take_timestamp (value, &ms);
    else if (value->kind == ZC_FLOAT && fabs (value->as.f) > 1e12)
        return isfinite (value->as.f) ? (value->as.f < 0 ? ZC_WHY_TOO_EARLY : ZC_WHY_TOO_LATE) : ZC_WHY_NOT_FINITE;
    else
        why = take_number (value, 1e12, 1000, &ms);
    if (why)
        return why;
    if (ms < ZC_TS_MIN_MS)
        return ZC_WHY_TOO_EARLY;
    if (ms > arrival_ms + ZC_TS_AHEAD_MS)
        return ZC_WHY_TOO_LATE;
    *ret_ms = ms;
    return ZC_WHY_NONE;
}

/* A map of strings to strings; `at` is behind its header. The view spans header and pairs. */
static zc_why_t take_tags (const zc_value_t *map, const uint8_t *header, const uint8_t *at, const uint8_t *end,
                           zc_str_t *ret_tags)
{
    if (map->kind != ZC_MAP)
        return ZC_WHY_WRONG_KIND;
    while (at < end) { /* the caller has stepped over the map: all of it is there */
        zc_value_t value = {.kind = ZC_NIL};
        zc_str_t str;
        at = zc_reader_read (at, end, &value);
        zc_why_t why = take_str (&value, &str);
        if (why)
            return why;
    }
    ret_tags->data = (const char *) header;
    ret_tags->size = (uint32_t) (end - header);
    return ZC_WHY_NONE;
}

static zc_why_t take_type (const zc_value_t *value, zc_pairs_t *pairs)
{
    if (value->kind != ZC_STR)
        return ZC_WHY_WRONG_KIND;
    int type = zc_decode_pair_type (value->as.data, value->size);
    pairs->unknown_type = type == 0;
    if (type)
        pairs->event->type = (zcost_type_t) type;
    return ZC_WHY_NONE;
}

static zc_why_t take_hit (const zc_value_t *value, zc_event_t *event)
{
    if (value->kind != ZC_BOOL)
        return ZC_WHY_WRONG_KIND;
    /* Kept apart until all pairs are read: hits and misses may come too. */
    event->has = value->as.i ? event->has | ZC_HIT_WAS_TRUE : event->has & ~ZC_HIT_WAS_TRUE;
    return ZC_WHY_NONE;
}

static zc_why_t take (int key, const zc_value_t *value, zc_pairs_t *pairs)
{
    zc_event_t *event = pairs->event;
    switch (key) {
    case ZC_KEY_TYPE:
        return take_type (value, pairs);
    case ZC_KEY_SERVICE:
        return take_str (value, &event->service);
    case ZC_KEY_TS:
        return take_ts (value, pairs->arrival_ms, &event->ts_ms);
    case ZC_KEY_TIER:
        return take_str (value, &event->tier);
    case ZC_KEY_COST:
        return take_not_negative (value, ZCOST_COST_MAX_USD, ZC_NANOUSD_PER_USD, &event->cost_nanousd);
    case ZC_KEY_MODEL:
        return take_str (value, &event->model);
    case ZC_KEY_PROVIDER:
        return take_str (value, &event->provider);
    case ZC_KEY_INPUT_TOKENS:
        return take_count (value, &event->input_tokens);
    case ZC_KEY_CACHE_READ_TOKENS:
        return take_count (value, &event->cache_read_tokens);
    case ZC_KEY_CACHE_WRITE_TOKENS:
        return take_count (value, &event->cache_write_tokens);
    case ZC_KEY_OUTPUT_TOKENS:
        return take_count (value, &event->output_tokens);
    case ZC_KEY_REASONING_TOKENS:
        return take_count (value, &event->reasoning_tokens);
    case ZC_KEY_LATENCY_MS:
        return take_not_negative (value, ZC_LATENCY_MAX_MS, 1000, &event->latency_us);
    case ZC_KEY_HIT:
        return take_hit (value, event);
    case ZC_KEY_HITS:
        return take_count (value, &event->hits);
    case ZC_KEY_MISSES:
        return take_count (value, &event->misses);
    default:
        return take_number (value, ZCOST_SECONDS_MAX, 1000000000, &event->time_saved_ns);
    }
}

const uint8_t *zc_decode_pair (zc_pairs_t *pairs, int key, const uint8_t *at)
{
    zc_value_t value;
    const uint8_t *next = zc_reader_read (at, pairs->end, &value);
    if (!next)
        return NULL;
    zc_why_t why = ZC_WHY_WRONG_KIND;
    if (value.kind == ZC_ARRAY || value.kind == ZC_MAP) {
        const uint8_t *inside = next;
        if (!(next = zc_reader_skip (at, pairs->end, ZC_DEPTH_MAX - 1, &pairs->too_deep)))
            return NULL;
        if (key == ZC_KEY_TAGS)
            why = take_tags (&value, at, inside, next, &pairs->event->tags);
    } else if (key != ZC_KEY_TAGS)
        why = take (key, &value, pairs);
    if (why == ZC_WHY_NONE)
        return zc_decode_pair_good (pairs, key, next);
    pairs->event->has |= ZC_BIT (key);
    pairs->bad |= ZC_BIT (key);
    pairs->why [key] = (uint8_t) why;
    return next;
}
