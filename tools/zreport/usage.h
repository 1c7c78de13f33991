/* SPDX-License-Identifier: MPL-2.0
 *
 * usage.h - zreport's commands and options in words, and which option is for which command.
 */
#ifndef ZR_USAGE_H
#define ZR_USAGE_H

#include <stdbool.h>

typedef enum {
    ZR_REPORT,
    ZR_HOURLY, /* the four that cut time in civil periods, in the order of zc_civil_t */
    ZR_DAILY,
    ZR_WEEKLY,
    ZR_MONTHLY,
    ZR_TOP,
    ZR_SERIES,
    ZR_EXPORT,
    ZR_STATUSLINE,
    ZR_BUDGETS,
    ZR_WATCH,
    ZR_HEALTH,
    ZR_REJECTS,
    ZR_PRICE,
    ZR_PING,
    ZR_COMMANDS
} zr_command_t;

typedef enum {
    ZR_OPT_ENDPOINT,
    ZR_OPT_QUERY,
    ZR_OPT_TIMEOUT,
    ZR_OPT_JSON,
    ZR_OPT_BY,
    ZR_OPT_WHERE,
    ZR_OPT_SINCE,
    ZR_OPT_UNTIL,
    ZR_OPT_LAST,
    ZR_OPT_TIMEZONE,
    ZR_OPT_STEP,
    ZR_OPT_LIMIT,
    ZR_OPT_FORMAT,
    ZR_OPT_SERVICE,
    ZR_OPT_COUNT,
    ZR_OPT_HELP,
    ZR_OPT_VERSION,
    ZR_OPTS
} zr_opt_t;

/* Names as they are typed, without dashes. */
const char *zr_usage_command_name (zr_command_t command);
const char *zr_usage_option_name (zr_opt_t option);
bool zr_usage_option_has_value (zr_opt_t option);

/* The command of that name, or ZR_COMMANDS. */
zr_command_t zr_usage_command_find (const char *name);

bool zr_usage_command_takes (zr_command_t command, zr_opt_t option);

/* What --by and --last are where they are not given; NULL: nothing. */
const char *zr_usage_command_by (zr_command_t command);
const char *zr_usage_command_last (zr_command_t command);

/* Help on stdout: on everything, or on one command. */
void zr_usage_print (void);
void zr_usage_print_command (zr_command_t command);

#endif
