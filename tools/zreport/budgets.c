/* SPDX-License-Identifier: MPL-2.0
 *
 * budgets.c - zreport budgets: limits, and how much of them is spent; see command.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/bar.h"
#include "zreport/show/budget.h"
#include "zreport/command.h"
#include "zreport/show/field.h"
#include "zreport/show/measures.h"
#include "zreport/show/table.h"

#define BREACHED 3 /* the exit status */
#define BAR_COLUMNS 12
#define BAR_COLUMNS_NARROW 6
#define NARROW_COLUMNS 80
#define BAR_COLUMNS_WIDE 30
#define WIDE_COLUMNS 110

/* A word that a person knows for a state; what this version does not know is shown as it is. */
static bool state_is (const json_t *budget, const char *state)
{
    const char *word = json_string_value (zr_field (budget, "state"));
    return word && strcmp (word, state) == 0;
}

static bool is_breached (const json_t *budgets)
{
    json_t *budget;
    size_t i;
    json_array_foreach (zr_field (budgets, "budgets"), i, budget)
        if (state_is (budget, "breached"))
            return true;
    return false;
}

static int bar_columns (const zr_screen_t *screen)
{
    return screen->columns >= WIDE_COLUMNS     ? BAR_COLUMNS_WIDE
           : screen->columns >= NARROW_COLUMNS ? BAR_COLUMNS
                                               : BAR_COLUMNS_NARROW;
}

static void add_budget (const zr_screen_t *screen, zr_table_t *table, const json_t *budget)
{
    int64_t spent = zr_field_count (budget, "spent_nanousd"), limit = zr_field_count (budget, "limit_nanousd");
    char *name = zr_field_text (screen, budget, "name"), *period = zr_field_text (screen, budget, "period");
    char *state = zr_field_text (screen, budget, "state");
    char *where = zr_field_map_text (screen, zr_field (budget, "where"), false);
    char *bar = zr_bar (screen, spent, limit, bar_columns (screen));
    zr_text_t amounts [] = {zr_budget_amount (budget, "spent_usd"), zr_budget_amount (budget, "limit_usd"),
                            zr_budget_amount (budget, "projected_usd")};
    zr_table_row (table, state_is (budget, "breached"),
                  (const char *const []){name, period, bar, zr_budget_share_text (budget, 1).text, amounts [0].text,
                                         amounts [1].text, amounts [2].text, state, where});
    free (name);
    free (period);
    free (state);
    free (where);
    free (bar);
}

static void show_alarms (const zr_screen_t *screen, const json_t *budgets)
{
    json_t *budget;
    size_t i;
    json_array_foreach (zr_field (budgets, "budgets"), i, budget) {
        char *name = zr_field_text (screen, budget, "name");
        if (state_is (budget, "breached"))
            zr_screen_alarm (screen, "! Breached", "%s: %s of %s spent", name,
                             zr_budget_amount (budget, "spent_usd").text, zr_budget_amount (budget, "limit_usd").text);
        free (name);
    }
}

static void show (const zr_screen_t *screen, const json_t *budgets)
{
    json_t *list = zr_field (budgets, "budgets"), *budget;
    if (json_array_size (list) == 0) {
        fputs ("no budgets are configured\n", screen->out);
        return;
    }
    zr_table_t *table = zr_table_new (screen, 0, "eL5L4R6D8D7R3lE1");
    ZR_HEADING (table, "budget", "period", "", "share", "spent", "limit", "projected", "state", "only");
    size_t i;
    json_array_foreach (list, i, budget)
        add_budget (screen, table, budget);
    zr_table_print (table);
    zr_table_destroy (&table);
    show_alarms (screen, budgets);
}

int zr_budgets (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen)
{
    json_t *question = zr_screen_need (json_pack ("{s:s}", "query", "budgets")), *result;
    int status = zr_client_ask (client, question, &result);
    json_decref (question);
    if (status != 0)
        return status;
    if (options->json)
        zr_command_print_json (result, false);
    else
        show (screen, result);
    status = is_breached (result) ? BREACHED : 0;
    json_decref (result);
    return status;
}
