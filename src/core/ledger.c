/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger.c - exact sums over events.
 */
#include "core/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "wire/bytes.h"

#define KEYS_OF_INPUT                                                                                                \
    (ZC_BIT (ZC_KEY_INPUT_TOKENS) | ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS))
#define KEYS_OF_TOKENS (KEYS_OF_INPUT | ZC_BIT (ZC_KEY_OUTPUT_TOKENS) | ZC_BIT (ZC_KEY_REASONING_TOKENS))

/* The tier of a query that names none. */
#define MEDIUM 1

/* The service of an event that names none, and of one beyond the cap: the first two numbers. */
#define DEFAULT_SERVICE 0
#define OTHER_SERVICE 1

/* The sums over all events that bound the others: every other sum is a part of one of these, or
 * counts events. */
typedef struct {
    int64_t router_cost, router_baseline, calls_cost, cache_saved, cache_requests, saved_ns;
} bounds_t;

struct zc_ledger {
    bounds_t bounds;
    zc_totals_t looked_at; /* what zc_ledger_totals and zc_ledger_service return */
    zc_names_t service_names;
    zc_totals_t *services [ZC_SERVICES_MAX]; /* by the name's number */
    zc_tally_t unpriced;
    uint64_t accepted, folded_to_other;
    zc_policy_t policy;
    zc_prices_t *prices;
    const zc_price_t *baseline;
    const zc_price_t *tier_prices [ZC_TIERS_MAX]; /* NULL: unpriced */
    zc_str_t tier_names [ZC_TIERS_MAX];
    uint64_t tier_words [ZC_TIERS_MAX]; /* their first bytes, to find them by */
    zc_str_t tier_models [ZC_TIERS_MAX];
};

/* ------------------------------------------------------------------------- new */

static zc_str_t view (const char *text)
{
    return (zc_str_t) {text, (uint32_t) strlen (text)};
}

/* The number of a service, with its sums made ready. Returns -1 at the cap or without memory. */
static int add_service (zc_ledger_t *self, zc_str_t name, uint32_t *ret_number)
{
    if (zc_names_intern (&self->service_names, name, ret_number) == -1)
        return -1;
    zc_totals_t **totals = &self->services [*ret_number];
    if (!*totals)
        *totals = calloc (1, sizeof **totals);
    return *totals ? 0 : -1;
}

zc_ledger_t *zc_ledger_new (const zc_policy_t *policy)
{
    zc_ledger_t *self = calloc (1, sizeof *self);
    uint32_t number;
    if (!self)
        return NULL;
    self->policy = *policy;
    for (size_t i = 0; i < self->policy.tiers_count; i++) {
        self->tier_names [i] = view (self->policy.tiers [i].name);
        self->tier_words [i] = zc_first_bytes (self->tier_names [i].data, self->tier_names [i].size);
        self->tier_models [i] = view (self->policy.tiers [i].model);
    }
    if (zc_names_init (&self->service_names, ZC_SERVICES_MAX) == -1 || zc_tally_init (&self->unpriced) == -1 ||
        add_service (self, view ("default"), &number) == -1 || add_service (self, view ("other"), &number) == -1)
        zc_ledger_destroy (&self);
    return self;
}

void zc_ledger_destroy (zc_ledger_t **self_p)
{
    zc_ledger_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < ZC_SERVICES_MAX; i++)
        free (self->services [i]);
    zc_names_term (&self->service_names);
    zc_tally_term (&self->unpriced);
    free (self);
    *self_p = NULL;
}

int zc_ledger_use_prices (zc_ledger_t *self, zc_prices_t *prices)
{
    zc_resolved_t resolved;
    const zc_price_t *baseline = zc_prices_find (prices, view (self->policy.baseline_model), &resolved);
    if (!baseline || !baseline->has_output)
        return -1;
    self->prices = prices;
    self->baseline = baseline;
    for (size_t i = 0; i < self->policy.tiers_count; i++)
        self->tier_prices [i] = zc_prices_find (prices, self->tier_models [i], &resolved);
    return 0;
}

/* ------------------------------------------------------------------------ cost */

typedef enum { PRICED, UNPRICED, TOO_MUCH } priced_t;

static zc_tokens_t tokens_of (const zc_event_t *event)
{
    return (zc_tokens_t) {event->input_tokens, event->cache_read_tokens, event->cache_write_tokens,
                          event->output_tokens, event->reasoning_tokens};
}

/* What an event costs: as given; else its tokens at `price`; without either, nothing. */
static priced_t cost_of (const zc_event_t *event, const zc_price_t *price, int64_t *ret_nanousd)
{
    *ret_nanousd = 0;
    if (event->has & ZC_BIT (ZC_KEY_COST)) {
        *ret_nanousd = event->cost_nanousd;
        return PRICED;
    }
    if (!(event->has & KEYS_OF_TOKENS))
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

/* ------------------------------------------------------------------------ fold */

static size_t tier_of (const zc_ledger_t *self, const zc_event_t *event)
{
    if (!(event->has & ZC_BIT (ZC_KEY_TIER)))
        return MEDIUM;
    size_t other = self->policy.tiers_count - 1;
    uint64_t word = zc_first_bytes (event->tier.data, event->tier.size);
    for (size_t i = 0; i < other; i++)
        if (self->tier_words [i] == word && self->tier_names [i].size == event->tier.size &&
            (event->tier.size <= 8 || memcmp (self->tier_names [i].data, event->tier.data, event->tier.size) == 0))
            return i;
    return other;
}

/* The sums of the event's service. */
static zc_totals_t *service_of (zc_ledger_t *self, const zc_event_t *event)
{
    uint32_t number = DEFAULT_SERVICE;
    if ((event->has & ZC_BIT (ZC_KEY_SERVICE)) && add_service (self, event->service, &number) == -1) {
        number = OTHER_SERVICE;
        self->folded_to_other++;
    }
    return self->services [number];
}

/* What a query adds to the sums. */
typedef struct {
    size_t tier;
    priced_t priced;
    bool measured;
    int64_t cost, baseline;
} query_t;

/* Each of these adds an event to its service's sums, unless the sum over all services would pass 64
 * bits. What it adds is not negative, so that where the whole fits, its parts do. */

static bool fits (int64_t sum, int64_t more, int64_t *ret_sum)
{
    return !__builtin_add_overflow (sum, more, ret_sum);
}

static int fold_query (zc_ledger_t *self, const zc_event_t *event)
{
    size_t tier = tier_of (self, event);
    bool own_model = event->model.size > 0; /* an empty name is none */
    bool measured = event->has & KEYS_OF_TOKENS;
    int64_t cost, baseline = self->policy.baseline_per_query_nanousd;
    priced_t priced = cost_of (event, own_model ? price_of (self, event) : self->tier_prices [tier], &cost);
    if (priced == UNPRICED)
        baseline = 0; /* A cost that nobody knows must not show as money saved. */
    else if (measured) {
        zc_tokens_t tokens = tokens_of (event);
        if (zc_price_cost (self->baseline, &tokens, &baseline) != 0)
            return -1;
    }
    int64_t cost_sum, baseline_sum;
    if (priced == TOO_MUCH || !fits (self->bounds.router_cost, cost, &cost_sum) ||
        !fits (self->bounds.router_baseline, baseline, &baseline_sum))
        return -1;
    self->bounds.router_cost = cost_sum;
    self->bounds.router_baseline = baseline_sum;
    zc_tier_totals_t *sums = &service_of (self, event)->tiers [tier];
    sums->queries++;
    sums->unpriced += priced == UNPRICED;
    sums->measured += priced == PRICED && measured;
    sums->assumed += priced == PRICED && !measured;
    sums->cost_nanousd += cost;
    sums->baseline_nanousd += baseline;
    if (priced == UNPRICED)
        zc_tally_add (&self->unpriced, own_model ? event->model : self->tier_models [tier]);
    return 0;
}

static int fold_call (zc_ledger_t *self, const zc_event_t *event)
{
    int64_t cost, sum;
    priced_t priced = cost_of (event, price_of (self, event), &cost);
    if (priced == TOO_MUCH || !fits (self->bounds.calls_cost, cost, &sum))
        return -1;
    self->bounds.calls_cost = sum;
    zc_totals_t *totals = service_of (self, event);
    totals->calls++;
    totals->calls_unpriced += priced == UNPRICED;
    totals->calls_cost_nanousd += cost;
    if (priced == UNPRICED)
        zc_tally_add (&self->unpriced, event->model);
    return 0;
}

/* What the hits of an event saved: their tokens at the model's price; without tokens, or without a
 * price for them, the flat estimate each. */
static priced_t hits_saved (zc_ledger_t *self, const zc_event_t *event, int64_t *ret_nanousd)
{
    *ret_nanousd = 0;
    if (event->hits == 0)
        return PRICED;
    priced_t priced = PRICED;
    if (event->has & KEYS_OF_TOKENS) {
        priced = cost_of (event, zc_prices_recall (self->prices, event->model), ret_nanousd);
        if (priced != UNPRICED)
            return priced;
    }
    bool too_much = __builtin_mul_overflow (event->hits, self->policy.hit_saves_nanousd, ret_nanousd);
    return too_much ? TOO_MUCH : priced;
}

static int fold_cache (zc_ledger_t *self, const zc_event_t *event)
{
    int64_t saved, saved_sum, requests_sum;
    priced_t priced = hits_saved (self, event, &saved);
    /* Counts end at 10^12: the sum of two fits. */
    if (priced == TOO_MUCH || !fits (self->bounds.cache_saved, saved, &saved_sum) ||
        !fits (self->bounds.cache_requests, event->hits + event->misses, &requests_sum))
        return -1;
    self->bounds.cache_saved = saved_sum;
    self->bounds.cache_requests = requests_sum;
    zc_totals_t *totals = service_of (self, event);
    totals->cache_hits += event->hits;
    totals->cache_misses += event->misses;
    totals->cache_saved_nanousd += saved;
    if (priced == UNPRICED)
        zc_tally_add (&self->unpriced, event->model);
    return 0;
}

/* Time saved may be negative: here a part can pass what the whole does not, so that both are bounded
 * by the sum of the magnitudes. */
static int fold_preload (zc_ledger_t *self, const zc_event_t *event)
{
    bool measured = event->has & ZC_BIT (ZC_KEY_TIME_SAVED_SECONDS);
    int64_t saved_ns = measured ? event->time_saved_ns : self->policy.assumed_saved_ns;
    int64_t sum;
    if (!fits (self->bounds.saved_ns, saved_ns < 0 ? -saved_ns : saved_ns, &sum))
        return -1;
    self->bounds.saved_ns = sum;
    zc_totals_t *totals = service_of (self, event);
    totals->preloads++;
    totals->preloads_measured += measured;
    totals->saved_ns += saved_ns;
    return 0;
}

int zc_ledger_fold (zc_ledger_t *self, const zc_event_t *event)
{
    int rc = -1;
    switch (event->type) {
    case ZCOST_QUERY_ROUTER:
        rc = fold_query (self, event);
        break;
    case ZCOST_EMBEDDING_CACHE:
        rc = fold_cache (self, event);
        break;
    case ZCOST_RAG_PARALLEL:
        rc = fold_preload (self, event);
        break;
    case ZCOST_LLM_CALL:
        rc = fold_call (self, event);
        break;
    }
    self->accepted += rc == 0;
    return rc;
}

/* ------------------------------------------------------------------------ look */

static void add_tier (zc_tier_totals_t *sums, const zc_tier_totals_t *more)
{
    sums->queries += more->queries;
    sums->unpriced += more->unpriced;
    sums->measured += more->measured;
    sums->assumed += more->assumed;
    sums->cost_nanousd += more->cost_nanousd;
    sums->baseline_nanousd += more->baseline_nanousd;
}

static void add_totals (zc_totals_t *sums, const zc_totals_t *more, size_t tiers)
{
    for (size_t i = 0; i < tiers; i++) {
        add_tier (&sums->tiers [i], &more->tiers [i]);
        add_tier (&sums->router, &more->tiers [i]);
    }
    sums->cache_hits += more->cache_hits;
    sums->cache_misses += more->cache_misses;
    sums->cache_saved_nanousd += more->cache_saved_nanousd;
    sums->preloads += more->preloads;
    sums->preloads_measured += more->preloads_measured;
    sums->saved_ns += more->saved_ns;
    sums->calls += more->calls;
    sums->calls_unpriced += more->calls_unpriced;
    sums->calls_cost_nanousd += more->calls_cost_nanousd;
}

const zc_totals_t *zc_ledger_totals (zc_ledger_t *self)
{
    memset (&self->looked_at, 0, sizeof self->looked_at);
    for (uint32_t i = 0; i < self->service_names.count; i++)
        if (self->services [i])
            add_totals (&self->looked_at, self->services [i], self->policy.tiers_count);
    return &self->looked_at;
}

const zc_totals_t *zc_ledger_service (zc_ledger_t *self, zc_str_t service)
{
    uint32_t number;
    memset (&self->looked_at, 0, sizeof self->looked_at);
    if (zc_names_find (&self->service_names, service, &number) == 0 && self->services [number])
        add_totals (&self->looked_at, self->services [number], self->policy.tiers_count);
    return &self->looked_at;
}

const zc_policy_t *zc_ledger_policy (const zc_ledger_t *self)
{
    return &self->policy;
}

const zc_prices_t *zc_ledger_prices (const zc_ledger_t *self)
{
    return self->prices;
}

uint64_t zc_ledger_accepted (const zc_ledger_t *self)
{
    return self->accepted;
}

uint64_t zc_ledger_folded_to_other (const zc_ledger_t *self)
{
    return self->folded_to_other;
}

const zc_tally_t *zc_ledger_unpriced (const zc_ledger_t *self)
{
    return &self->unpriced;
}

static size_t cells_of (const zc_totals_t *totals)
{
    size_t cells = (totals->cache_hits || totals->cache_misses) + (totals->preloads > 0) + (totals->calls > 0);
    for (size_t i = 0; i < ZC_TIERS_MAX; i++)
        cells += totals->tiers [i].queries > 0;
    return cells;
}

size_t zc_ledger_cells (const zc_ledger_t *self)
{
    size_t cells = 0;
    for (uint32_t i = 0; i < self->service_names.count; i++)
        cells += self->services [i] ? cells_of (self->services [i]) : 0;
    return cells;
}
