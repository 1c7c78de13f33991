/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_page.h - lines of text in tones, as wide as a part of the screen; not yet on it.
 *
 * Owns its text. Nothing on a page is wider than the page: what does not fit is cut off, with an ellipsis. Refuses
 * to know a terminal.
 */
#ifndef ZC_WATCH_PAGE_H
#define ZC_WATCH_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "zreport/screen.h"

typedef enum {
    ZC_TONE_PLAIN,
    ZC_TONE_STRONG, /* headings, and what matters */
    ZC_TONE_FAINT,
    ZC_TONE_GOOD,
    ZC_TONE_WARN,
    ZC_TONE_ALARM, /* what should not be */
    ZC_TONE_TITLE, /* the line at the top */
    ZC_TONE_BAR,   /* bars and sparklines */
    ZC_TONES
} zc_tone_t;

typedef struct zc_page zc_page_t;

/* For a screen's characters; the screen must outlive it. */
zc_page_t *zc_page_new (const zc_screen_t *screen, int columns);
void zc_page_destroy (zc_page_t **self_p);

int zc_page_columns (const zc_page_t *self);
const zc_screen_t *zc_page_screen (const zc_page_t *self);

/* Begins a line; then adds clean text to it. */
void zc_page_line (zc_page_t *self);
void zc_page_put (zc_page_t *self, zc_tone_t tone, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

/* Adds the text only where all of it fits, behind `gap` spaces where the line is not empty. Returns whether it did. */
bool zc_page_fit (zc_page_t *self, int gap, zc_tone_t tone, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/* The same; where it does not fit, on a line of its own, behind `indent` spaces. */
void zc_page_flow (zc_page_t *self, int gap, int indent, zc_tone_t tone, const char *format, ...)
    __attribute__ ((format (printf, 5, 6)));

/* Adds the text so that it ends with the line. Returns whether it fits. */
bool zc_page_right (zc_page_t *self, zc_tone_t tone, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

/* Columns that are left on the line. */
int zc_page_room (const zc_page_t *self);

/* A screen without colours to print a table on; zc_page_print_end adds what was printed as lines, the first one in
 * the tone of headings. */
const zc_screen_t *zc_page_print (zc_page_t *self);
void zc_page_print_end (zc_page_t *self);

/* Gives all of a line a tone. */
void zc_page_set_tone (zc_page_t *self, size_t line, zc_tone_t tone);

/* What stands on it: lines, each of pieces with a tone. NULL: no such piece. */
size_t zc_page_lines (const zc_page_t *self);
const char *zc_page_piece (const zc_page_t *self, size_t line, size_t piece, zc_tone_t *ret_tone);

#endif
