/* SPDX-License-Identifier: MPL-2.0
 *
 * budgets.h - budgets with keys and cells to spend in, for tests.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_BUDGETS_H
#define ZC_TEST_BUDGETS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/budget/budget.h"
#include "unpack.h"

#define MILLI INT64_C (1000000)
#define USD (1000 * MILLI)
#define HOUR 3600
#define DAY (24 * HOUR)
#define SINCE INT64_C (1793491200) /* 2026-11-01 */
#define UNTIL (SINCE + 30 * DAY)
#define NOW ((SINCE + 3 * DAY) * 1000) /* a tenth of the month is over */

typedef struct {
    zc_budget_list_t list;
    zc_budgets_t *budgets;
    zc_keys_t *keys;
    zc_cells_t changes;
} spending_t;

static inline int set_up (void **state)
{
    spending_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->keys = zc_keys_new (1000, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (self->keys);
    assert_int_equal (zc_cells_init (&self->changes), 0);
    *state = self;
    return 0;
}

static inline int tear_down (void **state)
{
    spending_t *self = *state;
    zc_budgets_destroy (&self->budgets);
    zc_keys_destroy (&self->keys);
    zc_cells_term (&self->changes);
    free (self);
    return 0;
}

/* ----------------------------------------------------------------- configuration */

static inline zc_budget_t monthly (int64_t limit)
{
    return (zc_budget_t){.limit_nanousd = limit,
                         .period = ZC_PERIOD_MONTH,
                         .timezone = "UTC",
                         .percents = {50, 80, 100},
                         .percents_count = 3};
}

static inline zc_budget_t hourly (int64_t limit)
{
    zc_budget_t budget = monthly (limit);
    budget.period = ZC_PERIOD_HOURS;
    budget.hours = 2;
    return budget;
}

static inline zc_budget_t where (zc_budget_t budget, const char *dimension, const char *value)
{
    strcpy (budget.where [budget.where_count].dimension, dimension);
    strcpy (budget.where [budget.where_count++].value, value);
    return budget;
}

/* Named b0, b1, ... */
static inline void add_budget (spending_t *self, zc_budget_t budget)
{
    snprintf (budget.name, sizeof budget.name, "b%zu", self->list.count);
    self->list.list [self->list.count++] = budget;
}

static inline void make (spending_t *self)
{
    zc_budgets_destroy (&self->budgets);
    self->budgets = zc_budgets_new (&self->list);
    assert_non_null (self->budgets);
}

/* One more budget; all of them begin in the month, without bases. */
static inline void begin (spending_t *self, zc_budget_t budget)
{
    add_budget (self, budget);
    make (self);
    for (size_t i = 0; i < self->list.count; i++)
        zc_budgets_set_period (self->budgets, i, SINCE, UNTIL);
}

static inline void set_base (spending_t *self, int64_t nanousd)
{
    for (size_t i = 0; i < self->list.count; i++)
        zc_budgets_set_base (self->budgets, i, SINCE, SINCE, nanousd);
}

/* A budget of hours moves to its nth minute and is told that this was spent. */
static inline void move (spending_t *self, int minute, int64_t nanousd)
{
    int64_t since = SINCE + minute * 60;
    zc_budgets_set_period (self->budgets, 0, since, since + 2 * HOUR);
    zc_budgets_set_base (self->budgets, 0, since, since, nanousd);
}

/* ---------------------------------------------------------------------- spending */

static inline void spend_key (spending_t *self, const zc_dimensions_t *dimensions, zc_time_bucket_t level, int64_t at_s,
                              int64_t nanousd)
{
    uint32_t key;
    bool folded;
    assert_int_equal (zc_keys_find (self->keys, dimensions, &key, &folded), 0);
    zc_cell_t *cell = zc_cells_at (&self->changes, level, at_s, key);
    assert_non_null (cell);
    cell->sums.events++;
    cell->sums.cost_nanousd += nanousd;
}

static inline void spend (spending_t *self, const char *service, int64_t at_s, int64_t nanousd)
{
    zc_dimensions_t key = {ZCOST_LLM_CALL, .service = {service, (uint32_t) strlen (service)}};
    spend_key (self, &key, ZC_MINUTE, at_s, nanousd);
}

static inline void checkpoint (spending_t *self)
{
    zc_budgets_add (self->budgets, self->keys, &self->changes);
    zc_cells_clear (&self->changes);
}

static inline size_t look (spending_t *self, int64_t now_ms)
{
    return zc_budgets_evaluate (self->budgets, self->keys, &self->changes, now_ms);
}

static inline void restore (spending_t *self, const char *name, int64_t since, uint32_t percent, int64_t limit,
                            bool published)
{
    zc_alert_t alert = {
        .period_start_s = since, .percent = percent, .limit_nanousd = limit, .published = published, .passed_ms = NOW};
    strcpy (alert.budget, name);
    zc_budgets_restore (self->budgets, &alert);
}

/* ------------------------------------------------------------------------- answer */

static inline opened_t packed (const spending_t *self, int64_t now_ms)
{
    zc_pack_t bytes = {.data = NULL};
    zc_budgets_pack (self->budgets, &bytes, now_ms);
    return open_bytes (bytes);
}

static inline const msgpack_object *nth (const opened_t *answer, size_t budget)
{
    ASSERT_KEYS (&answer->root, "budgets");
    const msgpack_object *list = AT (&answer->root, "budgets");
    assert_int_equal (list->type, MSGPACK_OBJECT_ARRAY);
    assert_true (budget < list->via.array.size);
    return &list->via.array.ptr [budget];
}

/* As the answer says it. */
static inline int64_t spent_of (const spending_t *self, size_t budget)
{
    opened_t answer = packed (self, NOW);
    int64_t spent = AT (nth (&answer, budget), "spent_nanousd")->via.i64;
    close_bytes (&answer);
    return spent;
}

static inline int64_t spent (spending_t *self)
{
    look (self, NOW);
    return spent_of (self, 0);
}

#endif
