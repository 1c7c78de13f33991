/* SPDX-License-Identifier: MPL-2.0
 *
 * frame.h - which part of the live view stands where, on a screen of any size.
 *
 * Refuses to know a terminal: who draws is given. No line is wider than its place, and no two places overlap.
 */
#ifndef ZR_WATCH_FRAME_H
#define ZR_WATCH_FRAME_H

#include "zreport/watch/data.h"
#include "zreport/watch/page.h"

/* Draws the first `rows` lines of a page from a place on. */
typedef void zr_painter_t (void *argument, int row, int column, const zr_page_t *page, int rows);

/* Draws all that is known, at the moment of data->now_ms. Where there is too little room, parts are left out, the
 * least important ones first; where there is much, parts stand side by side. */
void zr_frame_draw (const zr_watch_data_t *data, const zr_screen_t *screen, int rows, int columns,
                    zr_painter_t *painter, void *argument);

#endif
