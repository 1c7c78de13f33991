/* SPDX-License-Identifier: MPL-2.0
 *
 * head.c - the live view's edges: title, troubles, keys, help; see watch_parts.h.
 */
#include "zreport/watch/parts.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/field.h"

/* ------------------------------------------------------------------ the title */

static const char *state_of (const zr_watch_data_t *data)
{
    return data->paused ? "PAUSED" : data->away ? "AWAY" : "live";
}

static void put_spans (const zr_watch_data_t *data, zr_page_t *page)
{
    for (zr_span_t i = 0; i < ZR_SPANS; i++)
        zr_page_fit (page, i ? 1 : 2, ZR_TONE_TITLE, i == data->span ? "[%s]" : "%s", zr_watch_span_name (i));
}

void zr_watch_part_title (const zr_watch_data_t *data, zr_page_t *page)
{
    char *instance = zr_field_text (zr_page_screen (page), data->snapshot, "zcost.instance");
    bool wide = zr_page_columns (page) >= 90;
    zr_page_line (page);
    zr_page_put (page, ZR_TONE_TITLE, " zcost");
    if (*instance && wide)
        zr_page_fit (page, 1, ZR_TONE_TITLE, "at %s", instance);
    put_spans (data, page);
    char *group = zr_watch_part_group_name (data, page, data->group);
    zr_page_fit (page, 2, ZR_TONE_TITLE, "by %s", group);
    free (group);
    zr_text_t clock = zr_watch_part_clock (data, data->now_ms, wide ? "%H:%M:%S %Z" : "%H:%M:%S");
    if (!zr_page_right (page, ZR_TONE_TITLE, "%s  %s ", clock.text, state_of (data)))
        zr_page_right (page, ZR_TONE_TITLE, "%s ", state_of (data));
    zr_page_right (page, ZR_TONE_TITLE, "%s", ""); /* the bar is as wide as the page */
    zr_page_set_tone (page, 0, ZR_TONE_TITLE);
    free (instance);
}

/* ------------------------------------------------------------------ troubles */

static void put_trouble (zr_page_t *page, const char *text)
{
    if (!text)
        return;
    char *clean = zr_screen_clean (zr_page_screen (page), text, strlen (text));
    zr_page_line (page);
    zr_page_put (page, ZR_TONE_ALARM, "! %s", clean);
    free (clean);
}

void zr_watch_part_troubles (const zr_watch_data_t *data, zr_page_t *page)
{
    put_trouble (page, data->away);
    if (!data->away)
        put_trouble (page, data->silence);
    put_trouble (page, data->complaint);
    if (!zr_watch_is_one_daemon (data))
        put_trouble (page, "answers and snapshots come from different zcostds: see --query");
    const json_t *waiting = zr_field (data->known [ZR_ASKED_HEALTH].result, "waiting");
    for (size_t i = 0; i < json_array_size (waiting); i++) {
        char *text = zr_field_value_text (zr_page_screen (page), json_array_get (waiting, i));
        zr_page_line (page);
        zr_page_put (page, ZR_TONE_ALARM, "! waiting for %s", text);
        free (text);
    }
}

/* ------------------------------------------------------------------ keys and help */

void zr_watch_part_keys (const zr_watch_data_t *data, zr_page_t *page)
{
    zr_page_line (page);
    if (data->help)
        zr_page_put (page, ZR_TONE_FAINT, "any key: back");
    static const char *const keys [] = {"q quit", "h help", "1-4 span", "tab group", "p pause", "r refresh"};
    for (size_t i = 0; !data->help && i < sizeof keys / sizeof keys [0]; i++)
        zr_page_fit (page, 3, ZR_TONE_FAINT, "%s", i == 4 && data->paused ? "p resume" : keys [i]);
}

void zr_watch_part_help (const zr_watch_data_t *data, zr_page_t *page)
{
    static const char *const lines [][2] = {
        {"Keys", NULL},
        {"1 2 3 4", "the span: last hour, today, last 7 days, this month"},
        {"left right", "the previous or the next span"},
        {"tab, up down", "the group: model, service, provider, tier, type, a tag"},
        {"p", "pause: freeze what is shown; again: resume"},
        {"r", "refresh now"},
        {"q, Ctrl-C", "quit"},
        {"", NULL},
        {"What is shown", NULL},
        {"now", "spend of the last 5 minutes, in dollars per hour"},
        {"last hour", "one column per minute, the last one still running"},
        {"projected", "the whole month, if it goes on at this rate"},
        {"~", "assumed: estimated, as there are no tokens"},
        {"$1.23+", "at least: some events have no known price"},
        {"saved", "against the baseline model; below 0: cost more"},
        {"today, month", "in local time, or that of --timezone"},
    };
    (void) data;
    for (size_t i = 0; i < sizeof lines / sizeof lines [0]; i++) {
        zr_watch_part_label (page, lines [i][1] ? 15 : 0, lines [i][0]);
        zr_page_put (page, ZR_TONE_PLAIN, "%s", lines [i][1] ? lines [i][1] : "");
    }
}
