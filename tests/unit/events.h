/* SPDX-License-Identifier: MPL-2.0
 *
 * events.h - decoded events for tests of the ledger, and a ledger to fold them.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_EVENTS_H
#define ZC_TEST_EVENTS_H

#include "core/ledger/ledger.h"
#include "table.h"

#define HAS_TYPE ZC_BIT (ZC_KEY_TYPE)

static inline zc_event_t event_of (zcost_type_t type)
{
    return (zc_event_t){.type = type, .has = HAS_TYPE, .ts_ms = 1767225600000};
}

/* Each of these gives an event one more key. */

static inline zc_event_t with_service (zc_event_t event, const char *service)
{
    event.has |= ZC_BIT (ZC_KEY_SERVICE);
    event.service = str_of (service);
    return event;
}

static inline zc_event_t with_tier (zc_event_t event, const char *tier)
{
    event.has |= ZC_BIT (ZC_KEY_TIER);
    event.tier = str_of (tier);
    return event;
}

static inline zc_event_t with_model (zc_event_t event, const char *model)
{
    event.has |= ZC_BIT (ZC_KEY_MODEL);
    event.model = str_of (model);
    return event;
}

static inline zc_event_t with_provider (zc_event_t event, const char *provider)
{
    event.has |= ZC_BIT (ZC_KEY_PROVIDER);
    event.provider = str_of (provider);
    return event;
}

static inline zc_event_t with_ts (zc_event_t event, int64_t ts_ms)
{
    event.has |= ZC_BIT (ZC_KEY_TS);
    event.ts_ms = ts_ms;
    return event;
}

static inline zc_event_t with_cost (zc_event_t event, int64_t nanousd)
{
    event.has |= ZC_BIT (ZC_KEY_COST);
    event.cost_nanousd = nanousd;
    return event;
}

static inline zc_event_t with_input (zc_event_t event, int64_t tokens)
{
    event.has |= ZC_BIT (ZC_KEY_INPUT_TOKENS);
    event.input_tokens = tokens;
    return event;
}

static inline zc_event_t with_output (zc_event_t event, int64_t tokens)
{
    event.has |= ZC_BIT (ZC_KEY_OUTPUT_TOKENS);
    event.output_tokens = tokens;
    return event;
}

static inline zc_event_t with_prompt_cache (zc_event_t event, int64_t read, int64_t written)
{
    event.has |= ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS);
    event.cache_read_tokens = read;
    event.cache_write_tokens = written;
    return event;
}

static inline zc_event_t with_latency (zc_event_t event, int64_t us)
{
    event.has |= ZC_BIT (ZC_KEY_LATENCY_MS);
    event.latency_us = us;
    return event;
}

/* map: msgpack, as it came. */
static inline zc_event_t with_tags (zc_event_t event, const char *map, size_t size)
{
    event.has |= ZC_BIT (ZC_KEY_TAGS);
    event.tags = (zc_str_t){map, (uint32_t) size};
    return event;
}

static inline zc_event_t with_hits (zc_event_t event, int64_t hits, int64_t misses)
{
    event.has |= ZC_BIT (ZC_KEY_HITS) | ZC_BIT (ZC_KEY_MISSES);
    event.hits = hits;
    event.misses = misses;
    return event;
}

static inline zc_event_t with_saved (zc_event_t event, int64_t ns)
{
    event.has |= ZC_BIT (ZC_KEY_TIME_SAVED_SECONDS);
    event.time_saved_ns = ns;
    return event;
}

static inline zc_event_t query_of (const char *tier)
{
    return with_tier (event_of (ZCOST_QUERY_ROUTER), tier);
}

static inline zc_event_t call_of (const char *model)
{
    return with_model (event_of (ZCOST_LLM_CALL), model);
}

#define DAY_MS INT64_C (86400000)

static const zc_retention_t default_retention = {.minutes_ms = 2 * DAY_MS, .quarters_ms = 400 * DAY_MS};

/* A ledger by the default policy and simple_table. */
typedef struct {
    zc_policy_t policy;
    zc_prices_t *prices;
    zc_ledger_t *ledger;
} fixture_t;

static inline fixture_t fixture_of (const zc_policy_t *policy, uint32_t keys_max)
{
    fixture_t fixture = {
        .policy = *policy,
        .prices = simple_table (),
        .ledger = zc_ledger_new (policy, &default_retention, keys_max, &(zc_siphash_secret_t){{1, 2}}),
    };
    assert_non_null (fixture.ledger);
    assert_int_equal (zc_ledger_use_prices (fixture.ledger, fixture.prices), 0);
    return fixture;
}

static inline fixture_t fixture_by (const zc_policy_t *policy)
{
    return fixture_of (policy, ZC_KEYS_MAX);
}

static inline fixture_t fixture_new (void)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    return fixture_by (&policy);
}

/* The same by cached_table. */
static inline void use_cached_prices (fixture_t *fixture)
{
    zc_prices_t *prices = cached_table ();
    assert_int_equal (zc_ledger_use_prices (fixture->ledger, prices), 0);
    zc_prices_destroy (&fixture->prices);
    fixture->prices = prices;
}

static inline void fixture_end (fixture_t *fixture)
{
    zc_ledger_destroy (&fixture->ledger);
    zc_prices_destroy (&fixture->prices);
}

/* Folds an event that arrives when it happened. */
static inline void fold (fixture_t *fixture, zc_event_t event)
{
    assert_int_equal (zc_ledger_fold (fixture->ledger, &event, event.ts_ms), 0);
}

static inline zc_totals_t totals_of (fixture_t *fixture)
{
    return *zc_ledger_totals (fixture->ledger);
}

/* How many events without a price were counted under this model. */
static inline uint64_t unpriced_of (const fixture_t *fixture, const char *model)
{
    const zc_tally_t *unpriced = zc_ledger_unpriced (fixture->ledger);
    uint32_t number;
    return zc_intern_find (&unpriced->names, str_of (model), &number) == 0 ? unpriced->counts [number] : 0;
}

#endif
