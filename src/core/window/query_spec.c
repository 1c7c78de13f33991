/* SPDX-License-Identifier: MPL-2.0
 *
 * query_spec.c - a question about a window of time.
 */
#include "core/window/query_spec.h"

#include "core/base/str.h"

bool zc_query_spec_matches (const zc_query_spec_t *self, const zc_dimensions_t *key)
{
    for (size_t i = 0; i < self->where_count; i++)
        if (!zc_str_equal (zc_dimension_value (&self->where [i].dimension, key), self->where [i].value))
            return false;
    return true;
}
