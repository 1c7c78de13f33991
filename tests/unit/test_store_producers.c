/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_producers.c - what store.h promises of producers: each as it was, in their order.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores.h"

static zc_producer_row_t producer_of (uint8_t name, uint64_t turn)
{
    return (zc_producer_row_t){.id = {name, 0, 0xff}, .epoch = 1, .turn = turn, .next = 1};
}

static void assert_same_producer (const zc_producer_row_t *a, const zc_producer_row_t *b)
{
    assert_memory_equal (a->id, b->id, ZC_PRODUCER_BYTES);
    assert_int_equal (a->epoch, b->epoch);
    assert_int_equal (a->expired, b->expired);
    assert_int_equal (a->turn, b->turn);
    assert_true (a->next == b->next);
    if (a->expired)
        return;
    assert_int_equal (a->open_ended, b->open_ended);
    assert_true (a->base == b->base && a->base_ms == b->base_ms);
    assert_true (a->dropped == b->dropped && a->accepted_events == b->accepted_events && a->lost == b->lost);
    assert_true (a->seen_ms == b->seen_ms);
    assert_int_equal (a->intervals_count, b->intervals_count);
    if (a->intervals_count)
        assert_memory_equal (a->intervals, b->intervals, a->intervals_count * sizeof *a->intervals);
}

static void assert_producers (zc_store_t *store, const zc_producer_row_t *rows, size_t count)
{
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->producers_count, count);
    for (size_t i = 0; i < count; i++)
        assert_same_producer (&loaded->producers [i], &rows [i]);
    loaded_end (loaded);
}

static void commit_producers (draft_t *draft, zc_store_t *store, zc_producer_row_t *rows, size_t count)
{
    draft->checkpoint.producers = (zc_producers_changes_t){.rows = rows, .rows_count = count};
    commit (draft, store);
    draft->checkpoint.producers = (zc_producers_changes_t){0};
}

static void test_store_gives_every_field_of_a_producer_back (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    zc_interval_t many [ZC_INTERVALS_MAX];
    for (uint64_t i = 0; i < ZC_INTERVALS_MAX; i++)
        many [i] = (zc_interval_t){100 + 10 * i, 101 + 10 * i};
    static const zc_interval_t last = {UINT64_MAX - 1, UINT64_MAX};
    zc_producer_row_t rows [] = {
        {.id = {0}, .turn = 1, .next = 99, .intervals_count = ZC_INTERVALS_MAX, .intervals = many},
        {.id = {1}, .epoch = UINT32_MAX, .turn = 2, .expired = true, .next = UINT64_MAX},
        {.id = {2},
         .epoch = UINT32_MAX,
         .open_ended = true,
         .turn = INT64_MAX,
         .next = UINT64_MAX - 5,
         .base = UINT64_MAX - 9,
         .base_ms = NOW_MS + 1,
         .dropped = UINT64_MAX,
         .accepted_events = INT64_MAX,
         .lost = INT64_MAX - 1,
         .seen_ms = NOW_MS,
         .intervals_count = 1,
         .intervals = &last},
    };
    commit_producers (&draft, store, rows, 3);
    zc_store_close (&store);
    store = open_at (&place);
    assert_producers (store, rows, 3);
    assert_sound (store);
    assert_query (&place, "SELECT producer FROM producers WHERE seen = '2026-01-01T00:00:00.123Z'",
                  "02000000000000000000000000000000");
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

/* A row takes the place of the one before under its id, whether it was alive or not. */
static void test_store_replaces_and_forgets_producers_by_id (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    zc_producer_row_t a = producer_of ('a', 1), b = producer_of ('b', 2), c = producer_of ('c', 3);
    zc_producer_row_t d = producer_of ('d', 4);
    commit_producers (&draft, store, (zc_producer_row_t []){a, b, c, d}, 4);
    a.turn = 5;
    a.next = 7;
    b.turn = 6;
    b.expired = true;
    c.turn = 7;
    c.expired = true;
    commit_producers (&draft, store, (zc_producer_row_t []){a, b, c}, 3);
    assert_producers (store, (zc_producer_row_t []){d, a, b, c}, 4);
    c.turn = 8;
    c.expired = false; /* it came back under a higher epoch */
    c.epoch = 2;
    uint8_t forgotten [2][ZC_PRODUCER_BYTES];
    memcpy (forgotten [0], b.id, ZC_PRODUCER_BYTES);
    memcpy (forgotten [1], d.id, ZC_PRODUCER_BYTES);
    draft.checkpoint.producers =
        (zc_producers_changes_t){.rows = &c, .rows_count = 1, .forgotten = forgotten, .forgotten_count = 2};
    commit (&draft, store);
    assert_producers (store, (zc_producer_row_t []){a, c}, 2);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

/* What the table of producers gives, goes through a store, and is put back, goes on as if nothing was. */
static void test_store_serves_the_table_of_producers (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    const zc_producers_limits_t limits = {.live_max = 2, .expired_max = 10, .expire_after_ms = 1000};
    zc_producers_t *table = zc_producers_new (&limits, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (table);
    for (uint8_t name = 0; name < 4; name++)
        for (uint64_t seq = 1; seq < 8; seq += 2) {
            zc_stamp_t stamp = {.producer = {name}, .epoch = 1, .seq = seq};
            assert_int_equal (zc_producers_take (table, &stamp, 1, false, NOW_MS + name), ZC_FRAME_NEW);
        }
    assert_int_equal (zc_producers_take_changes (table, &draft.checkpoint.producers), 0);
    commit (&draft, store);
    zc_producers_changes_term (&draft.checkpoint.producers);
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->producers_count, 4);
    zc_producers_t *again = zc_producers_new (&limits, &(zc_siphash_secret_t){{1, 2}});
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (zc_producers_restore (again, &loaded->producers [i]), 0);
    for (uint8_t name = 0; name < 4; name++)
        for (uint64_t seq = 1; seq < 9; seq++) {
            zc_stamp_t stamp = {.producer = {name}, .epoch = 1, .seq = seq};
            assert_int_equal (zc_producers_take (again, &stamp, 1, false, NOW_MS + 5),
                              zc_producers_take (table, &stamp, 1, false, NOW_MS + 5));
        }
    zc_producers_destroy (&table);
    zc_producers_destroy (&again);
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_gives_every_field_of_a_producer_back),
        cmocka_unit_test (test_store_replaces_and_forgets_producers_by_id),
        cmocka_unit_test (test_store_serves_the_table_of_producers),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
