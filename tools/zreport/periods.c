/* SPDX-License-Identifier: MPL-2.0
 *
 * periods.c - zreport hourly, daily, weekly, monthly: what each civil period cost; see command.h.
 *
 * One question a period, so that its percentiles are those of its own events, and one about all of them.
 */
#include "zreport/periods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/client_windows.h"
#include "zreport/command.h"
#include "zreport/show/field.h"
#include "zreport/group.h"
#include "zreport/show/measures.h"

#define GROUPS_SHOWN 10 /* a period, where --limit does not say */
#define MISTAKE_BYTES 160

static zc_civil_t unit_of (const zr_options_t *options)
{
    return (zc_civil_t) (options->command - ZR_HOURLY);
}

static const char *unit_name (const zr_options_t *options)
{
    static const char *const names [] = {
        [ZC_CIVIL_HOUR] = "hour", [ZC_CIVIL_DAY] = "day", [ZC_CIVIL_WEEK] = "week", [ZC_CIVIL_MONTH] = "month"};
    return names [unit_of (options)];
}

/* ------------------------------------------------------------------ asking */

static int fail (const char *mistake)
{
    fprintf (stderr, "zreport: %s\n", mistake);
    return 1;
}

static int ask_total (zr_client_t *client, const zr_options_t *options, json_t **ret_total)
{
    json_t *question = zr_group_question (&options->group, "breakdown", 1);
    json_object_del (question, "by");
    zr_group_set_window (question, &options->window);
    zr_client_wait_anew (client);
    int status = zr_client_ask (client, question, ret_total);
    json_decref (question);
    return status;
}

static int ask_periods (zr_client_t *client, zr_periods_t *self)
{
    const zr_options_t *options = self->options;
    zr_window_t *windows = zr_screen_need (calloc (self->count, sizeof *windows));
    char mistake [MISTAKE_BYTES];
    for (size_t i = 0; i < self->count; i++)
        windows [i] = (zr_window_t){true, true, self->periods [i].since_s, self->periods [i].until_s};
    int limit = options->limit || options->json ? options->limit : GROUPS_SHOWN;
    json_t *question = zr_group_question (&options->group, "breakdown", limit);
    int status = zr_client_windows (client, question, windows, self->count, self->results, mistake, sizeof mistake);
    json_decref (question);
    free (windows);
    return status != 0 && *mistake ? fail (mistake) : status;
}

/* ------------------------------------------------------------------ what came */

static bool is_widened (const json_t *result, const zr_interval_t *period)
{
    return zr_field_count (result, "since") < period->since_s * 1000 ||
           zr_field_count (result, "until") > period->until_s * 1000;
}

static void look_at_edges (zr_periods_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        self->widened [i] = is_widened (self->results [i], &self->periods [i]);
        self->any_widened |= self->widened [i];
        self->overlap |=
            i > 0 && zr_field_count (self->results [i - 1], "until") > zr_field_count (self->results [i], "since");
    }
}

/* The total is the sum of what is shown, also where events came in between the questions. Where periods widened over
 * each other it is that of the whole window, for their sum would count events twice. Percentiles have no sum. */
static json_t *make_total (const zr_periods_t *self, const json_t *whole)
{
    json_t *total = zr_screen_need (json_deep_copy (zr_field (whole, "total")));
    if (self->overlap)
        return total;
    zr_measures_clear (total);
    for (size_t i = 0; i < self->count; i++)
        zr_measures_add (total, zr_field (self->results [i], "total"));
    return total;
}

/* Hours that a change of summer time repeats have one name: then the zone's name tells them apart. */
static void name_periods (zr_periods_t *self)
{
    static const char *const formats [] = {[ZC_CIVIL_HOUR] = "%Y-%m-%d %H:%M",
                                           [ZC_CIVIL_DAY] = "%Y-%m-%d",
                                           [ZC_CIVIL_WEEK] = "%Y-%m-%d",
                                           [ZC_CIVIL_MONTH] = "%Y-%m"};
    const char *zone = self->options->timezone;
    zc_civil_t unit = unit_of (self->options);
    for (size_t i = 0; i < self->count; i++)
        /* A period that the window cuts off is named by its own beginning. */
        zc_zone_format (zone, zc_zone_start (zone, unit, self->periods [i].since_s, 0), formats [unit], self->names [i],
                        ZR_PERIOD_NAME_BYTES);
    for (size_t i = 1; i < self->count; i++)
        if (strcmp (self->names [i - 1], self->names [i]) == 0) {
            zc_zone_format (zone, self->periods [i - 1].since_s, "%Y-%m-%d %H:%M %Z", self->names [i - 1],
                            ZR_PERIOD_NAME_BYTES);
            zc_zone_format (zone, self->periods [i].since_s, "%Y-%m-%d %H:%M %Z", self->names [i],
                            ZR_PERIOD_NAME_BYTES);
        }
}

/* ------------------------------------------------------------------ JSON */

static json_t *period_json (const zr_periods_t *self, size_t i)
{
    const json_t *result = self->results [i];
    json_t *rows = zr_field (result, "rows"), *total = zr_field (result, "total");
    return zr_screen_need (
        json_pack ("{s:s, s:I, s:I, s:I, s:I, s:b, s:O, s:I, s:O}", "period", self->names [i], "start",
                   (json_int_t) self->periods [i].since_s * 1000, "end", (json_int_t) self->periods [i].until_s * 1000,
                   "since", (json_int_t) zr_field_count (result, "since"), "until",
                   (json_int_t) zr_field_count (result, "until"), "widened", (int) self->widened [i], "rows", rows,
                   "rows_left_out", (json_int_t) zr_field_count (result, "rows_left_out"), "total", total));
}

static void print_json (const zr_periods_t *self)
{
    const zr_options_t *options = self->options;
    json_t *by = zr_screen_need (json_array ()), *periods = zr_screen_need (json_array ());
    for (size_t i = 0; i < options->group.by_count; i++)
        json_array_append_new (by, zr_screen_need (json_string (options->group.by [i])));
    for (size_t i = 0; i < self->count; i++)
        json_array_append_new (periods, period_json (self, i));
    json_t *all = zr_screen_need (json_pack (
        "{s:s, s:s, s:I, s:I, s:o, s:o, s:O}", "unit", unit_name (options), "timezone",
        *options->timezone ? options->timezone : "local", "since", (json_int_t) options->window.since_s * 1000, "until",
        (json_int_t) options->window.until_s * 1000, "by", by, "periods", periods, "total", self->total));
    zr_command_print_json (all, false);
    json_decref (all);
}

/* ------------------------------------------------------------------ the command */

/* An answer without rows or total is none. */
static bool are_whole (const zr_periods_t *self, const json_t *whole)
{
    for (size_t i = 0; i < self->count; i++)
        if (!json_is_array (zr_field (self->results [i], "rows")) ||
            !json_is_object (zr_field (self->results [i], "total")))
            return false;
    return json_is_object (zr_field (whole, "total"));
}

static int show (zr_periods_t *self, const json_t *whole, const zr_screen_t *screen)
{
    if (!are_whole (self, whole))
        return fail ("invalid answers: no rows and no total");
    look_at_edges (self);
    name_periods (self);
    self->total = make_total (self, whole);
    if (self->options->json)
        print_json (self);
    else
        zr_periods_show (self, screen);
    json_decref (self->total);
    return 0;
}

static int ask_and_show (zr_client_t *client, zr_periods_t *self, const zr_screen_t *screen)
{
    json_t *whole;
    int status = ask_periods (client, self);
    if (status != 0)
        return status;
    status = ask_total (client, self->options, &whole);
    if (status == 0) {
        status = show (self, whole, screen);
        json_decref (whole);
    }
    for (size_t i = 0; i < self->count; i++)
        json_decref (self->results [i]);
    return status;
}

int zr_periods (zr_client_t *client, const zr_options_t *options, const zr_screen_t *screen)
{
    zr_periods_t *self = zr_screen_need (calloc (1, sizeof *self));
    self->options = options;
    self->count = zr_window_cut (&options->window, options->timezone, unit_of (options), self->periods);
    char mistake [MISTAKE_BYTES];
    snprintf (mistake, sizeof mistake, "more than %d %ss: ask for a shorter time", ZR_PERIODS_MAX, unit_name (options));
    int status = self->count > ZR_PERIODS_MAX ? fail (mistake) : ask_and_show (client, self, screen);
    free (self);
    return status;
}
