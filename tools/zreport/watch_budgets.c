/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_budgets.c - the live view's budgets, and the alerts that came; see watch_parts.h.
 */
#include "zreport/watch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/bar.h"
#include "zreport/budget.h"
#include "zreport/field.h"
#include "zreport/table.h"

#define BAR_COLUMNS 10

/* ------------------------------------------------------------------ budgets */

typedef enum { STATE_BREACHED, STATE_WARNING, STATE_OK, STATE_OTHER } state_t; /* the worst first */

static state_t state_of (const json_t *budget)
{
    static const char *const names [] = {"breached", "warning", "ok"};
    const char *state = json_string_value (json_object_get (budget, "state"));
    for (state_t i = STATE_BREACHED; i <= STATE_OK; i++)
        if (state && strcmp (state, names [i]) == 0)
            return i;
    return STATE_OTHER;
}

/* The worst state first, within it the greatest share: what a low screen leaves out can wait. */
static int compare (const void *a, const void *b)
{
    const json_t *one = *(json_t *const *) a, *other = *(json_t *const *) b;
    if (state_of (one) != state_of (other))
        return state_of (one) < state_of (other) ? -1 : 1;
    double share = zc_budget_share (one), other_share = zc_budget_share (other);
    return share > other_share ? -1 : share < other_share;
}

/* "[####      ]": the frame is what may be spent. For the caller to free. */
static char *framed_bar (const zc_screen_t *screen, double share_percent)
{
    int64_t part = share_percent > 100 ? 1000 : share_percent > 0 ? (int64_t) (10 * share_percent) : 0;
    char *bar = zc_bar (screen, part, 1000, BAR_COLUMNS), *framed;
    if (asprintf (&framed, "[%s%*s]", bar, BAR_COLUMNS - zc_screen_width (screen, bar), "") < 0)
        zc_need (NULL);
    free (bar);
    return framed;
}

static void add_budget (const zc_screen_t *screen, zc_table_t *table, const json_t *budget)
{
    char *name = zc_field_text (screen, budget, "name"), *state = zc_field_text (screen, budget, "state");
    char *period = zc_field_text (screen, budget, "period");
    char *bar = framed_bar (screen, zc_budget_share (budget));
    ZC_ROW (table, name, bar, zc_budget_share_text (budget, 1).text, state, zc_budget_amount (budget, "projected_usd").text,
            zc_budget_amount (budget, "spent_usd").text, zc_budget_amount (budget, "limit_usd").text, period);
    free (name);
    free (state);
    free (period);
    free (bar);
}

static void put_budgets (zc_page_t *page, json_t **budgets, size_t count)
{
    static const zc_tone_t tones [] = {ZC_TONE_ALARM, ZC_TONE_WARN, ZC_TONE_PLAIN, ZC_TONE_FAINT};
    const zc_screen_t *screen = zc_page_print (page);
    zc_table_t *table = zc_table_new (screen, 0, "elrlD4D3D2L1");
    ZC_HEADING (table, "Budget", "", "share", "state", "projected", "spent", "limit", "period");
    for (size_t i = 0; i < count; i++)
        add_budget (screen, table, budgets [i]);
    zc_table_print (table);
    zc_table_destroy (&table);
    zc_page_print_end (page);
    for (size_t i = 0; i < count; i++)
        zc_page_set_tone (page, i + 1, tones [state_of (budgets [i])]);
}

void zc_part_budgets (const zc_watch_data_t *data, zc_page_t *page)
{
    const json_t *result = data->known [ZC_ASKED_BUDGETS].result, *list = zc_field (result, "budgets");
    size_t count = json_array_size (list);
    if (count == 0) {
        char *missing = result ? zc_need (strdup ("none configured"))
                               : zc_part_missing (data, page, ZC_ASKED_BUDGETS);
        zc_part_label (page, ZC_PART_LABEL, "Budgets");
        zc_page_put (page, ZC_TONE_FAINT, "%s", missing);
        free (missing);
        return;
    }
    json_t **budgets = zc_need (calloc (count, sizeof *budgets));
    for (size_t i = 0; i < count; i++)
        budgets [i] = json_array_get (list, i);
    qsort (budgets, count, sizeof *budgets, compare);
    put_budgets (page, budgets, count);
    free (budgets);
}

/* ------------------------------------------------------------------ alerts */

static void put_alert (const zc_watch_data_t *data, zc_page_t *page, const json_t *alert)
{
    char *budget = zc_field_text (zc_page_screen (page), alert, "budget");
    zc_page_line (page);
    zc_page_put (page, ZC_TONE_PLAIN, "%s  ", zc_part_clock (data, zc_field_count (alert, "at"), "%b %d %H:%M").text);
    zc_page_put (page, ZC_TONE_WARN, "%s passed %s%%", budget,
                 zc_count (zc_field_count (alert, "threshold_percent")).text);
    zc_page_fit (page, 2, ZC_TONE_PLAIN, "%s of %s", zc_budget_amount (alert, "spent_usd").text,
                 zc_budget_amount (alert, "limit_usd").text);
    free (budget);
}

void zc_part_alerts (const zc_watch_data_t *data, zc_page_t *page)
{
    size_t count = json_array_size (data->alerts);
    zc_part_label (page, ZC_PART_LABEL, "Alerts");
    if (count == 0)
        zc_page_put (page, ZC_TONE_FAINT, "none since this view began");
    for (size_t i = 0; i < count; i++)
        put_alert (data, page, json_array_get (data->alerts, i));
}
