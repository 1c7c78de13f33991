/* SPDX-License-Identifier: MPL-2.0
 *
 * log.c - one line to stderr.
 */
#include "program/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

void zc_log (zc_log_level_t level, const char *event, const char *format, ...)
{
    static const char *const names [] = {"info", "warn", "error"};
    char line [LINE_MAX_BYTES];
    size_t room = sizeof line - 1; /* the last byte is the line's end */
    size_t size = (size_t) snprintf (line, room, "level=%s event=%s ", names [level], event);
    va_list arguments;
    va_start (arguments, format);
    int more = vsnprintf (line + size, room - size, format, arguments);
    va_end (arguments);
    if (more > 0)
        size += (size_t) more < room - size ? (size_t) more : room - size - 1;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char) line [i] < ' ' || line [i] == 0x7f)
            line [i] = ' ';
    while (size > 0 && line [size - 1] == ' ')
        size--;
    line [size++] = '\n';
    /* One write a line, so that lines of several writers do not mix; nobody is left to tell of a failure. */
    if (write (STDERR_FILENO, line, size) < 0)
        return;
}
