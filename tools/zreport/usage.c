/* SPDX-License-Identifier: MPL-2.0
 *
 * usage.c - zreport's commands in words; see usage.h.
 */
#include "zreport/usage.h"

#include <stdio.h>
#include <string.h>

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
    [ZR_TOP] = {"top", "", "the most expensive models, services or other groups", "24h", "model", NULL},
    [ZR_SERIES] = {"series", "", "the cost over time, one sparkline per group", "24h", "", NULL},
    [ZR_EXPORT] = {"export", "", "what was counted, as CSV or JSON lines", "24h",
                   "type,service,tier,model,provider" /* and the configured tags */,
                   "A row is what one group counted in one step of time. The step begins at `time`,\n"
                   "UTC, and is `step_seconds` long: longer than asked for if nothing shorter is\n"
                   "kept any more.\n"},
    [ZR_STATUSLINE] = {"statusline", "", "today's spend and more in one line, for prompts and bars", NULL, NULL,
                       "The placeholders of --format:\n"
                       "  {today} {month}    what today and this month cost\n"
                       "  {hour}             the cost per hour over the last 60 minutes\n"
                       "  {events} {tokens}  today's events and tokens\n"
                       "  {savings}          what the query router saved today; ~ if a part is assumed\n"
                       "  {budget}           the budget with the largest share spent, as in \"search 83%\"\n"
                       "  {{                 a literal brace\n"
                       "The default is \"{today} today, {hour}/h, {month} this month\", and the budget\n"
                       "if there is one. $1.23+ means at least that: some events have no known price.\n"
                       "Waits 1 second by default. On failure it prints \"zcost ?\" and exits with 1.\n"},
    [ZR_BUDGETS] = {"budgets", "", "limits, and how much of them is spent", NULL, NULL,
                    "Exits with 3 if a budget is breached, with --json too. Budgets warn, but\n"
                    "block nothing. Its periods begin by its own time zone.\n"},
    [ZR_WATCH] = {"watch", "", "everything at a glance, live, until q or Ctrl-C", NULL, NULL,
                  "Press h to see the keys. If not on a terminal: the cost report, again at each\n"
                  "snapshot.\n"},
    [ZR_HEALTH] = {"health", "", "the state of the daemon, and what it could not count", NULL, NULL, NULL},
    [ZR_REJECTS] = {"rejects", "", "the last inputs that were rejected, and why", NULL, NULL, NULL},
    [ZR_PRICE] = {"price", " MODEL", "the rates in force for a model", NULL, NULL, NULL},
    [ZR_PING] = {"ping", "", "whether the daemon answers, and how fast", NULL, NULL, NULL},
};

/* ------------------------------------------------------------------ what there is */

const char *zr_usage_command_name (zr_command_t command)
{
    return commands [command].name;
}

zr_command_t zr_usage_command_find (const char *name)
{
    int command = 0;
    while (command < ZR_COMMANDS && strcmp (name, commands [command].name) != 0)
        command++;
    return (zr_command_t) command;
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

static void print_all (void)
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
}

void zr_usage_print (zr_command_t command)
{
    if (command == ZR_COMMANDS)
        print_all ();
    else
        printf ("Usage: zreport %s%s [OPTION]...\n\nShows %s.\n", commands [command].name, commands [command].argument,
                commands [command].text);
    if (command != ZR_COMMANDS && commands [command].more)
        printf ("\n%s", commands [command].more);
    puts ("\nOptions:");
}
