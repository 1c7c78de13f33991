/* SPDX-License-Identifier: MPL-2.0
 *
 * engine.c - the ledger with what it needs.
 */
#include "daemon/engine.h"

#include <czmq.h>
#include <sys/random.h>

#include "civil/clock.h"
#include "program/log.h"
#include "daemon/prices_file.h"
#include "wire/hex.h"

static int take_random (void *bytes, size_t size)
{
    if (getrandom (bytes, size, 0) == (ssize_t) size)
        return 0;
    zc_log (ZC_LOG_ERROR, "random", "reason=\"%s\"", strerror (errno));
    return -1;
}

static int describe (zc_engine_t *self)
{
    uint8_t random [ZC_INCARNATION_CHARS / 2];
    if (take_random (random, sizeof random) == -1)
        return -1;
    *zc_hex_write (random, sizeof random, self->about.incarnation) = '\0';
    self->about.version = ZCOST_VERSION;
    self->about.instance = self->settings->instance;
    self->about.began_ms = zc_clock_wall_ms ();
    self->started_mono_ms = zc_clock_mono_ms ();
    self->about.prices_source = self->prices_source;
    self->about.interval_ms = self->settings->interval_ms;
    return 0;
}

/* ----------------------------------------------------------------------- terms */

int zc_engine_read_config (const zc_engine_t *self, zc_pack_t *config)
{
    const zc_settings_t *settings = self->settings;
    static zc_effective_config_t now; /* large, and of the one thread */
    size_t size;
    char *text = zc_prices_file_read (settings->prices_file, &size);
    if (!text)
        return -1;
    now = (zc_effective_config_t){.policy = settings->policy,
                                  .limits = settings->limits,
                                  .retention = settings->retention,
                                  .caps = settings->caps};
    strcpy (now.prices_source, *settings->prices_file ? settings->prices_file : "builtin");
    now.prices_loaded_ms = zc_clock_wall_ms ();
    zc_effective_config_pack (&now, text, size, config);
    free (text);
    if (!zc_pack_failed (config))
        return 0;
    zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
    return -1;
}

bool zc_engine_has_config (const zc_engine_t *self, const void *config, size_t size)
{
    static zc_effective_config_t read;
    const char *text;
    size_t text_size;
    zc_pack_t same = {.data = NULL};
    if (zc_effective_config_read (config, size, &read, &text, &text_size) == -1)
        return false;
    read.prices_loaded_ms = self->about.prices_loaded_ms;
    zc_effective_config_pack (&read, text, text_size, &same);
    bool has = !zc_pack_failed (&same) && same.size == self->config.size &&
               memcmp (same.data, self->config.data, same.size) == 0;
    zc_pack_term (&same);
    return has;
}

static zc_producers_limits_t producers_limits (const zc_caps_t *caps)
{
    return (zc_producers_limits_t){
        .live_max = (size_t) caps->producers_max,
        .expired_max = (size_t) caps->expired_max,
        .expire_after_ms = caps->expire_after_ms,
    };
}

/* What is wrong with them, or NULL. */
static const char *apply_config (zc_engine_t *self, const zc_effective_config_t *config, zc_prices_t *prices)
{
    zc_resolved_t resolved;
    const char *model = config->policy.baseline_model;
    const zc_price_t *baseline = zc_prices_find (prices, (zc_str_t){model, (uint32_t) strlen (model)}, &resolved);
    if (!baseline || !baseline->has_output)
        return "the baseline model has no price for input and output";
    if (zc_ledger_set_policy (self->intake.ledger, &config->policy, &config->retention) == -1 ||
        zc_ledger_use_prices (self->intake.ledger, prices) == -1)
        return "out of memory";
    self->intake.limits = config->limits;
    zc_producers_limits_t caps = producers_limits (&config->caps);
    zc_producers_set_limits (self->intake.producers, &caps);
    zc_ledger_set_keys_max (self->intake.ledger, (uint32_t) config->caps.keys_max);
    return NULL;
}

int zc_engine_take_config (zc_engine_t *self, const void *bytes, size_t size)
{
    static zc_effective_config_t config;
    const char *text, *why = "malformed prices and policy";
    size_t text_size;
    zc_prices_error_t error = {0, ""};
    zc_prices_t *prices = NULL;
    zc_pack_t copy = {.data = NULL};
    zc_pack_raw (&copy, bytes, size);
    if (zc_effective_config_read (bytes, size, &config, &text, &text_size) == 0) {
        prices = zc_prices_new (text, text_size, &error);
        if (!prices)
            why = error.why;
        else if (zc_pack_failed (&copy))
            why = "out of memory";
        else
            why = apply_config (self, &config, prices);
    }
    if (why) {
        zc_log (ZC_LOG_ERROR, "prices_unusable", "reason=\"%s\" baseline=\"%s\" file=\"%s\"", why,
                config.policy.baseline_model, config.prices_source);
        zc_prices_destroy (&prices);
        zc_pack_term (&copy);
        return -1;
    }
    zc_prices_destroy (&self->prices);
    self->prices = prices;
    zc_pack_term (&self->config);
    self->config = copy;
    strcpy (self->prices_source, config.prices_source);
    self->about.prices_loaded_ms = config.prices_loaded_ms;
    return 0;
}

void zc_engine_warn_of_unpriced_tiers (const zc_engine_t *self)
{
    const zc_policy_t *policy = &self->settings->policy;
    for (size_t i = 0; i < policy->tiers_count; i++) {
        const char *model = policy->tiers [i].model;
        zc_resolved_t resolved;
        if (*model && !zc_prices_find (self->prices, (zc_str_t){model, (uint32_t) strlen (model)}, &resolved))
            zc_log (ZC_LOG_WARN, "tier_unpriced", "tier=\"%s\" model=\"%s\"", policy->tiers [i].name, model);
    }
}

/* ------------------------------------------------------------------------ life */

static int make_parts (zc_engine_t *self, const zc_siphash_secret_t *secret)
{
    const zc_settings_t *settings = self->settings;
    const zc_producers_limits_t limits = producers_limits (&settings->caps);
    self->intake.ledger =
        zc_ledger_new (&settings->policy, &settings->retention, (uint32_t) settings->caps.keys_max, secret);
    self->intake.rejects = zc_rejects_new ((size_t) settings->rejects_keep);
    self->intake.producers = zc_producers_new (&limits, secret);
    self->intake.limits = settings->limits;
    self->budgets = zc_budgets_new (&settings->budgets);
    return self->budgets && self->intake.ledger && self->intake.rejects && self->intake.producers ? 0 : -1;
}

int zc_engine_init (zc_engine_t *self, const zc_settings_t *settings)
{
    memset (self, 0, sizeof *self);
    self->settings = settings;
    zc_siphash_secret_t secret;
    if (take_random (&secret, sizeof secret) == -1)
        return -1;
    if (make_parts (self, &secret) == -1) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
        return -1;
    }
    return describe (self);
}

void zc_engine_term (zc_engine_t *self)
{
    zc_ledger_destroy (&self->intake.ledger);
    zc_rejects_destroy (&self->intake.rejects);
    zc_producers_destroy (&self->intake.producers);
    zc_budgets_destroy (&self->budgets);
    zc_prices_destroy (&self->prices);
    zc_pack_term (&self->config);
}

/* ------------------------------------------------------------------------ look */

zc_report_source_t zc_engine_report_source (zc_engine_t *self)
{
    return (zc_report_source_t){
        .about = &self->about,
        .ledger = self->intake.ledger,
        .rejects = self->intake.rejects,
        .producers = self->intake.producers,
        .storage_status = &self->storage_status,
        .budgets = self->budgets,
        .now_ms = zc_clock_wall_ms (),
        .uptime_ms = zc_clock_mono_ms () - self->started_mono_ms,
        .sequence = self->sequence,
        .drained_frames = self->drained_frames,
        .drained_bytes = self->drained_bytes,
    };
}
