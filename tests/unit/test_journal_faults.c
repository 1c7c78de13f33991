/* SPDX-License-Identifier: MPL-2.0
 *
 * test_journal_faults.c - what the journal promises where the system fails it: the first failure stays and is
 * told with the file's name, nothing is said to be synced after it, and the next life goes on.
 */
#include "journal/journal.h"

#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "journal_dir.h"

static const size_t sizes [] = {70, 1000};

static void assert_holds (const dir_t *dir, uint64_t count)
{
    zc_journal_replay_t walk;
    assert_int_equal (walk_expecting (dir, sizes, &walk), count);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    assert_string_equal (walk.why, "");
}

/* ----------------------------------------------------------------------------- failures */

static void assert_failed_for_good (zc_journal_t *journal, const char *name)
{
    struct pollfd poller = {.fd = zc_journal_descriptor (journal), .events = POLLIN};
    assert_non_null (strstr (zc_journal_why (journal), name));
    assert_int_equal (poll (&poller, 1, 5000), 1);
    assert_int_equal (zc_journal_progress (journal), -1);
    assert_int_equal (zc_journal_append (journal, ZC_RECORD_FRAME, 1, "x", 1), -1);
    assert_int_equal (zc_journal_write (journal), -1);
    assert_int_equal (zc_journal_wait_synced (journal, 1), -1);
    assert_int_equal (zc_journal_checkpointed (journal, 1, 1), -1);
    assert_int_equal (zc_journal_close (&journal, NULL), -1);
}

static void test_journal_refuses_a_record_over_a_segment (void **state)
{
    const dir_t *dir = *state;
    static uint8_t payload [MIB];
    zc_journal_t *journal = open_at (dir, 0);
    assert_string_equal (zc_journal_why (journal), "");
    assert_int_equal (append_number (journal, 0, sizes [0]), 0);
    assert_int_equal (zc_journal_write (journal), 0);
    assert_int_equal (zc_journal_append (journal, ZC_RECORD_FRAME, 1, payload, ZC_RECORD_PAYLOAD_MAX (MIB) + 1), -1);
    assert_failed_for_good (journal, "does not fit");
    assert_holds (dir, 1);
}

static void limit_files (rlim_t bytes)
{
    struct rlimit limit;
    getrlimit (RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal (setrlimit (RLIMIT_FSIZE, &limit), 0);
}

/* Files may not grow, nor be written to beyond a place: the write there is short, or fails. */
static void test_journal_fails_on_a_short_write (void **state)
{
    const dir_t *dir = *state;
    signal (SIGXFSZ, SIG_IGN);
    zc_journal_t *journal = open_at (dir, 0);
    assert_int_equal (append_number (journal, 0, sizes [0]), 0);
    assert_int_equal (zc_journal_write (journal), 0);
    assert_int_equal (zc_journal_wait_synced (journal, zc_journal_written (journal)), 0);
    zc_position_t synced = zc_journal_synced (journal);
    limit_files (1000);
    assert_int_equal (append_number (journal, 1, 5000), 0);
    assert_int_equal (zc_journal_write (journal), -1);
    limit_files (RLIM_INFINITY);
    assert_true (zc_journal_synced (journal) == synced);
    assert_non_null (strstr (zc_journal_why (journal), "short write"));
    assert_failed_for_good (journal, segment_name (1));
    /* The next life cuts the torn record. */
    zc_journal_replay_t walk;
    assert_int_equal (walk_expecting (dir, sizes, &walk), 1);
    assert_int_equal (walk.end, ZC_JOURNAL_TORN);
    assert_int_equal (walk.torn_bytes, 1000 - ZC_POSITION_OFFSET (walk.position));
    journal = open_at (dir, walk.position);
    assert_int_equal (append_number (journal, 1, sizes [1]), 0);
    assert_int_equal (zc_journal_close (&journal, NULL), 0);
    assert_holds (dir, 2);
}

/* The descriptor of an open file. */
static int descriptor_of (const char *name)
{
    for (int fd = 3; fd < 200; fd++) {
        char link [64], target [PATH_MAX] = "";
        snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
        if (readlink (link, target, sizeof target - 1) > 0 && strstr (target, name))
            return fd;
    }
    fail_msg ("%s is not open", name);
    return -1;
}

/* A descriptor that can be written to, and not synced. */
static void test_journal_fails_on_a_failed_sync (void **state)
{
    const dir_t *dir = *state;
    zc_journal_options_t options = options_of (dir);
    options.sync_interval_ms = 100;
    zc_journal_t *journal = open_with (&options, 0);
    assert_int_equal (append_number (journal, 0, 70), 0);
    assert_int_equal (zc_journal_write (journal), 0);
    assert_int_equal (zc_journal_wait_synced (journal, zc_journal_written (journal)), 0);
    zc_position_t synced = zc_journal_synced (journal);
    assert_int_equal (append_number (journal, 1, 70), 0);
    assert_int_equal (zc_journal_write (journal), 0);
    int ends [2];
    assert_int_equal (pipe (ends), 0);
    int fd = descriptor_of (segment_name (1));
    assert_int_equal (dup2 (ends [1], fd), fd);
    assert_int_equal (zc_journal_wait_synced (journal, zc_journal_written (journal)), -1);
    assert_true (zc_journal_synced (journal) == synced);
    assert_failed_for_good (journal, segment_name (1));
    close (ends [0]);
    close (ends [1]);
}

static void test_journal_fails_on_a_failed_mark (void **state)
{
    zc_journal_t *journal = open_at (*state, 0);
    zc_position_t synced = zc_journal_synced (journal);
    int ends [2];
    assert_int_equal (pipe (ends), 0);
    int fd = descriptor_of ("/synced");
    assert_int_equal (dup2 (ends [1], fd), fd);
    assert_int_equal (append_number (journal, 0, 70), 0);
    assert_int_equal (zc_journal_write (journal), 0);
    assert_int_equal (zc_journal_wait_synced (journal, zc_journal_written (journal)), -1);
    assert_true (zc_journal_synced (journal) == synced);
    assert_failed_for_good (journal, "synced");
    close (ends [0]);
    close (ends [1]);
}

/* In a process and a mount namespace of its own. Returns its exit code: 0 as promised, 77 cannot be tried. */
static int on_a_small_disk (const dir_t *dir)
{
    static uint8_t payload [100000];
    if (unshare (CLONE_NEWNS) == -1 || mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
        mount ("tmpfs", dir->path, "tmpfs", 0, "size=3584k") == -1)
        return 77;
    char why [256];
    zc_journal_replay_t walk;
    zc_journal_options_t options = options_of (dir);
    options.spare_segments = 0;
    zc_journal_t *journal = zc_journal_open (&options, 0, why);
    uint64_t written = 0;
    while (journal && zc_journal_append (journal, ZC_RECORD_FRAME, 1, payload, sizeof payload) == 0 &&
           zc_journal_write (journal) == 0)
        written++;
    bool named = journal && strstr (zc_journal_why (journal), "No space left on device");
    if (!named || written < 20 || zc_journal_close (&journal, NULL) != -1)
        return 1;
    zc_journal_replay (dir->path, some_ledger, 0, NULL, NULL, &walk);
    return walk.end == ZC_JOURNAL_CLEAN && walk.records == written ? 0 : 2;
}

static void test_journal_fails_on_a_full_disk (void **state)
{
    int status;
    pid_t child = fork ();
    if (child == 0)
        _exit (on_a_small_disk (*state));
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status));
    if (WEXITSTATUS (status) == 77) {
        print_message ("no small disk can be mounted here\n");
        skip ();
    }
    assert_int_equal (WEXITSTATUS (status), 0);
}

int main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, new_dir, end_dir)
    const struct CMUnitTest tests [] = {
        TEST (test_journal_refuses_a_record_over_a_segment),
        TEST (test_journal_fails_on_a_short_write),
        TEST (test_journal_fails_on_a_failed_sync),
        TEST (test_journal_fails_on_a_failed_mark),
        TEST (test_journal_fails_on_a_full_disk),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
