/* SPDX-License-Identifier: MPL-2.0
 *
 * window_plan.c - which buckets answer for a window of time.
 */
#include "core/window/window_plan.h"

#include "core/base/check.h"

/* The line of time, cut: days from `days`, quarters from `quarters`, minutes from `minutes`; ascending. */
typedef struct {
    int64_t days, quarters, minutes;
    int64_t first;  /* the day of the first event */
    int64_t recent; /* never before `minutes` */
} line_t;

/* ------------------------------------------------------------------------ times */

static int64_t larger (int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller (int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* All below is for times of 0 to ZC_TIMES_END_S: no event is older, and nothing overflows. */
static int64_t within (int64_t s)
{
    return smaller (larger (s, 0), ZC_TIMES_END_S);
}

static int64_t down (int64_t s, int64_t step)
{
    return s - s % step;
}

static int64_t up (int64_t s, int64_t step)
{
    return down (s + step - 1, step);
}

/* Milliseconds to the second that they are in; `up`: to the first second that is not before them. */
static int64_t second_of (int64_t ms)
{
    return within (ms < 0 ? -1 : ms / 1000);
}

static int64_t second_up (int64_t ms)
{
    return within (ms < 0 ? 0 : ms / 1000 + (ms % 1000 > 0));
}

/* ------------------------------------------------------------------------- line */

static line_t line_of (const zc_coverage_t *reach)
{
    line_t line;
    line.days = up (within (reach->from_s [ZC_DAY]), ZC_DAY_S);
    line.quarters = larger (up (within (reach->from_s [ZC_QUARTER]), ZC_DAY_S), line.days);
    line.minutes = larger (up (within (reach->from_s [ZC_MINUTE]), ZC_QUARTER_S), line.quarters);
    /* What came too late for a minute is not in the minutes in memory either. */
    line.recent = reach->recent_from_s == INT64_MAX
                      ? INT64_MAX
                      : larger (up (within (reach->recent_from_s), ZC_MINUTE_S), line.minutes);
    int64_t first = reach->first_s == INT64_MAX ? second_of (reach->now_ms) : within (reach->first_s);
    line.first = down (first, ZC_DAY_S);
    return line;
}

/* The size of the piece that holds a time. */
static int64_t piece_at (const line_t *line, int64_t s)
{
    return s >= line->minutes ? ZC_MINUTE_S : s >= line->quarters ? ZC_QUARTER_S : ZC_DAY_S;
}

/* ----------------------------------------------------------------------- window */

/* Widens a series' step until it is a multiple of the pieces where the window begins: a wider step may begin earlier,
 * where pieces are larger. */
static void widen_step (const line_t *line, int64_t since_s, zc_window_plan_t *plan)
{
    int64_t asked_s = plan->step_s;
    for (zc_time_bucket_t level = ZC_MINUTE; level < ZC_TIME_BUCKETS; level++) {
        plan->step_s = up (asked_s, zc_time_bucket_seconds (level));
        plan->start_s = down (since_s, plan->step_s);
        if (plan->step_s % piece_at (line, plan->start_s) == 0)
            return;
    }
}

static int64_t widened_since (const line_t *line, int64_t since_s, zc_window_plan_t *plan)
{
    since_s = down (since_s, piece_at (line, since_s));
    if (plan->step_s > 0) {
        widen_step (line, since_s, plan);
        since_s = plan->start_s;
    }
    return larger (since_s, line->days);
}

static int64_t widened_until (const line_t *line, int64_t until_s, const zc_window_plan_t *plan)
{
    until_s = up (until_s, piece_at (line, until_s - 1));
    return plan->step_s ? up (until_s, plan->step_s) : until_s;
}

/* Returns whether the window is more than empty. */
static bool make_window (const zc_query_spec_t *spec, const zc_coverage_t *reach, const line_t *line,
                         zc_window_plan_t *plan)
{
    int64_t since_s = spec->has_since ? second_of (spec->since_ms) : line->first;
    plan->since_s = widened_since (line, since_s, plan);
    plan->since_ms = plan->since_s * 1000;
    if (!spec->has_until) {
        plan->until_s = INT64_MAX;
        plan->until_ms = larger (reach->now_ms, plan->since_ms);
        return true;
    }
    int64_t until_s = second_up (spec->until_ms);
    bool some = until_s > since_s && (!spec->has_since || spec->until_ms > spec->since_ms);
    if (some)
        until_s = widened_until (line, until_s, plan);
    plan->until_s = some ? larger (until_s, plan->since_s) : plan->since_s;
    plan->until_ms = plan->until_s * 1000;
    return plan->until_s > plan->since_s;
}

/* ------------------------------------------------------------------------ spans */

/* What is still to be covered: from at_s on and before end_s. */
typedef struct {
    zc_window_plan_t *plan;
    int64_t at_s, end_s, recent_s;
} cover_t;

/* Covers up to `to_s`, where one of them ends, by buckets of a size, if one begins where we are. What is in memory is
 * left to memory, but for the bucket that reaches into it: one bucket is less to read than its minutes. */
static void cover (cover_t *self, zc_time_bucket_t level, int64_t to_s)
{
    int64_t size_s = zc_time_bucket_seconds (level);
    if (self->recent_s < to_s)
        to_s = smaller (to_s, up (larger (self->recent_s, self->at_s), size_s));
    if (to_s <= self->at_s || self->at_s % size_s != 0)
        return;
    self->plan->spans [self->plan->spans_count++] = (zc_span_t){level, self->at_s, to_s};
    self->at_s = to_s;
}

/* Minutes up to the first whole quarter, quarters up to the first whole day, days, and down again. Where minutes are
 * not kept at_s begins a quarter, and so on: the window is made of whole pieces. */
static void cover_window (cover_t *self, int64_t step_s)
{
    bool by_quarters = step_s % ZC_QUARTER_S == 0, by_days = step_s % ZC_DAY_S == 0;
    if (by_quarters)
        cover (self, ZC_MINUTE, smaller (up (self->at_s, ZC_QUARTER_S), self->end_s));
    if (by_days && up (self->at_s, ZC_DAY_S) <= self->end_s)
        cover (self, ZC_QUARTER, up (self->at_s, ZC_DAY_S));
    if (by_days)
        cover (self, ZC_DAY, down (self->end_s, ZC_DAY_S));
    if (by_quarters)
        cover (self, ZC_QUARTER, down (self->end_s, ZC_QUARTER_S));
    cover (self, ZC_MINUTE, self->end_s);
}

static void leave_to_memory (cover_t *self)
{
    self->plan->recent_since_s = self->at_s;
    self->plan->recent_until_s = self->end_s;
}

/* ------------------------------------------------------------------------- plan */

/* Whether the sums for good are all that is asked for. */
static bool is_ever (const zc_query_spec_t *spec, const line_t *line, const zc_window_plan_t *plan)
{
    if (spec->asked == ZC_SPEC_SERIES || spec->has_until)
        return false;
    return !spec->has_since || (line->days == 0 && plan->since_s <= line->first);
}

/* Disjoint, ascending, none empty; what is read from memory comes after them: no event is counted twice. */
static bool are_disjoint (const zc_window_plan_t *plan)
{
    int64_t end_s = INT64_MIN;
    for (size_t i = 0; i < plan->spans_count; i++) {
        const zc_span_t *span = &plan->spans [i];
        if (span->level == ZC_EVER)
            return plan->spans_count == 1 && plan->recent_since_s == plan->recent_until_s;
        if (span->since_s < end_s || span->until_s <= span->since_s)
            return false;
        end_s = span->until_s;
    }
    return plan->recent_since_s == plan->recent_until_s || plan->recent_since_s >= end_s;
}

void zc_window_plan_make (const zc_query_spec_t *spec, const zc_coverage_t *reach, zc_window_plan_t *ret_plan)
{
    int64_t step_s = smaller (larger (spec->step_s, ZC_MINUTE_S), ZC_STEP_MAX_S);
    zc_window_plan_t plan = {.step_s = spec->asked == ZC_SPEC_SERIES ? step_s : 0};
    line_t line = line_of (reach);
    bool some = make_window (spec, reach, &line, &plan);
    if (is_ever (spec, &line, &plan)) {
        plan.spans [plan.spans_count++] = (zc_span_t){ZC_EVER, 0, 0};
        if (!spec->has_since) {
            plan.since_s = INT64_MIN;
            plan.since_ms = line.first * 1000;
        }
    } else if (some) {
        cover_t whole = {&plan, plan.since_s, smaller (plan.until_s, ZC_TIMES_END_S), line.recent};
        cover_window (&whole, plan.step_s);
        leave_to_memory (&whole);
    }
    zc_check (plan.spans_count <= ZC_WINDOW_PLAN_SPANS_MAX && are_disjoint (&plan));
    *ret_plan = plan;
}
