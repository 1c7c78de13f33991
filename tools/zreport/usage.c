/* SPDX-License-Identifier: MPL-2.0
 *
 * usage.c - zreport's commands and options in words; see usage.h.
 */
#include "zreport/usage.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "zcost.h"

#define HELP_COLUMNS 79
#define HEAD_COLUMNS 22 /* of an option and its value */

#define OF(command) (1u << (command))
#define ALL (OF (ZR_COMMANDS) - 1)
#define PERIODS (OF (ZR_HOURLY) | OF (ZR_DAILY) | OF (ZR_WEEKLY) | OF (ZR_MONTHLY))
#define GROUPED (PERIODS | OF (ZR_TOP) | OF (ZR_SERIES) | OF (ZR_EXPORT))
#define WINDOWED (GROUPED | OF (ZR_REPORT))
#define ZONED (WINDOWED | OF (ZR_STATUSLINE) | OF (ZR_WATCH))

static const struct {
    const char *name, *argument; /* argument: "" where it has none */
    const char *text;            /* one line of the list */
    const char *last, *by;       /* defaults, or NULL */
    const char *more;            /* lines of its own help */
} commands [ZR_COMMANDS] = {
    [ZR_REPORT] = {"report", "", "the cost report (the default)", NULL, NULL,
                   "Without --since, --until or --last: everything since the ledger began.\n"},
    [ZR_HOURLY] = {"hourly", "", "what each hour cost", "24h", "", NULL},
    [ZR_DAILY] = {"daily", "", "what each day cost", "7d", "", NULL},
    [ZR_WEEKLY] = {"weekly", "", "what each week cost, from Monday on", "8w", "", NULL},
    [ZR_MONTHLY] = {"monthly", "", "what each month cost", "12mo", "", NULL},
    [ZR_TOP] = {"top", "", "the dearest models, services or other groups", "24h", "model", NULL},
    [ZR_SERIES] = {"series", "", "the cost over time, as a sparkline a group", "24h", "", NULL},
    [ZR_EXPORT] = {"export", "", "what was counted, as CSV or JSON lines", "24h",
                   "type,service,tier,model,provider" /* and the configured tags */,
                   "A row is what one group counted in one step of time. The step begins at `time`,\n"
                   "UTC, and is `step_seconds` long: longer than asked for where nothing shorter is\n"
                   "kept any more.\n"},
    [ZR_STATUSLINE] = {"statusline", "", "today's spend and more in one line, for prompts and bars", NULL, NULL,
                       "The placeholders of --format:\n"
                       "  {today} {month}    what today and this month cost\n"
                       "  {hour}             what an hour cost, in the last 60 minutes\n"
                       "  {events} {tokens}  today's\n"
                       "  {savings}          today's, of the query router; ~ where a part is assumed\n"
                       "  {budget}           the budget with the greatest share, as in \"search 83%\"\n"
                       "  {{                 a brace\n"
                       "The default is \"{today} today, {hour}/h, {month} this month\", and the budget\n"
                       "where there is one. $1.23+ is at least that: some events had no known price.\n"
                       "Waits 1 second by default. On failure it prints \"zcost ?\", and exits with 1.\n"},
    [ZR_BUDGETS] = {"budgets", "", "limits, and how much of them is spent", NULL, NULL,
                    "Exits with 3 where a budget is breached, with --json too. Budgets warn, and\n"
                    "block nothing. A period begins where the budget's own time zone has it.\n"},
    [ZR_WATCH] = {"watch", "", "everything at a glance, live, until q or Ctrl-C", NULL, NULL,
                  "There h shows the keys. Not on a terminal: the cost report, again at each\n"
                  "snapshot.\n"},
    [ZR_HEALTH] = {"health", "", "how the daemon is, and what it could not count", NULL, NULL, NULL},
    [ZR_REJECTS] = {"rejects", "", "the last inputs that were not taken, and why", NULL, NULL, NULL},
    [ZR_PRICE] = {"price", " MODEL", "the rates in force for a model", NULL, NULL, NULL},
    [ZR_PING] = {"ping", "", "whether the daemon answers, and how fast", NULL, NULL, NULL},
};

static const struct {
    const char *name, *value; /* value: NULL where it takes none */
    uint32_t commands;
    const char *text;
} options [ZR_OPTS] = {
    [ZR_OPT_ENDPOINT] = {"endpoint", "EP", ALL,
                         "where to ask, such as tcp://10.0.0.5:7753 or ipc:///run/zcost/query "
                         "(default " ZCOST_DEFAULT_QUERY "; "
                         "for watch, the publish endpoint, " ZCOST_DEFAULT_PUBLISH ")"},
    [ZR_OPT_QUERY] = {"query", "EP", OF (ZR_WATCH),
                      "watch: where it asks beside what is published "
                      "(default " ZCOST_DEFAULT_QUERY ")"},
    [ZR_OPT_TIMEOUT] = {"timeout", "SECONDS", ALL, "how long to wait for the daemon (default 5; statusline 1)"},
    [ZR_OPT_JSON] = {"json", NULL, ALL,
                     "the result as JSON; of watch a line a snapshot, of export a row. "
                     "Binary values are strings of hex digits"},
    [ZR_OPT_BY] = {"by", "NAMES", GROUPED,
                   "groups, one or more of model, tier, service, provider, type and "
                   "configured tags, as in --by model,tier (default: top model, export all, "
                   "else none)"},
    [ZR_OPT_WHERE] = {"where", "NAME=VALUE", GROUPED | OF (ZR_STATUSLINE),
                      "only events of this model, tier, service, provider, type or tag; "
                      "of several all must hold. Without a value: events that lack it"},
    [ZR_OPT_SINCE] = {"since", "TIME", WINDOWED,
                      "from this time on: 2026-11-21, 2026-11-21T09:30, with Z or an offset "
                      "where --timezone is not meant; today, yesterday; 7d, 12h, 30m or 2w "
                      "ago; @SECONDS since the epoch"},
    [ZR_OPT_UNTIL] = {"until", "TIME", WINDOWED, "before this time (default: the present)"},
    [ZR_OPT_LAST] = {"last", "SPAN", WINDOWED,
                     "instead of --since: 30m, 12h, 7d, 8w or 12mo back from now; hourly to "
                     "monthly: so many civil hours, days, weeks or months, the present one "
                     "included (default: hourly, top, series and export 24h, daily 7d, "
                     "weekly 8w, monthly 12mo; report since the ledger began)"},
    [ZR_OPT_TIMEZONE] = {"timezone", "ZONE", ZONED,
                         "where days and hours begin, such as Europe/Madrid or UTC "
                         "(default: local)"},
    [ZR_OPT_STEP] = {"step", "SPAN", OF (ZR_SERIES) | OF (ZR_EXPORT),
                     "60 (seconds), 5m, 1h, 1d or 1w: whole minutes (default 1h). Steps begin "
                     "at their multiples in UTC: civil days and weeks are those of daily, "
                     "weekly"},
    [ZR_OPT_LIMIT] = {"limit", "N", PERIODS | OF (ZR_TOP) | OF (ZR_SERIES) | OF (ZR_REJECTS),
                      "the dearest N groups only (default 10; with --json all, up to 10,000); "
                      "rejects: the last N only"},
    [ZR_OPT_FORMAT] = {"format", "FORMAT", OF (ZR_EXPORT) | OF (ZR_STATUSLINE),
                       "export: csv (the default) or jsonl; statusline: a text with "
                       "placeholders, see zreport statusline --help"},
    [ZR_OPT_SERVICE] = {"service", "NAME", OF (ZR_REPORT), "report: of what this service sent only"},
    [ZR_OPT_COUNT] = {"count", "N", OF (ZR_WATCH), "watch: end after N snapshots"},
    [ZR_OPT_HELP] = {"help", NULL, ALL, "this text; after a command, the help on that"},
    [ZR_OPT_VERSION] = {"version", NULL, ALL, "the version"},
};

static const char exit_text [] = "Exit status: 0 done, 1 failed or not reached, 2 wrong usage, 3 budget breached.\n";

/* ------------------------------------------------------------------ what there is */

const char *zr_usage_command_name (zr_command_t command)
{
    return commands [command].name;
}

const char *zr_usage_option_name (zr_opt_t option)
{
    return options [option].name;
}

bool zr_usage_option_has_value (zr_opt_t option)
{
    return options [option].value != NULL;
}

zr_command_t zr_usage_command_find (const char *name)
{
    int command = 0;
    while (command < ZR_COMMANDS && strcmp (name, commands [command].name) != 0)
        command++;
    return (zr_command_t) command;
}

bool zr_usage_command_takes (zr_command_t command, zr_opt_t option)
{
    return options [option].commands & OF (command);
}

const char *zr_usage_command_by (zr_command_t command)
{
    return commands [command].by;
}

const char *zr_usage_command_last (zr_command_t command)
{
    return commands [command].last;
}

/* ------------------------------------------------------------------ help */

/* Bytes of the first line of text at this width. */
static int line_of (const char *text, int columns)
{
    int size = (int) strlen (text);
    if (size <= columns)
        return size;
    for (size = columns; size > 0 && text [size] != ' '; size--)
        ;
    return size > 0 ? size : columns;
}

/* "  --name VALUE", and the text in a column of its own. */
static void print_option (zr_opt_t option)
{
    const char *text = options [option].text, *value = options [option].value;
    char head [HEAD_COLUMNS];
    snprintf (head, sizeof head, "  --%s%s%s", options [option].name, value ? " " : "", value ? value : "");
    while (true) {
        int size = line_of (text, HELP_COLUMNS - HEAD_COLUMNS);
        printf ("%-*s%.*s\n", HEAD_COLUMNS, head, size, text);
        head [0] = 0;
        text += size + (text [size] == ' ');
        if (*text == 0)
            return;
    }
}

void zr_usage_print (void)
{
    puts (
        "Usage: zreport [COMMAND] [OPTION]...\n"
        "\n"
        "Asks zcostd what the LLM calls cost, and what routing and caching saved.\n"
        "\n"
        "Commands:");
    for (int i = 0; i < ZR_COMMANDS; i++) {
        char head [24];
        snprintf (head, sizeof head, "%s%s", commands [i].name, commands [i].argument);
        printf ("  %-14s %s\n", head, commands [i].text);
    }
    puts ("\nOptions:");
    for (int i = 0; i < ZR_OPTS; i++)
        print_option ((zr_opt_t) i);
    printf ("\n%s", exit_text);
}

void zr_usage_print_command (zr_command_t command)
{
    printf ("Usage: zreport %s%s [OPTION]...\n\nShows %s.\n", commands [command].name, commands [command].argument,
            commands [command].text);
    if (commands [command].more)
        printf ("\n%s", commands [command].more);
    puts ("\nOptions:");
    for (int i = 0; i < ZR_OPTS; i++)
        if (zr_usage_command_takes (command, (zr_opt_t) i))
            print_option ((zr_opt_t) i);
    printf ("\n%s", exit_text);
}
