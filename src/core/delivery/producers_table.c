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

/* ------------------------------------------------------------------------------- hash */

static inline uint64_t rotate (uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_round (uint64_t v [4])
{
    v [0] += v [1];
    v [2] += v [3];
    v [1] = rotate (v [1], 13) ^ v [0];
    v [3] = rotate (v [3], 16) ^ v [2];
    v [0] = rotate (v [0], 32);
    v [2] += v [1];
    v [0] += v [3];
    v [1] = rotate (v [1], 17) ^ v [2];
    v [3] = rotate (v [3], 21) ^ v [0];
    v [2] = rotate (v [2], 32);
}

static inline void sip_word (uint64_t v [4], uint64_t word)
{
    v [3] ^= word;
    sip_round (v);
    v [0] ^= word;
}

/* SipHash-1-3 of 16 bytes (Aumasson, Bernstein: "SipHash: a fast short-input PRF"). */
static uint32_t hash_of (const zc_producers_table_t *self, const uint8_t id [ZC_PRODUCER_BYTES])
{
    uint64_t words [2];
    uint64_t v [4] = {
        self->key [0] ^ 0x736f6d6570736575,
        self->key [1] ^ 0x646f72616e646f6d,
        self->key [0] ^ 0x6c7967656e657261,
        self->key [1] ^ 0x7465646279746573,
    };
    memcpy (words, id, sizeof words);
    sip_word (v, words [0]);
    sip_word (v, words [1]);
    sip_word (v, (uint64_t) ZC_PRODUCER_BYTES << 56);
    v [2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round (v);
    return (uint32_t) (v [0] ^ v [1] ^ v [2] ^ v [3]);
}

/* ------------------------------------------------------------------------------- index */

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

int zc_producers_table_init (zc_producers_table_t *self, uint64_t seed)
{
    *self = (zc_producers_table_t){.unused = ZC_NOBODY, .key = {seed, seed ^ 0x9e3779b97f4a7c15}};
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
