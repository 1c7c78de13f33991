/* SPDX-License-Identifier: MPL-2.0
 *
 * record.c - one row of a trace: an event in the making. See record.h.
 */
#include "zreplay/record.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "wire/event.h"
#include "wire/utf8.h"
#include "zreplay/timestamp.h"

typedef enum { KIND_TYPE, KIND_STRING, KIND_COUNT, KIND_REAL, KIND_BOOL, KIND_TIME, KIND_TAGS } zc_kind_t;

struct zc_field {
    const char *name;
    zc_kind_t kind;
    size_t offset; /* in zcost_event_t */
    unsigned has;
    double min, max; /* of a real */
};

#define AT(member) offsetof (zcost_event_t, member)

static const zc_field_t fields [] = {
    {"type", KIND_TYPE, AT (type), 0, 0, 0},
    {"service", KIND_STRING, AT (service), 0, 0, 0},
    {"ts", KIND_TIME, 0, 0, 0, 0},
    {"tags", KIND_TAGS, 0, 0, 0, 0},
    {"tier", KIND_STRING, AT (tier), 0, 0, 0},
    {"cost", KIND_REAL, AT (cost_usd), ZCOST_HAS_COST, 0, ZCOST_COST_MAX_USD},
    {"model", KIND_STRING, AT (model), 0, 0, 0},
    {"provider", KIND_STRING, AT (provider), 0, 0, 0},
    {"input_tokens", KIND_COUNT, AT (input_tokens), ZCOST_HAS_INPUT_TOKENS, 0, 0},
    {"cache_read_tokens", KIND_COUNT, AT (cache_read_tokens), ZCOST_HAS_CACHE_READ_TOKENS, 0, 0},
    {"cache_write_tokens", KIND_COUNT, AT (cache_write_tokens), ZCOST_HAS_CACHE_WRITE_TOKENS, 0, 0},
    {"output_tokens", KIND_COUNT, AT (output_tokens), ZCOST_HAS_OUTPUT_TOKENS, 0, 0},
    {"reasoning_tokens", KIND_COUNT, AT (reasoning_tokens), ZCOST_HAS_REASONING_TOKENS, 0, 0},
    {"latency_ms", KIND_REAL, AT (latency_ms), ZCOST_HAS_LATENCY, 0, ZCOST_SECONDS_MAX * 1000.0},
    {"hit", KIND_BOOL, AT (hit), ZCOST_HAS_HIT, 0, 0},
    {"hits", KIND_COUNT, AT (hits), ZCOST_HAS_HITS, 0, 0},
    {"misses", KIND_COUNT, AT (misses), ZCOST_HAS_MISSES, 0, 0},
    {"time_saved_seconds", KIND_REAL, AT (time_saved_seconds), ZCOST_HAS_TIME_SAVED, -ZCOST_SECONDS_MAX,
     ZCOST_SECONDS_MAX},
};

/* The columns of the Azure LLM inference traces. */
static const struct {
    const char *column, *key;
} aliases [] = {
    {"timestamp", "ts"},
    {"ContextTokens", "input_tokens"},
    {"GeneratedTokens", "output_tokens"},
};

#define COUNT_OF(array) (sizeof (array) / sizeof *(array))

const zc_field_t *zc_record_field_find (const char *key)
{
    for (size_t i = 0; i < COUNT_OF (fields); i++)
        if (strcmp (key, fields [i].name) == 0)
            return &fields [i];
    return NULL;
}

const zc_field_t *zc_record_field_find_column (const char *name)
{
    for (size_t i = 0; i < COUNT_OF (aliases); i++)
        if (strcasecmp (name, aliases [i].column) == 0)
            return zc_record_field_find (aliases [i].key);
    for (size_t i = 0; i < COUNT_OF (fields); i++)
        if (strcasecmp (name, fields [i].name) == 0)
            return &fields [i];
    return NULL;
}

const char *zc_record_field_name (const zc_field_t *field)
{
    return field->name;
}

bool zc_record_field_is_tags (const zc_field_t *field)
{
    return field->kind == KIND_TAGS;
}

bool zc_record_field_is_text (const zc_field_t *field)
{
    return field->kind == KIND_STRING;
}

void zc_record_clear (zc_record_t *self)
{
    self->event = (zcost_event_t) ZCOST_EVENT_INIT;
    self->at_ns = ZC_NO_TIME;
    self->reason [0] = '\0';
}

int zc_record_refuse (zc_record_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->reason, sizeof self->reason, format, args);
    va_end (args);
    return -1;
}

static void *place (zc_record_t *self, const zc_field_t *field)
{
    self->event.has |= field->has;
    return (char *) &self->event + field->offset;
}

static int check_string (zc_record_t *self, const char *name, const char *value)
{
    size_t size = strlen (value);
    if (size > ZCOST_STRING_MAX)
        return zc_record_refuse (self, "%s: longer than %d bytes", name, ZCOST_STRING_MAX);
    if (!zc_utf8_valid (value, size))
        return zc_record_refuse (self, "%s: not UTF-8", name);
    return 0;
}

/* `shown` is no value of the field's kind. */
static int wrong_kind (zc_record_t *self, const zc_field_t *field, const char *shown)
{
    static const char *const wanted [] = {
        [KIND_TYPE] = "a type of event", [KIND_STRING] = "a string",    [KIND_COUNT] = "a whole number",
        [KIND_REAL] = "a number",        [KIND_BOOL] = "true or false", [KIND_TIME] = "a time",
        [KIND_TAGS] = "an object",
    };
    return zc_record_refuse (self, "%s: %.42s is not %s", field->name, shown, wanted [field->kind]);
}

static int wrong_text (zc_record_t *self, const zc_field_t *field, const char *text)
{
    char shown [44];
    snprintf (shown, sizeof shown, "\"%.40s\"", text);
    return wrong_kind (self, field, shown);
}

static int wrong_number (zc_record_t *self, const zc_field_t *field, double number)
{
    char shown [32];
    snprintf (shown, sizeof shown, "%.15g", number);
    return wrong_kind (self, field, shown);
}

static int set_type (zc_record_t *self, const zc_field_t *field, const char *value)
{
    for (zcost_type_t type = ZCOST_QUERY_ROUTER; type <= ZCOST_LLM_CALL; type++)
        if (strcmp (value, zc_event_type_name (type)) == 0) {
            self->event.type = type;
            return 0;
        }
    return wrong_text (self, field, value);
}

int zc_record_set_string (zc_record_t *self, const zc_field_t *field, const char *value)
{
    switch (field->kind) {
    case KIND_TYPE:
        return set_type (self, field, value);
    case KIND_STRING:
        if (check_string (self, field->name, value))
            return -1;
        *(const char **) place (self, field) = value;
        return 0;
    case KIND_TIME:
        return zc_timestamp_parse (value, &self->at_ns) ? wrong_text (self, field, value) : 0;
    default:
        return wrong_text (self, field, value);
    }
}

int zc_record_set_int (zc_record_t *self, const zc_field_t *field, int64_t value)
{
    switch (field->kind) {
    case KIND_COUNT:
        if (value < 0)
            return zc_record_refuse (self, "%s: %" PRId64 " is negative", field->name, value);
        if (value > ZCOST_COUNT_MAX)
            return zc_record_refuse (self, "%s: %" PRId64 " is over the limit of 10^12", field->name, value);
        *(int64_t *) place (self, field) = value;
        return 0;
    case KIND_REAL:
        return zc_record_set_real (self, field, (double) value);
    case KIND_TIME:
        return zc_timestamp_from_ms (value, &self->at_ns) ? wrong_number (self, field, (double) value) : 0;
    default:
        return wrong_number (self, field, (double) value);
    }
}

int zc_record_set_real (zc_record_t *self, const zc_field_t *field, double value)
{
    switch (field->kind) {
    case KIND_REAL:
        if (!isfinite (value))
            return zc_record_refuse (self, "%s: not finite", field->name);
        if (value < field->min && field->min >= 0)
            return zc_record_refuse (self, "%s: %g is negative", field->name, value);
        if (value < field->min || value > field->max)
            return zc_record_refuse (self, "%s: %g is over the limit of %.0f", field->name, value, field->max);
        *(double *) place (self, field) = value;
        return 0;
    case KIND_TIME:
        return zc_timestamp_from_seconds (value, &self->at_ns) ? wrong_number (self, field, value) : 0;
    default:
        return wrong_number (self, field, value);
    }
}

int zc_record_set_bool (zc_record_t *self, const zc_field_t *field, bool value)
{
    if (field->kind != KIND_BOOL)
        return wrong_kind (self, field, value ? "true" : "false");
    *(bool *) place (self, field) = value;
    return 0;
}

int zc_record_add_tag (zc_record_t *self, const char *key, const char *value)
{
    if (self->event.tags_count == ZCOST_TAGS_MAX)
        return zc_record_refuse (self, "tags: more than %d", ZCOST_TAGS_MAX);
    if (key [0] == '\0')
        return zc_record_refuse (self, "tags: a name is empty");
    if (check_string (self, "tags", key) || check_string (self, "tags", value))
        return -1;
    self->tags [self->event.tags_count++] = (zcost_tag_t){key, value};
    return 0;
}

/* ------------------------------------------------------------------ text to values */

static int set_count_text (zc_record_t *self, const zc_field_t *field, const char *text)
{
    char *end;
    long long value = strtoll (text, &end, 10);
    /* Tables that went through floats say 4808.0. */
    if (end != text && *end == '.')
        end += 1 + strspn (end + 1, "0");
    if (end == text || *end != '\0')
        return wrong_text (self, field, text);
    return zc_record_set_int (self, field, value);
}

static int set_real_text (zc_record_t *self, const zc_field_t *field, const char *text)
{
    /* strtod alone would take hexadecimal and "nan". */
    char *end;
    double value = strtod (text, &end);
    if (end == text || *end != '\0' || text [strspn (text, "0123456789+-.eE")] != '\0')
        return wrong_text (self, field, text);
    return zc_record_set_real (self, field, value);
}

static int set_bool_text (zc_record_t *self, const zc_field_t *field, const char *text)
{
    bool yes = strcasecmp (text, "true") == 0 || strcmp (text, "1") == 0;
    if (!yes && strcasecmp (text, "false") != 0 && strcmp (text, "0") != 0)
        return wrong_text (self, field, text);
    return zc_record_set_bool (self, field, yes);
}

int zc_record_set_text (zc_record_t *self, const zc_field_t *field, const char *text)
{
    switch (field->kind) {
    case KIND_COUNT:
        return set_count_text (self, field, text);
    case KIND_REAL:
        return set_real_text (self, field, text);
    case KIND_BOOL:
        return set_bool_text (self, field, text);
    default:
        return zc_record_set_string (self, field, text);
    }
}

/* ------------------------------------------------------------------- the whole row */

static bool has (const zc_record_t *self, unsigned bits)
{
    return (self->event.has & bits) != 0;
}

/* A row without a type is a router's query where something places it in a tier, else a plain call. */
static int fill_in (zc_record_t *self, const zc_defaults_t *defaults)
{
    zcost_event_t *event = &self->event;
    if (event->type == 0)
        event->type = defaults->tiers || event->tier ? ZCOST_QUERY_ROUTER : ZCOST_LLM_CALL;
    if (event->type != ZCOST_QUERY_ROUTER && event->type != ZCOST_LLM_CALL)
        return 0;

    if (event->type == ZCOST_QUERY_ROUTER && !event->tier && defaults->tiers) {
        if (!has (self, ZCOST_HAS_INPUT_TOKENS))
            return zc_record_refuse (self, "no tier, and no input_tokens to choose one");
        event->tier = event->input_tokens < defaults->medium_from    ? "simple"
                      : event->input_tokens < defaults->complex_from ? "medium"
                                                                     : "complex";
    }
    if (!event->model)
        event->model = defaults->model;
    if (event->type == ZCOST_LLM_CALL && !event->model && !has (self, ZCOST_HAS_COST))
        return zc_record_refuse (self, "neither model nor cost (--model sets a model, --tiers makes router queries)");
    return 0;
}

int zc_record_finish (zc_record_t *self, const zc_defaults_t *defaults)
{
    zcost_event_t *event = &self->event;
    event->tags = self->tags;
    if (fill_in (self, defaults))
        return -1;
    if (has (self, ZCOST_HAS_HIT) && has (self, ZCOST_HAS_HITS | ZCOST_HAS_MISSES))
        return zc_record_refuse (self, "hit: given together with hits or misses");
    if (has (self, ZCOST_HAS_INPUT_TOKENS) &&
        event->cache_read_tokens + event->cache_write_tokens > event->input_tokens)
        return zc_record_refuse (self, "cache_read_tokens and cache_write_tokens: more than input_tokens");
    if (has (self, ZCOST_HAS_OUTPUT_TOKENS) && event->reasoning_tokens > event->output_tokens)
        return zc_record_refuse (self, "reasoning_tokens: more than output_tokens");
    return 0;
}
