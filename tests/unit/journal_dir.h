/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_dir.h - a journal's directory for tests: made, copied, bent and removed; and records whose
 * contents can be told from their number.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_JOURNAL_DIR_H
#define ZC_TEST_JOURNAL_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journal/journal.h"

#define MIB ((size_t) 1 << 20)
#define KINDS 3 /* FRAME, TOO_LARGE, TERMS: the first ones */

static const uint8_t some_ledger [ZC_LEDGER_ID_BYTES] = "ledger of a test";

typedef struct {
    char path [64];
} dir_t;

static inline dir_t dir_new (void)
{
    const char *temporary = getenv ("TMPDIR");
    dir_t dir;
    snprintf (dir.path, sizeof dir.path, "%s/zc_journal.XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp (dir.path))
        fail_msg ("%s: cannot make it", dir.path);
    return dir;
}

static inline void dir_file (const dir_t *dir, const char *name, char path [PATH_MAX])
{
    snprintf (path, PATH_MAX, "%s/%s", dir->path, name);
}

/* Calls for each file. */
static inline void dir_each (const dir_t *dir, void (*call) (const dir_t *dir, const char *name, void *argument),
                             void *argument)
{
    DIR *entries = opendir (dir->path);
    for (const struct dirent *entry; entries && (entry = readdir (entries));)
        if (entry->d_name [0] != '.')
            call (dir, entry->d_name, argument);
    if (entries)
        closedir (entries);
}

static inline void dir_unlink (const dir_t *dir, const char *name, void *argument)
{
    char path [PATH_MAX];
    (void) argument;
    dir_file (dir, name, path);
    unlink (path);
}

static inline void dir_remove (const dir_t *dir)
{
    dir_each (dir, dir_unlink, NULL);
    rmdir (dir->path);
}

/* A file's bytes; the caller frees them. */
typedef struct {
    uint8_t *data;
    size_t size;
} bytes_t;

static inline bytes_t dir_load (const dir_t *dir, const char *name)
{
    char path [PATH_MAX];
    struct stat about;
    dir_file (dir, name, path);
    int fd = open (path, O_RDONLY);
    if (fd == -1 || fstat (fd, &about) == -1)
        fail_msg ("%s: cannot open it", path);
    bytes_t bytes = {malloc ((size_t) about.st_size + 1), (size_t) about.st_size};
    assert_non_null (bytes.data);
    assert_int_equal (read (fd, bytes.data, bytes.size), (ssize_t) bytes.size);
    close (fd);
    return bytes;
}

/* Writes the first `size` bytes, and makes that the file's length. */
static inline void dir_store (const dir_t *dir, const char *name, const uint8_t *data, size_t size)
{
    char path [PATH_MAX];
    dir_file (dir, name, path);
    int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_not_equal (fd, -1);
    assert_int_equal (write (fd, data, size), (ssize_t) size);
    close (fd);
}

static inline void dir_flip (const dir_t *dir, const char *name, size_t offset, uint8_t mask)
{
    char path [PATH_MAX];
    uint8_t byte;
    dir_file (dir, name, path);
    int fd = open (path, O_RDWR);
    assert_int_not_equal (fd, -1);
    assert_int_equal (pread (fd, &byte, 1, (off_t) offset), 1);
    byte ^= mask;
    assert_int_equal (pwrite (fd, &byte, 1, (off_t) offset), 1);
    close (fd);
}

/* Not the spare files: they come and go while the journal is open, and no walk looks at them. */
static inline void dir_copy_file (const dir_t *from, const char *name, void *to)
{
    if (strncmp (name, "segment-", 8) != 0 && strcmp (name, "synced") != 0)
        return;
    bytes_t bytes = dir_load (from, name);
    dir_store (to, name, bytes.data, bytes.size);
    free (bytes.data);
}

static inline dir_t dir_copy (const dir_t *from)
{
    dir_t to = dir_new ();
    dir_each (from, dir_copy_file, &to);
    return to;
}

static inline void dir_rename (const dir_t *dir, const char *from, const char *to)
{
    char from_path [PATH_MAX], to_path [PATH_MAX];
    dir_file (dir, from, from_path);
    dir_file (dir, to, to_path);
    assert_int_equal (rename (from_path, to_path), 0);
}

static inline bool dir_has (const dir_t *dir, const char *name)
{
    char path [PATH_MAX];
    dir_file (dir, name, path);
    return access (path, F_OK) == 0;
}

static inline const char *segment_name (uint32_t number)
{
    static char name [32];
    snprintf (name, sizeof name, "segment-%010u", number);
    return name;
}

/* -------------------------------------------------------------------------- records */

static inline zc_record_kind_t kind_of (uint64_t number)
{
    return (zc_record_kind_t) (1 + number % KINDS);
}

static inline int64_t arrival_of (uint64_t number)
{
    return 1700000000000 + (int64_t) number;
}

/* More than the journal leaves where they are until it writes. */
#define PAYLOADS 128

/* The payload of record `number`, good for as many calls more. */
static inline const uint8_t *payload_of (uint64_t number, size_t size)
{
    static uint8_t *payloads [PAYLOADS];
    static size_t rooms [PAYLOADS], turn;
    size_t place = turn++ % PAYLOADS;
    if (size > rooms [place]) {
        payloads [place] = realloc (payloads [place], rooms [place] = size);
        assert_non_null (payloads [place]);
    }
    uint8_t *payload = payloads [place];
    for (size_t i = 0; i < size; i++)
        payload [i] = (uint8_t) (number * 31 + i * 7 + (i >> 8) + 1);
    return payload;
}

static inline int append_number (zc_journal_t *journal, uint64_t number, size_t size)
{
    return zc_journal_append (journal, kind_of (number), arrival_of (number), payload_of (number, size), size);
}

/* What a walk is held against: records numbered first, first + 1 ..., each of sizes [number] bytes. */
typedef struct {
    const size_t *sizes;
    uint64_t next;            /* that is to come */
    zc_position_t position;   /* behind the last one */
    zc_position_t *positions; /* of each, where asked for */
} expected_t;

/* For zc_journal_replay: verifies each record. */
static inline int expect_record (void *argument, const zc_record_view_t *record)
{
    expected_t *self = argument;
    uint64_t number = self->next++;
    assert_int_equal (record->kind, kind_of (number));
    assert_int_equal (record->arrival_ms, arrival_of (number));
    assert_int_equal (record->size, self->sizes [number]);
    assert_memory_equal (record->data, payload_of (number, record->size), record->size);
    assert_true (record->position >= self->position);
    assert_true (record->next == record->position + ZC_RECORD_HEADER_BYTES + record->size);
    if (self->positions)
        self->positions [number] = record->position;
    self->position = record->next;
    return 0;
}

/* Walks, verifies what comes, and returns how many records came. */
static inline uint64_t walk_expecting (const dir_t *dir, const size_t *sizes, zc_journal_replay_t *ret_walk)
{
    expected_t expected = {.sizes = sizes};
    assert_int_equal (zc_journal_replay (dir->path, some_ledger, 0, expect_record, &expected, ret_walk), 0);
    assert_int_equal (ret_walk->records, expected.next);
    return expected.next;
}

static inline zc_journal_options_t options_of (const dir_t *dir)
{
    zc_journal_options_t options = {
        .directory = dir->path, .segment_bytes = MIB, .sync_interval_ms = 1, .spare_segments = 2};
    memcpy (options.ledger_id, some_ledger, sizeof some_ledger);
    return options;
}

static inline zc_journal_t *open_with (const zc_journal_options_t *options, zc_position_t end)
{
    char why [256] = "";
    zc_journal_t *journal = zc_journal_open (options, end, why);
    if (!journal)
        fail_msg ("%s", why);
    return journal;
}

static inline zc_journal_t *open_at (const dir_t *dir, zc_position_t end)
{
    zc_journal_options_t options = options_of (dir);
    return open_with (&options, end);
}

/* A directory for each test. */
static inline int new_dir (void **state)
{
    static dir_t dir;
    dir = dir_new ();
    *state = &dir;
    return 0;
}

static inline int end_dir (void **state)
{
    dir_remove (*state);
    return 0;
}

/* Where a journal that is clean ends. */
static inline zc_position_t end_of (const dir_t *dir)
{
    zc_journal_replay_t walk;
    assert_int_equal (zc_journal_replay (dir->path, NULL, 0, NULL, NULL, &walk), 0);
    assert_int_equal (walk.end, ZC_JOURNAL_CLEAN);
    return walk.position;
}

static inline void pause_ms (long ms)
{
    nanosleep (&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

#endif
