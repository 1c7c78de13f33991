/* SPDX-License-Identifier: MPL-2.0
 *
 * test_journal.c - what the journal promises of what it writes: it is read back, in order and to the byte,
 * after a close, a kill, and in the next life; and nothing that was synced is ever cut.
 */
#include "journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#include "journal/journal_format.h"
#include "journal_dir.h"

#define BUFFER ((size_t) 512 << 10)
#define LARGEST ZC_RECORD_PAYLOAD_MAX (MIB)

static const size_t sizes [] = {
    0,       1,  70,      70,     BUFFER - 48, BUFFER - 32, BUFFER - 31, BUFFER, BUFFER + 1, 5,       LARGEST - 1,
    LARGEST, 0,  LARGEST, 300000, 300000,      300000,      300000,      17,     0,          MIB / 2, MIB / 2 - 160,
    16,      0,  0,       0,      0,           0,           0,           0,      1000,       2000,    65536,
    70,      70, 70};
#define COUNT (sizeof sizes / sizeof *sizes)

/* Writes all records; each in a write of its own, or not. */
static void write_all (zc_journal_t *journal, bool each)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_int_equal (append_number (journal, i, sizes [i]), 0);
        if (each)
            assert_int_equal (zc_journal_write (journal), 0);
    }
    assert_int_equal (zc_journal_write (journal), 0);
}

static void assert_holds (const dir_t *dir, uint64_t count)
{
    zc_journal_replay_t walk;
    assert_int_equal (walk_expecting (dir, sizes, &walk), count);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_string_equal (walk.why, "");
}

static void test_journal_crc_is_crc32c (void **state)
{
    (void) state;
    assert_int_equal (zc_journal_crc32c (0, "123456789", 9), 0xe3069283);
    assert_int_equal (zc_journal_crc32c (zc_journal_crc32c (0, "1234", 4), "56789", 5), 0xe3069283);
}

/* -------------------------------------------------------------------------- round trip */

static void test_journal_reads_back_what_was_written (void **state)
{
    const dir_t *dir = *state;
    for (int each = 0; each < 2; each++) {
        zc_journal_t *journal = open_at (dir, 0);
        write_all (journal, each);
        zc_position_t end = zc_journal_written (journal);
        assert_int_equal (zc_journal_close (&journal, NULL), 0);
        assert_null (journal);
        assert_holds (dir, COUNT);
        assert_true (end_of (dir) == end);
        dir_each (dir, dir_unlink, NULL);
    }
}

static int stop_at (void *argument, const zc_record_view_t *record)
{
    uint64_t *left = argument;
    (void) record;
    return (*left)-- == 0 ? 42 : 0;
}

static void test_journal_walk_ends_where_take_says (void **state)
{
    const dir_t *dir = *state;
    zc_journal_replay_t walk;
    zc_journal_t *journal = open_at (dir, 0);
    write_all (journal, false);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    uint64_t left = 3;
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, stop_at, &left, &walk), 42);
    assert_int_equal (walk.records, 3);
}

static void test_journal_walks_from_each_record (void **state)
{
    const dir_t *dir = *state;
    zc_journal_replay_t walk;
    zc_position_t positions [COUNT];
    zc_journal_t *journal = open_at (dir, 0);
    write_all (journal, false);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    expected_t all = {.sizes = sizes, .positions = positions};
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, expect_record, &all, &walk), 0);
    for (uint64_t i = 0; i < COUNT; i++) {
        expected_t rest = {.sizes = sizes, .next = i};
        assert_int_equal (zc_journal_replay (dir->path, some_ledger, positions [i], expect_record, &rest, &walk), 0);
        assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
        assert_int_equal (rest.next, COUNT);
        assert_int_equal (walk.records, COUNT - i);
    }
    expected_t none = {.sizes = sizes, .next = COUNT};
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, walk.position, expect_record, &none, &walk), 0);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (walk.records, 0);
}

static void test_journal_written_survives_the_process (void **state)
{
    const dir_t *dir = *state;
    zc_journal_t *journal = open_at (dir, 0);
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_int_equal (append_number (journal, i, sizes [i]), 0);
        assert_int_equal (zc_journal_write (journal), 0);
        if (i % 4 == 0) {
            dir_t copy = dir_copy (dir);
            assert_holds (&copy, i + 1);
            dir_remove (&copy);
        }
    }
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

static void test_journal_goes_on_after_each_kill (void **state)
{
    dir_t dir = dir_copy (*state);
    for (uint64_t i = 0; i < COUNT; i++) {
        zc_journal_options_t options = options_of (&dir);
        options.segment_bytes = MIB * (1 + i % 2); /* segments of other sizes than the last ones */
        zc_journal_t *journal = open_with (&options, i ? end_of (&dir) : 0);
        assert_int_equal (append_number (journal, i, sizes [i]), 0);
        assert_int_equal (zc_journal_write (journal), 0);
        dir_t copy = dir_copy (&dir);
        assert_int_equal (zc_journal_close (&journal, NULL), 0);
        dir_remove (&dir);
        dir = copy;
    }
    assert_holds (&dir, COUNT);
    dir_remove (&dir);
}

static void test_journal_of_nothing_is_clean (void **state)
{
    const dir_t *dir = *state;
    zc_journal_replay_t walk;
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, NULL, NULL, &walk), 0);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (walk.position, 0);
    char absent [PATH_MAX];
    dir_file (dir, "absent", absent);
    assert_int_equal (zc_journal_replay (absent, some_ledger, 0, NULL, NULL, &walk), 0);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_int_equal (access (absent, F_OK), -1);
    zc_journal_t *journal = open_at (dir, 0);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    assert_holds (dir, 0);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
}

static void test_journal_close_syncs (void **state)
{
    const dir_t *dir = *state;
    zc_journal_options_t options = options_of (dir);
    zc_journal_replay_t walk;
    options.sync_interval_ms = 10000; /* it does not wait for that */
    zc_journal_t *journal = open_with (&options, 0);
    time_t began = time (NULL);
    write_all (journal, true);
    assert_int_equal (append_number (journal, COUNT, 0), 0); /* buffered only */
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    assert_true (time (NULL) - began < 9);
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, NULL, NULL, &walk), 0);
    assert_int_equal (walk.records, COUNT + 1);
    assert_true (walk.synced == walk.position);
}

/* -------------------------------------------------------------------------------- open */

static void assert_refuses (const zc_journal_options_t *options, zc_position_t end, const char *words)
{
    char why [256] = "";
    assert_null (zc_journal_open (options, end, why));
    if (!strstr (why, words))
        fail_msg ("\"%s\" does not say \"%s\"", why, words);
}

static void test_journal_refuses_options_out_of_range (void **state)
{
    zc_journal_options_t options = options_of (*state);
    options.segment_bytes = MIB - 1;
    assert_refuses (&options, 0, "bytes");
    options.segment_bytes = (uint64_t) 1 << 31;
    assert_refuses (&options, 0, "bytes");
    options = options_of (*state);
    options.sync_interval_ms = 0;
    assert_refuses (&options, 0, "10000 ms");
    options = options_of (*state);
    options.directory = "/proc/self/no/such";
    assert_refuses (&options, 0, "directory");
}

static void test_journal_cuts_nothing_that_is_synced (void **state)
{
    const dir_t *dir = *state;
    zc_journal_t *journal = open_at (dir, 0);
    write_all (journal, false);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    zc_journal_options_t options = options_of (dir);
    assert_refuses (&options, 0, "cannot truncate");
    assert_refuses (&options, end_of (dir) - 1, "cannot truncate");
    assert_refuses (&options, ZC_POSITION (1000, 64), segment_name (1000));
    options.ledger_id [0] ^= 1;
    assert_refuses (&options, end_of (dir), "another ledger");
    assert_holds (dir, COUNT);
    options = options_of (dir);
    dir_unlink (dir, "synced", NULL);
    assert_refuses (&options, 0, "synced");
}

int main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, new_dir, end_dir)
    const struct CMUnitTest tests [] = {
        TEST (test_journal_crc_is_crc32c),
        TEST (test_journal_reads_back_what_was_written),
        TEST (test_journal_walk_ends_where_take_says),
        TEST (test_journal_walks_from_each_record),
        TEST (test_journal_written_survives_the_process),
        TEST (test_journal_goes_on_after_each_kill),
        TEST (test_journal_of_nothing_is_clean),
        TEST (test_journal_close_syncs),
        TEST (test_journal_refuses_options_out_of_range),
        TEST (test_journal_cuts_nothing_that_is_synced),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
