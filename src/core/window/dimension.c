/* SPDX-License-Identifier: MPL-2.0
 *
 * dimension.c - what events are grouped and filtered by.
 */
#include "core/window/dimension.h"

#include "core/base/str.h"
#include "core/ledger/tags.h"

static const zc_str_t names [ZC_BY_TAG] = {
    [ZC_BY_TYPE] = {"type", 4},   [ZC_BY_SERVICE] = {"service", 7},   [ZC_BY_TIER] = {"tier", 4},
    [ZC_BY_MODEL] = {"model", 5}, [ZC_BY_PROVIDER] = {"provider", 8},
};

static const zc_str_t other = {"other", 5};

bool zc_dimension_find (const zc_policy_t *policy, zc_str_t name, zc_dimension_t *ret_dimension)
{
    for (zc_by_t by = 0; by < ZC_BY_TAG; by++)
        if (zc_str_equal (names [by], name)) {
            *ret_dimension = (zc_dimension_t){by, names [by]};
            return true;
        }
    for (size_t i = 0; i < policy->tags_count; i++) {
        zc_str_t tag = {policy->tags [i], (uint32_t) strlen (policy->tags [i])};
        if (zc_str_equal (tag, name)) {
            *ret_dimension = (zc_dimension_t){ZC_BY_TAG, tag};
            return true;
        }
    }
    return false;
}

bool zc_dimension_same (const zc_dimension_t *a, const zc_dimension_t *b)
{
    return a->by == b->by && (a->by != ZC_BY_TAG || zc_str_equal (a->name, b->name));
}

/* Folded by a cap: nobody knows its events' tags, which is not the same as having none. */
static bool is_folded (const zc_dimensions_t *key)
{
    return key->tags.size == 0 && zc_str_equal (key->service, other) && zc_str_equal (key->model, other) &&
           zc_str_equal (key->provider, other);
}

static zc_str_t type_name (zcost_type_t type)
{
    const char *name = zc_event_type_name (type);
    return (zc_str_t){name, (uint32_t) strlen (name)};
}

zc_str_t zc_dimension_value (const zc_dimension_t *dimension, const zc_dimensions_t *key)
{
    switch (dimension->by) {
    case ZC_BY_TYPE:
        return type_name (key->type);
    case ZC_BY_SERVICE:
        return key->service;
    case ZC_BY_TIER:
        return key->tier;
    case ZC_BY_MODEL:
        return key->model;
    case ZC_BY_PROVIDER:
        return key->provider;
    case ZC_BY_TAG:
        break;
    }
    return is_folded (key) ? other : zc_tags_value (key->tags, dimension->name);
}
