/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_parse.c - the command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "civil/clock.h"
#include "civil/zone.h"
#include "core/ledger/keys.h"
#include "core/delivery/producers.h"
#include "daemon/settings.h"
#include "program/zpl.h"
#include "store/data_dir.h"

#define HOUR_MS (INT64_C (60) * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)

static const char help [] =
    "zcostd - a ledger for LLM spending on a ZeroMQ bus\n"
    "\n"
    "usage: zcostd [--config FILE] [options]\n"
    "\n"
    "  --config FILE       settings in ZPL; the command line beats the file\n"
    "  --ingest EP...      where services PUSH usage events     (" ZCOST_DEFAULT_INGEST
    ")\n"
    "  --publish EP...     where dashboards SUBscribe           (" ZCOST_DEFAULT_PUBLISH
    ")\n"
    "  --query EP...       where zreport and others ask         (" ZCOST_DEFAULT_QUERY
    ")\n"
    "                      EP is tcp://ADDRESS:PORT (port *: a free one) or ipc://PATH;\n"
    "                      several after one option, or the option several times\n"
    "  --interval SECONDS  time between snapshots, 0.05 to 86400 (30)\n"
    "  --data DIR|none     where the ledger is kept: the journal and the store; none: in memory\n"
    "                      only ($STATE_DIRECTORY, $XDG_STATE_HOME/zcost, ~/.local/state/zcost)\n"
    "  --prices FILE       price table in LiteLLM's format; SIGHUP reads it again (built-in)\n"
    "  --check DIR         look whether the ledger kept there is sound, change nothing, and end\n"
    "  --reprice FILE      say what is different by these prices, correct the ledger, and end; needs\n"
    "                      a journal that is kept (journal/keep)\n"
    "  --since TIME        from when on: 2026-11-01, 2026-11-01T09:30Z (UTC), 7d (ago) or @SECONDS\n"
    "  --dry-run           only say it\n"
    "  --help              this text\n"
    "  --version           the version\n"
    "\n"
    "SIGTERM and SIGINT drain what has arrived, publish a last snapshot and end.\n"
    "Exit: 0 done, 1 failed (--check: not sound), 2 wrong usage or configuration.\n";

/* An option, and the setting that it overrides. The first three take several values. */
static const struct {
    const char *option, *path;
} overrides [] = {
    {"ingest", "ingest/endpoint"}, {"publish", "publish/endpoint"},
    {"query", "query/endpoint"},   {"interval", "publish/interval_seconds"},
    {"data", "data/directory"},    {"prices", "prices/file"},
};

#define LISTS 3
#define OVERRIDES (int) (sizeof overrides / sizeof *overrides)

/* getopt's codes, none a letter: an override's place from CODE on, and then these. */
#define CODE 256
enum { CODE_CONFIG = CODE + 6, CODE_CHECK, CODE_REPRICE, CODE_SINCE, CODE_DRY_RUN, CODE_HELP, CODE_VERSION };

static const struct option options [] = {
    {"ingest", required_argument, NULL, CODE},          {"publish", required_argument, NULL, CODE + 1},
    {"query", required_argument, NULL, CODE + 2},       {"interval", required_argument, NULL, CODE + 3},
    {"data", required_argument, NULL, CODE + 4},        {"prices", required_argument, NULL, CODE + 5},
    {"config", required_argument, NULL, CODE_CONFIG},   {"check", required_argument, NULL, CODE_CHECK},
    {"reprice", required_argument, NULL, CODE_REPRICE}, {"since", required_argument, NULL, CODE_SINCE},
    {"dry-run", no_argument, NULL, CODE_DRY_RUN},       {"help", no_argument, NULL, CODE_HELP},
    {"version", no_argument, NULL, CODE_VERSION},       {NULL, 0, NULL, 0},
};

static zc_endpoints_t *list_of (zc_settings_t *self, int override)
{
    return override == 0 ? &self->ingest : override == 1 ? &self->publish : &self->query;
}

static zc_parsed_t bad_usage (const char *text, const char *why)
{
    fprintf (stderr, "zcostd: %s%s (try --help)\n", text, why);
    return ZC_EXIT_USAGE;
}

/* What getopt could not read; within a cluster of letters optind still points before it. */
static zc_parsed_t bad_option (const char *word)
{
    char letter [2] = {(char) optopt, '\0'};
    if (optopt >= CODE)
        return bad_usage (optopt == CODE_HELP      ? "--help"
                          : optopt == CODE_DRY_RUN ? "--dry-run"
                                                   : "--version",
                          " takes no value");
    return optopt ? bad_usage ("unknown option -", letter) : bad_usage ("unknown option ", word);
}

/* One value of one option. seen: which options came before on the command line. */
static zc_parsed_t apply_override (zc_settings_t *self, int override, const char *value, unsigned *seen)
{
    /* The first endpoint on the command line displaces those of the file. */
    if (override < LISTS && !(*seen & (1u << override)))
        list_of (self, override)->count = 0;
    *seen |= 1u << override;
    const char *why = zc_settings_set (self, overrides [override].path, value);
    if (!why)
        return ZC_RUN;
    fprintf (stderr, "zcostd: --%s: %s\n", overrides [override].option, why);
    return ZC_EXIT_USAGE;
}

static zc_parsed_t take_check (zc_settings_t *self, const char *directory)
{
    if (!*directory || strlen (directory) >= ZC_PATH_BYTES)
        return bad_usage ("--check", " needs a directory");
    if (self)
        strcpy (self->check, directory);
    return ZC_RUN;
}

static zc_parsed_t take_reprice (zc_settings_t *self, const char *file)
{
    if (!*file || strlen (file) >= ZC_PATH_BYTES)
        return bad_usage ("--reprice", " needs a file of prices");
    if (self)
        strcpy (self->reprice, file);
    return ZC_RUN;
}

static zc_parsed_t take_since (zc_settings_t *self, const char *text)
{
    int64_t since_s;
    if (zc_zone_parse ("UTC", text, zc_clock_wall_ms () / 1000, &since_s) == -1)
        return bad_usage ("--since", " needs a time, such as 2026-11-01 or 7d");
    if (self)
        self->since_s = since_s;
    return ZC_RUN;
}

/* Options that make sense together only. */
static zc_parsed_t check_reprice (const zc_settings_t *self)
{
    if (!self->reprice [0] && (self->since_s != -1 || self->dry_run))
        return bad_usage (self->dry_run ? "--dry-run" : "--since", " belongs to --reprice");
    if (self->reprice [0] && self->since_s == -1)
        return bad_usage ("--reprice", " needs --since");
    if (self->reprice [0] && self->in_memory)
        return bad_usage ("--reprice", " needs a ledger that is kept: --data DIR");
    return ZC_RUN;
}

/* Walks the command line; self NULL: only looks for --config, --help, --version and mistakes. */
static zc_parsed_t walk (int argc, char **argv, zc_settings_t *self, const char **ret_config)
{
    unsigned seen = 0;
    int last = -1;
    int option;
    zc_parsed_t parsed = ZC_RUN;
    optind = 0; /* begin anew: the walk is made twice */
    opterr = 0;
    while (parsed == ZC_RUN && (option = getopt_long (argc, argv, "-:", options, NULL)) != -1) {
        /* A bare word behind --ingest EP, --publish EP or --query EP is one more endpoint. */
        if (option == 1 && last >= CODE && last < CODE + LISTS)
            option = last;
        last = option;
        if (option >= CODE && option < CODE + OVERRIDES)
            parsed = self ? apply_override (self, option - CODE, optarg, &seen) : ZC_RUN;
        else if (option == CODE_CONFIG)
            *ret_config = optarg;
        else if (option == CODE_CHECK)
            parsed = take_check (self, optarg);
        else if (option == CODE_REPRICE)
            parsed = take_reprice (self, optarg);
        else if (option == CODE_SINCE)
            parsed = take_since (self, optarg);
        else if (option == CODE_DRY_RUN) {
            if (self)
                self->dry_run = true;
        } else if (option == CODE_HELP) {
            fputs (help, stdout);
            parsed = ZC_EXIT_DONE;
        } else if (option == CODE_VERSION) {
            puts ("zcostd " ZCOST_VERSION);
            parsed = ZC_EXIT_DONE;
        } else if (option == ':')
            parsed = bad_usage (argv [optind - 1], " needs a value");
        else if (option == '?')
            parsed = bad_option (argv [optind - 1]);
        else
            parsed = bad_usage ("unexpected argument ", optarg);
    }
    if (parsed == ZC_RUN && optind < argc)
        parsed = bad_usage ("unexpected argument ", argv [optind]);
    return parsed;
}

static void set_defaults (zc_settings_t *self)
{
    memset (self, 0, sizeof *self);
    if (gethostname (self->instance, sizeof self->instance - 1) == -1 || !self->instance [0])
        strcpy (self->instance, "zcostd");
    strcpy (self->ingest.list [0], ZCOST_DEFAULT_INGEST);
    strcpy (self->publish.list [0], ZCOST_DEFAULT_PUBLISH);
    strcpy (self->query.list [0], ZCOST_DEFAULT_QUERY);
    self->interval_ms = 30000;
    self->limits.frame_bytes_max = 16 << 20;
    self->limits.batch_events_max = 100000;
    self->high_water_mark = 1000;
    self->rejects_keep = 1000;
    self->memory_max_bytes = (int64_t) 4 << 30;
    self->segment_bytes = 64 << 20;
    self->sync_interval_ms = 10;
    self->checkpoint_ms = 10000;
    self->since_s = -1;
    self->retention.minutes_ms = 48 * HOUR_MS;
    self->retention.quarters_ms = 400 * DAY_MS;
    self->days_ms = ZC_FOREVER;
    self->caps.keys_max = ZC_KEYS_MAX;
    self->caps.producers_max = ZC_PRODUCERS_MAX;
    self->caps.expired_max = ZC_EXPIRED_MAX;
    self->caps.expire_after_ms = 7 * DAY_MS;
    zc_policy_default (&self->policy);
}

/* A list that nobody added to still holds its default in the first place. */
static void fill_endpoints (zc_endpoints_t *list)
{
    if (list->count == 0)
        list->count = 1;
}

/* Where nobody said it: the state directory of the unit, or of the user. */
static zc_parsed_t find_directory (zc_settings_t *self)
{
    char found [ZC_PATH_BYTES];
    if (self->in_memory || self->directory [0])
        return ZC_RUN;
    if (zc_data_dir_default (found, sizeof found) == -1)
        return bad_usage ("no HOME and no XDG_STATE_HOME: say --data DIR", ", or --data none");
    const char *why = zc_settings_set (self, "data/directory", found); /* what may be in it holds for it too */
    return why ? bad_usage ("the state directory's name ", why) : ZC_RUN;
}

static const char *set_by_path (void *self, const char *path, const char *value)
{
    return zc_settings_set (self, path, value);
}

static const char *close_path (void *self, const char *path)
{
    return zc_settings_close (self, path);
}

static const zc_zpl_t file = {
    .program = "zcostd",
    .has_section = zc_settings_has_section,
    .comes_first = zc_settings_comes_first,
    .set = set_by_path,
    .close = close_path,
};

zc_parsed_t zc_settings_parse (int argc, char **argv, zc_settings_t *ret_settings)
{
    const char *config = NULL;
    set_defaults (ret_settings);
    zc_parsed_t parsed = walk (argc, argv, NULL, &config);
    if (parsed == ZC_RUN && config && zc_zpl_read (&file, ret_settings, config) == -1)
        parsed = ZC_EXIT_USAGE;
    if (parsed == ZC_RUN)
        parsed = walk (argc, argv, ret_settings, &config);
    fill_endpoints (&ret_settings->ingest);
    fill_endpoints (&ret_settings->publish);
    fill_endpoints (&ret_settings->query);
    if (parsed == ZC_RUN && !ret_settings->check [0])
        parsed = find_directory (ret_settings);
    if (parsed == ZC_RUN)
        parsed = check_reprice (ret_settings);
    const char *why = parsed == ZC_RUN ? zc_settings_check (ret_settings) : NULL;
    if (why) {
        fprintf (stderr, "zcostd: %s\n", why);
        parsed = ZC_EXIT_USAGE;
    }
    return parsed;
}
