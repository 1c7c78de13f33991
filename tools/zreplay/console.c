/* SPDX-License-Identifier: MPL-2.0
 *
 * console.c - all that the tool says on stderr. See console.h.
 */
#include "zreplay/console.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire/utf8.h"

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

/* The size of the well-formed character at text, 0 where none is there; its code point. */
static size_t read_character (const char *text, size_t size, uint32_t *ret_code)
{
    uint8_t lead = (uint8_t) *text;
    size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (bytes > size || !zc_utf8_valid (text, bytes))
        return 0;
    uint32_t code = bytes == 1 ? lead : lead & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++)
        code = code << 6 | ((uint8_t) text [i] & 0x3f);
    *ret_code = code;
    return bytes;
}

/* Controls of the terminal (C0, DEL, C1), separators of lines, and marks that turn the text around them. */
static bool drives_terminal (uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* A trace must not be able to drive the terminal; names in any script stay legible. */
static void defuse (char *text)
{
    const char *end = text + strlen (text);
    char *to = text;
    for (const char *at = text; at < end;) {
        uint32_t code;
        size_t bytes = read_character (at, (size_t) (end - at), &code);
        if (bytes == 0 || drives_terminal (code))
            *to++ = '?';
        else {
            memmove (to, at, bytes);
            to += bytes;
        }
        at += bytes ? bytes : 1;
    }
    *to = '\0';
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
