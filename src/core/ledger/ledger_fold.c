/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_fold.c - adds an event to its sums, or refuses it whole.
 *
 * Each type does the same four steps: reckon what the event adds; check that the sums over all events
 * hold it (what it adds is not negative, or counted by its magnitude, so that where the whole fits, its
 * parts do); find its places, which may want memory; add, which cannot fail.
 */
#include "core/ledger/ledger.h"

#include <assert.h>
#include <stdbool.h>

#include "core/ledger/ledger_internal.h"

#define KEYS_OF_INPUT                                                                                                  \
    (ZC_BIT (ZC_KEY_INPUT_TOKENS) | ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS))
#define KEYS_OF_TOKENS (KEYS_OF_INPUT | ZC_BIT (ZC_KEY_OUTPUT_TOKENS) | ZC_BIT (ZC_KEY_REASONING_TOKENS))

enum { FOLDED = 0, OVERFLOWS = -1, NO_MEMORY = -2 };

/* ------------------------------------------------------------------------ cost */

typedef enum { PRICED, UNPRICED, TOO_MUCH } priced_t;

static bool has_tokens (const zc_event_t *event)
{
    return event->has & KEYS_OF_TOKENS;
}

static zc_tokens_t tokens_of (const zc_event_t *event)
{
    return (zc_tokens_t){event->input_tokens, event->cache_read_tokens, event->cache_write_tokens, event->output_tokens,
                         event->reasoning_tokens};
}

/* Nearly always false, and then it is all that there is to do about prompt caches. */
static bool uses_prompt_cache (const zc_event_t *event)
{
    return event->cache_read_tokens | event->cache_write_tokens;
}

/* Counts end at 10^12: the sum of five fits. */
static int64_t count_tokens (const zc_event_t *event)
{
    return event->input_tokens + event->cache_read_tokens + event->cache_write_tokens + event->output_tokens +
           event->reasoning_tokens;
}

/* What an event adds, beside the counts that stand in it. */
typedef struct {
    bool unpriced, measured;
    int64_t cost_nanousd, baseline_nanousd;
    int64_t saved_nanousd, assumed_saved_nanousd, saved_ns;
    int64_t prompt_saved_nanousd;
    int64_t tokens, requests; /* of all kinds together: only for the bounds */
} more_t;

/* The price of an event's own model, where one is wanted: for its cost, or for what a prompt cache saved. */
static const zc_price_t *price_of (zc_ledger_t *self, const zc_event_t *event)
{
    bool given = event->has & ZC_BIT (ZC_KEY_COST);
    return given && !uses_prompt_cache (event) ? NULL : zc_prices_recall (self->prices, event->model);
}

/* What an event's tokens cost, and what a prompt cache saved. Both are written where they are known. */
static inline priced_t price_tokens (const zc_event_t *event, const zc_price_t *price, int64_t *ret_nanousd,
                                     int64_t *ret_saved)
{
    if (!price)
        return UNPRICED;
    zc_tokens_t tokens = tokens_of (event);
    int rc = uses_prompt_cache (event) ? zc_price_cost_and_saved (price, &tokens, ret_nanousd, ret_saved)
                                       : zc_price_cost (price, &tokens, ret_nanousd);
    return rc == 0 ? PRICED : rc == 1 ? UNPRICED : TOO_MUCH;
}

/* What an event costs: as given; else its tokens at `price`; without either, nothing. What a prompt cache saved is by
 * the price in any case. */
static inline priced_t reckon_cost (const zc_event_t *event, const zc_price_t *price, more_t *more)
{
    bool given = event->has & ZC_BIT (ZC_KEY_COST);
    int64_t cost = 0, saved = 0;
    priced_t priced = PRICED;
    if (has_tokens (event)) {
        more->tokens = count_tokens (event);
        if (!given || uses_prompt_cache (event))
            priced = price_tokens (event, price, &cost, &saved);
    }
    more->cost_nanousd = given ? event->cost_nanousd : cost;
    more->prompt_saved_nanousd = saved;
    more->unpriced = priced == UNPRICED && !given;
    return given ? PRICED : priced;
}

/* -------------------------------------------------------------------- measures */

/* Each type adds only the fields that it uses. */

static inline void add_events (zc_measures_t *sums, const more_t *more)
{
    sums->events++;
    sums->unpriced += more->unpriced;
    sums->measured += more->measured;
}

static inline void add_tokens (zc_measures_t *sums, const zc_event_t *event)
{
    sums->input_tokens += event->input_tokens;
    sums->cache_read_tokens += event->cache_read_tokens;
    sums->cache_write_tokens += event->cache_write_tokens;
    sums->output_tokens += event->output_tokens;
    sums->reasoning_tokens += event->reasoning_tokens;
}

static inline void add_query (zc_measures_t *sums, const more_t *more, const zc_event_t *event)
{
    add_events (sums, more);
    sums->cost_nanousd += more->cost_nanousd;
    sums->baseline_nanousd += more->baseline_nanousd;
    if (has_tokens (event)) {
        add_tokens (sums, event);
        sums->prompt_saved_nanousd += more->prompt_saved_nanousd;
    } else {
        sums->assumed_cost_nanousd += more->cost_nanousd;
        sums->assumed_baseline_nanousd += more->baseline_nanousd;
    }
}

static inline void add_call (zc_measures_t *sums, const more_t *more, const zc_event_t *event)
{
    add_events (sums, more);
    sums->cost_nanousd += more->cost_nanousd;
    sums->prompt_saved_nanousd += more->prompt_saved_nanousd;
    add_tokens (sums, event);
}

static inline void add_cache (zc_measures_t *sums, const more_t *more, const zc_event_t *event)
{
    add_events (sums, more);
    sums->hits += event->hits;
    sums->misses += event->misses;
    sums->saved_nanousd += more->saved_nanousd;
    sums->assumed_saved_nanousd += more->assumed_saved_nanousd;
    if (event->hits > 0)
        sums->saved_tokens += more->tokens;
    else
        add_tokens (sums, event);
}

static inline void add_preload (zc_measures_t *sums, const more_t *more)
{
    add_events (sums, more);
    sums->saved_ns += more->saved_ns;
}

static inline void add_latency (zc_ledger_t *self, const zc_ledger_located_t *places, const zc_event_t *event)
{
    if (event->has & ZC_BIT (ZC_KEY_LATENCY_MS))
        zc_sketches_count (&self->changes.latencies, places->place, zc_sketch_bin_of (event->latency_us));
}

/* ---------------------------------------------------------------------- bounds */

static inline int64_t magnitude_of (int64_t number)
{
    return number < 0 ? -number : number;
}

static inline bool fits (int64_t sum, int64_t more)
{
    int64_t ignored;
    return zc_ledger_fits (sum, more, &ignored);
}

/* What is signed goes by its magnitude: a part of such a sum can pass what the whole does not. */
static inline bool fits_all (const zc_bounds_t *sums, const more_t *more)
{
    return fits (sums->cost, more->cost_nanousd) && fits (sums->baseline, more->baseline_nanousd) &&
           fits (sums->cache_saved, more->saved_nanousd) && fits (sums->cache_requests, more->requests) &&
           fits (sums->tokens, more->tokens) && fits (sums->saved_ns, magnitude_of (more->saved_ns)) &&
           fits (sums->prompt_saved, magnitude_of (more->prompt_saved_nanousd));
}

static inline void add_bounds (zc_bounds_t *sums, const more_t *more)
{
    sums->cost += more->cost_nanousd;
    sums->baseline += more->baseline_nanousd;
    sums->cache_saved += more->saved_nanousd;
    sums->cache_requests += more->requests;
    sums->tokens += more->tokens;
    sums->saved_ns += magnitude_of (more->saved_ns);
    sums->prompt_saved += magnitude_of (more->prompt_saved_nanousd);
}

/* ------------------------------------------------------------------------ fold */

static size_t tier_of (const zc_ledger_t *self, const zc_event_t *event)
{
    if (!(event->has & ZC_BIT (ZC_KEY_TIER)))
        return self->medium;
    return zc_ledger_tier (self, event->tier, self->tiers_configured);
}

/* A cost that nobody knows must not show as money saved: then there is no baseline. */
static inline priced_t reckon_query (const zc_ledger_t *self, const zc_event_t *event, const zc_price_t *price,
                                     more_t *more)
{
    int64_t baseline = self->policy.baseline_per_query_nanousd;
    priced_t priced = reckon_cost (event, price, more);
    if (priced != PRICED)
        return priced;
    if (has_tokens (event)) {
        zc_tokens_t tokens = tokens_of (event);
        if (zc_price_cost (self->baseline, &tokens, &baseline) != 0)
            return TOO_MUCH;
    }
    more->measured = has_tokens (event);
    more->baseline_nanousd = baseline;
    return PRICED;
}

static int fold_query (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    size_t place = tier_of (self, event);
    const zc_tier_t *tier = &self->tiers [place];
    bool own_model = event->model.size > 0; /* an empty name is none */
    more_t more = {0};
    zc_ledger_located_t places;
    if (reckon_query (self, event, own_model ? price_of (self, event) : tier->price, &more) == TOO_MUCH ||
        !fits_all (&self->bounds, &more))
        return OVERFLOWS;
    if (zc_ledger_locate (self, event, place, arrival_ms, &places) == -1)
        return NO_MEMORY;
    add_bounds (&self->bounds, &more);
    add_query (places.ever, &more, event);
    add_query (places.cell, &more, event);
    add_latency (self, &places, event);
    if (more.unpriced)
        zc_tally_add (&self->unpriced, own_model ? event->model : tier->model);
    return FOLDED;
}

static int fold_call (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    more_t more = {0};
    zc_ledger_located_t places;
    if (reckon_cost (event, price_of (self, event), &more) == TOO_MUCH || !fits_all (&self->bounds, &more))
        return OVERFLOWS;
    if (zc_ledger_locate (self, event, 0, arrival_ms, &places) == -1)
        return NO_MEMORY;
    add_bounds (&self->bounds, &more);
    add_call (places.ever, &more, event);
    add_call (places.cell, &more, event);
    add_latency (self, &places, event);
    if (more.unpriced)
        zc_tally_add (&self->unpriced, event->model);
    return FOLDED;
}

static int64_t larger (int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* In and out: parts stand for a whole that is not given. */
static int64_t whole_tokens (const zc_event_t *event)
{
    return larger (event->input_tokens, event->cache_read_tokens + event->cache_write_tokens) +
           larger (event->output_tokens, event->reasoning_tokens);
}

/* What the hits of an event saved: their tokens, at the model's price; without tokens, or without a
 * price for them, the flat estimate each. */
static inline priced_t reckon_hits (zc_ledger_t *self, const zc_event_t *event, more_t *more)
{
    int64_t saved = 0, ignored;
    priced_t priced = UNPRICED;
    more->tokens = event->hits > 0 ? whole_tokens (event) : count_tokens (event);
    more->requests = event->hits + event->misses; /* counts end at 10^12: the sum of two fits */
    if (event->hits == 0)
        return PRICED;
    if (has_tokens (event))
        priced = price_tokens (event, zc_prices_recall (self->prices, event->model), &saved, &ignored);
    if (priced == UNPRICED) {
        more->unpriced = has_tokens (event);
        priced = __builtin_mul_overflow (event->hits, self->policy.hit_saves_nanousd, &saved) ? TOO_MUCH : PRICED;
        more->assumed_saved_nanousd = saved;
    }
    more->saved_nanousd = saved;
    return priced;
}

static int fold_cache (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    more_t more = {0};
    zc_ledger_located_t places;
    if (reckon_hits (self, event, &more) == TOO_MUCH || !fits_all (&self->bounds, &more))
        return OVERFLOWS;
    if (zc_ledger_locate (self, event, 0, arrival_ms, &places) == -1)
        return NO_MEMORY;
    add_bounds (&self->bounds, &more);
    add_cache (places.ever, &more, event);
    add_cache (places.cell, &more, event);
    add_latency (self, &places, event);
    if (more.unpriced)
        zc_tally_add (&self->unpriced, event->model);
    return FOLDED;
}

static int fold_preload (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    bool measured = event->has & ZC_BIT (ZC_KEY_TIME_SAVED_SECONDS);
    more_t more = {.measured = measured, .saved_ns = measured ? event->time_saved_ns : self->policy.assumed_saved_ns};
    zc_ledger_located_t places;
    if (!fits_all (&self->bounds, &more))
        return OVERFLOWS;
    if (zc_ledger_locate (self, event, 0, arrival_ms, &places) == -1)
        return NO_MEMORY;
    add_bounds (&self->bounds, &more);
    add_preload (places.ever, &more);
    add_preload (places.cell, &more);
    return FOLDED;
}

int zc_ledger_fold (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    assert (self->prices);
    int rc = OVERFLOWS;
    switch (event->type) {
    case ZCOST_QUERY_ROUTER:
        rc = fold_query (self, event, arrival_ms);
        break;
    case ZCOST_EMBEDDING_CACHE:
        rc = fold_cache (self, event, arrival_ms);
        break;
    case ZCOST_RAG_PARALLEL:
        rc = fold_preload (self, event, arrival_ms);
        break;
    case ZCOST_LLM_CALL:
        rc = fold_call (self, event, arrival_ms);
        break;
    }
    self->accepted += rc == FOLDED;
    return rc;
}
