/* SPDX-License-Identifier: MPL-2.0
 *
 * policy.h - what the ledger assumes and compares with: tiers and their models, the baseline, the
 * estimates that stand in for what was not measured.
 */
#ifndef ZC_POLICY_H
#define ZC_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "zcost.h"

#define ZC_TIERS_MAX 32 /* `other` included */
#define ZC_TAGS_MAX 4

/* Strings are held by value: a policy owns nothing. */
typedef struct {
    struct {
        char name [ZCOST_STRING_MAX + 1];
        char model [ZCOST_STRING_MAX + 1]; /* "": none */
    } tiers [ZC_TIERS_MAX];                /* simple, medium, complex, added ones; last: other */
    size_t tiers_count;
    char baseline_model [ZCOST_STRING_MAX + 1];
    int64_t baseline_per_query_nanousd;            /* of a query without tokens */
    int64_t hit_saves_nanousd;                     /* of a cache hit without tokens */
    int64_t assumed_saved_ns;                      /* of a preload without a measured time */
    char tags [ZC_TAGS_MAX][ZCOST_STRING_MAX + 1]; /* those that are dimensions; ascending by their bytes */
    size_t tags_count;
} zc_policy_t;

/* simple, medium, complex and other with their default models, and the contract's numbers. */
void zc_policy_default (zc_policy_t *ret_policy);

/* Sets a tier's model, adding the tier before `other` where it is new. Returns 0, or -1: no room,
 * or a name or model that is too long. */
int zc_policy_set_tier (zc_policy_t *self, const char *name, const char *model);

/* Makes a tag a dimension. Returns 0, or -1: no room, a name that is empty or too long, one that is there
 * already, or one that rows of answers have for something else (other dimensions, measures). */
int zc_policy_add_tag (zc_policy_t *self, const char *name);

#endif
