/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.c - every setting, its range and how it is read.
 */
#include "daemon/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/rejects.h"
#include "wire/utf8.h"

/* What a segment holds beside its largest record. */
#define ZC_SEGMENT_RESERVE 4096

static const char *wrong (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static const char *wrong (const char *format, ...)
{
    static char text [512];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    return text;
}

/* --------------------------------------------------------------------- readers */

static const char *set_text (char *place, size_t size, const char *value)
{
    size_t length = strlen (value);
    if (length == 0)
        return wrong ("is empty");
    if (length >= size || !zc_utf8_valid (value, length))
        return wrong ("must be at most %zu bytes of UTF-8", size - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char) value [i] < ' ' || value [i] == '"' || value [i] == 0x7f)
            return wrong ("holds a quote or a control character"); /* it goes into the log */
    memcpy (place, value, length + 1);
    return NULL;
}

static const char *set_integer (int64_t *place, const char *value, int64_t least, int64_t most)
{
    int64_t number;
    bool whole = value [strspn (value, "0123456789")] == '\0';
    if (!whole || zc_money_parse (value, 0, &number) == -1 || number < least || number > most)
        return wrong ("'%.80s' is no whole number from %lld to %lld", value, (long long) least, (long long) most);
    *place = number;
    return NULL;
}

/* A decimal number, kept in units of 10^-decimals. */
static const char *set_decimal (int64_t *place, const char *value, int decimals, const char *least, const char *most)
{
    int64_t number, low = 0, high = 0;
    zc_money_parse (least, decimals, &low);
    zc_money_parse (most, decimals, &high);
    if (zc_money_parse (value, decimals, &number) == -1 || number < low || number > high)
        return wrong ("'%.80s' is no number from %s to %s", value, least, most);
    *place = number;
    return NULL;
}

/* A whole number and its unit (s, m, h, d), kept in milliseconds. `forever` where that is allowed. */
static const char *set_duration (int64_t *place, const char *value, bool or_forever, const char *least)
{
    static const struct {
        char letter;
        int64_t ms;
    } units [] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char digits [16] = "";
    size_t length = strspn (value, "0123456789");
    int64_t number = 0, low = 0;
    if (or_forever && strcmp (value, "forever") == 0) {
        *place = ZC_FOREVER;
        return NULL;
    }
    if (least)
        set_duration (&low, least, false, NULL);
    for (size_t i = 0; i < 4 && length > 0 && length <= 9; i++)
        if (value [length] == units [i].letter && value [length + 1] == '\0') {
            memcpy (digits, value, length);
            zc_money_parse (digits, 0, &number);
            if (number * units [i].ms < low)
                break;
            *place = number * units [i].ms;
            return NULL;
        }
    return wrong ("'%.80s' is no time of at least %s, such as 90s, 15m, 48h or 400d%s", value, least ? least : "0s",
                  or_forever ? ", nor forever" : "");
}

/* tcp://ADDRESS:PORT or ipc://PATH. libzmq would let a port over 65535 wrap around. */
static bool is_endpoint (const char *value)
{
    if (strncmp (value, "ipc://", 6) == 0)
        return value [6] != '\0';
    const char *colon = strrchr (value, ':');
    if (strncmp (value, "tcp://", 6) != 0 || colon <= value + 6 || strchr (value, ';'))
        return false;
    int64_t port;
    bool digits = colon [1] && colon [1 + strspn (colon + 1, "0123456789")] == '\0';
    return strcmp (colon + 1, "*") == 0 || (digits && zc_money_parse (colon + 1, 0, &port) == 0 && port <= 65535);
}

static const char *add_endpoint (zc_endpoints_t *list, const char *value)
{
    if (!is_endpoint (value))
        return wrong ("'%.80s' is neither tcp://ADDRESS:PORT nor ipc://PATH", value);
    if (strlen (value) >= ZC_ENDPOINT_BYTES)
        return wrong ("an endpoint has at most %d bytes", ZC_ENDPOINT_BYTES - 1);
    if (list->count == ZC_ENDPOINTS_MAX)
        return wrong ("at most %d endpoints a role", ZC_ENDPOINTS_MAX);
    strcpy (list->list [list->count++], value);
    return NULL;
}

/* -------------------------------------------------------------------- settings */

static const char *set_instance (zc_settings_t *self, const char *value)
{
    return set_text (self->instance, sizeof self->instance, value);
}

static const char *add_ingest (zc_settings_t *self, const char *value)
{
    return add_endpoint (&self->ingest, value);
}

static const char *add_publish (zc_settings_t *self, const char *value)
{
    return add_endpoint (&self->publish, value);
}

static const char *add_query (zc_settings_t *self, const char *value)
{
    return add_endpoint (&self->query, value);
}

static const char *set_interval (zc_settings_t *self, const char *value)
{
    return set_decimal (&self->interval_ms, value, 3, "0.05", "86400");
}

static const char *set_frame_bytes (zc_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = set_integer (&number, value, 1024, 1 << 30);
    if (!why)
        self->limits.frame_bytes_max = (uint64_t) number;
    return why;
}

static const char *set_batch_events (zc_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = set_integer (&number, value, 1, 100000000);
    if (!why)
        self->limits.batch_events_max = (uint32_t) number;
    return why;
}

static const char *set_high_water_mark (zc_settings_t *self, const char *value)
{
    return set_integer (&self->high_water_mark, value, 1, 10000000);
}

static const char *set_prices (zc_settings_t *self, const char *value)
{
    return set_text (self->prices_file, sizeof self->prices_file, value);
}

static const char *set_baseline_model (zc_settings_t *self, const char *value)
{
    return set_text (self->policy.baseline_model, sizeof self->policy.baseline_model, value);
}

static const char *set_baseline_per_query (zc_settings_t *self, const char *value)
{
    return set_decimal (&self->policy.baseline_per_query_nanousd, value, ZC_NANOUSD_DECIMALS, "0", "1000000");
}

static const char *set_hit_saves (zc_settings_t *self, const char *value)
{
    return set_decimal (&self->policy.hit_saves_nanousd, value, ZC_NANOUSD_DECIMALS, "0", "1000000");
}

static const char *set_assumed_seconds (zc_settings_t *self, const char *value)
{
    return set_decimal (&self->policy.assumed_saved_ns, value, 9, "-1000000", "1000000");
}

static const char *set_data (zc_settings_t *self, const char *value)
{
    self->in_memory = strcmp (value, "none") == 0;
    return self->in_memory ? NULL : set_text (self->directory, sizeof self->directory, value);
}

static const char *set_segment_bytes (zc_settings_t *self, const char *value)
{
    return set_integer (&self->segment_bytes, value, 1 << 20, 1 << 30);
}

static const char *set_sync_interval (zc_settings_t *self, const char *value)
{
    return set_integer (&self->sync_interval_ms, value, 1, 10000);
}

static const char *set_journal_keep (zc_settings_t *self, const char *value)
{
    return set_duration (&self->journal_keep_ms, value, true, "0s");
}

static const char *set_checkpoint (zc_settings_t *self, const char *value)
{
    return set_decimal (&self->checkpoint_ms, value, 3, "0.05", "86400");
}

static const char *set_minutes (zc_settings_t *self, const char *value)
{
    return set_duration (&self->retention.minutes_ms, value, false, "1h");
}

static const char *set_quarters (zc_settings_t *self, const char *value)
{
    return set_duration (&self->retention.quarters_ms, value, false, "1h");
}

static const char *set_days (zc_settings_t *self, const char *value)
{
    return set_duration (&self->days_ms, value, true, "1d");
}

static const char *set_keys (zc_settings_t *self, const char *value)
{
    return set_integer (&self->caps.keys_max, value, 1, ZC_CAP_KEYS_MAX);
}

static const char *set_producers (zc_settings_t *self, const char *value)
{
    return set_integer (&self->caps.producers_max, value, 1, ZC_CAP_PRODUCERS_MAX);
}

static const char *set_expired (zc_settings_t *self, const char *value)
{
    return set_integer (&self->caps.expired_max, value, 1, ZC_CAP_EXPIRED_MAX);
}

static const char *set_expire_after (zc_settings_t *self, const char *value)
{
    return set_duration (&self->caps.expire_after_ms, value, false, "1h");
}

static const char *set_rejects_keep (zc_settings_t *self, const char *value)
{
    return set_integer (&self->rejects_keep, value, 1, ZC_REJECTS_KEEP_MAX);
}

static const char *set_memory (zc_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = set_integer (&number, value, 0, INT64_MAX);
    if (!why && number > 0 && number < 256 << 20)
        why = wrong ("'%.80s' is neither 0 nor at least 268435456", value);
    if (!why)
        self->memory_max_bytes = number;
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
};

static const char *set_tier (zc_settings_t *self, const char *name, const char *model)
{
    char checked [ZCOST_STRING_MAX + 1];
    const char *why = set_text (checked, sizeof checked, model);
    if (!why && zc_policy_set_tier (&self->policy, name, model) == -1)
        why = wrong ("a tier's name has at most %d bytes, and there are at most %d tiers", ZCOST_STRING_MAX,
                     ZC_TIERS_MAX);
    return why;
}

const char *zc_settings_check (const zc_settings_t *self)
{
    /* A frame may come this much larger than the limit before libzmq cuts it off. */
    uint64_t hard_bytes = ZC_FRAME_HARD_FACTOR * self->limits.frame_bytes_max;
    if (self->memory_max_bytes && hard_bytes >= (uint64_t) self->memory_max_bytes)
        return wrong ("ingest/max_frame_bytes: %d times as much must be less than memory/max_bytes",
                      ZC_FRAME_HARD_FACTOR);
    if (!self->in_memory && self->limits.frame_bytes_max + ZC_SEGMENT_RESERVE > (uint64_t) self->segment_bytes)
        return wrong ("journal/segment_bytes: must exceed ingest/max_frame_bytes by %d", ZC_SEGMENT_RESERVE);
    if (self->retention.quarters_ms < self->retention.minutes_ms)
        return wrong ("retention/quarters: must be at least retention/minutes");
    if (self->days_ms != ZC_FOREVER && self->days_ms < self->retention.quarters_ms)
        return wrong ("retention/days: must be at least retention/quarters");
    return NULL;
}

bool zc_settings_has_section (const char *name)
{
    size_t size = strlen (name);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strncmp (settings [i].path, name, size) == 0 && settings [i].path [size] == '/')
            return true;
    return strcmp (name, "tiers") == 0;
}

const char *zc_settings_set (zc_settings_t *self, const char *path, const char *value)
{
    if (strncmp (path, "tiers/", 6) == 0 && path [6] && !strchr (path + 6, '/'))
        return set_tier (self, path + 6, value);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp (settings [i].path, path) == 0)
            return settings [i].set (self, value);
    return wrong ("unknown setting");
}
