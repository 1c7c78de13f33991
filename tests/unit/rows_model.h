/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_model.h - random cells, and rows of them by comparing texts: a model of rows that cannot be fast.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_ROWS_MODEL_H
#define ZC_TEST_ROWS_MODEL_H

#include <stdio.h>
#include <stdlib.h>

#include "rows_world.h"

#define KEYS 60
#define CELLS 400
#define MEASURES (sizeof (zc_measures_t) / sizeof (int64_t))

typedef struct {
    zc_keys_t *keys;
    world_cell_t cells [CELLS];
} world_t;

static inline uint32_t any_key (zc_keys_t *keys)
{
    static const char *const services [] = {"search", "chat", "default", "other"};
    static const char *const models [] = {"gpt-4o", "gpt-4o-mini", "", "other"};
    static const char *const providers [] = {"openai", "", "other"};
    static const char *const tags [] = {"", "\4team\1a", "\4team\1b", "\3env\4prod\4team\1a", "\3env\3dev"};
    zcost_type_t type = (zcost_type_t) (1 + random_below (4));
    const char *tier = type == ZCOST_QUERY_ROUTER ? "simple" : "";
    return key_in (keys, type, services [random_below (4)], tier, models [random_below (4)],
                   providers [random_below (3)], str_of (tags [random_below (5)]));
}

static inline void world_begin (world_t *self)
{
    self->keys = zc_keys_new (10000, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (self->keys);
    for (size_t i = 0; i < KEYS; i++)
        any_key (self->keys);
    for (size_t i = 0; i < CELLS; i++) {
        world_cell_t *cell = &self->cells [i];
        uint32_t key = random_below (zc_keys_count (self->keys));
        zc_time_bucket_t level = (zc_time_bucket_t) random_below (ZC_TIME_BUCKETS);
        int64_t size = zc_time_bucket_seconds (level);
        *cell = (world_cell_t){.cell = {.start_s = (WORLD_START_S + random_below (4 * 86400)) / size * size,
                                        .key = key,
                                        .level = level,
                                        .sums = any_measures (zc_keys_at (self->keys, key)->dimensions.type)}};
        cell->bins_count = random_below (2) ? random_below (WORLD_BINS_MAX) : 0;
        for (uint32_t j = 0; j < cell->bins_count; j++)
            cell->bins [j] = random_below (3) ? 100 + random_below (30) : random_below (2880);
    }
}

/* ----------------------------------------------------------------------- model */

typedef struct {
    char name [600]; /* the values of its dimensions, each with its size */
    int64_t step;    /* -1: a row; else a point */
    __int128 sums [MEASURES], routed_cost;
    uint32_t bins [CELLS * WORLD_BINS_MAX], bins_count;
} model_row_t;

typedef struct {
    model_row_t rows [CELLS + 1];
    size_t count;
} model_t;

static inline zc_str_t value_in_model (const zc_dimensions_t *key, const zc_dimension_t *dimension)
{
    static const char *const types [] = {"", "query_router", "embedding_cache", "rag_parallel", "llm_call"};
    const zc_str_t five [] = {str_of (types [key->type]), key->service, key->tier, key->model, key->provider};
    if (dimension->by != ZC_BY_TAG)
        return five [dimension->by];
    bool other = key->tags.size == 0 && key->service.size == 5 && memcmp (key->service.data, "other", 5) == 0 &&
                 key->model.size == 5 && memcmp (key->model.data, "other", 5) == 0 && key->provider.size == 5 &&
                 memcmp (key->provider.data, "other", 5) == 0;
    char want [64];
    int size = snprintf (want, sizeof want, "%c%.*s", (char) dimension->name.size, (int) dimension->name.size,
                         dimension->name.data);
    for (uint32_t at = 0; at + (uint32_t) size < key->tags.size; at++)
        if (memcmp (key->tags.data + at, want, (size_t) size) == 0)
            return (zc_str_t){key->tags.data + at + size + 1, (uint8_t) key->tags.data [at + (uint32_t) size]};
    return str_of (other ? "other" : "");
}

static inline bool model_wants (const zc_query_spec_t *spec, const zc_dimensions_t *key)
{
    for (size_t i = 0; i < spec->where_count; i++) {
        zc_str_t value = value_in_model (key, &spec->where [i].dimension);
        if (value.size != spec->where [i].value.size ||
            memcmp (value.data, spec->where [i].value.data, value.size) != 0)
            return false;
    }
    return true;
}

static inline void model_name (char *name, const zc_query_spec_t *spec, const zc_dimensions_t *key)
{
    name [0] = '\0';
    for (size_t i = 0; i < spec->by_count; i++) {
        zc_str_t value = value_in_model (key, &spec->by [i]);
        sprintf (name + strlen (name), "%.*s\1", (int) value.size, value.data);
    }
}

static inline void model_add (model_t *self, const char *name, int64_t step, const world_cell_t *cell, bool routed)
{
    size_t at = 0;
    while (at < self->count && (self->rows [at].step != step || strcmp (self->rows [at].name, name) != 0))
        at++;
    model_row_t *row = &self->rows [at];
    if (at == self->count) {
        memset (row, 0, sizeof *row);
        strcpy (row->name, name);
        row->step = step;
        self->count++;
    }
    for (size_t i = 0; i < MEASURES; i++)
        row->sums [i] += ((const int64_t *) &cell->cell.sums) [i];
    row->routed_cost += routed ? cell->cell.sums.cost_nanousd : 0;
    for (uint32_t i = 0; i < cell->bins_count; i++)
        row->bins [row->bins_count++] = cell->bins [i];
}

static inline int64_t number_of (const model_row_t *row, size_t offset)
{
    return (int64_t) row->sums [offset / sizeof (int64_t)];
}

#define OF(row, measure) number_of ((row), offsetof (zc_measures_t, measure))

/* Dearest first; more events; by the dimensions (whose values have no byte below 1). */
static inline int compare_rows (const void *left, const void *right)
{
    const model_row_t *a = left, *b = right;
    if (OF (a, cost_nanousd) != OF (b, cost_nanousd))
        return OF (a, cost_nanousd) > OF (b, cost_nanousd) ? -1 : 1;
    if (OF (a, events) != OF (b, events))
        return OF (a, events) > OF (b, events) ? -1 : 1;
    return strcmp (a->name, b->name);
}

/* Every cell that is asked for: by row, and where steps is given by point there. */
static inline void model_make (model_t *self, model_t *steps, const world_t *world, const zc_query_spec_t *spec,
                               const zc_window_plan_t *plan)
{
    self->count = steps->count = 0;
    for (size_t i = 0; i < CELLS; i++) {
        const world_cell_t *cell = &world->cells [i];
        const zc_dimensions_t *key = &zc_keys_at (world->keys, cell->cell.key)->dimensions;
        char name [600];
        if (cell->cell.start_s < plan->since_s || cell->cell.start_s >= plan->until_s || !model_wants (spec, key))
            continue;
        model_name (name, spec, key);
        model_add (self, name, -1, cell, key->type == ZCOST_QUERY_ROUTER);
        if (plan->step_s > 0)
            model_add (steps, name, cell->cell.start_s / plan->step_s, cell, key->type == ZCOST_QUERY_ROUTER);
    }
    if (self->count == 0 && spec->by_count == 0) {
        memset (&self->rows [0], 0, sizeof self->rows [0]);
        self->count = 1;
    }
    qsort (self->rows, self->count, sizeof *self->rows, compare_rows);
}

#endif
