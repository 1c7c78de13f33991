/* SPDX-License-Identifier: MPL-2.0
 *
 * test_options.c - what options.h promises of the command line: each kind of value, how a mistake is told, what --help
 * prints, and that nothing that can be typed does harm.
 */
#include "program/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "captured.h"
#include "sample_options.h"
#include "zcost.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X250 X50 X50 X50 X50 X50

/* ------------------------------------------------------------------------- values */

static void test_options_values_come_where_they_belong (void **state)
{
    (void) state;
    static const struct {
        const char *arguments [12], *text;
    } table [] = {
        {{NULL}, ""},
        {{"--flag"}, "flag "},
        {{"--flag", "--flag"}, "flag "},
        {{"--small", "1"}, "small=1 "},
        {{"--small=10"}, "small=10 "},
        {{"--small", "0003"}, "small=3 "},
        {{"--small", "3", "--small", "4"}, "small=4 "}, /* the last one counts */
        {{"--big", "9223372036854775807"}, "big=9223372036854775807 "},
        {{"--decimal", "-1.5"}, "decimal=-1500 "},
        {{"--decimal=2"}, "decimal=2000 "},
        {{"--decimal=1e-3"}, "decimal=1 "},
        {{"--decimal=.5"}, "decimal=500 "},
        {{"--zero", "5"}, "zero=5 "},
        {{"--zero", "5", "--zero", "0"}, ""},
        {{"--duration", "90m"}, "duration=5400000 "},
        {{"--duration", "2h"}, "duration=7200000 "},
        {{"--duration", "999999999d"}, "duration=86399999913600000 "},
        {{"--duration-or-forever", "forever"}, "forever=-1 "},
        {{"--duration-or-forever", "1s"}, "forever=1000 "},
        {{"--colour", "red"}, "colour=1 "},
        {{"--colour", "blue"}, "colour=3 "},
        {{"--text", "caf\303\251"}, "text=caf\303\251 "},
        {{"--string", ""}, "string= "},
        {{"--string", "\xff\n"}, "string=\xff\n "},
        {{"--string", "--flag"}, "string=--flag "}, /* a value is what comes next, whatever it looks like */
        {{"--string", "--"}, "string=-- "},
        {{"--string=a=b"}, "string=a=b "},
        {{"--name", "\xff\xff\xff\xff"}, "name=\xff\xff\xff\xff "},
        {{"--endpoint", "tcp://h:65535"}, "endpoint=tcp://h:65535 "},
        {{"--endpoint", "ipc://p"}, "endpoint=ipc://p "},
        {{"--endpoint", "tcp://[::1]:1"}, "endpoint=tcp://[::1]:1 "},
        {{"--listen", "tcp://h:*", "ipc://p"}, "listen=tcp://h:* listen=ipc://p "},
        {{"--listen", "tcp://h:0", "--listen=ipc://p"}, "listen=tcp://h:0 listen=ipc://p "},
        {{"--listen", "ipc://a", "ipc://b", "--flag", "--listen", "ipc://c"},
         "flag listen=ipc://a listen=ipc://b listen=ipc://c "},
        {{"--custom", "a", "--custom="}, "custom =a;custom ;"},
        {{"--fl", "--sm", "2", "--str=x"}, "flag small=2 string=x "}, /* beginnings, if they are of one only */
        {{"--duration-", "1s"}, "forever=1000 "},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        sample_t sample;
        char text [4096];
        capture ();
        zc_parsed_t parsed = sample_read (table [i].arguments, &sample, NULL);
        const char *said = release ();
        if (parsed != ZC_RUN || *said || strcmp (sample_text (&sample, text), table [i].text) != 0)
            fail_msg ("row %zu: '%s', not '%s'; %s", i, text, table [i].text, said);
    }
}

static void test_options_a_list_has_its_default_until_another_is_said (void **state)
{
    (void) state;
    sample_t sample;
    assert_int_equal (sample_read ((const char *[]){"--flag", NULL}, &sample, NULL), ZC_RUN);
    assert_int_equal (sample.endpoints.count, 1);
    assert_string_equal (sample.endpoints.list [0], "tcp://default:1");
    assert_int_equal (sample_read ((const char *[]){"--listen", "ipc://a", NULL}, &sample, NULL), ZC_RUN);
    assert_int_equal (sample.endpoints.count, 1);
    assert_string_equal (sample.endpoints.list [0], "ipc://a");
}

/* ----------------------------------------------------------------------- mistakes */

static void test_options_mistakes_are_told (void **state)
{
    (void) state;
    static const struct {
        const char *arguments [12], *said; /* behind "prog: " */
    } table [] = {
        {{"--small", "0"}, "--small: '0' is not a whole number from 1 to 10"},
        {{"--small", "11"}, "--small: '11' is not a whole number from 1 to 10"},
        {{"--small", "-1"}, "--small: '-1' is not a whole number from 1 to 10"},
        {{"--small", "+1"}, "--small: '+1' is not a whole number from 1 to 10"},
        {{"--small", " 1"}, "--small: ' 1' is not a whole number from 1 to 10"},
        {{"--small", "1 "}, "--small: '1 ' is not a whole number from 1 to 10"},
        {{"--small", "1.0"}, "--small: '1.0' is not a whole number from 1 to 10"},
        {{"--small", "1e0"}, "--small: '1e0' is not a whole number from 1 to 10"},
        {{"--small", "0x1"}, "--small: '0x1' is not a whole number from 1 to 10"},
        {{"--small", ""}, "--small: '' is not a whole number from 1 to 10"},
        {{"--small="}, "--small: '' is not a whole number from 1 to 10"},
        {{"--sm", "x"}, "--small: 'x' is not a whole number from 1 to 10"},
        {{"--small", "4294967297"}, "--small: '4294967297' is not a whole number from 1 to 10"},
        {{"--small", "1", "--small", "x"}, "--small: 'x' is not a whole number from 1 to 10"},
        {{"--big", "9223372036854775808"}, "--big: '9223372036854775808' is not a whole number of at least 0"},
        {{"--big", X250}, "--big: '" X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is not a whole number of at least 0"},
        {{"--decimal", "-1.501"}, "--decimal: '-1.501' is not a number from -1.5 to 2"},
        {{"--decimal", "2.001"}, "--decimal: '2.001' is not a number from -1.5 to 2"},
        {{"--decimal", "nan"}, "--decimal: 'nan' is not a number from -1.5 to 2"},
        {{"--decimal", ""}, "--decimal: '' is not a number from -1.5 to 2"},
        {{"--decimal", "1,5"}, "--decimal: '1,5' is not a number from -1.5 to 2"},
        {{"--zero", "4"}, "--zero: '4' is neither 0 nor a whole number from 5 to 9"},
        {{"--zero", "10"}, "--zero: '10' is neither 0 nor a whole number from 5 to 9"},
        {{"--duration", "89m"}, "--duration: '89m' is not a duration of at least 90m, such as 90s, 15m, 48h or 400d"},
        {{"--duration", "2"}, "--duration: '2' is not a duration of at least 90m, such as 90s, 15m, 48h or 400d"},
        {{"--duration", "1w"}, "--duration: '1w' is not a duration of at least 90m, such as 90s, 15m, 48h or 400d"},
        {{"--duration", "1dd"}, "--duration: '1dd' is not a duration of at least 90m, such as 90s, 15m, 48h or 400d"},
        {{"--duration", "1000000000d"},
         "--duration: '1000000000d' is not a duration of at least 90m, such as 90s, 15m, 48h or 400d"},
        {{"--duration", "forever"},
         "--duration: 'forever' is not a duration of at least 90m, such as 90s, 15m, 48h or 400d"},
        {{"--duration-or-forever", ""},
         "--duration-or-forever: '' is neither forever nor a duration of at least 0s, such as 90s, 15m, 48h or 400d"},
        {{"--colour", "Red"}, "--colour: 'Red' is not one of red, green, blue"},
        {{"--colour", "re"}, "--colour: 're' is not one of red, green, blue"},
        {{"--colour", ""}, "--colour: '' is not one of red, green, blue"},
        {{"--text", ""}, "--text: is empty"},
        {{"--text", "123456"}, "--text: must be at most 5 bytes of UTF-8"},
        {{"--text", "\xff"}, "--text: must be at most 5 bytes of UTF-8"},
        {{"--text", "a\tb"}, "--text: contains a quote or a control character"},
        {{"--name", ""}, "--name: is empty"},
        {{"--name", "12345"}, "--name: must be at most 4 bytes"},
        {{"--endpoint", "tcp://h:*"}, "--endpoint: 'tcp://h:*' needs a port from 1 to 65535, to connect to"},
        {{"--endpoint", "tcp://h:0"}, "--endpoint: 'tcp://h:0' needs a port from 1 to 65535, to connect to"},
        {{"--endpoint", "tcp://h:65536"}, "--endpoint: 'tcp://h:65536' is neither tcp://ADDRESS:PORT nor ipc://PATH"},
        {{"--endpoint", "tcp://h:"}, "--endpoint: 'tcp://h:' is neither tcp://ADDRESS:PORT nor ipc://PATH"},
        {{"--endpoint", "tcp://:1"}, "--endpoint: 'tcp://:1' is neither tcp://ADDRESS:PORT nor ipc://PATH"},
        {{"--endpoint", "ipc://" X250}, "--endpoint: an endpoint may have at most 255 bytes"},
        {{"--listen", "x"}, "--listen: 'x' is neither tcp://ADDRESS:PORT nor ipc://PATH"},
        {{"--listen", "ipc://a", "x"}, "--listen: 'x' is neither tcp://ADDRESS:PORT nor ipc://PATH"},
        {{"--listen", "ipc://1", "ipc://2", "ipc://3", "ipc://4", "ipc://5", "ipc://6", "ipc://7", "ipc://8",
          "ipc://9"},
         "--listen: at most 8 endpoints per role"},
        {{"--custom", "wrong"}, "--custom: 'wrong' is wrong"},
        {{"--config", ""}, "--config: is empty"},
        {{"--config", "/tmp/zcost-test-is-not-there"}, "/tmp/zcost-test-is-not-there: No such file or directory"},

        {{"--nothing"}, "unknown option '--nothing'; see prog --help"},
        {{"--nothing=5"}, "unknown option '--nothing=5'; see prog --help"},
        {{"--s", "1"}, "unknown option '--s'; see prog --help"}, /* may be small, may be string */
        {{"--Flag"}, "unknown option '--Flag'; see prog --help"},
        {{"--flags"}, "unknown option '--flags'; see prog --help"},
        {{"--keep", "1s"}, "unknown option '--keep'; see prog --help"}, /* is of the file only */
        {{"-f"}, "unknown option '-f'; see prog --help"},
        {{"-flag"}, "unknown option '-flag'; see prog --help"},
        {{"-\303\251"}, "unknown option '-\303\251'; see prog --help"},
        {{"--string", "-f", "-flag"}, "unknown option '-flag'; see prog --help"},
        {{"a", "-:"}, "unknown option '-:'; see prog --help"},
        {{"--small"}, "--small needs a value; see prog --help"},
        {{"--flag", "--sm"}, "--small needs a value; see prog --help"},
        {{"--config"}, "--config needs a value; see prog --help"},
        {{"--flag=1"}, "--flag takes no value; see prog --help"},
        {{"--help="}, "--help takes no value; see prog --help"},
        {{"a", "b", "c", "d"}, "unexpected argument 'c'; see prog --help"},
        {{"--", "--flag", "b", "--small"}, "unexpected argument '--small'; see prog --help"},
        {{"--listen", "ipc://a", "--", "ipc://b", "ipc://c", "ipc://d"},
         "unexpected argument 'ipc://d'; see prog --help"},
        {{"--small", "x", "--nothing"}, "unknown option '--nothing'; see prog --help"}, /* told before a value */
        {{"--small", "x", "--config", "/tmp/zcost-test-is-not-there"},
         "/tmp/zcost-test-is-not-there: No such file or directory"},
        {{"--nothing", "--help"}, "unknown option '--nothing'; see prog --help"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        sample_t sample;
        char expected [1024];
        snprintf (expected, sizeof expected, "prog: %s\n", table [i].said);
        capture ();
        zc_parsed_t parsed = sample_read (table [i].arguments, &sample, NULL);
        const char *said = release ();
        if (parsed != ZC_EXIT_USAGE || strcmp (said, expected) != 0)
            fail_msg ("row %zu: %s, not %s", i, said, expected);
    }
}

/* ---------------------------------------------------------------- words, and their use */

static void test_options_words_are_kept_in_their_order (void **state)
{
    (void) state;
    static const struct {
        const char *arguments [8], *words [2];
    } table [] = {
        {{NULL}, {NULL}},
        {{"a", "b"}, {"a", "b"}},
        {{"a", "--flag", "b"}, {"a", "b"}},
        {{"--small", "1", "a"}, {"a"}},
        {{"-", ""}, {"-", ""}},
        {{"a", "--", "--flag"}, {"a", "--flag"}},
        {{"a", "--listen", "ipc://x", "ipc://y", "--flag", "b"}, {"a", "b"}},
        {{"--listen", "ipc://x", "--", "b"}, {"b"}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        sample_t sample;
        zc_options_line_t line;
        assert_int_equal (sample_read (table [i].arguments, &sample, &line), ZC_RUN);
        size_t count = 0;
        for (; count < 2 && table [i].words [count]; count++)
            if (count >= line.words_count || strcmp (line.words [count], table [i].words [count]) != 0)
                fail_msg ("row %zu: word %zu", i, count);
        assert_int_equal (line.words_count, count);
    }
}

static void test_options_for_another_use_are_refused (void **state)
{
    (void) state;
    sample_t sample;
    zc_options_line_t line;
    assert_int_equal (sample_read ((const char *[]){"--big", "1", "--zero=5", "--flag", NULL}, &sample, &line), ZC_RUN);
    assert_true (zc_options_given (&sample_table, &line, "big") && zc_options_given (&sample_table, &line, "flag"));
    assert_false (zc_options_given (&sample_table, &line, "decimal"));
    assert_int_equal (zc_options_check_use (&sample_table, &line, SAMPLE_ONE, "one"), ZC_RUN);
    capture ();
    assert_int_equal (zc_options_check_use (&sample_table, &line, SAMPLE_OTHER, "--other"), ZC_EXIT_USAGE);
    assert_string_equal (release (), "prog: --other takes no --big; see prog --help\n");
}

/* --------------------------------------------------------------------------- help */

static int stdout_before, stdout_file;

static void capture_stdout (void)
{
    fflush (stdout);
    stdout_before = dup (STDOUT_FILENO);
    stdout_file = memfd_create ("stdout", MFD_CLOEXEC);
    dup2 (stdout_file, STDOUT_FILENO);
}

/* stdout is again what it was; what came meanwhile, until the next call. */
static const char *release_stdout (void)
{
    static char text [8192];
    fflush (stdout);
    dup2 (stdout_before, STDOUT_FILENO);
    ssize_t size = pread (stdout_file, text, sizeof text - 1, 0);
    close (stdout_before);
    close (stdout_file);
    assert_true (size >= 0);
    text [size] = '\0';
    return text;
}

static const char help [] =
    "before\n"
    "  --config FILE       the file\n"
    "  --flag              a flag\n"
    "  --small N           a number\n"
    "  --big N             a number\n"
    "  --decimal N         a number\n"
    "  --zero N            a number\n"
    "more:\n"
    "  --duration SPAN     a duration\n"
    "  --duration-or-forever SPAN\n"
    "                      a duration\n"
    "  --colour COLOUR     a colour\n"
    "  --text TEXT         a text of so many words that there is more than one line\n"
    "                      of it, and a_long_one\n"
    "  --string S          a string\n"
    "  --name NAME         a name\n"
    "  --endpoint EP       a place\n"
    "  --listen EP...      places\n"
    "  --custom C          its own\n"
    "  --help              this text\n"
    "  --version           the version\n"
    "after\n";

static void test_options_help_and_version_are_shown (void **state)
{
    (void) state;
    static const struct {
        const char *arguments [6];
        bool version;
    } table [] = {
        {{"--help"}, false},
        {{"--he"}, false},
        {{"word", "--small", "x", "--help"}, false}, /* values do not matter */
        {{"--help", "--nothing"}, false},
        {{"--help", "--small"}, false},
        {{"--help", "a", "b", "c"}, false},
        {{"--config", "/tmp/zcost-test-is-not-there", "--help"}, false},
        {{"--help", "--version"}, false}, /* the first one counts */
        {{"--version"}, true},
        {{"--version", "--help", "-x"}, true},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        sample_t sample;
        capture ();
        capture_stdout ();
        zc_parsed_t parsed = sample_read (table [i].arguments, &sample, NULL);
        const char *text = release_stdout ();
        assert_string_equal (release (), "");
        assert_int_equal (parsed, ZC_EXIT_DONE);
        assert_string_equal (text, table [i].version ? "prog " ZCOST_VERSION "\n" : help);
    }
}

static void test_options_help_for_one_use_leaves_others_out (void **state)
{
    (void) state;
    capture_stdout ();
    zc_options_print (&sample_table, SAMPLE_ONE);
    const char *text = release_stdout ();
    assert_non_null (strstr (text, "--big "));
    assert_non_null (strstr (text, "--zero "));
    assert_non_null (strstr (text, "--flag "));
    assert_null (strstr (text, "--decimal"));
    assert_null (strstr (text, "before"));
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_options_values_come_where_they_belong),
        cmocka_unit_test (test_options_a_list_has_its_default_until_another_is_said),
        cmocka_unit_test (test_options_mistakes_are_told),
        cmocka_unit_test (test_options_words_are_kept_in_their_order),
        cmocka_unit_test (test_options_for_another_use_are_refused),
        cmocka_unit_test (test_options_help_and_version_are_shown),
        cmocka_unit_test (test_options_help_for_one_use_leaves_others_out),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
