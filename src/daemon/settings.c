/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.c - every option and setting of zcostd, its range and its default.
 */
#include "daemon/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "civil/clock.h"
#include "civil/zone.h"
#include "core/delivery/producers.h"
#include "core/delivery/rejects.h"
#include "core/ledger/keys.h"
#include "daemon/settings_budgets.h"
#include "program/options.h"
#include "store/data_dir.h"

/* What a segment holds beside its largest record. */
#define ZC_SEGMENT_RESERVE 4096

#define HOUR_MS (INT64_C (60) * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)
#define NANO INT64_C (1000000000)

/* ------------------------------------------------------------- values of their own kind */

static const char *set_data (void *self, const char *value)
{
    zc_settings_t *settings = self;
    settings->in_memory = strcmp (value, "none") == 0;
    return settings->in_memory ? NULL : zc_value_text (settings->directory, sizeof settings->directory, value);
}

static const char *set_since (void *self, const char *value)
{
    zc_settings_t *settings = self;
    if (zc_zone_parse ("UTC", value, zc_clock_wall_ms () / 1000, &settings->since_s) == -1)
        return zc_value_wrong ("'%.80s' is not a time, such as 2026-11-01 or 7d", value);
    return NULL;
}

/* One more tag that is a dimension. */
static const char *add_tag (void *self, const char *value)
{
    zc_settings_t *settings = self;
    char checked [ZCOST_STRING_MAX + 1];
    const char *why = zc_value_text (checked, sizeof checked, value);
    if (!why && zc_policy_add_tag (&settings->policy, value) == -1)
        why = zc_value_wrong (
            "'%.80s': at most %d tags, no two the same, and none named type, service, tier, model or "
            "provider",
            value, ZC_TAGS_MAX);
    return why;
}

static const char *set_tier (void *self, const char *name, const char *model)
{
    zc_settings_t *settings = self;
    char checked [ZCOST_STRING_MAX + 1];
    if (strchr (name, '/'))
        return zc_value_wrong ("unknown setting");
    const char *why = zc_value_text (checked, sizeof checked, model);
    if (!why && zc_policy_set_tier (&settings->policy, name, model) == -1)
        why = zc_value_wrong ("a tier's name may have at most %d bytes, and there may be at most %d tiers",
                              ZCOST_STRING_MAX, ZC_TIERS_MAX);
    return why;
}

static const char *set_budget (void *settings, const char *path, const char *value)
{
    zc_settings_t *self = settings;
    return zc_settings_budgets_set (&self->budgets, &self->policy, path, value);
}

static const char *close_budget (void *settings, const char *path)
{
    const zc_settings_t *self = settings;
    return zc_settings_budgets_close (&self->budgets, path);
}

/* ------------------------------------------------------------------------ the table */

#define AT(member) ZC_OPTION_AT (zc_settings_t, member)
#define NUMBER(member, from, to) .kind = ZC_OPTION_NUMBER, AT (member), .least = (from), .most = (to)
#define DECIMAL(member, places, from, to) NUMBER (member, from, to), .decimals = (places)
#define DURATION(member, from) .kind = ZC_OPTION_DURATION, AT (member), .least = (from)
#define TEXT(member) .kind = ZC_OPTION_TEXT, AT (member)
#define ENDPOINTS(member) .kind = ZC_OPTION_ENDPOINTS, AT (member)

static const zc_option_t rows [] = {
    {.name = "config",
     .kind = ZC_OPTION_CONFIG,
     .value = "FILE",
     .text = "settings in ZPL; the command line overrides them"},
    {.name = "ingest",
     .setting = "ingest/endpoint",
     ENDPOINTS (ingest),
     .value = "EP...",
     .text = "where services PUSH usage events (" ZCOST_DEFAULT_INGEST ")"},
    {.name = "publish",
     .setting = "publish/endpoint",
     ENDPOINTS (publish),
     .value = "EP...",
     .text = "where dashboards SUBscribe (" ZCOST_DEFAULT_PUBLISH ")"},
    {.name = "query",
     .setting = "query/endpoint",
     ENDPOINTS (query),
     .value = "EP...",
     .text = "where zreport and others send queries (" ZCOST_DEFAULT_QUERY
             "). EP is tcp://ADDRESS:PORT (port *: any free one) or ipc://PATH; give several after one option, or "
             "repeat the option"},
    {.name = "interval",
     .setting = "publish/interval_seconds",
     DECIMAL (interval_ms, 3, 50, DAY_MS),
     .value = "SECONDS",
     .text = "time between snapshots, 0.05 to 86400 (30)"},
    {.name = "data",
     .setting = "data/directory",
     .kind = ZC_OPTION_CUSTOM,
     .set = set_data,
     .value = "DIR|none",
     .text = "where the journal and the store are kept; none: in memory only ($STATE_DIRECTORY, $XDG_STATE_HOME/zcost, "
             "~/.local/state/zcost)"},
    {.name = "prices",
     .setting = "prices/file",
     TEXT (prices_file),
     .value = "FILE",
     .text = "price table in LiteLLM's format; SIGHUP reads it again (built-in)"},
    {.name = "check",
     .kind = ZC_OPTION_NAME,
     AT (check),
     .value = "DIR",
     .text = "check whether the ledger in DIR is sound, change nothing, and exit"},
    {.name = "reprice",
     .kind = ZC_OPTION_NAME,
     AT (reprice),
     .value = "FILE",
     .text =
         "show what these prices change, correct the ledger, and exit; needs a journal that is kept (journal/keep)"},
    {.name = "since",
     .kind = ZC_OPTION_CUSTOM,
     .set = set_since,
     .value = "TIME",
     .text = "with --reprice, events from this time on: 2026-11-01, 2026-11-01T09:30Z (UTC), 7d (ago) or @SECONDS"},
    {.name = "dry-run", .kind = ZC_OPTION_FLAG, AT (dry_run), .text = "with --reprice, only show what would change"},
    {.name = "help", .kind = ZC_OPTION_HELP, .text = "this text"},
    {.name = "version", .kind = ZC_OPTION_VERSION, .text = "the version"},

    {.setting = "server/instance", TEXT (instance)},
    {.setting = "ingest/max_frame_bytes", NUMBER (limits.frame_bytes_max, 1024, 1 << 30)},
    {.setting = "ingest/max_batch_events", NUMBER (limits.batch_events_max, 1, 100000000)},
    {.setting = "ingest/high_water_mark", NUMBER (high_water_mark, 1, 10000000)},
    {.setting = "baseline/model", TEXT (policy.baseline_model)},
    {.setting = "baseline/per_query_usd",
     DECIMAL (policy.baseline_per_query_nanousd, ZC_NANOUSD_DECIMALS, 0, 1000000 * NANO)},
    {.setting = "embedding/hit_saves_usd", DECIMAL (policy.hit_saves_nanousd, ZC_NANOUSD_DECIMALS, 0, 1000000 * NANO)},
    {.setting = "rag/assumed_seconds", DECIMAL (policy.assumed_saved_ns, 9, -1000000 * NANO, 1000000 * NANO)},
    {.setting = "journal/segment_bytes", NUMBER (segment_bytes, 1 << 20, 1 << 30)},
    {.setting = "journal/sync_interval_ms", NUMBER (sync_interval_ms, 1, 10000)},
    {.setting = "journal/keep", DURATION (journal_keep_ms, 0), .or_none = true},
    {.setting = "store/checkpoint_seconds", DECIMAL (checkpoint_ms, 3, 50, DAY_MS)},
    {.setting = "retention/minutes", DURATION (retention.minutes_ms, HOUR_MS)},
    {.setting = "retention/quarters", DURATION (retention.quarters_ms, HOUR_MS)},
    {.setting = "retention/days", DURATION (days_ms, DAY_MS), .or_none = true},
    {.setting = "ledger/max_keys", NUMBER (caps.keys_max, 1, ZC_CAP_KEYS_MAX)},
    {.setting = "producers/max", NUMBER (caps.producers_max, 1, ZC_CAP_PRODUCERS_MAX)},
    {.setting = "producers/max_expired", NUMBER (caps.expired_max, 1, ZC_CAP_EXPIRED_MAX)},
    {.setting = "producers/expire_after", DURATION (caps.expire_after_ms, HOUR_MS)},
    {.setting = "rejects/keep", NUMBER (rejects_keep, 1, ZC_REJECTS_KEEP_MAX)},
    {.setting = "memory/max_bytes", NUMBER (memory_max_bytes, 256 << 20, INT64_MAX), .or_none = true},
    {.setting = "tags/key", .kind = ZC_OPTION_CUSTOM, .set = add_tag, .first = true},
    {.setting = "tiers/", .kind = ZC_OPTION_SECTION, .set_below = set_tier, .first = true},
    {.setting = "budgets/", .kind = ZC_OPTION_SECTION, .set_below = set_budget, .close = close_budget},
};

static const zc_options_table_t table = {
    .program = "zcostd",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .read_file = zc_zpl_read,
    .before =
        "zcostd - a ledger for LLM spending on a ZeroMQ bus\n"
        "\n"
        "usage: zcostd [--config FILE] [options]\n"
        "\n",
    .after =
        "\n"
        "On SIGTERM or SIGINT it drains what has arrived, publishes a last snapshot and exits.\n"
        "Exit status: 0 done, 1 failed (--check: not sound), 2 wrong usage or configuration.\n",
};

static void set_defaults (zc_settings_t *self)
{
    memset (self, 0, sizeof *self);
    if (gethostname (self->instance, sizeof self->instance - 1) == -1 || !self->instance [0])
        strcpy (self->instance, "zcostd");
    strcpy (self->ingest.list [0], ZCOST_DEFAULT_INGEST);
    strcpy (self->publish.list [0], ZCOST_DEFAULT_PUBLISH);
    strcpy (self->query.list [0], ZCOST_DEFAULT_QUERY);
    self->interval_ms = 30000;
    self->limits.frame_bytes_max = 16 << 20;
    self->limits.batch_events_max = 100000;
    self->high_water_mark = 1000;
    self->rejects_keep = 1000;
    self->memory_max_bytes = (int64_t) 4 << 30;
    self->segment_bytes = 64 << 20;
    self->sync_interval_ms = 10;
    self->checkpoint_ms = 10000;
    self->since_s = -1;
    self->retention.minutes_ms = 48 * HOUR_MS;
    self->retention.quarters_ms = 400 * DAY_MS;
    self->days_ms = ZC_FOREVER;
    self->caps.keys_max = ZC_KEYS_MAX;
    self->caps.producers_max = ZC_PRODUCERS_MAX;
    self->caps.expired_max = ZC_EXPIRED_MAX;
    self->caps.expire_after_ms = 7 * DAY_MS;
    zc_policy_default (&self->policy);
}

/* ------------------------------------------------------------------------ the whole */

/* Where nobody said it: the state directory of the unit, or of the user. */
static zc_parsed_t find_directory (zc_settings_t *self)
{
    char found [ZC_PATH_BYTES];
    if (self->in_memory || self->directory [0])
        return ZC_RUN;
    if (zc_data_dir_default (found, sizeof found) == -1)
        return zc_options_wrong (&table, "neither HOME nor XDG_STATE_HOME is set: use --data DIR or --data none");
    const char *why = set_data (self, found); /* what may be in it holds for it too */
    return why ? zc_options_wrong (&table, "the state directory's name %s", why) : ZC_RUN;
}

/* Options that make sense together only. */
static zc_parsed_t check_reprice (const zc_settings_t *self)
{
    if (!self->reprice && (self->since_s != -1 || self->dry_run))
        return zc_options_wrong (&table, "%s is only for --reprice", self->dry_run ? "--dry-run" : "--since");
    if (self->reprice && self->since_s == -1)
        return zc_options_wrong (&table, "--reprice needs --since");
    if (self->reprice && self->in_memory)
        return zc_options_wrong (&table, "--reprice needs a ledger that is kept: --data DIR");
    return ZC_RUN;
}

/* Settings as a whole: what is wrong, or NULL. */
static const char *check (const zc_settings_t *self)
{
    /* A frame may come this much larger than the limit before libzmq cuts it off. */
    uint64_t hard_bytes = ZC_FRAME_HARD_FACTOR * self->limits.frame_bytes_max;
    if (self->memory_max_bytes && hard_bytes >= (uint64_t) self->memory_max_bytes)
        return zc_value_wrong ("ingest/max_frame_bytes: %d times its value must be less than memory/max_bytes",
                               ZC_FRAME_HARD_FACTOR);
    if (!self->in_memory && self->limits.frame_bytes_max + ZC_SEGMENT_RESERVE > (uint64_t) self->segment_bytes)
        return zc_value_wrong ("journal/segment_bytes: must exceed ingest/max_frame_bytes by %d", ZC_SEGMENT_RESERVE);
    if (self->retention.quarters_ms < self->retention.minutes_ms)
        return zc_value_wrong ("retention/quarters: must be at least retention/minutes");
    if (self->days_ms != ZC_FOREVER && self->days_ms < self->retention.quarters_ms)
        return zc_value_wrong ("retention/days: must be at least retention/quarters");
    return NULL;
}

zc_parsed_t zc_settings_parse (int argc, char **argv, zc_settings_t *ret_settings)
{
    set_defaults (ret_settings);
    zc_parsed_t parsed = zc_options_read (&table, argc, argv, ret_settings, NULL);
    if (parsed == ZC_RUN && !ret_settings->check)
        parsed = find_directory (ret_settings);
    if (parsed == ZC_RUN)
        parsed = check_reprice (ret_settings);
    const char *why = parsed == ZC_RUN ? check (ret_settings) : NULL;
    if (why) {
        fprintf (stderr, "zcostd: %s\n", why);
        parsed = ZC_EXIT_USAGE;
    }
    return parsed;
}
