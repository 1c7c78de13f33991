/* SPDX-License-Identifier: MPL-2.0
 *
 * dimension.h - what events are grouped and filtered by: type, service, tier, model, provider, and configured tags.
 */
#ifndef ZC_DIMENSION_H
#define ZC_DIMENSION_H

#include <stdbool.h>

#include "core/ledger/keys.h"
#include "core/pricing/policy.h"

typedef enum { ZC_BY_TYPE, ZC_BY_SERVICE, ZC_BY_TIER, ZC_BY_MODEL, ZC_BY_PROVIDER, ZC_BY_TAG } zc_by_t;

#define ZC_DIMENSIONS_MAX (ZC_BY_TAG + ZC_TAGS_MAX)

typedef struct {
    zc_by_t by;
    zc_str_t name; /* as it is asked for: "model"; of a tag its own */
} zc_dimension_t;

/* The dimension of a name: one of the five, else a configured tag; its name is then a static text or the policy's.
 * False: none. A tag of one of the five's names cannot be configured. */
bool zc_dimension_find (const zc_policy_t *policy, zc_str_t name, zc_dimension_t *ret_dimension);

bool zc_dimension_same (const zc_dimension_t *a, const zc_dimension_t *b);

/* A key's value of a dimension. Of a key that a cap put in its place (service, model and provider `other`, no
 * tags) each tag is `other` too. */
zc_str_t zc_dimension_value (const zc_dimension_t *dimension, const zc_dimensions_t *key);

#endif
