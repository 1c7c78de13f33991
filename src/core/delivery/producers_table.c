/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_table.c - records, their index, and lines.
 */
#include "core/delivery/producers_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

static_assert (sizeof (zc_producers_record_t) == 64, "one cache line");

/* ------------------------------------------------------------------------------- index */

static uint32_t hash_of (const zc_producers_table_t *self, const uint8_t id [ZC_PRODUCER_BYTES])
{
    zc_siphash_t hash = zc_siphash_begin (&self->secret);
    zc_siphash_bytes (&hash, id, ZC_PRODUCER_BYTES);
    return (uint32_t) zc_siphash_end (&hash);
}

/* Where the id stands, or the empty place where it would. */
static uint32_t place_of (const zc_producers_table_t *self, uint32_t hash, const uint8_t id [ZC_PRODUCER_BYTES])
{
    for (uint32_t place = hash & self->index_mask;; place = (place + 1) & self->index_mask) {
        const zc_index_place_t *at = &self->index [place];
        if (at->number == ZC_NOBODY ||
            (at->hash == hash && memcmp (self->records [at->number].id, id, ZC_PRODUCER_BYTES) == 0))
            return place;
    }
}

static zc_index_place_t *index_new (uint32_t size)
{
    zc_index_place_t *index = malloc (size * sizeof *index);
    if (index)
        memset (index, 0xff, size * sizeof *index); /* ZC_NOBODY everywhere */
    return index;
}

/* Twice the size. */
static int index_grow (zc_producers_table_t *self)
{
    uint32_t mask = self->index_mask * 2 + 1;
    zc_index_place_t *index = index_new (mask + 1);
    if (!index)
        return -1;
    for (uint32_t i = 0; i <= self->index_mask; i++) {
        uint32_t place = self->index [i].hash & mask;
        if (self->index [i].number == ZC_NOBODY)
            continue;
        while (index [place].number != ZC_NOBODY)
            place = (place + 1) & mask;
        index [place] = self->index [i];
    }
    free (self->index);
    self->index = index;
    self->index_mask = mask;
    return 0;
}

/* Empties a place, and moves what stands behind it to where a search will still find it. */
static void index_clear (zc_producers_table_t *self, uint32_t hole)
{
    uint32_t mask = self->index_mask;
    for (uint32_t place = (hole + 1) & mask; self->index [place].number != ZC_NOBODY; place = (place + 1) & mask) {
        uint32_t home = self->index [place].hash & mask;
        if (((place - home) & mask) < ((place - hole) & mask))
            continue; /* its search begins behind the hole */
        self->index [hole] = self->index [place];
        hole = place;
    }
    self->index [hole].number = ZC_NOBODY;
}

/* ----------------------------------------------------------------------------- records */

int zc_producers_table_init (zc_producers_table_t *self, const zc_siphash_secret_t *secret)
{
    *self = (zc_producers_table_t){.unused = ZC_NOBODY, .secret = *secret};
    self->index_mask = 2 * FIRST_CAPACITY - 1;
    self->index = index_new (self->index_mask + 1);
    return self->index ? 0 : -1;
}

void zc_producers_table_term (zc_producers_table_t *self)
{
    for (uint32_t i = 0; i < self->used; i++)
        if (self->records [i].live) {
            zc_seq_intervals_term (&self->records [i].live->seen);
            free (self->records [i].live);
        }
    free (self->records);
    free (self->index);
    memset (self, 0, sizeof *self);
}

uint32_t zc_producers_table_find (const zc_producers_table_t *self, const uint8_t id [ZC_PRODUCER_BYTES])
{
    return self->index [place_of (self, hash_of (self, id), id)].number;
}

/* Room for one more, in the index too: three quarters of it are used at most. */
static int make_room (zc_producers_table_t *self)
{
    if (self->count >= (self->index_mask + 1) / 4 * 3 && index_grow (self) == -1)
        return -1;
    if (self->unused != ZC_NOBODY || self->used < self->capacity)
        return 0;
    uint32_t capacity = self->capacity ? self->capacity * 2 : FIRST_CAPACITY;
    zc_producers_record_t *records = realloc (self->records, capacity * sizeof *records);
    if (!records)
        return -1;
    self->records = records;
    self->capacity = capacity;
    return 0;
}

/* One that is used for the first time is zeroed only now: what is not yet used costs no memory. */
static uint32_t take_unused (zc_producers_table_t *self)
{
    uint32_t number = self->unused;
    if (number == ZC_NOBODY) {
        self->records [self->used].moved = false;
        return self->used++;
    }
    self->unused = self->records [number].older;
    return number;
}

uint32_t zc_producers_table_add (zc_producers_table_t *self, const uint8_t id [ZC_PRODUCER_BYTES])
{
    if (make_room (self) == -1)
        return ZC_NOBODY;
    uint32_t number = take_unused (self), hash = hash_of (self, id);
    zc_producers_record_t *record = &self->records [number];
    *record = (zc_producers_record_t){.used = true, .moved = record->moved};
    memcpy (record->id, id, ZC_PRODUCER_BYTES);
    self->index [place_of (self, hash, id)] = (zc_index_place_t){hash, number};
    self->count++;
    return number;
}

void zc_producers_table_remove (zc_producers_table_t *self, uint32_t number)
{
    zc_producers_record_t *record = &self->records [number];
    index_clear (self, place_of (self, hash_of (self, record->id), record->id));
    record->used = false;
    record->older = self->unused;
    self->unused = number;
    self->count--;
}

/* ------------------------------------------------------------------------------- lines */

void zc_producers_line_init (zc_producers_line_t *self)
{
    *self = (zc_producers_line_t){ZC_NOBODY, ZC_NOBODY, 0};
}

void zc_producers_line_join (zc_producers_line_t *self, zc_producers_table_t *table, uint32_t number)
{
    table->records [number].newer = ZC_NOBODY;
    table->records [number].older = self->newest;
    if (self->newest == ZC_NOBODY)
        self->oldest = number;
    else
        table->records [self->newest].newer = number;
    self->newest = number;
    self->count++;
}

void zc_producers_line_leave (zc_producers_line_t *self, zc_producers_table_t *table, uint32_t number)
{
    const zc_producers_record_t *record = &table->records [number];
    if (record->newer == ZC_NOBODY)
        self->newest = record->older;
    else
        table->records [record->newer].older = record->older;
    if (record->older == ZC_NOBODY)
        self->oldest = record->newer;
    else
        table->records [record->older].newer = record->newer;
    self->count--;
}
