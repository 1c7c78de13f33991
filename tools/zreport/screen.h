/* SPDX-License-Identifier: MPL-2.0
 *
 * screen.h - where text for people goes: its width, its characters, its colours.
 *
 * Text from the wire passes zc_screen_clean before it is printed: a model's
 * name is whatever some service sent, terminal commands included.
 */
#ifndef ZC_SCREEN_H
#define ZC_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ZC_SCREEN_LABEL 17 /* columns of a field's label */

typedef struct {
    FILE *out;     /* the caller's */
    int columns;   /* at least 40 */
    int rows;      /* 0: endless */
    bool terminal; /* stdout is one */
    bool utf8;     /* else ASCII alone */
    bool colour;
} zc_screen_t;

/* Looks at stdout and the environment; setlocale must have been called. out becomes stdout. */
void zc_screen_init (zc_screen_t *self);

/* Looks at the terminal's size again. */
void zc_screen_resize (zc_screen_t *self);

/* A copy of text, UTF-8 or not, that moves no cursor and sets no colour: what is no visible character of
 * this screen is spelled out as \x1b or \u{202e}. For the caller to free. */
char *zc_screen_clean (const zc_screen_t *self, const char *text, size_t size);

/* Columns that clean text takes. */
int zc_screen_width (const zc_screen_t *self, const char *text);

/* Bytes of the longest start of clean text that takes at most so many columns. */
size_t zc_screen_fit (const zc_screen_t *self, const char *text, int columns);

/* "…", or "..." where the screen has ASCII alone. */
const char *zc_screen_ellipsis (const zc_screen_t *self);

/* What makes text bold, and plain again; "" where the screen has no colours. */
const char *zc_screen_bold (const zc_screen_t *self);
const char *zc_screen_plain (const zc_screen_t *self);

/* A line "label  text", its text clean and wrapped under itself; label "": continues the field
 * above. zc_screen_alarm is the same for what should not be, and is coloured. */
void zc_screen_field (const zc_screen_t *self, const char *label, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void zc_screen_alarm (const zc_screen_t *self, const char *label, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Lines of clean text, wrapped. */
void zc_screen_text (const zc_screen_t *self, const char *text);

/* Two clean texts at both ends of a line, or on lines of their own where one is too short. */
void zc_screen_ends (const zc_screen_t *self, const char *left, const char *right);

/* Returns its argument; ends the process where that is NULL: a tool out of memory has nothing
 * left to show. */
void *zc_need (void *memory);

#endif
