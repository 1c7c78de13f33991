/* SPDX-License-Identifier: MPL-2.0
 *
 * export.c - zreport export: what each group counted in each step of time, as CSV or JSON lines; see command.h.
 *
 * Asks for one stretch of time after the other, each as long as gives a few thousand points, so that neither side
 * ever holds all. Nothing is left out in silence: where one step alone has more groups than an answer shows, it fails.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"
#include "zreport/command.h"
#include "zreport/export_row.h"
#include "zreport/show/field.h"
#include "zreport/group.h"

#define STEPS_FIRST 64
#define POINTS_GOOD 4000  /* fewer: the next stretch is longer; an answer has some 600 bytes a point */
#define POINTS_MANY 12000 /* more: it is shorter */
#define STRETCH_MAX_S (INT64_C (400) * 86400)
#define DAY_S 86400
#define TOO_MANY "more groups in one step than an answer can hold: use fewer --by, or --where"

typedef struct {
    zr_client_t *client;
    const zr_options_t *options;
    json_t *question;
    int64_t at_s, until_s; /* from where on, and up to where */
    int64_t stretch_s;     /* how much of it at once */
    bool begun;            /* something was written */
    const char *mistake;
} export_t;

/* ------------------------------------------------------------------ one stretch */

typedef struct {
    int64_t time_ms;
    const json_t *row, *point;
} cell_t;

/* By time; within one, in the order of the answer. */
static int by_time (const void *a, const void *b)
{
    const cell_t *x = a, *y = b;
    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? -1 : 1;
    return x->row != y->row ? (x->row < y->row ? -1 : 1) : 0;
}

static size_t count_points (const json_t *result)
{
    size_t count = 0, i;
    json_t *row;
    json_array_foreach (zr_field (result, "rows"), i, row)
        count += json_array_size (zr_field (row, "points"));
    return count;
}

/* The points of all rows, by time; for the caller to free. */
static cell_t *sort_cells (const json_t *result, size_t count)
{
    cell_t *cells = zr_screen_need (calloc (count + 1, sizeof *cells));
    size_t i, j, n = 0;
    json_t *row, *point;
    json_array_foreach (zr_field (result, "rows"), i, row)
        json_array_foreach (zr_field (row, "points"), j, point)
            cells [n++] = (cell_t){zr_field_count (point, "t"), row, point};
    qsort (cells, count, sizeof *cells, by_time);
    return cells;
}

static void write_stretch (export_t *self, const json_t *result, size_t count)
{
    int64_t step_s = zr_field_count (result, "step");
    cell_t *cells = sort_cells (result, count);
    if (!self->begun && self->options->format == ZR_FORMAT_CSV)
        zr_export_heading (stdout, self->options);
    self->begun = true;
    for (size_t i = 0; i < count; i++)
        zr_export_row (stdout, self->options, cells [i].time_ms, step_s, cells [i].row, cells [i].point);
    free (cells);
}

/* ------------------------------------------------------------------ one after the other */

/* Up to where the stretch at at_s goes: the end of a day if it is that long, for larger buckets end there too. */
static int64_t stretch_end (const export_t *self)
{
    int64_t end_s = self->at_s + self->stretch_s;
    if (self->stretch_s >= DAY_S)
        end_s -= end_s % DAY_S;
    return end_s < self->until_s ? end_s : self->until_s;
}

static int fail (export_t *self, const char *mistake)
{
    self->mistake = mistake;
    return 1;
}

/* A shorter stretch; false where it is down to a single step. */
static bool shorten (export_t *self)
{
    int64_t step_s = self->options->step_s;
    if (self->stretch_s <= step_s)
        return false;
    self->stretch_s = self->stretch_s / 2 / step_s * step_s;
    if (self->stretch_s < step_s)
        self->stretch_s = step_s;
    return true;
}

/* What came for the stretch up to end_s. */
static int take (export_t *self, const json_t *result, int64_t end_s)
{
    size_t count = count_points (result);
    int64_t since_s = zr_field_count (result, "since") / 1000, until_s = zr_field_count (result, "until") / 1000;
    if (!json_is_array (zr_field (result, "rows")))
        return fail (self, "the answer is not a series");
    if (zr_field_count (result, "rows_left_out") > 0)
        return shorten (self) ? 0 : fail (self, TOO_MANY);
    /* What was kept for it while we looked elsewhere has been widened: a part of it is exported already. */
    if (self->begun && since_s < self->at_s)
        return fail (self, "finer buckets expired during the export: export again");
    write_stretch (self, result, count);
    self->at_s = until_s > end_s ? until_s : end_s;
    if (count > POINTS_MANY)
        shorten (self);
    else if (count < POINTS_GOOD && self->stretch_s < STRETCH_MAX_S)
        self->stretch_s *= 2;
    return 0;
}

static int ask_stretch (export_t *self)
{
    json_t *result;
    int64_t end_s = stretch_end (self);
    zr_window_t window = {true, true, self->at_s, end_s};
    zr_group_set_window (self->question, &window);
    zr_client_wait_anew (self->client);
    if (zr_client_ask (self->client, self->question, &result) != 0)
        return zr_client_was_too_large (self->client) && shorten (self) ? 0 : -1;
    int status = take (self, result, end_s);
    json_decref (result);
    return status;
}

/* ------------------------------------------------------------------ by which groups */

static void add_group (zr_group_t *group, const char *name)
{
    for (size_t i = 0; i < group->by_count; i++)
        if (strcmp (group->by [i], name) == 0)
            return;
    if (group->by_count < ZR_DIMENSIONS_MAX && *name && strlen (name) < ZR_DIMENSION_BYTES)
        strcpy (group->by [group->by_count++], name);
}

/* All that there is includes the tags that the daemon is configured with: it names them. */
static int add_tags (zr_client_t *client, zr_group_t *group)
{
    json_t *question = zr_screen_need (json_pack ("{s:s}", "query", "health")), *health, *name;
    int status = zr_client_ask (client, question, &health);
    json_decref (question);
    if (status != 0)
        return status;
    size_t i;
    json_array_foreach (zr_field (health, "tags"), i, name)
        add_group (group, json_is_string (name) ? json_string_value (name) : "");
    json_decref (health);
    return 0;
}

/* ------------------------------------------------------------------ the command */

/* Without an end: to the end of the step that is running, and what is stamped ahead of it. */
static int64_t end_of (const zr_options_t *options)
{
    return options->window.has_until ? options->window.until_s : options->now_s + DAY_S + 60 - (options->now_s % 60);
}

static int export_all (zr_client_t *client, const zr_options_t *options)
{
    export_t self = {
        .client = client, .options = options, .at_s = options->window.since_s, .until_s = end_of (options)};
    self.stretch_s = options->step_s < STRETCH_MAX_S / STEPS_FIRST ? options->step_s * STEPS_FIRST : options->step_s;
    self.question = zr_group_question (&options->group, "series", 0);
    json_object_set_new (self.question, "step", json_integer (options->step_s));
    int status = 0;
    while (status == 0 && self.at_s < self.until_s && !ferror (stdout))
        status = ask_stretch (&self);
    if (status == 0 && !self.begun && options->format == ZR_FORMAT_CSV)
        zr_export_heading (stdout, options);
    json_decref (self.question);
    if (self.mistake)
        fprintf (stderr, "zreport: %s\n", self.mistake);
    return status;
}

int zr_export (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen)
{
    (void) screen;
    zr_options_t grouped = *options;
    int status = options->by_given ? 0 : add_tags (client, &grouped.group);
    return status == 0 ? export_all (client, &grouped) : status;
}
