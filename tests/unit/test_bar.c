/* SPDX-License-Identifier: MPL-2.0
 *
 * test_bar.c - amounts as lengths and heights.
 */
#include "zreport/show/bar.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

static const zr_screen_t ascii = {.columns = 80};
static const zr_screen_t utf8 = {.columns = 80, .utf8 = true};

static void assert_text (char *text, const char *expected)
{
    assert_string_equal (text, expected);
    free (text);
}

static void test_bar_lengths (void **state)
{
    (void) state;
    static const struct {
        int64_t part, whole;
        const char *ascii, *utf8;
    } table [] = {
        {0, 100, "", ""},           {100, 100, "####", "████"},
        {50, 100, "##", "██"},      {1, 1000000, "#", "▏"}, /* something is never nothing */
        {300, 100, "####", "████"}, {INT64_MAX, 1, "####", "████"},
        {-5, 100, "", ""},          {5, 0, "", ""},
        {41, 100, "##", "█▋"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        assert_text (zr_bar (&ascii, table [i].part, table [i].whole, 4), table [i].ascii);
        assert_text (zr_bar (&utf8, table [i].part, table [i].whole, 4), table [i].utf8);
    }
}

static void test_bar_sparks_tell_nothing_from_something (void **state)
{
    (void) state;
    static const int64_t values [] = {0, 1, 500, 1000, -3};
    assert_text (zr_bar_spark (&utf8, values, COUNT (values), 1000), "·▁▄█·");
    assert_text (zr_bar_spark (&ascii, values, COUNT (values), 1000), "_.:#_");
    assert_text (zr_bar_spark (&utf8, values, 0, 1000), "");
    static const int64_t nothing [] = {0, 0};
    assert_text (zr_bar_spark (&utf8, nothing, COUNT (nothing), 0), "··");
}

static void test_bar_charts_stand_on_their_last_line (void **state)
{
    (void) state;
    static const int64_t values [] = {8, 16, 1, 0};
    assert_text (zr_bar_chart_line (&utf8, values, COUNT (values), 16, 0, 2), " █");
    assert_text (zr_bar_chart_line (&utf8, values, COUNT (values), 16, 1, 2), "██▁");
}

int main (void)
{
    setlocale (LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_bar_lengths),
        cmocka_unit_test (test_bar_sparks_tell_nothing_from_something),
        cmocka_unit_test (test_bar_charts_stand_on_their_last_line),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
