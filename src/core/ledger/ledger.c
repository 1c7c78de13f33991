/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger.c - a ledger's life, and the terms under which it folds.
 */
#include "core/ledger/ledger.h"

#include <stdlib.h>

#include "core/ledger/ledger_internal.h"

static zc_str_t view (const char *text)
{
    return (zc_str_t){text, (uint32_t) strlen (text)};
}

/* ------------------------------------------------------------------------ life */

zc_ledger_t *zc_ledger_new (const zc_policy_t *policy, const zc_retention_t *retention, uint32_t keys_max,
                            const zc_siphash_secret_t *secret)
{
    zc_ledger_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->generation = 1;
    self->keys = zc_keys_new (keys_max, secret);
    if (!self->keys || zc_cells_init (&self->changes) == -1 || zc_tally_init (&self->unpriced) == -1 ||
        zc_ledger_set_policy (self, policy, retention) == -1)
        zc_ledger_destroy (&self);
    return self;
}

void zc_ledger_destroy (zc_ledger_t **self_p)
{
    zc_ledger_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_keys_destroy (&self->keys);
    zc_cells_term (&self->changes);
    zc_tally_term (&self->unpriced);
    free (self);
    *self_p = NULL;
}

/* ----------------------------------------------------------------------- terms */

static bool is_policy (const zc_policy_t *policy)
{
    size_t count = policy->tiers_count;
    return count > 0 && count <= ZC_TIERS_MAX && strcmp (policy->tiers [count - 1].name, "other") == 0;
}

/* What is known of the tiers, after the policy has changed. */
static void know_tiers (zc_ledger_t *self)
{
    zc_resolved_t resolved;
    for (size_t i = 0; i < self->policy.tiers_count; i++) {
        zc_str_t name = view (self->policy.tiers [i].name), model = view (self->policy.tiers [i].model);
        const zc_price_t *price = self->prices ? zc_prices_find (self->prices, model, &resolved) : NULL;
        self->tiers [i] = (zc_tier_t){name, model, zc_bytes_first (name.data, name.size), price};
    }
    self->medium = zc_ledger_tier (self, view ("medium"), self->tiers_configured);
}

static void copy_text (char to [ZCOST_STRING_MAX + 1], zc_str_t text)
{
    if (text.size)
        memcpy (to, text.data, text.size);
    to [text.size] = '\0';
}

static bool is_shown (const zc_ledger_t *self, zc_str_t tier)
{
    size_t other = self->policy.tiers_count - 1;
    return zc_ledger_tier (self, tier, other) < other || zc_str_equal (tier, self->tiers [other].name);
}

void zc_ledger_show_tier (zc_ledger_t *self, zc_str_t name, zc_str_t model)
{
    zc_policy_t *policy = &self->policy;
    if (is_shown (self, name) || policy->tiers_count == ZC_TIERS_MAX)
        return;
    size_t other = policy->tiers_count++;
    policy->tiers [other] = policy->tiers [other - 1];
    copy_text (policy->tiers [other - 1].name, name);
    copy_text (policy->tiers [other - 1].model, model);
    know_tiers (self);
}

/* The model that a policy has for a tier; where it knows none, that of the key. */
static zc_str_t model_of (const zc_policy_t *policy, const zc_dimensions_t *key)
{
    for (size_t i = 0; i < policy->tiers_count; i++)
        if (zc_str_equal (view (policy->tiers [i].name), key->tier))
            return view (policy->tiers [i].model);
    return key->model;
}

/* In the order of the keys, so that the same events show the same tiers. */
static void show_tiers_of_keys (zc_ledger_t *self, const zc_policy_t *before)
{
    for (uint32_t i = 0; i < zc_keys_count (self->keys); i++) {
        const zc_dimensions_t *key = &zc_keys_at (self->keys, i)->dimensions;
        if (key->type == ZCOST_QUERY_ROUTER && !is_shown (self, key->tier))
            zc_ledger_show_tier (self, key->tier, model_of (before, key));
    }
}

int zc_ledger_set_policy (zc_ledger_t *self, const zc_policy_t *policy, const zc_retention_t *retention)
{
    if (!is_policy (policy))
        return -1;
    zc_policy_t before = self->policy;
    self->policy = *policy;
    self->retention = *retention;
    self->tiers_configured = policy->tiers_count - 1;
    self->prices = NULL;
    self->baseline = NULL;
    self->tags_bit = policy->tags_count > 0 ? ZC_BIT (ZC_KEY_TAGS) : 0;
    memset (self->recalled, 0, sizeof self->recalled);
    know_tiers (self);
    show_tiers_of_keys (self, &before);
    return 0;
}

int zc_ledger_use_prices (zc_ledger_t *self, zc_prices_t *prices)
{
    zc_resolved_t resolved;
    const zc_price_t *baseline = zc_prices_find (prices, view (self->policy.baseline_model), &resolved);
    if (!baseline || !baseline->has_output)
        return -1;
    self->prices = prices;
    self->baseline = baseline;
    know_tiers (self);
    return 0;
}

void zc_ledger_set_keys_max (zc_ledger_t *self, uint32_t keys_max)
{
    zc_keys_set_max (self->keys, keys_max);
}

/* --------------------------------------------------------------------- changes */

const zc_cells_t *zc_ledger_changes (const zc_ledger_t *self)
{
    return &self->changes;
}

zc_cells_t *zc_ledger_swap_changes (zc_ledger_t *self, zc_cells_t *empty)
{
    zc_cells_t changes = self->changes;
    self->changes = *empty;
    *empty = changes;
    self->generation++;
    return empty;
}

/* ------------------------------------------------------------------------ look */

const zc_policy_t *zc_ledger_policy (const zc_ledger_t *self)
{
    return &self->policy;
}

const zc_prices_t *zc_ledger_prices (const zc_ledger_t *self)
{
    return self->prices;
}

const zc_keys_t *zc_ledger_keys (const zc_ledger_t *self)
{
    return self->keys;
}

uint64_t zc_ledger_accepted (const zc_ledger_t *self)
{
    return self->accepted;
}

uint64_t zc_ledger_folded_to_other (const zc_ledger_t *self)
{
    return self->folded_to_other;
}

const zc_tally_t *zc_ledger_unpriced (const zc_ledger_t *self)
{
    return &self->unpriced;
}

int64_t zc_ledger_saved_ns_magnitude (const zc_ledger_t *self)
{
    return self->bounds.saved_ns;
}

int64_t zc_ledger_prompt_magnitude (const zc_ledger_t *self)
{
    return self->bounds.prompt_saved;
}

size_t zc_ledger_cells (const zc_ledger_t *self)
{
    return self->changes.count;
}
