/* SPDX-License-Identifier: MPL-2.0
 *
 * commands.h - the commands that ask more than one plain question, a file each.
 *
 * Each asks over a connection and prints, as JSON where the options say so. Returns the exit status (0 done, 1 failed
 * with its reason on stderr, 3 a budget is breached), or -1 where the connection failed: zc_ask_error says why.
 */
#ifndef ZC_COMMANDS_H
#define ZC_COMMANDS_H

#include "zreport/ask.h"
#include "zreport/options.h"
#include "zreport/screen.h"

int zc_periods (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen);
int zc_top (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen);
int zc_series (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen);
int zc_export (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen);
int zc_statusline (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen);
int zc_budgets (zc_ask_t *ask, const zc_options_t *options, const zc_screen_t *screen);

/* Prints a value as JSON text, over several lines or in one. */
void zc_print_json (const json_t *value, bool one_line);

#endif
