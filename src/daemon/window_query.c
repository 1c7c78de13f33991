/* SPDX-License-Identifier: MPL-2.0
 *
 * query.c - a question about a window of time.
 */
#include "daemon/window_query.h"

#include <czmq.h>

#include "civil/clock.h"
#include "core/api/reply.h"

#define HELP_FROM 50000 /* cells that there may be to read */

zc_window_query_t *zc_window_query_new (void)
{
    return calloc (1, sizeof (zc_window_query_t));
}

void zc_window_query_destroy (zc_window_query_t **self_p)
{
    zc_window_query_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_rows_destroy (&self->part);
    zc_rows_destroy (&self->rows);
    zc_pack_term (&self->reply);
    free (self->request);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------ fail */

/* A copy: a reader says something else about its next question. */
static int refuse (zc_window_query_t *self, const char *why)
{
    snprintf (self->why_text, sizeof self->why_text, "%s", why);
    self->code = "unavailable";
    self->why = self->why_text;
    return -1;
}

/* The rows know why. */
static int rows_failed (zc_window_query_t *self)
{
    self->why = zc_rows_failed (self->rows, &self->code);
    return self->why ? -1 : refuse (self, "out of memory");
}

/* ----------------------------------------------------------------------- store */

static int take_stored (void *argument, const zc_stored_cell_t *cell)
{
    zc_rows_t *rows = argument;
    const uint8_t *at = cell->latencies, *end = at + cell->latencies_size;
    uint32_t point;
    int32_t bin = -1;
    uint64_t events;
    int bad;
    int rc = zc_rows_add (rows, cell->start_s, cell->key, &cell->sums, &point);
    if (rc != 0 || cell->latencies_size == 0)
        return rc == 1 ? 0 : rc;
    while ((at = zc_sketch_unpack (at, end, &bin, &events, &bad)) != NULL)
        if (zc_rows_add_latency (rows, point, (uint32_t) bin, events) == -1)
            return -1;
    return 0;
}

/* Reads pieces until none is left. Where one cannot be read nobody need read the others. */
static int read_pieces (zc_scan_ranges_t *ranges, zc_store_reader_t *reader, zc_rows_t *rows)
{
    const zc_span_t *piece;
    int rc = 0;
    while (rc == 0 && (piece = zc_scan_ranges_next (ranges)) != NULL)
        rc = zc_store_reader_cells (reader, piece, take_stored, rows);
    if (rc != 0)
        zc_scan_ranges_drop (ranges);
    return rc == 0 ? 0 : -1;
}

/* Whether there may be more to read than it takes to wake a thread for. */
static bool is_large (const zc_window_query_t *self)
{
    return self->ranges.buckets * self->read_view->keys_count >= HELP_FROM;
}

static int read_store (zc_window_query_t *self, zc_store_reader_t *reader, const zc_help_t *help)
{
    bool large = is_large (self);
    if (large)
        help->call (help->argument, self);
    int rc = read_pieces (&self->ranges, reader, self->rows);
    if (large)
        help->dismiss (help->argument, self);
    if (self->why)
        return -1;
    if (rc == -1 && !zc_rows_failed (self->rows, &self->code))
        return refuse (self, zc_store_reader_why (reader));
    if (rc == -1 || (self->part && zc_rows_add_rows (self->rows, self->part) == -1))
        return rows_failed (self);
    zc_rows_destroy (&self->part);
    return 0;
}

/* ------------------------------------------------------------------------ help */

static bool sees_the_same (const zc_store_view_t *a, const zc_store_view_t *b)
{
    return a->sequence == b->sequence && memcmp (a->from_s, b->from_s, sizeof a->from_s) == 0 &&
           a->first_day_s == b->first_day_s;
}

/* What was taken from the pieces and not read leaves no answer. */
static void read_part (zc_window_query_t *self, zc_store_reader_t *reader)
{
    const char *code;
    self->part = zc_rows_new_part (self->rows);
    if (self->part && read_pieces (&self->ranges, reader, self->part) == -1 && !zc_rows_failed (self->part, &code))
        refuse (self, zc_store_reader_why (reader));
}

void zc_window_query_help (zc_window_query_t *self, zc_store_reader_t *reader)
{
    zc_store_view_t snapshot;
    zc_store_reader_limit (reader, self->deadline_mono_ms);
    if (zc_store_reader_begin (reader, &snapshot) == -1)
        return;
    if (sees_the_same (&snapshot, &self->snapshot))
        read_part (self, reader);
    zc_store_reader_end (reader);
}

/* --------------------------------------------------------------------- memory */

static int take_recent (void *argument, const zc_cells_t *part)
{
    const zc_span_t all = {ZC_MINUTE, INT64_MIN, INT64_MAX};
    return zc_rows_add_cells (argument, part, &all);
}

/* The plan, and what is in memory. */
static int read_recent (zc_window_query_t *self, const zc_recent_minutes_t *recent)
{
    const zc_read_view_t *read_view = self->read_view;
    zc_coverage_t reach = zc_read_view_coverage (read_view, &self->snapshot, recent);
    zc_window_plan_make (&self->spec, &reach, &self->plan);
    zc_scan_ranges_cut (&self->ranges, &self->plan);
    self->rows = zc_rows_new (&self->spec, &self->plan, read_view->keys, read_view->keys_count);
    if (!self->rows)
        return refuse (self, "out of memory");
    if (zc_recent_minutes_each (recent, self->plan.recent_since_s, self->plan.recent_until_s, self->plan.step_s,
                                take_recent, self->rows) != 0)
        return rows_failed (self);
    return 0;
}

/* ------------------------------------------------------------------------- run */

static int add_up (zc_window_query_t *self, zc_store_reader_t *reader, zc_shared_recent_t *shared,
                   const zc_help_t *help)
{
    /* For no longer than it is looked at: the checkpointer waits. */
    pthread_rwlock_rdlock (&shared->lock);
    int rc = read_recent (self, shared->recent);
    uint64_t recent_sequence = zc_recent_minutes_sequence (shared->recent);
    pthread_rwlock_unlock (&shared->lock);
    if (rc == -1 || read_store (self, reader, help) == -1)
        return -1;
    rc = zc_read_view_add (self->read_view, self->rows, &self->plan, self->snapshot.sequence, recent_sequence);
    return rc == -1 ? rows_failed (self) : 0;
}

static int pack (zc_window_query_t *self)
{
    if (self->wants_reply && zc_reply_pack_rows (&self->spec, self->rows, &self->reply) == -1)
        return rows_failed (self);
    return 0;
}

void zc_window_query_run (zc_window_query_t *self, zc_store_reader_t *reader, zc_shared_recent_t *recent,
                          const zc_help_t *help)
{
    self->deadline_mono_ms = zc_clock_mono_ms () + ZC_WINDOW_QUERY_MS;
    zc_store_reader_limit (reader, self->deadline_mono_ms);
    int rc = zc_store_reader_begin (reader, &self->snapshot);
    if (rc == -1)
        refuse (self, zc_store_reader_why (reader));
    else {
        rc = add_up (self, reader, recent, help);
        zc_store_reader_end (reader);
    }
    if (rc == 0)
        pack (self);
}
