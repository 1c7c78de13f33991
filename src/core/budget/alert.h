/* SPDX-License-Identifier: MPL-2.0
 *
 * alert.h - a threshold of a budget that was passed: as budgets, journal and store have it.
 */
#ifndef ZC_ALERT_H
#define ZC_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "zcost.h"

/* Budget, period's start and percent together name it for good. */
typedef struct {
    char budget [ZCOST_STRING_MAX + 1]; /* its name */
    int64_t period_start_s;             /* of the period that it was passed in */
    uint32_t percent;                   /* of the limit */
    int64_t passed_ms;
    int64_t spent_nanousd, limit_nanousd; /* then */
    bool published;
} zc_alert_t;

#endif
