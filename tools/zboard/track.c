/* SPDX-License-Identifier: MPL-2.0
 *
 * track.c - usage events as JSON; see track.h.
 */
#include "zboard/track.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/decode.h"
#include "wire/json.h"
#include "civil/clock.h"
#include "zboard/upstream_event.h"

#define ERRORS_SHOWN 100 /* beyond, the rest is not looked at */
#define EVENT_MIN_BYTES (sizeof "{\"type\":\"llm_call\"}" - 1)
#define EXACT_MAX 9007199254740992.0 /* 2^53: a double says whole numbers up to here */

/* The keys whose values the wire has as integers. */
static const char *const counts_keys [] = {
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "hits", "misses",
};

typedef struct {
    zcost_event_t *events;
    zcost_tag_t *tags; /* ZCOST_TAGS_MAX an event */
    size_t count;
    json_t *errors;
    size_t bad;
    bool failed; /* no memory */
    int64_t now_ms;
} batch_t;

/* ------------------------------------------------------------------------- mistakes */

static void complain (batch_t *self, size_t index, const char *code, const char *detail)
{
    self->bad++;
    if (json_array_size (self->errors) >= ERRORS_SHOWN)
        return;
    json_t *error = json_pack ("{s:I, s:s, s:s}", "index", (json_int_t) index, "code", code, "detail", detail);
    if (!error || json_array_append_new (self->errors, error) != 0)
        self->failed = true;
}

static void complain_of_reject (batch_t *self, size_t index, const zc_reject_t *reject)
{
    char detail [160];
    const char *key = reject->key >= 0 ? zc_event_key_name (reject->key) : NULL;
    const char *why = reject->why == ZC_WHY_NONE ? "" : zc_event_why_text (reject->why);
    snprintf (detail, sizeof detail, "%s%s%s%s%s", zc_event_reason_name (reject->reason), key ? ": " : "",
              key ? key : "", *why ? ": " : "", why);
    complain (self, index, zc_event_reason_name (reject->reason), detail);
}

/* Of one event the answer is about that one; of several it names each. */
static char *failure_text (const batch_t *self, bool is_array, size_t *ret_size)
{
    const json_t *first = json_array_get (self->errors, 0);
    const char *code = json_string_value (json_object_get (first, "code"));
    const char *why = json_string_value (json_object_get (first, "detail"));
    if (self->failed)
        return NULL;
    if (!is_array)
        return zb_upstream_event_failure_text (code, why, ret_size);
    char detail [240];
    snprintf (detail, sizeof detail,
              "none of the %zu events was tracked: %s%zu %s invalid, the first at index %lld: %s", self->count,
              self->bad == ERRORS_SHOWN ? "at least " : "", self->bad, self->bad == 1 ? "is" : "are",
              (long long) json_integer_value (json_object_get (first, "index")), why);
    json_t *map = json_pack ("{s:s, s:s, s:O}", "detail", detail, "code", code, "errors", self->errors);
    char *text = map ? zc_json_text (map, true) : NULL;
    json_decref (map);
    *ret_size = text ? strlen (text) : 0;
    return text;
}

/* ----------------------------------------------------------------------- one event */

static void normalize (json_t *event)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe (event, next, key, value)
        if (json_is_null (value))
            json_object_del (event, key);
    for (size_t i = 0; i < sizeof counts_keys / sizeof *counts_keys; i++) {
        value = json_object_get (event, counts_keys [i]);
        double number = json_real_value (value);
        if (json_is_real (value) && fabs (number) <= EXACT_MAX && trunc (number) == number)
            json_object_set_new (event, counts_keys [i], json_integer ((json_int_t) number));
    }
}

static const char *text_of (const json_t *event, const zc_event_t *decoded, zc_key_t key)
{
    return decoded->has & ZC_BIT (key) ? json_string_value (json_object_get (event, zc_event_key_name (key))) : NULL;
}

static bool take_tags (const json_t *tags, zcost_tag_t *place, zcost_event_t *event)
{
    const char *key;
    json_t *value;
    if (json_object_size (tags) > ZCOST_TAGS_MAX)
        return false;
    json_object_foreach ((json_t *) tags, key, value)
        if (*key)
            place [event->tags_count++] = (zcost_tag_t){key, json_string_value (value)};
    event->tags = place;
    return true;
}

static unsigned has_of (const zc_event_t *decoded)
{
    static const struct {
        zc_key_t key;
        unsigned has;
    } bits [] = {
        {ZC_KEY_COST, ZCOST_HAS_COST},
        {ZC_KEY_INPUT_TOKENS, ZCOST_HAS_INPUT_TOKENS},
        {ZC_KEY_CACHE_READ_TOKENS, ZCOST_HAS_CACHE_READ_TOKENS},
        {ZC_KEY_CACHE_WRITE_TOKENS, ZCOST_HAS_CACHE_WRITE_TOKENS},
        {ZC_KEY_OUTPUT_TOKENS, ZCOST_HAS_OUTPUT_TOKENS},
        {ZC_KEY_REASONING_TOKENS, ZCOST_HAS_REASONING_TOKENS},
        {ZC_KEY_LATENCY_MS, ZCOST_HAS_LATENCY},
        {ZC_KEY_HIT, ZCOST_HAS_HIT},
        {ZC_KEY_HITS, ZCOST_HAS_HITS},
        {ZC_KEY_MISSES, ZCOST_HAS_MISSES},
        {ZC_KEY_TIME_SAVED_SECONDS, ZCOST_HAS_TIME_SAVED},
    };
    unsigned has = 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (decoded->has & ZC_BIT (bits [i].key))
            has |= bits [i].has;
    return has;
}

/* Integers to the doubles that come to the same integers again: the daemon takes the nearest one, and up to the limits
 * of cost (10^15 nano-dollars), latency and time a double has more digits than they need. */
static zcost_event_t event_of (const json_t *json, const zc_event_t *decoded)
{
    return (zcost_event_t){
        .size = sizeof (zcost_event_t),
        .type = decoded->type,
        .has = has_of (decoded),
        .service = text_of (json, decoded, ZC_KEY_SERVICE),
        .tier = text_of (json, decoded, ZC_KEY_TIER),
        .model = text_of (json, decoded, ZC_KEY_MODEL),
        .provider = text_of (json, decoded, ZC_KEY_PROVIDER),
        .cost_usd = (double) decoded->cost_nanousd / 1e9,
        .input_tokens = decoded->input_tokens,
        .cache_read_tokens = decoded->cache_read_tokens,
        .cache_write_tokens = decoded->cache_write_tokens,
        .output_tokens = decoded->output_tokens,
        .reasoning_tokens = decoded->reasoning_tokens,
        .latency_ms = (double) decoded->latency_us / 1e3,
        .hit = decoded->hits > 0,
        .hits = decoded->hits,
        .misses = decoded->misses,
        .time_saved_seconds = (double) decoded->time_saved_ns / 1e9,
        .ts_ms = decoded->has & ZC_BIT (ZC_KEY_TS) ? decoded->ts_ms : 0,
    };
}

/* The daemon's decoder on what the daemon would get. */
static void take (batch_t *self, size_t index, json_t *json)
{
    void *bytes;
    size_t size;
    zc_frame_t frame;
    zc_event_t decoded;
    zc_reject_t reject;
    if (json_is_object (json))
        normalize (json);
    if (json_is_array (json)) { /* which the decoder would take for a batch */
        complain (self, index, "not_a_map", "not_a_map: an array within an array");
        return;
    }
    int error = zc_json_pack (json, &bytes, &size);
    if (error == ZC_JSON_EDEEP)
        complain (self, index, "malformed", "malformed: nested too deeply");
    if (error) {
        self->failed |= error != ZC_JSON_EDEEP;
        return;
    }
    zc_decode_init (&frame, bytes, size, self->now_ms, 1);
    zc_step_t step = zc_decode_next (&frame, &decoded, &reject);
    free (bytes);
    if (step != ZC_STEP_EVENT) {
        complain_of_reject (self, index, &reject);
        return;
    }
    zcost_event_t *event = &self->events [index];
    *event = event_of (json, &decoded);
    if (!take_tags (json_object_get (json, "tags"), self->tags + index * ZCOST_TAGS_MAX, event))
        complain (self, index, "bad_field", "bad_field: tags: more than 4");
}

/* ---------------------------------------------------------------------- all events */

static bool prepare (batch_t *self, size_t count)
{
    *self = (batch_t){.count = count, .now_ms = zc_clock_wall_ms (), .errors = json_array ()};
    self->events = calloc (count + 1, sizeof *self->events);
    self->tags = calloc (count + 1, ZCOST_TAGS_MAX * sizeof *self->tags);
    return self->errors && self->events && self->tags;
}

static zb_tracked_t emit (batch_t *self, zcost_t *client, zb_track_counts_t *counts)
{
    switch (zcost_try_emit (client, self->events, self->count)) {
    case ZCOST_OK:
        counts->tracked += self->count;
        return ZB_TRACKED;
    case ZCOST_EFULL:
        counts->full += self->count;
        return ZB_TRACK_FULL;
    default: /* what the daemon takes and the library does not: there is no such event */
        return ZB_TRACK_FAILED;
    }
}

static zb_tracked_t track_all (zcost_t *client, json_t *root, zb_track_counts_t *counts, char **ret_failure,
                               size_t *ret_size)
{
    batch_t batch;
    bool is_array = json_is_array (root);
    zb_tracked_t tracked = ZB_TRACK_FAILED;
    if (prepare (&batch, is_array ? json_array_size (root) : 1)) {
        for (size_t i = 0; i < batch.count && batch.bad < ERRORS_SHOWN; i++)
            take (&batch, i, is_array ? json_array_get (root, i) : root);
        if (batch.bad > 0 && (*ret_failure = failure_text (&batch, is_array, ret_size))) {
            counts->bad += batch.bad;
            tracked = ZB_TRACK_BAD;
        } else if (batch.bad == 0 && !batch.failed)
            tracked = emit (&batch, client, counts);
    }
    json_decref (batch.errors);
    free (batch.events);
    free (batch.tags);
    return tracked;
}

zb_tracked_t zb_track (zcost_t *client, const char *body, size_t size, zb_track_counts_t *counts, char **ret_failure,
                       size_t *ret_size)
{
    json_error_t error;
    char detail [JSON_ERROR_TEXT_LENGTH + 80];
    json_t *root = json_loadb (body, size, JSON_DECODE_ANY, &error);
    if (!root) {
        if (json_error_code (&error) == json_error_out_of_memory)
            return ZB_TRACK_FAILED;
        snprintf (detail, sizeof detail, "malformed: not JSON: line %d, column %d: %s", error.line, error.column,
                  error.text);
        counts->bad++;
        *ret_failure = zb_upstream_event_failure_text ("malformed", detail, ret_size);
        return *ret_failure ? ZB_TRACK_BAD : ZB_TRACK_FAILED;
    }
    /* Memory is for events, and so many there cannot be. */
    if (json_array_size (root) > size / EVENT_MIN_BYTES + 1) {
        counts->bad++;
        *ret_failure = zb_upstream_event_failure_text (
            "not_a_map", "not_a_map: the array has more elements than its bytes can hold as events", ret_size);
        json_decref (root);
        return *ret_failure ? ZB_TRACK_BAD : ZB_TRACK_FAILED;
    }
    zb_tracked_t tracked = track_all (client, root, counts, ret_failure, ret_size);
    json_decref (root);
    return tracked;
}
