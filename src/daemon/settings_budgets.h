/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_budgets.h - the section `budgets`: a node a budget, and its settings below it.
 */
#ifndef ZC_SETTINGS_BUDGETS_H
#define ZC_SETTINGS_BUDGETS_H

#include "core/budget/budget.h"
#include "core/pricing/policy.h"

/* As zc_settings_set and zc_settings_close; path: behind "budgets/". NAME alone begins a budget; what comes then, up to
 * the close, is its. policy: what a budget's `where` may name. */
const char *zc_settings_set_budget (zc_budget_list_t *self, const zc_policy_t *policy, const char *path,
                                    const char *value);
const char *zc_settings_close_budget (const zc_budget_list_t *self, const char *path);

#endif
