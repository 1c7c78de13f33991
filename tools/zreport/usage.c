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
#define ALL (OF (ZC_COMMANDS) - 1)
#define PERIODS (OF (ZC_HOURLY) | OF (ZC_DAILY) | OF (ZC_WEEKLY) | OF (ZC_MONTHLY))
#define GROUPED (PERIODS | OF (ZC_TOP) | OF (ZC_SERIES) | OF (ZC_EXPORT))
#define WINDOWED (GROUPED | OF (ZC_REPORT))
#define ZONED (WINDOWED | OF (ZC_STATUSLINE) | OF (ZC_WATCH))

static const struct {
    const char *name, *argument; /* argument: "" where it has none */
    const char *text;            /* one line of the list */
    const char *last, *by;       /* defaults, or NULL */
    const char *more;            /* lines of its own help */
} commands [ZC_COMMANDS] = {
    [ZC_REPORT] = {"report", "", "the cost report (the default)", NULL, NULL,
        "Without --since, --until or --last: everything since the ledger began.\n"},
    [ZC_HOURLY] = {"hourly", "", "what each hour cost", "24h", "", NULL},
    [ZC_DAILY] = {"daily", "", "what each day cost", "7d", "", NULL},
    [ZC_WEEKLY] = {"weekly", "", "what each week cost, from Monday on", "8w", "", NULL},
    [ZC_MONTHLY] = {"monthly", "", "what each month cost", "12mo", "", NULL},
    [ZC_TOP] = {"top", "", "the dearest models, services or other groups", "24h", "model", NULL},
    [ZC_SERIES] = {"series", "", "the cost over time, as a sparkline a group", "24h", "", NULL},
    [ZC_EXPORT] = {"export", "", "what was counted, as CSV or JSON lines", "24h", "type,service,tier,model,provider" /* and the configured tags */,
        "A row is what one group counted in one step of time. The step begins at `time`,\n"
        "UTC, and is `step_seconds` long: longer than asked for where nothing shorter is\n"
        "kept any more.\n"},
    [ZC_STATUSLINE] = {"statusline", "", "today's spend and more in one line, for prompts and bars", NULL, NULL,
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
    [ZC_BUDGETS] = {"budgets", "", "limits, and how much of them is spent", NULL, NULL,
        "Exits with 3 where a budget is breached, with --json too. Budgets warn, and\n"
        "block nothing. A period begins where the budget's own time zone has it.\n"},
    [ZC_WATCH] = {"watch", "", "everything at a glance, live, until q or Ctrl-C", NULL, NULL,
        "There h shows the keys. Not on a terminal: the cost report, again at each\n"
        "snapshot.\n"},
    [ZC_HEALTH] = {"health", "", "how the daemon is, and what it could not count", NULL, NULL, NULL},
    [ZC_REJECTS] = {"rejects", "", "the last inputs that were not taken, and why", NULL, NULL, NULL},
    [ZC_PRICE] = {"price", " MODEL", "the rates in force for a model", NULL, NULL, NULL},
    [ZC_PING] = {"ping", "", "whether the daemon answers, and how fast", NULL, NULL, NULL},
};

static const struct {
    const char *name, *value; /* value: NULL where it takes none */
    uint32_t commands;
    const char *text;
} options [ZC_OPTS] = {
    [ZC_OPT_ENDPOINT] = {"endpoint", "EP", ALL,
        "where to ask, such as tcp://10.0.0.5:7753 or ipc:///run/zcost/query "
        "(default " ZCOST_DEFAULT_QUERY "; "
        "for watch, the publish endpoint, " ZCOST_DEFAULT_PUBLISH ")"},
    [ZC_OPT_QUERY] = {"query", "EP", OF (ZC_WATCH),
        "watch: where it asks beside what is published "
        "(default " ZCOST_DEFAULT_QUERY ")"},
    [ZC_OPT_TIMEOUT] = {"timeout", "SECONDS", ALL, "how long to wait for the daemon (default 5; statusline 1)"},
    [ZC_OPT_JSON] = {"json", NULL, ALL,
        "the result as JSON; of watch a line a snapshot, of export a row. "
        "Binary values are strings of hex digits"},
    [ZC_OPT_BY] = {"by", "NAMES", GROUPED,
        "groups, one or more of model, tier, service, provider, type and "
        "configured tags, as in --by model,tier (default: top model, export all, "
        "else none)"},
    [ZC_OPT_WHERE] = {"where", "NAME=VALUE", GROUPED | OF (ZC_STATUSLINE),
        "only events of this model, tier, service, provider, type or tag; "
        "of several all must hold. Without a value: events that lack it"},
    [ZC_OPT_SINCE] = {"since", "TIME", WINDOWED,
        "from this time on: 2026-11-21, 2026-11-21T09:30, with Z or an offset "
        "where --timezone is not meant; today, yesterday; 7d, 12h, 30m or 2w "
        "ago; @SECONDS since the epoch"},
    [ZC_OPT_UNTIL] = {"until", "TIME", WINDOWED, "before this time (default: the present)"},
    [ZC_OPT_LAST] = {"last", "SPAN", WINDOWED,
        "instead of --since: 30m, 12h, 7d, 8w or 12mo back from now; hourly to "
        "monthly: so many civil hours, days, weeks or months, the present one "
        "included (default: hourly, top, series and export 24h, daily 7d, "
        "weekly 8w, monthly 12mo; report since the ledger began)"},
    [ZC_OPT_TIMEZONE] = {"timezone", "ZONE", ZONED,
        "where days and hours begin, such as Europe/Madrid or UTC "
        "(default: local)"},
    [ZC_OPT_STEP] = {"step", "SPAN", OF (ZC_SERIES) | OF (ZC_EXPORT),
        "60 (seconds), 5m, 1h, 1d or 1w: whole minutes (default 1h). Steps begin "
        "at their multiples in UTC: civil days and weeks are those of daily, "
        "weekly"},
    [ZC_OPT_LIMIT] = {"limit", "N", PERIODS | OF (ZC_TOP) | OF (ZC_SERIES) | OF (ZC_REJECTS),
        "the dearest N groups only (default 10; with --json all, up to 10,000); "
        "rejects: the last N only"},
    [ZC_OPT_FORMAT] = {"format", "FORMAT", OF (ZC_EXPORT) | OF (ZC_STATUSLINE),
        "export: csv (the default) or jsonl; statusline: a text with "
        "placeholders, see zreport statusline --help"},
    [ZC_OPT_SERVICE] = {"service", "NAME", OF (ZC_REPORT), "report: of what this service sent only"},
    [ZC_OPT_COUNT] = {"count", "N", OF (ZC_WATCH), "watch: end after N snapshots"},
    [ZC_OPT_HELP] = {"help", NULL, ALL, "this text; after a command, the help on that"},
    [ZC_OPT_VERSION] = {"version", NULL, ALL, "the version"},
};

static const char exit_text [] = "Exit status: 0 done, 1 failed or not reached, 2 wrong usage, 3 budget breached.\n";

/* ------------------------------------------------------------------ what there is */

const char *zc_command_name (zc_command_t command)
{
    return commands [command].name;
}

const char *zc_option_name (zc_opt_t option)
{
    return options [option].name;
}

bool zc_option_has_value (zc_opt_t option)
{
    return options [option].value != NULL;
}

zc_command_t zc_command_find (const char *name)
{
    int command = 0;
    while (command < ZC_COMMANDS && strcmp (name, commands [command].name) != 0)
        command++;
    return (zc_command_t) command;
}

bool zc_command_takes (zc_command_t command, zc_opt_t option)
{
    return options [option].commands & OF (command);
}

const char *zc_command_by (zc_command_t command)
{
    return commands [command].by;
}

const char *zc_command_last (zc_command_t command)
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
static void print_option (zc_opt_t option)
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

void zc_help (void)
{
    puts ("Usage: zreport [COMMAND] [OPTION]...\n"
          "\n"
          "Asks zcostd what the LLM calls cost, and what routing and caching saved.\n"
          "\n"
          "Commands:");
    for (int i = 0; i < ZC_COMMANDS; i++) {
        char head [24];
        snprintf (head, sizeof head, "%s%s", commands [i].name, commands [i].argument);
        printf ("  %-14s %s\n", head, commands [i].text);
    }
    puts ("\nOptions:");
    for (int i = 0; i < ZC_OPTS; i++)
        print_option ((zc_opt_t) i);
    printf ("\n%s", exit_text);
}

void zc_help_on (zc_command_t command)
{
    printf ("Usage: zreport %s%s [OPTION]...\n\nShows %s.\n", commands [command].name, commands [command].argument,
            commands [command].text);
    if (commands [command].more)
        printf ("\n%s", commands [command].more);
    puts ("\nOptions:");
    for (int i = 0; i < ZC_OPTS; i++)
        if (zc_command_takes (command, (zc_opt_t) i))
            print_option ((zc_opt_t) i);
    printf ("\n%s", exit_text);
}
