/* SPDX-License-Identifier: MPL-2.0
 *
 * statusline.c - zreport statusline: today's spend and more in one line; see command.h.
 *
 * For prompts and bars: three windows and the budgets are asked about at once, and an answer that does not come is
 * two words on stdout.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/budget.h"
#include "zreport/command.h"
#include "zreport/show/field.h"
#include "zreport/group.h"
#include "zreport/show/measures.h"
#include "zreport/statusline_pattern.h"

#define MARKER "zcost ?"
#define HOUR_S 3600

enum { MONTH, TODAY, HOUR, WINDOWS };

typedef struct {
    const zr_screen_t *screen;
    json_t *results [WINDOWS];
    json_t *budgets;
} status_t;

/* ------------------------------------------------------------------ texts */

static zr_measures_t sums_of (const status_t *self, int window)
{
    return zr_measures_read (zr_field (self->results [window], "total"));
}

static zr_text_t cost_of (const status_t *self, int window)
{
    zr_measures_t sums = sums_of (self, window);
    return zr_measures_cost (&sums);
}

/* What the last hour cost, per hour: its window is a whole number of minutes, and may be longer. */
static zr_text_t cost_an_hour (const status_t *self)
{
    const json_t *hour = self->results [HOUR];
    zr_measures_t sums = sums_of (self, HOUR);
    int64_t ms = zr_field_count (hour, "until") - zr_field_count (hour, "since");
    if (ms > 0)
        sums.cost = (int64_t) ((__int128) sums.cost * HOUR_S * 1000 / ms);
    return zr_measures_cost (&sums);
}

/* The budget with the greatest share; NULL: none is known. */
static const json_t *worst_budget (const json_t *budgets)
{
    const json_t *worst = NULL;
    json_t *budget;
    size_t i;
    json_array_foreach (zr_field (budgets, "budgets"), i, budget)
        if (zr_budget_share (budget) >= 0 && (!worst || zr_budget_share (budget) > zr_budget_share (worst)))
            worst = budget;
    return worst;
}

static void put_budget (FILE *to, const status_t *self)
{
    const json_t *worst = worst_budget (self->budgets);
    if (!worst)
        return;
    char *name = zr_field_text (self->screen, worst, "name");
    fprintf (to, "%s %s", name, zr_budget_share_text (worst, 0).text);
    free (name);
}

static void put_today (FILE *to, const status_t *self)
{
    fputs (cost_of (self, TODAY).text, to);
}

static void put_hour (FILE *to, const status_t *self)
{
    fputs (cost_an_hour (self).text, to);
}

static void put_month (FILE *to, const status_t *self)
{
    fputs (cost_of (self, MONTH).text, to);
}

static void put_events (FILE *to, const status_t *self)
{
    fputs (zr_amount_count (sums_of (self, TODAY).events).text, to);
}

static void put_tokens (FILE *to, const status_t *self)
{
    zr_measures_t sums = sums_of (self, TODAY);
    fputs (zr_amount_tokens (zr_measures_tokens (&sums)).text, to);
}

static void put_savings (FILE *to, const status_t *self)
{
    zr_measures_t sums = sums_of (self, TODAY);
    fprintf (to, "%s%s", sums.assumed_savings ? "~" : "", zr_amount_dollars (sums.savings).text);
}

static void (*const put [ZR_PLACEHOLDERS]) (FILE *to, const status_t *self) = {
    [ZR_PLACEHOLDER_TODAY] = put_today,   [ZR_PLACEHOLDER_HOUR] = put_hour,     [ZR_PLACEHOLDER_MONTH] = put_month,
    [ZR_PLACEHOLDER_EVENTS] = put_events, [ZR_PLACEHOLDER_TOKENS] = put_tokens, [ZR_PLACEHOLDER_SAVINGS] = put_savings,
    [ZR_PLACEHOLDER_BUDGET] = put_budget,
};

static void put_line (FILE *to, const status_t *self, const char *pattern)
{
    while (*pattern) {
        size_t size;
        zr_placeholder_t placeholder = zr_statusline_pattern_at (pattern, &size);
        if (placeholder < ZR_PLACEHOLDERS) {
            put [placeholder](to, self);
            pattern += size;
        } else {
            pattern += pattern [0] == '{' && pattern [1] == '{';
            fputc (*pattern++, to);
        }
    }
    fputc ('\n', to);
}

/* ------------------------------------------------------------------ the command */

static void make_windows (const zr_options_t *options, int64_t *since_s)
{
    int64_t now_s = options->now_s;
    since_s [MONTH] = zc_zone_start (options->timezone, ZC_CIVIL_MONTH, now_s, 0);
    since_s [TODAY] = zc_zone_start (options->timezone, ZC_CIVIL_DAY, now_s, 0);
    since_s [HOUR] = now_s - now_s % 60 - HOUR_S;
}

static int ask_budgets (zr_client_t *client)
{
    json_t *question = zr_screen_need (json_pack ("{s:s}", "query", "budgets"));
    int status = zr_client_send (client, WINDOWS, question);
    json_decref (question);
    return status;
}

static int receive_all (zr_client_t *client, status_t *self)
{
    for (int i = 0; i < WINDOWS + 1; i++) {
        json_t *result;
        uint32_t number;
        if (zr_client_receive (client, &number, &result) != 0)
            return -1;
        json_t **place = number < WINDOWS ? &self->results [number] : &self->budgets;
        if (number > WINDOWS || *place) {
            json_decref (result);
            return zr_client_fail_stray (client);
        }
        *place = result;
    }
    return 0;
}

static int send_all (zr_client_t *client, const zr_options_t *options, const int64_t *since_s)
{
    json_t *question = zr_group_question (&options->group, "breakdown", 1);
    int status = 0;
    for (uint32_t i = 0; i < WINDOWS && status == 0; i++) {
        zr_window_t window = {.has_since = true, .since_s = since_s [i]};
        zr_group_set_window (question, &window);
        status = zr_client_send (client, i, question);
    }
    json_decref (question);
    return status == 0 ? ask_budgets (client) : status;
}

static void print_status (const status_t *self, const zr_options_t *options)
{
    const char *pattern = options->pattern;
    if (options->json) {
        json_t *all = zr_screen_need (json_pack ("{s:O?, s:O?, s:O?, s:O?}", "today", self->results [TODAY], "hour",
                                                 self->results [HOUR], "month", self->results [MONTH], "budgets",
                                                 zr_field (self->budgets, "budgets")));
        zr_command_print_json (all, true);
        json_decref (all);
        return;
    }
    if (!pattern)
        pattern = worst_budget (self->budgets) ? "{today} today, {hour}/h, {month} this month, {budget}"
                                               : "{today} today, {hour}/h, {month} this month";
    put_line (stdout, self, pattern);
}

int zr_statusline (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen)
{
    status_t self = {.screen = screen};
    int64_t since_s [WINDOWS];
    make_windows (options, since_s);
    int status = send_all (client, options, since_s);
    if (status == 0)
        status = receive_all (client, &self);
    if (status == 0)
        print_status (&self, options);
    else if (!options->json)
        puts (MARKER);
    for (int i = 0; i < WINDOWS; i++)
        json_decref (self.results [i]);
    json_decref (self.budgets);
    return status;
}
