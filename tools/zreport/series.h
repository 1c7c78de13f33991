/* SPDX-License-Identifier: MPL-2.0
 *
 * series.h - costs over time, between series.c, which asks, and series_show.c, which draws.
 */
#ifndef ZR_SERIES_H
#define ZR_SERIES_H

#include "zreport/options.h"
#include "zreport/show/screen.h"

typedef struct {
    char *name;
    int64_t *costs;             /* nano-dollars, one for each step */
    int64_t least, most, total; /* the least of the steps that are over */
    int64_t unpriced_events;
} zr_series_row_t;

typedef struct {
    const zr_options_t *options;
    int64_t start_s, until_s, step_s;
    size_t steps, count;
    zr_series_row_t *rows;
    int64_t rows_left_out;
    bool running; /* the last step is not over */
} zr_series_t;

void zr_series_show (const zr_series_t *self, const zr_screen_t *screen);

#endif
