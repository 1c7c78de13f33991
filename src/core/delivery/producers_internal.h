/* SPDX-License-Identifier: MPL-2.0
 *
 * producers_internal.h - what the files of producers.h share.
 */
#ifndef ZC_PRODUCERS_INTERNAL_H
#define ZC_PRODUCERS_INTERNAL_H

#include "core/delivery/producers.h"
#include "core/delivery/producers_table.h"

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
