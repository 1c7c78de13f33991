/* SPDX-License-Identifier: MPL-2.0
 *
 * command.h - the commands that ask more than one plain question, a file each.
 *
 * Each asks over a connection and prints, as JSON where the options say so. Returns the exit status (0 done, 1 failed
 * with its reason on stderr, 3 a budget is breached), or -1 where the connection failed: zr_client_error says why.
 */
#ifndef ZR_COMMAND_H
#define ZR_COMMAND_H

#include "zreport/client.h"
#include "zreport/options.h"
#include "zreport/show/screen.h"

int zr_periods (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen);
int zr_top (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen);
int zr_series (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen);
int zr_export (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen);
int zr_statusline (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen);
int zr_budgets (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen);

/* Prints a value as JSON text, over several lines or in one. */
void zr_command_print_json (const json_t *value, bool one_line);

#endif
