/* SPDX-License-Identifier: MPL-2.0
 *
 * test_journal_sync.c - what the journal's thread promises: what was written is synced in groups and said to
 * be; segments that are checkpointed go round, or stay as told; other threads may ask meanwhile.
 */
#include "journal/journal.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "civil/clock.h"
#include "journal_dir.h"

/* -------------------------------------------------------------------------------- sync */

static void test_journal_syncs_within_its_interval (void **state)
{
    zc_journal_options_t options = options_of (*state);
    options.sync_interval_ms = 20;
    zc_journal_t *journal = open_with (&options, 0);
    struct pollfd poller = {.fd = zc_journal_descriptor (journal), .events = POLLIN};
    assert_int_equal (poll (&poller, 1, 100), 0); /* nothing to sync, nothing to tell */
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal (append_number (journal, i, 70), 0);
        assert_int_equal (zc_journal_write (journal), 0);
        assert_int_equal (poll (&poller, 1, 5000), 1);
        assert_int_equal (zc_journal_progress (journal), 0);
        assert_int_equal (poll (&poller, 1, 0), 0);
        assert_true (zc_journal_synced (journal) == zc_journal_written (journal));
    }
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

static void test_journal_groups_what_comes_within_the_interval (void **state)
{
    zc_journal_options_t options = options_of (*state);
    zc_journal_stats_t stats;
    options.sync_interval_ms = 200;
    zc_journal_t *journal = open_with (&options, 0);
    int64_t began_ms = zc_clock_mono_ms ();
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal (append_number (journal, i, 70), 0);
        assert_int_equal (zc_journal_write (journal), 0);
        pause_ms (1);
    }
    assert_int_equal (zc_journal_wait_synced (journal, zc_journal_written (journal)), 0);
    zc_journal_stats (journal, &stats);
    assert_true (stats.syncs >= 1);
    assert_true (stats.syncs <= 2 + (uint64_t) (zc_clock_mono_ms () - began_ms) / 200);
    assert_true (stats.synced == stats.written);
    assert_true (stats.synced_at_ms > 0);
    assert_true (stats.slowest_sync_us >= stats.last_sync_us);
    assert_false (stats.syncing);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

/* ---------------------------------------------------------------------------- recycling */

static void fill_segments (zc_journal_t *journal, uint32_t upto)
{
    static const uint8_t record [100000] = {1, 2, 3};
    while (ZC_POSITION_SEGMENT (zc_journal_written (journal)) < upto) {
        assert_int_equal (zc_journal_append (journal, ZC_RECORD_FRAME, 1, record, sizeof record), 0);
        assert_int_equal (zc_journal_write (journal), 0);
    }
    assert_int_equal (zc_journal_wait_synced (journal, zc_journal_written (journal)), 0);
}

static int count_segment (const dir_t *dir, uint32_t from, uint32_t upto)
{
    int count = 0;
    for (uint32_t number = from; number <= upto; number++)
        count += dir_has (dir, segment_name (number));
    return count;
}

/* Waits for what the journal's thread is to do. */
static bool comes_true (const dir_t *dir, uint32_t from, uint32_t upto, int count)
{
    for (int i = 0; i < 500; i++) {
        if (count_segment (dir, from, upto) == count)
            return true;
        pause_ms (10);
    }
    return false;
}

static void count_any (const dir_t *dir, const char *name, void *argument)
{
    (void) dir;
    (void) name;
    ++*(int *) argument;
}

static void test_journal_recycles_what_is_checkpointed (void **state)
{
    const dir_t *dir = *state;
    zc_journal_stats_t stats;
    zc_journal_t *journal = open_at (dir, 0);
    for (uint32_t segment = 5; segment < 50; segment += 5) {
        fill_segments (journal, segment);
        assert_int_equal (zc_journal_checkpointed (journal, ZC_POSITION (segment - 1, 64), 1), 0);
        assert_true (comes_true (dir, 1, segment - 2, 0));
    }
    assert_int_equal (count_segment (dir, 44, 45), 2);
    zc_journal_stats (journal, &stats);
    assert_true (stats.segments >= 2 && stats.segments <= 2 + 3); /* and two spare ones, one in the making */
    assert_true (stats.bytes == stats.segments * MIB);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    int files = 0;
    dir_each (dir, count_any, &files);
    assert_true (files <= 1 + 2 + 3);
    assert_true (end_of (dir) > ZC_POSITION (45, 0));
}

static void test_journal_keeps_for_as_long_as_told (void **state)
{
    const dir_t *dir = *state;
    int64_t wall_ms = (int64_t) time (NULL) * 1000;
    zc_journal_options_t options = options_of (dir);
    options.keep_ms = 3600000;
    zc_journal_t *journal = open_with (&options, 0);
    fill_segments (journal, 4);
    assert_int_equal (zc_journal_checkpointed (journal, ZC_POSITION (4, 64), wall_ms), 0);
    pause_ms (50);
    assert_int_equal (count_segment (dir, 1, 4), 4);
    assert_int_equal (zc_journal_checkpointed (journal, ZC_POSITION (4, 64), wall_ms + 3700000), 0);
    assert_true (comes_true (dir, 1, 3, 0));
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

static void test_journal_keeps_for_good (void **state)
{
    const dir_t *dir = *state;
    zc_journal_options_t options = options_of (dir);
    options.keep_ms = -1;
    zc_journal_t *journal = open_with (&options, 0);
    fill_segments (journal, 4);
    assert_int_equal (zc_journal_checkpointed (journal, ZC_POSITION (4, 64), INT64_MAX), 0);
    fill_segments (journal, 5);
    pause_ms (50);
    assert_int_equal (count_segment (dir, 1, 5), 5);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

static void test_journal_retires_nothing_that_is_not_synced (void **state)
{
    const dir_t *dir = *state;
    zc_journal_t *journal = open_at (dir, 0);
    fill_segments (journal, 2);
    assert_int_equal (zc_journal_checkpointed (journal, UINT64_MAX, 1), 0);
    assert_true (comes_true (dir, 1, 1, 0));
    pause_ms (20);
    assert_true (dir_has (dir, segment_name (ZC_POSITION_SEGMENT (zc_journal_written (journal)))));
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

/* Whether behind the end of the journal, and of its mark, there is something from a former life. */
static bool has_old_contents (const dir_t *dir, zc_position_t end)
{
    bytes_t segment = dir_load (dir, segment_name (ZC_POSITION_SEGMENT (end)));
    bool old = false;
    for (size_t i = ZC_POSITION_OFFSET (end) + ZC_RECORD_HEADER_BYTES; i < segment.size && !old; i++)
        old = segment.data [i] != 0;
    free (segment.data);
    return old;
}

/* What a segment held in a former life is not there in the next. */
static void test_journal_recycled_contents_do_not_show (void **state)
{
    const dir_t *dir = *state;
    zc_journal_replay_t walk;
    zc_journal_t *journal = open_at (dir, 0);
    uint32_t segment = 2;
    do {
        fill_segments (journal, segment);
        assert_int_equal (zc_journal_checkpointed (journal, ZC_POSITION (segment, 64), 1), 0);
        assert_true (comes_true (dir, 1, segment - 1, 0));
    } while (!has_old_contents (dir, zc_journal_written (journal)) && ++segment < 20);
    zc_position_t end = zc_journal_written (journal);
    assert_true (has_old_contents (dir, end));
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, NULL, NULL, &walk), 0);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_true (walk.position == end);
    assert_int_equal (walk.records, 1);
    /* What a power cut does that takes the mark of the end away. */
    dir_flip (dir, segment_name (segment), ZC_POSITION_OFFSET (end), 0xff);
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, NULL, NULL, &walk), 0);
    assert_int_equal (walk.end, ZC_JOURNAL_TORN);
    assert_int_equal (walk.records, 1);
    assert_true (walk.torn_bytes > 0);
}

/* ------------------------------------------------------------------------------ threads */

typedef struct {
    zc_journal_t *journal;
    _Atomic bool stop;
    _Atomic zc_position_t target;
} watch_t;

/* NULL, or a complaint. */
static const char *look (watch_t *self, zc_position_t *before)
{
    zc_journal_stats_t stats;
    zc_position_t target = self->target;
    if (zc_journal_wait_synced (self->journal, target) == -1)
        return "it failed";
    zc_journal_stats (self->journal, &stats);
    if (stats.synced < target || stats.synced < *before || stats.written < stats.synced)
        return "a position went backwards";
    *before = stats.synced;
    return zc_journal_checkpointed (self->journal, stats.synced, 1) == -1 ? "it failed" : NULL;
}

static void *watch (void *argument)
{
    watch_t *self = argument;
    zc_position_t before = 0;
    const char *complaint = NULL;
    while (!self->stop && !complaint)
        complaint = look (self, &before);
    return (void *) complaint;
}

static void test_journal_serves_other_threads_meanwhile (void **state)
{
    watch_t self = {.journal = open_at (*state, 0)};
    pthread_t threads [2];
    void *complaint;
    for (int i = 0; i < 2; i++)
        assert_int_equal (pthread_create (&threads [i], NULL, watch, &self), 0);
    for (uint64_t i = 0; i < 20000; i++) {
        assert_int_equal (append_number (self.journal, i, i % 1500), 0);
        if (i % 50 == 0)
            assert_int_equal (zc_journal_write (self.journal), 0);
        if (i % 500 == 0)
            self.target = zc_journal_written (self.journal);
    }
    self.stop = true;
    for (int i = 0; i < 2; i++) {
        pthread_join (threads [i], &complaint);
        assert_null (complaint);
    }
    assert_int_equal (zc_journal_close (&self.journal, NULL), 0);
}

int main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, new_dir, end_dir)
    const struct CMUnitTest tests [] = {
        TEST (test_journal_syncs_within_its_interval),
        TEST (test_journal_groups_what_comes_within_the_interval),
        TEST (test_journal_recycles_what_is_checkpointed),
        TEST (test_journal_keeps_for_as_long_as_told),
        TEST (test_journal_keeps_for_good),
        TEST (test_journal_retires_nothing_that_is_not_synced),
        TEST (test_journal_recycled_contents_do_not_show),
        TEST (test_journal_serves_other_threads_meanwhile),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
