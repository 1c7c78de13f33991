/* SPDX-License-Identifier: MPL-2.0
 *
 * measures.c - what a row, a point or a total of an answer counts; see measures.h.
 */
#include "zreport/measures.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/field.h"

#define SECONDS_KEY "time_saved_seconds"

const char *const zc_measure_names [] = {
    "events", "unpriced_events", "measured_events", "cost_nanousd", "cost_usd", "baseline_nanousd", "savings_nanousd",
    "assumed_baseline_nanousd", "assumed_savings_nanousd", "input_tokens", "cache_read_tokens", "cache_write_tokens",
    "output_tokens", "reasoning_tokens", "hits", "misses", "cache_saved_nanousd", "assumed_cache_saved_nanousd",
    "prompt_cache_saved_nanousd", SECONDS_KEY, "latency_events", "latency_ms_p50", "latency_ms_p95", "latency_ms_p99",
    NULL};

/* Signed, whatever the peer says. */
static int64_t integer_at (const json_t *row, const char *key)
{
    return json_integer_value (json_object_get (row, key));
}

zc_sums_t zc_sums_read (const json_t *row)
{
    return (zc_sums_t) {
        .events = zc_field_count (row, "events"),
        .unpriced_events = zc_field_count (row, "unpriced_events"),
        .cost = integer_at (row, "cost_nanousd"),
        .savings = integer_at (row, "savings_nanousd"),
        .assumed_savings = integer_at (row, "assumed_savings_nanousd"),
        .input_tokens = zc_field_count (row, "input_tokens"),
        .output_tokens = zc_field_count (row, "output_tokens"),
        .hits = zc_field_count (row, "hits"),
        .latency_events = zc_field_count (row, "latency_events"),
        .latency_ms_p95 = zc_field_real (row, "latency_ms_p95"),
    };
}

int64_t zc_sums_tokens (const zc_sums_t *self)
{
    return self->input_tokens + self->output_tokens; /* zc_field_count bounds both */
}

zc_text_t zc_cost (int64_t cost_nanousd, int64_t unpriced_events)
{
    if (unpriced_events > 0 && cost_nanousd == 0)
        return (zc_text_t) {"unpriced"};
    zc_text_t to = zc_dollars (cost_nanousd);
    if (unpriced_events > 0)
        strcat (to.text, "+"); /* an amount takes half of the text at most */
    return to;
}

zc_text_t zc_sums_cost (const zc_sums_t *self)
{
    return zc_cost (self->cost, self->unpriced_events);
}

zc_text_t zc_sums_share (const zc_sums_t *self, int64_t whole)
{
    bool unknown = self->unpriced_events > 0 && self->cost == 0;
    return unknown ? (zc_text_t) {"-"} : zc_share (self->cost, whole);
}

bool zc_tier_may_be_unpriced (const json_t *report, const json_t *tier)
{
    int64_t queries = zc_field_count (tier, "queries");
    return zc_field_money (tier, "cost_usd", "cost") == 0 && queries > 0 &&
           queries <= zc_field_count (report, "query_router.unpriced_queries");
}

zc_text_t zc_sums_p95 (const zc_sums_t *self)
{
    return self->latency_events > 0 ? zc_took (self->latency_ms_p95) : (zc_text_t) {"-"};
}

/* ------------------------------------------------------------------ sums */

/* Whether two of them add up to a third: all but percentiles, and but cost_usd, which follows cost_nanousd. */
static bool is_sum (const char *name)
{
    return strncmp (name, "latency_ms_", strlen ("latency_ms_")) != 0 && strcmp (name, "cost_usd") != 0 &&
           strcmp (name, SECONDS_KEY) != 0;
}

static void set_cost_usd (json_t *total)
{
    json_object_set_new (total, "cost_usd", zc_need (json_string (zc_exact (integer_at (total, "cost_nanousd")).text)));
}

void zc_measures_clear (json_t *total)
{
    for (const char *const *name = zc_measure_names; *name; name++)
        if (is_sum (*name))
            json_object_set_new (total, *name, json_integer (0));
    json_object_set_new (total, SECONDS_KEY, json_real (0));
    set_cost_usd (total);
}

static int64_t combine (int64_t a, int64_t b, bool subtract)
{
    int64_t result;
    bool over = subtract ? __builtin_sub_overflow (a, b, &result) : __builtin_add_overflow (a, b, &result);
    return !over ? result : (b > 0) != subtract ? INT64_MAX : INT64_MIN;
}

static void change (json_t *total, const json_t *by, bool subtract)
{
    for (const char *const *name = zc_measure_names; *name; name++)
        if (is_sum (*name))
            json_object_set_new (total, *name,
                                 json_integer (combine (integer_at (total, *name), integer_at (by, *name), subtract)));
    double seconds = zc_field_real (by, SECONDS_KEY);
    json_object_set_new (total, SECONDS_KEY,
                         json_real (zc_field_real (total, SECONDS_KEY) + (subtract ? -seconds : seconds)));
    set_cost_usd (total);
}

void zc_measures_add (json_t *total, const json_t *more)
{
    change (total, more, false);
}

void zc_measures_subtract (json_t *total, const json_t *less)
{
    change (total, less, true);
}

/* ------------------------------------------------------------------ beside them */

void zc_measures_note_unpriced (const zc_screen_t *screen, int64_t cost, int64_t events)
{
    if (events > 0)
        zc_screen_alarm (screen, "! Unpriced", "%s event%s without a known price: %s; see zreport health",
                         zc_count (events).text, events == 1 ? "" : "s",
                         cost ? "costs marked + are too low" : "what they cost is not known");
}

void zc_measures_notes (const zc_screen_t *screen, const zc_sums_t *total)
{
    if (total->assumed_savings != 0)
        zc_screen_field (screen, "Routing saved",
                         "%s, of it %s assumed: queries without tokens, against the flat baseline",
                         zc_dollars (total->savings).text, zc_dollars (total->assumed_savings).text);
    zc_measures_note_unpriced (screen, total->cost, total->unpriced_events);
}
