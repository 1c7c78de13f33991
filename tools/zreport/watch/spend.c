/* SPDX-License-Identifier: MPL-2.0
 *
 * spend.c - the live view's spend: now, today, this month, by the minute; see watch_parts.h.
 */
#include "zreport/watch/parts.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/bar.h"
#include "zreport/show/field.h"
#include "zreport/show/measures.h"

#define MINUTES (ZR_WATCH_MINUTES + 1) /* with the one that runs */
#define MINUTE_MS 60000
#define NOTE_COLUMNS 30
#define CHART_LINES 5
#define LABELLED_FROM 70 /* columns: from here on the sparkline has room for a label */

/* ------------------------------------------------------------------ now */

static int64_t plus (int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow (a, b, &sum) ? INT64_MAX : sum;
}

/* What each of the last minutes cost, the one that runs last. */
static bool read_minutes (const zr_watch_data_t *data, int64_t *minutes)
{
    const zr_known_t *recent = &data->known [ZR_ASKED_RECENT];
    const json_t *rows = zr_field (recent->result, "rows"), *points = zr_field (json_array_get (rows, 0), "points");
    memset (minutes, 0, MINUTES * sizeof *minutes);
    for (size_t i = 0; i < json_array_size (points); i++) {
        const json_t *point = json_array_get (points, i);
        int64_t minute = (zr_field_count (point, "t") - recent->since_ms) / MINUTE_MS;
        if (minute >= 0 && minute < MINUTES)
            minutes [minute] = plus (minutes [minute], zr_field_count (point, "cost_nanousd"));
    }
    return recent->result != NULL;
}

/* Dollars an hour over the last so many whole minutes and the one that runs. */
static int64_t hourly (const zr_watch_data_t *data, const int64_t *minutes, int count)
{
    int64_t sum = 0;
    for (int i = MINUTES - 1 - count; i < MINUTES; i++)
        sum = plus (sum, minutes [i]);
    int64_t ms = count * INT64_C (60000) + data->known [ZR_ASKED_RECENT].now_ms % MINUTE_MS;
    __int128 rate = (__int128) sum * 3600000 / ms;
    return rate > INT64_MAX ? INT64_MAX : (int64_t) rate;
}

static void put_now (const zr_watch_data_t *data, zr_page_t *page, const int64_t *minutes, bool known)
{
    zr_watch_part_label (page, ZR_PART_LABEL, "Now");
    if (!known) {
        char *missing = zr_watch_part_missing (data, page, ZR_ASKED_RECENT);
        zr_page_put (page, ZR_TONE_FAINT, "%s", missing);
        free (missing);
        return;
    }
    zr_page_put (page, ZR_TONE_STRONG, "%s/h", zr_amount_dollars (hourly (data, minutes, ZR_WATCH_NOW_MINUTES)).text);
    zr_page_put (page, ZR_TONE_PLAIN, " over %d min", ZR_WATCH_NOW_MINUTES);
    zr_page_fit (page, 3, ZR_TONE_PLAIN, "%s/h over the last hour",
                 zr_amount_dollars (hourly (data, minutes, ZR_WATCH_MINUTES)).text);
}

/* ------------------------------------------------------------------ today and the month */

static void put_total (const zr_watch_data_t *data, zr_page_t *page, zr_asked_t asked)
{
    const zr_known_t *known = &data->known [asked];
    if (known->result) {
        zr_measures_t total = zr_measures_read (zr_field (known->result, "total"));
        zr_page_put (page, ZR_TONE_STRONG, "%s", zr_measures_cost (&total).text);
        return;
    }
    char *missing = zr_watch_part_missing (data, page, asked);
    zr_page_put (page, ZR_TONE_FAINT, "%s", missing);
    free (missing);
}

static void put_totals (const zr_watch_data_t *data, zr_page_t *page)
{
    int64_t projected;
    zr_watch_part_label (page, ZR_PART_LABEL, "Today");
    put_total (data, page, ZR_ASKED_TODAY);
    if (!zr_page_fit (page, 3, ZR_TONE_STRONG, "Month "))
        return;
    put_total (data, page, ZR_ASKED_MONTH);
    if (zr_watch_projection (data, &projected))
        zr_page_fit (page, 2, ZR_TONE_PLAIN, "%s projected", zr_amount_dollars (projected).text);
    else if (data->known [ZR_ASKED_MONTH].result)
        zr_page_fit (page, 2, ZR_TONE_FAINT, "too early to project");
}

/* ------------------------------------------------------------------ the last hour */

/* As many of the last minutes as there is room for, each as wide as there is room for. */
typedef struct {
    int64_t values [2 * ZR_WATCH_MINUTES], most;
    size_t count; /* 0: nothing is known, which is not to be drawn as nothing spent */
} strip_t;

static strip_t make_strip (const zr_watch_data_t *data, int room)
{
    int64_t minutes [MINUTES];
    bool known = read_minutes (data, minutes);
    int count = !known || room < 0 ? 0 : room < ZR_WATCH_MINUTES ? room : ZR_WATCH_MINUTES;
    int each = room >= 2 * ZR_WATCH_MINUTES + NOTE_COLUMNS ? 2 : 1;
    strip_t strip = {.count = (size_t) (count * each)};
    for (int i = 0; i < count * each; i++) {
        strip.values [i] = minutes [MINUTES - count + i / each];
        strip.most = strip.values [i] > strip.most ? strip.values [i] : strip.most;
    }
    return strip;
}

static void begin_strip (zr_page_t *page, bool labelled)
{
    zr_watch_part_label (page, zr_page_columns (page) >= LABELLED_FROM ? ZR_PART_LABEL : 0,
                         labelled && zr_page_columns (page) >= LABELLED_FROM ? "Hour" : "");
}

static void put_strip (zr_page_t *page, char *line)
{
    zr_page_put (page, ZR_TONE_BAR, "%s", line);
    free (line);
}

static void put_most (zr_page_t *page, const strip_t *strip)
{
    if (strip->count && zr_page_columns (page) >= LABELLED_FROM)
        zr_page_fit (page, 2, ZR_TONE_FAINT, "peak %s per minute", zr_amount_dollars (strip->most).text);
}

void zr_watch_part_minutes (const zr_watch_data_t *data, zr_page_t *page)
{
    begin_strip (page, true);
    strip_t strip = make_strip (data, zr_page_room (page));
    put_strip (page, zr_bar_spark (zr_page_screen (page), strip.values, strip.count, strip.most));
    put_most (page, &strip);
}

void zr_watch_part_chart (const zr_watch_data_t *data, zr_page_t *page)
{
    zr_page_line (page);
    for (int i = 0; i < CHART_LINES; i++) {
        begin_strip (page, i == CHART_LINES - 1);
        strip_t strip = make_strip (data, zr_page_room (page));
        put_strip (page,
                   zr_bar_chart_line (zr_page_screen (page), strip.values, strip.count, strip.most, i, CHART_LINES));
        if (i == 0)
            put_most (page, &strip);
    }
}

void zr_watch_part_spend (const zr_watch_data_t *data, zr_page_t *page)
{
    int64_t minutes [MINUTES];
    bool known = read_minutes (data, minutes);
    put_now (data, page, minutes, known);
    put_totals (data, page);
}
