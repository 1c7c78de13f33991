/* SPDX-License-Identifier: MPL-2.0
 *
 * budgets.h - budgets at work: the periods that they are in by the clock, what was spent before, and alerts that are
 * journaled and published.
 *
 * An alert is published when the journal has it on disk and somebody subscribes to `alert`; that it is published is
 * journaled just before. So what was heard once is not heard again after a kill -9; a kill between these two steps,
 * some microseconds, loses the message, not the alert: `budgets` still tells it. For the one thread that owns the books.
 */
#ifndef ZC_DAEMON_BUDGETS_H
#define ZC_DAEMON_BUDGETS_H

#include "core/budget.h"
#include "daemon/books.h"
#include "daemon/publish.h"
#include "daemon/vault.h"

typedef struct zc_spending zc_spending_t;

/* What a budget's base is asked for. At most one question of each is under way. */
typedef struct {
    zc_spending_t *spending;
    size_t budget;
    int64_t since_s; /* as it was asked */
    bool asked;
    bool failed; /* the last time, and the log says so */
} zc_base_question_t;

struct zc_spending {
    zc_books_t *books; /* their budgets */
    zc_vault_t *vault;
    zc_publish_t *publish;
    zc_position_t recorded_at; /* behind the last alert in the journal; 0: none in this life */
    struct {
        int64_t since_s, until_s; /* both 0: none yet */
    } periods [ZC_BUDGETS_MAX];
    zc_base_question_t questions [ZC_BUDGETS_MAX];
    size_t turn; /* the first budget to be asked anew at the next tick */
};

/* All parts stay the caller's, and must outlive what the vault is asked. Saved alerts are in the books by now. */
void zc_spending_init (zc_spending_t *self, zc_books_t *books, zc_vault_t *vault, zc_publish_t *publish);

/* Once a second: looks at the clock, at what was spent, and at who listens. 0, or -1: the vault failed. */
int zc_spending_tick (zc_spending_t *self);

#endif
