/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_head.c - the live view's edges: title, troubles, keys, help; see watch_parts.h.
 */
#include "zreport/watch_parts.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/field.h"

/* ------------------------------------------------------------------ the title */

static const char *state_of (const zc_watch_data_t *data)
{
    return data->paused ? "PAUSED" : data->away ? "AWAY" : "live";
}

static void put_spans (const zc_watch_data_t *data, zc_page_t *page)
{
    for (zc_span_t i = 0; i < ZC_SPANS; i++)
        zc_page_fit (page, i ? 1 : 2, ZC_TONE_TITLE, i == data->span ? "[%s]" : "%s", zc_watch_span_name (i));
}

void zc_part_title (const zc_watch_data_t *data, zc_page_t *page)
{
    char *instance = zc_field_text (zc_page_screen (page), data->snapshot, "zcost.instance");
    bool wide = zc_page_columns (page) >= 90;
    zc_page_line (page);
    zc_page_put (page, ZC_TONE_TITLE, " zcost");
    if (*instance && wide)
        zc_page_fit (page, 1, ZC_TONE_TITLE, "at %s", instance);
    put_spans (data, page);
    char *group = zc_part_group_name (data, page, data->group);
    zc_page_fit (page, 2, ZC_TONE_TITLE, "by %s", group);
    free (group);
    zc_text_t clock = zc_part_clock (data, data->now_ms, wide ? "%H:%M:%S %Z" : "%H:%M:%S");
    if (!zc_page_right (page, ZC_TONE_TITLE, "%s  %s ", clock.text, state_of (data)))
        zc_page_right (page, ZC_TONE_TITLE, "%s ", state_of (data));
    zc_page_right (page, ZC_TONE_TITLE, "%s", ""); /* the bar is as wide as the page */
    zc_page_set_tone (page, 0, ZC_TONE_TITLE);
    free (instance);
}

/* ------------------------------------------------------------------ troubles */

static void put_trouble (zc_page_t *page, const char *text)
{
    if (!text)
        return;
    char *clean = zc_screen_clean (zc_page_screen (page), text, strlen (text));
    zc_page_line (page);
    zc_page_put (page, ZC_TONE_ALARM, "! %s", clean);
    free (clean);
}

void zc_part_troubles (const zc_watch_data_t *data, zc_page_t *page)
{
    put_trouble (page, data->away);
    if (!data->away)
        put_trouble (page, data->silence);
    put_trouble (page, data->complaint);
    if (!zc_watch_is_one_daemon (data))
        put_trouble (page, "the answers are of another zcostd than the snapshots: see --query");
    const json_t *waiting = zc_field (data->known [ZC_ASKED_HEALTH].result, "waiting");
    for (size_t i = 0; i < json_array_size (waiting); i++) {
        char *text = zc_value_text (zc_page_screen (page), json_array_get (waiting, i));
        zc_page_line (page);
        zc_page_put (page, ZC_TONE_ALARM, "! waiting for %s", text);
        free (text);
    }
}

/* ------------------------------------------------------------------ keys and help */

void zc_part_keys (const zc_watch_data_t *data, zc_page_t *page)
{
    zc_page_line (page);
    if (data->help)
        zc_page_put (page, ZC_TONE_FAINT, "any key: back");
    static const char *const keys [] = {"q quit", "h help", "1-4 span", "tab group", "p pause", "r refresh"};
    for (size_t i = 0; !data->help && i < sizeof keys / sizeof keys [0]; i++)
        zc_page_fit (page, 3, ZC_TONE_FAINT, "%s", i == 4 && data->paused ? "p go on" : keys [i]);
}

void zc_part_help (const zc_watch_data_t *data, zc_page_t *page)
{
    static const char *const lines [] [2] = {
        {"Keys", NULL},
        {"1 2 3 4", "the span: last hour, today, last 7 days, this month"},
        {"left right", "the span before, the next one"},
        {"tab, up down", "the group: model, service, provider, tier, type, a tag"},
        {"p", "pause: what is shown stays; again: go on"},
        {"r", "ask again now"},
        {"q, Ctrl-C", "quit"},
        {"", NULL},
        {"What stands there", NULL},
        {"now", "spend of the last 5 minutes, as dollars an hour"},
        {"last hour", "a column a minute, the last one still running"},
        {"projected", "the whole month, if it goes on as so far"},
        {"~", "assumed: estimated for want of tokens"},
        {"$1.23+", "at least: some events have no known price"},
        {"saved", "against the baseline model; below 0: it cost more"},
        {"today, month", "civil time, see --timezone"},
    };
    (void) data;
    for (size_t i = 0; i < sizeof lines / sizeof lines [0]; i++) {
        zc_part_label (page, lines [i] [1] ? 15 : 0, lines [i] [0]);
        zc_page_put (page, ZC_TONE_PLAIN, "%s", lines [i] [1] ? lines [i] [1] : "");
    }
}
