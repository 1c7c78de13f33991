/* SPDX-License-Identifier: MPL-2.0
 *
 * books.c - the ledger with what it needs.
 */
#include "daemon/books.h"

#include <czmq.h>
#include <sys/random.h>

#include "daemon/log.h"
#include "daemon/prices_file.h"

static int describe (zc_books_t *self)
{
    uint8_t random [ZC_INCARNATION_CHARS / 2];
    if (getrandom (random, sizeof random, 0) != sizeof random) {
        zc_log (ZC_LOG_ERROR, "random", "reason=\"%s\"", strerror (errno));
        return -1;
    }
    for (size_t i = 0; i < sizeof random; i++)
        sprintf (self->about.incarnation + 2 * i, "%02x", random [i]);
    self->about.version = ZCOST_VERSION;
    self->about.instance = self->settings->instance;
    self->about.started_ms = zclock_time ();
    self->about.interval_ms = self->settings->interval_ms;
    return 0;
}

static int take_prices (zc_books_t *self)
{
    const char *path = self->settings->prices_file;
    zc_prices_t *prices = zc_prices_file_load (path);
    if (!prices)
        return -1;
    if (zc_ledger_use_prices (self->ledger, prices) == -1) {
        zc_log (ZC_LOG_ERROR, "prices_unusable", "reason=\"no price for the baseline model %s\" file=\"%s\"",
                self->settings->policy.baseline_model, path);
        zc_prices_destroy (&prices);
        return -1;
    }
    zc_prices_destroy (&self->prices);
    self->prices = prices;
    self->about.prices_source = *path ? path : "builtin";
    self->about.prices_loaded_ms = zclock_time ();
    return 0;
}

static void warn_of_unpriced_tiers (const zc_books_t *self)
{
    const zc_policy_t *policy = &self->settings->policy;
    for (size_t i = 0; i < policy->tiers_count; i++) {
        const char *model = policy->tiers [i].model;
        zc_resolved_t resolved;
        if (*model && !zc_prices_find (self->prices, (zc_str_t) {model, (uint32_t) strlen (model)}, &resolved))
            zc_log (ZC_LOG_WARN, "tier_unpriced", "tier=\"%s\" model=\"%s\"", policy->tiers [i].name, model);
    }
}

int zc_books_load_prices (zc_books_t *self)
{
    if (take_prices (self) == -1)
        return -1;
    warn_of_unpriced_tiers (self);
    return 0;
}

int zc_books_init (zc_books_t *self, const zc_settings_t *settings)
{
    memset (self, 0, sizeof *self);
    self->settings = settings;
    self->ledger = zc_ledger_new (&settings->policy);
    self->rejects = zc_rejects_new ((size_t) settings->rejects_keep);
    if (!self->ledger || !self->rejects) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
        return -1;
    }
    return describe (self) == 0 && zc_books_load_prices (self) == 0 ? 0 : -1;
}

void zc_books_term (zc_books_t *self)
{
    zc_ledger_destroy (&self->ledger);
    zc_rejects_destroy (&self->rejects);
    zc_prices_destroy (&self->prices);
}

static uint64_t resident_bytes (void)
{
    unsigned long long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf (file, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose (file);
    return pages * (uint64_t) sysconf (_SC_PAGESIZE);
}

zc_view_t zc_books_view (zc_books_t *self)
{
    return (zc_view_t) {
        .about = &self->about,
        .ledger = self->ledger,
        .rejects = self->rejects,
        .now_ms = zclock_time (),
        .sequence = self->sequence,
        .rss_bytes = resident_bytes (),
        .drained_frames = self->drained_frames,
        .drained_bytes = self->drained_bytes,
    };
}
