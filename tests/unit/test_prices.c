/* SPDX-License-Identifier: MPL-2.0
 *
 * test_prices.c - what prices.h promises of finding a model's price and of what a call costs. How a
 * table is read is in test_prices_json.c.
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

#define RATE "{\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 1e-06}"

static void test_prices_resolve_a_name (void **state)
{
    (void) state;
    zc_prices_t *prices = read_table ("{\"gpt-4o\": " RATE ", \"gpt-4o-2024-05-13\": " RATE ", \"claude-4\": " RATE
                                      ", \"azure/gpt-4o\": " RATE ", \"vertex_ai/deep/model\": " RATE
                                      ", \"deep/other\": " RATE ", \"o1-2024-12-17\": " RATE "}");
    static const struct {
        const char *name;
        zc_resolved_t resolved;
        const char *entry;
    } table [] = {
        {"gpt-4o", ZC_EXACT, "gpt-4o"},
        {"gpt-4o-2024-05-13", ZC_EXACT, "gpt-4o-2024-05-13"}, /* its own entry before the undated one */
        {"azure/gpt-4o", ZC_EXACT, "azure/gpt-4o"},
        {"gpt-4o-2024-08-06", ZC_WITHOUT_DATE, "gpt-4o"},
        {"gpt-4o-20240806", ZC_WITHOUT_DATE, "gpt-4o"},
        {"claude-4@20250514", ZC_WITHOUT_DATE, "claude-4"},
        {"azure/gpt-4o-2024-08-06", ZC_WITHOUT_DATE, "azure/gpt-4o"},
        {"openai/gpt-4o", ZC_WITHOUT_PROVIDER, "gpt-4o"},
        {"openai/gpt-4o-2024-05-13", ZC_WITHOUT_PROVIDER, "gpt-4o-2024-05-13"},
        {"openai/gpt-4o-2024-08-06", ZC_WITHOUT_PROVIDER, "gpt-4o"},
        {"bedrock/eu/claude-4@20250514", ZC_WITHOUT_PROVIDER, "claude-4"},
        {"x/deep/other", ZC_WITHOUT_PROVIDER, "deep/other"},
        {"", ZC_UNPRICED, NULL},
        {"gpt", ZC_UNPRICED, NULL},
        {"GPT-4O", ZC_UNPRICED, NULL},
        {"gpt-4o ", ZC_UNPRICED, NULL},
        {"gpt-4o-mini", ZC_UNPRICED, NULL},
        {"o1", ZC_UNPRICED, NULL}, /* a date is taken away, never added */
        {"gpt-4o-2024-08-0", ZC_UNPRICED, NULL},
        {"gpt-4o-2024-0806", ZC_UNPRICED, NULL},
        {"gpt-4o-202408061", ZC_UNPRICED, NULL},
        {"gpt-4o@2024-08-06", ZC_UNPRICED, NULL},
        {"gpt-4o20240806", ZC_UNPRICED, NULL},
        {"-20240806", ZC_UNPRICED, NULL},
        {"openai/", ZC_UNPRICED, NULL},
        {"/", ZC_UNPRICED, NULL},
        {"other", ZC_UNPRICED, NULL},
        {"gpt-4o/openai", ZC_UNPRICED, NULL},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_resolved_t resolved = ZC_EXACT;
        const zc_price_t *price = zc_prices_find (prices, str_of (table [i].name), &resolved);
        if (resolved != table [i].resolved || !price != !table [i].entry)
            fail_msg ("\"%s\": %s", table [i].name, zc_prices_resolved_name (resolved));
        if (price)
            assert_string_equal (price->name, table [i].entry);
        /* The cache answers as the search does, at once and again. */
        assert_ptr_equal (zc_prices_recall (prices, str_of (table [i].name)), price);
        assert_ptr_equal (zc_prices_recall (prices, str_of (table [i].name)), price);
    }
    zc_prices_destroy (&prices);
    assert_null (prices);
    zc_prices_destroy (&prices);
    zc_prices_destroy (NULL);
}

static void test_prices_names_how_it_resolved (void **state)
{
    (void) state;
    assert_string_equal (zc_prices_resolved_name (ZC_EXACT), "exact");
    assert_string_equal (zc_prices_resolved_name (ZC_WITHOUT_DATE), "without_date");
    assert_string_equal (zc_prices_resolved_name (ZC_WITHOUT_PROVIDER), "without_provider");
    assert_string_equal (zc_prices_resolved_name (ZC_UNPRICED), "unpriced");
}

/* Names that are found and names that are not, many more than the cache holds, in turns. */
static void test_prices_recall_agrees_with_find (void **state)
{
    (void) state;
    enum { MODELS = 3000 };
    char *text = malloc (MODELS * 100);
    assert_non_null (text);
    size_t size = 0;
    for (int i = 0; i < MODELS; i++)
        size += (size_t) sprintf (text + size, "%s\"m%d\": {\"input_cost_per_token\": %de-12}", i ? "," : "{", i, i);
    text [size++] = '}';
    text [size] = '\0';
    zc_prices_t *prices = read_table (text);
    free (text);
    assert_int_equal (zc_prices_count (prices), MODELS);
    for (int i = 0; i < 4 * MODELS; i++) {
        char name [32];
        int n = i * 7919 % (2 * MODELS);
        sprintf (name, "m%d", n);
        const zc_price_t *price = zc_prices_recall (prices, str_of (name));
        if (n >= MODELS)
            assert_null (price);
        else
            assert_int_equal (price->rates.input, n * INT64_C (1000000));
    }
    zc_prices_destroy (&prices);
}

static void test_prices_recall_takes_a_name_of_any_length (void **state)
{
    (void) state;
    char text [512], name [ZC_MODEL_MAX + 2];
    memset (name, 'n', sizeof name);
    snprintf (text, sizeof text, "{\"%.*s\": " RATE "}", ZC_MODEL_MAX, name);
    zc_prices_t *prices = read_table (text);
    for (uint32_t size = 0; size <= ZC_MODEL_MAX + 1; size++)
        assert_int_equal (zc_prices_recall (prices, (zc_str_t){name, size}) != NULL, size == ZC_MODEL_MAX);
    zc_prices_destroy (&prices);
}

/* --------------------------------------------------------------------- a call */

static void test_prices_cost_of_a_call (void **state)
{
    (void) state;
    zc_prices_t *prices = read_table (
        "{\"m\": {\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 4e-06,"
        " \"cache_read_input_token_cost\": 1e-07, \"cache_creation_input_token_cost\": 2e-06,"
        " \"output_cost_per_reasoning_token\": 5e-06,"
        " \"input_cost_per_token_above_200k_tokens\": 1e-05, \"output_cost_per_token_above_200k_tokens\": 4e-05}}");
    static const struct {
        zc_tokens_t tokens;
        int64_t nanousd;
    } table [] = {
        {{1000, 0, 0, 100, 0}, 1400000},
        {{1000, 500, 200, 100, 40}, 300 * 1000 + 500 * 100 + 200 * 2000 + 60 * 4000 + 40 * 5000},
        {{200000, 0, 0, 1, 0}, 200004000},  /* at the limit: plain */
        {{200001, 0, 0, 1, 0}, 2000050000}, /* one more: all of it is dear, the output too */
    };
    zc_resolved_t resolved;
    const zc_price_t *price = zc_prices_find (prices, str_of ("m"), &resolved);
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t nanousd;
        assert_int_equal (zc_price_cost (price, &table [i].tokens, &nanousd), 0);
        assert_int_equal (nanousd, table [i].nanousd);
    }
    zc_prices_destroy (&prices);
}

/* A call that tells only the parts of its input is as long as they are together. */
static void test_prices_parts_without_a_whole_make_a_long_call (void **state)
{
    (void) state;
    zc_prices_t *prices = read_table (
        "{\"m\": {\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 0,"
        " \"input_cost_per_token_above_200k_tokens\": 1e-05}}");
    zc_resolved_t resolved;
    const zc_price_t *price = zc_prices_find (prices, str_of ("m"), &resolved);
    int64_t nanousd;
    assert_int_equal (zc_price_cost (price, &(zc_tokens_t){.cache_read = 100000, .cache_write = 100001}, &nanousd), 0);
    assert_int_equal (nanousd, 200001 * 10000);
    zc_prices_destroy (&prices);
}

static void test_prices_output_without_a_rate_has_no_price (void **state)
{
    (void) state;
    zc_prices_t *prices = simple_table ();
    zc_resolved_t resolved;
    const zc_price_t *embed = zc_prices_find (prices, str_of ("embed"), &resolved);
    int64_t nanousd = -7;
    assert_false (embed->has_output);
    assert_int_equal (zc_price_cost (embed, &(zc_tokens_t){.input = 10, .output = 1}, &nanousd), 1);
    assert_int_equal (zc_price_cost (embed, &(zc_tokens_t){.input = 10, .reasoning = 1}, &nanousd), 1);
    assert_int_equal (nanousd, -7);
    assert_int_equal (zc_price_cost (embed, &(zc_tokens_t){.input = 10}, &nanousd), 0);
    assert_int_equal (nanousd, 50);
    const zc_price_t *dear = zc_prices_find (prices, str_of ("dear"), &resolved);
    assert_int_equal (zc_price_cost (dear, &(zc_tokens_t){.input = 1024819116}, &nanousd), -1);
    assert_int_equal (zc_price_cost (dear, &(zc_tokens_t){.input = 1024819115}, &nanousd), 0);
    zc_prices_destroy (&prices);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_prices_resolve_a_name),
        cmocka_unit_test (test_prices_names_how_it_resolved),
        cmocka_unit_test (test_prices_recall_agrees_with_find),
        cmocka_unit_test (test_prices_recall_takes_a_name_of_any_length),
        cmocka_unit_test (test_prices_cost_of_a_call),
        cmocka_unit_test (test_prices_parts_without_a_whole_make_a_long_call),
        cmocka_unit_test (test_prices_output_without_a_rate_has_no_price),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
