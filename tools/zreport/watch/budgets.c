/* SPDX-License-Identifier: MPL-2.0
 *
 * budgets.c - the live view's budgets, and the alerts that came; see watch_parts.h.
 */
#include "zreport/watch/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/bar.h"
#include "zreport/show/budget.h"
#include "zreport/show/field.h"
#include "zreport/show/table.h"

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
    double share = zr_budget_share (one), other_share = zr_budget_share (other);
    return share > other_share ? -1 : share < other_share;
}

/* "[####      ]": the frame is what may be spent. For the caller to free. */
static char *framed_bar (const zr_screen_t *screen, double share_percent)
{
    int64_t part = share_percent > 100 ? 1000 : share_percent > 0 ? (int64_t) (10 * share_percent) : 0;
    char *bar = zr_bar (screen, part, 1000, BAR_COLUMNS), *framed;
    if (asprintf (&framed, "[%s%*s]", bar, BAR_COLUMNS - zr_screen_width (screen, bar), "") < 0)
        zr_screen_need (NULL);
    free (bar);
    return framed;
}

static void add_budget (const zr_screen_t *screen, zr_table_t *table, const json_t *budget)
{
    char *name = zr_field_text (screen, budget, "name"), *state = zr_field_text (screen, budget, "state");
    char *period = zr_field_text (screen, budget, "period");
    char *bar = framed_bar (screen, zr_budget_share (budget));
    ZR_ROW (table, name, bar, zr_budget_share_text (budget, 1).text, state,
            zr_budget_amount (budget, "projected_usd").text, zr_budget_amount (budget, "spent_usd").text,
            zr_budget_amount (budget, "limit_usd").text, period);
    free (name);
    free (state);
    free (period);
    free (bar);
}

static void put_budgets (zr_page_t *page, json_t **budgets, size_t count)
{
    static const zr_tone_t tones [] = {ZR_TONE_ALARM, ZR_TONE_WARN, ZR_TONE_PLAIN, ZR_TONE_FAINT};
    const zr_screen_t *screen = zr_page_print (page);
    zr_table_t *table = zr_table_new (screen, 0, "elrlD4D3D2L1");
    ZR_HEADING (table, "Budget", "", "share", "state", "projected", "spent", "limit", "period");
    for (size_t i = 0; i < count; i++)
        add_budget (screen, table, budgets [i]);
    zr_table_print (table);
    zr_table_destroy (&table);
    zr_page_print_end (page);
    for (size_t i = 0; i < count; i++)
        zr_page_set_tone (page, i + 1, tones [state_of (budgets [i])]);
}

void zr_watch_part_budgets (const zr_watch_data_t *data, zr_page_t *page)
{
    const json_t *result = data->known [ZR_ASKED_BUDGETS].result, *list = zr_field (result, "budgets");
    size_t count = json_array_size (list);
    if (count == 0) {
        char *missing =
            result ? zr_screen_need (strdup ("none configured")) : zr_watch_part_missing (data, page, ZR_ASKED_BUDGETS);
        zr_watch_part_label (page, ZR_PART_LABEL, "Budgets");
        zr_page_put (page, ZR_TONE_FAINT, "%s", missing);
        free (missing);
        return;
    }
    json_t **budgets = zr_screen_need (calloc (count, sizeof (json_t *)));
    for (size_t i = 0; i < count; i++)
        budgets [i] = json_array_get (list, i);
    qsort (budgets, count, sizeof (json_t *), compare);
    put_budgets (page, budgets, count);
    free (budgets);
}

/* ------------------------------------------------------------------ alerts */

static void put_alert (const zr_watch_data_t *data, zr_page_t *page, const json_t *alert)
{
    char *budget = zr_field_text (zr_page_screen (page), alert, "budget");
    zr_page_line (page);
    zr_page_put (page, ZR_TONE_PLAIN, "%s  ",
                 zr_watch_part_clock (data, zr_field_count (alert, "at"), "%b %d %H:%M").text);
    zr_page_put (page, ZR_TONE_WARN, "%s passed %s%%", budget,
                 zr_amount_count (zr_field_count (alert, "threshold_percent")).text);
    zr_page_fit (page, 2, ZR_TONE_PLAIN, "%s of %s", zr_budget_amount (alert, "spent_usd").text,
                 zr_budget_amount (alert, "limit_usd").text);
    free (budget);
}

void zr_watch_part_alerts (const zr_watch_data_t *data, zr_page_t *page)
{
    size_t count = json_array_size (data->alerts);
    zr_watch_part_label (page, ZR_PART_LABEL, "Alerts");
    if (count == 0)
        zr_page_put (page, ZR_TONE_FAINT, "none since this view was opened");
    for (size_t i = 0; i < count; i++)
        put_alert (data, page, json_array_get (data->alerts, i));
}
