/* SPDX-License-Identifier: MPL-2.0
 *
 * test_url_arguments.c - what arguments.h promises: a URL's parameters become a question's arguments, and none that is
 * wrong, comes twice or is not taken is passed over.
 */
#include "zboard/url_arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "quoted.h"
#include "wire/utf8.h"
#include "zboard/upstream.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define ALL (ZB_TAKES_WINDOW | ZB_TAKES_SERVICE | ZB_TAKES_GROUPS | ZB_TAKES_STEP)
#define X40 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define PARAMETERS_MAX 4

typedef struct {
    const char *name, *value;
} parameter_t;

static char why [160];

/* Adds them in order until one is refused. Returns 0 or -1. */
static int add_all (json_t *request, unsigned takes, const parameter_t *parameters)
{
    int rc = 0;
    *why = '\0';
    for (size_t i = 0; rc == 0 && i < PARAMETERS_MAX && parameters [i].name; i++)
        rc = zb_url_arguments_add (request, takes, parameters [i].name, parameters [i].value, why, sizeof why);
    assert_int_equal (rc == -1, *why != '\0');
    return rc;
}

/* ------------------------------------------------------------------------ what is good */

static void test_url_arguments_become_those_of_the_question (void **state)
{
    (void) state;
    static const struct {
        unsigned takes;
        parameter_t parameters [PARAMETERS_MAX];
        const char *request;
    } table [] = {
        {ZB_TAKES_WINDOW, {{"since", "5"}, {"until", "1767225600000"}}, "{'since': 5, 'until': 1767225600000}"},
        {ZB_TAKES_WINDOW, {{"until", "-7"}}, "{'until': -7}"},
        {ZB_TAKES_WINDOW, {{"since", "007"}}, "{'since': 7}"},
        {ZB_TAKES_WINDOW,
         {{"since", "9223372036854775807"}, {"until", "-9223372036854775808"}},
         "{'since': 9223372036854775807, 'until': -9223372036854775808}"},
        {ZB_TAKES_STEP, {{"step", "3600"}}, "{'step': 3600}"},
        {ZB_TAKES_GROUPS, {{"limit", "0"}}, "{'limit': 0}"},
        {ZB_TAKES_GROUPS, {{"limit", "10000"}}, "{'limit': 10000}"},
        {ZB_TAKES_SERVICE, {{"service", "search"}}, "{'service': 'search'}"},
        {ZB_TAKES_SERVICE, {{"service", ""}}, "{'service': ''}"},
        {ZB_TAKES_SERVICE, {{"service", NULL}}, "{'service': ''}"},
        {ZB_TAKES_SERVICE, {{"service", "caf\303\251"}}, "{'service': 'caf\303\251'}"},
        {ZB_TAKES_GROUPS, {{"by", "model"}}, "{'by': ['model']}"},
        {ZB_TAKES_GROUPS, {{"by", "model,tier,service"}}, "{'by': ['model', 'tier', 'service']}"},
        {ZB_TAKES_GROUPS, {{"by", ""}}, "{'by': []}"},
        {ZB_TAKES_GROUPS, {{"by", NULL}}, "{'by': []}"},
        /* What is empty between commas is a name, for the daemon to refuse. */
        {ZB_TAKES_GROUPS, {{"by", ","}}, "{'by': ['', '']}"},
        {ZB_TAKES_GROUPS, {{"by", "model,"}}, "{'by': ['model', '']}"},
        {ZB_TAKES_GROUPS, {{"by", ",model"}}, "{'by': ['', 'model']}"},
        {ZB_TAKES_GROUPS, {{"by", "a,,b"}}, "{'by': ['a', '', 'b']}"},
        {ZB_TAKES_GROUPS, {{"by", "model,model"}}, "{'by': ['model', 'model']}"},
        {ZB_TAKES_GROUPS, {{"where", "model=gpt-4o"}}, "{'where': {'model': 'gpt-4o'}}"},
        {ZB_TAKES_GROUPS, {{"where", "model="}}, "{'where': {'model': ''}}"},
        {ZB_TAKES_GROUPS, {{"where", "team=a=b,c"}}, "{'where': {'team': 'a=b,c'}}"},
        {ZB_TAKES_GROUPS,
         {{"where", "model=m"}, {"where", "tier=t"}, {"by", "service"}},
         "{'where': {'model': 'm', 'tier': 't'}, 'by': ['service']}"},
        {ALL,
         {{"since", "1"}, {"service", "s"}, {"step", "60"}, {"limit", "2"}},
         "{'since': 1, 'service': 's', 'step': 60, 'limit': 2}"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        json_t *request = json_object (), *expected = json_of (table [i].request);
        if (add_all (request, table [i].takes, table [i].parameters) != 0 || !json_equal (request, expected))
            fail_msg ("row %zu: %s, not %s (%s)", i, json_dumps (request, 0), table [i].request, why);
        json_decref (request);
        json_decref (expected);
    }
}

/* ------------------------------------------------------------------------- what is not */

static void test_url_arguments_that_are_wrong_are_told (void **state)
{
    (void) state;
    static const struct {
        unsigned takes;
        parameter_t parameters [PARAMETERS_MAX];
        const char *why;
    } table [] = {
        {ALL, {{"since", ""}}, "since: '' is not a whole number"},
        {ALL, {{"since", NULL}}, "since: '' is not a whole number"},
        {ALL, {{"until", "x"}}, "until: 'x' is not a whole number"},
        {ALL, {{"until", "1.5"}}, "until: '1.5' is not a whole number"},
        {ALL, {{"until", "1e3"}}, "until: '1e3' is not a whole number"},
        {ALL, {{"limit", "0x10"}}, "limit: '0x10' is not a whole number"},
        {ALL, {{"limit", "+5"}}, "limit: '+5' is not a whole number"},
        {ALL, {{"limit", " 5"}}, "limit: ' 5' is not a whole number"},
        {ALL, {{"limit", "5 "}}, "limit: '5 ' is not a whole number"},
        {ALL, {{"step", "-"}}, "step: '-' is not a whole number"},
        {ALL, {{"step", "--5"}}, "step: '--5' is not a whole number"},
        {ALL, {{"step", "5-3"}}, "step: '5-3' is not a whole number"},
        {ALL, {{"since", "9223372036854775808"}}, "since: '9223372036854775808' is not a whole number"},
        {ALL, {{"since", "-9223372036854775809"}}, "since: '-9223372036854775809' is not a whole number"},
        {ALL, {{"since", X40 "y"}}, "since: '" X40 "' is not a whole number"},
        {ALL, {{"where", ""}}, "where: '' is not NAME=VALUE"},
        {ALL, {{"where", NULL}}, "where: '' is not NAME=VALUE"},
        {ALL, {{"where", "model"}}, "where: 'model' is not NAME=VALUE"},
        {ALL, {{"where", "=x"}}, "where: '=x' is not NAME=VALUE"},
        {ALL, {{"", "x"}}, "unknown parameter ''"},
        {ALL, {{"Since", "1"}}, "unknown parameter 'Since'"},
        {ALL, {{"sinc", "1"}}, "unknown parameter 'sinc'"},
        {ALL, {{"query", "health"}}, "unknown parameter 'query'"},
        {ALL, {{"\xff", "1"}}, "unknown parameter '?'"},
        {ALL, {{X40 "y", "1"}}, "unknown parameter '" X40 "'"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        json_t *request = json_object ();
        if (add_all (request, table [i].takes, table [i].parameters) != -1 || strcmp (why, table [i].why) != 0)
            fail_msg ("row %zu: '%s', not '%s'", i, why, table [i].why);
        json_decref (request);
    }
}

static void test_url_arguments_that_come_twice_are_told (void **state)
{
    (void) state;
    static const parameter_t once [] = {
        {"since", "1"}, {"until", "1"}, {"limit", "1"}, {"step", "60"}, {"by", "model"}, {"by", ""}, {"service", "a"},
    };
    for (size_t i = 0; i < COUNT (once); i++) {
        const parameter_t twice [PARAMETERS_MAX] = {once [i], once [i]};
        char expected [64];
        json_t *request = json_object ();
        snprintf (expected, sizeof expected, "%s is given twice", once [i].name);
        if (add_all (request, ALL, twice) != -1 || strcmp (why, expected) != 0)
            fail_msg ("%s: '%s'", once [i].name, why);
        json_decref (request);
    }
    json_t *request = json_object ();
    const parameter_t where [PARAMETERS_MAX] = {{"where", "model=a"}, {"where", "tier=b"}, {"where", "model=c"}};
    assert_int_equal (add_all (request, ALL, where), -1);
    assert_string_equal (why, "where: model is given twice");
    json_decref (request);
}

static void test_url_arguments_that_a_route_does_not_take_are_told (void **state)
{
    (void) state;
    static const struct {
        parameter_t parameter;
        unsigned of;
    } table [] = {
        {{"since", "1"}, ZB_TAKES_WINDOW},  {{"until", "1"}, ZB_TAKES_WINDOW},   {{"service", "s"}, ZB_TAKES_SERVICE},
        {{"by", "model"}, ZB_TAKES_GROUPS}, {{"where", "a=b"}, ZB_TAKES_GROUPS}, {{"limit", "1"}, ZB_TAKES_GROUPS},
        {{"step", "60"}, ZB_TAKES_STEP},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        for (unsigned takes = 0; takes <= ALL; takes++) {
            const parameter_t one [PARAMETERS_MAX] = {table [i].parameter};
            json_t *request = json_object ();
            bool taken = add_all (request, takes, one) == 0;
            if (taken != ((takes & table [i].of) != 0) || taken != (json_object_size (request) == 1))
                fail_msg ("%s, takes %#x: %s", one->name, takes, why);
            assert_true (taken || strncmp (why, "unknown parameter", 17) == 0);
            json_decref (request);
        }
}

static void test_url_arguments_that_are_not_utf8_are_told (void **state)
{
    (void) state;
    static const struct {
        parameter_t parameter;
        const char *why; /* how it begins */
    } table [] = {
        {{"service", "\xff"}, "service: not UTF-8"}, {{"service", "caf\xe9"}, "service: not UTF-8"},
        {{"by", "\xff"}, "by: not UTF-8"},           {{"by", "model,\xff"}, "by: not UTF-8"}, /* not by model alone */
        {{"by", "\xff,model"}, "by: not UTF-8"},     {{"where", "model=\xff"}, "where: not UTF-8"},
        {{"where", "\xff=x"}, "where: not UTF-8"},   {{"since", "\xff"}, "since: '\xff' is not a whole number"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const parameter_t one [PARAMETERS_MAX] = {table [i].parameter};
        json_t *request = json_object ();
        if (add_all (request, ALL, one) != -1 || strcmp (why, table [i].why) != 0)
            fail_msg ("row %zu: '%s'", i, why);
        json_decref (request);
    }
}

/* Whatever came, it is told as JSON: what is shown of it may end within a character. */
static void test_url_arguments_refusals_are_told_in_utf8 (void **state)
{
    (void) state;
    for (size_t size = 30; size <= 48; size++) {
        char name [64];
        memset (name, 'x', size);
        strcpy (name + size, "\303\251");
        const parameter_t bad [] = {{name, "1"}, {"since", name}, {"where", name}, {"since", "\xff\xc3"}};
        for (size_t i = 0; i < COUNT (bad); i++) {
            json_t *request = json_object ();
            size_t told_size;
            assert_int_equal (zb_url_arguments_add (request, ALL, bad [i].name, bad [i].value, why, sizeof why), -1);
            char *told = zb_upstream_event_failure_text ("bad_request", why, &told_size);
            assert_non_null (told);
            assert_int_equal (told_size, strlen (told));
            assert_true (zc_utf8_valid (told, told_size));
            assert_non_null (strstr (told, "\"code\":\"bad_request\""));
            free (told);
            json_decref (request);
        }
    }
}

/* A name as long as one may be, and as many values as come. */
static void test_url_arguments_have_bounds (void **state)
{
    (void) state;
    char value [512], small [8];
    json_t *request = json_object ();
    memset (value, 'n', sizeof value);
    strcpy (value + 255, "=v");
    assert_int_equal (zb_url_arguments_add (request, ALL, "where", value, why, sizeof why), 0);
    value [255] = '\0';
    assert_string_equal (json_string_value (json_object_get (json_object_get (request, "where"), value)), "v");
    memset (value, 'n', sizeof value);
    strcpy (value + 256, "=v");
    assert_int_equal (zb_url_arguments_add (request, ALL, "where", value, why, sizeof why), -1);
    assert_int_equal (zb_url_arguments_add (request, ALL, "unknown", value, small, sizeof small), -1);
    assert_string_equal (small, "unknown");
    json_decref (request);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_url_arguments_become_those_of_the_question),
        cmocka_unit_test (test_url_arguments_that_are_wrong_are_told),
        cmocka_unit_test (test_url_arguments_that_come_twice_are_told),
        cmocka_unit_test (test_url_arguments_that_a_route_does_not_take_are_told),
        cmocka_unit_test (test_url_arguments_that_are_not_utf8_are_told),
        cmocka_unit_test (test_url_arguments_refusals_are_told_in_utf8),
        cmocka_unit_test (test_url_arguments_have_bounds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
