/* SPDX-License-Identifier: MPL-2.0
 *
 * periods.h - what civil periods cost, between periods.c, which asks, and periods_show.c, which prints for people.
 */
#ifndef ZC_PERIODS_H
#define ZC_PERIODS_H

#include <jansson.h>

#include "zreport/options.h"
#include "zreport/screen.h"

#define ZC_PERIOD_NAME_BYTES 40

typedef struct {
    const zc_options_t *options;
    size_t count;
    zc_interval_t periods [ZC_PERIODS_MAX];
    json_t *results [ZC_PERIODS_MAX]; /* of a breakdown each */
    char names [ZC_PERIODS_MAX] [ZC_PERIOD_NAME_BYTES];
    bool widened [ZC_PERIODS_MAX]; /* to larger buckets than the period: it holds some of what is beside it */
    bool any_widened, overlap;
    json_t *total; /* measures */
} zc_periods_t;

void zc_periods_show (const zc_periods_t *self, const zc_screen_t *screen);

#endif
