/* SPDX-License-Identifier: MPL-2.0
 *
 * usage.h - zreport's commands in words.
 */
#ifndef ZR_USAGE_H
#define ZR_USAGE_H

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

/* As it is typed. */
const char *zr_usage_command_name (zr_command_t command);

/* The command of that name, or ZR_COMMANDS. */
zr_command_t zr_usage_command_find (const char *name);

/* What --by and --last are where they are not given; NULL: nothing. */
const char *zr_usage_command_by (zr_command_t command);
const char *zr_usage_command_last (zr_command_t command);

/* Help on stdout, up to the options: on everything (ZR_COMMANDS), or on one command. */
void zr_usage_print (zr_command_t command);

#endif
