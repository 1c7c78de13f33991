/* SPDX-License-Identifier: MPL-2.0
 *
 * table.h - a price table for tests, with rates that can be reckoned in the head.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_TABLE_H
#define ZC_TEST_TABLE_H

#include <string.h>

#include "core/pricing/prices.h"

static inline zc_str_t str_of (const char *text)
{
    return (zc_str_t){text, (uint32_t) strlen (text)};
}

/* Reads a table that must be readable. */
static inline zc_prices_t *read_table_of (const char *text, size_t size)
{
    zc_prices_error_t error = {0};
    zc_prices_t *prices = zc_prices_new (text, size, &error);
    if (!prices)
        fail_msg ("line %d: %s", error.line, error.why);
    return prices;
}

static inline zc_prices_t *read_table (const char *text)
{
    return read_table_of (text, strlen (text));
}

/* Nano-dollars a token, input / output: gpt-4o 1000 / 2000, gpt-4o-mini 10 / 20, gpt-4.1-mini
 * 100 / 200, embed 5 / none, dear 9 USD / 9 USD. */
static inline zc_prices_t *simple_table (void)
{
    return read_table (
        "{\"gpt-4o\": {\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 2e-06},"
        " \"gpt-4o-mini\": {\"input_cost_per_token\": 1e-08, \"output_cost_per_token\": 2e-08},"
        " \"gpt-4.1-mini\": {\"input_cost_per_token\": 1e-07, \"output_cost_per_token\": 2e-07},"
        " \"embed\": {\"input_cost_per_token\": 5e-09},"
        " \"dear\": {\"input_cost_per_token\": 9, \"output_cost_per_token\": 9}}");
}

/* The same, of which gpt-4o and gpt-4o-mini have rates of a prompt cache: read at a tenth of the input, written at
 * 1.25 times of it; and `costly`, whose cache only costs: 1000 / 2000, read 1000, written 3000. */
static inline zc_prices_t *cached_table (void)
{
    return read_table (
        "{\"gpt-4o\": {\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 2e-06,"
        " \"cache_read_input_token_cost\": 1e-07, \"cache_creation_input_token_cost\": 1.25e-06},"
        " \"gpt-4o-mini\": {\"input_cost_per_token\": 1e-08, \"output_cost_per_token\": 2e-08,"
        " \"cache_read_input_token_cost\": 1e-09, \"cache_creation_input_token_cost\": 1.25e-08},"
        " \"gpt-4.1-mini\": {\"input_cost_per_token\": 1e-07, \"output_cost_per_token\": 2e-07},"
        " \"costly\": {\"input_cost_per_token\": 1e-06, \"output_cost_per_token\": 2e-06,"
        " \"cache_creation_input_token_cost\": 3e-06},"
        " \"embed\": {\"input_cost_per_token\": 5e-09, \"cache_read_input_token_cost\": 1e-09},"
        " \"dear\": {\"input_cost_per_token\": 9, \"output_cost_per_token\": 9,"
        " \"cache_read_input_token_cost\": 1e-18}}");
}

#endif
