/* SPDX-License-Identifier: MPL-2.0
 *
 * budget_pack.c - budgets and alerts in the shapes of the contract.
 */
#include <string.h>

#include "core/budget/budget.h"
#include "core/budget/budget_internal.h"
#include "core/base/pack_money.h"

#define ID_BYTES (ZCOST_STRING_MAX + 48)

/* number / divisor to the nearest integer, half to even, at most INT64_MAX. Neither is negative. */
static int64_t divide (__int128 number, int64_t divisor)
{
    return number / divisor >= INT64_MAX ? INT64_MAX : zc_money_divide (number, divisor);
}

static void pack_key_amount (zc_pack_t *out, const char *key_nanousd, const char *key_usd, int64_t nanousd)
{
    zc_pack_key_int (out, key_nanousd, nanousd);
    zc_pack_key_usd (out, key_usd, nanousd);
}

static void pack_key_share (zc_pack_t *out, int64_t spent, int64_t limit)
{
    zc_pack_key_double (out, "share_percent", (double) divide ((__int128) spent * 1000, limit) / 10);
}

static void pack_key_period (zc_pack_t *out, const zc_budget_t *config)
{
    char hours [ZC_DECIMAL_TEXT + 1];
    strcat (zc_money_format (config->hours, 0, 0, hours), "h");
    zc_pack_key_text (out, "period",
                      config->period == ZC_PERIOD_DAY     ? "day"
                      : config->period == ZC_PERIOD_MONTH ? "month"
                                                          : hours);
    zc_pack_key_text (out, "timezone", config->timezone);
}

/* ----------------------------------------------------------------------- alert */

static void append_number (char *text, int64_t number)
{
    char digits [ZC_DECIMAL_TEXT];
    strcat (strcat (text, "/"), zc_money_format (number, 0, 0, digits));
}

/* The same for one threshold of one period, whoever tells it. */
static void write_id (const zc_alert_t *alert, char ret_id [ID_BYTES])
{
    strcpy (ret_id, alert->budget);
    append_number (ret_id, alert->period_start_s);
    append_number (ret_id, alert->percent);
}

void zc_budgets_pack_alert (const zc_budgets_t *self, zc_pack_t *out, size_t number, const char *instance)
{
    const zc_spent_t *spent;
    const zc_alert_t *alert = &zc_budgets_find (self, number, &spent)->alert;
    const zc_budget_t *config = spent->config;
    char id [ID_BYTES];
    write_id (alert, id);
    zc_pack_map (out, 14);
    zc_pack_key_text (out, "id", id);
    zc_pack_key_text (out, "budget", alert->budget);
    zc_pack_key_int (out, "threshold_percent", alert->percent);
    pack_key_share (out, alert->spent_nanousd, alert->limit_nanousd);
    pack_key_amount (out, "spent_nanousd", "spent_usd", alert->spent_nanousd);
    pack_key_amount (out, "limit_nanousd", "limit_usd", alert->limit_nanousd);
    pack_key_period (out, config);
    int64_t until_s = config->period == ZC_PERIOD_HOURS ? alert->period_start_s + config->hours * 3600 : spent->until_s;
    zc_pack_key_int (out, "since", alert->period_start_s * 1000);
    zc_pack_key_int (out, "until", until_s * 1000);
    zc_pack_key_int (out, "at", alert->passed_ms);
    zc_pack_key_text (out, "instance", instance);
}

/* ---------------------------------------------------------------------- budgets */

static void pack_where (zc_pack_t *out, const zc_budget_t *config)
{
    zc_pack_key_map (out, "where", config->where_count);
    for (size_t i = 0; i < config->where_count; i++)
        zc_pack_key_text (out, config->where [i].dimension, config->where [i].value);
}

/* At this rate to the period's end. Its first hundredth says too little. */
static void pack_projected (zc_pack_t *out, const zc_spent_t *spent, int64_t now_ms)
{
    int64_t whole_ms = (spent->until_s - spent->since_s) * 1000;
    int64_t elapsed_ms = now_ms - spent->since_s * 1000;
    if (spent->config->period == ZC_PERIOD_HOURS || elapsed_ms >= whole_ms)
        zc_pack_key_usd (out, "projected_usd", spent->spent_nanousd);
    else if (elapsed_ms < whole_ms / 100)
        zc_pack_key_nil (out, "projected_usd");
    else
        zc_pack_key_usd (out, "projected_usd", divide ((__int128) spent->spent_nanousd * whole_ms, elapsed_ms));
}

static void pack_spent (zc_pack_t *out, const zc_spent_t *spent, int64_t now_ms)
{
    static const char *const keys [] = {"spent_nanousd", "spent_usd", "share_percent", "projected_usd"};
    if (spent->has_base) {
        pack_key_amount (out, keys [0], keys [1], spent->spent_nanousd);
        pack_key_share (out, spent->spent_nanousd, spent->config->limit_nanousd);
        pack_projected (out, spent, now_ms);
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        zc_pack_key_nil (out, keys [i]);
}

static bool is_passed (const zc_passed_t *passed)
{
    return passed->is && !passed->armed;
}

static const char *state_of (const zc_spent_t *spent)
{
    if (!spent->has_base)
        return "pending";
    if (spent->spent_nanousd >= spent->config->limit_nanousd)
        return "breached";
    for (size_t i = 0; i < spent->config->percents_count; i++)
        if (is_passed (&spent->passed [i]))
            return "warning";
    return "ok";
}

static void pack_thresholds (zc_pack_t *out, const zc_spent_t *spent)
{
    zc_pack_key_array (out, "thresholds", spent->config->percents_count);
    for (size_t i = 0; i < spent->config->percents_count; i++) {
        const zc_passed_t *passed = &spent->passed [i];
        zc_pack_map (out, 3);
        zc_pack_key_int (out, "percent", spent->config->percents [i]);
        zc_pack_key_bool (out, "passed", is_passed (passed));
        if (is_passed (passed))
            zc_pack_key_int (out, "at", passed->alert.passed_ms);
        else
            zc_pack_key_nil (out, "at");
    }
}

static void pack_window (zc_pack_t *out, const zc_spent_t *spent)
{
    if (!spent->has_period) {
        zc_pack_key_nil (out, "since");
        zc_pack_key_nil (out, "until");
        return;
    }
    zc_pack_key_int (out, "since", (spent->has_base ? spent->used_since_s : spent->since_s) * 1000);
    zc_pack_key_int (out, "until", spent->until_s * 1000);
}

static void pack_budget (zc_pack_t *out, const zc_spent_t *spent, int64_t now_ms)
{
    zc_pack_map (out, 14);
    zc_pack_key_text (out, "name", spent->config->name);
    pack_key_period (out, spent->config);
    pack_where (out, spent->config);
    pack_window (out, spent);
    pack_key_amount (out, "limit_nanousd", "limit_usd", spent->config->limit_nanousd);
    pack_spent (out, spent, now_ms);
    zc_pack_key_text (out, "state", state_of (spent));
    pack_thresholds (out, spent);
}

void zc_budgets_pack (const zc_budgets_t *self, zc_pack_t *out, int64_t now_ms)
{
    size_t count = self ? self->count : 0;
    zc_pack_map (out, 1);
    zc_pack_key_array (out, "budgets", count);
    for (size_t i = 0; i < count; i++)
        pack_budget (out, &self->list [i], now_ms);
}
