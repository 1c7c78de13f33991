/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_faults.c - what store.h promises when things go wrong: a checkpoint is there whole or not at
 * all, and what cannot be trusted is refused with a line.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "stores.h"

/* The nth checkpoint of a ledger of which every number can be told from n. */
static void prepare_nth (draft_t *draft, uint64_t n)
{
    char name [16];
    snprintf (name, sizeof name, "s%llu", (unsigned long long) n);
    uint32_t key = add_key (draft, name);
    zc_cells_clear (&draft->cells);
    for (uint32_t k = 0; k <= key; k++)
        spend (draft, ZC_MINUTE, MINUTE_S + 60 * (int64_t) (n % 50), k, 1);
    draft->checkpoint.position = ZC_POSITION (1, n);
    draft->checkpoint.counters.accepted = n * (n + 1) / 2;
}

static void assert_is_nth (const loaded_t *loaded, uint64_t n)
{
    assert_int_equal (zc_keys_count (loaded->keys), n);
    for (uint32_t key = 0; key < n; key++) {
        assert_int_equal (zc_keys_at (loaded->keys, key)->sums.events, n - key);
        assert_int_equal (zc_keys_at (loaded->keys, key)->sums.cost_nanousd, n - key);
    }
    assert_true (loaded->state.position == (n ? ZC_POSITION (1, n) : 0));
    assert_int_equal (loaded->state.counters.accepted, n * (n + 1) / 2);
}

/* A draft that goes on where a store is. */
static draft_t draft_behind (uint64_t n)
{
    draft_t draft = draft_new ();
    for (uint64_t i = 1; i <= n; i++)
        prepare_nth (&draft, i);
    draft.checkpoint.keys_from = (uint32_t) n;
    draft.checkpoint.sequence = n + 1;
    return draft;
}

/* -------------------------------------------------------------------------------- kill */

/* Commits without end, and writes into the pipe each number whose commit returned. Ends the process, and
 * so must not fail as a test does: by a jump. */
static void commit_until_killed (const place_t *place, uint64_t n, int pipe)
{
    char why [256];
    zc_store_t *store = zc_store_open (place->path, NOW_MS, why);
    draft_t draft = draft_behind (n);
    for (bool good = store != NULL; good && ++n < 200; draft.checkpoint.sequence++) {
        prepare_nth (&draft, n);
        good = try_commit (&draft, store) == 0 && write (pipe, &n, sizeof n) == sizeof n;
        draft.checkpoint.keys_from = draft.checkpoint.keys_to;
    }
    _exit (n == 200 ? 0 : 1);
}

static uint64_t kill_one (const place_t *place, uint64_t n, int round)
{
    int ends [2];
    assert_int_equal (pipe (ends), 0);
    pid_t child = fork ();
    assert_true (child != -1);
    if (child == 0)
        commit_until_killed (place, n, ends [1]);
    close (ends [1]);
    nanosleep (&(struct timespec){.tv_nsec = (1 + round * 7 % 23) * 1000000}, NULL);
    int status;
    assert_int_equal (kill (child, SIGKILL), 0);
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFSIGNALED (status) || WEXITSTATUS (status) == 0);
    uint64_t told = n;
    while (read (ends [0], &told, sizeof told) == sizeof told)
        ;
    close (ends [0]);
    return told;
}

static void test_store_survives_kill_at_any_instant (void **state)
{
    (void) state;
    place_t place = place_new ();
    uint64_t n = 0;
    for (int round = 0; (round < 30 || (n <= 10 && round < 1000)) && n < 190; round++) {
        uint64_t told = kill_one (&place, n, round);
        zc_store_t *store = open_at (&place);
        loaded_t *loaded = load_from (store);
        n = loaded->state.sequence;
        assert_true (n == told || n == told + 1); /* what returned is there; one more may be */
        assert_is_nth (loaded, n);
        assert_sound (store);
        loaded_end (loaded);
        zc_store_close (&store);
    }
    assert_true (n > 10);
    place_end (&place);
}

/* --------------------------------------------------------------------------------- full */

/* With a limit to the size of files, what is written beyond it fails, in the middle of a write. */
static void limit_files (rlim_t bytes)
{
    signal (SIGXFSZ, SIG_IGN);
    assert_int_equal (setrlimit (RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}), 0);
}

static void test_store_without_room_keeps_what_it_had (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    for (uint64_t n = 1; n <= 5; n++) {
        prepare_nth (&draft, n);
        commit (&draft, store);
    }
    for (uint32_t i = 0; i < 20000; i++)
        spend (&draft, ZC_MINUTE, MINUTE_S + 60 * (int64_t) i, i % 5, 1);
    int failed = 0, result = -1;
    for (rlim_t bytes = 100000; result == -1; bytes += 77777) {
        limit_files (bytes);
        draft.state.sequence = 99;
        result = try_commit (&draft, store);
        limit_files (RLIM_INFINITY);
        if (result == -1) {
            failed++;
            assert_int_equal (draft.state.sequence, 99);
            assert_true (zc_store_why (store) [0]);
            loaded_t *loaded = load_from (store);
            assert_is_nth (loaded, 5);
            loaded_end (loaded);
        }
    }
    assert_true (failed > 3);
    zc_store_close (&store);
    store = open_at (&place); /* there was room in the end */
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->state.sequence, 6);
    assert_int_equal (zc_keys_at (loaded->keys, 0)->sums.events, 5 + 1 + 4000);
    assert_sound (store);
    loaded_end (loaded);
    draft_end (&draft);
    zc_store_close (&store);
    place_end (&place);
}

static void test_store_cannot_begin_without_room (void **state)
{
    (void) state;
    for (rlim_t bytes = 0; bytes < 60000; bytes += 10000) {
        place_t place = place_new ();
        char why [256] = "";
        limit_files (bytes);
        zc_store_t *store = zc_store_open (place.path, NOW_MS, why);
        limit_files (RLIM_INFINITY);
        assert_true (store || why [0]);
        zc_store_close (&store);
        store = open_at (&place); /* what it left is no hindrance */
        assert_sound (store);
        zc_store_close (&store);
        place_end (&place);
    }
}

/* -------------------------------------------------------------------------------- damage */

static size_t read_file (const char *name, uint8_t **ret_bytes)
{
    struct stat status;
    int fd = open (name, O_RDONLY);
    assert_true (fd != -1 && fstat (fd, &status) == 0);
    *ret_bytes = malloc ((size_t) status.st_size);
    assert_int_equal (read (fd, *ret_bytes, (size_t) status.st_size), status.st_size);
    close (fd);
    return (size_t) status.st_size;
}

static void write_file (const char *name, const uint8_t *bytes, size_t size)
{
    int fd = open (name, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    assert_true (fd != -1);
    assert_int_equal (write (fd, bytes, size), size);
    close (fd);
}

static void copy_file (const place_t *from, const place_t *to, const char *suffix)
{
    char names [2][96];
    uint8_t *bytes;
    snprintf (names [0], sizeof names [0], "%s%s", from->file, suffix);
    snprintf (names [1], sizeof names [1], "%s%s", to->file, suffix);
    size_t size = read_file (names [0], &bytes);
    write_file (names [1], bytes, size);
    free (bytes);
}

/* After a sync that failed, what reads well may not be on the disk, and no sync brings it there. So a start
 * writes what a former life left in the log once more, to the byte. */
static void test_store_trusts_no_log_that_it_did_not_write (void **state)
{
    (void) state;
    place_t place = place_new (), killed = place_new ();
    zc_store_t *store = open_at (&place);
    draft_t draft = draft_new ();
    for (uint64_t n = 1; n <= 5; n++) {
        prepare_nth (&draft, n);
        commit (&draft, store);
    }
    copy_file (&place, &killed, "");
    copy_file (&place, &killed, "-wal");
    char name [96];
    uint8_t *before, *after;
    struct stat status;
    snprintf (name, sizeof name, "%s-wal", killed.file);
    size_t size = read_file (name, &before);
    assert_true (size > 4096);
    const struct timespec old [2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal (utimensat (AT_FDCWD, name, old, 0), 0);
    zc_store_t *next = open_at (&killed);
    assert_int_equal (stat (name, &status), 0);
    assert_true (status.st_mtim.tv_sec > 1);
    assert_int_equal (read_file (name, &after), size);
    assert_memory_equal (after, before, size);
    loaded_t *loaded = load_from (next);
    assert_is_nth (loaded, 5);
    loaded_end (loaded);
    free (before);
    free (after);
    zc_store_close (&next);
    zc_store_close (&store);
    draft_end (&draft);
    place_end (&killed);
    place_end (&place);
}

static int pass_key (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums)
{
    (void) argument, (void) key, (void) sums;
    return dimensions->service.size > 1000000;
}

/* Opens, checks and loads what may be anything. Whether it was found sound. */
static bool try_all (const place_t *place, bool to_look)
{
    char why [256] = "";
    zc_store_t *store = to_look ? zc_store_open_read_only (place->path, why) : zc_store_open (place->path, NOW_MS, why);
    if (!store) {
        assert_true (why [0]);
        return false;
    }
    const zc_store_sink_t sink = {.key = pass_key};
    zc_store_state_t loaded;
    bool sound = zc_store_check (store, why) == 0;
    assert_true (sound || why [0]);
    if (zc_store_load (store, &sink, &loaded) == -1)
        assert_false (sound);
    zc_store_close (&store);
    return sound;
}

static size_t some_store (place_t *place, uint8_t **ret_bytes)
{
    zc_store_t *store = open_at (place);
    draft_t draft = draft_new ();
    for (uint64_t n = 1; n <= 60; n++) {
        prepare_nth (&draft, n);
        commit (&draft, store);
    }
    zc_store_close (&store);
    draft_end (&draft);
    return read_file (place->file, ret_bytes);
}

/* Not each flip can be found, but none may crash, and those in the structure are. */
static void test_store_says_where_bytes_were_flipped (void **state)
{
    (void) state;
    place_t place = place_new ();
    uint8_t *bytes;
    size_t size = some_store (&place, &bytes);
    assert_true (try_all (&place, true));
    int found = 0, tried = 0;
    uint32_t x = 7;
    for (int round = 0; round < 150; round++, tried++) {
        uint8_t *flipped = malloc (size);
        memcpy (flipped, bytes, size);
        for (int i = 0; i < 1 + round % 16; i++) {
            x = x * 1664525 + 1013904223;
            /* Every third into the header, the others anywhere. */
            flipped [(x >> 4) % (round % 3 == 0 ? 100 : size)] ^= (uint8_t) (1u << (x >> 29));
        }
        write_file (place.file, flipped, size);
        free (flipped);
        found += !try_all (&place, true);
        found += !try_all (&place, false);
    }
    assert_true (found > tried / 4);
    free (bytes);
    place_end (&place);
}

static void test_store_says_where_a_page_is_gone (void **state)
{
    (void) state;
    place_t place = place_new ();
    uint8_t *bytes;
    size_t size = some_store (&place, &bytes);
    for (size_t page = 0; page < size / 4096; page++) {
        uint8_t *damaged = malloc (size);
        memcpy (damaged, bytes, size);
        memset (damaged + page * 4096, 0x5a, 4096);
        write_file (place.file, damaged, size);
        free (damaged);
        assert_false (try_all (&place, true));
        assert_false (try_all (&place, false));
    }
    for (size_t cut = 1; cut < size; cut += 4096 * 3 / 2) {
        write_file (place.file, bytes, cut);
        assert_false (try_all (&place, true));
    }
    free (bytes);
    place_end (&place);
}

static void test_store_refuses_what_is_no_database (void **state)
{
    (void) state;
    place_t place = place_new ();
    uint8_t noise [8192];
    memset (noise, 'x', sizeof noise);
    write_file (place.file, noise, sizeof noise);
    assert_cannot_open (&place, "not an SQLite database");
    uint8_t *bytes;
    assert_int_equal (read_file (place.file, &bytes), sizeof noise);
    assert_memory_equal (bytes, noise, sizeof noise);
    free (bytes);
    place_end (&place);
}

static void test_store_refuses_and_leaves_foreign_databases (void **state)
{
    (void) state;
    static const struct {
        const char *sql, *words;
    } cases [] = {
        {"CREATE TABLE t (x)", "another application"},
        {"PRAGMA application_id = 7; CREATE TABLE t (x)", "another application"},
        {"PRAGMA user_version = 1", "another application"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place_t place = place_new ();
        sqlite3 *db;
        uint8_t *before, *after;
        assert_int_equal (sqlite3_open (place.file, &db), SQLITE_OK);
        assert_int_equal (sqlite3_exec (db, cases [i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close (db);
        size_t size = read_file (place.file, &before);
        assert_cannot_open (&place, cases [i].words);
        assert_int_equal (read_file (place.file, &after), size);
        assert_memory_equal (before, after, size);
        free (before);
        free (after);
        place_end (&place);
    }
}

static void test_store_refuses_a_later_version (void **state)
{
    (void) state;
    place_t place = place_new ();
    zc_store_t *store = open_at (&place);
    zc_store_close (&store);
    run_sql (&place, "PRAGMA user_version = 4");
    assert_cannot_open (&place, "version 4");
    char why [256] = "";
    assert_null (zc_store_open_read_only (place.path, why));
    assert_non_null (strstr (why, "version 4"));
    place_end (&place);
}

/* ---------------------------------------------------------------------------- permission */

/* As someone who is not root: root may write where nobody may. */
static void assert_refused_to_others (const place_t *place, const char *words)
{
    pid_t child = fork ();
    assert_true (child != -1);
    if (child == 0) {
        char why [256] = "";
        if (getuid () == 0 && setuid (65534) == -1)
            _exit (2);
        zc_store_t *store = zc_store_open (place->path, NOW_MS, why);
        _exit (store || !strstr (why, words) ? 1 : 0);
    }
    int status;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status));
    assert_int_equal (WEXITSTATUS (status), 0);
}

static void test_store_refuses_what_it_may_not_write (void **state)
{
    (void) state;
    place_t place = place_new ();
    assert_int_equal (chmod (place.path, 0555), 0);
    assert_refused_to_others (&place, "unable to open"); /* a directory without it, and not to be written */
    assert_int_equal (chmod (place.path, 0755), 0);
    zc_store_t *store = open_at (&place);
    zc_store_close (&store);
    assert_int_equal (chmod (place.file, 0444), 0);
    assert_int_equal (chmod (place.path, 0777), 0);
    assert_refused_to_others (&place, "cannot be written to");
    assert_int_equal (chmod (place.file, 0666), 0);
    assert_int_equal (chmod (place.path, 0555), 0);
    assert_refused_to_others (&place, "ledger.db");
    assert_int_equal (chmod (place.path, 0755), 0);
    place_end (&place);
}

static void test_store_needs_its_directory (void **state)
{
    (void) state;
    place_t place = place_new ();
    assert_int_equal (rmdir (place.path), 0);
    assert_cannot_open (&place, strerror (ENOENT));
    char why [256] = "", path [6000];
    memset (path, 'x', sizeof path - 1);
    path [sizeof path - 1] = '\0';
    assert_null (zc_store_open (path, NOW_MS, why));
    assert_true (why [0]);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_survives_kill_at_any_instant),
        cmocka_unit_test (test_store_without_room_keeps_what_it_had),
        cmocka_unit_test (test_store_cannot_begin_without_room),
        cmocka_unit_test (test_store_trusts_no_log_that_it_did_not_write),
        cmocka_unit_test (test_store_says_where_bytes_were_flipped),
        cmocka_unit_test (test_store_says_where_a_page_is_gone),
        cmocka_unit_test (test_store_refuses_what_is_no_database),
        cmocka_unit_test (test_store_refuses_and_leaves_foreign_databases),
        cmocka_unit_test (test_store_refuses_a_later_version),
        cmocka_unit_test (test_store_refuses_what_it_may_not_write),
        cmocka_unit_test (test_store_needs_its_directory),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
