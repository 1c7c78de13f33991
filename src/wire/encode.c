/* SPDX-License-Identifier: MPL-2.0
 *
 * encode.c - msgpack-c's own packer, instantiated over a fixed buffer.
 */
#include "wire/encode.h"

#include <stdbool.h>
#include <string.h>

#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>

#include "wire/event.h"

#define FIXSTR_MAX 31 /* bytes of a string whose header is one byte */

/* Where the next byte goes. Bounded by what is put: ZC_ENCODED_MAX holds the largest event. */
typedef struct {
    uint8_t *at;
    unsigned keys;
    bool bad; /* a value that the daemon would reject */
} out_t;

static inline int append (out_t *out, const void *bytes, size_t size)
{
    memcpy (out->at, bytes, size);
    out->at += size;
    return 0;
}

/* Inlined, each key becomes one or two stores of a constant: 4 times as fast as msgpack_packer,
 * which calls through a pointer for every piece. */
#define msgpack_pack_inline_func(name) static inline __attribute__ ((always_inline, unused)) int pack##name
#define msgpack_pack_inline_func_cint(name) static inline __attribute__ ((unused)) int pack##name
#define msgpack_pack_user out_t *
#define msgpack_pack_append_buffer(user, bytes, size) return append ((user), (bytes), (size))
/* The template's own timestamp packer, which we do not use, calls this one by its outer name. */
#define msgpack_pack_ext pack_ext
#include <msgpack/pack_template.h>
#undef msgpack_pack_ext

/* ------------------------------------------------------------------------- each type */

#define HAS_OF_MODEL                                                                                                   \
    (ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_CACHE_READ_TOKENS | ZCOST_HAS_CACHE_WRITE_TOKENS | ZCOST_HAS_OUTPUT_TOKENS |   \
     ZCOST_HAS_REASONING_TOKENS | ZCOST_HAS_LATENCY)

#define TYPE_MAX 27 /* bytes of a packed pair `type`: name; makes an entry 32 bytes */

/* How an event of this type begins, packed, and the numbers that it uses. */
static const struct {
    uint32_t has;
    uint8_t size;
    char pair [TYPE_MAX];
} types [] = {
#define TYPE(name, numbers) .has = (numbers), .size = sizeof (name) - 1, .pair = name
    [ZCOST_QUERY_ROUTER] = {TYPE ("\244type\254query_router", HAS_OF_MODEL | ZCOST_HAS_COST)},
    [ZCOST_EMBEDDING_CACHE] = {TYPE ("\244type\257embedding_cache",
                                     HAS_OF_MODEL | ZCOST_HAS_HIT | ZCOST_HAS_HITS | ZCOST_HAS_MISSES)},
    [ZCOST_RAG_PARALLEL] = {TYPE ("\244type\254rag_parallel", ZCOST_HAS_TIME_SAVED)},
    [ZCOST_LLM_CALL] = {TYPE ("\244type\250llm_call", HAS_OF_MODEL | ZCOST_HAS_COST)},
};

/* --------------------------------------------------------------------- keys, values */

/* Between two calls of a quiet service the caches get cold, and code that is not run is code that
 * is not fetched: what the smallest events need is inlined, the rest called. */
#define INLINE static inline __attribute__ ((always_inline))
#define CALLED static __attribute__ ((noinline, hot)) /* hot: beside the code that calls it */
#define KEY(literal) (literal), (sizeof (literal) - 1)

INLINE void put_key (out_t *out, const char *key, size_t key_size)
{
    pack_str (out, key_size);
    pack_str_body (out, key, key_size);
    out->keys++;
}

/* A string from outside. Copied behind the header that a short one has, while its end is looked
 * for; a missing NUL must not run past the limit. */
CALLED void put_text (out_t *out, const char *text)
{
    uint8_t *body = out->at + 1;
    size_t size = 0;
    for (; text [size]; size++) {
        if (size == ZCOST_STRING_MAX) {
            out->bad = true;
            return;
        }
        body [size] = (uint8_t) text [size];
    }
    if (size > FIXSTR_MAX)
        memmove (body + 1, body, size);
    pack_str (out, size);
    out->at += size;
}

INLINE void put_str (out_t *out, const char *key, size_t key_size, const char *text)
{
    if (!text)
        return;
    put_key (out, key, key_size);
    put_text (out, text);
}

CALLED void put_count_value (out_t *out, int64_t count)
{
    if ((uint64_t) count > ZCOST_COUNT_MAX) /* a negative count is a huge one here */
        out->bad = true;
    pack_uint64 (out, (uint64_t) count);
}

INLINE void put_count (out_t *out, const char *key, size_t key_size, unsigned has, int64_t count)
{
    if (!has)
        return;
    put_key (out, key, key_size);
    put_count_value (out, count);
}

/* Written so that NAN is outside of every range. */
INLINE void put_number (out_t *out, const char *key, size_t key_size, unsigned has, double number, double min,
                        double max)
{
    if (!has)
        return;
    if (!(number >= min && number <= max))
        out->bad = true;
    put_key (out, key, key_size);
    pack_double (out, number);
}

/* ------------------------------------------------------------------ parts of an event */

INLINE void put_ts (out_t *out, int64_t ts_ms, int64_t now_ms)
{
    if (ts_ms == 0)
        ts_ms = now_ms;
    else if (ts_ms < ZC_TS_MIN_MS || ts_ms > now_ms + ZC_TS_AHEAD_MS)
        out->bad = true;
    /* A clock that was never set tells nothing: without a ts, the time of arrival counts. */
    if (ts_ms < ZC_TS_MIN_MS)
        return;
    put_key (out, KEY ("ts"));
    pack_uint64 (out, (uint64_t) ts_ms); /* over 32 bits: the compiler drops the shorter forms */
}

static bool parts_over_whole (const zcost_event_t *event, unsigned has)
{
    uint64_t read = has & ZCOST_HAS_CACHE_READ_TOKENS ? (uint64_t) event->cache_read_tokens : 0;
    uint64_t write = has & ZCOST_HAS_CACHE_WRITE_TOKENS ? (uint64_t) event->cache_write_tokens : 0;
    uint64_t reasoning = has & ZCOST_HAS_REASONING_TOKENS ? (uint64_t) event->reasoning_tokens : 0;
    return (has & ZCOST_HAS_INPUT_TOKENS && read + write > (uint64_t) event->input_tokens) ||
           (has & ZCOST_HAS_OUTPUT_TOKENS && reasoning > (uint64_t) event->output_tokens);
}

CALLED void put_model_numbers (out_t *out, const zcost_event_t *event, unsigned has)
{
    put_count (out, KEY ("input_tokens"), has & ZCOST_HAS_INPUT_TOKENS, event->input_tokens);
    put_count (out, KEY ("cache_read_tokens"), has & ZCOST_HAS_CACHE_READ_TOKENS, event->cache_read_tokens);
    put_count (out, KEY ("cache_write_tokens"), has & ZCOST_HAS_CACHE_WRITE_TOKENS, event->cache_write_tokens);
    put_count (out, KEY ("output_tokens"), has & ZCOST_HAS_OUTPUT_TOKENS, event->output_tokens);
    put_count (out, KEY ("reasoning_tokens"), has & ZCOST_HAS_REASONING_TOKENS, event->reasoning_tokens);
    put_number (out, KEY ("latency_ms"), has & ZCOST_HAS_LATENCY, event->latency_ms, 0, 1000.0 * ZCOST_SECONDS_MAX);
    if (parts_over_whole (event, has))
        out->bad = true;
}

CALLED void put_lookups (out_t *out, const zcost_event_t *event, unsigned has)
{
    if (has & ZCOST_HAS_HIT) {
        put_key (out, KEY ("hit"));
        event->hit ? pack_true (out) : pack_false (out);
        if (has & (ZCOST_HAS_HITS | ZCOST_HAS_MISSES))
            out->bad = true; /* one request, or a batch? */
    }
    put_count (out, KEY ("hits"), has & ZCOST_HAS_HITS, event->hits);
    put_count (out, KEY ("misses"), has & ZCOST_HAS_MISSES, event->misses);
}

CALLED void put_time_saved (out_t *out, const zcost_event_t *event, unsigned has)
{
    put_number (out, KEY ("time_saved_seconds"), has & ZCOST_HAS_TIME_SAVED, event->time_saved_seconds,
                -ZCOST_SECONDS_MAX, ZCOST_SECONDS_MAX);
}

CALLED void put_tags (out_t *out, const zcost_tag_t *tags, size_t count)
{
    if (count > ZCOST_TAGS_MAX || !tags) {
        out->bad = true;
        return;
    }
    put_key (out, KEY ("tags"));
    pack_map (out, count);
    for (size_t i = 0; i < count; i++) {
        if (!tags [i].key || !*tags [i].key || !tags [i].value) {
            out->bad = true;
            return;
        }
        put_text (out, tags [i].key);
        put_text (out, tags [i].value);
    }
}

INLINE void put_rest (out_t *out, const zcost_event_t *event, unsigned has)
{
    if (event->type == ZCOST_RAG_PARALLEL) {
        put_time_saved (out, event, has);
        return;
    }
    if (event->type == ZCOST_EMBEDDING_CACHE)
        put_lookups (out, event, has);
    put_str (out, KEY ("model"), event->model);
    put_str (out, KEY ("provider"), event->provider);
    if (has & HAS_OF_MODEL)
        put_model_numbers (out, event, has);
}

/* ------------------------------------------------------------------------- the whole */

__attribute__ ((hot)) int zc_encode (const zcost_event_t *event, const char *service, int64_t now_ms, uint8_t *buffer,
                                     size_t *ret_size)
{
    zcost_type_t type = event->type;
    if (type < ZCOST_QUERY_ROUTER || type > ZCOST_LLM_CALL)
        return ZCOST_EINVAL;

    unsigned has = event->has & types [type].has;
    out_t out = {.at = buffer + 1, .keys = 1}; /* behind the map's header, of one byte: 14 keys at most */
    memcpy (out.at, types [type].pair, TYPE_MAX);
    out.at += types [type].size;
    put_str (&out, KEY ("service"), event->service ? event->service : service);
    put_ts (&out, event->ts_ms, now_ms);
    if (type == ZCOST_QUERY_ROUTER)
        put_str (&out, KEY ("tier"), event->tier);
    put_number (&out, KEY ("cost"), has & ZCOST_HAS_COST, event->cost_usd, 0, ZCOST_COST_MAX_USD);
    put_rest (&out, event, has);
    if (event->tags_count > 0)
        put_tags (&out, event->tags, event->tags_count);
    if (out.bad)
        return ZCOST_EINVAL;

    out_t head = {.at = buffer};
    pack_map (&head, out.keys);
    *ret_size = (size_t) (out.at - buffer);
    return 0;
}
