/* SPDX-License-Identifier: MPL-2.0
 *
 * options.h - the command line of zreplay.
 */
#ifndef ZC_REPLAY_OPTIONS_H
#define ZC_REPLAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "program/options.h"
#include "zreplay/record.h"

typedef enum { ZC_FORMAT_GUESS, ZC_FORMAT_CSV, ZC_FORMAT_JSONL } zc_format_t;

/* Strings belong to argv. */
typedef struct {
    const char *file; /* "-": standard input; NULL: the demo */
    zc_format_t format;
    bool demo;
    int64_t seed;
    double rate;        /* demo events a second; 0: as fast as possible */
    int64_t past_hours; /* that demo events are spread over; 0: they are of now */
    double speed;       /* 1: the trace's own; 0: as fast as possible */
    zc_defaults_t defaults;
    char endpoint [ZC_ENDPOINT_BYTES];
    char publish [ZC_ENDPOINT_BYTES]; /* where acknowledgements come from; "": none are wanted */
    const char *spool;                /* directory; NULL: none */
    const char *service;              /* of events that name none; NULL: the library's default */
    int64_t count;                    /* stop after so many events; 0: no end */
    int64_t duration_ms;              /* stop after so long; 0: no end */
    int64_t timeout_ms;
    bool quiet, json;
} zc_options_t;

/* Reads the command line. ZC_EXIT_DONE: help or version is on stdout; ZC_EXIT_USAGE: the mistake is on stderr. */
zc_parsed_t zc_options_parse (int argc, char **argv, zc_options_t *ret_options);

#endif
