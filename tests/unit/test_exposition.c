/* SPDX-License-Identifier: MPL-2.0
 *
 * test_exposition.c - what exposition.h promises: both text formats, families apart, labels escaped.
 */
#include "zboard/exposition.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "exposed.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static void write_all (zb_exposition_t *out)
{
    zb_exposition_family (out, ZB_COUNTER, "x_events", "Events.");
    zb_exposition_count (out, 3, "kind", "a", NULL);
    zb_exposition_count (out, 4, "kind", "b", "of", "c", NULL);
    zb_exposition_one (out, ZB_GAUGE, "x_heat", "Heat.", 1.5);
    zb_exposition_family (out, ZB_INFO, "x_build", "Build.");
    zb_exposition_sample (out, "1", "version", "0.1", NULL);
    zb_exposition_family (out, ZB_SUMMARY, "x_seconds", "Time.");
    zb_exposition_number (out, 0.25, "quantile", "0.5", NULL);
    zb_exposition_family (out, ZB_COUNTER, "x_usd", "Money.");
    zb_exposition_sample (out, "1.000000001", NULL);
    zb_exposition_end (out);
}

static void test_exposition_writes_the_format_of_prometheus (void **state)
{
    (void) state;
    exposed_t exposed_now;
    expose (&exposed_now, false);
    write_all (&exposed_now.out);
    char *text = exposed (&exposed_now);
    assert_string_equal (text,
                         "# HELP x_events_total Events.\n"
                         "# TYPE x_events_total counter\n"
                         "x_events_total{kind=\"a\"} 3\n"
                         "x_events_total{kind=\"b\",of=\"c\"} 4\n"
                         "# HELP x_heat Heat.\n"
                         "# TYPE x_heat gauge\n"
                         "x_heat 1.5\n"
                         "# HELP x_build_info Build.\n"
                         "# TYPE x_build_info gauge\n"
                         "x_build_info{version=\"0.1\"} 1\n"
                         "# HELP x_seconds Time.\n"
                         "# TYPE x_seconds summary\n"
                         "x_seconds{quantile=\"0.5\"} 0.25\n"
                         "# HELP x_usd_total Money.\n"
                         "# TYPE x_usd_total counter\n"
                         "x_usd_total 1.000000001\n");
    assert_well_formed (text, false);
    free (text);
}

static void test_exposition_writes_open_metrics (void **state)
{
    (void) state;
    exposed_t exposed_now;
    expose (&exposed_now, true);
    write_all (&exposed_now.out);
    char *text = exposed (&exposed_now);
    assert_string_equal (text,
                         "# HELP x_events Events.\n"
                         "# TYPE x_events counter\n"
                         "x_events_total{kind=\"a\"} 3\n"
                         "x_events_total{kind=\"b\",of=\"c\"} 4\n"
                         "# HELP x_heat Heat.\n"
                         "# TYPE x_heat gauge\n"
                         "x_heat 1.5\n"
                         "# HELP x_build Build.\n"
                         "# TYPE x_build info\n"
                         "x_build_info{version=\"0.1\"} 1\n"
                         "# HELP x_seconds Time.\n"
                         "# TYPE x_seconds summary\n"
                         "x_seconds{quantile=\"0.5\"} 0.25\n"
                         "# HELP x_usd Money.\n"
                         "# TYPE x_usd counter\n"
                         "x_usd_total 1.000000001\n"
                         "# EOF\n");
    assert_well_formed (text, true);
    free (text);
}

static void test_exposition_escapes_values_of_labels (void **state)
{
    (void) state;
    static const struct {
        const char *value, *written;
    } table [] = {
        {"", ""},
        {"plain", "plain"},
        {"a\"b", "a\\\"b"},
        {"a\\b", "a\\\\b"},
        {"a\nb", "a\\nb"},
        {"\\n", "\\\\n"}, /* not a line's end: two characters */
        {"\\\"\n", "\\\\\\\"\\n"},
        {"{a=1} # b, 'c'", "{a=1} # b, 'c'"},
        {"caf\303\251\t", "caf\303\251\t"},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        for (int format = 0; format < 2; format++) {
            char line [128];
            exposed_t exposed_now;
            expose (&exposed_now, format);
            zb_exposition_family (&exposed_now.out, ZB_GAUGE, "x", "X.");
            zb_exposition_count (&exposed_now.out, 1, "l", table [i].value, "m", table [i].value, NULL);
            char *text = exposed (&exposed_now);
            snprintf (line, sizeof line, "x{l=\"%s\",m=\"%s\"} 1", table [i].written, table [i].written);
            assert_exposes (text, line);
            free (text);
        }
}

static void test_exposition_writes_numbers_as_they_were (void **state)
{
    (void) state;
    static const struct {
        double value;
        const char *written;
    } table [] = {
        {0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {123456789.123456, "123456789.123456"},
        {1e-9, "1e-09"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1767225600, "1767225600"},
        {NAN, "NaN"},
        {-NAN, "NaN"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        char line [64];
        exposed_t exposed_now;
        expose (&exposed_now, false);
        zb_exposition_one (&exposed_now.out, ZB_GAUGE, "x", "X.", table [i].value);
        char *text = exposed (&exposed_now);
        snprintf (line, sizeof line, "x %s", table [i].written);
        assert_exposes (text, line);
        free (text);
    }
}

static void test_exposition_writes_counts_whole (void **state)
{
    (void) state;
    static const uint64_t counts [] = {0, 1, UINT64_C (9007199254740993), UINT64_MAX};
    for (size_t i = 0; i < COUNT (counts); i++) {
        char line [64];
        exposed_t exposed_now;
        expose (&exposed_now, true);
        zb_exposition_family (&exposed_now.out, ZB_COUNTER, "x", "X.");
        zb_exposition_count (&exposed_now.out, counts [i], NULL);
        char *text = exposed (&exposed_now);
        snprintf (line, sizeof line, "x_total %llu", (unsigned long long) counts [i]);
        assert_exposes (text, line);
        free (text);
    }
}

/* Any double is a line that can be read. */
static void test_exposition_of_any_number_is_well_formed (void **state)
{
    (void) state;
    uint64_t bits = 88172645463325252;
    for (int i = 0; i < 10000; i++) {
        double value;
        exposed_t exposed_now;
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        memcpy (&value, &bits, sizeof value);
        expose (&exposed_now, i & 1);
        zb_exposition_one (&exposed_now.out, ZB_COUNTER, "x", "X.", value);
        zb_exposition_end (&exposed_now.out);
        char *text = exposed (&exposed_now);
        assert_well_formed (text, i & 1);
        double read = strtod (strstr (text, "x_total ") + (i & 1 ? 8 : 0), NULL);
        if ((i & 1) && !isnan (value) && fabs (value) > DBL_MIN)
            assert_true (fabs (read - value) <= fabs (value) * 1e-14);
        free (text);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_exposition_writes_the_format_of_prometheus),
        cmocka_unit_test (test_exposition_writes_open_metrics),
        cmocka_unit_test (test_exposition_escapes_values_of_labels),
        cmocka_unit_test (test_exposition_writes_numbers_as_they_were),
        cmocka_unit_test (test_exposition_writes_counts_whole),
        cmocka_unit_test (test_exposition_of_any_number_is_well_formed),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
