/* SPDX-License-Identifier: MPL-2.0
 *
 * options.h - the command line of zreport.
 *
 * Refuses, in one line that names the mistake, whatever the chosen command has
 * no use for: an option that is silently ignored is a wrong answer.
 */
#ifndef ZC_OPTIONS_H
#define ZC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zreport/window.h"

#define ZC_DIMENSIONS_MAX 9 /* the contract's five, and four configured tags */

typedef enum {
    ZC_REPORT,
    ZC_HOURLY, /* the four that cut time in civil periods, in the order of zc_civil_t */
    ZC_DAILY,
    ZC_WEEKLY,
    ZC_MONTHLY,
    ZC_TOP,
    ZC_SERIES,
    ZC_EXPORT,
    ZC_STATUSLINE,
    ZC_BUDGETS,
    ZC_WATCH,
    ZC_HEALTH,
    ZC_REJECTS,
    ZC_PRICE,
    ZC_PING,
    ZC_COMMANDS
} zc_command_t;

typedef enum { ZC_FORMAT_CSV, ZC_FORMAT_JSONL } zc_format_t;

typedef struct {
    zc_command_t command;
    const char *endpoint; /* the default where none was given; of watch the publish endpoint */
    const char *query;    /* watch: the query endpoint; the default where none was given */
    int timeout_ms;
    bool json;
    int limit;            /* rows; 0: not given */
    int count;            /* watch: how many snapshots; 0: no end */
    const char *model;    /* price */
    const char *service;  /* report: of one service only; NULL: of all */

    int64_t now_s;        /* when the command line was read: one moment for all that follows */
    const char *timezone; /* a zone that exists; "": this process's own */
    zc_window_t window;   /* commands without one: nothing */
    char by [ZC_DIMENSIONS_MAX] [ZC_DIMENSION_BYTES]; /* the command's default where none was given */
    size_t by_count;
    bool by_given; /* by is the command line's, and not the default */
    struct {
        char name [ZC_DIMENSION_BYTES];
        const char *value; /* "": events that lack it */
    } where [ZC_DIMENSIONS_MAX];
    size_t where_count;
    int64_t step_s;      /* series, export */
    zc_format_t format;  /* export */
    const char *pattern; /* statusline: its --format; NULL: the default one */
} zc_options_t;

typedef enum { ZC_OPTIONS_GO, ZC_OPTIONS_DONE, ZC_OPTIONS_WRONG } zc_parsed_t;

/* Strings point into argv. ZC_OPTIONS_DONE: help or version is on stdout; ZC_OPTIONS_WRONG: the
 * mistake is on stderr. Only ZC_OPTIONS_GO writes *ret_options. */
zc_parsed_t zc_options_parse (int argc, char **argv, zc_options_t *ret_options);

#endif
