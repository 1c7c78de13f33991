/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_budgets.h - the section `budgets`: a node a budget, and its settings below it.
 */
#ifndef ZC_SETTINGS_BUDGETS_H
#define ZC_SETTINGS_BUDGETS_H

#include "core/budget/budget.h"
#include "core/pricing/policy.h"

/* Sets what stands at a path below `budgets`. NAME alone begins a budget; what comes then, up to the close, is its.
 * policy: what a budget's `where` may name. Returns NULL, or what is wrong (program/value.h). */
const char *zc_settings_budgets_set (zc_budget_list_t *self, const zc_policy_t *policy, const char *path,
                                     const char *value);

/* What the budget that ends there lacks, as above. */
const char *zc_settings_budgets_close (const zc_budget_list_t *self, const char *path);

#endif
