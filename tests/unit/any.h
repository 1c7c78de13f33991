/* SPDX-License-Identifier: MPL-2.0
 *
 * any.h - random events for tests of the ledger.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_ANY_H
#define ZC_TEST_ANY_H

#include "events.h"
#include "pack.h"
#include "seed.h"

static inline zc_event_t with_any_tokens (zc_event_t event)
{
    if (random_below (2))
        event = with_input (event, random_below (100000));
    if (random_below (2))
        event = with_output (event, random_below (10000));
    if (random_below (4) == 0) {
        event.has |=
            ZC_BIT (ZC_KEY_CACHE_READ_TOKENS) | ZC_BIT (ZC_KEY_CACHE_WRITE_TOKENS) | ZC_BIT (ZC_KEY_REASONING_TOKENS);
        event.cache_read_tokens = random_below (1000);
        event.cache_write_tokens = random_below (1000);
        event.reasoning_tokens = random_below (1000);
    }
    return event;
}

static inline zc_event_t any_event (void)
{
    static const char *const tiers [] = {"simple", "medium", "complex", "purple", ""};
    static const char *const models [] = {"gpt-4o", "gpt-4o-mini", "openai/gpt-4o", "embed", "nobody's", ""};
    static const char *const services [] = {"search", "chat", "", "default", "other", "a service with a long name"};
    zc_event_t event = event_of ((zcost_type_t) (1 + random_below (4)));
    bool router = event.type == ZCOST_QUERY_ROUTER, call = event.type == ZCOST_LLM_CALL;
    if (random_below (2))
        event = with_service (event, services [random_below (COUNT (services))]);
    if (event.type == ZCOST_RAG_PARALLEL)
        return random_below (2) ? with_saved (event, random_below (2000000000) - INT64_C (1000000000)) : event;
    if (router && random_below (4))
        event = with_tier (event, tiers [random_below (COUNT (tiers))]);
    if (random_below (2))
        event = with_model (event, models [random_below (COUNT (models))]);
    if (random_below (2))
        event = with_provider (event, random_below (2) ? "openai" : "anthropic");
    if ((router || call) && random_below (2))
        event = with_cost (event, random_below (1000000000));
    event = with_any_tokens (event);
    if (random_below (2))
        event = with_latency (event, random_below (1u << (1 + random_below (30))));
    return event.type == ZCOST_EMBEDDING_CACHE ? with_hits (event, random_below (5), random_below (5)) : event;
}

/* As old as some bucket size allows, or older than all. */
static inline int64_t any_age_ms (void)
{
    const int64_t most [] = {DAY_MS / 24, 4 * DAY_MS, 800 * DAY_MS};
    return (int64_t) random_below (1000000) * most [random_below (COUNT (most))] / 1000000;
}

#endif
