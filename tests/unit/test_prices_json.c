/* SPDX-License-Identifier: MPL-2.0
 *
 * test_prices_json.c - what prices.h promises of reading a table in LiteLLM's format.
 */
#include "core/pricing/prices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "table.h"

/* Reads a table whose only usable entry, beside a plain one, is "m" with these members. */
static zc_prices_t *read_model (const char *members, const zc_price_t **ret_price)
{
    char text [1024];
    zc_resolved_t resolved;
    snprintf (text, sizeof text, "{\"m\": {%s}, \"plain\": {\"input_cost_per_token\": 1e-06}}", members);
    zc_prices_t *prices = read_table (text);
    *ret_price = zc_prices_find (prices, str_of ("m"), &resolved);
    return prices;
}

#define INPUT "\"input_cost_per_token\": 2e-06"
#define OUTPUT "\"output_cost_per_token\": 8e-06"
#define NANO INT64_C (1000000000) /* atto-dollars */

static void test_prices_json_reads_the_base_rates (void **state)
{
    (void) state;
    static const struct {
        const char *members;
        zc_rates_t rates; /* nano-dollars a token */
        bool has_output;
    } table [] = {
        {INPUT "," OUTPUT ", \"cache_read_input_token_cost\": 1e-06, \"cache_creation_input_token_cost\": 3e-06,"
               "\"output_cost_per_reasoning_token\": 9e-06",
         {2000, 1000, 3000, 8000, 9000},
         true},
        /* A missing cache rate means the plain input rate, not free. */
        {INPUT "," OUTPUT, {2000, 2000, 2000, 8000, 8000}, true},
        {INPUT "," OUTPUT ", \"cache_read_input_token_cost\": null", {2000, 2000, 2000, 8000, 8000}, true},
        /* So does a rate of 0 for writing; reading from a cache can be free. */
        {INPUT "," OUTPUT ", \"cache_creation_input_token_cost\": 0", {2000, 2000, 2000, 8000, 8000}, true},
        {INPUT "," OUTPUT ", \"cache_creation_input_token_cost\": 0.0", {2000, 2000, 2000, 8000, 8000}, true},
        {INPUT "," OUTPUT ", \"cache_read_input_token_cost\": 0", {2000, 0, 2000, 8000, 8000}, true},
        {INPUT ", \"output_cost_per_token\": 0", {2000, 2000, 2000, 0, 0}, true},
        {INPUT, {2000, 2000, 2000, 0, 0}, false},
        /* What this bus does not know is passed over. */
        {INPUT "," OUTPUT ", \"input_cost_per_audio_token\": 1, \"mode\": \"chat\", \"x\": [1], \"y\": {\"z\": -1}",
         {2000, 2000, 2000, 8000, 8000},
         true},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const zc_price_t *price;
        zc_prices_t *prices = read_model (table [i].members, &price);
        assert_non_null (price);
        assert_int_equal (price->rates.input, table [i].rates.input * NANO);
        assert_int_equal (price->rates.cache_read, table [i].rates.cache_read * NANO);
        assert_int_equal (price->rates.cache_write, table [i].rates.cache_write * NANO);
        assert_int_equal (price->rates.output, table [i].rates.output * NANO);
        assert_int_equal (price->rates.reasoning, table [i].rates.reasoning * NANO);
        assert_int_equal (price->has_output, table [i].has_output);
        assert_int_equal (price->above_tokens, 0);
        zc_prices_destroy (&prices);
    }
}

/* Rates are the decimals that were written, not the doubles that JSON makes of them. */
static void test_prices_json_reads_rates_exactly (void **state)
{
    (void) state;
    static const struct {
        const char *number;
        int64_t atto;
    } table [] = {
        {"5.46875e-07", 546875000000},
        {"1.5e-07", 150000000000},
        {"0.00000015", 150000000000},
        {"3e-07", 300000000000},
        {"1.875e-08", 18750000000},
        {"2.19e-06", 2190000000000},
        {"1e-18", 1},
        {"1e-19", 0},
        {"0", 0},
        {"0.1", 100000000000000000},
        {"9", 9000000000000000000},
        {"1.234567890123456e-06", 1234567890123},
        {"8.8e-07", 880000000000},
        {"0.00022", 220000000000000},
        {"7.000000000000001e-08", 70000000000},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        char members [128];
        const zc_price_t *price;
        snprintf (members, sizeof members, "\"input_cost_per_token\": %s", table [i].number);
        zc_prices_t *prices = read_model (members, &price);
        assert_non_null (price);
        if (price->rates.input != table [i].atto)
            fail_msg ("%s: %lld", table [i].number, (long long) price->rates.input);
        zc_prices_destroy (&prices);
    }
}

#define ABOVE "_above_200k_tokens\": "

static void test_prices_json_reads_a_long_context_price (void **state)
{
    (void) state;
    static const struct {
        const char *members;
        zc_rates_t rates;
    } table [] = {
        {INPUT "," OUTPUT ", \"cache_read_input_token_cost\": 1e-06, \"cache_creation_input_token_cost\": 3e-06,"
               "\"input_cost_per_token" ABOVE "4e-06, \"output_cost_per_token" ABOVE "9e-06,"
               "\"cache_read_input_token_cost" ABOVE "5e-07, \"cache_creation_input_token_cost" ABOVE "7e-06",
         {4000, 500, 7000, 9000, 9000}},
        /* Parts without a long rate of their own do what they did: follow the whole, or stay. */
        {INPUT "," OUTPUT ", \"input_cost_per_token" ABOVE "4e-06, \"output_cost_per_token" ABOVE "9e-06",
         {4000, 4000, 4000, 9000, 9000}},
        {INPUT "," OUTPUT ", \"cache_read_input_token_cost\": 1e-06, \"output_cost_per_reasoning_token\": 3e-06,"
               "\"input_cost_per_token" ABOVE "4e-06, \"output_cost_per_token" ABOVE "9e-06",
         {4000, 1000, 4000, 9000, 3000}},
        {INPUT "," OUTPUT ", \"input_cost_per_token" ABOVE "4e-06", {4000, 4000, 4000, 8000, 8000}},
        {INPUT "," OUTPUT ", \"input_cost_per_token" ABOVE "4e-06, \"cache_creation_input_token_cost" ABOVE "0",
         {4000, 4000, 4000, 8000, 8000}},
        /* Other service than the plain one is not ours. */
        {INPUT "," OUTPUT ", \"input_cost_per_token" ABOVE "4e-06,"
               "\"input_cost_per_token_above_272k_tokens_priority\": 1",
         {4000, 4000, 4000, 8000, 8000}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const zc_price_t *price;
        zc_prices_t *prices = read_model (table [i].members, &price);
        assert_non_null (price);
        assert_int_equal (price->above_tokens, 200000);
        assert_int_equal (price->long_rates.input, table [i].rates.input * NANO);
        assert_int_equal (price->long_rates.cache_read, table [i].rates.cache_read * NANO);
        assert_int_equal (price->long_rates.cache_write, table [i].rates.cache_write * NANO);
        assert_int_equal (price->long_rates.output, table [i].rates.output * NANO);
        assert_int_equal (price->long_rates.reasoning, table [i].rates.reasoning * NANO);
        zc_prices_destroy (&prices);
    }
}

/* Each entry that is not taken is named, with a reason; the others are read. */
static void test_prices_json_refuses_single_entries_with_a_reason (void **state)
{
    (void) state;
    static const char *const table [] = {
        OUTPUT,
        "",
        "\"input_cost_per_token\": null",
        "\"input_cost_per_second\": 0.01",
        "\"input_cost_per_token\": \"2e-06\"",
        "\"input_cost_per_token\": true",
        "\"input_cost_per_token\": -1e-06",
        "\"input_cost_per_token\": 10",
        "\"input_cost_per_token\": 1e300",
        INPUT ", \"output_cost_per_token\": -1",
        INPUT ", \"output_cost_per_token\": \"free\"",
        INPUT ", \"cache_read_input_token_cost\": -1",
        INPUT ", \"cache_creation_input_token_cost\": []",
        INPUT ", \"output_cost_per_reasoning_token\": 99",
        INPUT ", \"input_cost_per_token" ABOVE "-1",
        INPUT ", \"input_cost_per_token" ABOVE "4e-06, \"output_cost_per_token" ABOVE "\"x\"",
        INPUT ", \"input_cost_per_token" ABOVE "4e-06, \"input_cost_per_token_above_272k_tokens\": 5e-06",
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const zc_price_t *price;
        zc_prices_t *prices = read_model (table [i], &price);
        size_t count;
        const zc_price_refused_t *refused = zc_prices_refused (prices, &count);
        if (price || count != 1)
            fail_msg ("row %zu: {%s} was taken", i, table [i]);
        assert_string_equal (refused [0].name, "m");
        assert_true (strlen (refused [0].why) > 0);
        assert_int_equal (zc_prices_count (prices), 1);
        zc_prices_destroy (&prices);
    }
}

static void test_prices_json_refuses_entries_that_are_no_models (void **state)
{
    (void) state;
    char text [2048], longest [ZC_MODEL_MAX + 2];
    memset (longest, 'n', sizeof longest);
    longest [ZC_MODEL_MAX + 1] = '\0';
    snprintf (text, sizeof text,
              "{\"plain\": {" INPUT "}, \"a\": 1, \"b\": null, \"c\": [], \"d\": \"x\", \"sample_spec\": {" INPUT
              "},"
              " \"\": {" INPUT "}, \"%s\": {" INPUT "}, \"%s\": {" INPUT "}}",
              longest, longest + 1);
    zc_prices_t *prices = read_table (text);
    size_t count;
    const zc_price_refused_t *refused = zc_prices_refused (prices, &count);
    assert_int_equal (zc_prices_count (prices), 2); /* plain, and the name of 128 bytes */
    assert_int_equal (count, 7);
    for (size_t i = 0; i < count; i++)
        assert_true (refused [i].name && refused [i].why && strlen (refused [i].why) > 0);
    zc_prices_destroy (&prices);
}

static void test_prices_json_refuses_a_table_that_is_none (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int line; /* 0: it is about the whole */
    } table [] = {
        {"", 1},
        {"{", 1},
        {"not json", 1},
        {"{\n\"m\": {" INPUT "},\n oops}", 3},
        {"{\"m\": {" INPUT "}", 1},
        {"{\"m\": {" INPUT "}}\nx", 2},
        {"{\"m\": {\"input_cost_per_token\": 1e999}}", 1},
        {"{\"m\": {" INPUT "}, \"\xff\": {}}", 1},
        {"[]", 0},
        {"[{}]", 0},
        {"{}", 0},
        {"{\"m\": {}}", 0},
        {"{\"m\": 1}", 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_prices_error_t error = {.line = -1};
        size_t size = strlen (table [i].text);
        char *copy = malloc (size ? size : 1); /* no NUL is there to be read */
        assert_non_null (copy);
        memcpy (copy, table [i].text, size);
        assert_null (zc_prices_new (copy, size, &error));
        free (copy);
        if (error.line != table [i].line || strlen (error.why) == 0 || strchr (error.why, '\n'))
            fail_msg ("row %zu: line %d: \"%s\"", i, error.line, error.why);
    }
}

/* ----------------------------------------------------------------- real tables */

/* The built-in table has what the defaults of the tiers and the baseline name. */
static void test_prices_json_reads_the_builtin_table_whole (void **state)
{
    (void) state;
    zc_prices_t *prices = read_table_of (zc_prices_builtin, zc_prices_builtin_size);
    size_t refused;
    zc_prices_refused (prices, &refused);
    assert_int_equal (refused, 0);
    assert_true (zc_prices_count (prices) >= 24);
    static const struct {
        const char *name;
        zc_rates_t rates;
    } table [] = {
        {"gpt-4o", {2500, 1250, 2500, 10000, 10000}},
        {"gpt-4o-mini", {150, 75, 150, 600, 600}},
        {"gpt-4.1-mini", {400, 100, 400, 1600, 1600}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_resolved_t resolved;
        const zc_price_t *price = zc_prices_find (prices, str_of (table [i].name), &resolved);
        assert_non_null (price);
        assert_int_equal (resolved, ZC_EXACT);
        assert_true (price->has_output);
        assert_int_equal (price->rates.input, table [i].rates.input * NANO);
        assert_int_equal (price->rates.cache_read, table [i].rates.cache_read * NANO);
        assert_int_equal (price->rates.cache_write, table [i].rates.cache_write * NANO);
        assert_int_equal (price->rates.output, table [i].rates.output * NANO);
        assert_int_equal (price->rates.reasoning, table [i].rates.reasoning * NANO);
    }
    zc_prices_destroy (&prices);
}

/* Beside the checkout, where it is there: 218 entries, one of them priced by the second, one by the
 * image. */
static void test_prices_json_reads_the_public_table (void **state)
{
    (void) state;
    FILE *file = fopen (ZC_SOURCE_DIR "/../shared/data/prices.json", "rb");
    if (!file) {
        print_message ("../shared/data/prices.json is not there: skipped\n");
        skip ();
    }
    static char text [4 << 20];
    size_t size = fread (text, 1, sizeof text, file);
    fclose (file);
    zc_prices_t *prices = read_table_of (text, size);
    size_t count;
    const zc_price_refused_t *refused = zc_prices_refused (prices, &count);
    assert_int_equal (zc_prices_count (prices), 216);
    assert_int_equal (count, 2);
    assert_string_equal (refused [0].name, "gemini-2.0-flash-exp-image-generation");
    assert_non_null (strstr (refused [0].why, "priced per image"));
    assert_string_equal (refused [1].name, "gpt-realtime-whisper");
    assert_non_null (strstr (refused [1].why, "input_cost_per_token"));
    /* A rate for writing to the cache of 0 is no gift. */
    zc_resolved_t resolved;
    const zc_price_t *price = zc_prices_find (prices, str_of ("deepseek-v4-pro"), &resolved);
    assert_non_null (price);
    assert_int_equal (price->rates.cache_write, price->rates.input);
    zc_prices_destroy (&prices);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_prices_json_reads_the_base_rates),
        cmocka_unit_test (test_prices_json_reads_rates_exactly),
        cmocka_unit_test (test_prices_json_reads_a_long_context_price),
        cmocka_unit_test (test_prices_json_refuses_single_entries_with_a_reason),
        cmocka_unit_test (test_prices_json_refuses_entries_that_are_no_models),
        cmocka_unit_test (test_prices_json_refuses_a_table_that_is_none),
        cmocka_unit_test (test_prices_json_reads_the_builtin_table_whole),
        cmocka_unit_test (test_prices_json_reads_the_public_table),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
