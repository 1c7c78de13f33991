/* SPDX-License-Identifier: MPL-2.0
 *
 * measures.c - what is summed of events.
 */
#include "core/ledger/measures.h"

void zc_measures_add (zc_measures_t *sums, const zc_measures_t *more)
{
    sums->events += more->events;
    sums->unpriced += more->unpriced;
    sums->measured += more->measured;
    sums->cost_nanousd += more->cost_nanousd;
    sums->baseline_nanousd += more->baseline_nanousd;
    sums->input_tokens += more->input_tokens;
    sums->cache_read_tokens += more->cache_read_tokens;
    sums->cache_write_tokens += more->cache_write_tokens;
    sums->output_tokens += more->output_tokens;
    sums->reasoning_tokens += more->reasoning_tokens;
    sums->hits += more->hits;
    sums->misses += more->misses;
    sums->saved_nanousd += more->saved_nanousd;
    sums->saved_ns += more->saved_ns;
    sums->assumed_cost_nanousd += more->assumed_cost_nanousd;
    sums->assumed_baseline_nanousd += more->assumed_baseline_nanousd;
    sums->assumed_saved_nanousd += more->assumed_saved_nanousd;
    sums->prompt_saved_nanousd += more->prompt_saved_nanousd;
    sums->saved_tokens += more->saved_tokens;
}
