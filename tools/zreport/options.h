/* SPDX-License-Identifier: MPL-2.0
 *
 * options.h - the command line of zreport.
 *
 * Refuses, in one line that names the mistake, whatever the chosen command has
 * no use for: an option that is silently ignored is a wrong answer.
 */
#ifndef ZR_OPTIONS_H
#define ZR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/options.h"
#include "zreport/group.h"
#include "zreport/usage.h"
#include "zreport/window.h"

typedef enum { ZR_FORMAT_CSV, ZR_FORMAT_JSONL } zr_format_t;

typedef struct {
    zr_command_t command;
    const char *endpoint; /* the default where none was given; of watch the publish endpoint */
    const char *query;    /* watch: the query endpoint; the default where none was given */
    int timeout_ms;
    bool json;
    int limit;           /* rows; 0: not given */
    int count;           /* watch: how many snapshots; 0: no end */
    const char *model;   /* price */
    const char *service; /* report: of one service only; NULL: of all */

    int64_t now_s;        /* when the command line was read: one moment for all that follows */
    const char *timezone; /* a zone that exists; "": this process's own */
    zr_window_t window;   /* commands without one: nothing */
    zr_group_t group;     /* by: the command's default where none was given */
    bool by_given;        /* by is the command line's, and not the default */
    int64_t step_s;       /* series, export */
    zr_format_t format;   /* export */
    const char *pattern;  /* statusline: its --format; NULL: the default one */
} zr_options_t;

/* Strings point into argv. ZC_EXIT_DONE: help or version is on stdout; ZC_EXIT_USAGE: the mistake is on stderr. Only
 * ZC_RUN writes *ret_options. */
zc_parsed_t zr_options_parse (int argc, char **argv, zr_options_t *ret_options);

#endif
