/* SPDX-License-Identifier: MPL-2.0
 *
 * read_view.c - one moment of the engine.
 */
#include "daemon/read_view.h"

#include <czmq.h>

#include "civil/clock.h"

#define KEPT_BYTES (4u << 20) /* of memory that a moment keeps for the next one */

/* ------------------------------------------------------------------------ copy */

/* Makes room for `bytes` in a block of `*size`. What is in it may be lost. */
static int make_room (void **block, size_t *size, size_t bytes)
{
    if (*size >= bytes && (*size <= KEPT_BYTES || bytes > *size / 4))
        return 0;
    free (*block);
    *block = malloc (bytes ? bytes : 1);
    *size = *block ? bytes : 0;
    return *block ? 0 : -1;
}

static int copy (zc_cells_t *to, const zc_cells_t *from)
{
    size_t cells_bytes = to->capacity * sizeof *to->cells;
    size_t slots_bytes = to->latencies.size * sizeof *to->latencies.slots;
    size_t cells = from->count * sizeof *from->cells, slots = from->latencies.size * sizeof *from->latencies.slots;
    void *block = to->cells;
    int rc = make_room (&block, &cells_bytes, cells);
    to->cells = block;
    to->capacity = (uint32_t) (cells_bytes / sizeof *to->cells);
    to->count = 0;
    block = to->latencies.slots;
    rc |= make_room (&block, &slots_bytes, slots);
    to->latencies = (zc_sketches_t){.slots = block};
    if (rc != 0)
        return -1;
    if (cells)
        memcpy (to->cells, from->cells, cells);
    if (slots)
        memcpy (to->latencies.slots, from->latencies.slots, slots);
    to->count = from->count;
    to->latencies.size = from->latencies.size;
    to->latencies.count = from->latencies.count;
    return 0;
}

int zc_read_view_capture (zc_read_view_t *self, const zc_engine_t *engine, const zc_cells_t *committing,
                          uint64_t sequence, bool changed)
{
    static const zc_cells_t nothing;
    const zc_settings_t *settings = engine->settings;
    self->now_ms = zc_clock_wall_ms ();
    self->began_ms = engine->about.began_ms;
    self->minutes_ms = settings->retention.minutes_ms;
    self->quarters_ms = settings->retention.quarters_ms;
    self->days_ms = settings->days_ms;
    self->keys = zc_ledger_keys (engine->intake.ledger);
    self->keys_count = zc_keys_count (self->keys);
    self->committing = committing;
    self->sequence = sequence;
    return copy (&self->changes, changed ? zc_ledger_changes (engine->intake.ledger) : &nothing);
}

void zc_read_view_term (zc_read_view_t *self)
{
    free (self->changes.cells);
    free (self->changes.latencies.slots);
    memset (self, 0, sizeof *self);
}

/* ----------------------------------------------------------------------- reach */

static int64_t larger (int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The first quarter that does not begin before. */
static int64_t next_quarter (int64_t s)
{
    return zc_time_bucket_start (ZC_QUARTER, s + ZC_QUARTER_S - 1);
}

/* From when on minutes, or quarters, are whole: what arrived later than their retention allows went into coarser ones.
 * Where they were kept for a shorter time before, the store's mark says since when; it may lag by a quarter, and what a
 * crash cut off by seconds. */
static int64_t fine_from (int64_t now_s, int64_t keep_ms, int64_t mark_s)
{
    int64_t kept_s = keep_ms == ZC_FOREVER ? INT64_MIN : now_s - keep_ms / 1000;
    if (mark_s > 0 && mark_s > kept_s)
        return next_quarter (mark_s) + 2 * ZC_QUARTER_S;
    return keep_ms == ZC_FOREVER ? INT64_MIN : next_quarter (kept_s);
}

/* Nothing is too late for its day; a day goes when it ends before what is kept begins. */
static int64_t days_from (int64_t now_s, int64_t keep_ms, int64_t mark_s)
{
    int64_t kept = keep_ms == ZC_FOREVER ? INT64_MIN : zc_time_bucket_start (ZC_DAY, now_s - keep_ms / 1000);
    return larger (kept, mark_s);
}

zc_coverage_t zc_read_view_coverage (const zc_read_view_t *self, const zc_store_view_t *snapshot,
                                     const zc_recent_minutes_t *recent)
{
    int64_t now_s = self->now_ms / 1000;
    int64_t began_s = zc_time_bucket_start (ZC_DAY, self->began_ms / 1000);
    zc_coverage_t reach = {
        .now_ms = self->now_ms,
        .from_s = {[ZC_MINUTE] = fine_from (now_s, self->minutes_ms, snapshot->from_s [ZC_MINUTE]),
                   [ZC_QUARTER] = fine_from (now_s, self->quarters_ms, snapshot->from_s [ZC_QUARTER]),
                   [ZC_DAY] = days_from (now_s, self->days_ms, snapshot->from_s [ZC_DAY])},
        .first_s = snapshot->first_day_s < began_s ? snapshot->first_day_s : began_s,
        .recent_from_s = zc_recent_minutes_from (recent),
    };
    for (int level = ZC_DAY - 1; level >= ZC_MINUTE; level--)
        reach.from_s [level] = larger (reach.from_s [level], reach.from_s [level + 1]);
    /* What is late is not in minutes, however near. */
    if (reach.recent_from_s != INT64_MAX)
        reach.recent_from_s = larger (reach.recent_from_s, reach.from_s [ZC_MINUTE]);
    /* Events may be older than all that is committed. */
    for (uint32_t i = 0; i < self->changes.count; i++)
        if (self->changes.cells [i].start_s < reach.first_s)
            reach.first_s = zc_time_bucket_start (ZC_DAY, self->changes.cells [i].start_s);
    for (uint32_t i = 0; self->committing && i < self->committing->count; i++)
        if (self->committing->cells [i].start_s < reach.first_s)
            reach.first_s = zc_time_bucket_start (ZC_DAY, self->committing->cells [i].start_s);
    return reach;
}

/* ------------------------------------------------------------------------- add */

int zc_read_view_add (const zc_read_view_t *self, zc_rows_t *rows, const zc_window_plan_t *plan,
                      uint64_t stored_sequence, uint64_t recent_sequence)
{
    const zc_span_t all = {ZC_MINUTE, plan->since_s, plan->until_s};
    bool has_recent = plan->recent_since_s < plan->recent_until_s;
    const zc_span_t stored = {ZC_MINUTE, plan->since_s, has_recent ? plan->recent_since_s : plan->until_s};
    const zc_span_t recent = {ZC_MINUTE, plan->recent_since_s, plan->recent_until_s};
    if (self->committing && stored_sequence < self->sequence &&
        zc_rows_add_cells (rows, self->committing, &stored) == -1)
        return -1;
    if (self->committing && has_recent && recent_sequence < self->sequence &&
        zc_rows_add_cells (rows, self->committing, &recent) == -1)
        return -1;
    return zc_rows_add_cells (rows, &self->changes, &all);
}
