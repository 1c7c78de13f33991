/* SPDX-License-Identifier: MPL-2.0
 *
 * producers.c - what becomes of a stamped frame.
 */
#include "core/delivery/producers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/delivery/producers_internal.h"

/* Sums of what strangers declare stop here: where they are saved and shown, integers are signed. */
static void count (uint64_t *sum, uint64_t more)
{
    *sum = more < INT64_MAX - *sum ? *sum + more : INT64_MAX;
}

void zc_producers_set_limits (zc_producers_t *self, const zc_producers_limits_t *limits)
{
    assert (limits->live_max >= 1 && limits->live_max + limits->expired_max < 1u << 30);
    self->limits = *limits;
}

zc_producers_t *zc_producers_new (const zc_producers_limits_t *limits, const zc_siphash_secret_t *secret)
{
    zc_producers_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    zc_producers_set_limits (self, limits);
    zc_producers_line_init (&self->live);
    zc_producers_line_init (&self->expired);
    if (zc_producers_table_init (&self->table, secret) == -1)
        zc_producers_destroy (&self);
    return self;
}

void zc_producers_destroy (zc_producers_t **self)
{
    if (!*self)
        return;
    zc_producers_table_term (&(*self)->table);
    free ((*self)->moved.numbers);
    free ((*self)->group.numbers);
    free ((*self)->roll);
    free ((*self)->forgotten);
    free (*self);
    *self = NULL;
}

const zc_delivery_t *zc_producers_delivery (const zc_producers_t *self)
{
    return &self->delivery;
}

size_t zc_producers_live (const zc_producers_t *self)
{
    return self->live.count;
}

size_t zc_producers_expired (const zc_producers_t *self)
{
    return self->expired.count;
}

/* ------------------------------------------------------------------- expire and forget */

static void lose (zc_producers_t *self, zc_live_t *live, uint64_t missed)
{
    count (&live->lost, missed);
    count (&self->delivery.lost, missed);
}

/* Remembers that there is a row to remove. Without memory the row stays, and is one more expired
 * producer after the next start: no harm. */
static void note_forgotten (zc_producers_t *self, const uint8_t id [ZC_PRODUCER_BYTES])
{
    if (self->forgotten_count == self->forgotten_capacity) {
        size_t capacity = self->forgotten_capacity ? self->forgotten_capacity * 2 : 64;
        void *forgotten = realloc (self->forgotten, capacity * sizeof *self->forgotten);
        if (!forgotten)
            return;
        self->forgotten = forgotten;
        self->forgotten_capacity = capacity;
    }
    memcpy (self->forgotten [self->forgotten_count++], id, ZC_PRODUCER_BYTES);
}

static void forget (zc_producers_t *self, uint32_t number)
{
    if (zc_producers_record_at (self, number)->saved)
        note_forgotten (self, zc_producers_record_at (self, number)->id);
    zc_producers_line_leave (&self->expired, &self->table, number);
    zc_producers_table_remove (&self->table, number);
    self->overflowed = true;
}

static void expire (zc_producers_t *self, uint32_t number)
{
    zc_producers_record_t *record = zc_producers_record_at (self, number);
    lose (self, record->live, zc_seq_intervals_close (&record->live->seen));
    record->closed = record->live->seen.end;
    zc_producers_leave_live (self, number);
    record->turn = ++self->turn;
    zc_producers_line_join (&self->expired, &self->table, number);
    zc_producers_mark_moved (self, record);
    while (self->expired.count > self->limits.expired_max)
        forget (self, self->expired.oldest);
}

void zc_producers_expire (zc_producers_t *self, int64_t now_ms)
{
    int64_t before_ms = now_ms - self->limits.expire_after_ms;
    while (self->live.count > 0 && zc_producers_record_at (self, self->live.oldest)->live->seen_ms < before_ms)
        expire (self, self->live.oldest);
}

/* ------------------------------------------------------------------------------- enter */

static void begin_epoch (zc_producers_record_t *record, uint32_t epoch, uint64_t base, int64_t arrival_ms)
{
    record->epoch = epoch;
    record->durable = 1;
    record->live->remembered = 0;
    record->live->dropped = 0;
    record->live->open_ended = false;
    record->live->base_ms = arrival_ms;
    zc_seq_intervals_init (&record->live->seen, base);
}

/* Who is not live becomes it, in the place of another where all are taken. number: of its expired
 * record, or ZC_NOBODY. */
static zc_producers_record_t *enter_live (zc_producers_t *self, uint32_t number, const zc_stamp_t *stamp,
                                          int64_t arrival_ms)
{
    uint64_t base = number == ZC_NOBODY ? stamp->seq : 0;
    zc_live_t *live = zc_producers_make_live (self);
    if (!live)
        return NULL;
    /* Out of its line first: who is displaced must not push it out of the record. */
    if (number != ZC_NOBODY)
        zc_producers_line_leave (&self->expired, &self->table, number);
    while (self->live.count >= self->limits.live_max)
        expire (self, self->live.oldest);
    if (number == ZC_NOBODY)
        number = zc_producers_table_add (&self->table, stamp->producer);
    if (number == ZC_NOBODY) {
        free (live);
        return NULL;
    }
    zc_producers_join_live (self, number, live);
    begin_epoch (zc_producers_record_at (self, number), stamp->epoch, base, arrival_ms);
    return zc_producers_record_at (self, number);
}

static zc_producers_record_t *enter_epoch (zc_producers_t *self, uint32_t number, const zc_stamp_t *stamp,
                                           int64_t arrival_ms)
{
    zc_producers_record_t *record = zc_producers_record_at (self, number);
    lose (self, record->live, zc_seq_intervals_close (&record->live->seen));
    zc_seq_intervals_term (&record->live->seen);
    begin_epoch (record, stamp->epoch, 0, arrival_ms);
    return record;
}

static bool is_stale (const zc_producers_t *self, uint32_t number, const zc_stamp_t *stamp)
{
    if (number == ZC_NOBODY)
        return self->overflowed && stamp->seq > 1;
    const zc_producers_record_t *record = zc_producers_record_at (self, number);
    return stamp->epoch < record->epoch || (stamp->epoch == record->epoch && !record->live);
}

/* The live record that a stamp which is not stale belongs to. NULL without memory. */
static zc_producers_record_t *enter (zc_producers_t *self, uint32_t number, const zc_stamp_t *stamp, int64_t arrival_ms)
{
    if (number == ZC_NOBODY || !zc_producers_record_at (self, number)->live)
        return enter_live (self, number, stamp, arrival_ms);
    zc_producers_record_t *record = zc_producers_record_at (self, number);
    return stamp->epoch == record->epoch ? record : enter_epoch (self, number, stamp, arrival_ms);
}

/* -------------------------------------------------------------------------------- take */

/* What stands between a frame that broke off and the next number seen counts as covered by it. */
static void note_numbers (zc_producers_t *self, zc_live_t *live, uint64_t first, uint64_t end, bool open_ended)
{
    uint64_t from = first, to = end;
    bool highest = first >= live->seen.end;
    if (highest && live->open_ended)
        from = live->seen.end;
    if (highest)
        live->open_ended = open_ended;
    else if (open_ended)
        to = zc_seq_intervals_from (&live->seen, end);
    uint64_t missed =
        zc_seq_intervals_missed (&live->seen, from, first) + zc_seq_intervals_missed (&live->seen, end, to);
    lose (self, live, missed + zc_seq_intervals_add (&live->seen, from, to));
    count (&live->accepted_events, end - first);
}

/* What is before our time is waited for while it comes. */
static void await_base (zc_live_t *live, bool came, int64_t arrival_ms)
{
    if (came)
        live->base_ms = arrival_ms;
    else if (arrival_ms - ZC_BASE_WAIT_MS >= live->base_ms)
        zc_seq_intervals_close_base (&live->seen);
}

static void note_drops (zc_producers_t *self, zc_live_t *live, uint64_t dropped)
{
    if (dropped <= live->dropped)
        return;
    count (&self->delivery.dropped, dropped - live->dropped);
    live->dropped = dropped;
}

static void move_to_front (zc_producers_t *self, zc_producers_record_t *record, int64_t arrival_ms)
{
    uint32_t number = zc_producers_record_number (self, record);
    record->live->seen_ms = arrival_ms;
    record->turn = ++self->turn;
    if (self->live.newest == number)
        return;
    zc_producers_line_leave (&self->live, &self->table, number);
    zc_producers_line_join (&self->live, &self->table, number);
}

/* A frame of a live producer's epoch. */
static zc_frame_kind_t note (zc_producers_t *self, zc_producers_record_t *record, const zc_stamp_t *stamp,
                             uint64_t events, bool open_ended, int64_t arrival_ms)
{
    zc_live_t *live = record->live;
    uint64_t first = stamp->seq, end = first + events, next = live->seen.next;
    zc_seq_intervals_part_t seen = events > 0 ? zc_seq_intervals_find (&live->seen, first, end) : ZC_SEQ_INTERVALS_NONE;
    if (seen == ZC_SEQ_INTERVALS_SOME)
        return ZC_FRAME_PARTLY;
    bool brings = events > 0 && seen == ZC_SEQ_INTERVALS_NONE;
    if (live->seen.base)
        await_base (live, brings && first < live->seen.base, arrival_ms);
    if (brings)
        note_numbers (self, live, first, end, open_ended);
    else
        count (&self->delivery.duplicate, events);
    note_drops (self, live, stamp->dropped);
    move_to_front (self, record, arrival_ms);
    if (live->seen.next != next)
        zc_producers_mark_moved (self, record);
    return seen == ZC_SEQ_INTERVALS_ALL ? ZC_FRAME_DUPLICATE : ZC_FRAME_NEW;
}

zc_frame_kind_t zc_producers_take (zc_producers_t *self, const zc_stamp_t *stamp, uint64_t events, bool open_ended,
                                   int64_t arrival_ms)
{
    if (stamp->seq == 0 || events > UINT64_MAX - stamp->seq)
        return ZC_FRAME_BAD_SEQ;
    uint32_t number = zc_producers_table_find (&self->table, stamp->producer);
    if (is_stale (self, number, stamp)) {
        /* An expired one that still sends has not heard of it: the walk over the live ones does not tell it. */
        if (number != ZC_NOBODY)
            zc_producers_mark_moved (self, zc_producers_record_at (self, number));
        return ZC_FRAME_STALE;
    }
    zc_producers_record_t *record = enter (self, number, stamp, arrival_ms);
    return record ? note (self, record, stamp, events, open_ended, arrival_ms) : ZC_FRAME_NO_MEMORY;
}

bool zc_producers_is_next (const zc_producers_t *self, const zc_stamp_t *stamp)
{
    if (stamp->seq == 0 || stamp->seq > UINT64_MAX - UINT32_MAX)
        return false;
    uint32_t number = zc_producers_table_find (&self->table, stamp->producer);
    if (is_stale (self, number, stamp))
        return false;
    const zc_producers_record_t *record = number == ZC_NOBODY ? NULL : zc_producers_record_at (self, number);
    return !record || !record->live || stamp->epoch != record->epoch || stamp->seq >= record->live->seen.end;
}
