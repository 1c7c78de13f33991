/* SPDX-License-Identifier: MPL-2.0
 *
 * budget.h - one budget of the answer to `budgets`, as several views read it.
 */
#ifndef ZR_SHOW_BUDGET_H
#define ZR_SHOW_BUDGET_H

#include <jansson.h>

#include "zreport/show/amount.h"

/* How much of the limit is spent, in percent; negative: not known yet. */
double zr_budget_share (const json_t *budget);

/* "83.4%", "-" where it is not known. Rounded down: "100%" says that the limit is reached, and nothing less does. */
zr_text_t zr_budget_share_text (const json_t *budget, int decimals);

/* An amount that may be unknown: then "-". */
zr_text_t zr_budget_amount (const json_t *budget, const char *key);

#endif
