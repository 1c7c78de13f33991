/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_table.h - the inside of producers.h: producers by id, and two lines to stand in.
 *
 * A producer is a record of one cache line, found by its id, that stands in one of two lines: of the
 * live ones, by when they were last seen, or of the expired ones, by when they expired. What only a
 * live one needs is apart. Records have numbers, and move: a pointer to one holds until the next
 * zc_producers_table_add. Knows no epoch and no rule. Ids are chosen by strangers: the index is keyed (SipHash),
 * and no order depends on it.
 */
#ifndef ZC_PRODUCERS_TABLE_H
#define ZC_PRODUCERS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/delivery/producers.h"
#include "core/delivery/seq_intervals.h"

#define ZC_NOBODY UINT32_MAX

/* What there is of a live producer, beside its record. */
typedef struct {
    zc_seq_intervals_t seen;
    bool open_ended;
    uint32_t place; /* on the roll */
    uint64_t dropped;
    uint64_t remembered; /* how far the group that is being synced goes; 0: no part of it */
    int64_t seen_ms;
    int64_t base_ms;
    uint64_t accepted_events, lost;
} zc_live_t;

typedef struct {
    uint8_t id [ZC_PRODUCER_BYTES];
    zc_live_t *live;  /* NULL: expired */
    uint64_t closed;  /* of an expired one: all numbers below are seen or closed */
    uint64_t durable; /* all numbers below are on disk */
    uint64_t turn;    /* when it was last seen, or expired */
    uint32_t epoch;
    uint32_t newer, older; /* in its line */
    bool used;
    bool saved; /* there is a row of it */
    bool moved; /* its number stands in the list of those to acknowledge: of the place, not of who has it */
} zc_producers_record_t;

typedef struct {
    uint32_t newest, oldest; /* ZC_NOBODY where empty */
    size_t count;
} zc_producers_line_t;

typedef struct {
    uint32_t hash, number; /* ZC_NOBODY: empty */
} zc_index_place_t;

typedef struct {
    zc_producers_record_t *records;
    uint32_t used, capacity; /* records that were ever used, and room for them */
    uint32_t unused;         /* the first of those that were given back, chained by `older` */
    uint32_t count;
    zc_index_place_t *index; /* open addressing, without tombstones */
    uint32_t index_mask;
    uint64_t key [2];
} zc_producers_table_t;

/* Returns 0, or -1 without memory. */
int zc_producers_table_init (zc_producers_table_t *self, uint64_t seed);
void zc_producers_table_term (zc_producers_table_t *self);

/* The number of an id's record, or ZC_NOBODY. */
uint32_t zc_producers_table_find (const zc_producers_table_t *self, const uint8_t id [ZC_PRODUCER_BYTES]);

/* A new record for an id that has none, zeroed but for id, used and moved, in no line. ZC_NOBODY
 * without memory. */
uint32_t zc_producers_table_add (zc_producers_table_t *self, const uint8_t id [ZC_PRODUCER_BYTES]);

/* Gives a record back that stands in no line. */
void zc_producers_table_remove (zc_producers_table_t *self, uint32_t number);

void zc_producers_line_init (zc_producers_line_t *self);
void zc_producers_line_join (zc_producers_line_t *self, zc_producers_table_t *table,
                             uint32_t number); /* as the newest */
void zc_producers_line_leave (zc_producers_line_t *self, zc_producers_table_t *table, uint32_t number);

/* ------------------------------------------------------------------ the producers */

/* Numbers of records whose position moved. */
typedef struct {
    uint32_t *numbers;
    uint32_t count, capacity;
} zc_moved_t;

struct zc_producers {
    zc_producers_table_t table;
    zc_producers_line_t live, expired;
    uint32_t *roll; /* the live ones, live.count of them, in no order: to walk over */
    uint32_t roll_capacity;
    zc_producers_limits_t limits;
    zc_delivery_t delivery;
    uint64_t turn;                            /* of the last change */
    uint64_t saved_turn;                      /* changes up to here were given to be saved */
    uint64_t group_turn;                      /* the group that is being synced has the changes up to here */
    uint64_t durable_turn;                    /* all changes up to here are on disk */
    zc_moved_t moved;                         /* since the last group began */
    zc_moved_t group;                         /* empty: no group */
    uint8_t (*forgotten) [ZC_PRODUCER_BYTES]; /* ids with rows, since the last changes were taken */
    size_t forgotten_count, forgotten_capacity;
    bool overflowed;
};

static inline zc_producers_record_t *zc_producers_record_at (const zc_producers_t *self, uint32_t number)
{
    return &self->table.records [number];
}

static inline uint32_t zc_producers_record_number (const zc_producers_t *self, const zc_producers_record_t *record)
{
    return (uint32_t) (record - self->table.records);
}

/* What a producer needs to become live, and room for it on the roll. NULL without memory. */
zc_live_t *zc_producers_make_live (zc_producers_t *self);

/* A record that stands in no line becomes a live one, the newest; and stands in no line again. */
void zc_producers_join_live (zc_producers_t *self, uint32_t number, zc_live_t *live);
void zc_producers_leave_live (zc_producers_t *self, uint32_t number);

/* Notes that what this record may be acknowledged has changed. Without memory it is told later. */
void zc_producers_mark_moved (zc_producers_t *self, zc_producers_record_t *record);

#endif
