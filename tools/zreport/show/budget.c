/* SPDX-License-Identifier: MPL-2.0
 *
 * budget.c - one budget of the answer to `budgets`; see budget.h.
 */
#include "zreport/show/budget.h"

#include <math.h>
#include <stdio.h>

#include "zreport/show/field.h"

double zr_budget_share (const json_t *budget)
{
    const json_t *share = json_object_get (budget, "share_percent");
    int64_t spent = zr_field_count (budget, "spent_nanousd"), limit = zr_field_count (budget, "limit_nanousd");
    if (!json_is_number (share))
        return -1;
    /* The share itself comes rounded. */
    return limit > 0 && spent > 0 ? 100 * ((double) spent / (double) limit) : json_number_value (share);
}

zr_text_t zr_budget_share_text (const json_t *budget, int decimals)
{
    zr_text_t to = {"-"};
    double share = zr_budget_share (budget), unit = pow (10, decimals);
    if (share >= 0)
        snprintf (to.text, sizeof to.text, "%.*f%%", decimals, floor (fmin (share, 1e15) * unit + 1e-6) / unit);
    return to;
}

zr_text_t zr_budget_amount (const json_t *budget, const char *key)
{
    int64_t nanousd;
    return zr_amount_read (json_object_get (budget, key), &nanousd) ? zr_amount_dollars (nanousd) : (zr_text_t){"-"};
}
