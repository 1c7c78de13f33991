/* SPDX-License-Identifier: MPL-2.0
 *
 * bar.h - amounts as lengths and heights.
 *
 * Something is never drawn as nothing, nor nothing as something.
 */
#ifndef ZC_BAR_H
#define ZC_BAR_H

#include <stddef.h>
#include <stdint.h>

#include "zreport/screen.h"

/* A bar of part/whole of so many columns, and nothing behind it; more than the whole fills them. For the caller to
 * free. */
char *zc_bar (const zc_screen_t *screen, int64_t part, int64_t whole, int columns);

/* One character for each value, as high as it is beside `most`; values below 0 are drawn as 0. For the caller to
 * free. */
char *zc_spark (const zc_screen_t *screen, const int64_t *values, size_t count, int64_t most);

/* The same over several lines: line `line` of `lines`, from the top one on, without spaces at its end. */
char *zc_chart_line (const zc_screen_t *screen, const int64_t *values, size_t count, int64_t most, int line, int lines);

#endif
