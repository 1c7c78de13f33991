/* SPDX-License-Identifier: MPL-2.0
 *
 * options.c - the command line of zreplay. See options.h.
 */
#include "zreplay/options.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_RATE 200
#define DEFAULT_SEED 1
#define PAST_MAX_HOURS 175200 /* 20 years */
#define DEFAULT_TIMEOUT_MS 10000
#define TIME_MAX_MS 1000000000 /* eleven days */
#define PACE_DECIMALS 6
#define PACE_UNITS 1e6

/* ------------------------------------------------------------- values of their own kind */

/* A number, or the word for no limit, which is 0 to us. */
static const char *read_pace (double *place, const char *value)
{
    int64_t number = 0;
    if (strcmp (value, "max") != 0 &&
        zc_value_number (&number, value, PACE_DECIMALS, 1, INT64_C (1000000000000000), false))
        return zc_value_wrong ("'%.80s' is neither max nor a number from 0.000001 to 1000000000", value);
    *place = (double) number / PACE_UNITS;
    return NULL;
}

static const char *set_rate (void *self, const char *value)
{
    return read_pace (&((zc_options_t *) self)->rate, value);
}

static const char *set_speed (void *self, const char *value)
{
    return read_pace (&((zc_options_t *) self)->speed, strcmp (value, "real") == 0 ? "1" : value);
}

static const char *set_publish (void *self, const char *value)
{
    zc_options_t *options = self;
    if (strcmp (value, "none") != 0)
        return zc_value_endpoint (options->publish, value);
    options->publish [0] = '\0';
    return NULL;
}

static const char *set_tiers (void *self, const char *value)
{
    zc_defaults_t *defaults = &((zc_options_t *) self)->defaults;
    long long medium_from, complex_from;
    int used = 0;
    if (sscanf (value, "%lld,%lld%n", &medium_from, &complex_from, &used) != 2 || value [used] != '\0' ||
        medium_from < 0 || complex_from < medium_from || complex_from > ZCOST_COUNT_MAX)
        return zc_value_wrong ("'%.80s' is not A,B with 0 <= A <= B", value);
    defaults->tiers = true;
    defaults->medium_from = medium_from;
    defaults->complex_from = complex_from;
    return NULL;
}

/* ------------------------------------------------------------------------ the table */

#define AT(member) ZC_OPTION_AT (zc_options_t, member)
#define NUMBER(member, from, to) .kind = ZC_OPTION_NUMBER, AT (member), .least = (from), .most = (to)
#define SECONDS(member, from_ms) NUMBER (member, from_ms, TIME_MAX_MS), .decimals = 3
#define NAME(member, bytes) .kind = ZC_OPTION_NAME, AT (member), .most = (bytes)
#define FLAG(member) .kind = ZC_OPTION_FLAG, AT (member)
#define CUSTOM(function) .kind = ZC_OPTION_CUSTOM, .set = function

enum { TRACE = 1, DEMO = 2 }; /* what an option is for */

static const char *const formats [] = {"csv", "jsonl", NULL}; /* as zc_format_t has them */

static const zc_option_t rows [] = {
    {.name = "endpoint",
     .kind = ZC_OPTION_ENDPOINT,
     AT (endpoint),
     .value = "EP",
     .text = "where zcostd accepts events (" ZCOST_DEFAULT_INGEST ")"},
    {.name = "publish",
     CUSTOM (set_publish),
     .value = "EP",
     .text = "where zcostd acknowledges what it has on disk: events are kept and sent again until then, and counted "
             "once; none: only send them (default: none with --endpoint, else " ZCOST_DEFAULT_PUBLISH ")"},
    {.name = "spool",
     NAME (spool, 0),
     .value = "DIR",
     .text = "keep what is not acknowledged in DIR; the next start with the same DIR sends what is left there"},
    {.name = "timeout",
     SECONDS (timeout_ms, 0),
     .value = "S",
     .text = "give up if the daemon accepts or acknowledges nothing for S seconds (10)"},
    {.name = "count", NUMBER (count, 1, INT64_MAX), .value = "N", .text = "stop after N events"},
    {.name = "duration", SECONDS (duration_ms, 1), .value = "S", .text = "stop after S seconds"},
    {.name = "service",
     NAME (service, ZCOST_STRING_MAX),
     .use = TRACE,
     .value = "NAME",
     .text = "the service of events without one (default)"},
    {.name = "json", FLAG (json), .text = "print the summary as JSON on stdout"},
    {.name = "quiet", FLAG (quiet), .text = "show no progress and no summary"},
    {.name = "help", .kind = ZC_OPTION_HELP, .text = "this text"},
    {.name = "version", .kind = ZC_OPTION_VERSION, .text = "the version"},

    {.kind = ZC_OPTION_HEADING, .text = "for a trace:"},
    {.name = "format",
     .kind = ZC_OPTION_CHOICE,
     AT (format),
     .choices = formats,
     .least = ZC_FORMAT_CSV,
     .use = TRACE,
     .value = "F",
     .text = "csv or jsonl; default: by the file's name (.csv, .jsonl, .ndjson, .json), else by its first byte"},
    {.name = "speed",
     CUSTOM (set_speed),
     .use = TRACE,
     .value = "N",
     .text = "N times the recorded speed; real: as recorded; max: as fast as possible (max)"},
    {.name = "keep-time",
     FLAG (defaults.keep_time),
     .use = TRACE,
     .text = "events keep the trace's own times, at any speed; each row needs one, from the year 2000 on and at most "
             "24 h ahead. Reports how many are too old to be kept by the minute, by default"},
    {.name = "tiers",
     CUSTOM (set_tiers),
     .use = TRACE,
     .value = "A,B",
     .text = "rows are router queries: fewer than A input tokens are simple, fewer than B medium, the others complex; "
             "a row's own type or tier takes precedence"},
    {.name = "model",
     NAME (defaults.model, ZCOST_STRING_MAX),
     .use = TRACE,
     .value = "NAME",
     .text = "the model of calls and queries without one"},

    {.kind = ZC_OPTION_HEADING, .text = "for the demo:"},
    {.name = "demo", FLAG (demo), .text = "play it"},
    {.name = "rate", CUSTOM (set_rate), .use = DEMO, .value = "N", .text = "N events a second, or max (200)"},
    {.name = "seed",
     NUMBER (seed, 0, INT64_MAX),
     .use = DEMO,
     .value = "N",
     .text = "the same seed gives the same events (1)"},
    {.name = "past",
     NUMBER (past_hours, 1, PAST_MAX_HOURS),
     .use = DEMO,
     .value = "HOURS",
     .text = "events carry times spread over the last HOURS; needs --count"},
};

static const zc_options_table_t table = {
    .program = "zreplay",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .words_max = 1,
    .before =
        "usage: zreplay [options] FILE      play a trace onto the bus (FILE -: standard input)\n"
        "       zreplay [options] --demo    play an endless, plausible stream of all four event types\n"
        "\n"
        "A trace is a CSV table with named columns, or JSON lines of events. Columns: the keys of the\n"
        "protocol (type, service, tier, cost, model, input_tokens, ..., tags.NAME, ts) in any case, or those\n"
        "of the Azure LLM inference traces (TIMESTAMP, ContextTokens, GeneratedTokens). A bad row is\n"
        "reported on stderr with its line number, and the rest is played.\n"
        "\n",
    .after =
        "\n"
        "Without --keep-time events carry the time of their replay, and the trace's times only pace them. Times\n"
        "without a zone, and dates alone, are UTC. Ctrl-C hands over what is queued and waits for its\n"
        "acknowledgement; a second one does not wait, and says what is not acknowledged.\n"
        "Exit status: 0 all was sent and, with --publish, acknowledged (the demo: also if stopped); 1 not all was,\n"
        "or rows were bad; 2 wrong usage; 130 or 143 a trace was stopped by SIGINT or SIGTERM.\n",
};

/* ------------------------------------------------------------------------ the whole */

/* A setting that would have no effect is a misunderstanding: better told than played. */
static zc_parsed_t check (const zc_options_line_t *line, const zc_options_t *options)
{
    if (options->demo && options->file)
        return zc_options_wrong (&table, "either --demo or a trace, not both");
    if (!options->demo && !options->file)
        return zc_options_wrong (&table, "nothing to play: give a FILE, - or --demo");
    if (zc_options_check_use (&table, line, options->demo ? DEMO : TRACE, options->demo ? "--demo" : "a trace") !=
        ZC_RUN)
        return ZC_EXIT_USAGE;
    if (options->past_hours && !options->count)
        return zc_options_wrong (&table, "--past needs --count, the number of events to spread");
    if (options->spool && !*options->publish)
        return zc_options_wrong (&table, "--spool needs acknowledgements: give --publish EP too");
    return ZC_RUN;
}

zc_parsed_t zc_options_parse (int argc, char **argv, zc_options_t *ret_options)
{
    zc_options_t options = {
        .endpoint = ZCOST_DEFAULT_INGEST, .rate = DEFAULT_RATE, .seed = DEFAULT_SEED, .timeout_ms = DEFAULT_TIMEOUT_MS};
    zc_options_line_t line;
    zc_parsed_t parsed = zc_options_read (&table, argc, argv, &options, &line);
    if (parsed != ZC_RUN)
        return parsed;
    /* The default endpoint publishes at the default place; of another one we do not know where. */
    if (!zc_options_given (&table, &line, "publish") && !zc_options_given (&table, &line, "endpoint"))
        strcpy (options.publish, ZCOST_DEFAULT_PUBLISH);
    if (line.words_count > 0)
        options.file = line.words [0];
    parsed = check (&line, &options);
    if (options.demo)
        options.speed = 1; /* its own times are its rate */
    if (parsed == ZC_RUN)
        *ret_options = options;
    return parsed;
}
