/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.c - every setting, its range and how it is read.
 */
#include "daemon/settings.h"

#include <string.h>

#include "core/delivery/rejects.h"
#include "daemon/settings_budgets.h"
#include "program/value.h"

/* What a segment holds beside its largest record. */
#define ZC_SEGMENT_RESERVE 4096

/* -------------------------------------------------------------------- settings */

static const char *set_instance (zc_settings_t *self, const char *value)
{
    return zc_value_text (self->instance, sizeof self->instance, value);
}

static const char *add_ingest (zc_settings_t *self, const char *value)
{
    return zc_value_endpoint (&self->ingest, value);
}

static const char *add_publish (zc_settings_t *self, const char *value)
{
    return zc_value_endpoint (&self->publish, value);
}

static const char *add_query (zc_settings_t *self, const char *value)
{
    return zc_value_endpoint (&self->query, value);
}

static const char *set_interval (zc_settings_t *self, const char *value)
{
    return zc_value_decimal (&self->interval_ms, value, 3, "0.05", "86400");
}

static const char *set_frame_bytes (zc_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = zc_value_integer (&number, value, 1024, 1 << 30);
    if (!why)
        self->limits.frame_bytes_max = (uint64_t) number;
    return why;
}

static const char *set_batch_events (zc_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = zc_value_integer (&number, value, 1, 100000000);
    if (!why)
        self->limits.batch_events_max = (uint32_t) number;
    return why;
}

static const char *set_high_water_mark (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->high_water_mark, value, 1, 10000000);
}

static const char *set_prices (zc_settings_t *self, const char *value)
{
    return zc_value_text (self->prices_file, sizeof self->prices_file, value);
}

static const char *set_baseline_model (zc_settings_t *self, const char *value)
{
    return zc_value_text (self->policy.baseline_model, sizeof self->policy.baseline_model, value);
}

static const char *set_baseline_per_query (zc_settings_t *self, const char *value)
{
    return zc_value_decimal (&self->policy.baseline_per_query_nanousd, value, ZC_NANOUSD_DECIMALS, "0", "1000000");
}

static const char *set_hit_saves (zc_settings_t *self, const char *value)
{
    return zc_value_decimal (&self->policy.hit_saves_nanousd, value, ZC_NANOUSD_DECIMALS, "0", "1000000");
}

static const char *set_assumed_seconds (zc_settings_t *self, const char *value)
{
    return zc_value_decimal (&self->policy.assumed_saved_ns, value, 9, "-1000000", "1000000");
}

static const char *set_data (zc_settings_t *self, const char *value)
{
    self->in_memory = strcmp (value, "none") == 0;
    return self->in_memory ? NULL : zc_value_text (self->directory, sizeof self->directory, value);
}

static const char *set_segment_bytes (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->segment_bytes, value, 1 << 20, 1 << 30);
}

static const char *set_sync_interval (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->sync_interval_ms, value, 1, 10000);
}

static const char *set_journal_keep (zc_settings_t *self, const char *value)
{
    return zc_value_duration (&self->journal_keep_ms, value, true, "0s");
}

static const char *set_checkpoint (zc_settings_t *self, const char *value)
{
    return zc_value_decimal (&self->checkpoint_ms, value, 3, "0.05", "86400");
}

static const char *set_minutes (zc_settings_t *self, const char *value)
{
    return zc_value_duration (&self->retention.minutes_ms, value, false, "1h");
}

static const char *set_quarters (zc_settings_t *self, const char *value)
{
    return zc_value_duration (&self->retention.quarters_ms, value, false, "1h");
}

static const char *set_days (zc_settings_t *self, const char *value)
{
    return zc_value_duration (&self->days_ms, value, true, "1d");
}

static const char *set_keys (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->caps.keys_max, value, 1, ZC_CAP_KEYS_MAX);
}

static const char *set_producers (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->caps.producers_max, value, 1, ZC_CAP_PRODUCERS_MAX);
}

static const char *set_expired (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->caps.expired_max, value, 1, ZC_CAP_EXPIRED_MAX);
}

static const char *set_expire_after (zc_settings_t *self, const char *value)
{
    return zc_value_duration (&self->caps.expire_after_ms, value, false, "1h");
}

static const char *set_rejects_keep (zc_settings_t *self, const char *value)
{
    return zc_value_integer (&self->rejects_keep, value, 1, ZC_REJECTS_KEEP_MAX);
}

static const char *set_memory (zc_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = zc_value_integer (&number, value, 0, INT64_MAX);
    if (!why && number > 0 && number < 256 << 20)
        why = zc_value_wrong ("'%.80s' is neither 0 nor at least 268435456", value);
    if (!why)
        self->memory_max_bytes = number;
    return why;
}

/* One more tag that is a dimension. */
static const char *add_tag (zc_settings_t *self, const char *value)
{
    char checked [ZCOST_STRING_MAX + 1];
    const char *why = zc_value_text (checked, sizeof checked, value);
    if (!why && zc_policy_add_tag (&self->policy, value) == -1)
        why = zc_value_wrong (
            "'%.80s': at most %d tags, no two the same, and none named type, service, tier, model or "
            "provider",
            value, ZC_TAGS_MAX);
    return why;
}

static const struct {
    const char *path;
    const char *(*set) (zc_settings_t *, const char *);
} settings [] = {
    {"server/instance", set_instance},
    {"ingest/endpoint", add_ingest},
    {"ingest/max_frame_bytes", set_frame_bytes},
    {"ingest/max_batch_events", set_batch_events},
    {"ingest/high_water_mark", set_high_water_mark},
    {"publish/endpoint", add_publish},
    {"publish/interval_seconds", set_interval},
    {"query/endpoint", add_query},
    {"prices/file", set_prices},
    {"baseline/model", set_baseline_model},
    {"baseline/per_query_usd", set_baseline_per_query},
    {"embedding/hit_saves_usd", set_hit_saves},
    {"rag/assumed_seconds", set_assumed_seconds},
    {"data/directory", set_data},
    {"journal/segment_bytes", set_segment_bytes},
    {"journal/sync_interval_ms", set_sync_interval},
    {"journal/keep", set_journal_keep},
    {"store/checkpoint_seconds", set_checkpoint},
    {"retention/minutes", set_minutes},
    {"retention/quarters", set_quarters},
    {"retention/days", set_days},
    {"ledger/max_keys", set_keys},
    {"producers/max", set_producers},
    {"producers/max_expired", set_expired},
    {"producers/expire_after", set_expire_after},
    {"rejects/keep", set_rejects_keep},
    {"memory/max_bytes", set_memory},
    {"tags/key", add_tag},
};

static const char *set_tier (zc_settings_t *self, const char *name, const char *model)
{
    char checked [ZCOST_STRING_MAX + 1];
    const char *why = zc_value_text (checked, sizeof checked, model);
    if (!why && zc_policy_set_tier (&self->policy, name, model) == -1)
        why = zc_value_wrong ("a tier's name has at most %d bytes, and there are at most %d tiers", ZCOST_STRING_MAX,
                              ZC_TIERS_MAX);
    return why;
}

const char *zc_settings_check (const zc_settings_t *self)
{
    /* A frame may come this much larger than the limit before libzmq cuts it off. */
    uint64_t hard_bytes = ZC_FRAME_HARD_FACTOR * self->limits.frame_bytes_max;
    if (self->memory_max_bytes && hard_bytes >= (uint64_t) self->memory_max_bytes)
        return zc_value_wrong ("ingest/max_frame_bytes: %d times as much must be less than memory/max_bytes",
                               ZC_FRAME_HARD_FACTOR);
    if (!self->in_memory && self->limits.frame_bytes_max + ZC_SEGMENT_RESERVE > (uint64_t) self->segment_bytes)
        return zc_value_wrong ("journal/segment_bytes: must exceed ingest/max_frame_bytes by %d", ZC_SEGMENT_RESERVE);
    if (self->retention.quarters_ms < self->retention.minutes_ms)
        return zc_value_wrong ("retention/quarters: must be at least retention/minutes");
    if (self->days_ms != ZC_FOREVER && self->days_ms < self->retention.quarters_ms)
        return zc_value_wrong ("retention/days: must be at least retention/quarters");
    return NULL;
}

bool zc_settings_has_section (const char *name)
{
    size_t size = strlen (name);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strncmp (settings [i].path, name, size) == 0 && settings [i].path [size] == '/')
            return true;
    return strcmp (name, "tiers") == 0 || strcmp (name, "budgets") == 0;
}

bool zc_settings_comes_first (const char *section)
{
    return strcmp (section, "tiers") == 0 || strcmp (section, "tags") == 0;
}

const char *zc_settings_set (zc_settings_t *self, const char *path, const char *value)
{
    if (strncmp (path, "tiers/", 6) == 0 && path [6] && !strchr (path + 6, '/'))
        return set_tier (self, path + 6, value);
    if (strncmp (path, "budgets/", 8) == 0)
        return zc_settings_set_budget (&self->budgets, &self->policy, path + 8, value);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp (settings [i].path, path) == 0)
            return settings [i].set (self, value);
    return zc_value_wrong ("unknown setting");
}

const char *zc_settings_close (const zc_settings_t *self, const char *path)
{
    return strncmp (path, "budgets/", 8) == 0 ? zc_settings_close_budget (&self->budgets, path + 8) : NULL;
}
