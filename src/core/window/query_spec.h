/* SPDX-License-Identifier: MPL-2.0
 *
 * query_spec.h - a question about a window of time: which events, grouped how, since when.
 *
 * What `breakdown` and `series` ask, and `report` with a window. Owns nothing: strings are views into the request.
 */
#ifndef ZC_QUERY_SPEC_H
#define ZC_QUERY_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/window/dimension.h"

#define ZC_ROWS_MAX 10000 /* that one answer shows; more are counted, and are in its total */
#define ZC_STEP_DEFAULT_S 3600
#define ZC_STEP_MAX_S INT64_C (3155760000) /* 100 years */

typedef enum { ZC_SPEC_REPORT, ZC_SPEC_BREAKDOWN, ZC_SPEC_SERIES } zc_query_spec_kind_t;

typedef struct {
    zc_query_spec_kind_t asked;
    zc_dimension_t by [ZC_DIMENSIONS_MAX]; /* no two the same */
    size_t by_count;
    struct {
        zc_dimension_t dimension;
        zc_str_t value;          /* empty: events that lack it */
    } where [ZC_DIMENSIONS_MAX]; /* all must hold; no two of one dimension */
    size_t where_count;
    bool has_since, has_until;
    int64_t since_ms, until_ms; /* any: a plan brings them within reason */
    int64_t step_s;             /* ZC_SPEC_SERIES: 60 or a multiple, up to ZC_STEP_MAX_S; else 0 */
    uint32_t rows_max;          /* the dearest so many, up to ZC_ROWS_MAX */
} zc_query_spec_t;

/* Whether the events of a key are asked for. */
bool zc_query_spec_matches (const zc_query_spec_t *self, const zc_dimensions_t *key);

#endif
