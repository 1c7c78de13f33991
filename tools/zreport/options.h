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

typedef enum { ZC_REPORT, ZC_WATCH, ZC_HEALTH, ZC_REJECTS, ZC_PRICE, ZC_PING } zc_command_t;

typedef struct {
    zc_command_t command;
    const char *endpoint; /* the default where none was given */
    int timeout_ms;
    bool json;
    int limit;         /* rejects: how many; 0: as many as the daemon gives */
    int count;         /* watch: how many snapshots; 0: no end */
    const char *model; /* price */
    const char *service; /* report: of one service only; NULL: of all */
} zc_options_t;

typedef enum { ZC_OPTIONS_GO, ZC_OPTIONS_DONE, ZC_OPTIONS_WRONG } zc_parsed_t;

/* Strings point into argv. ZC_OPTIONS_DONE: help or version is on stdout; ZC_OPTIONS_WRONG: the
 * mistake is on stderr. Only ZC_OPTIONS_GO writes *ret_options. */
zc_parsed_t zc_options_parse (int argc, char **argv, zc_options_t *ret_options);

#endif
