/* SPDX-License-Identifier: MPL-2.0
 *
 * terminal.h - the terminal that the live view is drawn on.
 *
 * Owns the terminal's state from open to close, and gives it back as it was; also where the process exits in between.
 * Takes no signals: whoever opens it has blocked them. One at a time.
 */
#ifndef ZR_WATCH_TERMINAL_H
#define ZR_WATCH_TERMINAL_H

#include <stdbool.h>

#include "zreport/show/screen.h"
#include "zreport/watch/page.h"

typedef struct zr_terminal zr_terminal_t;

typedef enum {
    ZR_KEY_NONE, /* no more keys */
    ZR_KEY_LEFT = 256,
    ZR_KEY_RIGHT,
    ZR_KEY_UP,
    ZR_KEY_DOWN,
    ZR_KEY_BACKTAB,
    ZR_KEY_OTHER
} zc_key_t; /* or a character below 256 */

/* Whether the terminal that we were started on can be drawn on: TERM names one with a cursor that can be placed. */
bool zr_terminal_is_able (void);

/* NULL where it cannot be had. The screen must outlive it. */
zr_terminal_t *zr_terminal_open (zr_screen_t *screen);
void zr_terminal_close (zr_terminal_t **self_p);

/* A descriptor that is readable when a key was pressed; -1: there is no keyboard. */
int zr_terminal_keyboard (const zr_terminal_t *self);

/* The next key that was pressed; at once. */
int zr_terminal_key (zr_terminal_t *self);

/* Whether the keyboard is readable for ever, without a key: its other end is closed. */
bool zr_terminal_has_hung_up (const zr_terminal_t *self);

/* Looks at the size again; columns and rows are its size. */
void zr_terminal_resize (zr_terminal_t *self);
int zr_terminal_rows (const zr_terminal_t *self);
int zr_terminal_columns (const zr_terminal_t *self);

/* A picture: clear, paint pages (a zr_painter_t), show. Only what has changed is sent. */
void zr_terminal_clear (zr_terminal_t *self);
void zr_terminal_paint (void *argument, int row, int column, const zr_page_t *page, int rows);
void zr_terminal_show (zr_terminal_t *self);

/* Gives the terminal back for a while; then takes it again, and draws all of it anew. */
void zr_terminal_leave (zr_terminal_t *self);
void zr_terminal_return (zr_terminal_t *self);

#endif
