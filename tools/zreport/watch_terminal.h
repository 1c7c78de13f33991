/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_terminal.h - the terminal that the live view is drawn on.
 *
 * Owns the terminal's state from open to close, and gives it back as it was; also where the process exits in between.
 * Takes no signals: whoever opens it has blocked them. One at a time.
 */
#ifndef ZC_WATCH_TERMINAL_H
#define ZC_WATCH_TERMINAL_H

#include <stdbool.h>

#include "zreport/screen.h"
#include "zreport/watch_page.h"

typedef struct zc_terminal zc_terminal_t;

typedef enum {
    ZC_KEY_NONE, /* no more keys */
    ZC_KEY_LEFT = 256,
    ZC_KEY_RIGHT,
    ZC_KEY_UP,
    ZC_KEY_DOWN,
    ZC_KEY_BACKTAB,
    ZC_KEY_OTHER
} zc_key_t; /* or a character below 256 */

/* Whether the terminal that we were started on can be drawn on: TERM names one with a cursor that can be placed. */
bool zc_terminal_is_able (void);

/* NULL where it cannot be had. The screen must outlive it. */
zc_terminal_t *zc_terminal_open (zc_screen_t *screen);
void zc_terminal_close (zc_terminal_t **self_p);

/* A descriptor that is readable when a key was pressed; -1: there is no keyboard. */
int zc_terminal_keyboard (const zc_terminal_t *self);

/* The next key that was pressed; at once. */
int zc_terminal_key (zc_terminal_t *self);

/* Whether the keyboard is readable for ever, without a key: its other end is closed. */
bool zc_terminal_has_hung_up (const zc_terminal_t *self);

/* Looks at the size again; columns and rows are its size. */
void zc_terminal_resize (zc_terminal_t *self);
int zc_terminal_rows (const zc_terminal_t *self);
int zc_terminal_columns (const zc_terminal_t *self);

/* A picture: clear, paint pages (a zc_painter_t), show. Only what has changed is sent. */
void zc_terminal_clear (zc_terminal_t *self);
void zc_terminal_paint (void *self, int row, int column, const zc_page_t *page, int rows);
void zc_terminal_show (zc_terminal_t *self);

/* Gives the terminal back for a while; then takes it again, and draws all of it anew. */
void zc_terminal_leave (zc_terminal_t *self);
void zc_terminal_return (zc_terminal_t *self);

#endif
