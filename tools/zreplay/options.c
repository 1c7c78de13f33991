/* SPDX-License-Identifier: MPL-2.0
 *
 * options.c - the command line of zreplay. See options.h.
 */
#include "zreplay/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_RATE 200
#define DEFAULT_SEED 1
#define PAST_MAX_HOURS 175200 /* 20 years */
#define DEFAULT_TIMEOUT_S 10
#define SECONDS_MAX 1e6 /* eleven days; in milliseconds still an int */

static const char help [] =
    "usage: zreplay [options] FILE      play a trace onto the bus (FILE - : standard input)\n"
    "       zreplay [options] --demo    play an endless, plausible stream of all four event types\n"
    "\n"
    "A trace is a CSV table with named columns, or JSON lines of events. Columns: the keys of the\n"
    "contract (type, service, tier, cost, model, input_tokens, ..., tags.NAME, ts) in any case, or those\n"
    "of the Azure LLM inference traces (TIMESTAMP, ContextTokens, GeneratedTokens). A row that is wrong\n"
    "is named on stderr with its line, and the rest is played.\n"
    "\n"
    "  --endpoint EP      where zcostd takes events in (" ZCOST_DEFAULT_INGEST
    ")\n"
    "  --publish EP       where zcostd acknowledges what it has on disk: events are kept and sent again\n"
    "                     until then, and counted once; none: only hand over (with --endpoint none, else\n"
    "                     " ZCOST_DEFAULT_PUBLISH
    ")\n"
    "  --spool DIR        keep what is not acknowledged in a directory, for the next start with the same DIR,\n"
    "                     which sends what an earlier one has left there\n"
    "  --timeout S        give up after S seconds in which the daemon took or acknowledged nothing (10)\n"
    "  --count N          stop after N events\n"
    "  --duration S       stop after S seconds\n"
    "  --service NAME     the service of events that name none (default)\n"
    "  --json             the summary as JSON on stdout\n"
    "  --quiet            no progress and no summary\n"
    "  --help, --version\n"
    "of a trace:\n"
    "  --format F         csv or jsonl; else by the file's name (.csv, .jsonl, .ndjson, .json), else by its\n"
    "                     first byte\n"
    "  --speed N          N times as fast as it was recorded; real: as it was; max: as fast as possible (max)\n"
    "  --keep-time        events carry the trace's own times, at any speed; each row needs one, from the year\n"
    "                     2000 on and at most 24 h ahead. Tells how many are older than the daemon keeps\n"
    "                     minutes by default\n"
    "  --tiers A,B        rows are router queries: fewer than A input tokens are simple, fewer than B medium,\n"
    "                     the others complex; a type or tier of their own beats this\n"
    "  --model NAME       the model of calls and queries that name none\n"
    "of the demo:\n"
    "  --rate N           N events a second, or max (200)\n"
    "  --seed N           the same seed gives the same events (1)\n"
    "  --past HOURS       events carry times, spread over the HOURS up to now; needs --count\n"
    "\n"
    "Without --keep-time events carry the time of their replay, and the trace's times only pace them. Times\n"
    "without a zone, and dates alone, are UTC. Ctrl-C hands over what is queued and waits for its\n"
    "acknowledgement, a second one does not wait, and tells what is open.\n"
    "Exit: 0 all was handed over and, if wanted, acknowledged (the demo: also when stopped); 1 it was not,\n"
    "or rows were wrong; 2 usage; 130 or 143 a trace was stopped by SIGINT or SIGTERM.\n";

/* Above all that can be a letter behind one dash. */
enum {
    OPT_ENDPOINT = 256,
    OPT_PUBLISH,
    OPT_SPOOL,
    OPT_TIMEOUT,
    OPT_COUNT,
    OPT_DURATION,
    OPT_SERVICE,
    OPT_JSON,
    OPT_QUIET,
    OPT_HELP,
    OPT_VERSION,
    OPT_FORMAT,
    OPT_SPEED,
    OPT_KEEP_TIME,
    OPT_TIERS,
    OPT_MODEL,
    OPT_RATE,
    OPT_SEED,
    OPT_PAST,
    OPT_DEMO,
    OPT_LAST
};

static const struct option table [] = {
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"publish", required_argument, NULL, OPT_PUBLISH},
    {"spool", required_argument, NULL, OPT_SPOOL},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"count", required_argument, NULL, OPT_COUNT},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"service", required_argument, NULL, OPT_SERVICE},
    {"json", no_argument, NULL, OPT_JSON},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"keep-time", no_argument, NULL, OPT_KEEP_TIME},
    {"tiers", required_argument, NULL, OPT_TIERS},
    {"model", required_argument, NULL, OPT_MODEL},
    {"rate", required_argument, NULL, OPT_RATE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"past", required_argument, NULL, OPT_PAST},
    {"demo", no_argument, NULL, OPT_DEMO},
    {0},
};

static const char *name_of (int option)
{
    return table [option - OPT_ENDPOINT].name;
}

static int mistake (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static int mistake (const char *format, ...)
{
    va_list args;
    va_start (args, format);
    fputs ("zreplay: ", stderr);
    vfprintf (stderr, format, args);
    fputc ('\n', stderr);
    va_end (args);
    return -1;
}

/* A decimal number: strtod alone would take hexadecimal, "inf" and "nan". */
static bool is_number (const char *text, double *ret)
{
    char *end;
    *ret = strtod (text, &end);
    return end != text && *end == '\0' && text [strspn (text, "0123456789+-.eE")] == '\0';
}

static int read_real (const char *name, const char *text, double min, double max, double *ret)
{
    double value;
    if (!is_number (text, &value) || value < min || value > max)
        return mistake ("--%s: \"%s\" is not a number from %g to %g", name, text, min, max);
    *ret = value;
    return 0;
}

static int read_whole (const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull (text, &end, 10);
    /* strtoull takes "-1" for a very large number. */
    if (text [0] < '0' || text [0] > '9' || *end != '\0' || errno || value < min || value > max)
        return mistake ("--%s: \"%s\" is not a whole number from %llu on", name, text, (unsigned long long) min);
    *ret = value;
    return 0;
}

/* A number, or the word for no limit, which is 0 to us. */
static int read_pace (const char *name, const char *text, double *ret)
{
    if (strcmp (text, "max") == 0) {
        *ret = 0;
        return 0;
    }
    double value;
    if (!is_number (text, &value) || value < 1e-6 || value > 1e9)
        return mistake ("--%s: \"%s\" is neither a number from 1e-6 to 1e9 nor max", name, text);
    *ret = value;
    return 0;
}

static int read_tiers (const char *text, zc_defaults_t *defaults)
{
    long long medium_from, complex_from;
    int used = 0;
    if (sscanf (text, "%lld,%lld%n", &medium_from, &complex_from, &used) != 2 || text [used] != '\0' ||
        medium_from < 0 || complex_from < medium_from || complex_from > ZCOST_COUNT_MAX)
        return mistake ("--tiers: \"%s\" is not A,B with 0 <= A <= B", text);
    defaults->tiers = true;
    defaults->medium_from = medium_from;
    defaults->complex_from = complex_from;
    return 0;
}

static int read_name (const char *name, const char *text, const char **ret)
{
    if (text [0] == '\0' || strlen (text) > ZCOST_STRING_MAX)
        return mistake ("--%s: a name has 1 to %d bytes", name, ZCOST_STRING_MAX);
    *ret = text;
    return 0;
}

/* Whether text ends on a colon and a port, with a host before it. */
static bool has_port (const char *text)
{
    const char *colon = strrchr (text, ':');
    if (!colon || colon == text || strlen (colon + 1) > 5 || colon [1 + strspn (colon + 1, "0123456789")] != '\0')
        return false;
    int port = atoi (colon + 1);
    return port > 0 && port <= 65535;
}

static int read_endpoint (const char *name, const char *text, const char **ret)
{
    bool tcp = strncmp (text, "tcp://", 6) == 0 && has_port (text + 6);
    bool ipc = strncmp (text, "ipc://", 6) == 0 && text [6] != '\0';
    if (!tcp && !ipc)
        return mistake ("--%s: \"%s\" is neither tcp://HOST:PORT nor ipc://PATH", name, text);
    *ret = text;
    return 0;
}

static int read_publish (const char *text, const char **ret)
{
    if (strcmp (text, "none") != 0)
        return read_endpoint ("publish", text, ret);
    *ret = NULL;
    return 0;
}

static int read_directory (const char *text, const char **ret)
{
    if (text [0] == '\0')
        return mistake ("--spool: a directory has a name");
    *ret = text;
    return 0;
}

static int read_format (const char *text, zc_format_t *ret)
{
    bool csv = strcmp (text, "csv") == 0;
    if (!csv && strcmp (text, "jsonl") != 0)
        return mistake ("--format: \"%s\" is neither csv nor jsonl", text);
    *ret = csv ? ZC_FORMAT_CSV : ZC_FORMAT_JSONL;
    return 0;
}

static int take (zc_options_t *options, int option, const char *value)
{
    switch (option) {
    case OPT_ENDPOINT:
        return read_endpoint ("endpoint", value, &options->endpoint);
    case OPT_PUBLISH:
        return read_publish (value, &options->publish);
    case OPT_SPOOL:
        return read_directory (value, &options->spool);
    case OPT_TIMEOUT:
        return read_real ("timeout", value, 0, SECONDS_MAX, &options->timeout_s);
    case OPT_COUNT:
        return read_whole ("count", value, 1, UINT64_MAX, &options->count);
    case OPT_DURATION:
        return read_real ("duration", value, 1e-3, SECONDS_MAX, &options->duration_s);
    case OPT_SERVICE:
        return read_name ("service", value, &options->service);
    case OPT_FORMAT:
        return read_format (value, &options->format);
    case OPT_SPEED:
        return read_pace ("speed", strcmp (value, "real") == 0 ? "1" : value, &options->speed);
    case OPT_TIERS:
        return read_tiers (value, &options->defaults);
    case OPT_MODEL:
        return read_name ("model", value, &options->defaults.model);
    case OPT_RATE:
        return read_pace ("rate", value, &options->rate);
    case OPT_SEED:
        return read_whole ("seed", value, 0, UINT64_MAX, &options->seed);
    case OPT_PAST:
        return read_whole ("past", value, 1, PAST_MAX_HOURS, &options->past_hours);
    case OPT_KEEP_TIME:
        options->defaults.keep_time = true;
        return 0;
    case OPT_JSON:
        options->json = true;
        return 0;
    case OPT_QUIET:
        options->quiet = true;
        return 0;
    default: /* OPT_DEMO */
        options->demo = true;
        return 0;
    }
}

/* A setting that would have no effect is a misunderstanding: better told than played. */
static int check (zc_options_t *options, const bool *given, char *const *files, int files_count)
{
    static const int of_traces [] = {OPT_FORMAT, OPT_SPEED, OPT_KEEP_TIME, OPT_TIERS, OPT_MODEL, OPT_SERVICE};
    static const int of_demo [] = {OPT_RATE, OPT_SEED, OPT_PAST};

    if (files_count > 1)
        return mistake ("one trace at a time: \"%s\" is one too many", files [1]);
    if (options->demo && files_count > 0)
        return mistake ("either --demo or a trace, not both");
    if (!options->demo && files_count == 0)
        return mistake ("nothing to play: name a FILE, - or --demo (zreplay --help tells more)");
    for (size_t i = 0; options->demo && i < sizeof of_traces / sizeof *of_traces; i++)
        if (given [of_traces [i]])
            return mistake ("--%s is for traces, not for --demo", name_of (of_traces [i]));
    for (size_t i = 0; !options->demo && i < sizeof of_demo / sizeof *of_demo; i++)
        if (given [of_demo [i]])
            return mistake ("--%s is for --demo", name_of (of_demo [i]));
    if (given [OPT_PAST] && !given [OPT_COUNT])
        return mistake ("--past needs --count: how many events there are to be spread");
    /* The default endpoint publishes at the default place; of another one we do not know where. */
    if (!given [OPT_PUBLISH] && !given [OPT_ENDPOINT])
        options->publish = ZCOST_DEFAULT_PUBLISH;
    if (options->spool && !options->publish)
        return mistake ("--spool is for events that are acknowledged: say --publish EP too");
    options->file = files [0];
    if (options->demo)
        options->speed = 1; /* its own times are its rate */
    return 0;
}

/* What getopt_long could not read; with opterr off it leaves the words to us. */
static int refuse (int option, char **argv)
{
    const char *word = argv [optind - 1];
    if (option == ':')
        return mistake ("%s needs a value", word);
    if (optopt >= OPT_ENDPOINT)
        return mistake ("--%s takes no value", name_of (optopt));
    /* Of letters behind one dash it has read the first, and is not past the word unless that is all. */
    if (optopt && (word [0] != '-' || word [1] != (char) optopt || word [2]))
        word = argv [optind];
    return mistake ("unknown option %s (zreplay --help tells more)", word);
}

int zc_options_read (zc_options_t *ret_options, int argc, char **argv)
{
    zc_options_t options = {
        .endpoint = ZCOST_DEFAULT_INGEST, .rate = DEFAULT_RATE, .seed = DEFAULT_SEED, .timeout_s = DEFAULT_TIMEOUT_S};
    bool given [OPT_LAST] = {false};

    opterr = 0;
    for (int option; (option = getopt_long (argc, argv, ":", table, NULL)) != -1;) {
        if (option == ':' || option == '?')
            return refuse (option, argv);
        if (option == OPT_HELP || option == OPT_VERSION) {
            fputs (option == OPT_HELP ? help : "zreplay " ZCOST_VERSION "\n", stdout);
            return 1;
        }
        if (take (&options, option, optarg))
            return -1;
        given [option] = true;
    }
    if (check (&options, given, argv + optind, argc - optind))
        return -1;
    *ret_options = options;
    return 0;
}
