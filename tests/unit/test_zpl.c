/* SPDX-License-Identifier: MPL-2.0
 *
 * test_zpl.c - what zpl.h promises: settings by their paths, in an order that a program can rely on, and each mistake
 * told by its line.
 */
#include "program/zpl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "captured.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* What was called, a line each. */
typedef struct {
    char log [4096];
} calls_t;

static void note (calls_t *calls, const char *what, const char *path, const char *value)
{
    size_t used = strlen (calls->log);
    snprintf (calls->log + used, sizeof calls->log - used, "%s %s%s%s\n", what, path, value ? "=" : "",
              value ? value : "");
}

static bool has_section (void *self, const char *name)
{
    (void) self;
    return strcmp (name, "http") == 0 || strcmp (name, "budgets") == 0 || strcmp (name, "tags") == 0;
}

static bool tags_come_first (void *self, const char *section)
{
    (void) self;
    return strcmp (section, "tags") == 0;
}

static const char *set (void *self, const char *path, const char *value)
{
    note (self, "set", path, value);
    return strcmp (value, "wrong") == 0 ? "is wrong" : NULL;
}

static const char *close_path (void *self, const char *path)
{
    note (self, "close", path, NULL);
    return strcmp (path, "budgets/empty") == 0 ? "lacks a limit" : NULL;
}

static const zc_zpl_t plain = {.program = "prog", .has_section = has_section, .set = set};
static const zc_zpl_t closing = {.program = "prog", .has_section = has_section, .set = set, .close = close_path};
static const zc_zpl_t ordered = {
    .program = "prog", .has_section = has_section, .set = set, .comes_first = tags_come_first};

/* Reads a file of this text; what was called, and what was said on stderr without the file's name. */
static int read_text (const zc_zpl_t *zpl, const char *text, size_t size, calls_t *ret_calls, char ret_said [1024])
{
    char path [64];
    write_file (path, text, size);
    ret_calls->log [0] = '\0';
    capture ();
    int rc = zc_zpl_read (zpl, ret_calls, path);
    const char *said = release ();
    size_t prefix = strlen ("prog: ") + strlen (path);
    *ret_said = '\0';
    if (*said) {
        assert_int_equal (strncmp (said, "prog: ", 6), 0);
        assert_int_equal (strncmp (said + 6, path, strlen (path)), 0);
        assert_ptr_equal (strchr (said, '\n'), said + strlen (said) - 1); /* one line */
        snprintf (ret_said, 1024, "%.*s", (int) (strlen (said) - prefix - 1), said + prefix);
    }
    assert_int_equal (rc == 0, *ret_said == '\0');
    unlink (path);
    return rc;
}

static void assert_calls (const zc_zpl_t *zpl, const char *text, const char *expected)
{
    calls_t calls;
    char said [1024];
    if (read_text (zpl, text, strlen (text), &calls, said) != 0)
        fail_msg ("%s", said);
    assert_string_equal (calls.log, expected);
}

static void test_zpl_sets_settings_by_their_paths (void **state)
{
    (void) state;
    assert_calls (&plain,
                  "# a comment\n"
                  "http\n"
                  "    listen = 127.0.0.1:80\n"
                  "    name = \"two words\"   # and why\n"
                  "\n"
                  "budgets\n"
                  "    team\n"
                  "        limit = 5\n"
                  "        where\n"
                  "            model = gpt-4o\n"
                  "    other\n"
                  "        limit =\n",
                  "set http/listen=127.0.0.1:80\n"
                  "set http/name=two words\n"
                  "set budgets/team=\n"
                  "set budgets/team/limit=5\n"
                  "set budgets/team/where=\n"
                  "set budgets/team/where/model=gpt-4o\n"
                  "set budgets/other=\n"
                  "set budgets/other/limit=\n");
    assert_calls (&plain, "http\n    host = a\n    host = b\n", "set http/host=a\nset http/host=b\n");
    assert_calls (&plain, "http\nhttp\n    a = 1", "set http/a=1\n");
}

static void test_zpl_of_nothing_sets_nothing (void **state)
{
    (void) state;
    assert_calls (&plain, "", "");
    assert_calls (&plain, "\n\n", "");
    assert_calls (&plain, "# only\n#a comment\n", "");
    assert_calls (&plain, "http\n", "");
}

static void test_zpl_closes_each_path_behind_what_is_below_it (void **state)
{
    (void) state;
    assert_calls (&closing,
                  "budgets\n"
                  "    a\n"
                  "        limit = 1\n"
                  "    b\n"
                  "http\n",
                  "set budgets/a=\n"
                  "set budgets/a/limit=1\n"
                  "close budgets/a/limit\n"
                  "close budgets/a\n"
                  "set budgets/b=\n"
                  "close budgets/b\n"
                  "close budgets\n"
                  "close http\n");
}

static void test_zpl_sets_what_comes_first_before_the_rest (void **state)
{
    (void) state;
    static const char text [] = "budgets\n    a = 1\ntags\n    team = x\nhttp\n    b = 2\ntags\n    env = y\n";
    assert_calls (&ordered, text, "set tags/team=x\nset tags/env=y\nset budgets/a=1\nset http/b=2\n");
    assert_calls (&plain, text, "set budgets/a=1\nset tags/team=x\nset http/b=2\nset tags/env=y\n");
}

static void test_zpl_tells_each_mistake_by_its_line (void **state)
{
    (void) state;
    static const struct {
        const zc_zpl_t *zpl;
        const char *text, *said;
    } table [] = {
        {&plain, "htp\n", ":1: htp: unknown section"},
        {&plain, "http\n    a = 1\n\n# more\n\nhtp\n    b = 1\n", ":6: htp: unknown section"},
        {&plain, "http = 5\n", ":1: http: is a section and takes no value"},
        {&plain, "http\n    a = wrong\n", ":2: http/a: is wrong"},
        {&plain, "\n\n# x\nhttp\n\n    a = 1\n    # y\n    b = wrong\n    c = 2\n", ":8: http/b: is wrong"},
        {&plain, "budgets\n    t\n        w\n            model = wrong", ":4: budgets/t/w/model: is wrong"},
        {&plain, "http\n    a = wrong\n    b = wrong\n", ":2: http/a: is wrong"},
        {&closing, "http\n    a = 1\nbudgets\n    full\n        limit = 1\n    empty\n        x = 1\n",
         ":6: budgets/empty: lacks a limit"},
        /* What comes first is looked at first, and still told by its own line. */
        {&ordered, "http\n    a = wrong\ntags\n    b = wrong\n", ":4: tags/b: is wrong"},
        {&ordered, "tags\n    b = 1\nhttp\n    a = wrong\n", ":4: http/a: is wrong"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        calls_t calls;
        char said [1024];
        int rc = read_text (table [i].zpl, table [i].text, strlen (table [i].text), &calls, said);
        if (rc != -1 || strcmp (said, table [i].said) != 0)
            fail_msg ("row %zu: '%s', not '%s'", i, said, table [i].said);
    }
}

static void test_zpl_tells_where_a_file_is_none (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int line;
    } table [] = {
        {"http\n   a = 1\n", 2},      /* three blanks */
        {"http\n        a = 1\n", 2}, /* a level too deep */
        {"http\n    a = 1\n    b = \"x\n    c = 2\n", 3},
        {"http\n    a = 1\nht tp\n    b = 2\n", 3},
        {"    a = 1\n", 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        calls_t calls;
        char said [1024], expected [32];
        snprintf (expected, sizeof expected, ":%d: not ZPL: ", table [i].line);
        int rc = read_text (&plain, table [i].text, strlen (table [i].text), &calls, said);
        if (rc != -1 || strncmp (said, expected, strlen (expected)) != 0)
            fail_msg ("row %zu: '%s', not '%s'", i, said, expected);
        assert_string_equal (calls.log, "");
    }
}

static void test_zpl_refuses_what_is_no_text (void **state)
{
    (void) state;
    static char large [64 << 10];
    static const char nul [] = "http\n    a\0 = 1\n";
    calls_t calls;
    char said [1024];
    assert_int_equal (read_text (&plain, nul, sizeof nul - 1, &calls, said), -1);
    assert_string_equal (said, ": not a text file of less than 64 KiB");
    memset (large, '\n', sizeof large);
    assert_int_equal (read_text (&plain, large, sizeof large, &calls, said), -1);
    assert_string_equal (said, ": not a text file of less than 64 KiB");
    assert_int_equal (read_text (&plain, large, sizeof large - 1, &calls, said), 0);
}

static void test_zpl_tells_a_file_that_cannot_be_read (void **state)
{
    (void) state;
    calls_t calls = {""};
    capture ();
    int rc = zc_zpl_read (&plain, &calls, "/tmp/zcost-test-is-not-there");
    assert_string_equal (release (), "prog: /tmp/zcost-test-is-not-there: No such file or directory\n");
    assert_int_equal (rc, -1);
    capture ();
    rc = zc_zpl_read (&plain, &calls, "/tmp");
    assert_string_equal (release (), "prog: /tmp: Is a directory\n");
    assert_int_equal (rc, -1);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_zpl_sets_settings_by_their_paths),
        cmocka_unit_test (test_zpl_of_nothing_sets_nothing),
        cmocka_unit_test (test_zpl_closes_each_path_behind_what_is_below_it),
        cmocka_unit_test (test_zpl_sets_what_comes_first_before_the_rest),
        cmocka_unit_test (test_zpl_tells_each_mistake_by_its_line),
        cmocka_unit_test (test_zpl_tells_where_a_file_is_none),
        cmocka_unit_test (test_zpl_refuses_what_is_no_text),
        cmocka_unit_test (test_zpl_tells_a_file_that_cannot_be_read),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
