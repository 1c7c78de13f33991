/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_frame.h - which part of the live view stands where, on a screen of any size.
 *
 * Refuses to know a terminal: who draws is given. No line is wider than its place, and no two places overlap.
 */
#ifndef ZC_WATCH_FRAME_H
#define ZC_WATCH_FRAME_H

#include "zreport/watch_data.h"
#include "zreport/watch_page.h"

/* Draws the first `rows` lines of a page from a place on. */
typedef void zc_painter_t (void *argument, int row, int column, const zc_page_t *page, int rows);

/* Draws all that is known, at the moment of data->now_ms. Where there is too little room, parts are left out, the
 * least important ones first; where there is much, parts stand side by side. */
void zc_frame_draw (const zc_watch_data_t *data, const zc_screen_t *screen, int rows, int columns,
                    zc_painter_t *painter, void *argument);

#endif
