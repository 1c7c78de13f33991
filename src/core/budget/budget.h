/* SPDX-License-Identifier: MPL-2.0
 *
 * budget.h - limits on spending over a period, and which of their thresholds were passed.
 *
 * A budget sums what some events cost, by their own time, over a day or a month of a time zone or the last so many
 * hours. It warns and never blocks. Its sum is kept in two parts: the base (all that was given to a checkpoint) and
 * what changed since; so that it is exact at any moment, and costs a walk over the changes. Where a period begins a
 * base is asked for (zc_budgets_wants_base). A period that is over is not looked at again: what arrives late for it
 * warns nobody. Sums stop at INT64_MAX. Knows no clock, zone or socket: periods come from its caller. Single thread.
 */
#ifndef ZC_BUDGET_H
#define ZC_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/budget/alert.h"
#include "core/window/query_spec.h"
#include "core/ledger/cells.h"
#include "core/ledger/keys.h"
#include "wire/pack.h"

#define ZC_BUDGETS_MAX 32
#define ZC_THRESHOLDS_MAX 8
#define ZC_THRESHOLD_PERCENT_MAX 1000
#define ZC_TIMEZONE_BYTES 64
#define ZC_BUDGET_HOURS_MAX 8760

typedef enum { ZC_PERIOD_DAY, ZC_PERIOD_MONTH, ZC_PERIOD_HOURS } zc_period_t;

/* As configured. Strings are held by value. */
typedef struct {
    char name [ZCOST_STRING_MAX + 1];
    int64_t limit_nanousd; /* > 0 */
    zc_period_t period;
    int64_t hours; /* ZC_PERIOD_HOURS: 1 to ZC_BUDGET_HOURS_MAX */
    char timezone [ZC_TIMEZONE_BYTES];
    uint32_t percents [ZC_THRESHOLDS_MAX]; /* ascending, 1 to ZC_THRESHOLD_PERCENT_MAX */
    size_t percents_count;
    struct {
        char dimension [ZCOST_STRING_MAX + 1]; /* one of the five, or a configured tag; no two the same */
        char value [ZCOST_STRING_MAX + 1];
    } where [ZC_DIMENSIONS_MAX];
    size_t where_count;
} zc_budget_t;

typedef struct {
    zc_budget_t list [ZC_BUDGETS_MAX];
    size_t count;
} zc_budget_list_t;

typedef struct zc_budgets zc_budgets_t;

/* The list must outlive it. NULL without memory. */
zc_budgets_t *zc_budgets_new (const zc_budget_list_t *list);
void zc_budgets_destroy (zc_budgets_t **self);

/* ---------------------------------------------------------------------- period and base */

/* The period that a budget is in: from since_s on and before until_s. Of a day and a month, where it is another one
 * than before: its base is unknown, and what was passed in the one before is forgotten. A period of hours moves by
 * whole minutes: it keeps its alerts, and goes on with the sum that it has until it is given a base that moved too. */
void zc_budgets_set_period (zc_budgets_t *self, size_t budget, int64_t since_s, int64_t until_s);

/* Whether a base has to be asked for, and what to ask: the cost of all events that `ret_ask` takes in (its strings are
 * valid as long as the budgets), as of all checkpoints taken until the answer is handed over. */
bool zc_budgets_wants_base (const zc_budgets_t *self, size_t budget, zc_query_spec_t *ret_ask);

/* Whether there is no base at all yet, and so no sum. */
bool zc_budgets_is_pending (const zc_budgets_t *self, size_t budget);

/* Hands the answer over. asked_since_s: as in the ask; a base of a period that has moved on is no longer of use, and
 * not taken. used_since_s: from when on was really summed, which is what an answer widened it to. */
void zc_budgets_set_base (zc_budgets_t *self, size_t budget, int64_t asked_since_s, int64_t used_since_s,
                          int64_t nanousd);

/* -------------------------------------------------------------------------- spending */

/* Adds changes that were just given to a checkpoint to all bases that are known. */
void zc_budgets_add (zc_budgets_t *self, const zc_keys_t *keys, const zc_cells_t *taken);

/* Looks at what changed since the last checkpoint, and which thresholds are passed now. Returns how many are new: an
 * alert is new until it is told that it was recorded. */
size_t zc_budgets_evaluate (zc_budgets_t *self, const zc_keys_t *keys, const zc_cells_t *changes, int64_t now_ms);

/* ---------------------------------------------------------------------------- alerts */

#define ZC_ALERTS_MAX (ZC_BUDGETS_MAX * ZC_THRESHOLDS_MAX)

/* The alerts of the periods that budgets are in, by number; valid until the next look, period or restore. A threshold
 * of a period of hours is passed again after the spending has fallen under 90 % of it; of the two the later one is
 * here. */
size_t zc_budgets_alerts (const zc_budgets_t *self);
const zc_alert_t *zc_budgets_alert (const zc_budgets_t *self, size_t alert);
bool zc_budgets_is_new (const zc_budgets_t *self, size_t alert);
void zc_budgets_recorded (zc_budgets_t *self, size_t alert);
void zc_budgets_published (zc_budgets_t *self, size_t alert);

/* Puts a saved alert back, in the order in which they were saved, before the first period is set. Of a budget or a
 * threshold that is not configured any more it is forgotten. */
void zc_budgets_restore (zc_budgets_t *self, const zc_alert_t *alert);

/* ------------------------------------------------------------------------ in writing */

/* An alert as it stands in the journal. read: 0, or -1 where that is none. */
void zc_budget_record_pack (zc_pack_t *out, const zc_alert_t *alert);
int zc_budget_record_read (const void *bytes, size_t size, zc_alert_t *ret_alert);

/* The body of an alert on the topic `alert`. */
void zc_budgets_pack_alert (const zc_budgets_t *self, zc_pack_t *out, size_t number, const char *instance);

/* The result of `budgets`, as of the last look. self NULL: there are none. */
void zc_budgets_pack (const zc_budgets_t *self, zc_pack_t *out, int64_t now_ms);

#endif
