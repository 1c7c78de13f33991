/* SPDX-License-Identifier: MPL-2.0
 *
 * bar.h - amounts as lengths and heights.
 *
 * Something is never drawn as nothing, nor nothing as something.
 */
#ifndef ZR_SHOW_BAR_H
#define ZR_SHOW_BAR_H

#include <stddef.h>
#include <stdint.h>

#include "zreport/show/screen.h"

/* A bar of part/whole of so many columns, and nothing behind it; more than the whole fills them. For the caller to
 * free. */
char *zr_bar (const zr_screen_t *screen, int64_t part, int64_t whole, int columns);

/* One character for each value, as high as it is beside `most`; values below 0 are drawn as 0. For the caller to
 * free. */
char *zr_bar_spark (const zr_screen_t *screen, const int64_t *values, size_t count, int64_t most);

/* The same over several lines: line `line` of `lines`, from the top one on, without spaces at its end. */
char *zr_bar_chart_line (const zr_screen_t *screen, const int64_t *values, size_t count, int64_t most, int line,
                         int lines);

#endif
