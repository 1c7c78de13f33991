/* SPDX-License-Identifier: MPL-2.0
 *
 * measures.h - what is summed of events.
 */
#ifndef ZC_MEASURES_H
#define ZC_MEASURES_H

#include <stdint.h>

/* Not negative, but for prompt_saved_nanousd and saved_ns. */
typedef struct {
    int64_t events;
    int64_t unpriced; /* events whose cost nobody knows; no part of cost and baseline */
    int64_t measured; /* of a query: its baseline is by its tokens; of a preload: its time was measured */
    int64_t cost_nanousd;
    int64_t baseline_nanousd; /* of queries */
    int64_t input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens;
    int64_t hits, misses;
    int64_t saved_nanousd; /* by cache hits */
    int64_t saved_ns;      /* by preloads */
    /* The parts of the above that rest on an assumption: */
    int64_t assumed_cost_nanousd;     /* of queries without tokens */
    int64_t assumed_baseline_nanousd; /* theirs: the configured flat amount each */
    int64_t assumed_saved_nanousd;    /* by cache hits without tokens, or without a price for them */
    /* What a provider's prompt cache saved, net: the tokens at their plain input rate, less the same tokens at
     * their cache rates. Negative where writing cost more than reading saved. Of events whose model has a price. */
    int64_t prompt_saved_nanousd;
    int64_t saved_tokens; /* in and out, of events with cache hits: not used, and so none of the kinds above */
} zc_measures_t;

void zc_measures_add (zc_measures_t *sums, const zc_measures_t *more);

#endif
