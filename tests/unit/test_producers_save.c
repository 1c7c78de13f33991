/* SPDX-License-Identifier: MPL-2.0
 *
 * test_producers_save.c - what producers.h promises of rows: what changed is given, once; what is put
 * back goes on as if nothing had been. That it does so for any frames: test_producers_model.c.
 */
#include "core/delivery/producers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "producers.h"

static void test_producers_give_what_changed_once (void **state)
{
    (void) state;
    saved_t saved = {.count = 0};
    zc_producers_t *table = table_of (3, 10);
    assert_int_equal (save (&saved, table), 0);
    take (table, 1, 1, 1, 10);
    take (table, 2, 1, 1, 10);
    take (table, 1, 1, 21, 10);
    assert_int_equal (save (&saved, table), 2);
    assert_int_equal (save (&saved, table), 0);
    take (table, 2, 1, 1, 10); /* a duplicate moves it in the line, which must survive */
    assert_int_equal (save (&saved, table), 1);
    take (table, 2, 0, 1, 10); /* stale: nothing changed */
    assert_int_equal (save (&saved, table), 0);
    take (table, 3, 1, 1, 1);
    take (table, 4, 1, 1, 1); /* displaces 1 */
    assert_int_equal (save (&saved, table), 3);
    const zc_producer_row_t *row = &saved.rows [saved_place (&saved, id_of (1).bytes)];
    assert_true (row->expired);
    assert_int_equal (row->next, 31);
    assert_int_equal (row->epoch, 1);
    zc_producers_destroy (&table);
}

static void test_producers_give_ids_whose_rows_are_to_go (void **state)
{
    (void) state;
    zc_producers_changes_t changes;
    saved_t saved = {.count = 0};
    zc_producers_t *table = table_of (1, 1);
    take (table, 1, 1, 1, 1);
    save (&saved, table);
    take (table, 2, 1, 1, 1);
    take (table, 3, 1, 1, 1); /* forgets 1 */
    take (table, 4, 1, 1, 1); /* forgets 2, which no store knows */
    assert_int_equal (zc_producers_take_changes (table, &changes), 0);
    assert_int_equal (changes.rows_count, 2);
    assert_int_equal (changes.forgotten_count, 1);
    assert_memory_equal (changes.forgotten [0], id_of (1).bytes, ZC_PRODUCER_BYTES);
    assert_true (changes.overflowed);
    zc_producers_changes_term (&changes);
    zc_producers_changes_term (&changes); /* does nothing */
    /* One that is forgotten and comes back has a row, and is not to go. */
    take (table, 5, 1, 1, 1);
    take (table, 3, 2, 1, 1);
    assert_int_equal (zc_producers_take_changes (table, &changes), 0);
    assert_int_equal (changes.rows_count, 2);
    assert_int_equal (changes.forgotten_count, 1);
    assert_memory_equal (changes.forgotten [0], id_of (4).bytes, ZC_PRODUCER_BYTES);
    zc_producers_changes_term (&changes);
    zc_producers_destroy (&table);
}

static void test_producers_put_back_are_durable (void **state)
{
    (void) state;
    saved_t saved = {.count = 0};
    zc_producers_t *table = table_of (2, 2), *second = table_of (2, 2);
    take (table, 1, 3, 1, 10);
    take (table, 2, 3, 1, 20);
    take (table, 2, 3, 31, 5);
    take (table, 3, 3, 1, 30);
    save (&saved, table);
    restore (&saved, second);
    assert_ack (ack_of (second, 1), 1, 3, 11, true);
    assert_ack (ack_of (second, 2), 2, 3, 21, false);
    assert_ack (ack_of (second, 3), 3, 3, 31, false);
    assert_int_equal (zc_producers_begin_sync (second), 0);
    assert_int_equal (save (&saved, second), 0);
    assert_int_equal (row_of (second, 2).intervals_count, 1);
    assert_int_equal (take (second, 2, 3, 31, 5), ZC_FRAME_DUPLICATE);
    zc_producers_destroy (&table);
    zc_producers_destroy (&second);
}

/* Fewer are allowed now than were saved. */
static void test_producers_shrink_to_new_limits (void **state)
{
    (void) state;
    saved_t saved = {.count = 0};
    zc_producers_t *table = table_of (20, 20), *second = table_of (2, 3);
    for (uint64_t i = 1; i <= 30; i++)
        take (table, i, 1, 1, 1);
    save (&saved, table);
    restore (&saved, second);
    assert_int_equal (take (second, 99, 1, 1, 1), ZC_FRAME_NEW);
    assert_int_equal (zc_producers_live (second), 2);
    assert_int_equal (zc_producers_expired (second), 3);
    assert_int_equal (take (second, 30, 1, 2, 1), ZC_FRAME_NEW);
    save (&saved, second);
    assert_int_equal (saved.count, 5);
    zc_producers_destroy (&table);
    zc_producers_destroy (&second);
}

static void test_producers_refuse_rows_that_are_none (void **state)
{
    (void) state;
    static const zc_interval_t good [] = {{7, 9}, {10, 12}}, touching [] = {{7, 9}, {9, 12}}, empty [] = {{7, 7}},
                                    reversed [] = {{9, 8}}, early [] = {{5, 9}}, falling [] = {{10, 12}, {7, 9}},
                                    many [ZC_INTERVALS_MAX + 1] = {{7, 9}};
    static const struct {
        uint64_t turn, next, base, lost;
        const zc_interval_t *intervals;
        uint32_t count;
        int result;
    } rows [] = {
        {2, 5, 0, 0, good, 2, 0},
        {1, 5, 0, 0, good, 2, -1},
        {2, 0, 0, 0, NULL, 0, -1},
        {2, 5, 5, 0, NULL, 0, -1},
        {2, 5, 6, 0, NULL, 0, 0},
        {2, 5, 0, 0, touching, 2, -1},
        {2, 5, 0, 0, empty, 1, -1},
        {2, 5, 0, 0, reversed, 1, -1},
        {2, 5, 0, 0, early, 1, -1},
        {2, 5, 0, 0, falling, 2, -1},
        {2, 5, 0, 0, many, ZC_INTERVALS_MAX + 1, -1},
        {UINT64_MAX, 5, 0, 0, NULL, 0, -1},
        {2, 5, 0, UINT64_MAX, NULL, 0, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        zc_producers_t *table = table_of (5, 5);
        zc_producer_row_t first = {.epoch = 1, .turn = 1, .next = 1}, row = {.epoch = 1};
        memcpy (first.id, id_of (1).bytes, sizeof first.id);
        memcpy (row.id, id_of (2).bytes, sizeof row.id);
        row.turn = rows [i].turn;
        row.next = rows [i].next;
        row.base = rows [i].base;
        row.lost = rows [i].lost;
        row.intervals = rows [i].intervals;
        row.intervals_count = rows [i].count;
        assert_int_equal (zc_producers_restore (table, &first), 0);
        assert_int_equal (zc_producers_restore (table, &row), rows [i].result);
        assert_int_equal (zc_producers_live (table), rows [i].result == 0 ? 2 : 1);
        row = first;
        row.turn = 3;
        assert_int_equal (zc_producers_restore (table, &row), -1); /* an id for the second time */
        zc_producers_destroy (&table);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_producers_give_what_changed_once),
        cmocka_unit_test (test_producers_give_ids_whose_rows_are_to_go),
        cmocka_unit_test (test_producers_put_back_are_durable),
        cmocka_unit_test (test_producers_shrink_to_new_limits),
        cmocka_unit_test (test_producers_refuse_rows_that_are_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
