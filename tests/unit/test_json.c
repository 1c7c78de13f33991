/* SPDX-License-Identifier: MPL-2.0
 *
 * test_json.c - what json.h promises of msgpack <-> JSON.
 */
#include "wire/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) (literal), sizeof (literal) - 1
#define COUNT(array) (sizeof (array) / sizeof (array) [0])

static void assert_reads_as (const char *bytes, size_t size, const char *expected)
{
    json_t *json = NULL;
    assert_int_equal (zc_json_unpack (bytes, size, &json), ZC_JSON_OK);
    char *text = zc_json_text (json, true);
    assert_non_null (text);
    assert_string_equal (text, expected);
    free (text);
    json_decref (json);
}

static void test_json_reads_every_kind (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *text;
    } table [] = {
        {BYTES ("\xc0"), "null"},
        {BYTES ("\xc2"), "false"},
        {BYTES ("\xc3"), "true"},
        {BYTES ("\x7f"), "127"},
        {BYTES ("\xe0"), "-32"},
        {BYTES ("\xcc\xff"), "255"},
        {BYTES ("\xcd\xff\xff"), "65535"},
        {BYTES ("\xce\xff\xff\xff\xff"), "4294967295"},
        {BYTES ("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), "9223372036854775807"},
        {BYTES ("\xd0\x80"), "-128"},
        {BYTES ("\xd1\x80\x00"), "-32768"},
        {BYTES ("\xd2\x80\x00\x00\x00"), "-2147483648"},
        {BYTES ("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808"},
        {BYTES ("\xca\x3f\x00\x00\x00"), "0.5"},
        {BYTES ("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"), "0.1"},
        {BYTES ("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"), "null"}, /* NaN */
        {BYTES ("\xcb\xff\xf0\x00\x00\x00\x00\x00\x00"), "null"}, /* -infinity */
        {BYTES ("\xa0"), "\"\""},
        {BYTES ("\xa2hi"), "\"hi\""},
        {BYTES ("\xd9\x02hi"), "\"hi\""},
        {BYTES ("\xda\x00\x02hi"), "\"hi\""},
        {BYTES ("\xdb\x00\x00\x00\x02hi"), "\"hi\""},
        {BYTES ("\xc4\x03\x81\xa4t"), "\"81a474\""},
        {BYTES ("\xc5\x00\x01\x00"), "\"00\""},
        {BYTES ("\xd4\x01\xfe"), "\"fe\""},
        {BYTES ("\xc7\x02\x05\xab\xcd"), "\"abcd\""},
        {BYTES ("\x90"), "[]"},
        {BYTES ("\x93\x01\x90\xc0"), "[1,[],null]"},
        {BYTES ("\xdc\x00\x01\x01"), "[1]"},
        {BYTES ("\xdd\x00\x00\x00\x01\x01"), "[1]"},
        {BYTES ("\x80"), "{}"},
        {BYTES ("\x82\xa1z\x01\xa1"
                "a\x81\xa1"
                "b\xc3"),
         "{\"z\":1,\"a\":{\"b\":true}}"},
        {BYTES ("\xde\x00\x01\xa1k\x01"), "{\"k\":1}"},
        {BYTES ("\xdf\x00\x00\x00\x01\xa1k\x01"), "{\"k\":1}"},
        {BYTES ("\x82\xa1k\x01\xa1k\x02"), "{\"k\":2}"},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_reads_as (table [i].bytes, table [i].size, table [i].text);
}

static void test_json_an_integer_over_int64_stays_a_number (void **state)
{
    (void) state;
    json_t *json;
    assert_int_equal (zc_json_unpack (BYTES ("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), &json), ZC_JSON_OK);
    assert_true (json_is_real (json));
    assert_true (json_real_value (json) == 18446744073709551616.0);
    json_decref (json);
}

static void test_json_strings_become_valid_and_steer_no_terminal (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *text;
    } table [] = {
        {BYTES ("\xa5\x1b[31m"), "\"\\u001B[31m\""},
        {BYTES ("\xa2\xc2\x9b"), "\"\\u009B\""},                /* the 8-bit CSI */
        {BYTES ("\xa2\xc3\xa9"), "\"\\u00E9\""},                /* e acute */
        {BYTES ("\xa4\xf0\x9f\x98\x80"), "\"\\uD83D\\uDE00\""}, /* a face */
        {BYTES ("\xa3"
                "a\xff"
                "b"),
         "\"a\\uFFFDb\""},
        {BYTES ("\xa1\xc3"), "\"\\uFFFD\""},            /* cut off */
        {BYTES ("\xa2\xc0\x80"), "\"\\uFFFD\\uFFFD\""}, /* an overlong NUL */
        {BYTES ("\xa3\xe0\x80\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\""},
        {BYTES ("\xa3\xed\xa0\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\""}, /* a surrogate */
        {BYTES ("\xa4\xf4\x90\x80\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\\uFFFD\""},
        {BYTES ("\xa3"
                "a\0b"),
         "\"a\\u0000b\""},
        {BYTES ("\x81\xa3"
                "a\0b\x01"),
         "{\"a\\uFFFDb\":1}"},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_reads_as (table [i].bytes, table [i].size, table [i].text);
}

static void test_json_refuses_what_is_no_single_object (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
    } table [] = {
        {BYTES ("")},
        {BYTES ("\xc1")},
        {BYTES ("\x01\x02")},             /* two objects */
        {BYTES ("\x92\x01")},             /* an element is missing */
        {BYTES ("\x81\xa1k")},            /* a value is missing */
        {BYTES ("\x81\x01\x01")},         /* a key that is no string */
        {BYTES ("\xdd\xff\xff\xff\xff")}, /* promises 4 billion elements */
        {BYTES ("\xdf\xff\xff\xff\xff\xa1k\x01")},
        {BYTES ("\xdb\xff\xff\xff\xff"
                "abc")},
        {BYTES ("\xcb\x00\x00")},
    };
    json_t *const untouched = json_true ();
    for (size_t i = 0; i < COUNT (table); i++) {
        json_t *json = untouched;
        assert_int_equal (zc_json_unpack (table [i].bytes, table [i].size, &json), ZC_JSON_EMALFORMED);
        assert_ptr_equal (json, untouched);
    }
}

static void test_json_bounds_depth_both_ways (void **state)
{
    (void) state;
    char nest [ZC_JSON_DEPTH_MAX + 2];
    memset (nest, 0x91, sizeof nest);
    nest [ZC_JSON_DEPTH_MAX] = (char) 0xc0;
    json_t *json;
    assert_int_equal (zc_json_unpack (nest, ZC_JSON_DEPTH_MAX + 1, &json), ZC_JSON_OK);

    void *bytes;
    size_t size;
    assert_int_equal (zc_json_pack (json, &bytes, &size), ZC_JSON_OK);
    assert_int_equal (size, ZC_JSON_DEPTH_MAX + 1);
    assert_memory_equal (bytes, nest, size);
    free (bytes);

    json_t *deeper = json_array ();
    json_array_append_new (deeper, json);
    assert_int_equal (zc_json_pack (deeper, &bytes, &size), ZC_JSON_EDEEP);
    json_decref (deeper);

    nest [ZC_JSON_DEPTH_MAX] = (char) 0x91;
    nest [ZC_JSON_DEPTH_MAX + 1] = (char) 0xc0;
    assert_int_equal (zc_json_unpack (nest, ZC_JSON_DEPTH_MAX + 2, &json), ZC_JSON_EDEEP);
}

static void test_json_bounds_the_number_of_values (void **state)
{
    (void) state;
    size_t size = 5 + ZC_JSON_VALUES_MAX;
    uint8_t *bytes = calloc (1, size);
    assert_non_null (bytes);
    json_t *json;
    bytes [0] = 0xdd;
    bytes [2] = ZC_JSON_VALUES_MAX >> 16;
    assert_int_equal (zc_json_unpack (bytes, size, &json), ZC_JSON_EMANY);
    free (bytes);
}

static void test_json_survives_every_truncation_and_flip (void **state)
{
    (void) state;
    static const char good [] =
        "\x84\xa2ok\xc3\xa5query\xa6report"
        "\xa1x\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a\xa6result\x93\x01\xc4\x02\xff\x00\xc0";
    for (size_t size = 0; size < sizeof good - 1; size++) {
        json_t *json;
        assert_int_equal (zc_json_unpack (good, size, &json), ZC_JSON_EMALFORMED);
    }
    for (size_t bit = 0; bit < 8 * (sizeof good - 1); bit++) {
        char flipped [sizeof good];
        memcpy (flipped, good, sizeof good);
        flipped [bit / 8] = (char) (flipped [bit / 8] ^ (1 << bit % 8));
        json_t *json;
        if (zc_json_unpack (flipped, sizeof good - 1, &json) == ZC_JSON_OK)
            json_decref (json);
    }
}

static void test_json_packs_what_it_reads_back (void **state)
{
    (void) state;
    static const char text [] =
        "{\"query\":\"rejects\","
        "\"limit\":-3,\"x\":[true,false,null,0.25,\"\",9223372036854775807],"
        "\"nul\":\"a\\u0000b\",\"where\":{\"tier\":\"simple\"}}";
    json_t *json = json_loads (text, JSON_ALLOW_NUL, NULL);
    assert_non_null (json);
    void *bytes;
    size_t size;
    assert_int_equal (zc_json_pack (json, &bytes, &size), ZC_JSON_OK);
    assert_reads_as (bytes, size, text);
    free (bytes);
    json_decref (json);
}

static void test_json_text_shows_no_binary_noise (void **state)
{
    (void) state;
    static const double numbers [] = {0.1, 0.0016, 37.5, 0, 1234567.8901, 66.7};
    json_t *array = json_array ();
    for (size_t i = 0; i < COUNT (numbers); i++)
        json_array_append_new (array, json_real (numbers [i]));
    char *text = zc_json_text (array, true);
    assert_string_equal (text, "[0.1,0.0016,37.5,0.0,1234567.8901,66.7]");
    free (text);
    text = zc_json_text (array, false);
    assert_non_null (strchr (text, '\n'));
    free (text);
    json_decref (array);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_json_reads_every_kind),
        cmocka_unit_test (test_json_an_integer_over_int64_stays_a_number),
        cmocka_unit_test (test_json_strings_become_valid_and_steer_no_terminal),
        cmocka_unit_test (test_json_refuses_what_is_no_single_object),
        cmocka_unit_test (test_json_bounds_depth_both_ways),
        cmocka_unit_test (test_json_bounds_the_number_of_values),
        cmocka_unit_test (test_json_survives_every_truncation_and_flip),
        cmocka_unit_test (test_json_packs_what_it_reads_back),
        cmocka_unit_test (test_json_text_shows_no_binary_noise),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
