/* SPDX-License-Identifier: MPL-2.0
 *
 * budget.h - one budget of the answer to `budgets`, as several views read it.
 */
#ifndef ZC_BUDGET_SHARE_H
#define ZC_BUDGET_SHARE_H

#include <jansson.h>

#include "zreport/amount.h"

/* How much of the limit is spent, in percent; negative: not known yet. */
double zc_budget_share (const json_t *budget);

/* "83.4%", "-" where it is not known. Rounded down: "100%" says that the limit is reached, and nothing less does. */
zc_text_t zc_budget_share_text (const json_t *budget, int decimals);

/* An amount that may be unknown: then "-". */
zc_text_t zc_budget_amount (const json_t *budget, const char *key);

#endif
