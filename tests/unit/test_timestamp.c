/* SPDX-License-Identifier: MPL-2.0
 *
 * test_timestamp.c - the times that traces carry, and those that are none.
 */
#include "zreplay/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof (array) / sizeof (array) [0])
#define SECOND 1000000000ll

static void test_timestamp_reads_what_traces_write (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int64_t ns;
    } table [] = {
        {"2023-11-16 18:17:03.9799600", 1700158623 * SECOND + 979960000},
        {"2024-05-10 00:00:00.009930+00:00", 1715299200 * SECOND + 9930000},
        {"2023-11-16T18:17:03Z", 1700158623 * SECOND},
        {"2023-11-16t18:17:03z", 1700158623 * SECOND},
        {"2023-11-16  18:17:03 +01:30", 1700158623 * SECOND - 5400 * SECOND},
        {"2023-11-16 18:17:03-0800", 1700158623 * SECOND + 28800 * SECOND},
        {"2023-11-16 18:17:03+05", 1700158623 * SECOND - 18000 * SECOND},
        {"2023-11-16 18:17:03.123456789987", 1700158623 * SECOND + 123456789},
        {"2024-02-29 23:59:60", 1709251200 * SECOND}, /* a leap second is the next one */
        {"1970-01-01 00:00:00", 0},
        {"2023-11-16", 1700092800 * SECOND},
        {"2024-02-29", 1709164800 * SECOND},
        {"1970-01-01", 0},
        {"2199-12-31 23:59:59", 7258118399 * SECOND},
        {"0", 0},
        {"1700158623979", 1700158623 * SECOND + 979000000},
        {"1700158623.5", 1700158623 * SECOND + 500000000},
        {"7.", 7 * SECOND},
        {"1700158623.979", 1700158623 * SECOND + 979000000}, /* the double is a little less */
        {"1700158623.000001", 1700158623 * SECOND + 1000},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t ns = -1;
        if (zc_timestamp_parse (table [i].text, &ns) || ns != table [i].ns)
            fail_msg ("%s: %lld", table [i].text, (long long) ns);
    }
}

static void test_timestamp_refuses_what_is_no_time (void **state)
{
    (void) state;
    static const char *const table [] = {
        "",
        " ",
        "now",
        "-1",
        "1e9",
        "2023-11-16 ",
        "2023-11-16T",
        "2023-11-16Z",
        "2023-11",
        "2023-02-29",
        "2023-11-16 18:17",
        "2023-11-16 24:00:00",
        "2023-11-16 18:60:00",
        "2023-11-16 18:17:61",
        "2023-13-16 18:17:03",
        "2023-00-16 18:17:03",
        "2023-02-29 00:00:00",
        "2023-04-31 00:00:00",
        "2023-11-16 18:17:03.",
        "2023-11-16 18:17:03.x",
        "2023-11-16 18:17:03 x",
        "2023-11-16 18:17:03+",
        "2023-11-16 18:17:03+1",
        "2023-11-16 18:17:03+24:00",
        "2023-11-16 18:17:03+01:60",
        "2023-11-16 18:17:03+01:",
        "2023-11-16 18:17:03Zx",
        "2023-11-1618:17:03",
        "2023-11-16+01:00",
        "1969-12-31",
        "2200-01-01",
        "2023-1-16 18:17:03",
        "1969-12-31 23:59:59",
        "1970-01-01 00:00:00+01:00",
        "2200-01-01 00:00:00",
        "7258118400000",
        "9999999999999999999",
        "1.5.5",
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t ns = 42;
        if (zc_timestamp_parse (table [i], &ns) == 0)
            fail_msg ("%s was taken for %lld", table [i], (long long) ns);
        assert_int_equal (ns, 42);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_timestamp_reads_what_traces_write),
        cmocka_unit_test (test_timestamp_refuses_what_is_no_time),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
