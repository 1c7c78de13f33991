/* SPDX-License-Identifier: MPL-2.0
 *
 * budget_internal.h - what the files of budget.h share.
 */
#ifndef ZC_BUDGET_INTERNAL_H
#define ZC_BUDGET_INTERNAL_H

#include "core/budget/budget.h"

/* A threshold's alert. */
typedef struct {
    zc_alert_t alert;
    bool is;       /* there is one */
    bool recorded; /* it was told that it is on record */
    bool armed;    /* of hours: the spending has fallen since; the alert only waits for a listener */
} zc_passed_t;

typedef struct {
    const zc_budget_t *config;
    zc_query_spec_t spec; /* its `where`; views into the configuration */
    bool has_period, has_base;
    int64_t since_s, until_s; /* the period */
    int64_t asked_since_s;    /* the base's, as it was asked for: of hours it may lag behind */
    int64_t used_since_s;     /* the base's, and from when on changes count */
    int64_t base_nanousd;
    int64_t spent_nanousd; /* base and changes, at the last look */
    zc_passed_t passed [ZC_THRESHOLDS_MAX];
} zc_spent_t;

struct zc_budgets {
    zc_spent_t list [ZC_BUDGETS_MAX];
    size_t count;
    uint32_t *wanted; /* by key: a bit for each budget that its events count for */
    uint32_t wanted_count, wanted_capacity;
};

/* What of a budget stands behind the number of an alert. */
zc_passed_t *zc_budgets_find (const zc_budgets_t *self, size_t alert, const zc_spent_t **ret_spent);

/* Whether spending has reached so many percent of a limit. */
bool zc_budget_reaches (int64_t spent_nanousd, int64_t limit_nanousd, uint32_t percent);

#endif
