/* SPDX-License-Identifier: MPL-2.0
 *
 * data.c - what the live view knows; see watch_data.h.
 */
#include "zreport/watch/data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/zone.h"
#include "zreport/show/field.h"

#define MINUTE_MS INT64_C (60000)
#define HOUR_MS (60 * MINUTE_MS)
#define WEEK_MS (168 * HOUR_MS)

static const char *const span_names [] = {"1 h", "today", "7 days", "month"};
static const char *const group_names [] = {"model", "service", "provider", "tier", "type"};

void zr_watch_data_init (zr_watch_data_t *self, const char *endpoint, const char *query, const char *timezone)
{
    *self = (zr_watch_data_t){.endpoint = endpoint, .query = query, .timezone = timezone, .span = ZR_SPAN_TODAY};
    self->alerts = zr_screen_need (json_array ());
}

static void forget (zr_known_t *known)
{
    json_decref (known->result);
    free (known->refusal);
    *known = (zr_known_t){0};
}

static void forget_tags (zr_watch_data_t *self)
{
    for (size_t i = 0; i < self->tags_count; i++)
        free (self->tags [i]);
    self->tags_count = 0;
}

void zr_watch_data_free (zr_watch_data_t *self)
{
    forget_tags (self);
    for (int i = 0; i < ZR_ASKED; i++)
        forget (&self->known [i]);
    json_decref (self->snapshot);
    json_decref (self->alerts);
    free (self->away);
    free (self->silence);
    free (self->complaint);
}

const char *zr_watch_span_name (zr_span_t span)
{
    return span_names [span];
}

int zr_watch_groups (const zr_watch_data_t *self)
{
    return ZR_GROUPING_TAG + (int) self->tags_count;
}

const char *zr_watch_group_name (const zr_watch_data_t *self, zr_grouping_t group)
{
    return group < ZR_GROUPING_TAG ? group_names [group] : self->tags [group - ZR_GROUPING_TAG];
}

zr_grouping_t zr_watch_beside (const zr_watch_data_t *self)
{
    return self->group == ZR_GROUPING_SERVICE ? ZR_GROUPING_MODEL : ZR_GROUPING_SERVICE;
}

void zr_watch_say (char **text, const char *format, ...)
{
    free (*text);
    *text = NULL;
    if (!format)
        return;
    va_list args;
    va_start (args, format);
    if (vasprintf (text, format, args) < 0)
        zr_screen_need (NULL);
    va_end (args);
}

/* ------------------------------------------------------------------ questions */

static int64_t civil_start_ms (const zr_watch_data_t *self, zc_civil_t unit, int64_t now_ms, int ahead)
{
    return 1000 * zc_zone_start (self->timezone, unit, now_ms / 1000, ahead);
}

static int64_t span_start_ms (const zr_watch_data_t *self, int64_t now_ms)
{
    int64_t minute_ms = now_ms / MINUTE_MS * MINUTE_MS;
    switch (self->span) {
    case ZR_SPAN_HOUR:
        return minute_ms - HOUR_MS;
    case ZR_SPAN_WEEK:
        return minute_ms - WEEK_MS;
    case ZR_SPAN_MONTH:
        return civil_start_ms (self, ZC_CIVIL_MONTH, now_ms, 0);
    default:
        return civil_start_ms (self, ZC_CIVIL_DAY, now_ms, 0);
    }
}

/* A question without `since` is about no window. */
static int64_t start_ms (const zr_watch_data_t *self, zr_asked_t asked, int64_t now_ms)
{
    switch (asked) {
    case ZR_ASKED_RECENT:
        return now_ms / MINUTE_MS * MINUTE_MS - ZR_WATCH_MINUTES * MINUTE_MS;
    case ZR_ASKED_TODAY:
        return civil_start_ms (self, ZC_CIVIL_DAY, now_ms, 0);
    case ZR_ASKED_MONTH:
        return civil_start_ms (self, ZC_CIVIL_MONTH, now_ms, 0);
    case ZR_ASKED_REPORT:
    case ZR_ASKED_TOP:
    case ZR_ASKED_BESIDE:
        return span_start_ms (self, now_ms);
    default:
        return 0;
    }
}

json_t *zr_watch_question (zr_watch_data_t *self, zr_asked_t asked, int64_t now_ms)
{
    static const char *const names [] = {"series",    "breakdown", "breakdown", "report",
                                         "breakdown", "breakdown", "budgets",   "health"};
    zr_known_t *known = &self->known [asked];
    known->next_since_ms = start_ms (self, asked, now_ms);
    known->next_now_ms = now_ms;
    json_t *request = zr_screen_need (json_pack ("{s:s}", "query", names [asked]));
    if (known->next_since_ms)
        json_object_set_new (request, "since", json_integer (known->next_since_ms));
    if (asked == ZR_ASKED_RECENT)
        json_object_set_new (request, "step", json_integer (60));
    if (asked == ZR_ASKED_TOP || asked == ZR_ASKED_BESIDE) {
        zr_grouping_t group = asked == ZR_ASKED_TOP ? self->group : zr_watch_beside (self);
        json_object_set_new (request, "by", zr_screen_need (json_pack ("[s]", zr_watch_group_name (self, group))));
        json_object_set_new (request, "limit", json_integer (ZR_WATCH_TOP_ROWS));
    }
    return request;
}

/* ------------------------------------------------------------------ what comes */

static bool are_same_tags (const zr_watch_data_t *self, const json_t *names)
{
    for (size_t i = 0; i < self->tags_count; i++) {
        const char *name = json_string_value (json_array_get (names, i));
        if (!name || strcmp (name, self->tags [i]) != 0)
            return false;
    }
    return self->tags_count == json_array_size (names) || self->tags_count == ZR_WATCH_TAGS;
}

/* The daemon may have come back with other tags. */
static void take_tags (zr_watch_data_t *self, const json_t *names)
{
    if (are_same_tags (self, names))
        return;
    if (self->group >= ZR_GROUPING_TAG)
        zr_watch_choose_group (self, ZR_GROUPING_MODEL);
    forget_tags (self);
    for (size_t i = 0; i < json_array_size (names) && self->tags_count < ZR_WATCH_TAGS; i++) {
        const char *name = json_string_value (json_array_get (names, i));
        if (name && *name)
            self->tags [self->tags_count++] = zr_screen_need (strdup (name));
    }
}

void zr_watch_answer (zr_watch_data_t *self, zr_asked_t asked, json_t *result, const char *refusal)
{
    zr_known_t *known = &self->known [asked];
    json_decref (known->result);
    known->result = result;
    known->since_ms = known->next_since_ms;
    known->now_ms = known->next_now_ms;
    zr_watch_say (&known->refusal, result ? NULL : "%s", refusal);
    if (asked == ZR_ASKED_HEALTH && result)
        take_tags (self, zr_field (result, "tags"));
}

static const char *incarnation_of (const json_t *report)
{
    return json_string_value (zr_field (report, "zcost.incarnation"));
}

static bool is_same_life (const json_t *one, const json_t *other)
{
    const char *a = incarnation_of (one), *b = incarnation_of (other);
    return !a || !b || strcmp (a, b) == 0;
}

void zr_watch_snapshot (zr_watch_data_t *self, json_t *snapshot, int64_t now_ms)
{
    if (self->snapshot && !is_same_life (self->snapshot, snapshot))
        for (int i = 0; i < ZR_ASKED; i++)
            forget (&self->known [i]);
    json_decref (self->snapshot);
    self->snapshot = snapshot;
    self->heard_ms = now_ms;
}

/* The same alert may come again, from a daemon that was killed before it could note that it was published. */
void zr_watch_alert (zr_watch_data_t *self, json_t *alert)
{
    for (size_t i = json_array_size (self->alerts); i-- > 0;)
        if (json_equal (json_object_get (alert, "id"), json_object_get (json_array_get (self->alerts, i), "id")))
            json_array_remove (self->alerts, i);
    if (json_array_insert_new (self->alerts, 0, alert) != 0)
        zr_screen_need (NULL);
    while (json_array_size (self->alerts) > ZR_WATCH_ALERTS)
        json_array_remove (self->alerts, ZR_WATCH_ALERTS);
}

/* ------------------------------------------------------------------ choices */

void zr_watch_choose_span (zr_watch_data_t *self, zr_span_t span)
{
    if (span == self->span)
        return;
    self->span = span;
    for (zr_asked_t i = ZR_ASKED_REPORT; i <= ZR_ASKED_BESIDE; i++)
        forget (&self->known [i]);
}

void zr_watch_choose_group (zr_watch_data_t *self, zr_grouping_t group)
{
    if (group == self->group)
        return;
    self->group = group;
    forget (&self->known [ZR_ASKED_TOP]);
    forget (&self->known [ZR_ASKED_BESIDE]);
}

/* ------------------------------------------------------------------ what follows from it */

const json_t *zr_watch_report (const zr_watch_data_t *self)
{
    const json_t *report = self->known [ZR_ASKED_REPORT].result;
    return report ? report : self->snapshot;
}

bool zr_watch_is_one_daemon (const zr_watch_data_t *self)
{
    return !self->snapshot || !self->known [ZR_ASKED_REPORT].result ||
           is_same_life (self->snapshot, self->known [ZR_ASKED_REPORT].result);
}

bool zr_watch_projection (const zr_watch_data_t *self, int64_t *ret_nanousd)
{
    const zr_known_t *month = &self->known [ZR_ASKED_MONTH];
    if (!month->result)
        return false;
    int64_t whole_ms = civil_start_ms (self, ZC_CIVIL_MONTH, month->now_ms, 1) - month->since_ms;
    int64_t elapsed_ms = month->now_ms - month->since_ms;
    if (elapsed_ms <= 0 || elapsed_ms < whole_ms / 100)
        return false;
    __int128 projected = (__int128) zr_field_count (month->result, "total.cost_nanousd") * whole_ms / elapsed_ms;
    *ret_nanousd = projected > INT64_MAX ? INT64_MAX : (int64_t) projected;
    return true;
}
