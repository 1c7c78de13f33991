/* SPDX-License-Identifier: MPL-2.0
 *
 * test_envelope.c - what envelope.h promises: a reply is a result, a refusal, or none of zcost's.
 */
#include "bus/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "quoted.h"
#include "wire/json.h"

typedef struct {
    void *bytes;
    size_t size;
} packed_t;

/* A map, as a daemon would send it. */
static packed_t packed (const char *text)
{
    packed_t self;
    json_t *json = json_of (text);
    assert_int_equal (zc_json_pack (json, &self.bytes, &self.size), 0);
    json_decref (json);
    return self;
}

static zc_envelope_t opened (const char *text)
{
    zc_envelope_t reply;
    packed_t bytes = packed (text);
    memset (&reply, 0x5a, sizeof reply); /* it is written whole */
    zc_envelope_open (bytes.bytes, bytes.size, &reply);
    free (bytes.bytes);
    return reply;
}

static void test_envelope_gives_the_result (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "{'ok': true, 'query': 'ping', 'result': {'version': '0.1.0'}}",
        "{'result': {'version': '0.1.0'}, 'ok': true}",
        "{'ok': true, 'result': {'version': '0.1.0'}, 'error': {'code': 'x', 'message': 'y'}, 'later': [1]}",
    };
    json_t *expected = json_of ("{'version': '0.1.0'}");
    for (size_t i = 0; i < COUNT (texts); i++) {
        zc_envelope_t reply = opened (texts [i]);
        assert_int_equal (reply.kind, ZC_REPLY_RESULT);
        assert_true (json_equal (reply.result, expected));
        assert_string_equal (reply.code, "");
        assert_string_equal (reply.message, "");
        json_decref (reply.result); /* ours, and the last */
    }
    json_decref (expected);
}

static void test_envelope_tells_a_refusal (void **state)
{
    (void) state;
    static const struct {
        const char *text, *code, *message;
    } table [] = {
        {"{'ok': false, 'error': {'code': 'bad_request', 'message': 'no query'}}", "bad_request", "no query"},
        {"{'ok': false, 'error': {'code': 'unavailable'}}", "unavailable", ""},
        {"{'ok': false, 'error': {'message': 'why not'}}", "", "why not"},
        {"{'ok': false, 'error': {'code': '', 'message': ''}}", "", ""},
        {"{'ok': false, 'error': {'code': 7, 'message': 'x'}}", "", "x"},
        {"{'ok': false, 'result': {}, 'error': {'code': 'c', 'message': 'm'}}", "c", "m"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_envelope_t reply = opened (table [i].text);
        assert_int_equal (reply.kind, ZC_REPLY_REFUSAL);
        assert_null (reply.result);
        assert_string_equal (reply.code, table [i].code);
        assert_string_equal (reply.message, table [i].message);
    }
}

static void test_envelope_cuts_what_is_too_long_to_show (void **state)
{
    (void) state;
    char text [2000], words [1001];
    memset (words, 'w', sizeof words - 1);
    words [sizeof words - 1] = '\0';
    snprintf (text, sizeof text, "{'ok': false, 'error': {'code': '%.100s', 'message': '%s'}}", words, words);
    zc_envelope_t reply = opened (text);
    assert_int_equal (reply.kind, ZC_REPLY_REFUSAL);
    assert_int_equal (strlen (reply.code), sizeof reply.code - 1);
    assert_int_equal (strlen (reply.message), sizeof reply.message - 1);
}

static void test_envelope_tells_what_is_none (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "{}",
        "[]",
        "null",
        "1",
        "'ok'",
        "[true, {}]",
        "{'ok': true}",
        "{'ok': true, 'result': null}",
        "{'ok': true, 'result': []}",
        "{'ok': true, 'result': 1}",
        "{'ok': 1, 'result': {}}",
        "{'ok': 'true', 'result': {}}",
        "{'ok': null, 'result': {}}",
        "{'result': {}}",
        "{'ok': false}",
        "{'ok': false, 'error': null}",
        "{'ok': false, 'error': 'bad_request'}",
        "{'ok': false, 'error': {}}",
        "{'ok': false, 'error': {'code': 1, 'message': 2}}",
        "{'ok': false, 'error': [{'code': 'x'}]}",
        "{'ok': false, 'result': {}}",
        "{'ok': 0, 'error': {'code': 'c', 'message': 'm'}}",
    };
    for (size_t i = 0; i < COUNT (texts); i++) {
        zc_envelope_t reply = opened (texts [i]);
        if (reply.kind != ZC_REPLY_FOREIGN || reply.result ||
            strcmp (reply.message, "neither a result nor an error") != 0)
            fail_msg ("%s: %d %s", texts [i], reply.kind, reply.message);
        assert_string_equal (reply.code, "");
    }
}

static void test_envelope_cut_short_is_foreign (void **state)
{
    (void) state;
    static const char *const texts [] = {
        "{'ok': true, 'query': 'report', 'result': {'a': [1, 2.5, 'three', null, true], 'b': {'c': -70000}}}",
        "{'ok': false, 'error': {'code': 'too_large', 'message': 'over 100,000 points'}}",
    };
    for (size_t i = 0; i < COUNT (texts); i++) {
        packed_t whole = packed (texts [i]);
        for (size_t size = 0; size < whole.size; size++) {
            zc_envelope_t reply;
            char *copy = malloc (size ? size : 1); /* so that a byte too far is seen */
            memcpy (copy, whole.bytes, size);
            zc_envelope_open (copy, size, &reply);
            assert_int_equal (reply.kind, ZC_REPLY_FOREIGN);
            assert_null (reply.result);
            assert_string_not_equal (reply.message, "");
            free (copy);
        }
        free (whole.bytes);
    }
}

static void test_envelope_with_more_behind_it_is_foreign (void **state)
{
    (void) state;
    packed_t whole = packed ("{'ok': true, 'result': {}}");
    zc_envelope_t reply;
    char *longer = malloc (whole.size + 1);
    memcpy (longer, whole.bytes, whole.size);
    longer [whole.size] = '\0';
    zc_envelope_open (longer, whole.size + 1, &reply);
    assert_int_equal (reply.kind, ZC_REPLY_FOREIGN);
    free (longer);
    free (whole.bytes);
}

/* Headers that promise gigabytes: nothing is believed, and nothing allocated. */
static void test_envelope_believes_no_header (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
    } table [] = {
        {BYTES ("\xdf\xff\xff\xff\xff")},
        {BYTES ("\xdd\xff\xff\xff\xff")},
        {BYTES ("\xdb\xff\xff\xff\xff")},
        {BYTES ("\xc6\xff\xff\xff\xff")},
        {BYTES ("\xc9\xff\xff\xff\xff\x01")},
        {BYTES ("\xdf\x7f\xff\xff\xff\xa2ok\xc3")},
        {BYTES ("\x82\xa2ok\xc3\xa6result\xdf\xff\xff\xff\xff")},
        {BYTES ("\x82\xa2ok\xc3\xa6result\xdd\x80\x00\x00\x00\xa1x")},
        {BYTES ("\x82\xa2ok\xc3\xdb\xff\xff\xff\xf0result\x80")},
        {BYTES ("\xc1")},
        {BYTES ("\x81\x01\x02")},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_envelope_t reply;
        zc_envelope_open (table [i].bytes, table [i].size, &reply);
        assert_int_equal (reply.kind, ZC_REPLY_FOREIGN);
        assert_string_equal (reply.code, "");
    }
}

static void test_envelope_nested_without_end_is_foreign (void **state)
{
    (void) state;
    static char deep [1 << 20];
    zc_envelope_t reply;
    memset (deep, '\x91', sizeof deep);
    zc_envelope_open (deep, sizeof deep, &reply);
    assert_int_equal (reply.kind, ZC_REPLY_FOREIGN);
    assert_string_equal (reply.message, "nested too deeply");
}

/* More values than we read: said as the daemon would say it. */
static void test_envelope_of_too_many_values_is_too_large (void **state)
{
    (void) state;
    const size_t count = ZC_JSON_VALUES_MAX + 10;
    zc_envelope_t reply;
    char *bytes = malloc (5 + count);
    memset (bytes, 0x01, 5 + count);
    bytes [0] = '\xdd';
    for (int i = 0; i < 4; i++)
        bytes [1 + i] = (char) (count >> (24 - 8 * i));
    zc_envelope_open (bytes, 5 + count, &reply);
    assert_int_equal (reply.kind, ZC_REPLY_FOREIGN);
    assert_string_equal (reply.code, "too_large");
    assert_string_equal (reply.message, "too many values");
    free (bytes);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_envelope_gives_the_result),
        cmocka_unit_test (test_envelope_tells_a_refusal),
        cmocka_unit_test (test_envelope_cuts_what_is_too_long_to_show),
        cmocka_unit_test (test_envelope_tells_what_is_none),
        cmocka_unit_test (test_envelope_cut_short_is_foreign),
        cmocka_unit_test (test_envelope_with_more_behind_it_is_foreign),
        cmocka_unit_test (test_envelope_believes_no_header),
        cmocka_unit_test (test_envelope_nested_without_end_is_foreign),
        cmocka_unit_test (test_envelope_of_too_many_values_is_too_large),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
