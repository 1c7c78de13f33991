/* SPDX-License-Identifier: MPL-2.0
 *
 * test_producers_model.c - the table against a naive model of what producers.h says, over random
 * frames: repeated, overtaken, missing, overlapping, broken off, of old and new epochs, of more
 * producers than may be live; with syncs, restarts and silence in between.
 *
 * The model keeps a byte a number and searches through everything. It forgets nothing.
 */
#include "core/delivery/producers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "producers.h"
#include "seed.h"

enum { PRODUCERS = 10, NUMBERS = 200, LIVE_MAX = 4, EXPIRED_MAX = 3, STEPS = 1500, ROUNDS = 80 };

typedef enum { UNKNOWN, LIVE, EXPIRED } standing_t;
typedef enum { UNSEEN, TAKEN, LOST, PASSED /* closed, before our time */ } number_t;

typedef struct {
    standing_t standing;
    uint32_t epoch;
    number_t numbers [NUMBERS + 1]; /* of this epoch, from 1 */
    uint64_t base, dropped, accepted, lost;
    int64_t base_ms, seen_ms;
    bool open_ended;
    uint64_t turn;
    uint64_t durable, durable_life, life; /* a life: an epoch, or being expired */
    uint64_t group_next, group_life;      /* as it was when the group began */
} model_producer_t;

typedef struct {
    model_producer_t producers [PRODUCERS];
    zc_delivery_t delivery;
    uint64_t turn, lives;
    bool overflowed;
    bool kinds [ZC_FRAME_STALE + 1]; /* that came up, or they were not tested */
    bool passed;
} model_t;

/* ----------------------------------------------------------------------------- numbers */

static uint64_t next_of (const model_producer_t *producer)
{
    uint64_t next = 1;
    while (next <= NUMBERS && producer->numbers [next] != UNSEEN)
        next++;
    return next;
}

static uint64_t end_of (const model_producer_t *producer)
{
    uint64_t end = NUMBERS + 1;
    while (end > 1 && producer->numbers [end - 1] == UNSEEN)
        end--;
    return end;
}

static uint64_t count_of (const model_producer_t *producer, number_t what)
{
    uint64_t count = 0;
    for (uint64_t i = 1; i <= NUMBERS; i++)
        count += producer->numbers [i] == what;
    return count;
}

static uint32_t runs_above_next (const model_producer_t *producer)
{
    uint32_t runs = 0;
    for (uint64_t i = next_of (producer) + 1; i <= NUMBERS; i++)
        runs += producer->numbers [i] != UNSEEN && producer->numbers [i - 1] == UNSEEN;
    return runs;
}

/* Closes the numbers of first ... end - 1 that are missing. */
static void close_numbers (model_t *model, model_producer_t *producer, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++) {
        bool missed = producer->numbers [i] == UNSEEN && i >= producer->base;
        producer->lost += missed;
        model->delivery.lost += missed;
        if (producer->numbers [i] == UNSEEN)
            producer->numbers [i] = missed ? LOST : PASSED;
    }
}

/* Up to the next number seen. */
static void close_gap (model_t *model, model_producer_t *producer, uint64_t first)
{
    uint64_t end = first;
    while (end <= NUMBERS && producer->numbers [end] == UNSEEN)
        end++;
    if (end <= NUMBERS)
        close_numbers (model, producer, first, end);
}

/* --------------------------------------------------------------------------- standing */

/* Of those with this standing, the one that has it longest. */
static model_producer_t *oldest (model_t *model, standing_t standing, size_t *ret_count)
{
    model_producer_t *found = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < PRODUCERS; i++) {
        model_producer_t *producer = &model->producers [i];
        if (producer->standing != standing)
            continue;
        *ret_count += 1;
        if (!found || producer->turn < found->turn)
            found = producer;
    }
    return found;
}

static void expire (model_t *model, model_producer_t *producer)
{
    size_t count;
    close_numbers (model, producer, 1, end_of (producer));
    producer->standing = EXPIRED;
    producer->turn = ++model->turn;
    producer->life = ++model->lives;
    model_producer_t *first = oldest (model, EXPIRED, &count);
    if (count > EXPIRED_MAX) {
        *first = (model_producer_t){.standing = UNKNOWN};
        model->overflowed = true;
    }
}

static void begin_epoch (model_t *model, model_producer_t *producer, const zc_stamp_t *stamp, int64_t now_ms)
{
    bool unknown = producer->standing == UNKNOWN;
    memset (producer->numbers, 0, sizeof producer->numbers);
    producer->standing = LIVE;
    producer->epoch = stamp->epoch;
    producer->base = unknown && stamp->seq > 1 ? stamp->seq : 0;
    producer->base_ms = now_ms;
    producer->dropped = 0;
    producer->open_ended = false;
    producer->durable = 1;
    producer->life = ++model->lives;
}

static void enter (model_t *model, model_producer_t *producer, const zc_stamp_t *stamp, int64_t now_ms)
{
    size_t count;
    if (producer->standing == LIVE && producer->epoch == stamp->epoch)
        return;
    if (producer->standing == LIVE)
        close_numbers (model, producer, 1, end_of (producer));
    else {
        model_producer_t returning = *producer;
        if (producer->standing == EXPIRED)
            producer->standing = UNKNOWN; /* counts no more as expired */
        model_producer_t *first = oldest (model, LIVE, &count);
        if (count == LIVE_MAX)
            expire (model, first);
        *producer = (model_producer_t){.standing = returning.standing};
    }
    begin_epoch (model, producer, stamp, now_ms);
}

/* -------------------------------------------------------------------------------- take */

static bool is_stale (const model_t *model, const model_producer_t *producer, const zc_stamp_t *stamp)
{
    if (producer->standing == UNKNOWN)
        return model->overflowed && stamp->seq > 1;
    return stamp->epoch < producer->epoch || (stamp->epoch == producer->epoch && producer->standing == EXPIRED);
}

static void bring (model_t *model, model_producer_t *producer, uint64_t first, uint64_t end, bool open_ended)
{
    uint64_t highest = end_of (producer);
    for (uint64_t i = first; i < end; i++)
        producer->numbers [i] = TAKEN;
    producer->accepted += end - first;
    if (first >= highest && producer->open_ended)
        close_gap (model, producer, highest);
    if (open_ended && end <= NUMBERS)
        close_gap (model, producer, end);
    if (first >= highest)
        producer->open_ended = open_ended;
    while (runs_above_next (producer) > ZC_INTERVALS_MAX)
        close_gap (model, producer, next_of (producer));
}

static zc_frame_kind_t model_take (model_t *model, model_producer_t *producer, const zc_stamp_t *stamp, uint64_t events,
                                   bool open_ended, int64_t now_ms)
{
    uint64_t end = stamp->seq + events, seen = 0;
    if (stamp->seq == 0)
        return ZC_FRAME_BAD_SEQ;
    if (is_stale (model, producer, stamp))
        return ZC_FRAME_STALE;
    enter (model, producer, stamp, now_ms);
    for (uint64_t i = stamp->seq; i < end; i++)
        seen += producer->numbers [i] != UNSEEN;
    if (seen > 0 && seen < events)
        return ZC_FRAME_PARTLY;
    if (next_of (producer) < producer->base) {
        if (seen == 0 && events > 0 && stamp->seq < producer->base)
            producer->base_ms = now_ms;
        else if (now_ms - producer->base_ms >= ZC_BASE_WAIT_MS) {
            close_numbers (model, producer, 1, producer->base);
            model->passed = true;
        }
    }
    if (seen == 0 && events > 0)
        bring (model, producer, stamp->seq, end, open_ended);
    model->delivery.duplicate += seen;
    if (stamp->dropped > producer->dropped) {
        model->delivery.dropped += stamp->dropped - producer->dropped;
        producer->dropped = stamp->dropped;
    }
    producer->seen_ms = now_ms;
    producer->turn = ++model->turn;
    return seen > 0 ? ZC_FRAME_DUPLICATE : ZC_FRAME_NEW;
}

/* ----------------------------------------------------------------------------- compare */

static void assert_same_row (const model_producer_t *producer, const zc_producer_row_t *row)
{
    uint64_t seen_above = 0, seen = 0, next = next_of (producer);
    assert_int_equal (row->epoch, producer->epoch);
    assert_int_equal (row->next, next);
    assert_int_equal (row->base, next < producer->base ? producer->base : 0);
    assert_int_equal (row->dropped, producer->dropped);
    assert_int_equal (row->accepted_events, producer->accepted);
    assert_int_equal (row->lost, producer->lost);
    assert_int_equal (row->seen_ms, producer->seen_ms);
    assert_int_equal (row->intervals_count, runs_above_next (producer));
    for (uint32_t i = 0; i < row->intervals_count; i++) {
        assert_true (row->intervals [i].first > (i ? row->intervals [i - 1].end : next));
        for (uint64_t n = row->intervals [i].first; n < row->intervals [i].end; n++, seen_above++)
            assert_true (producer->numbers [n] != UNSEEN);
    }
    for (uint64_t n = next; n <= NUMBERS; n++)
        seen += producer->numbers [n] != UNSEEN;
    assert_int_equal (seen, seen_above);
}

/* Each number up to the highest one seen is taken, lost, passed, or waited for. */
static void assert_invariants (const model_producer_t *producer, const zc_producer_row_t *row)
{
    uint64_t waiting = 0, from = row->next;
    for (uint32_t i = 0; i < row->intervals_count; i++) {
        waiting += row->intervals [i].first - from;
        from = row->intervals [i].end;
    }
    assert_int_equal (from, end_of (producer));
    uint64_t settled = count_of (producer, TAKEN) + count_of (producer, LOST) + count_of (producer, PASSED);
    assert_int_equal (settled + waiting, from - 1);
}

static void assert_same_ack (const model_producer_t *producer, zc_ack_t ack, uint64_t n)
{
    bool stale = producer->standing == EXPIRED && producer->durable_life == producer->life;
    if (producer->standing == UNKNOWN)
        assert_ack (ack, n, 0, 1, false);
    else
        assert_ack (ack, n, producer->epoch, producer->durable, stale);
}

static void assert_same (const model_t *model, const zc_producers_t *table)
{
    size_t live = 0, expired = 0;
    uint64_t last_turn = UINT64_MAX, durable;
    for (uint64_t n = 0; n < PRODUCERS; n++) {
        live += model->producers [n].standing == LIVE;
        expired += model->producers [n].standing == EXPIRED;
        assert_same_ack (&model->producers [n], ack_of (table, n), n);
    }
    assert_int_equal (zc_producers_live (table), live);
    assert_int_equal (zc_producers_expired (table), expired);
    assert_delivery (table, model->delivery.duplicate, model->delivery.lost, model->delivery.dropped);
    for (size_t i = 0; i < live; i++) {
        zc_producer_row_t row;
        uint64_t n;
        assert_true (zc_producers_recent (table, i, &row, &durable));
        memcpy (&n, row.id + 8, sizeof n);
        assert_true (n < PRODUCERS && model->producers [n].standing == LIVE);
        assert_true (model->producers [n].turn < last_turn); /* the latest first */
        last_turn = model->producers [n].turn;
        assert_int_equal (durable, model->producers [n].durable);
        assert_same_row (&model->producers [n], &row);
        assert_invariants (&model->producers [n], &row);
    }
}

/* ------------------------------------------------------------------------------- steps */

typedef struct {
    zc_producers_t *table;
    model_t model;
    saved_t saved;
    int64_t now_ms;
    bool syncing;
} run_t;

/* Mostly about where the producer is, in its epoch; now and then anywhere. */
static zc_stamp_t random_stamp (run_t *run, uint64_t n)
{
    const model_producer_t *producer = &run->model.producers [n];
    uint64_t end = producer->standing == UNKNOWN ? 1 : end_of (producer), seq = end;
    uint32_t epoch = producer->epoch ? producer->epoch : 1;
    switch (random_below (8)) {
    case 0:
        seq = random_below (NUMBERS - 8);
        break;
    case 1: /* a gap before it */
    case 2:
        seq = end + 1 + random_below (4);
        break;
    case 3: /* where the first gap is */
        seq = producer->standing == UNKNOWN ? 1 : next_of (producer);
        break;
    }
    /* A producer that came to the last number begins a new epoch. */
    if (seq > NUMBERS - 8 || random_below (60) == 0) {
        epoch++;
        seq = 1 + random_below (3);
    } else if (random_below (30) == 0 && epoch > 1)
        epoch--;
    return stamp_of (n, epoch, seq, producer->dropped + (random_below (10) == 0 ? random_below (5) : 0));
}

static void step_take (run_t *run)
{
    uint64_t n = random_below (random_below (4) ? 5 : PRODUCERS), events = random_below (7);
    model_producer_t *producer = &run->model.producers [n];
    zc_stamp_t stamp = random_stamp (run, n);
    bool open_ended = random_below (20) == 0;
    bool above = producer->standing != LIVE || stamp.epoch != producer->epoch || stamp.seq >= end_of (producer);
    bool is_next = stamp.seq > 0 && !is_stale (&run->model, producer, &stamp) && above;
    run->now_ms += (int64_t) random_below (300);
    assert_int_equal (zc_producers_is_next (run->table, &stamp), is_next);
    zc_frame_kind_t kind = model_take (&run->model, producer, &stamp, events, open_ended, run->now_ms);
    assert_int_equal (take_stamp (run->table, stamp, events, open_ended, run->now_ms), kind);
    run->model.kinds [kind] = true;
}

static void step_silence (run_t *run)
{
    run->now_ms += HOUR / 2;
    for (size_t count;;) {
        model_producer_t *first = oldest (&run->model, LIVE, &count);
        if (!first || run->now_ms - first->seen_ms <= HOUR)
            break;
        expire (&run->model, first);
    }
    zc_producers_expire (run->table, run->now_ms);
}

static void begin_group (run_t *run)
{
    for (size_t n = 0; n < PRODUCERS; n++) {
        model_producer_t *producer = &run->model.producers [n];
        producer->group_next = next_of (producer);
        producer->group_life = producer->life;
    }
}

static void end_group (run_t *run)
{
    for (size_t n = 0; n < PRODUCERS; n++) {
        model_producer_t *producer = &run->model.producers [n];
        if (producer->group_life != producer->life)
            continue;
        producer->durable = producer->group_next;
        producer->durable_life = producer->life;
    }
}

/* What is told is what can be asked for. */
static void step_sync (run_t *run)
{
    if (!run->syncing) {
        run->syncing = zc_producers_begin_sync (run->table) > 0;
        if (run->syncing)
            begin_group (run);
        return;
    }
    end_group (run);
    run->syncing = false;
    told_t told = end_sync (run->table);
    for (size_t i = 0; i < told.count; i++) {
        zc_ack_t ack = zc_producers_ack (run->table, told.acks [i].producer);
        assert_true (ack.epoch == told.acks [i].epoch && ack.seq == told.acks [i].seq);
    }
}

/* The daemon ends after a checkpoint, and starts again. */
static void step_restart (run_t *run)
{
    save (&run->saved, run->table);
    if (random_below (2))
        return;
    zc_producers_destroy (&run->table);
    run->table = table_of (LIVE_MAX, EXPIRED_MAX);
    restore (&run->saved, run->table);
    run->syncing = false;
    begin_group (run);
    end_group (run);
}

static void step (run_t *run)
{
    uint64_t what = random_below (200);
    if (what == 0)
        step_silence (run);
    else if (what < 4)
        step_restart (run);
    else if (what < 40)
        step_sync (run);
    else
        step_take (run);
}

static void test_producers_are_as_the_model_says (void **state)
{
    (void) state;
    static run_t run;
    bool kinds [ZC_FRAME_STALE + 1] = {false}, overflowed = false, passed = false;
    for (int round = 0; round < ROUNDS; round++) {
        run = (run_t){.table = table_of (LIVE_MAX, EXPIRED_MAX), .now_ms = T0};
        for (int i = 0; i < STEPS; i++) {
            step (&run);
            assert_same (&run.model, run.table);
        }
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            kinds [i] |= run.model.kinds [i];
        overflowed |= run.model.overflowed;
        passed |= run.model.passed;
        zc_producers_destroy (&run.table);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_true (kinds [i]);
    assert_true (overflowed && passed);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_producers_are_as_the_model_says),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
