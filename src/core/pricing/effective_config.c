/* SPDX-License-Identifier: MPL-2.0
 *
 * effective_config.c - terms as one msgpack map: a key a field, each exactly once, in any order. Only `tags` may be missing:
 * journals older than it have none.
 */
#include "core/pricing/effective_config.h"

#include <assert.h>
#include <string.h>

#include "wire/reader.h"

/* The fields that are whole numbers of 64 bits. */
static const struct {
    const char *key;
    size_t offset;
    int64_t least, most;
} integers [] = {
    {"baseline_per_query_nanousd", offsetof (zc_effective_config_t, policy.baseline_per_query_nanousd), 0, INT64_MAX},
    {"hit_saves_nanousd", offsetof (zc_effective_config_t, policy.hit_saves_nanousd), 0, INT64_MAX},
    {"assumed_saved_ns", offsetof (zc_effective_config_t, policy.assumed_saved_ns), -INT64_MAX, INT64_MAX},
    {"minutes_ms", offsetof (zc_effective_config_t, retention.minutes_ms), 0, INT64_MAX},
    {"quarters_ms", offsetof (zc_effective_config_t, retention.quarters_ms), 0, INT64_MAX},
    {"keys_max", offsetof (zc_effective_config_t, caps.keys_max), 1, ZC_CAP_KEYS_MAX},
    {"producers_max", offsetof (zc_effective_config_t, caps.producers_max), 1, ZC_CAP_PRODUCERS_MAX},
    {"expired_max", offsetof (zc_effective_config_t, caps.expired_max), 1, ZC_CAP_EXPIRED_MAX},
    {"expire_after_ms", offsetof (zc_effective_config_t, caps.expire_after_ms), 0, INT64_MAX},
    {"prices_loaded_ms", offsetof (zc_effective_config_t, prices_loaded_ms), 0, INT64_MAX},
};
#define INTEGERS (sizeof integers / sizeof *integers)

/* The fields that are text, in arrays of `size` bytes. */
static const struct {
    const char *key;
    size_t offset, size;
} texts [] = {
    {"baseline_model", offsetof (zc_effective_config_t, policy.baseline_model), ZCOST_STRING_MAX + 1},
    {"prices_source", offsetof (zc_effective_config_t, prices_source), ZC_SOURCE_MAX},
};
#define TEXTS (sizeof texts / sizeof *texts)

/* The rest: each of its own kind. */
#define TIERS "tiers" /* array of [name, model] */
#define FRAME "frame_bytes_max"
#define BATCH "batch_events_max"
#define PRICES "prices"
#define TAGS "tags" /* array of names, ascending */

#define FIELDS (INTEGERS + TEXTS + 5)
#define TAGS_FIELD (FIELDS - 1)

/* -------------------------------------------------------------------------------- pack */

static void pack_tiers (zc_pack_t *out, const zc_policy_t *policy)
{
    zc_pack_key_array (out, TIERS, policy->tiers_count);
    for (size_t i = 0; i < policy->tiers_count; i++) {
        zc_pack_array (out, 2);
        zc_pack_text (out, policy->tiers [i].name);
        zc_pack_text (out, policy->tiers [i].model);
    }
}

static void pack_tags (zc_pack_t *out, const zc_policy_t *policy)
{
    zc_pack_key_array (out, TAGS, policy->tags_count);
    for (size_t i = 0; i < policy->tags_count; i++)
        zc_pack_text (out, policy->tags [i]);
}

static void pack_numbers_and_texts (zc_pack_t *out, const zc_effective_config_t *config)
{
    const char *base = (const char *) config;
    for (size_t i = 0; i < INTEGERS; i++) {
        int64_t number;
        memcpy (&number, base + integers [i].offset, sizeof number);
        zc_pack_key_int (out, integers [i].key, number);
    }
    for (size_t i = 0; i < TEXTS; i++)
        zc_pack_key_text (out, texts [i].key, base + texts [i].offset);
}

void zc_effective_config_pack (const zc_effective_config_t *config, const char *prices_text, size_t prices_size,
                               zc_pack_t *out)
{
    zc_pack_map (out, FIELDS);
    pack_tiers (out, &config->policy);
    pack_numbers_and_texts (out, config);
    zc_pack_key_uint (out, FRAME, config->limits.frame_bytes_max);
    zc_pack_key_int (out, BATCH, config->limits.batch_events_max);
    zc_pack_text (out, PRICES);
    zc_pack_str (out, prices_text, prices_size);
    pack_tags (out, &config->policy);
}

/* -------------------------------------------------------------------------------- read */

typedef struct {
    const uint8_t *at, *end;
    zc_effective_config_t *config;
    zc_value_t prices;
    uint32_t found; /* bit by bit, the fields that were read */
} zc_effective_config_reader_t;
static_assert (FIELDS < 32, "a bit a field");

static int next (zc_effective_config_reader_t *self, zc_kind_t kind, zc_value_t *ret_value)
{
    const uint8_t *at = self->at < self->end ? zc_reader_read (self->at, self->end, ret_value) : NULL;
    if (!at || ret_value->kind != kind)
        return -1;
    self->at = at;
    return 0;
}

/* A string that fits with its NUL and has none inside; UTF-8 or not: a path may be anything. The rest
 * of the array is zeroed: equal terms are equal bytes. */
static int read_text (zc_effective_config_reader_t *self, char *place, size_t size)
{
    zc_value_t value;
    if (next (self, ZC_STR, &value) == -1 || value.size >= size || memchr (value.as.data, '\0', value.size))
        return -1;
    memset (place, 0, size);
    memcpy (place, value.as.data, value.size);
    return 0;
}

static int read_integer (zc_effective_config_reader_t *self, int64_t least, int64_t most, int64_t *ret_number)
{
    zc_value_t value;
    if (next (self, ZC_INT, &value) == -1 || value.as.i < least || value.as.i > most)
        return -1;
    *ret_number = value.as.i;
    return 0;
}

static bool is_tier_before (const zc_policy_t *policy, size_t tier)
{
    for (size_t i = 0; i < tier; i++)
        if (strcmp (policy->tiers [i].name, policy->tiers [tier].name) == 0)
            return true;
    return false;
}

static int read_tier (zc_effective_config_reader_t *self, zc_policy_t *policy, size_t tier)
{
    zc_value_t pair;
    char *name = policy->tiers [tier].name, *model = policy->tiers [tier].model;
    if (next (self, ZC_ARRAY, &pair) == -1 || pair.size != 2 ||
        read_text (self, name, sizeof policy->tiers [tier].name) == -1 ||
        read_text (self, model, sizeof policy->tiers [tier].model) == -1)
        return -1;
    return name [0] == '\0' || is_tier_before (policy, tier) ? -1 : 0;
}

/* Those that every policy has stand where every policy has them. */
static bool has_own_tiers (const zc_policy_t *policy)
{
    static const char *const first [] = {"simple", "medium", "complex"};
    const size_t count = sizeof first / sizeof *first;
    for (size_t i = 0; i < count; i++)
        if (policy->tiers_count <= count || strcmp (policy->tiers [i].name, first [i]) != 0)
            return false;
    return strcmp (policy->tiers [policy->tiers_count - 1].name, "other") == 0;
}

static int read_tiers (zc_effective_config_reader_t *self)
{
    zc_policy_t *policy = &self->config->policy;
    zc_value_t tiers;
    if (next (self, ZC_ARRAY, &tiers) == -1 || tiers.size > ZC_TIERS_MAX)
        return -1;
    policy->tiers_count = tiers.size;
    for (size_t i = 0; i < policy->tiers_count; i++)
        if (read_tier (self, policy, i) == -1)
            return -1;
    return has_own_tiers (policy) ? 0 : -1;
}

/* As a policy keeps them. What could be configured is not asked: another version may have let a name pass. */
static int read_tags (zc_effective_config_reader_t *self)
{
    zc_policy_t *policy = &self->config->policy;
    zc_value_t tags;
    if (next (self, ZC_ARRAY, &tags) == -1 || tags.size > ZC_TAGS_MAX)
        return -1;
    policy->tags_count = tags.size;
    for (size_t i = 0; i < policy->tags_count; i++)
        if (read_text (self, policy->tags [i], sizeof policy->tags [i]) == -1 ||
            strcmp (i > 0 ? policy->tags [i - 1] : "", policy->tags [i]) >= 0)
            return -1;
    return 0;
}

static int read_frame_bytes (zc_effective_config_reader_t *self)
{
    zc_value_t value;
    if (next (self, ZC_INT, &value) == -1 && next (self, ZC_HUGE, &value) == -1)
        return -1;
    self->config->limits.frame_bytes_max = (uint64_t) value.as.i;
    return value.kind == ZC_INT && value.as.i < 0 ? -1 : 0;
}

static int read_batch_events (zc_effective_config_reader_t *self)
{
    int64_t number;
    if (read_integer (self, 0, UINT32_MAX, &number) == -1)
        return -1;
    self->config->limits.batch_events_max = (uint32_t) number;
    return 0;
}

static bool is (const zc_value_t *key, const char *name)
{
    return key->size == strlen (name) && memcmp (key->as.data, name, key->size) == 0;
}

/* Reads a field's value. Returns which field it is, or -1. */
static int read_field (zc_effective_config_reader_t *self, const zc_value_t *key)
{
    char *base = (char *) self->config;
    int field = 0;
    for (size_t i = 0; i < INTEGERS; i++, field++)
        if (is (key, integers [i].key)) {
            int64_t number;
            if (read_integer (self, integers [i].least, integers [i].most, &number) == -1)
                return -1;
            memcpy (base + integers [i].offset, &number, sizeof number);
            return field;
        }
    for (size_t i = 0; i < TEXTS; i++, field++)
        if (is (key, texts [i].key))
            return read_text (self, base + texts [i].offset, texts [i].size) == -1 ? -1 : field;
    if (is (key, TIERS))
        return read_tiers (self) == -1 ? -1 : field;
    if (is (key, FRAME))
        return read_frame_bytes (self) == -1 ? -1 : field + 1;
    if (is (key, BATCH))
        return read_batch_events (self) == -1 ? -1 : field + 2;
    if (is (key, PRICES))
        return next (self, ZC_STR, &self->prices) == -1 ? -1 : field + 3;
    if (is (key, TAGS))
        return read_tags (self) == -1 ? -1 : (int) TAGS_FIELD;
    return -1;
}

/* No field may come twice, so FIELDS of them are all; and so are the rest of them without the tags. */
static int read_fields (zc_effective_config_reader_t *self)
{
    zc_value_t map, key;
    if (next (self, ZC_MAP, &map) == -1 || map.size < FIELDS - 1 || map.size > FIELDS)
        return -1;
    for (size_t i = 0; i < map.size; i++) {
        int field = next (self, ZC_STR, &key) == 0 ? read_field (self, &key) : -1;
        if (field == -1 || (self->found & 1u << field))
            return -1;
        self->found |= 1u << field;
    }
    bool all = (self->found | 1u << TAGS_FIELD) == (1u << FIELDS) - 1;
    return all && self->at == self->end ? 0 : -1;
}

int zc_effective_config_read (const void *bytes, size_t size, zc_effective_config_t *ret_config,
                              const char **ret_prices_text, size_t *ret_prices_size)
{
    zc_effective_config_t config;
    memset (&config, 0, sizeof config); /* what a struct pads too: equal terms are equal bytes */
    zc_effective_config_reader_t reader = {.at = bytes, .end = (const uint8_t *) bytes + size, .config = &config};
    if (read_fields (&reader) == -1)
        return -1;
    memcpy (ret_config, &config, sizeof config);
    *ret_prices_text = (const char *) reader.prices.as.data;
    *ret_prices_size = reader.prices.size;
    return 0;
}
