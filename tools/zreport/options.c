/* SPDX-License-Identifier: MPL-2.0
 *
 * options.c - the command line of zreport; see options.h.
 */
#include "zreport/options.h"

#include <stdio.h>
#include <string.h>

#include "civil/clock.h"
#include "civil/zone.h"
#include "wire/utf8.h"
#include "zcost.h"
#include "zreport/statusline_pattern.h"

#define TIMEOUT_MAX_MS 86400000
#define TIMEOUT_DEFAULT_MS 5000
#define TIMEOUT_STATUSLINE_MS 1000 /* a prompt waits for it */
#define STEP_DEFAULT_S 3600
#define NUMBER_MAX 1000000
#define ROWS_MAX 10000 /* that the daemon gives */
#define MISTAKE_BYTES 256

/* What was typed, before it is known whose it is. */
typedef struct {
    zr_options_t options;
    const char *format;
    zr_window_words_t window;
} typed_t;

/* ------------------------------------------------------------- values of their own kind */

static const char *set_service (void *self, const char *value)
{
    if (!zc_utf8_valid (value, strlen (value)))
        return zc_value_wrong ("is not UTF-8");
    ((typed_t *) self)->options.service = value;
    return NULL;
}

static const char *set_timezone (void *self, const char *value)
{
    if (!*value || !zc_zone_exists (value)) /* "" is a variable that is not set, not the local zone */
        return zc_value_wrong ("'%.80s' is not a time zone of this system, such as Europe/Madrid, UTC or local", value);
    ((typed_t *) self)->options.timezone = value;
    return NULL;
}

static const char *set_step (void *self, const char *value)
{
    int64_t seconds;
    if (!zr_window_duration_read (value, &seconds) || seconds % 60 != 0)
        return zc_value_wrong ("'%.80s' is not a span of whole minutes such as 60, 5m, 1h or 1d", value);
    ((typed_t *) self)->options.step_s = seconds;
    return NULL;
}

/* Which dimensions there are only the daemon knows, for tags are configured there. text: what was typed. */
static const char *copy_name (char name [ZR_DIMENSION_BYTES], const char *from, size_t size, const char *text)
{
    if (size == 0 || size >= ZR_DIMENSION_BYTES)
        return zc_value_wrong ("'%.80s' has a name that is empty or longer than %d bytes", text,
                               ZR_DIMENSION_BYTES - 1);
    memcpy (name, from, size);
    name [size] = '\0';
    return NULL;
}

/* "model,tier". */
static const char *read_by (zr_options_t *options, const char *text)
{
    options->group.by_count = 0;
    for (const char *at = text, *end = text; *end; at = end + 1) {
        end = at + strcspn (at, ",");
        if (options->group.by_count == ZR_DIMENSIONS_MAX)
            return zc_value_wrong ("'%.80s' has more than %d names", text, ZR_DIMENSIONS_MAX);
        char *name = options->group.by [options->group.by_count];
        const char *why = copy_name (name, at, (size_t) (end - at), text);
        if (why)
            return why;
        for (size_t i = 0; i < options->group.by_count; i++)
            if (strcmp (options->group.by [i], name) == 0)
                return zc_value_wrong ("'%.80s' has a name twice", text);
        options->group.by_count++;
    }
    return NULL;
}

static const char *set_by (void *self, const char *value)
{
    zr_options_t *options = &((typed_t *) self)->options;
    if (!zc_utf8_valid (value, strlen (value)))
        return zc_value_wrong ("is not UTF-8");
    if (!*value)
        return zc_value_wrong ("needs a name, as in --by model,tier");
    options->by_given = true;
    return read_by (options, value);
}

/* "model=gpt-4o": one more. */
static const char *add_where (void *self, const char *value)
{
    zr_options_t *options = &((typed_t *) self)->options;
    size_t size = strcspn (value, "=");
    if (!zc_utf8_valid (value, strlen (value)))
        return zc_value_wrong ("is not UTF-8");
    if (value [size] != '=')
        return zc_value_wrong ("'%.80s' is not NAME=VALUE, as in model=gpt-4o", value);
    if (options->group.where_count == ZR_DIMENSIONS_MAX)
        return zc_value_wrong ("'%.80s' is one --where too many", value);
    char *name = options->group.where [options->group.where_count].name;
    const char *why = copy_name (name, value, size, value);
    if (why)
        return why;
    for (size_t i = 0; i < options->group.where_count; i++)
        if (strcmp (options->group.where [i].name, name) == 0)
            return zc_value_wrong ("'%.80s' repeats a name: only one of them can match", value);
    options->group.where [options->group.where_count++].value = value + size + 1;
    return NULL;
}

/* ------------------------------------------------------------------------ the table */

#define AT(member) ZC_OPTION_AT (typed_t, member)

/* An option's use: the commands that take it. */
#define OF(command) (1u << (command))
#define PERIODS (OF (ZR_HOURLY) | OF (ZR_DAILY) | OF (ZR_WEEKLY) | OF (ZR_MONTHLY))
#define GROUPED (PERIODS | OF (ZR_TOP) | OF (ZR_SERIES) | OF (ZR_EXPORT))
#define WINDOWED (GROUPED | OF (ZR_REPORT))
#define ZONED (WINDOWED | OF (ZR_STATUSLINE) | OF (ZR_WATCH))

static const zc_option_t rows [] = {
    {.name = "endpoint",
     .kind = ZC_OPTION_STRING,
     AT (options.endpoint),
     .value = "EP",
     .text =
         "where to send queries, such as tcp://10.0.0.5:7753 or ipc:///run/zcost/query (default " ZCOST_DEFAULT_QUERY
         "; for watch, the publish endpoint, " ZCOST_DEFAULT_PUBLISH ")"},
    {.name = "query",
     .kind = ZC_OPTION_STRING,
     AT (options.query),
     .value = "EP",
     .use = OF (ZR_WATCH),
     .text = "watch: where to send queries, beside the publish endpoint (default " ZCOST_DEFAULT_QUERY ")"},
    {.name = "timeout",
     .kind = ZC_OPTION_NUMBER,
     AT (options.timeout_ms),
     .decimals = 3,
     .least = 1,
     .most = TIMEOUT_MAX_MS,
     .value = "SECONDS",
     .text = "how long to wait for the daemon (default 5; statusline 1)"},
    {.name = "json",
     .kind = ZC_OPTION_FLAG,
     AT (options.json),
     .text = "print the result as JSON; watch: one line per snapshot, export: one per row. Binary values are strings "
             "of hex digits"},
    {.name = "by",
     .kind = ZC_OPTION_CUSTOM,
     .set = set_by,
     .value = "NAMES",
     .use = GROUPED,
     .text = "group by one or more of model, tier, service, provider, type and configured tags, as in --by model,tier "
             "(default: top model, export all, else none)"},
    {.name = "where",
     .kind = ZC_OPTION_CUSTOM,
     .set = add_where,
     .value = "NAME=VALUE",
     .use = GROUPED | OF (ZR_STATUSLINE),
     .text = "only events of this model, tier, service, provider, type or tag; if given several times, all must match. "
             "Without a value: events that lack it"},
    {.name = "since",
     .kind = ZC_OPTION_STRING,
     AT (window.since),
     .value = "TIME",
     .use = WINDOWED,
     .text = "from this time on: 2026-11-21, 2026-11-21T09:30, with Z or an offset if not in --timezone; today, "
             "yesterday; 7d, 12h, 30m or 2w ago; @SECONDS since the epoch"},
    {.name = "until",
     .kind = ZC_OPTION_STRING,
     AT (window.until),
     .value = "TIME",
     .use = WINDOWED,
     .text = "before this time (default: now)"},
    {.name = "last",
     .kind = ZC_OPTION_STRING,
     AT (window.last),
     .value = "SPAN",
     .use = WINDOWED,
     .text = "instead of --since: 30m, 12h, 7d, 8w or 12mo back from now; hourly to monthly: that many calendar hours, "
             "days, weeks or months, including the current one (default: hourly, top, series and export 24h, daily 7d, "
             "weekly 8w, monthly 12mo; report since the ledger began)"},
    {.name = "timezone",
     .kind = ZC_OPTION_CUSTOM,
     .set = set_timezone,
     .value = "ZONE",
     .use = ZONED,
     .text = "the time zone of days and hours, such as Europe/Madrid or UTC (default: local)"},
    {.name = "step",
     .kind = ZC_OPTION_CUSTOM,
     .set = set_step,
     .value = "SPAN",
     .use = OF (ZR_SERIES) | OF (ZR_EXPORT),
     .text = "60 (seconds), 5m, 1h, 1d or 1w: whole minutes (default 1h). Steps begin at their multiples in UTC; for "
             "calendar days and weeks use daily and weekly"},
    {.name = "limit",
     .kind = ZC_OPTION_NUMBER,
     AT (options.limit),
     .least = 1,
     .most = NUMBER_MAX,
     .value = "N",
     .use = PERIODS | OF (ZR_TOP) | OF (ZR_SERIES) | OF (ZR_REJECTS),
     .text = "only the N most expensive groups (default 10; with --json all, up to 10,000); rejects: only the last N"},
    {.name = "format",
     .kind = ZC_OPTION_STRING,
     AT (format),
     .value = "FORMAT",
     .use = OF (ZR_EXPORT) | OF (ZR_STATUSLINE),
     .text = "export: csv (the default) or jsonl; statusline: a text with placeholders, see zreport statusline --help"},
    {.name = "service",
     .kind = ZC_OPTION_CUSTOM,
     .set = set_service,
     .value = "NAME",
     .use = OF (ZR_REPORT),
     .text = "report: only what this service sent"},
    {.name = "count",
     .kind = ZC_OPTION_NUMBER,
     AT (options.count),
     .least = 1,
     .most = NUMBER_MAX,
     .value = "N",
     .use = OF (ZR_WATCH),
     .text = "watch: exit after N snapshots"},
    {.name = "help", .kind = ZC_OPTION_HELP, .text = "this text; after a command, help on that command"},
    {.name = "version", .kind = ZC_OPTION_VERSION, .text = "the version"},
};

static void show_help (const char *const *words, size_t count);

static const zc_options_table_t table = {
    .program = "zreport",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .words_max = 2,
    .show_help = show_help,
};

/* Help on what was asked about, whatever else is on the line. */
static void show_help (const char *const *words, size_t count)
{
    zr_command_t command = count > 0 ? zr_usage_command_find (words [0]) : ZR_COMMANDS;
    zr_usage_print (command);
    zc_options_print (&table, command == ZR_COMMANDS ? UINT32_MAX : OF (command));
    puts ("\nExit status: 0 done, 1 failed or unreachable, 2 wrong usage, 3 budget breached.");
}

/* -------------------------------------------------------- what the command makes of them */

static zc_parsed_t parse_command (const zc_options_line_t *line, zr_options_t *options)
{
    const char *name = line->words_count > 0 ? line->words [0] : "report";
    options->command = zr_usage_command_find (name);
    if (options->command == ZR_COMMANDS)
        return zc_options_wrong (&table, "unknown command '%s'", name);
    if (options->command != ZR_PRICE)
        return line->words_count > 1 ? zc_options_wrong (&table, "unexpected argument '%s'", line->words [1]) : ZC_RUN;
    if (line->words_count < 2)
        return zc_options_wrong (&table, "price needs a model, as in 'zreport price gpt-4o'");
    options->model = line->words [1];
    if (!zc_utf8_valid (options->model, strlen (options->model)))
        return zc_options_wrong (&table, "the model's name is not UTF-8");
    return ZC_RUN;
}

static zc_parsed_t settle_window (typed_t *typed)
{
    zr_options_t *options = &typed->options;
    char mistake [MISTAKE_BYTES];
    if (typed->window.since && typed->window.last)
        return zc_options_wrong (&table, "--since and --last cannot both be given");
    /* "The last 7 days before some day" has two readings: neither is guessed. */
    if (typed->window.until && typed->window.last)
        return zc_options_wrong (&table, "--last ends now: --until needs --since");
    if (!typed->window.since && !typed->window.last)
        typed->window.last = zr_usage_command_last (options->command);
    if (typed->window.until && typed->window.last)
        return zc_options_wrong (&table, "--until needs --since");
    bool civil = options->command >= ZR_HOURLY && options->command <= ZR_MONTHLY;
    zc_civil_t unit = civil ? (zc_civil_t) (options->command - ZR_HOURLY) : ZC_CIVIL_DAY;
    if (zr_window_read (&typed->window, options->timezone, options->now_s, civil ? &unit : NULL, &options->window,
                        mistake, sizeof mistake) != 0)
        return zc_options_wrong (&table, "%s", mistake);
    return ZC_RUN;
}

static zc_parsed_t settle_format (typed_t *typed)
{
    zr_options_t *options = &typed->options;
    if (options->command == ZR_STATUSLINE) {
        options->pattern = typed->format;
        const char *unknown = typed->format ? zr_statusline_pattern_unknown (typed->format) : NULL;
        if (unknown)
            return zc_options_wrong (&table, "--format has no placeholder '%.*s'", (int) strcspn (unknown, "}") + 1,
                                     unknown);
        return ZC_RUN;
    }
    options->format = options->json ? ZR_FORMAT_JSONL : ZR_FORMAT_CSV;
    if (!typed->format)
        return ZC_RUN;
    if (strcmp (typed->format, "csv") != 0 && strcmp (typed->format, "jsonl") != 0)
        return zc_options_wrong (&table, "--format: '%s' is neither csv nor jsonl", typed->format);
    if (options->json && strcmp (typed->format, "csv") == 0)
        return zc_options_wrong (&table, "--format csv and --json cannot both be given");
    options->format = strcmp (typed->format, "csv") == 0 ? ZR_FORMAT_CSV : ZR_FORMAT_JSONL;
    return ZC_RUN;
}

static zc_parsed_t settle (typed_t *typed)
{
    zr_options_t *options = &typed->options;
    const char *by = zr_usage_command_by (options->command);
    if (!options->endpoint)
        options->endpoint = options->command == ZR_WATCH ? ZCOST_DEFAULT_PUBLISH : ZCOST_DEFAULT_QUERY;
    if (!options->timeout_ms)
        options->timeout_ms = options->command == ZR_STATUSLINE ? TIMEOUT_STATUSLINE_MS : TIMEOUT_DEFAULT_MS;
    if (by && !options->by_given)
        read_by (options, by); /* ours has no mistake */
    if (options->limit > ROWS_MAX && options->command != ZR_REJECTS)
        return zc_options_wrong (&table, "--limit: '%d' is not a whole number from 1 to %d", options->limit, ROWS_MAX);
    zc_parsed_t parsed = settle_format (typed);
    return parsed == ZC_RUN ? settle_window (typed) : parsed;
}

zc_parsed_t zr_options_parse (int argc, char **argv, zr_options_t *ret_options)
{
    typed_t typed = {.options = {.query = ZCOST_DEFAULT_QUERY,
                                 .timezone = "",
                                 .step_s = STEP_DEFAULT_S,
                                 .now_s = zc_clock_wall_ms () / 1000}};
    zc_options_line_t line;
    zc_parsed_t parsed = zc_options_read (&table, argc, argv, &typed, &line);
    if (parsed == ZC_RUN)
        parsed = parse_command (&line, &typed.options);
    if (parsed == ZC_RUN)
        parsed = zc_options_check_use (&table, &line, OF (typed.options.command),
                                       zr_usage_command_name (typed.options.command));
    if (parsed == ZC_RUN)
        parsed = settle (&typed);
    if (parsed == ZC_RUN)
        *ret_options = typed.options;
    return parsed;
}
