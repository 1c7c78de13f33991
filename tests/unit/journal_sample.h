/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_sample.h - a small journal to be bent: what is where in it, and a walk that verifies what is there.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_JOURNAL_SAMPLE_H
#define ZC_TEST_JOURNAL_SAMPLE_H

#include "journal/journal_format.h"
#include "journal/journal_watermark.h"
#include "journal_dir.h"

/* Three segments: 4 records, 3, and 4. */
static const size_t sizes [] = {70, 0, 1000, 1040000, 8000, 70, 1035000, 6000, 70, 0, 33, 500};
#define COUNT 11 /* the last one is appended after a cut */
#define SEGMENTS 3

/* The journal that is bent, and where what stands in it. */
typedef struct {
    dir_t dir;
    zc_position_t positions [COUNT + 1]; /* of each record, and of the end */
    zc_position_t next [SEGMENTS + 1];   /* of each segment's NEXT; of the last one's end */
    uint32_t crcs [COUNT + 1];           /* of the payloads */
} sample_t;

static inline uint32_t segment_of (const sample_t *self, uint64_t record)
{
    return ZC_POSITION_SEGMENT (self->positions [record]);
}

/* How many records stand before a segment. */
static inline uint64_t before_segment (const sample_t *self, uint32_t segment)
{
    uint64_t count = 0;
    while (count < COUNT && segment_of (self, count) < segment)
        count++;
    return count;
}

static inline void note_places (sample_t *self, zc_position_t end)
{
    self->positions [COUNT] = self->next [SEGMENTS] = end;
    for (uint64_t i = 0; i < COUNT; i++)
        if (i + 1 == COUNT || segment_of (self, i + 1) != segment_of (self, i))
            self->next [segment_of (self, i)] = self->positions [i] + ZC_RECORD_HEADER_BYTES + sizes [i];
    for (uint64_t i = 0; i <= COUNT; i++)
        self->crcs [i] = zc_journal_crc32c (0, payload_of (i, sizes [i]), sizes [i]);
}

static inline int new_sample (void **state)
{
    static sample_t self;
    zc_journal_replay_t walk;
    self = (sample_t){.dir = dir_new ()};
    zc_journal_t *journal = open_at (&self.dir, 0);
    for (uint64_t i = 0; i < COUNT; i++)
        assert_int_equal (append_number (journal, i, sizes [i]), 0);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    expected_t all = {.sizes = sizes, .positions = self.positions};
    zc_journal_replay (self.dir.path, some_ledger, 0, expect_record, &all, &walk);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (walk.segments, SEGMENTS);
    note_places (&self, walk.position);
    *state = &self;
    return 0;
}

static inline int end_sample (void **state)
{
    sample_t *self = *state;
    dir_remove (&self->dir);
    return 0;
}

/* Makes `synced` say something else. */
static inline void set_mark (const dir_t *dir, zc_position_t position)
{
    char why [256];
    zc_journal_watermark_t mark;
    assert_int_equal (zc_journal_watermark_create (dir->path, some_ledger, why), 0);
    assert_int_equal (zc_journal_watermark_read (dir->path, &mark, why), ZC_JOURNAL_WATERMARK_GOOD);
    int fd = zc_journal_watermark_open (dir->path, why);
    assert_int_equal (zc_journal_watermark_write (fd, &mark, position, why), 0);
    close (fd);
}

typedef struct {
    const sample_t *sample;
    uint64_t next;
} taken_t;

static inline int take (void *argument, const zc_record_view_t *record)
{
    taken_t *self = argument;
    uint64_t number = self->next++;
    assert_true (number <= COUNT);
    assert_int_equal (record->kind, kind_of (number));
    assert_int_equal (record->arrival_ms, arrival_of (number));
    assert_int_equal (record->size, sizes [number]);
    assert_int_equal (zc_journal_crc32c (0, record->data, record->size), self->sample->crcs [number]);
    return 0;
}

static inline zc_journal_replay_t walk_over (const sample_t *sample, const dir_t *dir)
{
    zc_journal_replay_t walk;
    taken_t taken = {.sample = sample};
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, take, &taken, &walk), 0);
    assert_int_equal (taken.next, walk.records);
    return walk;
}

#endif
