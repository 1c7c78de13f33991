/* SPDX-License-Identifier: MPL-2.0
 *
 * test_journal_replay.c - what the journal's reader promises of a journal that is not as it was written:
 * what was synced and is not there is damage, refused with its place; what was not synced is cut, and
 * all before it is there; and nothing is ever there that was not written.
 */
#include "journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "journal_sample.h"
#include "seed.h"

/* What is wrong, and where. */
typedef struct {
    zc_position_t where; /* what cannot be read: a record, or, with offset 0, a segment */
    uint64_t kept;       /* records before it */
    zc_position_t end;   /* where the journal ends if it is cut there */
} fault_t;

static fault_t fault_of_record (const sample_t *self, uint64_t record)
{
    return (fault_t){self->positions [record], record, self->positions [record]};
}

static fault_t fault_of_next (const sample_t *self, uint32_t segment)
{
    return (fault_t){self->next [segment], before_segment (self, segment + 1), self->next [segment]};
}

static fault_t fault_of_segment (const sample_t *self, uint32_t segment)
{
    return (fault_t){ZC_POSITION (segment, 0), before_segment (self, segment), segment ? self->next [segment - 1] : 0};
}

/* Damage where it is before the mark, torn where it is not; all before it is there. */
static void assert_found (const sample_t *self, fault_t fault, zc_position_t mark)
{
    char place [64];
    zc_journal_replay_t walk = walk_over (self, &self->dir);
    bool damaged = fault.where < mark;
    snprintf (place, sizeof place, "%s at %u", segment_name (ZC_POSITION_SEGMENT (fault.where)),
              ZC_POSITION_OFFSET (fault.where));
    if (walk.end != (damaged ? ZC_JOURNAL_DAMAGED : ZC_JOURNAL_TORN) || !strstr (walk.why, place) ||
        walk.position != (damaged ? fault.where : fault.end))
        fail_msg ("%s: end %d \"%s\" at %llx", place, (int) walk.end, walk.why, (unsigned long long) walk.position);
    assert_int_equal (walk.records, fault.kept);
    assert_true (walk.synced == mark);
}

static void assert_whole (const sample_t *self)
{
    zc_journal_replay_t walk = walk_over (self, &self->dir);
    if (walk.end != ZC_JOURNAL_CLEAN)
        fail_msg ("end %d: %s", (int) walk.end, walk.why);
    assert_int_equal (walk.records, COUNT);
    assert_true (walk.position == self->positions [COUNT]);
}

/* ------------------------------------------------------------------------ flipped bytes */

static void flip_and_find (const sample_t *self, zc_position_t byte, fault_t fault, zc_position_t mark)
{
    uint8_t mask = (uint8_t) (1u << random_below (8));
    char name [32];
    strcpy (name, segment_name (ZC_POSITION_SEGMENT (byte)));
    dir_flip (&self->dir, name, ZC_POSITION_OFFSET (byte), mask);
    assert_found (self, fault, mark);
    dir_flip (&self->dir, name, ZC_POSITION_OFFSET (byte), mask);
}

/* All of it where it is small; else its first and last bytes, and some. */
static bool worth_flipping (size_t at, size_t size)
{
    return size < 100 || at < 24 || at + 4 >= size || random_below ((uint32_t) size) < 8;
}

static void flip_records (const sample_t *self, zc_position_t mark)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        size_t whole = ZC_RECORD_HEADER_BYTES + sizes [i];
        for (size_t at = 0; at < whole; at++)
            if (worth_flipping (at, whole))
                flip_and_find (self, self->positions [i] + at, fault_of_record (self, i), mark);
    }
}

static void flip_segments (const sample_t *self, zc_position_t mark)
{
    for (uint32_t segment = 1; segment <= SEGMENTS; segment++) {
        for (uint32_t at = 0; at < 44; at++)
            flip_and_find (self, ZC_POSITION (segment, at), fault_of_segment (self, segment), mark);
        for (uint32_t at = 0; at < ZC_RECORD_HEADER_BYTES; at++)
            flip_and_find (self, self->next [segment] + at, fault_of_next (self, segment), mark);
    }
}

/* By where the last sync was. */
static void flip_all (const sample_t *self, zc_position_t mark)
{
    set_mark (&self->dir, mark);
    assert_whole (self);
    flip_records (self, mark);
    flip_segments (self, mark);
    assert_whole (self);
}

static void test_journal_replay_finds_each_flip_in_what_was_synced (void **state)
{
    const sample_t *self = *state;
    flip_all (self, self->positions [COUNT]);
}

static void test_journal_replay_tells_torn_from_damaged (void **state)
{
    const sample_t *self = *state;
    flip_all (self, self->positions [5]);
}

static void test_journal_replay_tells_torn_from_damaged_at_a_switch (void **state)
{
    const sample_t *self = *state;
    flip_all (self, ZC_POSITION (3, ZC_SEGMENT_HEADER_BYTES));
}

static void test_journal_replay_overlooks_unused_bytes (void **state)
{
    const sample_t *self = *state;
    for (uint32_t segment = 1; segment <= SEGMENTS; segment++) {
        uint32_t used = ZC_POSITION_OFFSET (self->next [segment]) + ZC_RECORD_HEADER_BYTES;
        char name [32];
        strcpy (name, segment_name (segment));
        for (uint32_t at = 44; at < ZC_SEGMENT_HEADER_BYTES; at++)
            dir_flip (&self->dir, name, at, 0xff);
        for (int i = 0; i < 100; i++)
            dir_flip (&self->dir, name, used + random_below ((uint32_t) (MIB - used)), 0xff);
    }
    assert_whole (self);
}

static void test_journal_replay_does_with_one_mark (void **state)
{
    const sample_t *self = *state;
    for (uint32_t at = 0; at < 2 * ZC_JOURNAL_WATERMARK_PLACE_BYTES;
         at += at % ZC_JOURNAL_WATERMARK_PLACE_BYTES < 60 ? 1 : 97) {
        dir_flip (&self->dir, "synced", at, 0x10);
        assert_whole (self);
        dir_flip (&self->dir, "synced", at, 0x10);
    }
    bytes_t marks = dir_load (&self->dir, "synced");
    dir_store (&self->dir, "synced", marks.data, ZC_JOURNAL_WATERMARK_PLACE_BYTES + 44);
    assert_whole (self);
    dir_store (&self->dir, "synced", marks.data, ZC_JOURNAL_WATERMARK_PLACE_BYTES);
    assert_whole (self);
    free (marks.data);
}

static void test_journal_replay_refuses_without_a_mark (void **state)
{
    const sample_t *self = *state;
    bytes_t marks = dir_load (&self->dir, "synced");
    for (size_t size = 0; size < 44; size += 43) {
        dir_store (&self->dir, "synced", marks.data, size);
        zc_journal_replay_t walk = walk_over (self, &self->dir);
        assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
        assert_non_null (strstr (walk.why, "synced"));
    }
    free (marks.data);
    dir_unlink (&self->dir, "synced", NULL);
    assert_int_equal (walk_over (self, &self->dir).end, ZC_JOURNAL_DAMAGED);
}

/* ------------------------------------------------------------------------------- files */

/* Calls `bend` for each segment, by several marks; it leaves the segment's file unreadable or away. */
static void bend_segments (const sample_t *self, void (*bend) (const dir_t *dir, const char *name, const bytes_t *was))
{
    const zc_position_t marks [] = {self->positions [COUNT], ZC_POSITION (3, 64), self->next [2], self->positions [5]};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        set_mark (&self->dir, marks [i]);
        for (uint32_t segment = 2; segment <= SEGMENTS; segment++) {
            char name [32];
            strcpy (name, segment_name (segment));
            bytes_t was = dir_load (&self->dir, name);
            bend (&self->dir, name, &was);
            assert_found (self, fault_of_segment (self, segment), marks [i]);
            dir_store (&self->dir, name, was.data, was.size);
            free (was.data);
        }
        assert_whole (self);
    }
}

static void unlink_segment (const dir_t *dir, const char *name, const bytes_t *was)
{
    (void) was;
    dir_unlink (dir, name, NULL);
}

static void test_journal_replay_finds_a_missing_segment (void **state)
{
    bend_segments (*state, unlink_segment);
}

static void fill_with_zeros (const dir_t *dir, const char *name, const bytes_t *was)
{
    uint8_t *zeros = calloc (1, was->size);
    assert_non_null (zeros);
    dir_store (dir, name, zeros, was->size);
    free (zeros);
}

static void test_journal_replay_finds_a_segment_of_zeros (void **state)
{
    bend_segments (*state, fill_with_zeros);
}

/* A header of a former life, over what was there then. */
static void age (const dir_t *dir, const char *name, const bytes_t *was)
{
    zc_journal_segment_header_t header;
    assert_int_equal (zc_journal_segment_header_decode (was->data, &header), 0);
    header.number--;
    bytes_t old = {malloc (was->size), was->size};
    assert_non_null (old.data);
    memcpy (old.data, was->data, was->size);
    zc_journal_segment_header_encode (old.data, &header);
    dir_store (dir, name, old.data, old.size);
    free (old.data);
}

static void test_journal_replay_finds_a_segment_of_a_former_life (void **state)
{
    bend_segments (*state, age);
}

static void test_journal_replay_finds_each_truncation (void **state)
{
    const sample_t *self = *state;
    zc_position_t mark = self->positions [5];
    set_mark (&self->dir, mark);
    for (uint32_t segment = 1; segment <= SEGMENTS; segment++) {
        char name [32];
        strcpy (name, segment_name (segment));
        bytes_t was = dir_load (&self->dir, name);
        size_t lengths [64] = {0, 1, 43, 44, 63, 64, 65, MIB / 2, MIB - 1};
        size_t count = 9;
        for (uint64_t i = 0; i < COUNT; i++)
            for (uint32_t near = 0; near < 3 && segment_of (self, i) == segment; near++)
                lengths [count++] = ZC_POSITION_OFFSET (self->positions [i]) + near * 8;
        for (size_t i = 0; i < count; i++) {
            dir_store (&self->dir, name, was.data, lengths [i]);
            assert_found (self, fault_of_segment (self, segment), mark);
        }
        dir_store (&self->dir, name, was.data, was.size);
        free (was.data);
    }
    assert_whole (self);
}

static void test_journal_replay_finds_swapped_segments (void **state)
{
    const sample_t *self = *state;
    for (uint32_t a = 1; a < SEGMENTS; a++) {
        char one [32], other [32];
        strcpy (one, segment_name (a));
        strcpy (other, segment_name (a + 1));
        for (int back = 0; back < 2; back++) {
            dir_rename (&self->dir, one, "aside");
            dir_rename (&self->dir, other, one);
            dir_rename (&self->dir, "aside", other);
            if (!back)
                assert_found (self, fault_of_segment (self, a), self->positions [COUNT]);
        }
    }
    assert_whole (self);
}

/* A whole header, and records that were written elsewhere. */
static void test_journal_replay_takes_no_record_of_another_segment (void **state)
{
    const sample_t *self = *state;
    zc_journal_segment_header_t header;
    bytes_t first = dir_load (&self->dir, segment_name (1));
    assert_int_equal (zc_journal_segment_header_decode (first.data, &header), 0);
    header.number = 3;
    zc_journal_segment_header_encode (first.data, &header);
    dir_store (&self->dir, segment_name (3), first.data, first.size);
    free (first.data);
    set_mark (&self->dir, self->next [2]);
    assert_found (self, fault_of_record (self, 7), self->next [2]);
}

/* One that is whole, at another place of the same segment. */
static void test_journal_replay_takes_no_record_that_was_moved (void **state)
{
    const sample_t *self = *state;
    bytes_t third = dir_load (&self->dir, segment_name (3));
    size_t size = ZC_RECORD_HEADER_BYTES + sizes [8];
    memcpy (third.data + ZC_POSITION_OFFSET (self->positions [COUNT]),
            third.data + ZC_POSITION_OFFSET (self->positions [8]), size);
    dir_store (&self->dir, segment_name (3), third.data, third.size);
    free (third.data);
    zc_journal_replay_t walk = walk_over (self, &self->dir);
    assert_int_equal (walk.end, ZC_JOURNAL_TORN);
    assert_int_equal (walk.records, COUNT);
    assert_int_equal (walk.torn_bytes, size);
}

static void test_journal_replay_refuses_another_ledger (void **state)
{
    const sample_t *self = *state;
    zc_journal_replay_t walk;
    uint8_t id [ZC_LEDGER_ID_BYTES] = "another ledger";
    zc_journal_replay (self->dir.path, id, 0, NULL, NULL, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
    zc_journal_replay (self->dir.path, NULL, 0, NULL, NULL, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    /* Behind the last sync too: what is whole and not ours is not to be cut. */
    zc_journal_segment_header_t header = {.number = 3, .bytes = MIB};
    memcpy (header.ledger_id, id, sizeof id);
    bytes_t third = dir_load (&self->dir, segment_name (3));
    zc_journal_segment_header_encode (third.data, &header);
    dir_store (&self->dir, segment_name (3), third.data, third.size);
    free (third.data);
    set_mark (&self->dir, self->positions [5]);
    walk = walk_over (self, &self->dir);
    assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
    assert_true (walk.position == ZC_POSITION (3, 0));
}

/* The same for a kind of record that we do not know. */
static void test_journal_replay_refuses_what_a_later_version_wrote (void **state)
{
    const sample_t *self = *state;
    zc_journal_segment_header_t header;
    bytes_t third = dir_load (&self->dir, segment_name (3));
    uint32_t end = ZC_POSITION_OFFSET (self->positions [COUNT]);
    uint8_t *record = third.data + end;
    assert_int_equal (zc_journal_segment_header_decode (third.data, &header), 0);
    zc_journal_record_begin (record, (zc_record_kind_t) 9, 1, 4);
    zc_journal_put_u32 (record, zc_journal_record_crc (zc_journal_segment_seed (&header), end, record,
                                                       ZC_RECORD_HEADER_BYTES + 4, NULL, 0));
    dir_store (&self->dir, segment_name (3), third.data, third.size);
    free (third.data);
    zc_journal_replay_t walk = walk_over (self, &self->dir);
    assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
    assert_int_equal (walk.records, COUNT);
    assert_true (walk.position == self->positions [COUNT]);
}

/* ------------------------------------------------------------------------ where to begin */

static void test_journal_replay_begins_only_where_a_record_does (void **state)
{
    const sample_t *self = *state;
    const zc_position_t nowhere [] = {
        self->positions [5] + 1,     self->positions [5] - 1,     self->next [1] + 16, ZC_POSITION (1, MIB - 1),
        self->positions [COUNT] + 1, ZC_POSITION (3, UINT32_MAX), ZC_POSITION (4, 64), UINT64_MAX};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        zc_journal_replay_t walk;
        zc_journal_replay (self->dir.path, some_ledger, nowhere [i], NULL, NULL, &walk);
        assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
        assert_int_equal (walk.records, 0);
        assert_non_null (strstr (walk.why, "segment-"));
    }
}

static void test_journal_replay_needs_no_segment_before_its_begin (void **state)
{
    const sample_t *self = *state;
    zc_journal_replay_t walk;
    taken_t taken = {.sample = self, .next = 5};
    dir_unlink (&self->dir, segment_name (1), NULL);
    zc_journal_replay (self->dir.path, some_ledger, self->positions [5], take, &taken, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (taken.next, COUNT);
    zc_journal_replay (self->dir.path, some_ledger, self->positions [0], NULL, NULL, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
    assert_non_null (strstr (walk.why, "missing"));
}

/* What was checkpointed was synced, whatever the mark says after a power cut. */
static void test_journal_replay_takes_its_begin_for_synced (void **state)
{
    const sample_t *self = *state;
    zc_journal_replay_t walk;
    set_mark (&self->dir, ZC_POSITION (1, 64));
    dir_flip (&self->dir, segment_name (3), ZC_POSITION_OFFSET (self->positions [8]), 1);
    zc_journal_replay (self->dir.path, some_ledger, self->positions [8], NULL, NULL, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_TORN);
    zc_journal_replay (self->dir.path, some_ledger, self->positions [9], NULL, NULL, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_DAMAGED);
}

int main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, new_sample, end_sample)
    const struct CMUnitTest tests [] = {
        TEST (test_journal_replay_finds_each_flip_in_what_was_synced),
        TEST (test_journal_replay_tells_torn_from_damaged),
        TEST (test_journal_replay_tells_torn_from_damaged_at_a_switch),
        TEST (test_journal_replay_overlooks_unused_bytes),
        TEST (test_journal_replay_does_with_one_mark),
        TEST (test_journal_replay_refuses_without_a_mark),
        TEST (test_journal_replay_finds_a_missing_segment),
        TEST (test_journal_replay_finds_a_segment_of_zeros),
        TEST (test_journal_replay_finds_a_segment_of_a_former_life),
        TEST (test_journal_replay_finds_each_truncation),
        TEST (test_journal_replay_finds_swapped_segments),
        TEST (test_journal_replay_takes_no_record_of_another_segment),
        TEST (test_journal_replay_takes_no_record_that_was_moved),
        TEST (test_journal_replay_refuses_another_ledger),
        TEST (test_journal_replay_refuses_what_a_later_version_wrote),
        TEST (test_journal_replay_begins_only_where_a_record_does),
        TEST (test_journal_replay_needs_no_segment_before_its_begin),
        TEST (test_journal_replay_takes_its_begin_for_synced),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
