/* SPDX-License-Identifier: MPL-2.0
 *
 * budget_alerts.c - budgets at work.
 */
#include "daemon/budget_alerts.h"

#include "civil/clock.h"
#include "core/base/check.h"
#include "program/log.h"
#include "civil/zone.h"

#define HOUR_S 3600

/* A clock that is put right by less than this leaves a period as it is: by a second at midnight, it would begin and
 * end twice. */
#define CLOCK_BACK_S HOUR_S

void zc_budget_alerts_init (zc_budget_alerts_t *self, zc_engine_t *engine, zc_storage_t *storage,
                            zc_publish_socket_t *publish)
{
    *self = (zc_budget_alerts_t){.engine = engine, .storage = storage, .publish = publish};
    for (size_t i = 0; i < ZC_BUDGETS_MAX; i++)
        self->questions [i] = (zc_base_question_t){.alerts = self, .budget = i};
}

static void look (zc_budget_alerts_t *self)
{
    zc_ledger_t *ledger = self->engine->intake.ledger;
    zc_budgets_evaluate (self->engine->budgets, zc_ledger_keys (ledger), zc_ledger_changes (ledger),
                         zc_clock_wall_ms ());
}

/* ---------------------------------------------------------------------- alerts */

/* These return 0; -1: the storage failed; 1: there is no memory now, and all waits for the next tick. */

static int no_memory (void)
{
    zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
    return 1;
}

static int append (zc_budget_alerts_t *self, const zc_pack_t *bytes)
{
    zc_alert_t read;
    zc_check (zc_budget_record_read (bytes->data, bytes->size, &read) == 0); /* else no start would go past it */
    if (zc_storage_append (self->storage, ZC_RECORD_ALERT, zc_clock_wall_ms (), bytes->data, bytes->size) == -1 ||
        zc_storage_write (self->storage) == -1)
        return -1;
    self->recorded_at = zc_storage_written (self->storage);
    return 0;
}

static int record (zc_budget_alerts_t *self, const zc_alert_t *alert)
{
    zc_pack_t bytes = {.data = NULL};
    zc_budget_record_pack (&bytes, alert);
    int rc = zc_pack_failed (&bytes) ? no_memory () : append (self, &bytes);
    zc_pack_term (&bytes);
    return rc;
}

static void log_passed (const zc_alert_t *alert)
{
    char spent [ZC_DECIMAL_TEXT], limit [ZC_DECIMAL_TEXT];
    zc_log (ZC_LOG_WARN, "budget_threshold", "budget=\"%s\" percent=%u spent_usd=%s limit_usd=%s", alert->budget,
            alert->percent, zc_money_format (alert->spent_nanousd, ZC_NANOUSD_DECIMALS, 2, spent),
            zc_money_format (alert->limit_nanousd, ZC_NANOUSD_DECIMALS, 2, limit));
}

/* On record before anybody is told. */
static int record_new (zc_budget_alerts_t *self)
{
    size_t count = zc_budgets_alerts (self->engine->budgets);
    for (size_t i = 0; i < count; i++) {
        if (!zc_budgets_is_new (self->engine->budgets, i))
            continue;
        const zc_alert_t *alert = zc_budgets_alert (self->engine->budgets, i);
        int rc = record (self, alert);
        if (rc != 0)
            return rc;
        log_passed (alert);
        zc_budgets_recorded (self->engine->budgets, i);
    }
    return 0;
}

/* Whether there is anything to publish, and somebody to hear it. */
static bool is_awaited (const zc_budget_alerts_t *self)
{
    size_t count = zc_budgets_alerts (self->engine->budgets);
    for (size_t i = 0; i < count; i++)
        if (!zc_budgets_alert (self->engine->budgets, i)->published)
            return zc_publish_socket_has_alert_listener (self->publish);
    return false;
}

/* Noted before it is sent: who heard an alert may see us killed at once, and must not hear it again. */
static int publish (zc_budget_alerts_t *self, size_t number)
{
    zc_alert_t alert = *zc_budgets_alert (self->engine->budgets, number);
    zc_pack_t body = {.data = NULL};
    alert.published = true;
    zc_budgets_pack_alert (self->engine->budgets, &body, number, self->engine->about.instance);
    int rc = zc_pack_failed (&body) ? no_memory () : record (self, &alert);
    if (rc == 0) {
        zc_budgets_published (self->engine->budgets, number);
        zc_publish_socket_send (self->publish, "alert", &body);
    }
    zc_pack_term (&body);
    return rc;
}

static int publish_all (zc_budget_alerts_t *self)
{
    size_t count = zc_budgets_alerts (self->engine->budgets);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (!zc_budgets_alert (self->engine->budgets, i)->published)
            rc = publish (self, i);
    return rc;
}

/* What the journal does not have on disk yet waits for the next tick. */
static int publish_due (zc_budget_alerts_t *self)
{
    bool is_synced = self->recorded_at == 0 || zc_storage_synced (self->storage) >= self->recorded_at;
    return is_synced && is_awaited (self) ? publish_all (self) : 0;
}

/* Of a period that ends there is no next tick. */
static int publish_now (zc_budget_alerts_t *self)
{
    if (!is_awaited (self))
        return 0;
    if (zc_storage_wait_synced (self->storage) == -1)
        return -1;
    return publish_all (self);
}

/* --------------------------------------------------------------------- periods */

static int64_t minute_end (int64_t now_s)
{
    return zc_time_bucket_start (ZC_MINUTE, now_s) + ZC_MINUTE_S;
}

static const zc_budget_t *config_of (const zc_budget_alerts_t *self, size_t budget)
{
    return &self->engine->settings->budgets.list [budget];
}

/* A zone is asked only where the period is over: it costs a look into the file system. */
static bool is_over (const zc_budget_alerts_t *self, size_t budget, int64_t now_s)
{
    if (config_of (self, budget)->period == ZC_PERIOD_HOURS)
        return self->periods [budget].until_s != minute_end (now_s);
    return now_s >= self->periods [budget].until_s || now_s < self->periods [budget].since_s - CLOCK_BACK_S;
}

static void begin_period (zc_budget_alerts_t *self, size_t budget, int64_t now_s)
{
    const zc_budget_t *config = config_of (self, budget);
    zc_civil_t unit = config->period == ZC_PERIOD_DAY ? ZC_CIVIL_DAY : ZC_CIVIL_MONTH;
    int64_t since_s, until_s;
    if (config->period == ZC_PERIOD_HOURS) {
        until_s = minute_end (now_s);
        since_s = until_s - config->hours * HOUR_S;
    } else {
        since_s = zc_zone_start (config->timezone, unit, now_s, 0);
        until_s = zc_zone_start (config->timezone, unit, now_s, 1);
    }
    self->periods [budget].since_s = since_s;
    self->periods [budget].until_s = until_s;
    zc_budgets_set_period (self->engine->budgets, budget, since_s, until_s);
}

/* Whether alerts are about to be forgotten: those of hours never are. */
static bool any_ends (const zc_budget_alerts_t *self, int64_t now_s)
{
    for (size_t i = 0; i < self->engine->settings->budgets.count; i++)
        if (config_of (self, i)->period != ZC_PERIOD_HOURS && self->periods [i].until_s > 0 && is_over (self, i, now_s))
            return true;
    return false;
}

/* ----------------------------------------------------------------------- bases */

static int64_t cost_of (const zc_rows_t *rows)
{
    int64_t sum = 0;
    for (size_t i = 0; i < zc_rows_count (rows); i++) {
        int64_t cost = zc_rows_sums (rows, i)->sums.cost_nanousd;
        sum = cost > INT64_MAX - sum ? INT64_MAX : sum + cost;
    }
    return sum;
}

/* Once until it is answered again: it is asked every second. */
static void tell_unknown (const zc_budget_alerts_t *self, const zc_base_question_t *question, const char *why)
{
    if (!question->failed)
        zc_log (ZC_LOG_WARN, "budget_not_summed", "budget=\"%s\" reason=\"%s\"",
                config_of (self, question->budget)->name, why);
}

/* One that was not answered is asked again at the next tick. */
static void on_base (void *argument, zc_window_query_t *query)
{
    zc_base_question_t *question = argument;
    zc_budget_alerts_t *self = question->alerts;
    question->asked = false;
    if (query->code)
        tell_unknown (self, question, query->why);
    question->failed = query->code != NULL;
    if (question->failed)
        return;
    zc_budgets_set_base (self->engine->budgets, question->budget, question->since_s, query->plan.since_s,
                         cost_of (query->rows));
    look (self);
}

/* Whether it was asked. */
static bool ask_base (zc_budget_alerts_t *self, size_t budget)
{
    zc_base_question_t *question = &self->questions [budget];
    zc_query_spec_t spec;
    if (question->asked || !zc_budgets_wants_base (self->engine->budgets, budget, &spec))
        return false;
    zc_window_query_t *query = zc_window_query_new ();
    if (!query)
        return false;
    query->spec = spec;
    query->of_checkpoints = true;
    query->done = on_base;
    query->argument = question;
    question->asked = true;
    question->since_s = spec.since_ms / 1000;
    zc_storage_ask (self->storage, query);
    return true;
}

/* Those without any at once. Those of hours, which all move with the minute, one at a tick, in turn: people's questions
 * wait in the same queue. */
static void ask_bases (zc_budget_alerts_t *self, size_t budgets)
{
    bool moved = false;
    size_t first = self->turn;
    for (size_t i = 0; i < budgets; i++) {
        size_t budget = (first + i) % budgets;
        bool is_pending = zc_budgets_is_pending (self->engine->budgets, budget);
        if ((is_pending || !moved) && ask_base (self, budget) && !is_pending) {
            moved = true;
            self->turn = budget + 1;
        }
    }
}

/* ------------------------------------------------------------------------ tick */

int zc_budget_alerts_tick (zc_budget_alerts_t *self)
{
    int64_t now_s = zc_clock_wall_ms () / 1000;
    size_t budgets = self->engine->settings->budgets.count;
    if (budgets == 0)
        return 0;
    /* What was spent to a period's last moment is looked at before the next one begins. */
    look (self);
    int rc = record_new (self);
    if (rc == 0 && any_ends (self, now_s))
        rc = publish_now (self);
    if (rc == 0)
        rc = publish_due (self);
    if (rc != 0)
        return rc == -1 ? -1 : 0;
    for (size_t i = 0; i < budgets; i++)
        if (is_over (self, i, now_s))
            begin_period (self, i, now_s);
    ask_bases (self, budgets);
    return 0;
}
