/* SPDX-License-Identifier: MPL-2.0
 *
 * measures.h - what a row, a point or a total of an answer counts.
 */
#ifndef ZR_SHOW_MEASURES_H
#define ZR_SHOW_MEASURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "zreport/show/amount.h"
#include "zreport/show/screen.h"

/* The measures that are shown; money in nano-dollars. What is missing or of the wrong kind is 0. */
typedef struct {
    int64_t events, unpriced_events;
    int64_t cost, savings, assumed_savings; /* the latter is a part of savings */
    int64_t input_tokens, output_tokens, hits;
    int64_t saved_tokens; /* of the hits; in neither of those above */
    int64_t latency_events;
    double latency_ms_p95; /* where latency_events > 0 */
} zr_measures_t;

zr_measures_t zr_measures_read (const json_t *row);

/* In and out: those that were used. */
int64_t zr_measures_tokens (const zr_measures_t *self);

/* "$1.23"; "$1.23+" where some events had no known price, so that it is at least that; "unpriced" where nothing is
 * known but such events. */
zr_text_t zr_measures_cost (const zr_measures_t *self);
zr_text_t zr_measures_cost_text (int64_t cost_nanousd, int64_t unpriced_events);

/* Its share of a whole; "-" of what is unpriced. */
zr_text_t zr_measures_share (const zr_measures_t *self, int64_t whole);

/* The report does not say in which tier its unpriced queries are: of one that cost nothing, it may be all. */
bool zr_measures_tier_may_be_unpriced (const json_t *report, const json_t *tier);

/* "230 ms", or "-" where no latency was measured. */
zr_text_t zr_measures_p95 (const zr_measures_t *self);

/* The contract's measures in the order of its table; ends with NULL. */
extern const char *const zr_measure_names [];

/* Adds the measures of `more` to those of `total`: integers exactly (at most to INT64_MAX and INT64_MIN), cost_usd and
 * time_saved_seconds too. Percentiles have no sum: those of `total` stay. */
void zr_measures_add (json_t *total, const json_t *more);

/* Takes them off again. */
void zr_measures_subtract (json_t *total, const json_t *less);

/* Sets all measures that can be added up to nothing. */
void zr_measures_clear (json_t *total);

/* That a cost is too low, where events without a price are behind it. */
void zr_measures_note_unpriced (const zr_screen_t *screen, int64_t cost, int64_t events);

/* What a reader of a cost and of savings must know beside them, in lines of its own; nothing where all is plain. */
void zr_measures_notes (const zr_screen_t *screen, const zr_measures_t *total);

#endif
