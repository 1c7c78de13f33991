/* SPDX-License-Identifier: MPL-2.0
 *
 * policy.c - what the ledger assumes and compares with.
 */
#include "core/policy.h"

#include <string.h>

void zc_policy_default (zc_policy_t *ret_policy)
{
    memset (ret_policy, 0, sizeof *ret_policy);
    strcpy (ret_policy->tiers [0].name, "other");
    ret_policy->tiers_count = 1;
    zc_policy_set_tier (ret_policy, "simple", "gpt-4o-mini");
    zc_policy_set_tier (ret_policy, "medium", "gpt-4.1-mini");
    zc_policy_set_tier (ret_policy, "complex", "gpt-4o");
    strcpy (ret_policy->baseline_model, "gpt-4o");
    ret_policy->baseline_per_query_nanousd = 35000000;
    ret_policy->hit_saves_nanousd = 100000;
    ret_policy->assumed_saved_ns = 6000000000;
}

int zc_policy_set_tier (zc_policy_t *self, const char *name, const char *model)
{
    if (name [0] == '\0' || strlen (name) > ZCOST_STRING_MAX || strlen (model) > ZCOST_STRING_MAX)
        return -1;
    size_t place = 0;
    while (place < self->tiers_count && strcmp (self->tiers [place].name, name) != 0)
        place++;
    if (place == self->tiers_count) {
        if (place == ZC_TIERS_MAX)
            return -1;
        /* `other` stays last. */
        self->tiers [place] = self->tiers [place - 1];
        place--;
        self->tiers_count++;
        strcpy (self->tiers [place].name, name);
    }
    strcpy (self->tiers [place].model, model);
    return 0;
}
