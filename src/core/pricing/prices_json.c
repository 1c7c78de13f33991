/* SPDX-License-Identifier: MPL-2.0
 *
 * prices_json.c - reads a price table in LiteLLM's format.
 *
 * Source of the format: model_prices_and_context_window.json of the LiteLLM project. Rates of a
 * call that this bus does not know (audio, images, seconds, characters, batch and priority
 * service) are passed over: their tokens take the base rate.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/pricing/prices.h"
#include "core/pricing/prices_internal.h"

#define KEY_MAX 96

/* The shortest decimal that gives a double back: the one that was written down. The caller frees. */
static char *shortest_decimal (const json_t *value)
{
    for (size_t digits = 15; digits < 17; digits++) {
        char *text = json_dumps (value, JSON_ENCODE_ANY | JSON_REAL_PRECISION (digits));
        if (!text || strtod (text, NULL) == json_number_value (value))
            return text;
        free (text);
    }
    return json_dumps (value, JSON_ENCODE_ANY | JSON_REAL_PRECISION (17));
}

/* The rate of `key` in atto-dollars a token. Returns 1: it is there, 0: it is not, -1: it is no
 * rate. */
static int read_rate (const json_t *entry, const char *key, int64_t *ret_rate)
{
    const json_t *value = json_object_get (entry, key);
    if (!value || json_is_null (value))
        return 0;
    if (!json_is_number (value))
        return -1;
    int64_t rate = -1;
    char *text = shortest_decimal (value);
    int rc = text ? zc_money_parse (text, ZC_RATE_DECIMALS, &rate) : -1;
    free (text);
    if (rc == -1 || rate < 0)
        return -1;
    *ret_rate = rate;
    return 1;
}

static const char input_key [] = "input_cost_per_token";
static const char output_key [] = "output_cost_per_token";
static const char read_key [] = "cache_read_input_token_cost";
static const char write_key [] = "cache_creation_input_token_cost";
static const char reasoning_key [] = "output_cost_per_reasoning_token";

/* Whether something but tokens costs something. An entry that is 0 throughout is free. */
static bool is_priced_otherwise (json_t *entry)
{
    const char *key;
    json_t *value;
    json_object_foreach (entry, key, value) {
        bool is_cost = strstr (key, "_cost_per_") && !strstr (key, "token");
        if (is_cost && json_number_value (value) > 0)
            return true;
    }
    return false;
}

/* The base rates. A missing cache rate means the plain input rate, not free, and so does a rate of
 * 0 for writing to the cache; reasoning without a rate of its own is plain output. */
static const char *read_base (json_t *entry, zc_price_t *price)
{
    zc_rates_t *rates = &price->rates;
    int input = read_rate (entry, input_key, &rates->input);
    int output = read_rate (entry, output_key, &rates->output);
    if (input == 0)
        return "no input_cost_per_token: not priced per token";
    price->has_output = output == 1;
    rates->cache_read = rates->cache_write = rates->input;
    int read = read_rate (entry, read_key, &rates->cache_read);
    int write = read_rate (entry, write_key, &rates->cache_write);
    if (write == 1 && rates->cache_write == 0)
        rates->cache_write = rates->input;
    rates->reasoning = rates->output;
    int reasoning = read_rate (entry, reasoning_key, &rates->reasoning);
    if (input < 0 || output < 0 || read < 0 || write < 0 || reasoning < 0)
        return "a rate is not a number from 0 to 9 USD per token";
    if (rates->input == 0 && rates->output == 0 && is_priced_otherwise (entry))
        return "priced per image, second, character or page, not per token";
    return NULL;
}

/* How many tokens `key` is about, if it is "input_cost_per_token_above_Nk_tokens"; else 0. */
static int64_t long_context_of (const char *key)
{
    static const char begin [] = "input_cost_per_token_above_";
    if (strncmp (key, begin, sizeof begin - 1) != 0)
        return 0;
    char *end;
    long thousands = strtol (key + sizeof begin - 1, &end, 10);
    return strcmp (end, "k_tokens") == 0 && thousands > 0 && thousands < 1000000 ? 1000 * (int64_t) thousands : 0;
}

/* The rate of a long call: its own, under `key` and then "_above_Nk_tokens", else `fallback`. */
static int read_long_rate (const json_t *entry, const char *key, const char *above, int64_t fallback, int64_t *ret_rate)
{
    char long_key [KEY_MAX];
    if (strlen (key) + strlen (above) >= sizeof long_key)
        return -1;
    strcpy (long_key, key);
    strcat (long_key, above);
    *ret_rate = fallback;
    return read_rate (entry, long_key, ret_rate);
}

/* What a part without a long rate of its own costs: what its whole does where it did so before. */
static int64_t follow (int64_t part, int64_t whole, int64_t long_whole)
{
    return part == whole ? long_whole : part;
}

static const char *read_long (json_t *entry, zc_price_t *price)
{
    const char *key, *above = NULL;
    json_t *value;
    json_object_foreach (entry, key, value) {
        int64_t tokens = long_context_of (key);
        if (tokens && above)
            return "more than one long-context price";
        if (tokens) {
            price->above_tokens = tokens;
            above = key + strlen (input_key);
        }
    }
    if (!above)
        return NULL;
    const zc_rates_t *base = &price->rates;
    zc_rates_t *rates = &price->long_rates;
    int bad = read_long_rate (entry, input_key, above, base->input, &rates->input) < 0;
    bad |= read_long_rate (entry, output_key, above, base->output, &rates->output) < 0;
    int64_t cache_read = follow (base->cache_read, base->input, rates->input);
    bad |= read_long_rate (entry, read_key, above, cache_read, &rates->cache_read) < 0;
    int64_t cache_write = follow (base->cache_write, base->input, rates->input);
    bad |= read_long_rate (entry, write_key, above, cache_write, &rates->cache_write) < 0;
    if (rates->cache_write == 0)
        rates->cache_write = rates->input;
    rates->reasoning = follow (base->reasoning, base->output, rates->output);
    return bad ? "a long-context rate is not a number from 0 to 9 USD per token" : NULL;
}

/* Reads one entry; returns why not, or NULL. */
static const char *read_entry (const char *name, json_t *entry, zc_price_t *price)
{
    if (!json_is_object (entry))
        return "not an object";
    if (strcmp (name, "sample_spec") == 0)
        return "the format's own sample";
    if (name [0] == '\0' || strlen (name) > ZC_MODEL_MAX)
        return "the name is empty or longer than 128 bytes";
    const char *why = read_base (entry, price);
    return why ? why : read_long (entry, price);
}

/* Puts one entry into its list; returns -1 without memory. */
static int add_entry (zc_prices_t *self, const char *name, json_t *entry)
{
    char *copy = strdup (name);
    if (!copy)
        return -1;
    zc_price_t price = {.name = copy};
    const char *why = read_entry (name, entry, &price);
    if (why)
        self->refused [self->refused_count++] = (zc_price_refused_t){copy, why};
    else
        self->prices [self->count++] = price;
    return 0;
}

static int add_entries (zc_prices_t *self, json_t *root)
{
    size_t size = json_object_size (root);
    self->prices = calloc (size + 1, sizeof *self->prices);
    self->refused = calloc (size + 1, sizeof *self->refused);
    if (!self->prices || !self->refused)
        return -1;
    const char *name;
    json_t *entry;
    json_object_foreach (root, name, entry) {
        if (add_entry (self, name, entry) == -1)
            return -1;
    }
    return zc_prices_build_index (self);
}

static zc_prices_t *fail (zc_prices_t *self, zc_prices_error_t *ret_error, int line, const char *why)
{
    ret_error->line = line;
    strncpy (ret_error->why, why, sizeof ret_error->why - 1);
    ret_error->why [sizeof ret_error->why - 1] = '\0';
    zc_prices_destroy (&self);
    return NULL;
}

zc_prices_t *zc_prices_new (const char *text, size_t size, zc_prices_error_t *ret_error)
{
    json_error_t error;
    json_t *root = json_loadb (text, size, 0, &error);
    if (!root)
        return fail (NULL, ret_error, error.line, error.text);
    zc_prices_t *self = calloc (1, sizeof *self);
    bool is_table = json_is_object (root);
    int rc = self && is_table ? add_entries (self, root) : -1;
    json_decref (root);
    if (!is_table)
        return fail (self, ret_error, 0, "not a JSON object of models");
    if (rc == -1)
        return fail (self, ret_error, 0, "out of memory");
    if (self->count == 0)
        return fail (self, ret_error, 0, "no model with a rate per token");
    return self;
}
