/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_table.h - producers by id, and two lines to stand in.
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

#include "core/base/siphash.h"
#include "core/delivery/seq_intervals.h"
#include "wire/stamp.h"

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
    zc_siphash_secret_t secret;
} zc_producers_table_t;

/* Returns 0, or -1 without memory. */
int zc_producers_table_init (zc_producers_table_t *self, const zc_siphash_secret_t *secret);
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

#endif
