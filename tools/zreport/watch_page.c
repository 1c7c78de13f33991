/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_page.c - lines of text in tones; see watch_page.h.
 */
#include "zreport/watch_page.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_MAX 24 /* of a line */

typedef struct {
    zc_tone_t tone;
    char *text;
} piece_t;

typedef struct {
    piece_t pieces [PIECES_MAX];
    size_t count;
    int width;
} line_t;

struct zc_page {
    const zc_screen_t *screen;
    int columns;
    line_t *lines;
    size_t count;
    zc_screen_t canvas; /* what tables are printed on, into: */
    char *printed;
    size_t printed_size;
};

zc_page_t *zc_page_new (const zc_screen_t *screen, int columns)
{
    zc_page_t *self = zc_need (calloc (1, sizeof *self));
    self->screen = screen;
    self->columns = columns > 0 ? columns : 0;
    return self;
}

void zc_page_destroy (zc_page_t **self_p)
{
    zc_page_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        for (size_t j = 0; j < self->lines [i].count; j++)
            free (self->lines [i].pieces [j].text);
    free (self->lines);
    free (self);
    *self_p = NULL;
}

int zc_page_columns (const zc_page_t *self)
{
    return self->columns;
}

const zc_screen_t *zc_page_screen (const zc_page_t *self)
{
    return self->screen;
}

size_t zc_page_lines (const zc_page_t *self)
{
    return self->count;
}

const char *zc_page_piece (const zc_page_t *self, size_t line, size_t piece, zc_tone_t *ret_tone)
{
    if (line >= self->count || piece >= self->lines [line].count)
        return NULL;
    *ret_tone = self->lines [line].pieces [piece].tone;
    return self->lines [line].pieces [piece].text;
}

void zc_page_set_tone (zc_page_t *self, size_t line, zc_tone_t tone)
{
    for (size_t i = 0; line < self->count && i < self->lines [line].count; i++)
        self->lines [line].pieces [i].tone = tone;
}

/* ------------------------------------------------------------------ adding */

void zc_page_line (zc_page_t *self)
{
    self->lines = zc_need (realloc (self->lines, (self->count + 1) * sizeof *self->lines));
    self->lines [self->count++] = (line_t) {0};
}

static line_t *last_line (const zc_page_t *self)
{
    return self->count ? &self->lines [self->count - 1] : NULL;
}

int zc_page_room (const zc_page_t *self)
{
    const line_t *line = last_line (self);
    return self->columns - (line ? line->width : 0);
}

/* Takes ownership of the text, which is clean and fits. */
static void append (zc_page_t *self, zc_tone_t tone, char *text)
{
    line_t *line = last_line (self);
    assert (line);
    if (line->count == PIECES_MAX || !*text) {
        free (text);
        return;
    }
    line->width += zc_screen_width (self->screen, text);
    line->pieces [line->count++] = (piece_t) {tone, text};
}

/* The text, cut off with an ellipsis to a width. Takes ownership. */
static char *cut (const zc_page_t *self, char *text, int columns)
{
    if (zc_screen_width (self->screen, text) <= columns)
        return text;
    const char *ellipsis = zc_screen_ellipsis (self->screen);
    int room = columns - zc_screen_width (self->screen, ellipsis);
    size_t size = zc_screen_fit (self->screen, text, room > 0 ? room : columns);
    char *shorter = NULL;
    if (asprintf (&shorter, "%.*s%s", (int) size, text, room > 0 ? ellipsis : "") < 0)
        zc_need (NULL);
    free (text);
    return shorter;
}

__attribute__ ((format (printf, 1, 0)))
static char *format_text (const char *format, va_list args)
{
    char *text;
    if (vasprintf (&text, format, args) < 0)
        zc_need (NULL);
    return text;
}

void zc_page_put (zc_page_t *self, zc_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    append (self, tone, cut (self, format_text (format, args), zc_page_room (self)));
    va_end (args);
}

/* Adds the text behind a gap where it fits; takes ownership if so. */
static bool fit (zc_page_t *self, int gap, zc_tone_t tone, char *text)
{
    gap = zc_page_room (self) == self->columns ? 0 : gap;
    if (gap + zc_screen_width (self->screen, text) > zc_page_room (self))
        return false;
    zc_page_put (self, ZC_TONE_PLAIN, "%*s", gap, "");
    append (self, tone, text);
    return true;
}

bool zc_page_fit (zc_page_t *self, int gap, zc_tone_t tone, const char *format, ...)
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

void zc_page_flow (zc_page_t *self, int gap, int indent, zc_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    char *text = format_text (format, args);
    va_end (args);
    if (fit (self, gap, tone, text))
        return;
    zc_page_line (self);
    zc_page_put (self, ZC_TONE_PLAIN, "%*s", indent, "");
    append (self, tone, cut (self, text, zc_page_room (self)));
}

bool zc_page_right (zc_page_t *self, zc_tone_t tone, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    char *text = format_text (format, args);
    va_end (args);
    int gap = zc_page_room (self) - zc_screen_width (self->screen, text);
    if (gap < 0) {
        free (text);
        return false;
    }
    zc_page_put (self, ZC_TONE_PLAIN, "%*s", gap, "");
    append (self, tone, text);
    return true;
}

/* ------------------------------------------------------------------ tables */

const zc_screen_t *zc_page_print (zc_page_t *self)
{
    self->canvas = *self->screen;
    self->canvas.columns = self->columns;
    self->canvas.colour = false;
    self->canvas.out = zc_need (open_memstream (&self->printed, &self->printed_size));
    return &self->canvas;
}

void zc_page_print_end (zc_page_t *self)
{
    fclose (self->canvas.out);
    zc_tone_t tone = ZC_TONE_STRONG;
    for (char *text = zc_need (self->printed); *text; tone = ZC_TONE_PLAIN) {
        size_t size = strcspn (text, "\n");
        zc_page_line (self);
        zc_page_put (self, tone, "%.*s", (int) size, text);
        text += size + (text [size] == '\n');
    }
    free (self->printed);
    self->printed = NULL;
}
