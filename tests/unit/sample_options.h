/* SPDX-License-Identifier: MPL-2.0
 *
 * sample_options.h - a table with an option or setting of every kind, and a struct to read it into, for tests.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_SAMPLE_OPTIONS_H
#define ZC_TEST_SAMPLE_OPTIONS_H

#include "program/options.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    bool flag;
    int small; /* 1 to 10 */
    int64_t big, decimal, zero, duration,
        duration_or_forever; /* decimal: -1.5 to 2 in thousandths; zero: 0, or from 5 */
    enum { SAMPLE_RED = 1, SAMPLE_GREEN, SAMPLE_BLUE } colour;
    bool on;
    char text [6];
    const char *string, *name;
    char endpoint [ZC_ENDPOINT_BYTES];
    zc_endpoints_t endpoints;
    char log [2048]; /* what its functions were called with */
} sample_t;

static inline const char *sample_note (sample_t *self, const char *what, const char *path, const char *value)
{
    size_t used = strlen (self->log);
    snprintf (self->log + used, sizeof self->log - used, "%s %s%s%s;", what, path, *value ? "=" : "", value);
    return strcmp (value, "wrong") == 0 ? zc_value_wrong ("'%s' is wrong", value) : NULL;
}

static const char *sample_set (void *self, const char *value)
{
    return sample_note (self, "custom", "", value);
}

static const char *sample_set_first (void *self, const char *value)
{
    return sample_note (self, "first", "", value);
}

static const char *sample_set_below (void *self, const char *path, const char *value)
{
    return sample_note (self, "below", path, value);
}

static const char *sample_close (void *self, const char *path)
{
    sample_note (self, "close", path, "");
    return strcmp (path, "empty") == 0 ? "lacks a limit" : NULL;
}

enum { SAMPLE_ONE = 1, SAMPLE_OTHER = 2 }; /* what an option is for */

static const char *const sample_colours [] = {"red", "green", "blue", NULL};
static const char *const sample_off_on [] = {"off", "on", NULL};

#define SAMPLE_AT(member) ZC_OPTION_AT (sample_t, member)

static const zc_option_t sample_rows [] = {
    {.name = "config", .kind = ZC_OPTION_CONFIG, .value = "FILE", .text = "the file"},
    {.name = "flag", .kind = ZC_OPTION_FLAG, SAMPLE_AT (flag), .text = "a flag"},
    {.name = "small",
     .setting = "numbers/small",
     .kind = ZC_OPTION_NUMBER,
     SAMPLE_AT (small),
     .least = 1,
     .most = 10,
     .value = "N",
     .text = "a number"},
    {.name = "big",
     .kind = ZC_OPTION_NUMBER,
     SAMPLE_AT (big),
     .least = 0,
     .most = INT64_MAX,
     .value = "N",
     .use = SAMPLE_ONE,
     .text = "a number"},
    {.name = "decimal",
     .setting = "numbers/decimal",
     .kind = ZC_OPTION_NUMBER,
     SAMPLE_AT (decimal),
     .decimals = 3,
     .least = -1500,
     .most = 2000,
     .value = "N",
     .use = SAMPLE_OTHER,
     .text = "a number"},
    {.name = "zero",
     .kind = ZC_OPTION_NUMBER,
     SAMPLE_AT (zero),
     .least = 5,
     .most = 9,
     .or_none = true,
     .value = "N",
     .use = SAMPLE_ONE | SAMPLE_OTHER,
     .text = "a number"},
    {.kind = ZC_OPTION_HEADING, .text = "more:"},
    {.name = "duration",
     .kind = ZC_OPTION_DURATION,
     SAMPLE_AT (duration),
     .least = 5400000,
     .value = "SPAN",
     .text = "a duration"},
    {.name = "duration-or-forever",
     .setting = "times/keep",
     .kind = ZC_OPTION_DURATION,
     SAMPLE_AT (duration_or_forever),
     .or_none = true,
     .value = "SPAN",
     .text = "a duration"},
    {.name = "colour",
     .setting = "words/colour",
     .kind = ZC_OPTION_CHOICE,
     SAMPLE_AT (colour),
     .choices = sample_colours,
     .least = SAMPLE_RED,
     .value = "COLOUR",
     .text = "a colour"},
    {.setting = "words/on", .kind = ZC_OPTION_CHOICE, SAMPLE_AT (on), .choices = sample_off_on},
    {.name = "text",
     .setting = "words/text",
     .kind = ZC_OPTION_TEXT,
     SAMPLE_AT (text),
     .value = "TEXT",
     .text = "a text of so many words that there is more than one line of it, and a_long_one"},
    {.name = "string", .kind = ZC_OPTION_STRING, SAMPLE_AT (string), .value = "S", .text = "a string"},
    {.name = "name", .kind = ZC_OPTION_NAME, SAMPLE_AT (name), .most = 4, .value = "NAME", .text = "a name"},
    {.name = "endpoint",
     .setting = "places/peer",
     .kind = ZC_OPTION_ENDPOINT,
     SAMPLE_AT (endpoint),
     .value = "EP",
     .text = "a place"},
    {.name = "listen",
     .setting = "places/listen",
     .kind = ZC_OPTION_ENDPOINTS,
     SAMPLE_AT (endpoints),
     .value = "EP...",
     .text = "places"},
    {.name = "custom",
     .setting = "words/custom",
     .kind = ZC_OPTION_CUSTOM,
     .set = sample_set,
     .value = "C",
     .text = "its own"},
    {.setting = "first/key", .kind = ZC_OPTION_CUSTOM, .set = sample_set_first, .first = true},
    {.setting = "groups/", .kind = ZC_OPTION_SECTION, .set_below = sample_set_below, .close = sample_close},
    {.name = "help", .kind = ZC_OPTION_HELP, .text = "this text"},
    {.name = "version", .kind = ZC_OPTION_VERSION, .text = "the version"},
};

static const zc_options_table_t sample_table = {
    .program = "prog",
    .rows = sample_rows,
    .count = sizeof sample_rows / sizeof *sample_rows,
    .words_max = 2,
    .read_file = zc_zpl_read,
    .before = "before\n",
    .after = "after\n",
};

/* Reads the arguments, up to a NULL, into what its defaults are. */
static inline zc_parsed_t sample_read (const char *const *arguments, sample_t *ret_sample, zc_options_line_t *ret_line)
{
    const char *argv [24] = {"prog"};
    int argc = 1;
    for (; arguments [argc - 1]; argc++)
        argv [argc] = arguments [argc - 1];
    *ret_sample = (sample_t){.endpoints = {.list = {"tcp://default:1"}}};
    return zc_options_read (&sample_table, argc, (char **) argv, ret_sample, ret_line);
}

/* What stands in it, other than nothing. */
static inline const char *sample_text (const sample_t *self, char text [4096])
{
    size_t used = 0;
#define SAY(condition, ...)                                                                                            \
    if (condition)                                                                                                     \
    used += (size_t) snprintf (text + used, 4096 - used, __VA_ARGS__)
    *text = '\0';
    SAY (self->flag, "flag ");
    SAY (self->small, "small=%d ", self->small);
    SAY (self->big, "big=%lld ", (long long) self->big);
    SAY (self->decimal, "decimal=%lld ", (long long) self->decimal);
    SAY (self->zero, "zero=%lld ", (long long) self->zero);
    SAY (self->duration, "duration=%lld ", (long long) self->duration);
    SAY (self->duration_or_forever, "forever=%lld ", (long long) self->duration_or_forever);
    SAY (self->colour, "colour=%d ", (int) self->colour);
    SAY (self->on, "on ");
    SAY (*self->text, "text=%s ", self->text);
    SAY (self->string, "string=%s ", self->string);
    SAY (self->name, "name=%s ", self->name);
    SAY (*self->endpoint, "endpoint=%s ", self->endpoint);
    for (size_t i = 0; i < self->endpoints.count; i++)
        SAY (strcmp (self->endpoints.list [i], "tcp://default:1") != 0, "listen=%s ", self->endpoints.list [i]);
    SAY (*self->log, "%s", self->log);
    return text;
}

#endif
