/* SPDX-License-Identifier: MPL-2.0
 *
 * usage.h - zreport's commands and options in words, and which option is for which command.
 */
#ifndef ZC_USAGE_H
#define ZC_USAGE_H

#include <stdbool.h>

#include "zreport/options.h"

typedef enum {
    ZC_OPT_ENDPOINT,
    ZC_OPT_QUERY,
    ZC_OPT_TIMEOUT,
    ZC_OPT_JSON,
    ZC_OPT_BY,
    ZC_OPT_WHERE,
    ZC_OPT_SINCE,
    ZC_OPT_UNTIL,
    ZC_OPT_LAST,
    ZC_OPT_TIMEZONE,
    ZC_OPT_STEP,
    ZC_OPT_LIMIT,
    ZC_OPT_FORMAT,
    ZC_OPT_SERVICE,
    ZC_OPT_COUNT,
    ZC_OPT_HELP,
    ZC_OPT_VERSION,
    ZC_OPTS
} zc_opt_t;

/* Names as they are typed, without dashes. */
const char *zc_command_name (zc_command_t command);
const char *zc_option_name (zc_opt_t option);
bool zc_option_has_value (zc_opt_t option);

/* The command of that name, or ZC_COMMANDS. */
zc_command_t zc_command_find (const char *name);

bool zc_command_takes (zc_command_t command, zc_opt_t option);

/* What --by and --last are where they are not given; NULL: nothing. */
const char *zc_command_by (zc_command_t command);
const char *zc_command_last (zc_command_t command);

/* Help on stdout: on everything, or on one command. */
void zc_help (void);
void zc_help_on (zc_command_t command);

#endif
