/* SPDX-License-Identifier: MPL-2.0
 *
 * measures.h - what a row, a point or a total of an answer counts.
 */
#ifndef ZC_MEASURES_H
#define ZC_MEASURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "zreport/amount.h"
#include "zreport/screen.h"

/* The measures that are shown; money in nano-dollars. What is missing or of the wrong kind is 0. */
typedef struct {
    int64_t events, unpriced_events;
    int64_t cost, savings, assumed_savings; /* the latter is a part of savings */
    int64_t input_tokens, output_tokens, hits;
    int64_t latency_events;
    double latency_ms_p95; /* where latency_events > 0 */
} zc_sums_t;

zc_sums_t zc_sums_read (const json_t *row);

/* In and out. */
int64_t zc_sums_tokens (const zc_sums_t *self);

/* "$1.23"; "$1.23+" where some events had no known price, so that it is at least that; "unpriced" where nothing is
 * known but such events. */
zc_text_t zc_sums_cost (const zc_sums_t *self);
zc_text_t zc_cost (int64_t cost_nanousd, int64_t unpriced_events);

/* Its share of a whole; "-" of what is unpriced. */
zc_text_t zc_sums_share (const zc_sums_t *self, int64_t whole);

/* The report does not say in which tier its unpriced queries are: of one that cost nothing, it may be all. */
bool zc_tier_may_be_unpriced (const json_t *report, const json_t *tier);

/* "230 ms", or "-" where no latency was measured. */
zc_text_t zc_sums_p95 (const zc_sums_t *self);

/* The contract's measures in the order of its table; ends with NULL. */
extern const char *const zc_measure_names [];

/* Adds the measures of `more` to those of `total`: integers exactly (at most to INT64_MAX and INT64_MIN), cost_usd and
 * time_saved_seconds too. Percentiles have no sum: those of `total` stay. */
void zc_measures_add (json_t *total, const json_t *more);

/* Takes them off again. */
void zc_measures_subtract (json_t *total, const json_t *less);

/* Sets all measures that can be added up to nothing. */
void zc_measures_clear (json_t *total);

/* That a cost is too low, where events without a price are behind it. */
void zc_measures_note_unpriced (const zc_screen_t *screen, int64_t cost, int64_t events);

/* What a reader of a cost and of savings must know beside them, in lines of its own; nothing where all is plain. */
void zc_measures_notes (const zc_screen_t *screen, const zc_sums_t *total);

#endif
