/* SPDX-License-Identifier: MPL-2.0
 *
 * budget.c - limits on spending over a period.
 */
#include "core/budget/budget.h"

#include <stdlib.h>
#include <string.h>

#include "core/budget/budget_internal.h"

_Static_assert(ZC_BUDGETS_MAX <= 32, "a key has a bit for each budget");

/* Of hours: how far under a threshold the spending must fall before it is passed again, in percent of it. So what
 * swings around a threshold does not warn every minute. */
#define REARM_PERCENT 90

#define HOUR_MS 3600000

/* ------------------------------------------------------------------------ life */

static zc_str_t str_of (const char *text)
{
    return (zc_str_t){text, (uint32_t) strlen (text)};
}

/* What is none of the five is a tag: the configuration was checked for it. */
static zc_dimension_t dimension_of (const char *name)
{
    static const zc_policy_t no_tags;
    zc_dimension_t dimension = {ZC_BY_TAG, str_of (name)};
    zc_dimension_find (&no_tags, dimension.name, &dimension);
    return dimension;
}

static zc_query_spec_t ask_of (const zc_budget_t *config)
{
    zc_query_spec_t spec = {.asked = ZC_SPEC_BREAKDOWN, .has_since = true, .has_until = true, .rows_max = 1};
    for (; spec.where_count < config->where_count; spec.where_count++) {
        spec.where [spec.where_count].dimension = dimension_of (config->where [spec.where_count].dimension);
        spec.where [spec.where_count].value = str_of (config->where [spec.where_count].value);
    }
    return spec;
}

zc_budgets_t *zc_budgets_new (const zc_budget_list_t *list)
{
    zc_budgets_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    for (; self->count < list->count; self->count++) {
        self->list [self->count].config = &list->list [self->count];
        self->list [self->count].spec = ask_of (&list->list [self->count]);
    }
    return self;
}

void zc_budgets_destroy (zc_budgets_t **self_p)
{
    zc_budgets_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    free (self->wanted);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------- period and base */

static void forget_other_periods (zc_spent_t *spent, int64_t since_s)
{
    for (size_t i = 0; i < ZC_THRESHOLDS_MAX; i++)
        if (spent->passed [i].is && spent->passed [i].alert.period_start_s != since_s)
            spent->passed [i].is = false;
}

void zc_budgets_set_period (zc_budgets_t *self, size_t budget, int64_t since_s, int64_t until_s)
{
    zc_spent_t *spent = &self->list [budget];
    bool is_other = !spent->has_period || since_s != spent->since_s;
    if (is_other && spent->config->period != ZC_PERIOD_HOURS) {
        spent->has_base = false;
        forget_other_periods (spent, since_s);
    }
    spent->has_period = true;
    spent->since_s = since_s;
    spent->until_s = until_s;
}

bool zc_budgets_wants_base (const zc_budgets_t *self, size_t budget, zc_query_spec_t *ret_ask)
{
    const zc_spent_t *spent = &self->list [budget];
    if (!spent->has_period || (spent->has_base && spent->asked_since_s == spent->since_s))
        return false;
    *ret_ask = spent->spec;
    ret_ask->since_ms = spent->since_s * 1000;
    ret_ask->until_ms = spent->until_s * 1000;
    return true;
}

bool zc_budgets_is_pending (const zc_budgets_t *self, size_t budget)
{
    return !self->list [budget].has_base;
}

void zc_budgets_set_base (zc_budgets_t *self, size_t budget, int64_t asked_since_s, int64_t used_since_s,
                          int64_t nanousd)
{
    zc_spent_t *spent = &self->list [budget];
    /* Hours move on every minute: the last one's base is better than an older one. */
    bool is_of_use =
        spent->config->period == ZC_PERIOD_HOURS ? asked_since_s <= spent->since_s : asked_since_s == spent->since_s;
    if (!spent->has_period || !is_of_use)
        return;
    spent->has_base = true;
    spent->asked_since_s = asked_since_s;
    spent->used_since_s = used_since_s;
    spent->base_nanousd = nanousd;
    spent->spent_nanousd = nanousd;
}

/* -------------------------------------------------------------------- spending */

/* Both are 0 or more. */
static int64_t add (int64_t sum, int64_t more)
{
    return more > INT64_MAX - sum ? INT64_MAX : sum + more;
}

static uint32_t match (const zc_budgets_t *self, const zc_keys_t *keys, uint32_t key)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < self->count; i++)
        bits |= (uint32_t) zc_query_spec_matches (&self->list [i].spec, &zc_keys_at (keys, key)->dimensions) << i;
    return bits;
}

/* Matches the keys that are new, once for good: a key never changes. Without memory for them they are matched
 * whenever they are met. */
static void match_new (zc_budgets_t *self, const zc_keys_t *keys)
{
    uint32_t count = zc_keys_count (keys);
    if (count > self->wanted_capacity) {
        uint32_t capacity = count + count / 2 + 64;
        uint32_t *wanted = realloc (self->wanted, capacity * sizeof *wanted);
        if (!wanted)
            return;
        self->wanted = wanted;
        self->wanted_capacity = capacity;
    }
    for (; self->wanted_count < count; self->wanted_count++)
        self->wanted [self->wanted_count] = match (self, keys, self->wanted_count);
}

/* What the cells cost for each budget whose base is known. */
static void sum_up (zc_budgets_t *self, const zc_keys_t *keys, const zc_cells_t *cells, int64_t sums [ZC_BUDGETS_MAX])
{
    memset (sums, 0, ZC_BUDGETS_MAX * sizeof *sums);
    match_new (self, keys);
    for (uint32_t i = 0; i < cells->count; i++) {
        const zc_cell_t *cell = &cells->cells [i];
        uint32_t bits = cell->key < self->wanted_count ? self->wanted [cell->key] : match (self, keys, cell->key);
        for (; bits; bits &= bits - 1) {
            int budget = __builtin_ctz (bits);
            const zc_spent_t *spent = &self->list [budget];
            if (spent->has_base && cell->start_s >= spent->used_since_s && cell->start_s < spent->until_s)
                sums [budget] = add (sums [budget], cell->sums.cost_nanousd);
        }
    }
}

void zc_budgets_add (zc_budgets_t *self, const zc_keys_t *keys, const zc_cells_t *taken)
{
    int64_t sums [ZC_BUDGETS_MAX];
    if (self->count == 0)
        return;
    sum_up (self, keys, taken, sums);
    for (size_t i = 0; i < self->count; i++)
        self->list [i].base_nanousd = add (self->list [i].base_nanousd, sums [i]);
}

/* ------------------------------------------------------------------ thresholds */

bool zc_budget_reaches (int64_t spent_nanousd, int64_t limit_nanousd, uint32_t percent)
{
    return (__int128) spent_nanousd * 100 >= (__int128) limit_nanousd * percent;
}

static bool has_fallen (const zc_spent_t *spent, uint32_t percent)
{
    return (__int128) spent->spent_nanousd * 100 * 100 <
           (__int128) spent->config->limit_nanousd * percent * REARM_PERCENT;
}

/* Lets go of an alert that holds no longer. */
static void settle (const zc_spent_t *spent, zc_passed_t *passed, bool reached, int64_t now_ms)
{
    const zc_alert_t *alert = &passed->alert;
    /* Another limit is configured now, and less than its threshold is spent. */
    if (alert->limit_nanousd != spent->config->limit_nanousd && !reached)
        passed->is = false;
    if (spent->config->period != ZC_PERIOD_HOURS)
        return;
    passed->armed |= has_fallen (spent, alert->percent);
    bool is_over = now_ms - alert->passed_ms >= spent->config->hours * HOUR_MS;
    if (passed->armed && (alert->published || is_over))
        passed->is = false;
}

static void pass (const zc_spent_t *spent, zc_passed_t *passed, uint32_t percent, int64_t now_ms)
{
    *passed = (zc_passed_t){.is = true};
    passed->alert = (zc_alert_t){
        .period_start_s = spent->since_s,
        .percent = percent,
        .passed_ms = now_ms,
        .spent_nanousd = spent->spent_nanousd,
        .limit_nanousd = spent->config->limit_nanousd,
    };
    memcpy (passed->alert.budget, spent->config->name, sizeof passed->alert.budget);
}

static size_t look_at (zc_spent_t *spent, int64_t now_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < spent->config->percents_count; i++) {
        uint32_t percent = spent->config->percents [i];
        zc_passed_t *passed = &spent->passed [i];
        bool reached = zc_budget_reaches (spent->spent_nanousd, spent->config->limit_nanousd, percent);
        if (passed->is)
            settle (spent, passed, reached, now_ms);
        if (reached && (!passed->is || passed->armed)) {
            pass (spent, passed, percent, now_ms);
            count++;
        }
    }
    return count;
}

size_t zc_budgets_evaluate (zc_budgets_t *self, const zc_keys_t *keys, const zc_cells_t *changes, int64_t now_ms)
{
    int64_t sums [ZC_BUDGETS_MAX];
    size_t count = 0;
    if (self->count == 0)
        return 0;
    sum_up (self, keys, changes, sums);
    for (size_t i = 0; i < self->count; i++) {
        zc_spent_t *spent = &self->list [i];
        if (!spent->has_base)
            continue;
        spent->spent_nanousd = add (spent->base_nanousd, sums [i]);
        count += look_at (spent, now_ms);
    }
    return count;
}

/* ---------------------------------------------------------------------- alerts */

zc_passed_t *zc_budgets_find (const zc_budgets_t *self, size_t alert, const zc_spent_t **ret_spent)
{
    for (size_t i = 0; i < self->count; i++)
        for (size_t k = 0; k < self->list [i].config->percents_count; k++)
            if (self->list [i].passed [k].is && alert-- == 0) {
                if (ret_spent)
                    *ret_spent = &self->list [i];
                return (zc_passed_t *) &self->list [i].passed [k];
            }
    return NULL;
}

size_t zc_budgets_alerts (const zc_budgets_t *self)
{
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        for (size_t k = 0; k < self->list [i].config->percents_count; k++)
            count += self->list [i].passed [k].is;
    return count;
}

const zc_alert_t *zc_budgets_alert (const zc_budgets_t *self, size_t alert)
{
    return &zc_budgets_find (self, alert, NULL)->alert;
}

bool zc_budgets_is_new (const zc_budgets_t *self, size_t alert)
{
    return !zc_budgets_find (self, alert, NULL)->recorded;
}

void zc_budgets_recorded (zc_budgets_t *self, size_t alert)
{
    zc_budgets_find (self, alert, NULL)->recorded = true;
}

void zc_budgets_published (zc_budgets_t *self, size_t alert)
{
    zc_budgets_find (self, alert, NULL)->alert.published = true;
}

static zc_passed_t *threshold_of (zc_budgets_t *self, const zc_alert_t *alert)
{
    for (size_t i = 0; i < self->count; i++) {
        const zc_budget_t *config = self->list [i].config;
        for (size_t k = 0; k < config->percents_count; k++)
            if (config->percents [k] == alert->percent && strcmp (config->name, alert->budget) == 0)
                return &self->list [i].passed [k];
    }
    return NULL;
}

void zc_budgets_restore (zc_budgets_t *self, const zc_alert_t *alert)
{
    zc_passed_t *passed = threshold_of (self, alert);
    if (passed && (!passed->is || passed->alert.period_start_s <= alert->period_start_s))
        *passed = (zc_passed_t){.alert = *alert, .is = true, .recorded = true};
}
