/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_world.h - keys, cells and questions for tests of rows.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_ROWS_WORLD_H
#define ZC_TEST_ROWS_WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "core/window/rows.h"
#include "pack.h"
#include "seed.h"
#include "table.h"
#include "unpack.h"

#define WORLD_START_S INT64_C (1767225600) /* a day's begin */
#define WORLD_BINS_MAX 6

/* A cell, and the bins that its latencies fall into. */
typedef struct {
    zc_cell_t cell;
    uint32_t bins [WORLD_BINS_MAX], bins_count;
} world_cell_t;

static inline uint32_t key_in (zc_keys_t *keys, zcost_type_t type, const char *service, const char *tier,
                               const char *model, const char *provider, zc_str_t tags)
{
    const zc_dimensions_t dimensions = {type, str_of (service), str_of (tier), str_of (model), str_of (provider), tags};
    uint32_t key;
    bool folded;
    assert_int_equal (zc_keys_find (keys, &dimensions, &key, &folded), 0);
    return key;
}

/* Keys that differ in their model: s0, s1 ... */
static inline zc_keys_t *keys_of (uint32_t count, zcost_type_t type)
{
    zc_keys_t *keys = zc_keys_new (2 * ZC_KEYS_MAX, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (keys);
    for (uint32_t i = 0; i < count; i++) {
        char model [16];
        snprintf (model, sizeof model, "s%u", i);
        assert_int_equal (key_in (keys, type, "default", "", model, "", str_of ("")), i);
    }
    return keys;
}

static inline zc_measures_t any_measures (zcost_type_t type)
{
    zc_measures_t sums = {.events = WORLD_BINS_MAX + random_below (4)};
    int64_t *numbers = (int64_t *) &sums;
    for (size_t i = 1; i < sizeof sums / sizeof *numbers; i++)
        numbers [i] = random_below (3) ? random_below (1000000) : 0;
    sums.saved_ns = (int64_t) random_below (2000000) - 1000000;
    sums.prompt_saved_nanousd = (int64_t) random_below (2000000) - 1000000;
    if (type != ZCOST_QUERY_ROUTER)
        sums.baseline_nanousd = sums.assumed_baseline_nanousd = sums.assumed_cost_nanousd = 0;
    return sums;
}

static inline zc_query_spec_t ask_of (zc_query_spec_kind_t asked)
{
    return (zc_query_spec_t){.asked = asked, .rows_max = ZC_ROWS_MAX};
}

static inline void group_by (zc_query_spec_t *spec, zc_by_t by, const char *name)
{
    spec->by [spec->by_count++] = (zc_dimension_t){by, str_of (name)};
}

static inline void only_where (zc_query_spec_t *spec, zc_by_t by, const char *name, const char *value)
{
    spec->where [spec->where_count].dimension = (zc_dimension_t){by, str_of (name)};
    spec->where [spec->where_count++].value = str_of (value);
}

static inline zc_window_plan_t plan_by (int64_t step_s)
{
    return (zc_window_plan_t){
        .since_s = INT64_MIN, .until_s = INT64_MAX, .since_ms = 5, .until_ms = 6, .step_s = step_s};
}

/* Adds cells that have no latencies; must succeed. Returns the point. */
static inline uint32_t add_one (zc_rows_t *rows, int64_t start_s, uint32_t key, zc_measures_t sums)
{
    uint32_t point = UINT32_MAX;
    assert_int_equal (zc_rows_add (rows, start_s, key, &sums, &point), 0);
    return point;
}

static inline opened_t packed (zc_rows_t *rows)
{
    zc_pack_t result = {.data = NULL};
    assert_int_equal (zc_rows_pack (rows, &result), 0);
    return open_bytes (result);
}

static inline const msgpack_object *nth (const msgpack_object *array, size_t place)
{
    assert_int_equal (array->type, MSGPACK_OBJECT_ARRAY);
    assert_true (place < array->via.array.size);
    return &array->via.array.ptr [place];
}

static inline void assert_rows_failed (const zc_rows_t *rows, const char *code)
{
    const char *got = NULL;
    assert_non_null (zc_rows_failed (rows, &got));
    assert_string_equal (got, code);
}

#endif
