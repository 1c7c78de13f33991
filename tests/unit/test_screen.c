/* SPDX-License-Identifier: MPL-2.0
 *
 * test_screen.c - text for people: what reaches the terminal, and how wide it is.
 */
#include "zreport/show/screen.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zreport/show/table.h"

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

static const zr_screen_t ascii = {.columns = 40};
static const zr_screen_t utf8 = {.columns = 40, .utf8 = true};

static void assert_cleaned (const zr_screen_t *screen, const char *text, const char *expected)
{
    char *clean = zr_screen_clean (screen, text, strlen (text));
    assert_string_equal (clean, expected);
    free (clean);
}

static void test_screen_no_text_moves_the_cursor (void **state)
{
    (void) state;
    static const struct {
        const char *text, *clean;
    } table [] = {
        {"gpt-4o", "gpt-4o"},
        {"\x1b[2J", "\\x1b[2J"},
        {"a\nb\tc\r", "a\\x0ab\\x09c\\x0d"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b"
         "31m",
         "\\x9b31m"}, /* the 8-bit CSI */
        /* NOLINTNEXTLINE(misc-misleading-bidirectional): what is tested */
        {"a\xe2\x80\xae"
         "b",
         "a\\u{202e}b"},               /* right-to-left override */
        {"\xe2\x80\x8b", "\\u{200b}"}, /* no width, no shape */
        {"a\xff\xc3", "a\\xff\\xc3"},  /* no UTF-8 */
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        assert_cleaned (&ascii, table [i].text, table [i].clean);
        assert_cleaned (&utf8, table [i].text, table [i].clean);
    }
    char *clean = zr_screen_clean (&ascii, "a\0b", 3);
    assert_string_equal (clean, "a\\x00b");
    free (clean);
}

static void test_screen_other_scripts_show_where_they_can (void **state)
{
    (void) state;
    assert_cleaned (&ascii, "\xc3\xa9\xe6\x97\xa5", "\\xe9\\u{65e5}");
    assert_cleaned (&utf8, "\xc3\xa9\xe6\x97\xa5", "\xc3\xa9\xe6\x97\xa5");
    assert_int_equal (zr_screen_width (&utf8, "\xc3\xa9\xe6\x97\xa5"), 3); /* the second is two wide */
    assert_int_equal (zr_screen_fit (&utf8, "\xc3\xa9\xe6\x97\xa5", 2), 2);
    assert_int_equal (zr_screen_fit (&utf8, "\xc3\xa9\xe6\x97\xa5", 3), 5);
}

/* What `show` prints on a screen like this one. For the caller to free. */
static char *printed (zr_screen_t screen, void (*show) (const zr_screen_t *screen))
{
    char *text;
    size_t size;
    screen.out = open_memstream (&text, &size);
    assert_non_null (screen.out);
    show (&screen);
    fclose (screen.out);
    return text;
}

static void assert_prints (zr_screen_t screen, void (*show) (const zr_screen_t *screen), const char *expected)
{
    char *text = printed (screen, show);
    assert_string_equal (text, expected);
    free (text);
}

static void show_fields (const zr_screen_t *screen)
{
    zr_screen_field (screen, "Label", "one two three four five six seven");
    zr_screen_field (screen, "", "%s", "continued");
    zr_screen_alarm (screen, "! Long", "%s", "averyveryverylongwordthatdoesnotfit");
    zr_screen_field (screen, "A label as long as this", "text");
}

static void test_screen_fields_wrap_under_themselves (void **state)
{
    (void) state;
    assert_prints (ascii, show_fields,
                   "Label            one two three four five\n"
                   "                 six seven\n"
                   "                 continued\n"
                   "! Long           averyveryverylongwordth\n"
                   "                 atdoesnotfit\n"
                   "A label as long as this\n"
                   "                 text\n");
}

static void test_screen_colours_only_where_asked (void **state)
{
    (void) state;
    zr_screen_t coloured = {.columns = 80, .colour = true};
    char *text = printed (coloured, show_fields);
    assert_non_null (strstr (text, "\033[1mLabel            \033[0mone"));
    assert_non_null (strstr (text, "\033[1;33m! Long"));
    free (text);
    text = printed (ascii, show_fields);
    assert_null (strchr (text, '\033'));
    free (text);
}

static void show_ends (const zr_screen_t *screen)
{
    zr_screen_ends (screen, "left", "right");
    zr_screen_ends (screen, "left left left left left", "right right right");
    zr_screen_ends (screen, "left left left left left left left left left", "right");
    zr_screen_ends (screen, "left", "");
}

static void test_screen_ends_share_a_line_or_do_not (void **state)
{
    (void) state;
    assert_prints (ascii, show_ends,
                   "left                               right\n"
                   "left left left left left\n"
                   "right right right\n"
                   "left left left left left left left left\n"
                   "left\n"
                   "right\n"
                   "left\n");
}

static void show_table (const zr_screen_t *screen)
{
    zr_table_t *table = zr_table_new (screen, 2, "lre");
    ZR_HEADING (table, "tier", "queries", "model");
    ZR_ROW (table, "simple", "8,000", "a-model-with-quite-a-long-name");
    ZR_ROW (table, "x", "1", "");
    zr_table_print (table);
    zr_table_destroy (&table);
    zr_table_destroy (&table);
}

static void test_screen_table_aligns_and_cuts_only_what_is_elastic (void **state)
{
    (void) state;
    zr_screen_t wide = {.columns = 80};
    assert_prints (wide, show_table,
                   "  tier    queries  model\n"
                   "  simple    8,000  a-model-with-quite-a-long-name\n"
                   "  x             1\n");
    assert_prints (ascii, show_table,
                   "  tier    queries  model\n"
                   "  simple    8,000  a-model-with-quite...\n"
                   "  x             1\n");
    assert_prints (utf8, show_table,
                   "  tier    queries  model\n"
                   "  simple    8,000  a-model-with-quite-a\xe2\x80\xa6\n"
                   "  x             1\n");
}

static void show_amounts (const zr_screen_t *screen)
{
    zr_table_t *table = zr_table_new (screen, 0, "ld");
    ZR_HEADING (table, "tier", "cost");
    ZR_ROW (table, "a", "$1,234.50");
    ZR_ROW (table, "b", "$0.000003");
    ZR_ROW (table, "c", "-");
    zr_table_print (table);
    zr_table_destroy (&table);
}

static void test_screen_table_aligns_decimal_points (void **state)
{
    (void) state;
    assert_prints (ascii, show_amounts,
                   "tier           cost\n"
                   "a     $1,234.50\n"
                   "b         $0.000003\n"
                   "c                 -\n");
}

static void show_dispensable (const zr_screen_t *screen)
{
    zr_table_t *table = zr_table_new (screen, 0, "eRrD");
    ZR_HEADING (table, "a model of some length", "share", "queries", "cost");
    ZR_ROW (table, "x", "100.0%", "123,456,789,012", "$1,234.567890");
    zr_table_print (table);
    zr_table_destroy (&table);
}

static void test_screen_table_leaves_out_what_is_dispensable (void **state)
{
    (void) state;
    zr_screen_t wide = {.columns = 50};
    assert_prints (wide, show_dispensable,
                   "a model of...  share         queries          cost\n"
                   "x             100.0% 123,456,789,012 $1,234.567890\n");
    assert_prints (ascii, show_dispensable,
                   "a model...         queries          cost\n"
                   "x          123,456,789,012 $1,234.567890\n");
    zr_screen_t narrow = {.columns = 36};
    assert_prints (narrow, show_dispensable,
                   "a model of some l...         queries\n"
                   "x                    123,456,789,012\n");
}

static void show_ranked (const zr_screen_t *screen)
{
    zr_table_t *table = zr_table_new (screen, 0, "lR3R1R2");
    ZR_HEADING (table, "what", "first number", "second number", "third number");
    zr_table_print (table);
    zr_table_destroy (&table);
}

static void test_screen_table_leaves_out_by_rank (void **state)
{
    (void) state;
    zr_screen_t screen = {.columns = 80};
    assert_prints (screen, show_ranked, "what  first number  second number  third number\n");
    screen.columns = 40;
    assert_prints (screen, show_ranked, "what first number third number\n");
    screen.columns = 20;
    assert_prints (screen, show_ranked, "what first number\n");
    screen.columns = 10;
    assert_prints (screen, show_ranked, "what\n");
}

static void test_screen_table_destroy_takes_nothing (void **state)
{
    (void) state;
    zr_table_t *none = NULL;
    zr_table_destroy (&none);
    zr_table_destroy (NULL);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_screen_no_text_moves_the_cursor),
        cmocka_unit_test (test_screen_other_scripts_show_where_they_can),
        cmocka_unit_test (test_screen_fields_wrap_under_themselves),
        cmocka_unit_test (test_screen_colours_only_where_asked),
        cmocka_unit_test (test_screen_ends_share_a_line_or_do_not),
        cmocka_unit_test (test_screen_table_aligns_and_cuts_only_what_is_elastic),
        cmocka_unit_test (test_screen_table_aligns_decimal_points),
        cmocka_unit_test (test_screen_table_leaves_out_what_is_dispensable),
        cmocka_unit_test (test_screen_table_leaves_out_by_rank),
        cmocka_unit_test (test_screen_table_destroy_takes_nothing),
    };
    /* wcwidth asks the locale. */
    setlocale (LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests (tests, NULL, NULL);
}
