/* SPDX-License-Identifier: MPL-2.0
 *
 * export_row.c - one exported row; see export_row.h.
 */
#include "zreport/export_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"
#include "zreport/show/field.h"
#include "zreport/show/measures.h"

/* "2026-11-21T09:00:00Z". */
static const char *time_text (int64_t time_ms, char *text, unsigned size)
{
    return zc_zone_format ("UTC", time_ms / 1000, "%Y-%m-%dT%H:%M:%SZ", text, size);
}

/* Quoted where it must be. A spreadsheet takes a leading = + - @ for a formula, and names come from whoever sends
 * events: such a text gets an apostrophe in front, which spreadsheets take for "this is text". */
static void put_text (FILE *to, const char *text, size_t size)
{
    bool formula = *text && strchr ("=+-@\t\r", *text);
    if (!formula && strcspn (text, ",\"\r\n") == size) {
        fputs (text, to);
        return;
    }
    fputs (formula ? "\"'" : "\"", to);
    for (size_t i = 0; i < size; i++) {
        if (text [i] == '"')
            fputc ('"', to);
        fputc (text [i], to);
    }
    fputc ('"', to);
}

static void put_value (FILE *to, const json_t *value)
{
    if (json_is_string (value))
        put_text (to, json_string_value (value), json_string_length (value));
    else if (json_is_integer (value))
        fprintf (to, "%" JSON_INTEGER_FORMAT, json_integer_value (value));
    else if (json_is_real (value))
        fprintf (to, "%.15g", json_real_value (value));
}

void zr_export_heading (FILE *to, const zr_options_t *options)
{
    fputs ("time,step_seconds", to);
    for (size_t i = 0; i < options->group.by_count; i++) {
        fputc (',', to);
        put_text (to, options->group.by [i], strlen (options->group.by [i]));
    }
    for (const char *const *name = zr_measure_names; *name; name++)
        fprintf (to, ",%s", *name);
    fputc ('\n', to);
}

static void put_csv (FILE *to, const zr_options_t *options, const char *time, int64_t step_s, const json_t *row,
                     const json_t *point)
{
    fprintf (to, "%s,%" PRId64, time, step_s);
    for (size_t i = 0; i < options->group.by_count; i++) {
        fputc (',', to);
        put_value (to, json_object_get (row, options->group.by [i]));
    }
    for (const char *const *name = zr_measure_names; *name; name++) {
        fputc (',', to);
        put_value (to, json_object_get (point, *name));
    }
    fputc ('\n', to);
}

static void put_json (FILE *to, const zr_options_t *options, const char *time, int64_t step_s, const json_t *row,
                      const json_t *point)
{
    json_t *line = zr_screen_need (json_pack ("{s:s, s:I}", "time", time, "step_seconds", (json_int_t) step_s));
    for (size_t i = 0; i < options->group.by_count; i++)
        json_object_set (line, options->group.by [i], json_object_get (row, options->group.by [i]));
    for (const char *const *name = zr_measure_names; *name; name++)
        json_object_set (line, *name, json_object_get (point, *name));
    char *text = zr_screen_need (zc_json_text (line, true));
    fprintf (to, "%s\n", text);
    free (text);
    json_decref (line);
}

void zr_export_row (FILE *to, const zr_options_t *options, int64_t time_ms, int64_t step_s, const json_t *row,
                    const json_t *point)
{
    char text [32];
    time_text (time_ms, text, sizeof text);
    if (options->format == ZR_FORMAT_CSV)
        put_csv (to, options, text, step_s, row, point);
    else
        put_json (to, options, text, step_s, row, point);
}
