/* SPDX-License-Identifier: MPL-2.0
 *
 * measures.c - what a row, a point or a total of an answer counts; see measures.h.
 */
#include "zreport/show/measures.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/field.h"

#define SECONDS_KEY "time_saved_seconds"

const char *const zr_measure_names [] = {"events",
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
                                         SECONDS_KEY,
                                         "latency_events",
                                         "latency_ms_p50",
                                         "latency_ms_p95",
                                         "latency_ms_p99",
                                         NULL};

/* Signed, whatever the peer says. */
static int64_t integer_at (const json_t *row, const char *key)
{
    return json_integer_value (json_object_get (row, key));
}

zr_measures_t zr_measures_read (const json_t *row)
{
    return (zr_measures_t){
        .events = zr_field_count (row, "events"),
        .unpriced_events = zr_field_count (row, "unpriced_events"),
        .cost = integer_at (row, "cost_nanousd"),
        .savings = integer_at (row, "savings_nanousd"),
        .assumed_savings = integer_at (row, "assumed_savings_nanousd"),
        .input_tokens = zr_field_count (row, "input_tokens"),
        .output_tokens = zr_field_count (row, "output_tokens"),
        .hits = zr_field_count (row, "hits"),
        .saved_tokens = zr_field_count (row, "saved_tokens"),
        .latency_events = zr_field_count (row, "latency_events"),
        .latency_ms_p95 = zr_field_real (row, "latency_ms_p95"),
    };
}

int64_t zr_measures_tokens (const zr_measures_t *self)
{
    return self->input_tokens + self->output_tokens; /* zr_field_count bounds both */
}

zr_text_t zr_measures_cost_text (int64_t cost_nanousd, int64_t unpriced_events)
{
    if (unpriced_events > 0 && cost_nanousd == 0)
        return (zr_text_t){"unpriced"};
    zr_text_t to = zr_amount_dollars (cost_nanousd);
    if (unpriced_events > 0)
        strcat (to.text, "+"); /* an amount takes half of the text at most */
    return to;
}

zr_text_t zr_measures_cost (const zr_measures_t *self)
{
    return zr_measures_cost_text (self->cost, self->unpriced_events);
}

zr_text_t zr_measures_share (const zr_measures_t *self, int64_t whole)
{
    bool unknown = self->unpriced_events > 0 && self->cost == 0;
    return unknown ? (zr_text_t){"-"} : zr_amount_share (self->cost, whole);
}

bool zr_measures_tier_may_be_unpriced (const json_t *report, const json_t *tier)
{
    int64_t queries = zr_field_count (tier, "queries");
    return zr_field_money (tier, "cost_usd", "cost") == 0 && queries > 0 &&
           queries <= zr_field_count (report, "query_router.unpriced_queries");
}

zr_text_t zr_measures_p95 (const zr_measures_t *self)
{
    return self->latency_events > 0 ? zr_amount_took (self->latency_ms_p95) : (zr_text_t){"-"};
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
    json_object_set_new (total, "cost_usd",
                         zr_screen_need (json_string (zr_amount_exact (integer_at (total, "cost_nanousd")).text)));
}

void zr_measures_clear (json_t *total)
{
    for (const char *const *name = zr_measure_names; *name; name++)
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
    for (const char *const *name = zr_measure_names; *name; name++)
        if (is_sum (*name))
            json_object_set_new (total, *name,
                                 json_integer (combine (integer_at (total, *name), integer_at (by, *name), subtract)));
    double seconds = zr_field_real (by, SECONDS_KEY);
    json_object_set_new (total, SECONDS_KEY,
                         json_real (zr_field_real (total, SECONDS_KEY) + (subtract ? -seconds : seconds)));
    set_cost_usd (total);
}

void zr_measures_add (json_t *total, const json_t *more)
{
    change (total, more, false);
}

void zr_measures_subtract (json_t *total, const json_t *less)
{
    change (total, less, true);
}

/* ------------------------------------------------------------------ beside them */

void zr_measures_note_unpriced (const zr_screen_t *screen, int64_t cost, int64_t events)
{
    if (events > 0)
        zr_screen_alarm (screen, "! Unpriced", "%s event%s without a known price: %s; see zreport health",
                         zr_amount_count (events).text, events == 1 ? "" : "s",
                         cost ? "costs marked + are too low" : "their cost is not known");
}

void zr_measures_notes (const zr_screen_t *screen, const zr_measures_t *total)
{
    if (total->assumed_savings != 0)
        zr_screen_field (screen, "Routing saved",
                         "%s, of that %s assumed: queries without tokens, against the flat baseline",
                         zr_amount_dollars (total->savings).text, zr_amount_dollars (total->assumed_savings).text);
    zr_measures_note_unpriced (screen, total->cost, total->unpriced_events);
}
