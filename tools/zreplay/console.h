/* SPDX-License-Identifier: MPL-2.0
 *
 * console.h - all that the tool says on stderr: lines, and one line that is redrawn.
 *
 * The status line is drawn on a terminal only, and gives way to every other line.
 * Text from traces is shown with a ? for each control character, for each mark that turns the
 * direction of text, and for each byte that is no UTF-8.
 */
#ifndef ZC_CONSOLE_H
#define ZC_CONSOLE_H

#include <stdbool.h>

typedef struct {
    bool status; /* whether there is a status line */
    bool drawn;  /* whether it stands on the screen */
} zc_console_t;

/* quiet: no status line. */
void zc_console_init (zc_console_t *self, bool quiet);

/* One line, "zreplay: …". */
void zc_console_say (zc_console_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Redraws the status line. */
void zc_console_status (zc_console_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Takes the status line away. */
void zc_console_clear (zc_console_t *self);

#endif
