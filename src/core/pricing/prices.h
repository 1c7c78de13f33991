/* SPDX-License-Identifier: MPL-2.0
 *
 * prices.h - the price table: model names to rates.
 *
 * Reads the public LiteLLM format (model_prices_and_context_window.json): a JSON object, model
 * name to an object of rates in USD per token. Owns its entries; refuses to guess a price: a name
 * that does not resolve is unpriced. Single thread.
 */
#ifndef ZC_PRICES_H
#define ZC_PRICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/money.h"
#include "wire/event.h"

#define ZC_MODEL_MAX ZCOST_STRING_MAX
#define ZC_PRICES_MAX_BYTES (64u << 20) /* of a price file */

typedef struct zc_prices zc_prices_t;

/* One model. Where `above_tokens` is not 0, a call with more input tokens than that takes the long
 * rates, for all of its tokens (as the providers bill it). */
typedef struct {
    const char *name;
    zc_rates_t rates, long_rates;
    int64_t above_tokens;
    bool has_output; /* false: output tokens of this model have no known price */
} zc_price_t;

/* How a name was resolved, in the order that is tried. */
typedef enum { ZC_EXACT, ZC_WITHOUT_DATE, ZC_WITHOUT_PROVIDER, ZC_UNPRICED } zc_resolved_t;

/* An entry that was not taken, and why. */
typedef struct {
    char *name;
    const char *why; /* static */
} zc_price_refused_t;

/* Why a table could not be read; line is 0 where it is about the whole. */
typedef struct {
    int line;
    char why [200];
} zc_prices_error_t;

/* Reads a table. text: JSON of `size` bytes, the caller's. NULL on failure: no JSON object, no
 * memory, or not one usable entry. Single entries that are not usable are no failure (see
 * zc_prices_refused). */
zc_prices_t *zc_prices_new (const char *text, size_t size, zc_prices_error_t *ret_error);
void zc_prices_destroy (zc_prices_t **self);

/* The entry for a model's name, or NULL: exact, then without its date (-YYYYMMDD, -YYYY-MM-DD,
 * @YYYYMMDD), then without its provider's prefix (what stands before a slash; both again). */
const zc_price_t *zc_prices_find (const zc_prices_t *self, zc_str_t model, zc_resolved_t *ret_resolved);

/* As zc_prices_find, by a small cache of the names asked for lately. */
const zc_price_t *zc_prices_recall (zc_prices_t *self, zc_str_t model);

/* What a call costs. Returns 0; -1: past 64 bits; 1: the entry has no rate for its tokens. */
int zc_price_cost (const zc_price_t *self, const zc_tokens_t *tokens, int64_t *ret_nanousd);

/* The same, and as zc_money_cost_and_saved has it. */
int zc_price_cost_and_saved (const zc_price_t *self, const zc_tokens_t *tokens, int64_t *ret_nanousd,
                             int64_t *ret_saved_nanousd);

size_t zc_prices_count (const zc_prices_t *self);

/* The entries not taken; the array and its texts are the table's. */
const zc_price_refused_t *zc_prices_refused (const zc_prices_t *self, size_t *ret_count);

/* The contract's name for it; static. */
const char *zc_prices_resolved_name (zc_resolved_t resolved);

/* The built-in table, in the same format. */
extern const char zc_prices_builtin [];
extern const size_t zc_prices_builtin_size;

#endif
