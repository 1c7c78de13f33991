/* SPDX-License-Identifier: MPL-2.0
 *
 * demo.c - an endless, plausible stream of events. See demo.h.
 *
 * The shapes are those of real traffic: token counts are log-normal (most prompts are
 * short, a few are very long), prompt caches work in blocks and only on long prompts,
 * latency grows with the output, and some services still report a cost and no tokens.
 */
#include "zreplay/demo.h"

#include <math.h>
#include <stdlib.h>

#define CACHE_BLOCK_TOKENS 128
#define CACHED_PROMPT_MIN_TOKENS 1024

/* A log-normal count: half of the draws are below the median. */
typedef struct {
    double median, spread; /* spread: sigma of the logarithm */
    int64_t max;
} size_draw_t;

typedef struct {
    const char *model, *provider;
    size_draw_t input, output;
    double cached;  /* share of long prompts that find their beginning in the provider's cache */
    double written; /* ... that write it there, where the provider bills that */
    bool reasons;   /* a part of the output is reasoning */
    double ms_per_output_token;
} call_t;

typedef struct {
    const char *tier;
    int weight;
    call_t call; /* no model: the daemon's for that tier */
} tier_t;

static const tier_t tiers [] = {
    {"simple", 62, {NULL, NULL, {320, 0.7, 8000}, {70, 0.7, 1500}, 0.20, 0, false, 6}},
    {"medium", 28, {NULL, NULL, {1700, 0.6, 30000}, {240, 0.7, 4000}, 0.45, 0, false, 9}},
    {"complex", 10, {NULL, NULL, {6200, 0.7, 100000}, {700, 0.7, 12000}, 0.50, 0, false, 14}},
};

static const call_t calls [] = {
    {"claude-sonnet-4-5", "anthropic", {5200, 0.8, 150000}, {520, 0.8, 8000}, 0.60, 0.15, false, 15},
    {"gemini-2.5-flash", "gemini", {9000, 0.9, 400000}, {300, 0.6, 6000}, 0.25, 0, true, 5},
    {"o4-mini", "openai", {1500, 0.7, 60000}, {1400, 0.8, 20000}, 0.30, 0, true, 8},
    {"gpt-4o", "openai", {2400, 0.7, 100000}, {380, 0.7, 8000}, 0.40, 0, false, 13},
};

static const char *const routed_services [] = {"assistant", "assistant", "assistant", "support", "support", "search"};
static const char *const calling_services [] = {"code-review", "code-review", "summaries", "support"};

#define COUNT_OF(array) (sizeof (array) / sizeof *(array))

struct zc_demo {
    uint64_t state;
    double step_ns;
    uint64_t count;
    int64_t begin_ms; /* 0: events are of now */
    double step_ms;
};

zc_demo_t *zc_demo_new (uint64_t seed, double rate)
{
    zc_demo_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->state = seed;
    self->step_ns = rate > 0 ? 1e9 / rate : 0;
    return self;
}

void zc_demo_spread (zc_demo_t *self, int64_t begin_ms, double step_ms)
{
    self->begin_ms = begin_ms;
    self->step_ms = step_ms;
}

void zc_demo_destroy (zc_demo_t **self_p)
{
    if (!self_p)
        return;
    free (*self_p);
    *self_p = NULL;
}

/* ----------------------------------------------------------------------- chance */

/* SplitMix64 (Steele, Lea, Flood, 2014): a counter and a good mixing of its bits. */
static uint64_t draw_bits (zc_demo_t *self)
{
    uint64_t z = self->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* 0 <= x < 1 */
static double draw (zc_demo_t *self)
{
    return (double) (draw_bits (self) >> 11) * 0x1p-53;
}

static bool chance (zc_demo_t *self, double share)
{
    return draw (self) < share;
}

static size_t draw_index (zc_demo_t *self, size_t count)
{
    return (size_t) (draw (self) * (double) count);
}

/* Near enough to normal: the sum of twelve uniform draws, without tails beyond 6 sigma. */
static double draw_normal (zc_demo_t *self)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += draw (self);
    return sum;
}

static int64_t draw_size (zc_demo_t *self, const size_draw_t *size)
{
    int64_t value = (int64_t) (size->median * exp (size->spread * draw_normal (self)));
    return value < 1 ? 1 : value > size->max ? size->max : value;
}

/* ------------------------------------------------------------------------ events */

static void set_latency (zc_demo_t *self, zcost_event_t *event, double ms)
{
    event->latency_ms = round (ms * exp (0.25 * draw_normal (self)) * 10) / 10;
    event->has |= ZCOST_HAS_LATENCY;
}

/* The part of a long prompt that the provider has seen before, in whole blocks. */
static void set_cached (zc_demo_t *self, zcost_event_t *event, const call_t *call)
{
    if (event->input_tokens < CACHED_PROMPT_MIN_TOKENS)
        return;
    int64_t blocks = event->input_tokens / CACHE_BLOCK_TOKENS;
    int64_t tokens = (int64_t) ((double) blocks * (0.4 + 0.55 * draw (self))) * CACHE_BLOCK_TOKENS;
    double what = draw (self);
    if (what < call->cached) {
        event->cache_read_tokens = tokens;
        event->has |= ZCOST_HAS_CACHE_READ_TOKENS;
    } else if (what < call->cached + call->written) {
        event->cache_write_tokens = tokens;
        event->has |= ZCOST_HAS_CACHE_WRITE_TOKENS;
    }
}

static void set_call (zc_demo_t *self, zcost_event_t *event, const call_t *call)
{
    event->model = call->model;
    event->provider = call->provider;
    event->input_tokens = draw_size (self, &call->input);
    event->output_tokens = draw_size (self, &call->output);
    event->has |= ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_OUTPUT_TOKENS;
    set_cached (self, event, call);
    if (call->reasons) {
        event->reasoning_tokens = (int64_t) ((double) event->output_tokens * (0.3 + 0.6 * draw (self)));
        event->has |= ZCOST_HAS_REASONING_TOKENS;
    }
    set_latency (self, event, 180 + (double) event->output_tokens * call->ms_per_output_token);
}

static void make_query_router (zc_demo_t *self, zcost_event_t *event)
{
    event->type = ZCOST_QUERY_ROUTER;
    int weight = (int) (draw (self) * 100);
    const tier_t *tier = tiers;
    while (weight >= tier->weight)
        weight -= tier++->weight;
    event->tier = tier->tier;

    /* One service has not moved to tokens yet: it sends what its gateway billed. */
    if (chance (self, 0.08)) {
        event->service = "legacy-chat";
        event->cost_usd = round (1e6 * 0.0004 * exp (0.9 * (double) (tier - tiers) + 0.5 * draw_normal (self))) / 1e6;
        event->has |= ZCOST_HAS_COST;
        return;
    }
    event->service = routed_services [draw_index (self, COUNT_OF (routed_services))];
    set_call (self, event, &tier->call);
}

static void make_embedding_cache (zc_demo_t *self, zcost_event_t *event)
{
    static const size_draw_t query = {24, 0.6, 400}, texts = {40, 0.8, 500}, text = {260, 0.3, 2000};
    event->type = ZCOST_EMBEDDING_CACHE;
    event->model = "text-embedding-3-small";
    event->provider = "openai";
    if (chance (self, 0.85)) {
        event->service = "search";
        event->hit = chance (self, 0.71);
        event->input_tokens = draw_size (self, &query);
        event->has |= ZCOST_HAS_HIT | ZCOST_HAS_INPUT_TOKENS;
        set_latency (self, event, event->hit ? 1.5 : 90);
        return;
    }
    /* A document is indexed again: most of its pieces have not changed. */
    event->service = "indexer";
    int64_t count = draw_size (self, &texts);
    event->hits = (int64_t) ((double) count * (0.4 + 0.6 * draw (self)));
    event->misses = count - event->hits;
    event->input_tokens = count * draw_size (self, &text);
    event->has |= ZCOST_HAS_HITS | ZCOST_HAS_MISSES | ZCOST_HAS_INPUT_TOKENS;
    set_latency (self, event, 60 + 4 * (double) event->misses);
}

static void make_rag_parallel (zc_demo_t *self, zcost_event_t *event)
{
    event->type = ZCOST_RAG_PARALLEL;
    event->service = chance (self, 0.7) ? "assistant" : "search";
    if (chance (self, 0.7)) {
        /* Now and then the parallel way is the slower one. */
        event->time_saved_seconds = round (1000 * (4.1 + 1.9 * draw_normal (self))) / 1000;
        event->has |= ZCOST_HAS_TIME_SAVED;
    }
}

static void make_llm_call (zc_demo_t *self, zcost_event_t *event)
{
    event->type = ZCOST_LLM_CALL;
    event->service = calling_services [draw_index (self, COUNT_OF (calling_services))];
    set_call (self, event, &calls [draw_index (self, COUNT_OF (calls))]);
}

void zc_demo_next (zc_demo_t *self, zc_record_t *ret_record)
{
    zc_record_clear (ret_record);
    if (self->step_ns > 0)
        ret_record->at_ns = (int64_t) ((double) self->count * self->step_ns);
    if (self->begin_ms > 0)
        ret_record->event.ts_ms = self->begin_ms + (int64_t) ((double) self->count * self->step_ms);
    self->count++;

    double what = draw (self);
    if (what < 0.45)
        make_query_router (self, &ret_record->event);
    else if (what < 0.78)
        make_embedding_cache (self, &ret_record->event);
    else if (what < 0.87)
        make_rag_parallel (self, &ret_record->event);
    else
        make_llm_call (self, &ret_record->event);
}
