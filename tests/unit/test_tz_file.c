/* SPDX-License-Identifier: MPL-2.0
 *
 * test_tz_file.c - a zone's file means what it means to the C library, and a damaged one is refused.
 */
#include "civil/tz_file.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "clocks.h"
#include "seed.h"

#define DATABASE "/usr/share/zoneinfo"
#define YEAR_S INT64_C (31556952)
#define DAY_S INT64_C (86400)

static zc_tz_file_t file; /* large */

static zc_tz_offset_t at (const void *zone, int64_t at_s)
{
    return zc_tz_file_at (zone, at_s);
}

/* -------------------------------------------------------------------- the system's database */

static size_t compared;

static int compare (const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void) about;
    (void) where;
    const char *name = path + sizeof DATABASE;
    char magic [4] = "", zone [512];
    FILE *opened = kind == FTW_F ? fopen (path, "re") : NULL;
    bool is_zone = opened && fread (magic, sizeof magic, 1, opened) == 1 && memcmp (magic, "TZif", 4) == 0;
    if (opened)
        fclose (opened);
    if (!is_zone || strncmp (name, "posix/", 6) == 0 || strncmp (name, "right/", 6) == 0)
        return 0;
    if (zc_tz_file_read (name, &file) == -1)
        fail_msg ("%s is there, and not read", name);
    snprintf (zone, sizeof zone, ":%s", name);
    set_process_zone (zone);
    /* The years of the file's table and of its rule, then all that there are. */
    assert_same_clocks (name, at, &file, -140 * YEAR_S, 80 * YEAR_S, 31 * DAY_S + 4711);
    assert_same_clocks_now_and_then (name, at, &file, -1960 * YEAR_S, 8000 * YEAR_S, 7301 * DAY_S);
    compared++;
    return 0;
}

static void test_tz_file_means_what_the_c_library_reads (void **state)
{
    (void) state;
    if (access (DATABASE "/Europe/Madrid", R_OK) == -1)
        skip ();
    assert_int_equal (nftw (DATABASE, compare, 16, FTW_PHYS), 0);
    set_process_zone (NULL);
    assert_true (compared > 100);
}

static void test_tz_file_refuses_leap_seconds (void **state)
{
    (void) state;
    if (access (DATABASE "/right/Europe/Madrid", R_OK) == -1)
        skip (); /* Debian 13 has them in another package */
    assert_int_equal (zc_tz_file_read ("right/Europe/Madrid", &file), -1);
}

/* -------------------------------------------------------------------- files of our own */

static char directory [64];

static int make_directory (void **state)
{
    (void) state;
    strcpy (directory, "/tmp/zcost-tz-XXXXXX");
    return mkdtemp (directory) ? setenv ("TZDIR", directory, 1) : -1;
}

static int remove_directory (void **state)
{
    (void) state;
    char path [128];
    snprintf (path, sizeof path, "%s/zone", directory);
    unlink (path);
    unsetenv ("TZDIR");
    return rmdir (directory);
}

static int read_of (const void *bytes, size_t size)
{
    char path [128];
    snprintf (path, sizeof path, "%s/zone", directory);
    FILE *to = fopen (path, "we");
    assert_non_null (to);
    assert_int_equal (fwrite (bytes, 1, size, to), size);
    assert_int_equal (fclose (to), 0);
    return zc_tz_file_read ("zone", &file);
}

/* Two offsets, two changes in 1970, and a rule; the tables of the first block are empty. */
enum { SECOND = 44 + 6 + 1, TIMES = SECOND + 44, INDEXES = TIMES + 16, OFFSETS = INDEXES + 2, LETTERS = OFFSETS + 12 };
/* clang-format off */
static const char small [] =
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\1" "\0\0\0\1"
    "\0\0\0\0\0\0" "\0"
    "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0" "\0\0\0\2" "\0\0\0\2" "\0\0\0\x08"
    "\0\0\0\0\0\0\x0e\x10" "\0\0\0\0\0\0\x1c\x20"   /* at 3600 and 7200 */
    "\1\0"
    "\0\0\0\0\0\0" "\0\0\x0e\x10\1\4" "GMT\0IST\0"
    "\nIST-1GMT0,M10.5.0,M3.5.0/1\n"; /* as Dublin: the winter has an offset of 0 */
/* clang-format on */

static void assert_offset (int64_t at_s, int offset_s, const char *name)
{
    zc_tz_offset_t offset = zc_tz_file_at (&file, at_s);
    assert_int_equal (offset.offset_s, offset_s);
    assert_string_equal (offset.name, name);
}

static void test_tz_file_tells_offsets_by_table_and_by_rule (void **state)
{
    (void) state;
    assert_int_equal (read_of (small, sizeof small - 1), 0);
    assert_offset (-62135596800, 0, "GMT");
    assert_offset (3599, 0, "GMT");
    assert_offset (3600, 3600, "IST");
    assert_offset (7199, 3600, "IST");
    assert_offset (7200, 0, "GMT"); /* by the rule, which says the same of January */
    assert_offset (1774745999, 0, "GMT");
    assert_offset (1774746000, 3600, "IST"); /* 2026-03-29 01:00 UTC */
    assert_offset (1792889999, 3600, "IST");
    assert_offset (1792890000, 0, "GMT");
    assert_offset (253370764800, 0, "GMT");    /* 9999-01-01 */
    assert_offset (253386489600, 3600, "IST"); /* 9999-07-02 */
}

static void test_tz_file_without_a_rule_keeps_its_last_offset (void **state)
{
    (void) state;
    char bytes [sizeof small];
    memcpy (bytes, small, sizeof small);
    bytes [INDEXES] = 0;
    bytes [INDEXES + 1] = 1;
    memcpy (bytes + LETTERS + 8, "\n\n", 2);
    assert_int_equal (read_of (bytes, LETTERS + 10), 0);
    assert_offset (7199, 0, "GMT");
    assert_offset (7200, 3600, "IST");
    assert_offset (253386489600, 3600, "IST");
}

static void test_tz_file_refuses_what_is_cut_short (void **state)
{
    (void) state;
    for (size_t size = 0; size < sizeof small - 1; size++)
        if (read_of (small, size) != -1)
            fail_msg ("%zu bytes", size);
}

static void test_tz_file_refuses_what_is_damaged (void **state)
{
    (void) state;
    static const struct {
        const char *what;
        size_t at, size;
        const char *bytes;
    } table [] = {
        {"another kind of file", 0, 4, "TZiF"},
        {"version 1", 4, 1, "\0"},
        {"no second block", SECOND, 4, "TZiF"},
        {"a first block beyond the end", 44 - 4, 4, "\xff\xff\xff\xff"},
        {"counts beyond the end", SECOND + 32, 4, "\xff\xff\xff\xff"},
        {"all counts beyond the end", SECOND + 20, 24,
         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
         "\xff\xff\xff\xff\xff\xff\xff\xff"},
        {"leap seconds", SECOND + 28, 4, "\0\0\0\1"},
        {"no offsets", SECOND + 36, 4, "\0\0\0\0"},
        {"no letters", SECOND + 40, 4, "\0\0\0\0"},
        {"times that go back", TIMES + 14, 2, "\0\0"},
        {"a time twice", TIMES + 8, 8, "\0\0\0\0\0\0\x0e\x10"},
        {"an offset that is not there", INDEXES, 1, "\2"},
        {"an offset of 17 hours", OFFSETS, 4, "\0\0\xef\x10"},
        {"the least offset", OFFSETS, 4, "\x80\0\0\0"},
        {"a name that is not there", OFFSETS + 5, 1, "\x08"},
        {"a name without an end", LETTERS + 7, 1, "x"},
        {"no line behind the tables", LETTERS + 8, 1, "x"},
        {"a malformed rule", LETTERS + 9, 3, "I5T"},
        {"a rule's offset of 17 hours", LETTERS + 9, 7, "IST+17G"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char bytes [sizeof small];
        memcpy (bytes, small, sizeof small);
        memcpy (bytes + table [i].at, table [i].bytes, table [i].size);
        if (read_of (bytes, sizeof small - 1) != -1)
            fail_msg ("%s", table [i].what);
    }
    assert_int_equal (read_of (small, sizeof small - 1), 0);
}

static void test_tz_file_refuses_what_is_too_large (void **state)
{
    (void) state;
    static char bytes [2 * ZC_TZ_FILE_BYTES];
    memcpy (bytes, small, sizeof small);
    assert_int_equal (read_of (bytes, ZC_TZ_FILE_BYTES - 1), 0); /* what follows the rule is not looked at */
    assert_int_equal (read_of (bytes, ZC_TZ_FILE_BYTES), -1);
    assert_int_equal (read_of (bytes, sizeof bytes), -1);
}

/* Whatever is in it, what is read of it stays within it, and within the limits. */
static void test_tz_file_survives_any_bytes (void **state)
{
    (void) state;
    size_t accepted = 0;
    for (int i = 0; i < 5000; i++) {
        char bytes [sizeof small];
        memcpy (bytes, small, sizeof small);
        for (int flips = 1 + i % 3; flips > 0; flips--) {
            bytes [random_below (sizeof small - 1)] = (char) random_64 ();
        }
        if (read_of (bytes, sizeof small - 1) == -1)
            continue;
        accepted++;
        for (int64_t at_s = -60 * YEAR_S; at_s < 100 * YEAR_S; at_s += YEAR_S / 3) {
            zc_tz_offset_t offset = zc_tz_file_at (&file, at_s);
            assert_true (labs (offset.offset_s) <= ZC_TZ_OFFSET_MAX_S);
            assert_true (strlen (offset.name) < sizeof small);
        }
    }
    assert_true (accepted > 100);
}

static void test_tz_file_refuses_what_is_no_file (void **state)
{
    (void) state;
    char longer [5000];
    memset (longer, 'a', sizeof longer - 1);
    longer [sizeof longer - 1] = '\0';
    assert_int_equal (zc_tz_file_read (longer, &file), -1);
    assert_int_equal (zc_tz_file_read ("absent", &file), -1);
    assert_int_equal (zc_tz_file_read (".", &file), -1);
    assert_int_equal (zc_tz_file_read ("", &file), -1);
}

#define test_in_directory(test) cmocka_unit_test_setup_teardown (test, make_directory, remove_directory)

int main (void)
{
    unsetenv ("TZDIR");
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_tz_file_means_what_the_c_library_reads),
        cmocka_unit_test (test_tz_file_refuses_leap_seconds),
        test_in_directory (test_tz_file_tells_offsets_by_table_and_by_rule),
        test_in_directory (test_tz_file_without_a_rule_keeps_its_last_offset),
        test_in_directory (test_tz_file_refuses_what_is_cut_short),
        test_in_directory (test_tz_file_refuses_what_is_damaged),
        test_in_directory (test_tz_file_refuses_what_is_too_large),
        test_in_directory (test_tz_file_survives_any_bytes),
        test_in_directory (test_tz_file_refuses_what_is_no_file),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
