/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_parse.c - the command line.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "program/zpl.h"
#include "zboard/settings.h"
#include "zcost.h"

static const char help [] =
    "zboard - zcost's web gateway: a dashboard, JSON and Prometheus over HTTP\n"
    "\n"
    "usage: zboard [--config FILE] [options]\n"
    "\n"
    "  --listen ADDR:PORT  where to serve HTTP; port 0: a free one  (" ZB_DEFAULT_LISTEN
    ")\n"
    "  --ingest EP         where zcostd takes events in    (" ZCOST_DEFAULT_INGEST
    ")\n"
    "  --publish EP        where zcostd publishes          (" ZCOST_DEFAULT_PUBLISH
    ")\n"
    "  --query EP          where zcostd answers            (" ZCOST_DEFAULT_QUERY
    ")\n"
    "                      EP is tcp://ADDRESS:PORT or ipc://PATH\n"
    "  --spool DIR         keep events that zcostd has not acknowledged in a directory, so that\n"
    "                      a kill loses none (in memory)\n"
    "  --token-file FILE   whoever asks needs one of its lines as a bearer token; SIGHUP reads\n"
    "                      it again (none: who reaches the address may ask)\n"
    "  --tls-cert FILE     serve HTTPS: the certificate's chain, PEM\n"
    "  --tls-key FILE      and its key\n"
    "  --config FILE       settings in ZPL; the command line beats the file\n"
    "  --help              this text\n"
    "  --version           the version\n"
    "\n"
    "SIGTERM and SIGINT end open streams, hand over what was tracked, and end.\n"
    "Exit: 0 done, 1 failed, 2 wrong usage or configuration.\n";

/* An option, and the setting that it overrides. */
static const struct {
    const char *option, *path;
} overrides [] = {
    {"listen", "http/listen"},     {"ingest", "ingest/endpoint"}, {"publish", "publish/endpoint"},
    {"query", "query/endpoint"},   {"spool", "ingest/spool"},     {"token-file", "http/token_file"},
    {"tls-cert", "http/tls_cert"}, {"tls-key", "http/tls_key"},
};

#define OVERRIDES (int) (sizeof overrides / sizeof *overrides)

/* getopt's codes, none a letter: an override's place from CODE on, and then these. */
#define CODE 256
enum { CODE_CONFIG = CODE + 8, CODE_HELP, CODE_VERSION };

static const struct option options [] = {
    {"listen", required_argument, NULL, CODE},        {"ingest", required_argument, NULL, CODE + 1},
    {"publish", required_argument, NULL, CODE + 2},   {"query", required_argument, NULL, CODE + 3},
    {"spool", required_argument, NULL, CODE + 4},     {"token-file", required_argument, NULL, CODE + 5},
    {"tls-cert", required_argument, NULL, CODE + 6},  {"tls-key", required_argument, NULL, CODE + 7},
    {"config", required_argument, NULL, CODE_CONFIG}, {"help", no_argument, NULL, CODE_HELP},
    {"version", no_argument, NULL, CODE_VERSION},     {NULL, 0, NULL, 0},
};

static zb_parsed_t bad_usage (const char *text, const char *why)
{
    fprintf (stderr, "zboard: %s%s (try --help)\n", text, why);
    return ZB_EXIT_USAGE;
}

/* What getopt could not read; within a cluster of letters optind still points before it. */
static zb_parsed_t bad_option (const char *word)
{
    char letter [2] = {(char) optopt, '\0'};
    if (optopt >= CODE)
        return bad_usage (optopt == CODE_HELP ? "--help" : "--version", " takes no value");
    return optopt ? bad_usage ("unknown option -", letter) : bad_usage ("unknown option ", word);
}

static zb_parsed_t apply_override (zb_settings_t *self, int override, const char *value)
{
    const char *why = zb_settings_set (self, overrides [override].path, value);
    if (!why)
        return ZB_RUN;
    fprintf (stderr, "zboard: --%s: %s\n", overrides [override].option, why);
    return ZB_EXIT_USAGE;
}

static zb_parsed_t print (const char *text)
{
    fputs (text, stdout);
    return ZB_EXIT_DONE;
}

/* Walks the command line; self NULL: only looks for --config, --help, --version and mistakes. */
static zb_parsed_t walk (int argc, char **argv, zb_settings_t *self, const char **ret_config)
{
    int option;
    zb_parsed_t parsed = ZB_RUN;
    optind = 0; /* begin anew: the walk is made twice */
    opterr = 0;
    while (parsed == ZB_RUN && (option = getopt_long (argc, argv, "-:", options, NULL)) != -1) {
        if (option >= CODE && option < CODE + OVERRIDES)
            parsed = self ? apply_override (self, option - CODE, optarg) : ZB_RUN;
        else if (option == CODE_CONFIG)
            *ret_config = optarg;
        else if (option == CODE_HELP)
            parsed = print (help);
        else if (option == CODE_VERSION)
            parsed = print ("zboard " ZCOST_VERSION "\n");
        else if (option == ':')
            parsed = bad_usage (argv [optind - 1], " needs a value");
        else if (option == '?')
            parsed = bad_option (argv [optind - 1]);
        else
            parsed = bad_usage ("unexpected argument ", optarg);
    }
    if (parsed == ZB_RUN && optind < argc)
        parsed = bad_usage ("unexpected argument ", argv [optind]);
    return parsed;
}

static const char *set_by_path (void *self, const char *path, const char *value)
{
    return zb_settings_set (self, path, value);
}

static const zc_zpl_t file = {.program = "zboard", .has_section = zb_settings_has_section, .set = set_by_path};

zb_parsed_t zb_settings_parse (int argc, char **argv, zb_settings_t *ret_settings)
{
    const char *config = NULL;
    zb_settings_default (ret_settings);
    zb_parsed_t parsed = walk (argc, argv, NULL, &config);
    if (parsed == ZB_RUN && config && zc_zpl_read (&file, ret_settings, config) == -1)
        parsed = ZB_EXIT_USAGE;
    if (parsed == ZB_RUN)
        parsed = walk (argc, argv, ret_settings, &config);
    const char *why = parsed == ZB_RUN ? zb_settings_check (ret_settings) : NULL;
    if (why) {
        fprintf (stderr, "zboard: %s\n", why);
        parsed = ZB_EXIT_USAGE;
    }
    return parsed;
}
