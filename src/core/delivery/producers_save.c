/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_save.c - rows: to look at, to save, to put back.
 */
#include "core/delivery/producers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/delivery/producers_internal.h"

static zc_producer_row_t row_of (const zc_producers_record_t *record)
{
    const zc_live_t *live = record->live;
    zc_producer_row_t row = {
        .epoch = record->epoch,
        .expired = !live,
        .turn = record->turn,
        .next = live ? live->seen.next : record->closed,
    };
    memcpy (row.id, record->id, sizeof row.id);
    if (!live)
        return row;
    row.open_ended = live->open_ended;
    row.base = live->seen.base;
    row.base_ms = live->seen.base ? live->base_ms : 0;
    row.dropped = live->dropped;
    row.accepted_events = live->accepted_events;
    row.lost = live->lost;
    row.seen_ms = live->seen_ms;
    row.intervals_count = live->seen.count;
    row.intervals = live->seen.intervals;
    return row;
}

bool zc_producers_recent (const zc_producers_t *self, size_t n, zc_producer_row_t *ret_row, uint64_t *ret_durable)
{
    if (n >= self->live.count)
        return false;
    uint32_t number = self->live.newest;
    for (; n > 0; n--)
        number = zc_producers_record_at (self, number)->older;
    *ret_row = row_of (zc_producers_record_at (self, number));
    *ret_durable = zc_producers_record_at (self, number)->durable;
    return true;
}

/* ----------------------------------------------------------------------------- changes */

/* The records of a line that changed since the last call are its newest ones. */
static const zc_producers_record_t *changed_at (const zc_producers_t *self, uint32_t number)
{
    const zc_producers_record_t *record = number == ZC_NOBODY ? NULL : zc_producers_record_at (self, number);
    return record && record->turn > self->saved_turn ? record : NULL;
}

static void count_changed (const zc_producers_t *self, const zc_producers_line_t *line, size_t *rows, size_t *intervals)
{
    const zc_producers_record_t *record = changed_at (self, line->newest);
    for (; record; record = changed_at (self, record->older)) {
        *rows += 1;
        *intervals += record->live ? record->live->seen.count : 0;
    }
}

static int make_changes (const zc_producers_t *self, zc_producers_changes_t *ret_changes)
{
    size_t rows = 0, intervals = 0;
    count_changed (self, &self->live, &rows, &intervals);
    count_changed (self, &self->expired, &rows, &intervals);
    zc_producers_changes_t changes = {.overflowed = self->overflowed};
    changes.rows = malloc ((rows + 1) * sizeof *changes.rows);
    changes.intervals = malloc ((intervals + 1) * sizeof *changes.intervals);
    if (!changes.rows || !changes.intervals) {
        zc_producers_changes_term (&changes);
        return -1;
    }
    *ret_changes = changes;
    return 0;
}

/* Copies what changed in a line; returns where the next intervals go. */
static zc_interval_t *copy_changed (zc_producers_t *self, const zc_producers_line_t *line,
                                    zc_producers_changes_t *changes, zc_interval_t *at)
{
    const zc_producers_record_t *record = changed_at (self, line->newest);
    for (; record; record = changed_at (self, record->older)) {
        zc_producer_row_t *row = &changes->rows [changes->rows_count++];
        *row = row_of (record);
        zc_check (row->next > 0 && zc_seq_intervals_ascend (row->next, row->intervals, row->intervals_count));
        if (row->intervals_count > 0)
            memcpy (at, row->intervals, row->intervals_count * sizeof *at);
        row->intervals = at;
        at += row->intervals_count;
        zc_producers_record_at (self, zc_producers_record_number (self, record))->saved = true;
    }
    return at;
}

/* Hands over the ids that are still forgotten: who came back has a row that replaces the old one. */
static void move_forgotten (zc_producers_t *self, zc_producers_changes_t *changes)
{
    for (size_t i = 0; i < self->forgotten_count; i++)
        if (zc_producers_table_find (&self->table, self->forgotten [i]) == ZC_NOBODY)
            memcpy (self->forgotten [changes->forgotten_count++], self->forgotten [i], ZC_PRODUCER_BYTES);
    changes->forgotten = self->forgotten;
    self->forgotten = NULL;
    self->forgotten_count = self->forgotten_capacity = 0;
}

int zc_producers_take_changes (zc_producers_t *self, zc_producers_changes_t *ret_changes)
{
    zc_producers_changes_t changes;
    if (make_changes (self, &changes) == -1)
        return -1;
    zc_interval_t *at = copy_changed (self, &self->live, &changes, changes.intervals);
    copy_changed (self, &self->expired, &changes, at);
    move_forgotten (self, &changes);
    self->saved_turn = self->turn;
    *ret_changes = changes;
    return 0;
}

void zc_producers_changes_term (zc_producers_changes_t *changes)
{
    free (changes->rows);
    free (changes->intervals);
    free (changes->forgotten);
    memset (changes, 0, sizeof *changes);
}

/* ----------------------------------------------------------------------------- restore */

/* A row has been on a disk. */
static bool is_row (const zc_producers_t *self, const zc_producer_row_t *row)
{
    uint32_t newest = row->expired ? self->expired.newest : self->live.newest;
    uint64_t turn = newest == ZC_NOBODY ? 0 : zc_producers_record_at (self, newest)->turn;
    if (row->next == 0 || row->turn <= turn || row->turn > INT64_MAX ||
        zc_producers_table_find (&self->table, row->id) != ZC_NOBODY)
        return false;
    return row->expired ||
           (zc_seq_intervals_ascend (row->next, row->intervals, row->intervals_count) &&
            (row->base == 0 || row->base > row->next) && row->accepted_events <= INT64_MAX && row->lost <= INT64_MAX);
}

static int restore_seen (zc_seq_intervals_t *seen, const zc_producer_row_t *row)
{
    zc_seq_intervals_init (seen, row->base);
    if (row->next > 1)
        zc_seq_intervals_add (seen, 1, row->next);
    for (uint32_t i = 0; i < row->intervals_count; i++)
        zc_seq_intervals_add (seen, row->intervals [i].first, row->intervals [i].end);
    return seen->count == row->intervals_count ? 0 : -1; /* -1: no memory, it closed a gap instead */
}

static zc_live_t *restore_live (zc_producers_t *self, const zc_producer_row_t *row)
{
    zc_live_t *live = zc_producers_make_live (self);
    if (!live)
        return NULL;
    live->open_ended = row->open_ended;
    live->base_ms = row->base_ms;
    live->dropped = row->dropped;
    live->accepted_events = row->accepted_events;
    live->lost = row->lost;
    live->seen_ms = row->seen_ms;
    if (restore_seen (&live->seen, row) == 0)
        return live;
    zc_seq_intervals_term (&live->seen);
    free (live);
    return NULL;
}

int zc_producers_restore (zc_producers_t *self, const zc_producer_row_t *row)
{
    if (!is_row (self, row))
        return -1;
    zc_live_t *live = row->expired ? NULL : restore_live (self, row);
    uint32_t number = row->expired || live ? zc_producers_table_add (&self->table, row->id) : ZC_NOBODY;
    if (number == ZC_NOBODY) {
        if (live)
            zc_seq_intervals_term (&live->seen);
        free (live);
        return -1;
    }
    zc_producers_record_t *record = zc_producers_record_at (self, number);
    record->epoch = row->epoch;
    record->turn = row->turn;
    record->durable = record->closed = row->next;
    record->saved = true;
    if (live)
        zc_producers_join_live (self, number, live);
    else
        zc_producers_line_join (&self->expired, &self->table, number);
    if (self->turn < row->turn)
        self->turn = self->saved_turn = self->durable_turn = row->turn;
    return 0;
}

void zc_producers_restore_delivery (zc_producers_t *self, const zc_delivery_t *delivery, bool overflowed)
{
    self->delivery = *delivery;
    self->overflowed = overflowed;
}
