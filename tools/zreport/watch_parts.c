/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_parts.c - what the parts of the live view share; see watch_parts.h.
 */
#include "zreport/watch_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/zone.h"
#include "zreport/field.h"

void zc_part_label (zc_page_t *page, int columns, const char *label)
{
    zc_page_line (page);
    zc_page_put (page, ZC_TONE_STRONG, "%-*s", columns, label);
}

zc_text_t zc_part_clock (const zc_watch_data_t *data, int64_t ms, const char *format)
{
    zc_text_t to;
    zc_zone_format (data->timezone, ms / 1000, format, to.text, sizeof to.text);
    return to;
}

zc_text_t zc_part_span (const zc_watch_data_t *data)
{
    zc_text_t to;
    if (data->known [ZC_ASKED_REPORT].result)
        snprintf (to.text, sizeof to.text, "%s", zc_watch_span_name (data->span));
    else
        snprintf (to.text, sizeof to.text, "since %.30s",
                  zc_part_clock (data, zc_field_count (data->snapshot, "zcost.since"), "%Y-%m-%d %H:%M").text);
    return to;
}

char *zc_part_group_name (const zc_watch_data_t *data, const zc_page_t *page, zc_grouping_t group)
{
    const char *name = zc_watch_group_name (data, group);
    return zc_screen_clean (zc_page_screen (page), name, strlen (name));
}

char *zc_part_missing (const zc_watch_data_t *data, const zc_page_t *page, zc_asked_t asked)
{
    const zc_screen_t *screen = zc_page_screen (page);
    const char *refusal = data->known [asked].refusal;
    const char *text = refusal ? refusal : data->silence ? "not known: no answers" : "asking";
    return zc_screen_clean (screen, text, strlen (text));
}
