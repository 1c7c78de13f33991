/* SPDX-License-Identifier: MPL-2.0
 *
 * test_options_file.c - what options.h promises of the settings file, and of file and command line together; and that
 * whatever stands in either does no harm.
 */
#include "program/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "captured.h"
#include "sample_options.h"
#include "seed.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

/* A file of this text, and arguments behind it; what was said on stderr, without the program's and the file's name. */
static zc_parsed_t read_text (const char *text, size_t size, const char *const *arguments, sample_t *ret_sample,
                              char ret_said [1024])
{
    char path [64], prefix [80];
    const char *all [24] = {"--config", path};
    for (size_t i = 0; arguments [i]; i++)
        all [2 + i] = arguments [i];
    write_file (path, text, size);
    snprintf (prefix, sizeof prefix, "prog: %s:", path);
    capture ();
    zc_parsed_t parsed = sample_read (all, ret_sample, NULL);
    const char *said = release ();
    bool is_of_file = strncmp (said, prefix, strlen (prefix)) == 0;
    snprintf (ret_said, 1024, "%.1000s", is_of_file ? said + strlen (prefix) : said);
    unlink (path);
    return parsed;
}

static void test_options_settings_come_where_they_belong (void **state)
{
    (void) state;
    static const struct {
        const char *file, *arguments [8], *text;
    } table [] = {
        {"", {NULL}, ""},
        {"numbers\n    small = 3\n    decimal = 0.25\n", {NULL}, "small=3 decimal=250 "},
        {"times\n    keep = forever\nwords\n    colour = green\n    on = on\n    text = \"a b\"\n",
         {NULL},
         "forever=-1 colour=2 on text=a b "},
        {"words\n    on = on\n    on = off\n", {NULL}, ""}, /* the last one counts */
        {"places\n    peer = ipc://a\n    listen = ipc://b\n    listen = ipc://c\n",
         {NULL},
         "endpoint=ipc://a listen=ipc://b listen=ipc://c "},
        {"words\n    custom = 1\nfirst\n    key = 2\n", {NULL}, "first =2;custom =1;"},
        {"groups\n    a\n        limit = 1\n        more\n            x = 2\n    b = 3\n",
         {NULL},
         "below a;below a/limit=1;close a/limit;below a/more;below a/more/x=2;close a/more/x;close a/more;close a;"
         "below b=3;close b;"},

        /* The command line beats the file, wherever it names it. */
        {"numbers\n    small = 3\n", {"--small", "4"}, "small=4 "},
        {"words\n    text = a\n    colour = red\n", {"--text=b", "--flag"}, "flag colour=1 text=b "},
        {"places\n    listen = ipc://b\n    listen = ipc://c\n",
         {"--listen", "ipc://d", "ipc://e"},
         "listen=ipc://d listen=ipc://e "},
        {"words\n    custom = 1\n", {"--custom", "2"}, "custom =1;custom =2;"}, /* what that means is the program's */
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        sample_t sample;
        char said [1024], text [4096];
        zc_parsed_t parsed = read_text (table [i].file, strlen (table [i].file), table [i].arguments, &sample, said);
        if (parsed != ZC_RUN || *said || strcmp (sample_text (&sample, text), table [i].text) != 0)
            fail_msg ("row %zu: '%s', not '%s'; %s", i, text, table [i].text, said);
    }
}

static void test_options_mistakes_in_the_file_are_told_by_their_line (void **state)
{
    (void) state;
    static const struct {
        const char *file, *arguments [8], *said;
    } table [] = {
        {"nothing\n", {NULL}, "1: nothing: unknown section\n"},
        {"number\n", {NULL}, "1: number: unknown section\n"},
        {"numbers/small\n", {NULL}, "1: numbers/small: unknown section\n"},
        {"# x\n\nnumbers\n    small = 1\n    big = 1\n", {NULL}, "5: numbers/big: unknown setting\n"},
        {"numbers\n    small = 1\n        deeper = 1\n", {NULL}, "3: numbers/small/deeper: unknown setting\n"},
        {"numbers\n    smal = 1\n", {NULL}, "2: numbers/smal: unknown setting\n"},
        {"first\n    key = 1\n    other = 1\n", {NULL}, "3: first/other: unknown setting\n"},
        {"numbers\n    small = 11\n", {NULL}, "2: numbers/small: '11' is not a whole number from 1 to 10\n"},
        {"numbers\n    small\n", {NULL}, "2: numbers/small: '' is not a whole number from 1 to 10\n"},
        {"numbers\n    small = x\n", {"--small", "1"}, "2: numbers/small: 'x' is not a whole number from 1 to 10\n"},
        {"numbers\n    small = x\n", {"--decimal", "x"}, "2: numbers/small: 'x' is not a whole number from 1 to 10\n"},
        {"numbers\n    decimal = x\nwords\n    custom = wrong\n",
         {NULL},
         "2: numbers/decimal: 'x' is not a number from -1.5 to 2\n"},
        {"words\n    custom = wrong\nfirst\n    other = 1\n", {NULL}, "4: first/other: unknown setting\n"},
        {"groups\n    a = wrong\n", {NULL}, "2: groups/a: 'wrong' is wrong\n"},
        {"groups\n    a\n        b = 1\n    empty\n        c = 1\n", {NULL}, "4: groups/empty: lacks a limit\n"},
        {"numbers\n    small = x\n", {"--nothing"}, "prog: unknown option '--nothing'; see prog --help\n"},
        {"numbers\n    small = 1\n", {"--small", "x"}, "prog: --small: 'x' is not a whole number from 1 to 10\n"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        sample_t sample;
        char said [1024];
        zc_parsed_t parsed = read_text (table [i].file, strlen (table [i].file), table [i].arguments, &sample, said);
        if (parsed != ZC_EXIT_USAGE || strcmp (said, table [i].said) != 0)
            fail_msg ("row %zu: %s, not %s", i, said, table [i].said);
    }
}

static void test_options_one_setting_is_set_by_its_path (void **state)
{
    (void) state;
    sample_t sample = {.small = 7};
    char text [4096];
    assert_null (zc_options_set (&sample_table, &sample, "words/colour", "red"));
    assert_string_equal (zc_options_set (&sample_table, &sample, "numbers/small", "x"),
                         "'x' is not a whole number from 1 to 10");
    static const char *const none [] = {"",        "small",  "numbers", "numbers/", "numbers/smal", "numbers/small/",
                                        "groups/", "groups", "more:"};
    for (size_t i = 0; i < COUNT (none); i++)
        assert_string_equal (zc_options_set (&sample_table, &sample, none [i], "1"), "unknown setting");
    assert_string_equal (sample_text (&sample, text), "small=7 colour=1 ");
}

/* ------------------------------------------------------------------------- anything */

/* Of these lines and files are made: each has something that is right, and something else that is nearly so. */
static const char *const pieces [] = {"--",
                                      "--small",
                                      "--small=",
                                      "--decimal",
                                      "--zero=5",
                                      "--dur",
                                      "--duration",
                                      "--colour=red",
                                      "--text",
                                      "--str",
                                      "--name",
                                      "--listen",
                                      "--custom",
                                      "--flag",
                                      "--flag=",
                                      "--config",
                                      "--help=",
                                      "-",
                                      "-x",
                                      "-:",
                                      "",
                                      "=",
                                      " ",
                                      "0",
                                      "10",
                                      "-1.5",
                                      "forever",
                                      "1h",
                                      "green",
                                      "ipc://a",
                                      "tcp://h:1",
                                      "tcp://h:",
                                      "wrong",
                                      "\xff",
                                      "\303\251",
                                      "\"",
                                      "numbers",
                                      "words",
                                      "groups",
                                      "first",
                                      "places",
                                      "    small",
                                      "    text = ",
                                      "    a",
                                      "        b = 1",
                                      "    listen = ipc://a",
                                      "    key = 1",
                                      "    on = on",
                                      "#",
                                      "99999999999999999999",
                                      "\t",
                                      "(",
                                      "\r",
                                      "/"};

/* As many pieces as fit, each with `between` behind it now and then. */
static size_t make_text (char *text, size_t size, char between)
{
    size_t used = 0;
    *text = '\0';
    for (uint32_t left = random_below (8); left > 0; left--) {
        const char *piece = pieces [random_below (COUNT (pieces))];
        if (used + strlen (piece) + 2 > size)
            break;
        used += (size_t) sprintf (text + used, "%s", piece);
        if (between && random_below (4) > 0)
            text [used++] = between;
        text [used] = '\0';
    }
    return used;
}

/* What was read lies in its bounds, whatever was said. */
static void assert_sane (const sample_t *sample)
{
    assert_in_range (sample->small, 0, 10);
    assert_true (sample->big >= 0 && sample->decimal >= -1500 && sample->decimal <= 2000);
    assert_true (sample->zero == 0 || (sample->zero >= 5 && sample->zero <= 9));
    assert_true (sample->duration == 0 || sample->duration >= 5400000);
    assert_in_range (sample->colour, 0, SAMPLE_BLUE);
    assert_in_range (sample->endpoints.count, 0, ZC_ENDPOINTS_MAX);
    assert_non_null (memchr (sample->text, '\0', sizeof sample->text));
}

static void test_options_whatever_is_said_ends_in_one_line_at_most (void **state)
{
    (void) state;
    int counts [3] = {0};
    for (int round = 0; round < 4000; round++) {
        char words [8][128], file [512], said [1024];
        const char *arguments [9] = {NULL};
        for (uint32_t i = 0, count = random_below (8); i < count; i++) {
            if (random_below (3) > 0)
                arguments [i] = pieces [random_below (COUNT (pieces))];
            else {
                make_text (words [i], sizeof words [i], '\0');
                arguments [i] = words [i];
            }
        }
        sample_t sample;
        size_t size = make_text (file, sizeof file, '\n');
        zc_parsed_t parsed = read_text (file, round % 2 ? size : 0, arguments, &sample, said);
        assert_in_range (parsed, ZC_RUN, ZC_EXIT_USAGE);
        counts [parsed]++;
        size_t lines = parsed == ZC_EXIT_USAGE;
        if (strlen (said) > 0 && !strchr (said, '\n'))
            fail_msg ("no line: %s", said); /* it was too long for us */
        if ((*said != '\0') != lines || (lines && strchr (said, '\n') [1]))
            fail_msg ("round %d: %d, '%s'", round, (int) parsed, said);
        assert_sane (&sample);
    }
    assert_true (counts [ZC_RUN] > 20 && counts [ZC_EXIT_USAGE] > 20); /* both were tried */
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_options_settings_come_where_they_belong),
        cmocka_unit_test (test_options_mistakes_in_the_file_are_told_by_their_line),
        cmocka_unit_test (test_options_one_setting_is_set_by_its_path),
        cmocka_unit_test (test_options_whatever_is_said_ends_in_one_line_at_most),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
