/* SPDX-License-Identifier: MPL-2.0
 *
 * page.c - lines of text in tones; see watch_page.h.
 */
#include "zreport/watch/page.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_MAX 24 /* of a line */

typedef struct {
    zr_tone_t tone;
    char *text;
} piece_t;

typedef struct {
    piece_t pieces [PIECES_MAX];
    size_t count;
    int width;
} line_t;

struct zr_page {
    const zr_screen_t *screen;
    int columns;
    line_t *lines;
    size_t count;
    zr_screen_t canvas; /* what tables are printed on, into: */
    char *printed;
    size_t printed_size;
};

zr_page_t *zr_page_new (const zr_screen_t *screen, int columns)
{
    zr_page_t *self = zr_screen_need (calloc (1, sizeof *self));
    self->screen = screen;
    self->columns = columns > 0 ? columns : 0;
    return self;
}

void zr_page_destroy (zr_page_t **self_p)
{
    zr_page_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        for (size_t j = 0; j < self->lines [i].count; j++)
            free (self->lines [i].pieces [j].text);
    free (self->lines);
    free (self);
    *self_p = NULL;
}

int zr_page_columns (const zr_page_t *self)
{
    return self->columns;
}

const zr_screen_t *zr_page_screen (const zr_page_t *self)
{
    return self->screen;
}

size_t zr_page_lines (const zr_page_t *self)
{
    return self->count;
}

const char *zr_page_piece (const zr_page_t *self, size_t line, size_t piece, zr_tone_t *ret_tone)
{
    if (line >= self->count || piece >= self->lines [line].count)
        return NULL;
    *ret_tone = self->lines [line].pieces [piece].tone;
    return self->lines [line].pieces [piece].text;
}

void zr_page_set_tone (zr_page_t *self, size_t line, zr_tone_t tone)
{
    for (size_t i = 0; line < self->count && i < self->lines [line].count; i++)
        self->lines [line].pieces [i].tone = tone;
}

/* ------------------------------------------------------------------ adding */

void zr_page_line (zr_page_t *self)
{
    self->lines = zr_screen_need (realloc (self->lines, (self->count + 1) * sizeof *self->lines));
    self->lines [self->count++] = (line_t){0};
}

static line_t *last_line (const zr_page_t *self)
{
    return self->count ? &self->lines [self->count - 1] : NULL;
}

int zr_page_room (const zr_page_t *self)
{
    const line_t *line = last_line (self);
    return self->columns - (line ? line->width : 0);
}

/* Takes ownership of the text, which is clean and fits. */
static void append (zr_page_t *self, zr_tone_t tone, char *text)
{
    line_t *line = last_line (self);
    assert (line);
    if (line->count == PIECES_MAX || !*text) {
        free (text);
        return;
    }
    line->width += zr_screen_width (self->screen, text);
    line->pieces [line->count++] = (piece_t){tone, text};
}

/* The text, cut off with an ellipsis to a width. Takes ownership. */
static char *cut (const zr_page_t *self, char *text, int columns)
{
    if (zr_screen_width (self->screen, text) <= columns)
        return text;
    const char *ellipsis = zr_screen_ellipsis (self->screen);
    int room = columns - zr_screen_width (self->screen, ellipsis);
    size_t size = zr_screen_fit (self->screen, text, room > 0 ? room : columns);
    char *shorter = NULL;
    if (asprintf (&shorter, "%.*s%s", (int) size, text, room > 0 ? ellipsis : "") < 0)
        zr_screen_need (NULL);
    free (text);
    return shorter;
}

__attribute__ ((format (printf, 1, 0))) static char *format_text (const char *format, va_list args)
{
    char *text;
    if (vasprintf (&text, format, args) < 0)
        zr_screen_need (NULL);
    return text;
}

void zr_page_put (zr_page_t *self, zr_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    append (self, tone, cut (self, format_text (format, args), zr_page_room (self)));
    va_end (args);
}

/* Adds the text behind a gap where it fits; takes ownership if so. */
static bool fit (zr_page_t *self, int gap, zr_tone_t tone, char *text)
{
    gap = zr_page_room (self) == self->columns ? 0 : gap;
    if (gap + zr_screen_width (self->screen, text) > zr_page_room (self))
        return false;
    zr_page_put (self, ZR_TONE_PLAIN, "%*s", gap, "");
    append (self, tone, text);
    return true;
}

bool zr_page_fit (zr_page_t *self, int gap, zr_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    char *text = format_text (format, args);
    va_end (args);
    bool fitted = fit (self, gap, tone, text);
    if (!fitted)
        free (text);
    return fitted;
}

void zr_page_flow (zr_page_t *self, int gap, int indent, zr_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    char *text = format_text (format, args);
    va_end (args);
    if (fit (self, gap, tone, text))
        return;
    zr_page_line (self);
    zr_page_put (self, ZR_TONE_PLAIN, "%*s", indent, "");
    append (self, tone, cut (self, text, zr_page_room (self)));
}

bool zr_page_right (zr_page_t *self, zr_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    char *text = format_text (format, args);
    va_end (args);
    int gap = zr_page_room (self) - zr_screen_width (self->screen, text);
    if (gap < 0) {
        free (text);
        return false;
    }
    zr_page_put (self, ZR_TONE_PLAIN, "%*s", gap, "");
    append (self, tone, text);
    return true;
}

/* ------------------------------------------------------------------ tables */

const zr_screen_t *zr_page_print (zr_page_t *self)
{
    self->canvas = *self->screen;
    self->canvas.columns = self->columns;
    self->canvas.colour = false;
    self->canvas.out = zr_screen_need (open_memstream (&self->printed, &self->printed_size));
    return &self->canvas;
}

void zr_page_print_end (zr_page_t *self)
{
    fclose (self->canvas.out);
    zr_tone_t tone = ZR_TONE_STRONG;
    for (char *text = zr_screen_need (self->printed); *text; tone = ZR_TONE_PLAIN) {
        size_t size = strcspn (text, "\n");
        zr_page_line (self);
        zr_page_put (self, tone, "%.*s", (int) size, text);
        text += size + (text [size] == '\n');
    }
    free (self->printed);
    self->printed = NULL;
}
