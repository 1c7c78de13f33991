/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_fold.c - adds an event to its sums, or refuses it whole.
 *
 * Each type does the same four steps: reckon what the event adds; check that the sums over all events
 * hold it (what it adds is not negative, so that where the whole fits, its parts do); find its places,
 * which may want memory; add, which cannot fail.
 */
#include "core/ledger.h"

#include <assert.h>
#include <stdbool.h>

#include "core/ledger_inside.h"

#define KEYS_OF_INPUT                                                                                                \
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
    return (zc_tokens_t) {event->input_tokens, event->cache_read_tokens, event->cache_write_tokens,
                          event->output_tokens, event->reasoning_tokens};
}

/* Counts end at 10^12: the sum of five fits. */
static int64_t count_tokens (const zc_event_t *event)
{
    return event->input_tokens + event->cache_read_tokens + event->cache_write_tokens + event->output_tokens +
           event->reasoning_tokens;
}

/* What an event costs: as given; else its tokens at `price`; without either, nothing. */
static priced_t cost_of (const zc_event_t *event, const zc_price_t *price, int64_t *ret_nanousd)
{
    *ret_nanousd = 0;
    if (event->has & ZC_BIT (ZC_KEY_COST)) {
        *ret_nanousd = event->cost_nanousd;
        return PRICED;
    }
    if (!has_tokens (event))
        return PRICED;
    if (!price)
        return UNPRICED;
    zc_tokens_t tokens = tokens_of (event);
    int rc = zc_price_cost (price, &tokens, ret_nanousd);
    return rc == 0 ? PRICED : rc == 1 ? UNPRICED : TOO_MUCH;
}

/* The price by which an event without a cost is counted. */
static const zc_price_t *price_of (zc_ledger_t *self, const zc_event_t *event)
{
    return event->has & ZC_BIT (ZC_KEY_COST) ? NULL : zc_prices_recall (self->prices, event->model);
}

/* -------------------------------------------------------------------- measures */

/* Each type adds only the fields that it uses. `more` is what the event adds, its own counts aside. */

static inline void add_events (zc_measures_t *sums, const zc_measures_t *more)
{
    sums->events += more->events;
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

static inline void add_query (zc_measures_t *sums, const zc_measures_t *more, const zc_event_t *event)
{
    add_events (sums, more);
    sums->cost_nanousd += more->cost_nanousd;
    sums->baseline_nanousd += more->baseline_nanousd;
    if (has_tokens (event))
        add_tokens (sums, event);
}

static inline void add_call (zc_measures_t *sums, const zc_measures_t *more, const zc_event_t *event)
{
    add_events (sums, more);
    sums->cost_nanousd += more->cost_nanousd;
    add_tokens (sums, event);
}

static inline void add_cache (zc_measures_t *sums, const zc_measures_t *more, const zc_event_t *event)
{
    add_events (sums, more);
    sums->hits += event->hits;
    sums->misses += event->misses;
    sums->saved_nanousd += more->saved_nanousd;
    add_tokens (sums, event);
}

static inline void add_preload (zc_measures_t *sums, const zc_measures_t *more)
{
    add_events (sums, more);
    sums->saved_ns += more->saved_ns;
}

/* ------------------------------------------------------------------------ fold */

static size_t tier_of (const zc_ledger_t *self, const zc_event_t *event)
{
    if (!(event->has & ZC_BIT (ZC_KEY_TIER)))
        return self->medium;
    return zc_ledger_tier (self, event->tier, self->tiers_configured);
}

static int fold_query (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    size_t place = tier_of (self, event);
    const zc_tier_t *tier = &self->tiers [place];
    bool own_model = event->model.size > 0; /* an empty name is none */
    bool measured = has_tokens (event);
    int64_t cost, baseline = self->policy.baseline_per_query_nanousd;
    priced_t priced = cost_of (event, own_model ? price_of (self, event) : tier->price, &cost);
    if (priced == UNPRICED)
        baseline = 0; /* A cost that nobody knows must not show as money saved. */
    else if (measured) {
        zc_tokens_t tokens = tokens_of (event);
        if (zc_price_cost (self->baseline, &tokens, &baseline) != 0)
            return OVERFLOWS;
    }
    int64_t cost_sum, baseline_sum, tokens_sum = self->bounds.tokens;
    if (priced == TOO_MUCH || !zc_fits (self->bounds.router_cost, cost, &cost_sum) ||
        !zc_fits (self->bounds.router_baseline, baseline, &baseline_sum) ||
        (measured && !zc_fits (self->bounds.tokens, count_tokens (event), &tokens_sum)))
        return OVERFLOWS;
    zc_places_t places;
    if (zc_ledger_find_places (self, event, place, arrival_ms, &places) == -1)
        return NO_MEMORY;
    self->bounds.router_cost = cost_sum;
    self->bounds.router_baseline = baseline_sum;
    self->bounds.tokens = tokens_sum;
    zc_measures_t more = {.events = 1, .unpriced = priced == UNPRICED, .measured = priced == PRICED && measured,
                          .cost_nanousd = cost, .baseline_nanousd = baseline};
    add_query (places.ever, &more, event);
    add_query (places.cell, &more, event);
    if (priced == UNPRICED)
        zc_tally_add (&self->unpriced, own_model ? event->model : tier->model);
    return FOLDED;
}

static int fold_call (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    int64_t cost, cost_sum, tokens_sum;
    priced_t priced = cost_of (event, price_of (self, event), &cost);
    if (priced == TOO_MUCH || !zc_fits (self->bounds.calls_cost, cost, &cost_sum) ||
        !zc_fits (self->bounds.tokens, count_tokens (event), &tokens_sum))
        return OVERFLOWS;
    zc_places_t places;
    if (zc_ledger_find_places (self, event, 0, arrival_ms, &places) == -1)
        return NO_MEMORY;
    self->bounds.calls_cost = cost_sum;
    self->bounds.tokens = tokens_sum;
    zc_measures_t more = {.events = 1, .unpriced = priced == UNPRICED, .cost_nanousd = cost};
    add_call (places.ever, &more, event);
    add_call (places.cell, &more, event);
    if (priced == UNPRICED)
        zc_tally_add (&self->unpriced, event->model);
    return FOLDED;
}

/* What the hits of an event saved: their tokens at the model's price; without tokens, or without a
 * price for them, the flat estimate each. */
static priced_t hits_saved (zc_ledger_t *self, const zc_event_t *event, int64_t *ret_nanousd)
{
    *ret_nanousd = 0;
    if (event->hits == 0)
        return PRICED;
    priced_t priced = PRICED;
    if (has_tokens (event)) {
        priced = cost_of (event, zc_prices_recall (self->prices, event->model), ret_nanousd);
        if (priced != UNPRICED)
            return priced;
    }
    bool too_much = __builtin_mul_overflow (event->hits, self->policy.hit_saves_nanousd, ret_nanousd);
    return too_much ? TOO_MUCH : priced;
}

static int fold_cache (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    int64_t saved, saved_sum, requests_sum, tokens_sum;
    priced_t priced = hits_saved (self, event, &saved);
    /* Counts end at 10^12: the sum of two fits. */
    if (priced == TOO_MUCH || !zc_fits (self->bounds.cache_saved, saved, &saved_sum) ||
        !zc_fits (self->bounds.cache_requests, event->hits + event->misses, &requests_sum) ||
        !zc_fits (self->bounds.tokens, count_tokens (event), &tokens_sum))
        return OVERFLOWS;
    zc_places_t places;
    if (zc_ledger_find_places (self, event, 0, arrival_ms, &places) == -1)
        return NO_MEMORY;
    self->bounds.cache_saved = saved_sum;
    self->bounds.cache_requests = requests_sum;
    self->bounds.tokens = tokens_sum;
    zc_measures_t more = {.events = 1, .unpriced = priced == UNPRICED, .saved_nanousd = saved};
    add_cache (places.ever, &more, event);
    add_cache (places.cell, &more, event);
    if (priced == UNPRICED)
        zc_tally_add (&self->unpriced, event->model);
    return FOLDED;
}

/* Time saved may be negative: here a part can pass what the whole does not, so that both are bounded
 * by the sum of the magnitudes. */
static int fold_preload (zc_ledger_t *self, const zc_event_t *event, int64_t arrival_ms)
{
    bool measured = event->has & ZC_BIT (ZC_KEY_TIME_SAVED_SECONDS);
    int64_t saved_ns = measured ? event->time_saved_ns : self->policy.assumed_saved_ns;
    int64_t saved_sum;
    if (!zc_fits (self->bounds.saved_ns, saved_ns < 0 ? -saved_ns : saved_ns, &saved_sum))
        return OVERFLOWS;
    zc_places_t places;
    if (zc_ledger_find_places (self, event, 0, arrival_ms, &places) == -1)
        return NO_MEMORY;
    self->bounds.saved_ns = saved_sum;
    zc_measures_t more = {.events = 1, .measured = measured, .saved_ns = saved_ns};
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
