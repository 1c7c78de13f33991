/* SPDX-License-Identifier: MPL-2.0
 *
 * test_zone.c - what zone.h promises. The table was computed once with Python's zoneinfo, by walking through the
 * seconds around each moment.
 */
#include "civil/zone.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct {
    const char *zone;
    zc_civil_t unit;
    int64_t at;
    int ahead;
    int64_t start;
} table [] = {
    /* clang-format off */
    /* local time, and what is special about it */
    {"UTC", ZC_CIVIL_HOUR, 1795266855, 0, 1795266000}, /* 2026-11-21 13:14:15 */
    {"UTC", ZC_CIVIL_DAY, 1795266855, 0, 1795219200}, /* 2026-11-21 13:14:15 */
    {"UTC", ZC_CIVIL_WEEK, 1795266855, 0, 1794787200}, /* 2026-11-21 13:14:15: a Saturday */
    {"UTC", ZC_CIVIL_WEEK, 1795391999, 0, 1794787200}, /* 2026-11-22 23:59:59: a Sunday */
    {"UTC", ZC_CIVIL_WEEK, 1795392000, 0, 1795392000}, /* 2026-11-23 00:00:00: a Monday */
    {"UTC", ZC_CIVIL_MONTH, 1795266855, 0, 1793491200}, /* 2026-11-21 13:14:15 */
    {"UTC", ZC_CIVIL_MONTH, 1798761599, 1, 1798761600}, /* 2026-12-31 23:59:59: the year's end */
    {"UTC", ZC_CIVIL_MONTH, 1769860800, 1, 1769904000}, /* 2026-01-31 12:00:00 */
    {"UTC", ZC_CIVIL_MONTH, 1769860800, -1, 1764547200}, /* 2026-01-31 12:00:00 */
    {"UTC", ZC_CIVIL_DAY, 1709121600, 1, 1709164800}, /* 2024-02-28 12:00:00: a leap year */
    {"UTC", ZC_CIVIL_DAY, 1709121600, 2, 1709251200}, /* 2024-02-28 12:00:00 */
    {"UTC", ZC_CIVIL_DAY, 1772280000, 1, 1772323200}, /* 2026-02-28 12:00:00 */
    {"UTC", ZC_CIVIL_MONTH, 1709208000, 12, 1738368000}, /* 2024-02-29 12:00:00 */
    {"UTC", ZC_CIVIL_MONTH, 1772323200, -25, 1706745600}, /* 2026-03-01 00:00:00 */
    {"UTC", ZC_CIVIL_WEEK, 1798718400, 1, 1799020800}, /* 2026-12-31 12:00:00: a week of two years */
    {"Asia/Kathmandu", ZC_CIVIL_MONTH, 1782843300, 0, 1782843300}, /* 2026-07-01 00:00:00: +5:45 */
    {"Asia/Kathmandu", ZC_CIVIL_MONTH, 1782843299, 0, 1780251300}, /* 2026-06-30 23:59:59 */
    {"Asia/Kathmandu", ZC_CIVIL_HOUR, 1782880530, 0, 1782879300}, /* 2026-07-01 10:20:30 */
    {"Asia/Kathmandu", ZC_CIVIL_DAY, 1782880530, 0, 1782843300}, /* 2026-07-01 10:20:30 */
    {"Asia/Kathmandu", ZC_CIVIL_WEEK, 1782880530, -1, 1782065700}, /* 2026-07-01 10:20:30 */
    {"Asia/Kathmandu", ZC_CIVIL_DAY, 504902100, 0, 504901800}, /* 1986-01-01 00:20:00: 00:00 to 00:14 never were */
    {"Asia/Kathmandu", ZC_CIVIL_HOUR, 504902100, 0, 504901800}, /* 1986-01-01 00:20:00 */
    {"Europe/Madrid", ZC_CIVIL_DAY, 1774778400, 0, 1774738800}, /* 2026-03-29 12:00:00: 23 hours */
    {"Europe/Madrid", ZC_CIVIL_DAY, 1774778400, 1, 1774821600}, /* 2026-03-29 12:00:00 */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1774744200, 1, 1774746000}, /* 2026-03-29 01:30:00: 02:00 never was */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1774747800, -1, 1774742400}, /* 2026-03-29 03:30:00 */
    {"Europe/Madrid", ZC_CIVIL_DAY, 1792926000, 0, 1792879200}, /* 2026-10-25 12:00:00: 25 hours */
    {"Europe/Madrid", ZC_CIVIL_DAY, 1792926000, 1, 1792969200}, /* 2026-10-25 12:00:00 */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1792888200, 0, 1792886400}, /* 2026-10-25 02:30:00: 02:00 for the first time */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1792891800, 0, 1792890000}, /* 2026-10-25 02:30:00: and again */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1792888200, 1, 1792890000}, /* 2026-10-25 02:30:00 */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1792888200, 2, 1792893600}, /* 2026-10-25 02:30:00 */
    {"Europe/Madrid", ZC_CIVIL_HOUR, 1792895400, -3, 1792882800}, /* 2026-10-25 03:30:00 */
    {"Europe/Madrid", ZC_CIVIL_WEEK, 1792926000, 0, 1792360800}, /* 2026-10-25 12:00:00 */
    {"Europe/Madrid", ZC_CIVIL_WEEK, 1792926000, 1, 1792969200}, /* 2026-10-25 12:00:00 */
    {"Europe/Madrid", ZC_CIVIL_MONTH, 1793487599, 0, 1790805600}, /* 2026-10-31 23:59:59 */
    {"Europe/Madrid", ZC_CIVIL_MONTH, 1793487599, 1, 1793487600}, /* 2026-10-31 23:59:59 */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1775312100, 0, 1775311200}, /* 2026-04-05 01:15:00: clocks go back by half an hour */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1775313900, 0, 1775311200}, /* 2026-04-05 01:45:00 */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1775315700, 0, 1775314800}, /* 2026-04-05 01:45:00 */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1775312100, 1, 1775314800}, /* 2026-04-05 01:15:00 */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1775312100, 2, 1775316600}, /* 2026-04-05 01:15:00 */
    {"Australia/Lord_Howe", ZC_CIVIL_DAY, 1775352600, 1, 1775395800}, /* 2026-04-05 12:00:00: 24.5 hours */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1791039600, 1, 1791041400}, /* 2026-10-04 01:30:00: clocks go on by half an hour */
    {"Australia/Lord_Howe", ZC_CIVIL_HOUR, 1791039600, 2, 1791043200}, /* 2026-10-04 01:30:00 */
    {"Australia/Lord_Howe", ZC_CIVIL_DAY, 1791075600, 1, 1791118800}, /* 2026-10-04 12:00:00: 23.5 hours */
    {"America/Sao_Paulo", ZC_CIVIL_DAY, 1541340000, 0, 1541300400}, /* 2018-11-04 12:00:00: midnight never was */
    {"America/Sao_Paulo", ZC_CIVIL_DAY, 1541257200, 1, 1541300400}, /* 2018-11-03 12:00:00 */
    {"America/Sao_Paulo", ZC_CIVIL_DAY, 1541340000, 1, 1541383200}, /* 2018-11-04 12:00:00 */
    {"America/Sao_Paulo", ZC_CIVIL_DAY, 1541340000, -1, 1541214000}, /* 2018-11-04 12:00:00 */
    {"America/Sao_Paulo", ZC_CIVIL_DAY, 1518921000, 0, 1518832800}, /* 2018-02-17 23:30:00: 23:00 twice */
    {"America/Sao_Paulo", ZC_CIVIL_HOUR, 1518917400, 1, 1518919200}, /* 2018-02-17 23:30:00 */
    {"Pacific/Apia", ZC_CIVIL_DAY, 1325196000, 0, 1325152800}, /* 2011-12-29 12:00:00 */
    {"Pacific/Apia", ZC_CIVIL_DAY, 1325196000, 1, 1325239200}, /* 2011-12-29 12:00:00: the 30th never was */
    {"Pacific/Apia", ZC_CIVIL_DAY, 1325196000, 2, 1325325600}, /* 2011-12-29 12:00:00 */
    {"Pacific/Apia", ZC_CIVIL_DAY, 1325282400, -1, 1325152800}, /* 2011-12-31 12:00:00 */
    {"Pacific/Apia", ZC_CIVIL_WEEK, 1325282400, 0, 1324893600}, /* 2011-12-31 12:00:00 */
    {"Pacific/Apia", ZC_CIVIL_MONTH, 1325282400, 0, 1322733600}, /* 2011-12-31 12:00:00 */
    {"Pacific/Apia", ZC_CIVIL_HOUR, 1325241000, -1, 1325235600}, /* 2011-12-31 00:30:00 */
    {"America/St_Johns", ZC_CIVIL_DAY, 1162090800, 0, 1162089000}, /* 2006-10-28 23:30:00: 00:00, then 23:01 again */
    {"America/St_Johns", ZC_CIVIL_DAY, 1162135800, 0, 1162089000}, /* 2006-10-29 12:00:00 */
    /* clang-format on */
};

static bool has_database (void)
{
    return zc_zone_exists ("Europe/Madrid");
}

static void test_zone_starts_units_as_clocks_show_them (void **state)
{
    (void) state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!has_database () && strcmp (table [i].zone, "UTC") != 0)
            continue;
        int64_t start = zc_zone_start (table [i].zone, table [i].unit, table [i].at, table [i].ahead);
        if (start != table [i].start)
            print_error ("row %zu: %s unit %d at %lld %+d: %lld, not %lld\n", i, table [i].zone, table [i].unit,
                         (long long) table [i].at, table [i].ahead, (long long) start, (long long) table [i].start);
        assert_int_equal (start, table [i].start);
    }
    if (!has_database ())
        print_message ("only UTC was tested: there is no tz database here\n");
}

/* Every moment is in exactly one unit: the one that starts last, at it or before. */
static void test_zone_units_follow_one_another_without_a_gap (void **state)
{
    (void) state;
    static const char *const zones [] = {"UTC",
                                         "Asia/Kathmandu",
                                         "Europe/Madrid",
                                         "Australia/Lord_Howe",
                                         "America/Sao_Paulo",
                                         "America/St_Johns",
                                         "Pacific/Apia"};
    for (size_t i = 0; i < (has_database () ? sizeof zones / sizeof *zones : 1); i++)
        for (int unit = ZC_CIVIL_HOUR; unit <= ZC_CIVIL_MONTH; unit++)
            for (int64_t at = 1120000000; at < 1350000000; at += 1234567) { /* 2005 to 2012 */
                int64_t start = zc_zone_start (zones [i], unit, at, 0), next = zc_zone_start (zones [i], unit, at, 1);
                assert_true (start <= at && at < next);
                assert_int_equal (zc_zone_start (zones [i], unit, start, 0), start);
                assert_int_equal (zc_zone_start (zones [i], unit, next - 1, 0), start);
                assert_int_equal (zc_zone_start (zones [i], unit, next, -1), start);
                assert_int_equal (zc_zone_start (zones [i], unit, start - 1, 1), start);
            }
}

static void test_zone_takes_any_time (void **state)
{
    (void) state;
    static const int64_t times [] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        for (int unit = ZC_CIVIL_HOUR; unit <= ZC_CIVIL_MONTH; unit++) {
            int64_t start = zc_zone_start ("UTC", unit, times [i], 0);
            assert_int_equal (zc_zone_start ("UTC", unit, start, 0), start);
        }
}

static void test_zone_knows_which_zones_there_are (void **state)
{
    (void) state;
    static const char *const none [] = {"Europe",
                                        "Europe/",
                                        "Europe/Nowhere",
                                        "utc ",
                                        "../zoneinfo/UTC",
                                        "/etc/localtime",
                                        ":UTC",
                                        "zone.tab",
                                        "tzdata.zi",
                                        "Europe/../Europe/Madrid",
                                        "UTC\n",
                                        "UTC5",
                                        "EST5EDT4,M3.2.0,M11.1.0",
                                        " ",
                                        "Europe/Madrid\x7f"};
    assert_true (zc_zone_exists ("UTC"));
    assert_true (zc_zone_exists (""));
    assert_true (zc_zone_exists ("local"));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (zc_zone_exists (none [i]))
            print_error ("'%s'\n", none [i]);
        assert_false (zc_zone_exists (none [i]));
    }
    char longer [5000];
    memset (longer, 'a', sizeof longer - 1);
    longer [sizeof longer - 1] = '\0';
    assert_false (zc_zone_exists (longer));
    longer [ZC_ZONE_BYTES] = '\0';
    assert_false (zc_zone_exists (longer));
}

static void test_zone_looks_where_tzdir_says (void **state)
{
    (void) state;
    setenv ("TZDIR", "/nonexistent", 1);
    assert_false (zc_zone_exists ("Europe/Madrid"));
    assert_true (zc_zone_exists ("UTC")); /* needs no database */
    assert_int_equal (zc_zone_start ("UTC", ZC_CIVIL_DAY, 1795266855, 0), 1795219200);
    unsetenv ("TZDIR");
}

/* What the process had is what it has afterwards, set or not. */
static void test_zone_leaves_the_process_in_its_own (void **state)
{
    (void) state;
    static const char *const before [] = {NULL, "UTC0", "XXX-3", ""};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        if (before [i])
            setenv ("TZ", before [i], 1);
        else
            unsetenv ("TZ");
        tzset ();
        long offset = timezone;
        char text [32];
        zc_zone_start ("Asia/Kathmandu", ZC_CIVIL_DAY, 1795266855, 3);
        zc_zone_format ("Asia/Kathmandu", 1795266855, "%F", text, sizeof text);
        assert_int_equal (timezone, offset);
        assert_true (before [i] ? strcmp (getenv ("TZ"), before [i]) == 0 : getenv ("TZ") == NULL);
    }
    unsetenv ("TZ");
    tzset ();
}

static void test_zone_local_is_that_of_the_process (void **state)
{
    (void) state;
    setenv ("TZ", "XXX-3", 1);
    tzset ();
    assert_int_equal (zc_zone_start ("local", ZC_CIVIL_DAY, 1795266855, 0), 1795219200 - 3 * 3600);
    assert_int_equal (zc_zone_start ("", ZC_CIVIL_DAY, 1795266855, 0), 1795219200 - 3 * 3600);
    setenv ("TZ", "XXX+4", 1);
    tzset ();
    assert_int_equal (zc_zone_start ("", ZC_CIVIL_DAY, 1795266855, 0), 1795219200 + 4 * 3600);
    unsetenv ("TZ");
    tzset ();
}

static void test_zone_formats (void **state)
{
    (void) state;
    char text [64] = "x", small [4] = "xxx";
    assert_string_equal (zc_zone_format ("UTC", 1795266855, "%F %T %z", text, sizeof text),
                         "2026-11-21 13:14:15 +0000");
    assert_string_equal (zc_zone_format ("UTC", 1795266855, "%F", small, sizeof small), "");
    if (has_database ())
        assert_string_equal (zc_zone_format ("Asia/Kathmandu", 1795266855, "%F %T %z", text, sizeof text),
                             "2026-11-21 18:59:15 +0545");
}

/* Threads that ask for different zones at once, each of which knows its answers from before. */
typedef struct {
    const char *zone;
    int64_t day;
    char text [32];
    unsigned wrong;
} asker_t;

static void ask (asker_t *self, int64_t *ret_day, char *text, unsigned size)
{
    int64_t parsed;
    zc_zone_format (self->zone, 1795266855, "%F %T %Z", text, size);
    *ret_day = zc_zone_start (self->zone, ZC_CIVIL_DAY, 1795266855, 0);
    if (zc_zone_parse (self->zone, "2026-11-21", 0, &parsed) == -1 || parsed != *ret_day)
        self->wrong++;
}

static void *ask_again (void *self_)
{
    asker_t *self = self_;
    for (int i = 0; i < 500; i++) {
        int64_t day;
        char text [32];
        ask (self, &day, text, sizeof text);
        if (day != self->day || strcmp (text, self->text) != 0 || strcmp (getenv ("TZ"), "XXX-3") != 0)
            self->wrong++;
    }
    return NULL;
}

static void test_zone_answers_any_thread (void **state)
{
    (void) state;
    asker_t askers [] = {{.zone = "Europe/Madrid"}, {.zone = "UTC"}, {.zone = "local"}, {.zone = "America/New_York"}};
    enum { COUNT = sizeof askers / sizeof *askers };
    pthread_t threads [COUNT];
    if (!has_database ())
        skip ();
    setenv ("TZ", "XXX-3", 1);
    tzset ();
    for (size_t i = 0; i < COUNT; i++)
        ask (&askers [i], &askers [i].day, askers [i].text, sizeof askers [i].text);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal (pthread_create (&threads [i], NULL, ask_again, &askers [i]), 0);
    for (size_t i = 0; i < COUNT; i++)
        pthread_join (threads [i], NULL);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal (askers [i].wrong, 0);
    assert_string_equal (askers [0].text, "2026-11-21 14:14:15 CET");
    assert_string_equal (askers [1].text, "2026-11-21 13:14:15 UTC");
    assert_string_equal (askers [2].text, "2026-11-21 16:14:15 XXX");
    assert_string_equal (askers [3].text, "2026-11-21 08:14:15 EST");
    unsetenv ("TZ");
    tzset ();
}

#define NOW 1795266855 /* 2026-11-21 13:14:15 UTC, a Saturday */

static void test_zone_parses_what_people_write (void **state)
{
    (void) state;
    static const struct {
        const char *zone, *text;
        int64_t time;
    } good [] = {
        {"UTC", "2026-11-21", 1795219200},
        {"UTC", "2026-11-21T09:30", 1795253400},
        {"UTC", "2026-11-21 09:30", 1795253400},
        {"UTC", "2026-11-21T09:30:15", 1795253415},
        {"UTC", "2026-11-21T09:30:15Z", 1795253415},
        {"UTC", "2026-11-21T09:30+05:45", 1795232700},
        {"UTC", "2026-11-21T09:30-0300", 1795264200},
        {"UTC", "2024-02-29", 1709164800},
        {"UTC", "1970-01-01", 0},
        {"UTC", "now", NOW},
        {"UTC", "today", 1795219200},
        {"UTC", "yesterday", 1795132800},
        {"UTC", "90s", NOW - 90},
        {"UTC", "30m", NOW - 1800},
        {"UTC", "12h", NOW - 43200},
        {"UTC", "7d", NOW - 604800},
        {"UTC", "2w", NOW - 1209600},
        {"UTC", "@1795266855", 1795266855},
        {"UTC", "@0", 0},
        {"Asia/Kathmandu", "2026-11-21", 1795198500},
        {"Asia/Kathmandu", "2026-11-21T09:30Z", 1795253400},
        {"Asia/Kathmandu", "today", 1795198500},
        {"Europe/Madrid", "2026-03-29T02:30", 1774746000}, /* never was: 03:00 */
        {"Europe/Madrid", "2026-10-25T02:30", 1792888200}, /* the first of two */
        {"America/Sao_Paulo", "2018-11-04", 1541300400},   /* begins at 01:00 */
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t time = -1;
        if (!has_database () && strcmp (good [i].zone, "UTC") != 0)
            continue;
        assert_int_equal (zc_zone_parse (good [i].zone, good [i].text, NOW, &time), 0);
        if (time != good [i].time)
            print_error ("'%s'\n", good [i].text);
        assert_int_equal (time, good [i].time);
    }
}

static void test_zone_refuses_what_is_no_time (void **state)
{
    (void) state;
    static const char *const bad [] = {"",
                                       " ",
                                       "x",
                                       "tomorrow",
                                       "Today",
                                       "2026",
                                       "2026-11",
                                       "2026-1-1",
                                       "2026-13-01",
                                       "2026-00-01",
                                       "2026-02-29",
                                       "2026-04-31",
                                       "2026-11-00",
                                       "0000-01-01",
                                       "2026-11-21T",
                                       "2026-11-21T9:30",
                                       "2026-11-21T24:00",
                                       "2026-11-21T09:60",
                                       "2026-11-21T09:30:60",
                                       "2026-11-21T09:30:",
                                       "2026-11-21T09:30+",
                                       "2026-11-21T09:30+5",
                                       "2026-11-21T09:30+05:",
                                       "2026-11-21T09:30Zx",
                                       "2026-11-21x",
                                       "+2026-11-21",
                                       "-7d",
                                       "7",
                                       "7D",
                                       "7dd",
                                       "d",
                                       "1.5h",
                                       "@",
                                       "@x",
                                       "@-1",
                                       "@1x",
                                       "9999999999999d",
                                       "@99999999999999999999",
                                       "7d ",
                                       " 7d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t time = 4711;
        if (zc_zone_parse ("UTC", bad [i], NOW, &time) != -1)
            print_error ("'%s'\n", bad [i]);
        assert_int_equal (zc_zone_parse ("UTC", bad [i], NOW, &time), -1);
        assert_int_equal (time, 4711);
    }
}

int main (void)
{
    unsetenv ("TZDIR");
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_zone_starts_units_as_clocks_show_them),
        cmocka_unit_test (test_zone_units_follow_one_another_without_a_gap),
        cmocka_unit_test (test_zone_takes_any_time),
        cmocka_unit_test (test_zone_knows_which_zones_there_are),
        cmocka_unit_test (test_zone_looks_where_tzdir_says),
        cmocka_unit_test (test_zone_leaves_the_process_in_its_own),
        cmocka_unit_test (test_zone_local_is_that_of_the_process),
        cmocka_unit_test (test_zone_answers_any_thread),
        cmocka_unit_test (test_zone_formats),
        cmocka_unit_test (test_zone_parses_what_people_write),
        cmocka_unit_test (test_zone_refuses_what_is_no_time),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
