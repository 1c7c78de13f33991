/* SPDX-License-Identifier: MPL-2.0
 *
 * test_tz_rule.c - a zone's rule means what it means to the C library.
 */
#include "civil/tz_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "clocks.h"

#define YEAR_S INT64_C (31556952)
#define DAY_S INT64_C (86400)

static zc_tz_offset_t at (const void *rule, int64_t at_s)
{
    return zc_tz_rule_at (rule, at_s);
}

static void test_tz_rule_means_what_the_c_library_reads (void **state)
{
    (void) state;
    static const char *const rules [] = {
        "UTC0",
        "CET-1",
        "<+0545>-5:45",
        "<-1234>+12:34:56",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "CET-1CEST-2,M3.5.0/2:00:00,M10.5.0/+3:00",
        "NZST-12NZDT,M9.5.0,M4.1.0/3", /* summer over the year's end */
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "IST-1GMT0,M10.5.0,M3.5.0/1",      /* Dublin: what is called summer is the winter, without an offset */
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", /* Nuuk: the evening before */
        "EET-2EEST,M3.4.4/50,M10.4.4/50",  /* Gaza: two days later */
        "IST-2IDT,M3.4.4/26,M10.5.0",      /* Jerusalem */
        "CET-1CEST,J60,J300/2:30",         /* 1 March in leap years as well */
        "CET-1CEST,J59/1,J365/23",
        "CET-1CEST,59,299/2:30", /* 29 February in leap years */
        "CET-1CEST,0/1,364/5:15:30",
        "AAA-14BBB-15,M2.5.1,M11.5.6/24",
        "AAA12BBB11:30,M2.1.3,M7.4.2/167",
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        zc_tz_rule_t rule;
        if (zc_tz_rule_parse (rules [i], &rule) == -1)
            fail_msg ("%s", rules [i]);
        set_process_zone (rules [i]);
        /* Of years before 1970 the C library takes the changes of 1970. */
        assert_same_clocks (rules [i], at, &rule, YEAR_S, 240 * YEAR_S, 11 * DAY_S + 4711);
        assert_same_clocks_now_and_then (rules [i], at, &rule, YEAR_S, 8000 * YEAR_S, 401 * DAY_S);
    }
    set_process_zone (NULL);
}

/* In these two the C library errs, for it looks at the changes of one year alone. */
static void test_tz_rule_sees_a_change_that_lies_in_the_year_before (void **state)
{
    (void) state;
    zc_tz_rule_t rule;
    int64_t begins_s = 362 * DAY_S + 23 * 3600; /* 1970-12-29 20:00, 100 hours before Sunday, 3 January */
    assert_int_equal (zc_tz_rule_parse ("AAA3BBB,M1.1.0/-100,M6.1.0", &rule), 0);
    assert_string_equal (zc_tz_rule_at (&rule, begins_s - 1).name, "AAA");
    assert_string_equal (zc_tz_rule_at (&rule, begins_s).name, "BBB");
    assert_string_equal (zc_tz_rule_at (&rule, begins_s + 5 * DAY_S).name, "BBB");
}

static void test_tz_rule_knows_summer_all_year (void **state)
{
    (void) state;
    zc_tz_rule_t rule;
    assert_int_equal (zc_tz_rule_parse ("EST5EDT,0/0,J365/25", &rule), 0); /* RFC 8536, 3.3.1 */
    for (int64_t at_s = YEAR_S; at_s < 10 * YEAR_S; at_s += 3600)
        assert_int_equal (zc_tz_rule_at (&rule, at_s).offset_s, -4 * 3600);
}

static void test_tz_rule_refuses_what_is_none (void **state)
{
    (void) state;
    static const char *const bad [] = {
        /* clang-format off */
        "", "CET", "C-1", "CE-1", "-1", "<+05-5", "<>-5", "<+5>-5", "CET-25", "CET-1:60", "CET-1:", "CET-1:00:60",
        "CET-", "CET--1", "CET-1 ", "CET-1,", "CET-1CEST", "CET-1CEST-2", "CET-1CEST,", "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,",
        "CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST,M3.5.0,M10.5.0/", "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,M3.5.0,M10.5.0/-168", "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5,M10.5.0",
        "CET-1CEST,J0,J300", "CET-1CEST,J1,J366", "CET-1CEST,366,0", "CET-1CEST,-1,0", "CET-1CEST,0001,0",
        "CET-1CE,0,9", "CET-1CEST,M3.5.0 ,M10.5.0", "\xc3\xa9\xc3\xa9-1",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ-1",
        /* clang-format on */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        zc_tz_rule_t rule;
        if (zc_tz_rule_parse (bad [i], &rule) != -1)
            fail_msg ("'%s'", bad [i]);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_tz_rule_means_what_the_c_library_reads),
        cmocka_unit_test (test_tz_rule_sees_a_change_that_lies_in_the_year_before),
        cmocka_unit_test (test_tz_rule_knows_summer_all_year),
        cmocka_unit_test (test_tz_rule_refuses_what_is_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
