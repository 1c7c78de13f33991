/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_live.c - who is live: becoming it and ceasing to be, and what each may be told of how much
 * is durable.
 */
#include "core/delivery/producers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/delivery/producers_internal.h"

/* -------------------------------------------------------------------------------- roll */

static int make_room (zc_producers_t *self)
{
    if (self->live.count < self->roll_capacity)
        return 0;
    uint32_t capacity = self->roll_capacity ? self->roll_capacity * 2 : 64;
    uint32_t *roll = realloc (self->roll, capacity * sizeof *roll);
    if (!roll)
        return -1;
    self->roll = roll;
    self->roll_capacity = capacity;
    return 0;
}

zc_live_t *zc_producers_make_live (zc_producers_t *self)
{
    return make_room (self) == 0 ? calloc (1, sizeof (zc_live_t)) : NULL;
}

void zc_producers_join_live (zc_producers_t *self, uint32_t number, zc_live_t *live)
{
    live->place = (uint32_t) self->live.count;
    self->roll [live->place] = number;
    zc_producers_record_at (self, number)->live = live;
    zc_producers_line_join (&self->live, &self->table, number);
}

void zc_producers_leave_live (zc_producers_t *self, uint32_t number)
{
    zc_producers_record_t *record = zc_producers_record_at (self, number);
    uint32_t last = self->roll [self->live.count - 1];
    self->roll [record->live->place] = last;
    zc_producers_record_at (self, last)->live->place = record->live->place;
    zc_seq_intervals_term (&record->live->seen);
    free (record->live);
    record->live = NULL;
    zc_producers_line_leave (&self->live, &self->table, number);
}

/* ------------------------------------------------------------------------------- groups */

void zc_producers_mark_moved (zc_producers_t *self, zc_producers_record_t *record)
{
    zc_moved_t *moved = &self->moved;
    if (record->moved)
        return;
    if (moved->count == moved->capacity) {
        uint32_t capacity = moved->capacity ? moved->capacity * 2 : 64;
        uint32_t *numbers = realloc (moved->numbers, capacity * sizeof *numbers);
        if (!numbers)
            return;
        moved->numbers = numbers;
        moved->capacity = capacity;
    }
    moved->numbers [moved->count++] = zc_producers_record_number (self, record);
    record->moved = true;
}

/* Whether there is something to tell of a record that was marked; it may be another's by now. */
static bool remember (zc_producers_record_t *record)
{
    record->moved = false;
    if (!record->used || !record->live)
        return record->used;
    if (record->live->seen.next <= record->durable)
        return false;
    record->live->remembered = record->live->seen.next;
    return true;
}

size_t zc_producers_begin_sync (zc_producers_t *self)
{
    assert (self->group.count == 0);
    zc_moved_t moved = self->moved;
    self->moved = self->group;
    self->group = moved;
    self->group_turn = self->turn;
    self->group.count = 0;
    for (uint32_t i = 0; i < moved.count; i++)
        if (remember (zc_producers_record_at (self, moved.numbers [i])))
            self->group.numbers [self->group.count++] = moved.numbers [i];
    return self->group.count;
}

/* Whether the record is still the one that was remembered, as it was: then it is durable so far. */
static bool make_durable (const zc_producers_t *self, zc_producers_record_t *record)
{
    if (!record->used)
        return false;
    if (!record->live)
        return record->turn <= self->group_turn;
    if (record->live->remembered == 0)
        return false;
    record->durable = record->live->remembered;
    record->live->remembered = 0;
    return true;
}

static zc_ack_t ack_of (const zc_producers_t *self, const zc_producers_record_t *record)
{
    zc_ack_t ack = {.epoch = record->epoch, .seq = record->durable};
    memcpy (ack.producer, record->id, sizeof ack.producer);
    /* Not before: what was taken last before it expired may be in no group yet. */
    ack.stale = !record->live && record->turn <= self->durable_turn;
    if (ack.stale)
        ack.seq = record->closed;
    return ack;
}

void zc_producers_end_sync (zc_producers_t *self, void (*tell) (void *argument, const zc_ack_t *ack), void *argument)
{
    if (self->group.count == 0)
        return;
    self->durable_turn = self->group_turn;
    for (uint32_t i = 0; i < self->group.count; i++) {
        zc_producers_record_t *record = zc_producers_record_at (self, self->group.numbers [i]);
        if (!make_durable (self, record))
            continue;
        zc_ack_t ack = ack_of (self, record);
        tell (argument, &ack);
    }
    self->group.count = 0;
}

zc_ack_t zc_producers_ack (const zc_producers_t *self, const uint8_t id [ZC_PRODUCER_BYTES])
{
    uint32_t number = zc_producers_table_find (&self->table, id);
    if (number != ZC_NOBODY)
        return ack_of (self, zc_producers_record_at (self, number));
    zc_ack_t ack = {.seq = 1};
    memcpy (ack.producer, id, sizeof ack.producer);
    return ack;
}

void zc_producers_walk_acks (const zc_producers_t *self, size_t *cursor, size_t count,
                             void (*tell) (void *argument, const zc_ack_t *ack), void *argument)
{
    size_t at = *cursor;
    for (; count > 0 && at < self->live.count; count--, at++) {
        zc_ack_t ack = ack_of (self, zc_producers_record_at (self, self->roll [at]));
        tell (argument, &ack);
    }
    *cursor = at < self->live.count ? at : 0;
}
