/* SPDX-License-Identifier: MPL-2.0
 *
 * event.c - the contract's names.
 */
#include "wire/event.h"

static const char *const type_names [] = {
    [ZCOST_QUERY_ROUTER] = "query_router",
    [ZCOST_EMBEDDING_CACHE] = "embedding_cache",
    [ZCOST_RAG_PARALLEL] = "rag_parallel",
    [ZCOST_LLM_CALL] = "llm_call",
};

static const char *const key_names [ZC_KEY_COUNT] = {
    [ZC_KEY_TYPE] = "type",
    [ZC_KEY_SERVICE] = "service",
    [ZC_KEY_TS] = "ts",
    [ZC_KEY_TAGS] = "tags",
    [ZC_KEY_TIER] = "tier",
    [ZC_KEY_COST] = "cost",
    [ZC_KEY_MODEL] = "model",
    [ZC_KEY_PROVIDER] = "provider",
    [ZC_KEY_INPUT_TOKENS] = "input_tokens",
    [ZC_KEY_CACHE_READ_TOKENS] = "cache_read_tokens",
    [ZC_KEY_CACHE_WRITE_TOKENS] = "cache_write_tokens",
    [ZC_KEY_OUTPUT_TOKENS] = "output_tokens",
    [ZC_KEY_REASONING_TOKENS] = "reasoning_tokens",
    [ZC_KEY_LATENCY_MS] = "latency_ms",
    [ZC_KEY_HIT] = "hit",
    [ZC_KEY_HITS] = "hits",
    [ZC_KEY_MISSES] = "misses",
    [ZC_KEY_TIME_SAVED_SECONDS] = "time_saved_seconds",
};

static const char *const reason_names [ZC_REASON_COUNT] = {
    [ZC_MALFORMED] = "malformed",       [ZC_NOT_A_MAP] = "not_a_map", [ZC_MISSING_TYPE] = "missing_type",
    [ZC_UNKNOWN_TYPE] = "unknown_type", [ZC_BAD_FIELD] = "bad_field", [ZC_OVERFLOW] = "overflow",
    [ZC_TOO_LARGE] = "too_large",       [ZC_STALE] = "stale",         [ZC_SPOOFED] = "spoofed",
};

static const char *const why_texts [ZC_WHY_COUNT] = {
    [ZC_WHY_NONE] = "",
    [ZC_WHY_TRUNCATED] = "truncated, or not msgpack",
    [ZC_WHY_TOO_DEEP] = "nested deeper than 8",
    [ZC_WHY_NO_MAP] = "an event must be a map",
    [ZC_WHY_NO_TYPE] = "no key `type`",
    [ZC_WHY_NOT_A_TYPE] = "not one of the four types",
    [ZC_WHY_WRONG_KIND] = "wrong kind of value",
    [ZC_WHY_NEGATIVE] = "negative",
    [ZC_WHY_NOT_FINITE] = "not a finite number",
    [ZC_WHY_OVER_LIMIT] = "over the limit",
    [ZC_WHY_TOO_LONG] = "over 128 bytes",
    [ZC_WHY_NOT_UTF8] = "not UTF-8",
    [ZC_WHY_PART_OVER_WHOLE] = "a part exceeds its whole",
    [ZC_WHY_TOO_EARLY] = "before the year 2000",
    [ZC_WHY_TOO_LATE] = "more than 24 hours ahead",
    [ZC_WHY_BOTH_GIVEN] = "given together with hits or misses",
    [ZC_WHY_FRAME_LIMIT] = "the frame exceeds ingest/max_frame_bytes",
    [ZC_WHY_BATCH_LIMIT] = "the array exceeds ingest/max_batch_events",
    [ZC_WHY_SUM] = "a sum would exceed 64 bits",
    [ZC_WHY_PARTLY_SEEN] = "the stamped frame covers both seen and unseen numbers",
    [ZC_WHY_NO_SEQ] = "the stamp's seq is 0, or its numbers exceed 64 bits",
    [ZC_WHY_FENCED] = "the stamp's epoch is fenced, or its producer has expired",
};

const char *zc_event_type_name (zcost_type_t type)
{
    return type >= ZCOST_QUERY_ROUTER && type <= ZCOST_LLM_CALL ? type_names [type] : "";
}

const char *zc_event_key_name (int key)
{
    return key >= 0 && key < ZC_KEY_COUNT ? key_names [key] : "";
}

const char *zc_event_reason_name (zc_reason_t reason)
{
    return reason_names [reason];
}

const char *zc_event_why_text (zc_why_t why)
{
    return why_texts [why];
}
