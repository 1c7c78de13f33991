/* SPDX-License-Identifier: MPL-2.0
 *
 * budget_alerts.h - budgets at work: the periods that they are in by the clock, what was spent before, and alerts that are
 * journaled and published.
 *
 * An alert is published when the journal has it on disk and somebody subscribes to `alert`; that it is published is
 * journaled just before. So what was heard once is not heard again after a kill -9; a kill between these two steps,
 * some microseconds, loses the message, not the alert: `budgets` still tells it. For the one thread that owns the engine.
 */
#ifndef ZC_BUDGET_ALERTS_H
#define ZC_BUDGET_ALERTS_H

#include "core/budget/budget.h"
#include "daemon/engine.h"
#include "daemon/publish_socket.h"
#include "daemon/storage.h"

typedef struct zc_budget_alerts zc_budget_alerts_t;

/* What a budget's base is asked for. At most one question of each is under way. */
typedef struct {
    zc_budget_alerts_t *alerts;
    size_t budget;
    int64_t since_s; /* as it was asked */
    bool asked;
    bool failed; /* the last time, and the log says so */
} zc_base_question_t;

struct zc_budget_alerts {
    zc_engine_t *engine; /* their budgets */
    zc_storage_t *storage;
    zc_publish_socket_t *publish;
    zc_position_t recorded_at; /* behind the last alert in the journal; 0: none in this life */
    struct {
        int64_t since_s, until_s; /* both 0: none yet */
    } periods [ZC_BUDGETS_MAX];
    zc_base_question_t questions [ZC_BUDGETS_MAX];
    size_t turn; /* the first budget to be asked anew at the next tick */
};

/* All parts stay the caller's, and must outlive what the storage is asked. Saved alerts are in the engine by now. */
void zc_budget_alerts_init (zc_budget_alerts_t *self, zc_engine_t *engine, zc_storage_t *storage,
                            zc_publish_socket_t *publish);

/* Once a second: looks at the clock, at what was spent, and at who listens. 0, or -1: the storage failed. */
int zc_budget_alerts_tick (zc_budget_alerts_t *self);

#endif
