/* SPDX-License-Identifier: MPL-2.0
 *
 * screen.c - where text for people goes; see screen.h.
 */
#include "zreport/show/screen.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "wire/utf8.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_MIN 40
#define COLUMNS_MAX 500
#define ESCAPE_MAX 12 /* bytes of "\u{10ffff}", rounded up */

void *zr_screen_need (void *memory)
{
    if (!memory) {
        fputs ("zreport: out of memory\n", stderr);
        exit (1);
    }
    return memory;
}

void zr_screen_init (zr_screen_t *self)
{
    const char *no_colour = getenv ("NO_COLOR");
    const char *terminal_type = getenv ("TERM");
    *self = (zr_screen_t){.out = stdout, .terminal = isatty (STDOUT_FILENO)};
    self->utf8 = strcmp (nl_langinfo (CODESET), "UTF-8") == 0;
    self->colour = self->terminal && !(no_colour && *no_colour) && terminal_type && strcmp (terminal_type, "dumb") != 0;
    zr_screen_resize (self);
}

void zr_screen_resize (zr_screen_t *self)
{
    struct winsize size = {0};
    const char *columns = getenv ("COLUMNS");
    self->columns = columns ? atoi (columns) : 0;
    self->rows = 0;
    if (self->terminal && ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        self->columns = size.ws_col;
        self->rows = size.ws_row;
    }
    if (self->columns <= 0)
        self->columns = COLUMNS_DEFAULT;
    if (self->columns < COLUMNS_MIN)
        self->columns = COLUMNS_MIN;
    if (self->columns > COLUMNS_MAX)
        self->columns = COLUMNS_MAX;
}

/* ------------------------------------------------------------------ characters */

/* The bytes of a character, by its first one. */
static size_t character_size (const char *text)
{
    uint8_t lead = (uint8_t) *text;
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* The code point at UTF-8 text, and its bytes; reads over no end, for a text may be cut off. */
static uint32_t code_point (const char *text, size_t *ret_size)
{
    const uint8_t *at = (const uint8_t *) text;
    size_t size = character_size (text), i = 1;
    uint32_t code = size == 1 ? at [0] : at [0] & (0x7fu >> size);
    for (; i < size && (at [i] & 0xc0) == 0x80; i++)
        code = code << 6 | (at [i] & 0x3f);
    *ret_size = i;
    return code;
}

/* Marks without a shape of their own, some of which turn the text around them. */
static bool is_invisible (uint32_t code)
{
    return code == 0xad || code == 0x61c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
           code >= 0xe0000;
}

static int columns_of (const zr_screen_t *self, uint32_t code)
{
    if (code < 0x80)
        return code >= 0x20 && code != 0x7f ? 1 : -1;
    return self->utf8 && !is_invisible (code) ? wcwidth ((wchar_t) code) : -1;
}

char *zr_screen_clean (const zr_screen_t *self, const char *text, size_t size)
{
    char *clean = zr_screen_need (malloc (size * ESCAPE_MAX + 1));
    char *to = clean;
    for (size_t i = 0, bytes; i < size; i += bytes) {
        bytes = character_size (text + i);
        bool valid = bytes <= size - i && zc_utf8_valid (text + i, bytes);
        uint32_t code = valid ? code_point (text + i, &bytes) : (uint8_t) text [i];
        if (!valid)
            bytes = 1;
        if (valid && columns_of (self, code) >= 0) {
            memcpy (to, text + i, bytes);
            to += bytes;
        } else
            to += sprintf (to, code < 0x100 ? "\\x%02x" : "\\u{%x}", code);
    }
    *to = 0;
    return clean;
}

int zr_screen_width (const zr_screen_t *self, const char *text)
{
    int width = 0;
    for (size_t bytes; *text; text += bytes)
        width += columns_of (self, code_point (text, &bytes));
    return width;
}

size_t zr_screen_fit (const zr_screen_t *self, const char *text, int columns)
{
    size_t fit = 0;
    for (size_t bytes; text [fit]; fit += bytes) {
        columns -= columns_of (self, code_point (text + fit, &bytes));
        if (columns < 0)
            break;
    }
    return fit;
}

const char *zr_screen_ellipsis (const zr_screen_t *self)
{
    return self->utf8 ? "\xe2\x80\xa6" : "...";
}

const char *zr_screen_bold (const zr_screen_t *self)
{
    return self->colour ? "\033[1m" : "";
}

const char *zr_screen_plain (const zr_screen_t *self)
{
    return self->colour ? "\033[0m" : "";
}

/* Yellow: red reads badly on a dark ground. */
static const char *alarming (const zr_screen_t *self)
{
    return self->colour ? "\033[1;33m" : "";
}

/* ------------------------------------------------------------------ lines */

/* Bytes of the first line of text at this width: up to a space if there is one to break at. */
static size_t line_of (const zr_screen_t *self, const char *text, int columns)
{
    size_t fit = zr_screen_fit (self, text, columns);
    if (text [fit] == 0 || text [fit] == ' ')
        return fit;
    for (size_t i = fit; i > 0; i--)
        if (text [i - 1] == ' ')
            return i - 1;
    return fit;
}

/* Prints text from column `indent` on, where the cursor stands, and on as many lines as it needs; no end
 * of the last. */
static void put_wrapped (const zr_screen_t *self, int indent, const char *text)
{
    while (true) {
        size_t size = line_of (self, text, self->columns - indent);
        fprintf (self->out, "%.*s", (int) size, text);
        text += size;
        while (*text == ' ')
            text++;
        if (*text == 0)
            return;
        fprintf (self->out, "\n%*s", indent, "");
    }
}

__attribute__ ((format (printf, 4, 0))) static void put_field (const zr_screen_t *self, bool alarm, const char *label,
                                                               const char *format, va_list args)
{
    char *text;
    if (vasprintf (&text, format, args) < 0)
        zr_screen_need (NULL);
    fprintf (self->out, "%s%-*s%s", alarm ? alarming (self) : zr_screen_bold (self), ZR_SCREEN_LABEL, label,
             alarm ? "" : zr_screen_plain (self));
    if (zr_screen_width (self, label) >= ZR_SCREEN_LABEL)
        fprintf (self->out, "\n%*s", ZR_SCREEN_LABEL, "");
    put_wrapped (self, ZR_SCREEN_LABEL, text);
    fprintf (self->out, "%s\n", alarm ? zr_screen_plain (self) : "");
    free (text);
}

void zr_screen_field (const zr_screen_t *self, const char *label, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    put_field (self, false, label, format, args);
    va_end (args);
}

void zr_screen_alarm (const zr_screen_t *self, const char *label, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    put_field (self, true, label, format, args);
    va_end (args);
}

void zr_screen_text (const zr_screen_t *self, const char *text)
{
    put_wrapped (self, 0, text);
    fputc ('\n', self->out);
}

void zr_screen_ends (const zr_screen_t *self, const char *left, const char *right)
{
    int gap = self->columns - zr_screen_width (self, left) - zr_screen_width (self, right);
    fputs (zr_screen_bold (self), self->out);
    put_wrapped (self, 0, left);
    fputs (zr_screen_plain (self), self->out);
    if (gap >= 2 && *right)
        fprintf (self->out, "%*s", gap, "");
    else if (*right)
        fputc ('\n', self->out);
    fprintf (self->out, "%s\n", right);
}
