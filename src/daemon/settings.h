/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.h - what zcostd is told: defaults, then the configuration file, then the command line.
 */
#ifndef ZC_SETTINGS_H
#define ZC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/budget/budget.h"
#include "core/pricing/effective_config.h"
#include "program/options.h"

typedef struct {
    char instance [ZCOST_STRING_MAX + 1];
    zc_endpoints_t ingest, publish, query;
    int64_t interval_ms;
    zc_limits_t limits;
    int64_t high_water_mark;          /* messages a producer's connection may queue */
    char prices_file [ZC_PATH_BYTES]; /* "": the built-in table */
    zc_policy_t policy;
    int64_t rejects_keep;
    int64_t memory_max_bytes; /* of address space; 0: no limit of ours */

    char directory [ZC_PATH_BYTES]; /* where the ledger is kept; "": the default one */
    bool in_memory;                 /* --data none: nothing is kept */
    const char *check;              /* not NULL: only look at this directory */
    const char *reprice;            /* not NULL: only re-price what is kept by this file, */
    int64_t since_s;                /* from then on; -1: not said */
    bool dry_run;                   /* and only say what would change */
    int64_t segment_bytes, sync_interval_ms, checkpoint_ms;
    int64_t journal_keep_ms; /* of segments that are in the store; ZC_FOREVER: for good */
    zc_retention_t retention;
    int64_t days_ms; /* how long days are kept; ZC_FOREVER: for good */
    zc_caps_t caps;
    zc_budget_list_t budgets;
} zc_settings_t;

/* A peer whose frame is larger than this many times the limit is cut off by libzmq; below, the frame
 * is counted as `too_large`. */
#define ZC_FRAME_HARD_FACTOR 4

/* Reads the command line and the file that it names. ZC_EXIT_DONE: help or version was printed;
 * ZC_EXIT_USAGE: one line that names the setting and its place was printed to stderr. Strings of the command line are
 * not copied. */
zc_parsed_t zc_settings_parse (int argc, char **argv, zc_settings_t *ret_settings);

#endif
