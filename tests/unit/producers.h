/* SPDX-License-Identifier: MPL-2.0
 *
 * producers.h - stamps, tables and rows for tests of the producers.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_PRODUCERS_H
#define ZC_TEST_PRODUCERS_H

#include <stdlib.h>
#include <string.h>

#include "core/delivery/producers.h"

#define HELPER static __attribute__ ((unused))
#define T0 1767225600000 /* a time of arrival */
#define HOUR 3600000

/* A UUID, the nth. */
typedef struct {
    uint8_t bytes [ZC_PRODUCER_BYTES];
} uuid_t;

HELPER uuid_t id_of (uint64_t n)
{
    uuid_t id = {{0x8f, 0x14}};
    memcpy (id.bytes + 8, &n, sizeof n);
    return id;
}

HELPER zc_stamp_t stamp_of (uint64_t producer, uint32_t epoch, uint64_t seq, uint64_t dropped)
{
    zc_stamp_t stamp = {.epoch = epoch, .seq = seq, .dropped = dropped};
    memcpy (stamp.producer, id_of (producer).bytes, sizeof stamp.producer);
    return stamp;
}

HELPER zc_producers_t *table_of (size_t live_max, size_t expired_max)
{
    const zc_producers_limits_t limits = {.live_max = live_max, .expired_max = expired_max, .expire_after_ms = HOUR};
    zc_producers_t *table = zc_producers_new (&limits, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (table);
    return table;
}

/* A whole frame at T0. Whether it is_next must agree with what becomes of it. */
HELPER zc_frame_kind_t take_stamp (zc_producers_t *table, zc_stamp_t stamp, uint64_t events, bool open_ended,
                                   int64_t arrival_ms)
{
    bool is_next = zc_producers_is_next (table, &stamp);
    zc_frame_kind_t kind = zc_producers_take (table, &stamp, events, open_ended, arrival_ms);
    assert_true (!is_next || kind == ZC_FRAME_NEW || events > UINT32_MAX);
    return kind;
}

HELPER zc_frame_kind_t take (zc_producers_t *table, uint64_t producer, uint32_t epoch, uint64_t seq, uint64_t events)
{
    return take_stamp (table, stamp_of (producer, epoch, seq, 0), events, false, T0);
}

/* The row of a live producer. */
HELPER bool find_row (const zc_producers_t *table, uint64_t producer, zc_producer_row_t *ret_row)
{
    uint64_t durable;
    const uuid_t id = id_of (producer);
    for (size_t n = 0; zc_producers_recent (table, n, ret_row, &durable); n++)
        if (memcmp (ret_row->id, id.bytes, sizeof id.bytes) == 0)
            return true;
    return false;
}

HELPER zc_producer_row_t row_of (const zc_producers_t *table, uint64_t producer)
{
    zc_producer_row_t row;
    assert_true (find_row (table, producer, &row));
    return row;
}

HELPER void assert_delivery (const zc_producers_t *table, uint64_t duplicate, uint64_t lost, uint64_t dropped)
{
    const zc_delivery_t *delivery = zc_producers_delivery (table);
    assert_int_equal (delivery->duplicate, duplicate);
    assert_int_equal (delivery->lost, lost);
    assert_int_equal (delivery->dropped, dropped);
}

HELPER void assert_ack (zc_ack_t ack, uint64_t producer, uint32_t epoch, uint64_t seq, bool stale)
{
    assert_memory_equal (ack.producer, id_of (producer).bytes, sizeof ack.producer);
    assert_int_equal (ack.epoch, epoch);
    assert_int_equal (ack.seq, seq);
    assert_int_equal (ack.stale, stale);
}

HELPER zc_ack_t ack_of (const zc_producers_t *table, uint64_t producer)
{
    return zc_producers_ack (table, id_of (producer).bytes);
}

/* What was told. */
typedef struct {
    zc_ack_t acks [64];
    size_t count;
} told_t;

HELPER void note_told (void *argument, const zc_ack_t *ack)
{
    told_t *told = argument;
    assert_true (told->count < sizeof told->acks / sizeof *told->acks);
    told->acks [told->count++] = *ack;
}

HELPER told_t end_sync (zc_producers_t *table)
{
    told_t told = {.count = 0};
    zc_producers_end_sync (table, note_told, &told);
    return told;
}

HELPER told_t sync_all (zc_producers_t *table)
{
    zc_producers_begin_sync (table);
    return end_sync (table);
}

/* ------------------------------------------------------------------------------ saved */

#define SAVED_MAX 64

/* A store: the rows that were saved, in no order. */
typedef struct {
    zc_producer_row_t rows [SAVED_MAX];
    zc_interval_t intervals [SAVED_MAX][ZC_INTERVALS_MAX];
    size_t count;
    zc_delivery_t delivery;
    bool overflowed;
} saved_t;

/* Where an id's row is; count where it has none. */
HELPER size_t saved_place (const saved_t *saved, const uint8_t id [ZC_PRODUCER_BYTES])
{
    size_t place = 0;
    while (place < saved->count && memcmp (saved->rows [place].id, id, ZC_PRODUCER_BYTES) != 0)
        place++;
    return place;
}

HELPER void save_row (saved_t *saved, size_t place, const zc_producer_row_t *row)
{
    assert_true (place < SAVED_MAX);
    if (row->intervals_count > 0)
        memcpy (saved->intervals [place], row->intervals, row->intervals_count * sizeof *row->intervals);
    saved->rows [place] = *row;
    saved->rows [place].intervals = saved->intervals [place];
    if (place == saved->count)
        saved->count++;
}

/* Applies what changed. Returns how many rows that were. */
HELPER size_t save (saved_t *saved, zc_producers_t *table)
{
    zc_producers_changes_t changes;
    assert_int_equal (zc_producers_take_changes (table, &changes), 0);
    for (size_t i = 0; i < changes.rows_count; i++)
        save_row (saved, saved_place (saved, changes.rows [i].id), &changes.rows [i]);
    for (size_t i = 0; i < changes.forgotten_count; i++) {
        size_t place = saved_place (saved, changes.forgotten [i]);
        assert_true (place < saved->count);
        save_row (saved, place, &saved->rows [saved->count - 1]);
        saved->count--;
    }
    saved->overflowed = changes.overflowed;
    saved->delivery = *zc_producers_delivery (table);
    size_t count = changes.rows_count;
    zc_producers_changes_term (&changes);
    return count;
}

HELPER int by_turn (const void *a, const void *b)
{
    uint64_t x = (*(const zc_producer_row_t *const *) a)->turn, y = (*(const zc_producer_row_t *const *) b)->turn;
    return (x > y) - (x < y);
}

/* Puts all that was saved into a new table. */
HELPER void restore (const saved_t *saved, zc_producers_t *table)
{
    const zc_producer_row_t *rows [SAVED_MAX];
    for (size_t i = 0; i < saved->count; i++)
        rows [i] = &saved->rows [i];
    qsort (rows, saved->count, sizeof (const zc_producer_row_t *), by_turn);
    for (size_t i = 0; i < saved->count; i++)
        assert_int_equal (zc_producers_restore (table, rows [i]), 0);
    zc_producers_restore_delivery (table, &saved->delivery, saved->overflowed);
}

#endif
