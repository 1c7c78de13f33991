/* SPDX-License-Identifier: MPL-2.0
 *
 * policy.c - what the ledger assumes and compares with.
 */
#include "core/pricing/policy.h"

#include <stdbool.h>
#include <string.h>

void zc_policy_default (zc_policy_t *ret_policy)
{
    memset (ret_policy, 0, sizeof *ret_policy);
    strcpy (ret_policy->tiers [0].name, "other");
    ret_policy->tiers_count = 1;
    zc_policy_set_tier (ret_policy, "simple", "gpt-4o-mini");
    zc_policy_set_tier (ret_policy, "medium", "gpt-4.1-mini");
    zc_policy_set_tier (ret_policy, "complex", "gpt-4o");
    strcpy (ret_policy->baseline_model, "gpt-4o");
    ret_policy->baseline_per_query_nanousd = 35000000;
    ret_policy->hit_saves_nanousd = 100000;
    ret_policy->assumed_saved_ns = 6000000000;
}

int zc_policy_set_tier (zc_policy_t *self, const char *name, const char *model)
{
    if (name [0] == '\0' || strlen (name) > ZCOST_STRING_MAX || strlen (model) > ZCOST_STRING_MAX)
        return -1;
    size_t place = 0;
    while (place < self->tiers_count && strcmp (self->tiers [place].name, name) != 0)
        place++;
    if (place == self->tiers_count) {
        if (place == ZC_TIERS_MAX)
            return -1;
        /* `other` stays last. */
        self->tiers [place] = self->tiers [place - 1];
        place--;
        self->tiers_count++;
        strcpy (self->tiers [place].name, name);
    }
    strcpy (self->tiers [place].model, model);
    return 0;
}

/* What stands in a row beside its tags, and the row's own parts. */
static bool is_taken (const char *name)
{
    static const char *const taken [] = {"type",
                                         "service",
                                         "tier",
                                         "model",
                                         "provider",
                                         "points",
                                         "events",
                                         "unpriced_events",
                                         "measured_events",
                                         "cost_nanousd",
                                         "cost_usd",
                                         "baseline_nanousd",
                                         "savings_nanousd",
                                         "assumed_baseline_nanousd",
                                         "assumed_savings_nanousd",
                                         "input_tokens",
                                         "cache_read_tokens",
                                         "cache_write_tokens",
                                         "output_tokens",
                                         "reasoning_tokens",
                                         "hits",
                                         "misses",
                                         "saved_tokens",
                                         "cache_saved_nanousd",
                                         "assumed_cache_saved_nanousd",
                                         "prompt_cache_saved_nanousd",
                                         "time_saved_seconds",
                                         "latency_events",
                                         "latency_ms_p50",
                                         "latency_ms_p95",
                                         "latency_ms_p99"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp (taken [i], name) == 0)
            return true;
    return false;
}

int zc_policy_add_tag (zc_policy_t *self, const char *name)
{
    size_t size = strlen (name), place = self->tags_count;
    if (size == 0 || size > ZCOST_STRING_MAX || is_taken (name) || self->tags_count == ZC_TAGS_MAX)
        return -1;
    while (place > 0 && strcmp (self->tags [place - 1], name) > 0)
        place--;
    if (place > 0 && strcmp (self->tags [place - 1], name) == 0)
        return -1;
    memmove (self->tags [place + 1], self->tags [place], (self->tags_count - place) * sizeof *self->tags);
    memset (self->tags [place], 0, sizeof *self->tags); /* equal policies are equal bytes */
    memcpy (self->tags [place], name, size);
    self->tags_count++;
    return 0;
}
