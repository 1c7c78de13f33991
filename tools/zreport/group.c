/* SPDX-License-Identifier: MPL-2.0
 *
 * group.c - groups of events; see group.h.
 */
#include "zreport/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BESIDE_COLUMNS 44 /* that what is counted takes at least */
#define COLUMN_GOOD 14    /* a group's column narrower than this hardly tells its groups apart */
#define NONE "(none)"     /* the dimension's value of events that lack it */

/* ------------------------------------------------------------------ asking */

json_t *zr_group_question (const zr_group_t *self, const char *query, int limit)
{
    json_t *question = zr_screen_need (json_pack ("{s:s}", "query", query));
    json_t *by = zr_screen_need (json_array ()), *where = zr_screen_need (json_object ());
    for (size_t i = 0; i < self->by_count; i++)
        json_array_append_new (by, zr_screen_need (json_string (self->by [i])));
    for (size_t i = 0; i < self->where_count; i++)
        json_object_set_new (where, self->where [i].name, zr_screen_need (json_string (self->where [i].value)));
    json_object_set_new (question, "by", by);
    if (self->where_count > 0)
        json_object_set (question, "where", where);
    json_decref (where);
    if (limit > 0)
        json_object_set_new (question, "limit", json_integer (limit));
    return question;
}

static void set_ms (json_t *question, const char *key, bool has, int64_t at_s)
{
    if (has)
        json_object_set_new (question, key, json_integer (at_s * 1000));
    else
        json_object_del (question, key);
}

void zr_group_set_window (json_t *question, const zr_window_t *window)
{
    set_ms (question, "since", window->has_since, window->since_s);
    set_ms (question, "until", window->has_until, window->until_s);
}

/* ------------------------------------------------------------------ names */

static char *value_text (const zr_screen_t *screen, const json_t *row, const char *dimension)
{
    const json_t *value = json_object_get (row, dimension);
    const char *text = json_string_value (value);
    if (!text || !*text)
        return zr_screen_need (strdup (NONE));
    return zr_screen_clean (screen, text, json_string_length (value));
}

/* row NULL: the dimensions' own names. */
static char *join (const zr_group_t *self, const zr_screen_t *screen, const json_t *row)
{
    char *text;
    size_t size;
    FILE *to = zr_screen_need (open_memstream (&text, &size));
    for (size_t i = 0; i < self->by_count; i++) {
        const char *name = self->by [i];
        char *part = row ? value_text (screen, row, name) : zr_screen_clean (screen, name, strlen (name));
        fprintf (to, "%s%s", i > 0 ? " / " : "", part);
        free (part);
    }
    fclose (to);
    return zr_screen_need (text);
}

char *zr_group_name (const zr_group_t *self, const zr_screen_t *screen, const json_t *row)
{
    return self->by_count == 0 ? zr_screen_need (strdup ("all")) : join (self, screen, row);
}

zr_group_columns_t zr_group_columns (const zr_group_t *self, const zr_screen_t *screen)
{
    int room = screen->columns - BESIDE_COLUMNS, count = (int) self->by_count;
    bool joined = count > 1 && room < count * COLUMN_GOOD;
    return (zr_group_columns_t){screen, self, joined ? 1 : self->by_count, joined};
}

char *zr_group_heading (const zr_group_columns_t *self, size_t column)
{
    const char *name = self->group->by [column];
    return self->joined ? join (self->group, self->screen, NULL) : zr_screen_clean (self->screen, name, strlen (name));
}

char *zr_group_text (const zr_group_columns_t *self, const json_t *row, size_t column)
{
    return self->joined ? join (self->group, self->screen, row)
                        : value_text (self->screen, row, self->group->by [column]);
}

void zr_group_show_where (const zr_group_t *self, const zr_screen_t *screen)
{
    for (size_t i = 0; i < self->where_count; i++) {
        const char *name = self->where [i].name, *value = self->where [i].value;
        char *clean_name = zr_screen_clean (screen, name, strlen (name));
        char *clean_value = *value ? zr_screen_clean (screen, value, strlen (value)) : zr_screen_need (strdup (NONE));
        zr_screen_field (screen, i == 0 ? "Only" : "", "%s %s", clean_name, clean_value);
        free (clean_name);
        free (clean_value);
    }
}
