/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_restore.c - puts a saved ledger back.
 *
 * What comes from a disk is believed as little as what comes from the wire: sums that no fold can have
 * made would overflow later, unseen.
 */
#include "core/ledger/ledger.h"

#include <stdbool.h>

#include "core/ledger/ledger_internal.h"
#include "core/ledger/tags.h"

/* A tier's name is configured, and so holds no NUL. */
static bool are_dimensions (const zc_dimensions_t *key)
{
    bool query = key->type == ZCOST_QUERY_ROUTER;
    return key->type >= ZCOST_QUERY_ROUTER && key->type <= ZCOST_LLM_CALL && query == (key->tier.size > 0) &&
           !(query && memchr (key->tier.data, '\0', key->tier.size)) && key->service.size <= ZCOST_STRING_MAX &&
           key->tier.size <= ZCOST_STRING_MAX && key->model.size <= ZCOST_STRING_MAX &&
           key->provider.size <= ZCOST_STRING_MAX && zc_tags_valid (key->tags);
}

static bool are_sums (const zc_measures_t *sums)
{
    return (sums->events | sums->unpriced | sums->measured | sums->cost_nanousd | sums->baseline_nanousd |
            sums->input_tokens | sums->cache_read_tokens | sums->cache_write_tokens | sums->output_tokens |
            sums->reasoning_tokens | sums->hits | sums->misses | sums->saved_nanousd | sums->assumed_cost_nanousd |
            sums->assumed_baseline_nanousd | sums->assumed_saved_nanousd | sums->saved_tokens) >= 0 &&
           sums->saved_ns > INT64_MIN && sums->prompt_saved_nanousd > INT64_MIN && sums->unpriced <= sums->events &&
           sums->measured <= sums->events - sums->unpriced && sums->assumed_cost_nanousd <= sums->cost_nanousd &&
           sums->assumed_baseline_nanousd <= sums->baseline_nanousd &&
           sums->assumed_saved_nanousd <= sums->saved_nanousd;
}

static bool add_tokens (const zc_measures_t *sums, int64_t *tokens)
{
    return zc_ledger_fits (*tokens, sums->input_tokens, tokens) &&
           zc_ledger_fits (*tokens, sums->cache_read_tokens, tokens) &&
           zc_ledger_fits (*tokens, sums->cache_write_tokens, tokens) &&
           zc_ledger_fits (*tokens, sums->output_tokens, tokens) &&
           zc_ledger_fits (*tokens, sums->reasoning_tokens, tokens) &&
           zc_ledger_fits (*tokens, sums->saved_tokens, tokens);
}

static int64_t magnitude_of (int64_t number)
{
    return number < 0 ? -number : number;
}

static bool add_bounds (zc_bounds_t *bounds, const zc_measures_t *sums)
{
    return zc_ledger_fits (bounds->cost, sums->cost_nanousd, &bounds->cost) &&
           zc_ledger_fits (bounds->baseline, sums->baseline_nanousd, &bounds->baseline) &&
           zc_ledger_fits (bounds->cache_saved, sums->saved_nanousd, &bounds->cache_saved) &&
           zc_ledger_fits (bounds->cache_requests, sums->hits, &bounds->cache_requests) &&
           zc_ledger_fits (bounds->cache_requests, sums->misses, &bounds->cache_requests) &&
           zc_ledger_fits (bounds->saved_ns, magnitude_of (sums->saved_ns), &bounds->saved_ns) &&
           zc_ledger_fits (bounds->prompt_saved, magnitude_of (sums->prompt_saved_nanousd), &bounds->prompt_saved) &&
           add_tokens (sums, &bounds->tokens);
}

int zc_ledger_restore_key (zc_ledger_t *self, uint32_t key, const zc_dimensions_t *dimensions,
                           const zc_measures_t *sums)
{
    if (key != zc_keys_count (self->keys) || !are_dimensions (dimensions) || !are_sums (sums) ||
        __builtin_add_overflow (self->accepted, (uint64_t) sums->events, &self->accepted) ||
        !add_bounds (&self->bounds, sums) || zc_keys_restore (self->keys, dimensions) == -1)
        return -1;
    zc_keys_at (self->keys, key)->sums = *sums;
    if (dimensions->type == ZCOST_QUERY_ROUTER)
        zc_ledger_show_tier (self, dimensions->tier, dimensions->model);
    return 0;
}

/* The keys' sums say how many events there were, and the least that their magnitudes can be. */
int zc_ledger_restore_counts (zc_ledger_t *self, uint64_t accepted, uint64_t folded_to_other,
                              int64_t saved_ns_magnitude, int64_t prompt_magnitude)
{
    if (accepted != self->accepted || folded_to_other > accepted || saved_ns_magnitude < self->bounds.saved_ns ||
        prompt_magnitude < self->bounds.prompt_saved)
        return -1;
    self->folded_to_other = folded_to_other;
    self->bounds.saved_ns = saved_ns_magnitude;
    self->bounds.prompt_saved = prompt_magnitude;
    return 0;
}

int zc_ledger_restore_unpriced (zc_ledger_t *self, zc_str_t model, uint64_t events)
{
    static const zc_str_t other = {"other", 5};
    zc_tally_t *tally = &self->unpriced;
    uint64_t *count = &tally->other;
    uint32_t number;
    if (model.size > ZCOST_STRING_MAX)
        return -1;
    if (!zc_str_equal (model, other)) {
        if (zc_intern_add (&tally->names, model, &number) == -1)
            return -1;
        count = &tally->counts [number];
    }
    return __builtin_add_overflow (*count, events, count) ? -1 : 0;
}
