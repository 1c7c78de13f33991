/* SPDX-License-Identifier: MPL-2.0
 *
 * options.h - the command line of zreplay.
 */
#ifndef ZC_OPTIONS_H
#define ZC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "zreplay/record.h"

typedef enum { ZC_FORMAT_GUESS, ZC_FORMAT_CSV, ZC_FORMAT_JSONL } zc_format_t;

/* Strings belong to argv. */
typedef struct {
    const char *file; /* "-": standard input; NULL: the demo */
    zc_format_t format;
    bool demo;
    uint64_t seed;
    double rate;         /* demo events a second; 0: as fast as possible */
    uint64_t past_hours; /* that demo events are spread over; 0: they are of now */
    double speed;        /* 1: the trace's own; 0: as fast as possible */
    zc_defaults_t defaults;
    const char *endpoint;
    const char *publish; /* where acknowledgements come from; NULL: none are wanted */
    const char *spool;   /* directory; NULL: none */
    const char *service; /* of events that name none; NULL: the library's default */
    uint64_t count;      /* stop after so many events; 0: no end */
    double duration_s;   /* stop after so long; 0: no end */
    double timeout_s;
    bool quiet, json;
} zc_options_t;

/* Reads the command line. 0: play; 1: all is done (--help, --version); -1: a mistake, told on stderr. */
int zc_options_read (zc_options_t *ret_options, int argc, char **argv);

#endif
