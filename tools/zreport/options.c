/* SPDX-License-Identifier: MPL-2.0
 *
 * options.c - the command line of zreport; see options.h.
 */
#include "zreport/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/utf8.h"
#include "zcost.h"

#define TIMEOUT_DEFAULT_MS 5000
#define TIMEOUT_MAX_SECONDS 86400
#define NUMBER_MAX 1000000

static const char help [] =
    "Usage: zreport [COMMAND] [OPTION]...\n"
    "\n"
    "Asks zcostd what the LLM calls cost, and what routing and caching saved.\n"
    "\n"
    "Commands:\n"
    "  report         the cost report (the default)\n"
    "  watch          the cost report, again at each snapshot, until Ctrl-C\n"
    "  health         how the daemon is, and what it could not count\n"
    "  rejects        the last inputs that were not taken, and why\n"
    "  price MODEL    the rates in force for a model\n"
    "  ping           whether the daemon answers, and how fast\n"
    "\n"
    "Options:\n"
    "  --endpoint EP      where to ask, such as tcp://10.0.0.5:7753 or ipc:///run/zcost/query\n"
    "                     (default " ZCOST_DEFAULT_QUERY ";\n"
    "                     for watch, the publish endpoint, " ZCOST_DEFAULT_PUBLISH ")\n"
    "  --timeout SECONDS  how long to wait for the daemon (default 5)\n"
    "  --json             the daemon's result as JSON; for watch one line a snapshot.\n"
    "                     Binary values are strings of hex digits\n"
    "  --service NAME     report: of what this service sent only\n"
    "  --limit N          rejects: the last N only\n"
    "  --count N          watch: end after N snapshots\n"
    "  --help             this text\n"
    "  --version          the version\n"
    "\n"
    "Exit status: 0 done, 1 failed or not reached, 2 wrong usage.\n";

static const char *const command_names [] = {"report", "watch", "health", "rejects", "price", "ping"};

__attribute__ ((format (printf, 1, 2)))
static zc_parsed_t wrong (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fputs ("zreport: ", stderr);
    vfprintf (stderr, format, args);
    fputs ("; see zreport --help\n", stderr);
    va_end (args);
    return ZC_OPTIONS_WRONG;
}

static bool parse_seconds (const char *text, int *ret_ms)
{
    char *end;
    errno = 0;
    double seconds = strtod (text, &end);
    /* strtod alone would take hexadecimal and "nan". */
    if (errno || end == text || *end || text [strspn (text, "0123456789+-.eE")] || seconds < 0.001 ||
        seconds > TIMEOUT_MAX_SECONDS)
        return false;
    *ret_ms = (int) lround (seconds * 1000);
    return true;
}

static bool parse_number (const char *text, int *ret_number)
{
    char *end;
    errno = 0;
    long number = strtol (text, &end, 10);
    if (errno || end == text || *end || number < 1 || number > NUMBER_MAX)
        return false;
    *ret_number = (int) number;
    return true;
}

static zc_parsed_t parse_command (char **words, int count, zc_options_t *options)
{
    const char *name = count > 0 ? words [0] : "report";
    int command = 0;
    while (command <= ZC_PING && strcmp (name, command_names [command]) != 0)
        command++;
    if (command > ZC_PING)
        return wrong ("unknown command '%s'", name);
    options->command = (zc_command_t) command;

    int taken = count > 0 ? 1 : 0;
    if (command == ZC_PRICE) {
        if (count < 2)
            return wrong ("price needs a model, as in 'zreport price gpt-4o'");
        options->model = words [1];
        if (!zc_utf8_valid (options->model, strlen (options->model)))
            return wrong ("the model's name is not UTF-8");
        taken = 2;
    }
    if (count > taken)
        return wrong ("unexpected argument '%s'", words [taken]);
    return ZC_OPTIONS_GO;
}

static zc_parsed_t check (zc_options_t *options)
{
    const char *name = command_names [options->command];
    if (options->service && options->command != ZC_REPORT)
        return wrong ("--service is for report, not for %s", name);
    if (options->limit && options->command != ZC_REJECTS)
        return wrong ("--limit is for rejects, not for %s", name);
    if (options->count && options->command != ZC_WATCH)
        return wrong ("--count is for watch, not for %s", name);
    if (!options->endpoint)
        options->endpoint = options->command == ZC_WATCH ? ZCOST_DEFAULT_PUBLISH : ZCOST_DEFAULT_QUERY;
    return ZC_OPTIONS_GO;
}

/* Above all that can be a letter behind one dash. */
enum { OPT_ENDPOINT = 256, OPT_TIMEOUT, OPT_JSON, OPT_SERVICE, OPT_LIMIT, OPT_COUNT, OPT_HELP, OPT_VERSION };

static const struct option long_options [] = {
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"json", no_argument, NULL, OPT_JSON},
    {"service", required_argument, NULL, OPT_SERVICE},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"count", required_argument, NULL, OPT_COUNT},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static zc_parsed_t apply (int option, zc_options_t *options)
{
    switch (option) {
    case OPT_ENDPOINT:
        options->endpoint = optarg;
        return ZC_OPTIONS_GO;
    case OPT_TIMEOUT:
        if (!parse_seconds (optarg, &options->timeout_ms))
            return wrong ("--timeout '%s' is no number of seconds from 0.001 to %d", optarg, TIMEOUT_MAX_SECONDS);
        return ZC_OPTIONS_GO;
    case OPT_JSON:
        options->json = true;
        return ZC_OPTIONS_GO;
    case OPT_SERVICE:
        if (!zc_utf8_valid (optarg, strlen (optarg)))
            return wrong ("the service's name is not UTF-8");
        options->service = optarg;
        return ZC_OPTIONS_GO;
    case OPT_LIMIT:
    case OPT_COUNT:
        if (!parse_number (optarg, option == OPT_LIMIT ? &options->limit : &options->count))
            return wrong ("--%s '%s' is no number from 1 to %d", option == OPT_LIMIT ? "limit" : "count", optarg,
                          NUMBER_MAX);
        return ZC_OPTIONS_GO;
    case OPT_HELP:
        fputs (help, stdout);
        return ZC_OPTIONS_DONE;
    default:
        puts ("zreport " ZCOST_VERSION);
        return ZC_OPTIONS_DONE;
    }
}

/* What getopt_long could not read; with opterr off it leaves the words to us. */
static zc_parsed_t refuse (int option, char **argv)
{
    const char *word = argv [optind - 1];
    if (option == ':')
        return wrong ("%s needs a value", word);
    if (optopt >= OPT_ENDPOINT)
        return wrong ("--%s takes no value", long_options [optopt - OPT_ENDPOINT].name);
    /* Of letters behind one dash it has read the first, and is not past the word unless that is all. */
    if (optopt && (word [0] != '-' || word [1] != (char) optopt || word [2]))
        word = argv [optind];
    return wrong ("unknown option '%s'", word);
}

zc_parsed_t zc_options_parse (int argc, char **argv, zc_options_t *ret_options)
{
    zc_options_t options = {.timeout_ms = TIMEOUT_DEFAULT_MS};
    int option;
    opterr = 0;
    while ((option = getopt_long (argc, argv, ":", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return refuse (option, argv);
        zc_parsed_t parsed = apply (option, &options);
        if (parsed != ZC_OPTIONS_GO)
            return parsed;
    }
    zc_parsed_t parsed = parse_command (argv + optind, argc - optind, &options);
    if (parsed == ZC_OPTIONS_GO)
        parsed = check (&options);
    if (parsed == ZC_OPTIONS_GO)
        *ret_options = options;
    return parsed;
}
