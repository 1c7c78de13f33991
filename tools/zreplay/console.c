/* SPDX-License-Identifier: MPL-2.0
 *
 * console.c - all that the tool says on stderr. See console.h.
 */
#include "zreplay/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

void zc_console_init (zc_console_t *self, bool quiet)
{
    self->status = !quiet && isatty (STDERR_FILENO);
    self->drawn = false;
}

void zc_console_clear (zc_console_t *self)
{
    if (self->drawn)
        fputs ("\r\033[K", stderr);
    self->drawn = false;
}

/* A trace must not be able to drive the terminal. */
static void defuse (char *text)
{
    for (; *text; text++)
        if ((unsigned char) *text < 0x20 || *text == 0x7f)
            *text = '?';
}

void zc_console_say (zc_console_t *self, const char *format, ...)
{
    char text [LINE_MAX_BYTES];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    defuse (text);
    zc_console_clear (self);
    fprintf (stderr, "zreplay: %s\n", text);
}

void zc_console_status (zc_console_t *self, const char *format, ...)
{
    if (!self->status)
        return;
    char text [LINE_MAX_BYTES];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    defuse (text);
    fprintf (stderr, "\r%s\033[K", text);
    self->drawn = true;
}
