/* SPDX-License-Identifier: MPL-2.0
 *
 * series.c - zreport series: cost over time, as sparklines or bars; see command.h.
 */
#include "zreport/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/command.h"
#include "zreport/show/field.h"
#include "zreport/group.h"
#include "zreport/show/measures.h"

#define GROUPS_SHOWN 10
#define STEPS_MAX 1000000 /* some two years of minutes */

/* ------------------------------------------------------------------ reading */

static int64_t plus (int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow (a, b, &sum) ? INT64_MAX : sum;
}

/* Returns the cost of each step; steps without events have none. For the caller to free. */
static int64_t *read_points (const zr_series_t *self, const json_t *row, int64_t *ret_unpriced_events)
{
    *ret_unpriced_events = 0;
    int64_t *costs = zr_screen_need (calloc (self->steps + 1, sizeof *costs));
    json_t *point;
    size_t i;
    json_array_foreach (zr_field (row, "points"), i, point) {
        int64_t at_ms = zr_field_count (point, "t") - self->start_s * 1000;
        int64_t step = at_ms / (self->step_s * 1000);
        if (at_ms < 0 || step >= (int64_t) self->steps)
            continue;
        zr_measures_t sums = zr_measures_read (point);
        costs [step] = sums.cost;
        *ret_unpriced_events = plus (*ret_unpriced_events, sums.unpriced_events);
    }
    return costs;
}

static void read_row (const zr_series_t *self, const zr_screen_t *screen, const json_t *row, zr_series_row_t *to)
{
    to->name = zr_group_name (&self->options->group, screen, row);
    to->costs = read_points (self, row, &to->unpriced_events);
    to->least = to->most = self->steps > 0 ? to->costs [0] : 0;
    to->total = 0;
    size_t over = self->steps - (self->running && self->steps > 1);
    for (size_t i = 0; i < self->steps; i++) {
        int64_t cost = to->costs [i];
        to->least = cost < to->least && i < over ? cost : to->least;
        to->most = cost > to->most ? cost : to->most;
        to->total = plus (to->total, cost);
    }
}

/* Whether the answer is one that can be drawn. */
static bool read_series (zr_series_t *self, const zr_screen_t *screen, const json_t *result)
{
    const json_t *rows = zr_field (result, "rows");
    self->step_s = zr_field_count (result, "step");
    self->start_s = zr_field_count (result, "start") / 1000;
    self->until_s = zr_field_count (result, "until") / 1000;
    self->rows_left_out = zr_field_count (result, "rows_left_out");
    if (!json_is_array (rows) || self->step_s < 1 || self->step_s > INT32_MAX)
        return false;
    int64_t steps = self->until_s > self->start_s ? (self->until_s - self->start_s - 1) / self->step_s + 1 : 0;
    if (steps > STEPS_MAX)
        return false;
    self->steps = (size_t) steps;
    self->running = self->start_s + steps * self->step_s > self->until_s;
    self->count = json_array_size (rows);
    self->rows = zr_screen_need (calloc (self->count + 1, sizeof *self->rows));
    for (size_t i = 0; i < self->count; i++)
        read_row (self, screen, json_array_get (rows, i), &self->rows [i]);
    return true;
}

static void free_series (zr_series_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        free (self->rows [i].name);
        free (self->rows [i].costs);
    }
    free (self->rows);
}

/* ------------------------------------------------------------------ the command */

static int show (const zr_options_t *options, const zr_screen_t *screen, const json_t *result)
{
    zr_series_t self = {.options = options};
    if (!read_series (&self, screen, result)) {
        fputs ("zreport: the answer is not a series that can be drawn\n", stderr);
        return 1;
    }
    zr_series_show (&self, screen);
    free_series (&self);
    return 0;
}

int zr_series (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen)
{
    int limit = options->limit || options->json ? options->limit : GROUPS_SHOWN;
    json_t *question = zr_group_question (&options->group, "series", limit), *result;
    zr_group_set_window (question, &options->window);
    json_object_set_new (question, "step", json_integer (options->step_s));
    int status = zr_client_ask (client, question, &result);
    json_decref (question);
    if (status != 0)
        return status;
    if (options->json)
        zr_command_print_json (result, false);
    else
        status = show (options, screen, result);
    json_decref (result);
    return status;
}
