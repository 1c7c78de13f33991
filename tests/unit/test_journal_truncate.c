/* SPDX-License-Identifier: MPL-2.0
 *
 * test_journal_truncate.c - what opening a torn journal promises: what is behind its end is gone for good, later
 * segments and all, and it goes on from there; wherever the cut itself is cut short.
 */
#include "journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "journal_sample.h"
#include "seed.h"

/* Behind the end all is zero, and there is no later segment. */
static void assert_nothing_behind (const dir_t *dir, zc_position_t end)
{
    char name [32];
    strcpy (name, segment_name (ZC_POSITION_SEGMENT (end)));
    bytes_t segment = dir_load (dir, name);
    for (size_t i = ZC_POSITION_OFFSET (end); i < segment.size; i++)
        if (segment.data [i])
            fail_msg ("%s at %zu: not zero", name, i);
    free (segment.data);
    for (uint32_t number = ZC_POSITION_SEGMENT (end) + 1; number <= SEGMENTS; number++)
        assert_false (dir_has (dir, segment_name (number)));
}

/* Cuts a copy, and goes on in it. */
static void cut_and_go_on (const sample_t *self, zc_position_t end, uint64_t kept)
{
    dir_t copy = dir_copy (&self->dir);
    zc_journal_t *journal = open_at (&copy, end);
    assert_true (zc_journal_written (journal) == end);
    assert_true (zc_journal_synced (journal) == end);
    assert_nothing_behind (&copy, end);
    for (uint64_t i = kept; i <= COUNT; i++)
        assert_int_equal (append_number (journal, i, sizes [i]), 0);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    zc_journal_replay_t walk = walk_over (self, &copy);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (walk.records, COUNT + 1);
    dir_remove (&copy);
}

static void test_journal_goes_on_behind_each_cut (void **state)
{
    const sample_t *self = *state;
    set_mark (&self->dir, ZC_POSITION (1, 64));
    for (uint64_t i = 0; i < COUNT; i++) {
        char name [32];
        strcpy (name, segment_name (segment_of (self, i)));
        dir_flip (&self->dir, name, ZC_POSITION_OFFSET (self->positions [i]), 1);
        zc_journal_replay_t walk = walk_over (self, &self->dir);
        assert_int_equal (walk.end, ZC_JOURNAL_TORN);
        cut_and_go_on (self, walk.position, walk.records);
        dir_flip (&self->dir, name, ZC_POSITION_OFFSET (self->positions [i]), 1);
    }
}

static void test_journal_goes_on_behind_a_cut_at_a_switch (void **state)
{
    const sample_t *self = *state;
    set_mark (&self->dir, ZC_POSITION (1, 64));
    dir_flip (&self->dir, segment_name (3), 0, 1);
    zc_journal_replay_t walk = walk_over (self, &self->dir);
    assert_int_equal (walk.end, ZC_JOURNAL_TORN);
    assert_true (walk.position == self->next [2]);
    cut_and_go_on (self, walk.position, walk.records);
    dir_unlink (&self->dir, segment_name (3), NULL);
    cut_and_go_on (self, walk.position, walk.records);
}

/* A journal whose first segment was never whole begins anew. */
static void test_journal_begins_anew_where_it_never_began (void **state)
{
    const sample_t *self = *state;
    set_mark (&self->dir, 0);
    for (uint32_t number = 2; number <= SEGMENTS; number++)
        dir_unlink (&self->dir, segment_name (number), NULL);
    dir_flip (&self->dir, segment_name (1), 20, 1);
    zc_journal_replay_t walk = walk_over (self, &self->dir);
    assert_int_equal (walk.end, ZC_JOURNAL_TORN);
    assert_int_equal (walk.position, 0);
    zc_journal_t *journal = open_at (&self->dir, 0);
    assert_int_equal (append_number (journal, 0, sizes [0]), 0);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    walk = walk_over (self, &self->dir);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (walk.records, 1);
}

/* The power goes in the middle of a cut: later segments are gone, or some; of the rest, a part is zero. */
static void test_journal_truncate_can_be_cut_short (void **state)
{
    const sample_t *self = *state;
    zc_position_t end = self->positions [5];
    char name [32];
    strcpy (name, segment_name (2));
    set_mark (&self->dir, self->positions [4]);
    dir_flip (&self->dir, name, ZC_POSITION_OFFSET (end) + 20, 1);
    dir_unlink (&self->dir, segment_name (3), NULL);
    for (int i = 0; i < 50; i++) {
        zc_journal_replay_t walk = walk_over (self, &self->dir);
        assert_int_not_equal (walk.end, ZC_JOURNAL_DAMAGED);
        assert_true (walk.position == end);
        bytes_t segment = dir_load (&self->dir, name);
        size_t sector = ZC_POSITION_OFFSET (end) / 512 + (i < 25 ? (size_t) i : random_below (1500));
        size_t from = sector * 512 < ZC_POSITION_OFFSET (end) ? ZC_POSITION_OFFSET (end) : sector * 512;
        memset (segment.data + from, 0, (sector + 1) * 512 - from);
        dir_store (&self->dir, name, segment.data, segment.size);
        free (segment.data);
    }
    cut_and_go_on (self, end, 5);
}

int main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, new_sample, end_sample)
    const struct CMUnitTest tests [] = {
        TEST (test_journal_goes_on_behind_each_cut),
        TEST (test_journal_goes_on_behind_a_cut_at_a_switch),
        TEST (test_journal_begins_anew_where_it_never_began),
        TEST (test_journal_truncate_can_be_cut_short),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
