/* SPDX-License-Identifier: MPL-2.0
 *
 * parts.c - what the parts of the live view share; see watch_parts.h.
 */
#include "zreport/watch/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/zone.h"
#include "zreport/show/field.h"

void zr_watch_part_label (zr_page_t *page, int columns, const char *label)
{
    zr_page_line (page);
    zr_page_put (page, ZR_TONE_STRONG, "%-*s", columns, label);
}

zr_text_t zr_watch_part_clock (const zr_watch_data_t *data, int64_t ms, const char *format)
{
    zr_text_t to;
    zc_zone_format (data->timezone, ms / 1000, format, to.text, sizeof to.text);
    return to;
}

zr_text_t zr_watch_part_span (const zr_watch_data_t *data)
{
    zr_text_t to;
    if (data->known [ZR_ASKED_REPORT].result)
        snprintf (to.text, sizeof to.text, "%s", zr_watch_span_name (data->span));
    else
        snprintf (to.text, sizeof to.text, "since %.30s",
                  zr_watch_part_clock (data, zr_field_count (data->snapshot, "zcost.since"), "%Y-%m-%d %H:%M").text);
    return to;
}

char *zr_watch_part_group_name (const zr_watch_data_t *data, const zr_page_t *page, zr_grouping_t group)
{
    const char *name = zr_watch_group_name (data, group);
    return zr_screen_clean (zr_page_screen (page), name, strlen (name));
}

char *zr_watch_part_missing (const zr_watch_data_t *data, const zr_page_t *page, zr_asked_t asked)
{
    const zr_screen_t *screen = zr_page_screen (page);
    const char *refusal = data->known [asked].refusal;
    const char *text = refusal ? refusal : data->silence ? "unknown: no answers" : "loading";
    return zr_screen_clean (screen, text, strlen (text));
}
