/* SPDX-License-Identifier: MPL-2.0
 *
 * screen.h - where text for people goes: its width, its characters, its colours.
 *
 * Text from the wire passes zr_screen_clean before it is printed: a model's
 * name is whatever some service sent, terminal commands included.
 */
#ifndef ZR_SHOW_SCREEN_H
#define ZR_SHOW_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ZR_SCREEN_LABEL 17 /* columns of a field's label */

typedef struct {
    FILE *out;     /* the caller's */
    int columns;   /* at least 40 */
    int rows;      /* 0: endless */
    bool terminal; /* stdout is one */
    bool utf8;     /* else ASCII alone */
    bool colour;
} zr_screen_t;

/* Looks at stdout and the environment; setlocale must have been called. out becomes stdout. */
void zr_screen_init (zr_screen_t *self);

/* Looks at the terminal's size again. */
void zr_screen_resize (zr_screen_t *self);

/* A copy of text, UTF-8 or not, that moves no cursor and sets no colour: what is no visible character of
 * this screen is spelled out as \x1b or \u{202e}. For the caller to free. */
char *zr_screen_clean (const zr_screen_t *self, const char *text, size_t size);

/* Columns that clean text takes. */
int zr_screen_width (const zr_screen_t *self, const char *text);

/* Bytes of the longest start of clean text that takes at most so many columns. */
size_t zr_screen_fit (const zr_screen_t *self, const char *text, int columns);

/* "…", or "..." where the screen has ASCII alone. */
const char *zr_screen_ellipsis (const zr_screen_t *self);

/* What makes text bold, and plain again; "" where the screen has no colours. */
const char *zr_screen_bold (const zr_screen_t *self);
const char *zr_screen_plain (const zr_screen_t *self);

/* A line "label  text", its text clean and wrapped under itself; label "": continues the field
 * above. zr_screen_alarm is the same for what should not be, and is coloured. */
void zr_screen_field (const zr_screen_t *self, const char *label, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void zr_screen_alarm (const zr_screen_t *self, const char *label, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Lines of clean text, wrapped. */
void zr_screen_text (const zr_screen_t *self, const char *text);

/* Two clean texts at both ends of a line, or on lines of their own where one is too short. */
void zr_screen_ends (const zr_screen_t *self, const char *left, const char *right);

/* Returns its argument; ends the process where that is NULL: a tool out of memory has nothing
 * left to show. */
void *zr_screen_need (void *memory);

#endif
