/* SPDX-License-Identifier: MPL-2.0
 *
 * command.c - what commands share; see command.h.
 */
#include "zreport/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/json.h"

void zr_command_print_json (const json_t *value, bool one_line)
{
    char *text = zr_screen_need (zc_json_text (value, one_line));
    puts (text);
    free (text);
}
