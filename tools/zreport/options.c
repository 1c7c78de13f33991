/* SPDX-License-Identifier: MPL-2.0
 *
 * options.c - the command line of zreport; see options.h.
 */
#include "zreport/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "civil/clock.h"
#include "wire/utf8.h"
#include "zcost.h"
#include "zreport/options_read.h"
#include "zreport/statusline_pattern.h"
#include "zreport/usage.h"

#define TIMEOUT_DEFAULT_MS 5000
#define TIMEOUT_STATUSLINE_MS 1000 /* a prompt waits for it */
#define STEP_DEFAULT_S 3600
#define ROWS_MAX 10000 /* that the daemon gives */
#define MISTAKE_BYTES 256

/* Above all that can be a letter behind one dash. */
#define OPT_BASE 256

/* What was typed, before it is known whose it is. */
typedef struct {
    zr_options_t options;
    bool given [ZR_OPTS];
    const char *by, *format;
    zr_window_words_t window;
} line_t;

__attribute__ ((format (printf, 1, 2))) static zr_parsed_t wrong (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fputs ("zreport: ", stderr);
    vfprintf (stderr, format, args);
    fputs ("; see zreport --help\n", stderr);
    va_end (args);
    return ZR_OPTIONS_WRONG;
}

/* ------------------------------------------------------------------ words */

static zr_parsed_t parse_command (char **words, int count, zr_options_t *options)
{
    const char *name = count > 0 ? words [0] : "report";
    options->command = zr_usage_command_find (name);
    if (options->command == ZR_COMMANDS)
        return wrong ("unknown command '%s'", name);
    int taken = count > 0 ? 1 : 0;
    if (options->command == ZR_PRICE) {
        if (count < 2)
            return wrong ("price needs a model, as in 'zreport price gpt-4o'");
        options->model = words [1];
        if (!zc_utf8_valid (options->model, strlen (options->model)))
            return wrong ("the model's name is not UTF-8");
        taken = 2;
    }
    if (count > taken)
        return wrong ("unexpected argument '%s'", words [taken]);
    return ZR_OPTIONS_GO;
}

static zr_parsed_t check_timezone (const char *zone)
{
    if (!*zone || !zc_zone_exists (zone)) /* "" is a variable that is not set, not the local zone */
        return wrong ("--timezone '%s' is no time zone of this system, such as Europe/Madrid, UTC or local", zone);
    return ZR_OPTIONS_GO;
}

/* One option, as far as it can be read without knowing the command. */
static zr_parsed_t apply (zr_opt_t option, line_t *line)
{
    zr_options_t *options = &line->options;
    char mistake [MISTAKE_BYTES];
    line->given [option] = true;
    switch (option) {
    case ZR_OPT_ENDPOINT:
        options->endpoint = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_QUERY:
        options->query = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_TIMEOUT:
        if (!zr_options_read_seconds (optarg, &options->timeout_ms))
            return wrong ("--timeout '%s' is no number of seconds from 0.001 to %d", optarg, ZR_TIMEOUT_MAX_SECONDS);
        return ZR_OPTIONS_GO;
    case ZR_OPT_JSON:
        options->json = true;
        return ZR_OPTIONS_GO;
    case ZR_OPT_BY:
        line->by = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_WHERE:
        if (!zc_utf8_valid (optarg, strlen (optarg)))
            return wrong ("--where is not UTF-8");
        if (!zr_options_read_where (optarg, &options->group, mistake, sizeof mistake))
            return wrong ("--where '%s' %s", optarg, mistake);
        return ZR_OPTIONS_GO;
    case ZR_OPT_SINCE:
        line->window.since = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_UNTIL:
        line->window.until = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_LAST:
        line->window.last = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_TIMEZONE:
        options->timezone = optarg;
        return check_timezone (optarg);
    case ZR_OPT_STEP:
        if (!zr_options_read_step (optarg, &options->step_s))
            return wrong ("--step '%s' is no span of whole minutes such as 60, 5m, 1h or 1d", optarg);
        return ZR_OPTIONS_GO;
    case ZR_OPT_FORMAT:
        line->format = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_SERVICE:
        if (!zc_utf8_valid (optarg, strlen (optarg)))
            return wrong ("the service's name is not UTF-8");
        options->service = optarg;
        return ZR_OPTIONS_GO;
    case ZR_OPT_LIMIT:
    case ZR_OPT_COUNT:
        if (!zr_options_read_number (optarg, option == ZR_OPT_LIMIT ? &options->limit : &options->count))
            return wrong ("--%s '%s' is no number from 1 to %d", zr_usage_option_name (option), optarg, ZR_NUMBER_MAX);
        return ZR_OPTIONS_GO;
    default:
        return ZR_OPTIONS_GO;
    }
}

/* ------------------------------------------------------------------ what the command makes of them */

static zr_parsed_t settle_window (line_t *line)
{
    zr_options_t *options = &line->options;
    char mistake [MISTAKE_BYTES];
    if (line->window.since && line->window.last)
        return wrong ("--since and --last both say when to begin");
    /* "The last 7 days before some day" has two readings: neither is guessed. */
    if (line->window.until && line->window.last)
        return wrong ("--last ends with the present: --until needs --since");
    if (!line->window.since && !line->window.last)
        line->window.last = zr_usage_command_last (options->command);
    if (line->window.until && line->window.last)
        return wrong ("--until needs --since");
    bool civil = options->command >= ZR_HOURLY && options->command <= ZR_MONTHLY;
    zc_civil_t unit = civil ? (zc_civil_t) (options->command - ZR_HOURLY) : ZC_CIVIL_DAY;
    if (zr_window_read (&line->window, options->timezone, options->now_s, civil ? &unit : NULL, &options->window,
                        mistake, sizeof mistake) != 0)
        return wrong ("%s", mistake);
    return ZR_OPTIONS_GO;
}

static zr_parsed_t settle_format (line_t *line)
{
    zr_options_t *options = &line->options;
    if (options->command == ZR_STATUSLINE) {
        options->pattern = line->format;
        const char *unknown = line->format ? zr_statusline_pattern_unknown (line->format) : NULL;
        if (unknown)
            return wrong ("--format has no placeholder '%.*s'", (int) strcspn (unknown, "}") + 1, unknown);
        return ZR_OPTIONS_GO;
    }
    options->format = options->json ? ZR_FORMAT_JSONL : ZR_FORMAT_CSV;
    if (!line->format)
        return ZR_OPTIONS_GO;
    if (strcmp (line->format, "csv") != 0 && strcmp (line->format, "jsonl") != 0)
        return wrong ("--format '%s' is neither csv nor jsonl", line->format);
    if (options->json && strcmp (line->format, "csv") == 0)
        return wrong ("--format csv and --json contradict each other");
    options->format = strcmp (line->format, "csv") == 0 ? ZR_FORMAT_CSV : ZR_FORMAT_JSONL;
    return ZR_OPTIONS_GO;
}

static zr_parsed_t settle_by (line_t *line)
{
    char mistake [MISTAKE_BYTES];
    const char *by = line->by ? line->by : zr_usage_command_by (line->options.command);
    line->options.by_given = line->by;
    if (line->by && !zc_utf8_valid (by, strlen (by)))
        return wrong ("--by is not UTF-8");
    if (line->by && !*by)
        return wrong ("--by needs a name, as in --by model,tier");
    if (by && !zr_options_read_by (by, &line->options.group, mistake, sizeof mistake))
        return wrong ("--by '%s' %s", by, mistake);
    return ZR_OPTIONS_GO;
}

static zr_parsed_t settle_limit (const zr_options_t *options)
{
    if (options->limit > ROWS_MAX && options->command != ZR_REJECTS)
        return wrong ("--limit '%d' is no number from 1 to %d", options->limit, ROWS_MAX);
    return ZR_OPTIONS_GO;
}

static zr_parsed_t settle (line_t *line)
{
    zr_options_t *options = &line->options;
    for (int i = 0; i < ZR_OPTS; i++)
        if (line->given [i] && !zr_usage_command_takes (options->command, (zr_opt_t) i))
            return wrong ("%s takes no --%s", zr_usage_command_name (options->command),
                          zr_usage_option_name ((zr_opt_t) i));
    if (!options->endpoint)
        options->endpoint = options->command == ZR_WATCH ? ZCOST_DEFAULT_PUBLISH : ZCOST_DEFAULT_QUERY;
    if (!options->timeout_ms)
        options->timeout_ms = options->command == ZR_STATUSLINE ? TIMEOUT_STATUSLINE_MS : TIMEOUT_DEFAULT_MS;
    zr_parsed_t parsed = settle_by (line);
    if (parsed == ZR_OPTIONS_GO)
        parsed = settle_format (line);
    if (parsed == ZR_OPTIONS_GO)
        parsed = settle_limit (options);
    if (parsed == ZR_OPTIONS_GO)
        parsed = settle_window (line);
    return parsed;
}

/* ------------------------------------------------------------------ the line */

/* What getopt_long could not read; with opterr off it leaves the words to us. */
static zr_parsed_t refuse (int option, char **argv)
{
    const char *word = argv [optind - 1];
    if (option == ':')
        return wrong ("%s needs a value", word);
    if (optopt >= OPT_BASE)
        return wrong ("--%s takes no value", zr_usage_option_name ((zr_opt_t) (optopt - OPT_BASE)));
    /* Of letters behind one dash it has read the first, and is not past the word unless that is all. */
    if (optopt && (word [0] != '-' || word [1] != (char) optopt || word [2]))
        word = argv [optind];
    return wrong ("unknown option '%s'", word);
}

static zr_parsed_t read_options (int argc, char **argv, line_t *line)
{
    struct option names [ZR_OPTS + 1] = {0};
    for (int i = 0; i < ZR_OPTS; i++)
        names [i] = (struct option){zr_usage_option_name ((zr_opt_t) i),
                                    zr_usage_option_has_value ((zr_opt_t) i) ? required_argument : no_argument, NULL,
                                    OPT_BASE + i};
    int option;
    opterr = 0;
    while ((option = getopt_long (argc, argv, ":", names, NULL)) != -1) {
        if (option == '?' || option == ':')
            return refuse (option, argv);
        zr_parsed_t parsed = apply ((zr_opt_t) (option - OPT_BASE), line);
        if (parsed != ZR_OPTIONS_GO)
            return parsed;
    }
    return ZR_OPTIONS_GO;
}

/* Help on what was asked about, whatever else is on the line. */
static zr_parsed_t help (char **words, int count)
{
    zr_command_t command = count > 0 ? zr_usage_command_find (words [0]) : ZR_COMMANDS;
    if (command == ZR_COMMANDS)
        zr_usage_print ();
    else
        zr_usage_print_command (command);
    return ZR_OPTIONS_DONE;
}

zr_parsed_t zr_options_parse (int argc, char **argv, zr_options_t *ret_options)
{
    line_t line = {.options = {.query = ZCOST_DEFAULT_QUERY,
                               .timezone = "",
                               .step_s = STEP_DEFAULT_S,
                               .now_s = zc_clock_wall_ms () / 1000}};
    zr_parsed_t parsed = read_options (argc, argv, &line);
    if (parsed != ZR_OPTIONS_GO)
        return parsed;
    if (line.given [ZR_OPT_HELP])
        return help (argv + optind, argc - optind);
    if (line.given [ZR_OPT_VERSION]) {
        puts ("zreport " ZCOST_VERSION);
        return ZR_OPTIONS_DONE;
    }
    parsed = parse_command (argv + optind, argc - optind, &line.options);
    if (parsed == ZR_OPTIONS_GO)
        parsed = settle (&line);
    if (parsed == ZR_OPTIONS_GO)
        *ret_options = line.options;
    return parsed;
}
