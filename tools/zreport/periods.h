/* SPDX-License-Identifier: MPL-2.0
 *
 * periods.h - what civil periods cost, between periods.c, which asks, and periods_show.c, which prints for people.
 */
#ifndef ZR_PERIODS_H
#define ZR_PERIODS_H

#include <jansson.h>

#include "zreport/options.h"
#include "zreport/show/screen.h"

#define ZR_PERIOD_NAME_BYTES 40

typedef struct {
    const zr_options_t *options;
    size_t count;
    zr_interval_t periods [ZR_PERIODS_MAX];
    json_t *results [ZR_PERIODS_MAX]; /* of a breakdown each */
    char names [ZR_PERIODS_MAX][ZR_PERIOD_NAME_BYTES];
    bool widened [ZR_PERIODS_MAX]; /* to larger buckets than the period: it holds some of what is beside it */
    bool any_widened, overlap;
    json_t *total; /* measures */
} zr_periods_t;

void zr_periods_show (const zr_periods_t *self, const zr_screen_t *screen);

#endif
