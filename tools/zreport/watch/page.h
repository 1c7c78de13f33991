/* SPDX-License-Identifier: MPL-2.0
 *
 * page.h - lines of text in tones, as wide as a part of the screen; not yet on it.
 *
 * Owns its text. Nothing on a page is wider than the page: what does not fit is cut off, with an ellipsis. Refuses
 * to know a terminal.
 */
#ifndef ZR_WATCH_PAGE_H
#define ZR_WATCH_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "zreport/show/screen.h"

typedef enum {
    ZR_TONE_PLAIN,
    ZR_TONE_STRONG, /* headings, and what matters */
    ZR_TONE_FAINT,
    ZR_TONE_GOOD,
    ZR_TONE_WARN,
    ZR_TONE_ALARM, /* what should not be */
    ZR_TONE_TITLE, /* the line at the top */
    ZR_TONE_BAR,   /* bars and sparklines */
    ZR_TONES
} zr_tone_t;

typedef struct zr_page zr_page_t;

/* For a screen's characters; the screen must outlive it. */
zr_page_t *zr_page_new (const zr_screen_t *screen, int columns);
void zr_page_destroy (zr_page_t **self_p);

int zr_page_columns (const zr_page_t *self);
const zr_screen_t *zr_page_screen (const zr_page_t *self);

/* Begins a line; then adds clean text to it. */
void zr_page_line (zr_page_t *self);
void zr_page_put (zr_page_t *self, zr_tone_t tone, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

/* Adds the text only where all of it fits, behind `gap` spaces where the line is not empty. Returns whether it did. */
bool zr_page_fit (zr_page_t *self, int gap, zr_tone_t tone, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/* The same; where it does not fit, on a line of its own, behind `indent` spaces. */
void zr_page_flow (zr_page_t *self, int gap, int indent, zr_tone_t tone, const char *format, ...)
    __attribute__ ((format (printf, 5, 6)));

/* Adds the text so that it ends with the line. Returns whether it fits. */
bool zr_page_right (zr_page_t *self, zr_tone_t tone, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

/* Columns that are left on the line. */
int zr_page_room (const zr_page_t *self);

/* A screen without colours to print a table on; zr_page_print_end adds what was printed as lines, the first one in
 * the tone of headings. */
const zr_screen_t *zr_page_print (zr_page_t *self);
void zr_page_print_end (zr_page_t *self);

/* Gives all of a line a tone. */
void zr_page_set_tone (zr_page_t *self, size_t line, zr_tone_t tone);

/* What stands on it: lines, each of pieces with a tone. NULL: no such piece. */
size_t zr_page_lines (const zr_page_t *self);
const char *zr_page_piece (const zr_page_t *self, size_t line, size_t piece, zr_tone_t *ret_tone);

#endif
