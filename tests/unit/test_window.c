/* SPDX-License-Identifier: MPL-2.0
 *
 * test_window.c - which time a command of zreport is about.
 */
#include "zreport/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof (array) / sizeof (array) [0])
#define DAY INT64_C (86400)
#define HOUR INT64_C (3600)

#define NOW INT64_C (1795353072) /* 2026-11-22 13:11:12 UTC, a Sunday */
#define TODAY INT64_C (1795305600)

static zr_interval_t periods [ZR_PERIODS_MAX];

static zr_window_t read_window (const char *since, const char *until, const char *last, const zc_civil_t *unit)
{
    zr_window_words_t words = {since, until, last};
    zr_window_t window = {0};
    char mistake [200] = "";
    assert_int_equal (zr_window_read (&words, "UTC", NOW, unit, &window, mistake, sizeof mistake), 0);
    assert_string_equal (mistake, "");
    return window;
}

static void test_window_durations (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int64_t seconds; /* 0: refused */
    } table [] = {
        {"60", 60},
        {"90s", 90},
        {"5m", 300},
        {"1h", HOUR},
        {"1d", DAY},
        {"2w", 14 * DAY},
        {"0", 0},
        {"-1h", 0},
        {"+1h", 0},
        {" 1h", 0},
        {"1h ", 0},
        {"h", 0},
        {"", 0},
        {"1.5h", 0},
        {"1hh", 0},
        {"1mo", 0},
        {"1y", 0},
        {"0x10", 0},
        {"3660d", 3660 * DAY},
        {"3661d", 0},
        {"9999999999999999999w", 0},
        {"9223372036854775807w", 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t seconds = -7;
        assert_int_equal (zr_window_duration_read (table [i].text, &seconds), table [i].seconds > 0);
        assert_int_equal (seconds, table [i].seconds > 0 ? table [i].seconds : -7);
    }
}

static void test_window_last_is_back_from_now (void **state)
{
    (void) state;
    static const struct {
        const char *last;
        int64_t back_s; /* from the minute that is running */
    } table [] = {{"30m", 1800},    {"24h", DAY},      {"7d", 7 * DAY},
                  {"2w", 14 * DAY}, {"1mo", 31 * DAY}, {"12mo", 365 * DAY}};
    for (size_t i = 0; i < COUNT (table); i++) {
        zr_window_t window = read_window (NULL, NULL, table [i].last, NULL);
        assert_true (window.has_since && !window.has_until);
        assert_int_equal (window.since_s, NOW - NOW % 60 - table [i].back_s);
    }
}

static void test_window_last_is_whole_units_where_periods_are_asked_for (void **state)
{
    (void) state;
    static const struct {
        zc_civil_t unit;
        const char *last;
        int64_t since_s, until_s;
    } table [] = {
        {ZC_CIVIL_DAY, "1d", TODAY, TODAY + DAY},
        {ZC_CIVIL_DAY, "7d", TODAY - 6 * DAY, TODAY + DAY},
        {ZC_CIVIL_HOUR, "24h", TODAY + 13 * HOUR - 23 * HOUR, TODAY + 14 * HOUR},
        {ZC_CIVIL_HOUR, "2d", TODAY - DAY, TODAY + 14 * HOUR},
        {ZC_CIVIL_WEEK, "1w", TODAY - 6 * DAY, TODAY + DAY}, /* a Sunday ends its week */
        {ZC_CIVIL_DAY, "2w", TODAY - 13 * DAY, TODAY + DAY},
        {ZC_CIVIL_MONTH, "1mo", TODAY - 21 * DAY, TODAY + 9 * DAY},
        {ZC_CIVIL_MONTH, "12mo", TODAY - 21 * DAY - 335 * DAY, TODAY + 9 * DAY}, /* from December of the year before */
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zr_window_t window = read_window (NULL, NULL, table [i].last, &table [i].unit);
        assert_true (window.has_since && window.has_until);
        assert_int_equal (window.since_s, table [i].since_s);
        assert_int_equal (window.until_s, table [i].until_s);
    }
}

static void test_window_edges_are_whole_minutes (void **state)
{
    (void) state;
    zr_window_t window = read_window ("@61", "@121", NULL, NULL);
    assert_int_equal (window.since_s, 60);
    assert_int_equal (window.until_s, 180);
    window = read_window ("@60", "@120", NULL, NULL);
    assert_int_equal (window.since_s, 60);
    assert_int_equal (window.until_s, 120);
}

static void test_window_nothing_said_is_no_window (void **state)
{
    (void) state;
    zr_window_t window = read_window (NULL, NULL, NULL, NULL);
    assert_false (window.has_since);
    assert_false (window.has_until);
    window = read_window (NULL, "yesterday", NULL, NULL);
    assert_false (window.has_since);
    assert_int_equal (window.until_s, TODAY - DAY);
}

static void test_window_mistakes_are_named (void **state)
{
    (void) state;
    static const struct {
        zr_window_words_t words;
        const char *named;
    } table [] = {
        {{.since = "soon"}, "--since: \'soon'"},
        {{.since = "2026-02-30"}, "--since: \'2026-02-30'"},
        {{.since = "1d", .until = "never"}, "--until: \'never'"},
        {{.last = "7"}, "--last: \'7'"},
        {{.last = "0d"}, "--last: \'0d'"},
        {{.last = "1000000h"}, "--last: \'1000000h'"},
        {{.last = "week"}, "--last: \'week'"},
        {{.since = "2026-11-23"}, "empty"},
        {{.since = "2026-11-20", .until = "2026-11-20"}, "empty"},
        {{.since = "2026-11-20", .until = "2026-11-19"}, "empty"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zr_window_t window = {.since_s = 42};
        char mistake [200] = "";
        assert_int_equal (zr_window_read (&table [i].words, "UTC", NOW, NULL, &window, mistake, sizeof mistake), -1);
        assert_non_null (strstr (mistake, table [i].named));
        assert_int_equal (window.since_s, 42);
    }
}

static void test_window_periods_follow_each_other (void **state)
{
    (void) state;
    zr_window_t window = {true, true, TODAY - 2 * DAY + 5 * HOUR, TODAY + 7 * HOUR};
    assert_int_equal (zr_window_cut (&window, "UTC", ZC_CIVIL_DAY, periods), 3);
    assert_int_equal (periods [0].since_s, TODAY - 2 * DAY + 5 * HOUR); /* cut off by the window */
    assert_int_equal (periods [0].until_s, TODAY - DAY);
    assert_int_equal (periods [1].since_s, TODAY - DAY);
    assert_int_equal (periods [2].since_s, TODAY);
    assert_int_equal (periods [2].until_s, TODAY + 7 * HOUR);
}

static void test_window_a_day_of_summer_time_has_its_own_length (void **state)
{
    (void) state;
    if (!zc_zone_exists ("Europe/Madrid"))
        skip (); /* no tz database */
    static const struct {
        int64_t day_s; /* its midnight in Madrid */
        int64_t hours;
    } table [] = {{INT64_C (1774738800), 23}, {INT64_C (1792879200), 25}}; /* 2026-03-29, 2026-10-25 */
    for (size_t i = 0; i < COUNT (table); i++) {
        zr_window_t window = {true, true, table [i].day_s, table [i].day_s + table [i].hours * HOUR};
        assert_int_equal (zr_window_cut (&window, "Europe/Madrid", ZC_CIVIL_DAY, periods), 1);
        assert_int_equal (zr_window_cut (&window, "Europe/Madrid", ZC_CIVIL_HOUR, periods), table [i].hours);
        for (int64_t hour = 0; hour < table [i].hours; hour++)
            assert_int_equal (periods [hour].since_s, table [i].day_s + hour * HOUR);
    }
}

static void test_window_too_many_periods_are_counted_no_further (void **state)
{
    (void) state;
    zr_window_t window = {true, true, 0, ZR_PERIODS_MAX * HOUR};
    assert_int_equal (zr_window_cut (&window, "UTC", ZC_CIVIL_HOUR, periods), ZR_PERIODS_MAX);
    window.until_s += 1000 * DAY;
    assert_int_equal (zr_window_cut (&window, "UTC", ZC_CIVIL_HOUR, periods), ZR_PERIODS_MAX + 1);
}

static void test_window_text (void **state)
{
    (void) state;
    char text [ZR_WINDOW_BYTES];
    assert_string_equal (zr_window_text ("UTC", TODAY, TODAY + DAY, text), "2026-11-22 00:00 to 2026-11-23 00:00 UTC");
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_window_durations),
        cmocka_unit_test (test_window_last_is_back_from_now),
        cmocka_unit_test (test_window_last_is_whole_units_where_periods_are_asked_for),
        cmocka_unit_test (test_window_edges_are_whole_minutes),
        cmocka_unit_test (test_window_nothing_said_is_no_window),
        cmocka_unit_test (test_window_mistakes_are_named),
        cmocka_unit_test (test_window_periods_follow_each_other),
        cmocka_unit_test (test_window_a_day_of_summer_time_has_its_own_length),
        cmocka_unit_test (test_window_too_many_periods_are_counted_no_further),
        cmocka_unit_test (test_window_text),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
