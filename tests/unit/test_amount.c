/* SPDX-License-Identifier: MPL-2.0
 *
 * test_amount.c - numbers as a person reads them.
 */
#include "zreport/show/amount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof (array) / sizeof (array) [0])
#define NANO INT64_C (1000000000)

static void test_amount_money_shows_exact_sums_rounded_once (void **state)
{
    (void) state;
    static const struct {
        int64_t nanousd;
        int decimals;
        const char *text;
    } table [] = {
        {0, 4, "$0.0000"},
        {1, 9, "$0.000000001"},
        {49999, 4, "$0.0000"},
        {50000, 4, "$0.0001"},
        {-50000, 4, "-$0.0001"},
        {-49999, 4, "$0.0000"}, /* no minus before nothing */
        {12345612345, 4, "$12.3456"},
        {999999950000, 4, "$1,000.0000"},
        {1234 * NANO, 0, "$1,234"},
        {1234567 * NANO + 890000000, 2, "$1,234,567.89"},
        {INT64_MAX, 9, "$9,223,372,036.854775807"},
        {INT64_MIN, 9, "-$9,223,372,036.854775808"},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_string_equal (zr_amount_money (table [i].nanousd, table [i].decimals).text, table [i].text);
}

static void test_amount_money_never_shows_something_as_nothing (void **state)
{
    (void) state;
    assert_int_equal (zr_amount_decimals (0), 4);
    assert_int_equal (zr_amount_decimals (12 * NANO), 4);
    assert_int_equal (zr_amount_decimals (NANO / 100), 4);
    assert_int_equal (zr_amount_decimals (-NANO / 1000), 6);
    assert_int_equal (zr_amount_decimals (NANO / 100000), 9);
    assert_int_equal (zr_amount_decimals (INT64_MIN), 4);
}

static void test_amount_dollars_show_what_a_person_wants (void **state)
{
    (void) state;
    static const struct {
        int64_t nanousd;
        const char *text;
    } table [] = {
        {0, "$0.00"},
        {1, "$0.000000001"},
        {-999, "-$0.000000999"},
        {7826, "$0.000008"},
        {999999, "$0.001000"},
        {4200000, "$0.0042"},
        {999999999, "$1.0000"},
        {NANO, "$1.00"},
        {12344999999, "$12.34"},
        {-1234567 * NANO, "-$1,234,567.00"},
        {INT64_MIN, "-$9,223,372,036.85"},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_string_equal (zr_amount_dollars (table [i].nanousd).text, table [i].text);
}

static void test_amount_exact_is_what_the_wire_has (void **state)
{
    (void) state;
    assert_string_equal (zr_amount_exact (0).text, "0.000000000");
    assert_string_equal (zr_amount_exact (-12000000001).text, "-12.000000001");
    assert_string_equal (zr_amount_exact (INT64_MIN).text, "-9223372036.854775808");
}

static void test_amount_tokens_have_three_digits (void **state)
{
    (void) state;
    static const struct {
        int64_t number;
        const char *text;
    } table [] = {
        {0, "0"},
        {9999, "9,999"},
        {10000, "10.0k"},
        {99949, "99.9k"},
        {99950, "100k"},
        {999499, "999k"},
        {999500, "1.00M"},
        {12345678, "12.3M"},
        {999500000, "1.00B"},
        {-5, "-5"},
        {INT64_C (1) << 50, "1126T"}, /* and more where there is no greater unit */
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_string_equal (zr_amount_tokens (table [i].number).text, table [i].text);
}

static void test_amount_steps_are_in_whole_units (void **state)
{
    (void) state;
    assert_string_equal (zr_amount_step (60).text, "1 min");
    assert_string_equal (zr_amount_step (5400).text, "90 min");
    assert_string_equal (zr_amount_step (7200).text, "2 h");
    assert_string_equal (zr_amount_step (86400).text, "1 d");
    assert_string_equal (zr_amount_step (61).text, "61 s");
}

static void test_amount_a_share_is_never_shown_as_nothing (void **state)
{
    (void) state;
    assert_string_equal (zr_amount_share (0, 1000000).text, "0.0%");
    assert_string_equal (zr_amount_share (1, 1000000).text, "<0.1%");
    assert_string_equal (zr_amount_share (1, 2000).text, "0.1%");
    assert_string_equal (zr_amount_share (1, 0).text, "-");
    assert_string_equal (zr_amount_share (999999, 1000000).text, ">99.9%"); /* nor as all */
    assert_string_equal (zr_amount_share (9994, 10000).text, "99.9%");
    assert_string_equal (zr_amount_share (7, 7).text, "100.0%");
}

static void test_amount_reads_exact_decimals (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int64_t nanousd;
    } table [] = {
        {"0.000000000", 0},
        {"0.000000001", 1},
        {"-0.000000001", -1},
        {"1200.123412345", 1200123412345},
        {"12", 12 * NANO},
        {"-7.5", -7500000000},
        {"9223372036.854775807", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        json_t *value = json_string (table [i].text);
        int64_t nanousd = -42;
        assert_true (zr_amount_read (value, &nanousd));
        assert_int_equal (nanousd, table [i].nanousd);
        json_decref (value);
    }
}

static void test_amount_refuses_what_is_no_amount (void **state)
{
    (void) state;
    static const char *const table [] = {
        "",
        "-",
        ".",
        "1.2.3",
        "1e5",
        "12 ",
        "+1",
        "nan",
        "0.0000000001",
        "9223372036.854775808",
        "99999999999999999999",
    };
    int64_t nanousd = -42;
    for (size_t i = 0; i < COUNT (table); i++) {
        json_t *value = json_string (table [i]);
        assert_false (zr_amount_read (value, &nanousd));
        json_decref (value);
    }
    assert_false (zr_amount_read (NULL, &nanousd));
    assert_false (zr_amount_read (json_true (), &nanousd));
    json_t *huge = json_real (1e300);
    assert_false (zr_amount_read (huge, &nanousd));
    json_decref (huge);
    assert_int_equal (nanousd, -42);
}

static void test_amount_reads_rounded_numbers (void **state)
{
    (void) state;
    int64_t nanousd;
    json_t *real = json_real (12.3456), *integer = json_integer (3);
    assert_true (zr_amount_read (real, &nanousd));
    assert_int_equal (nanousd, 12345600000);
    assert_true (zr_amount_read (integer, &nanousd));
    assert_int_equal (nanousd, 3 * NANO);
    json_decref (real);
    json_decref (integer);
}

static void test_amount_groups_and_names_units (void **state)
{
    (void) state;
    assert_string_equal (zr_amount_count (0).text, "0");
    assert_string_equal (zr_amount_count (999).text, "999");
    assert_string_equal (zr_amount_count (1000).text, "1,000");
    assert_string_equal (zr_amount_count (INT64_MIN).text, "-9,223,372,036,854,775,808");
    assert_string_equal (zr_amount_share (648, 1000).text, "64.8%");
    assert_string_equal (zr_amount_share (0, 0).text, "-");
    assert_string_equal (zr_amount_bytes (512).text, "512 bytes");
    assert_string_equal (zr_amount_bytes (12345678).text, "11.8 MiB");
    assert_string_equal (zr_amount_span (59).text, "59 s");
    assert_string_equal (zr_amount_span (3599).text, "59 min 59 s");
    assert_string_equal (zr_amount_span (11700).text, "3 h 15 min");
    assert_string_equal (zr_amount_span (90000).text, "1 d 1 h");
    assert_string_equal (zr_amount_time (0).text, "1970-01-01 00:00:00 UTC");
    assert_string_equal (zr_amount_time (1784988331999).text, "2026-07-25 14:05:31 UTC");
}

static void test_amount_times_have_the_digits_that_matter (void **state)
{
    (void) state;
    assert_string_equal (zr_amount_took (0).text, "0.00 ms");
    assert_string_equal (zr_amount_took (-1).text, "0.00 ms");
    assert_string_equal (zr_amount_took (0.042).text, "0.04 ms");
    assert_string_equal (zr_amount_took (0.996).text, "1.0 ms");
    assert_string_equal (zr_amount_took (1.24).text, "1.2 ms");
    assert_string_equal (zr_amount_took (9.96).text, "10 ms");
    assert_string_equal (zr_amount_took (310.7).text, "311 ms");
    assert_string_equal (zr_amount_took (999.6).text, "1.0 s");
    assert_string_equal (zr_amount_took (3249).text, "3.2 s");
    assert_string_equal (zr_amount_took (59960).text, "1 min 0 s");
    assert_string_equal (zr_amount_took (11520000).text, "3 h 12 min");
}

static void test_amount_ages_are_one_unit (void **state)
{
    (void) state;
    assert_string_equal (zr_amount_age (-5).text, "0.0 s");
    assert_string_equal (zr_amount_age (299).text, "0.2 s");
    assert_string_equal (zr_amount_age (999).text, "0.9 s");
    assert_string_equal (zr_amount_age (1999).text, "1 s");
    assert_string_equal (zr_amount_age (59999).text, "59 s");
    assert_string_equal (zr_amount_age (400000).text, "6 min");
    assert_string_equal (zr_amount_age (86399999).text, "23 h");
    assert_string_equal (zr_amount_age (864000000).text, "10 d");
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_amount_money_shows_exact_sums_rounded_once),
        cmocka_unit_test (test_amount_money_never_shows_something_as_nothing),
        cmocka_unit_test (test_amount_dollars_show_what_a_person_wants),
        cmocka_unit_test (test_amount_exact_is_what_the_wire_has),
        cmocka_unit_test (test_amount_tokens_have_three_digits),
        cmocka_unit_test (test_amount_steps_are_in_whole_units),
        cmocka_unit_test (test_amount_a_share_is_never_shown_as_nothing),
        cmocka_unit_test (test_amount_reads_exact_decimals),
        cmocka_unit_test (test_amount_refuses_what_is_no_amount),
        cmocka_unit_test (test_amount_reads_rounded_numbers),
        cmocka_unit_test (test_amount_groups_and_names_units),
        cmocka_unit_test (test_amount_times_have_the_digits_that_matter),
        cmocka_unit_test (test_amount_ages_are_one_unit),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
