/* SPDX-License-Identifier: MPL-2.0
 *
 * engine.h - the ledger with what it needs: terms and prices, rejects, producers, and who keeps it.
 *
 * Owned by the one thread that folds. Knows no disk but the price file; what is kept of the engine is
 * the storage's.
 */
#ifndef ZC_ENGINE_H
#define ZC_ENGINE_H

#include "core/delivery/intake.h"
#include "core/api/report.h"
#include "daemon/settings.h"

typedef struct {
    const zc_settings_t *settings;
    zc_intake_t intake; /* ledger, rejects and producers are the engine's */
    zc_budgets_t *budgets;
    zc_prices_t *prices;
    zc_pack_t config; /* in force, packed; empty before any are */
    char prices_source [ZC_SOURCE_MAX];
    zc_about_t about;
    int64_t started_mono_ms;
    zc_storage_status_t storage_status;
    uint64_t sequence;                      /* of the last snapshot published */
    uint64_t drained_frames, drained_bytes; /* what the last drain of the ingest socket found */
} zc_engine_t;

/* Opens an empty engine, without a configuration in force. The settings must outlive it. Returns 0, or -1 after a line in
 * the log; zc_engine_term is due in either case. */
int zc_engine_init (zc_engine_t *self, const zc_settings_t *settings);
void zc_engine_term (zc_engine_t *self);

/* Reads the price file and packs the terms of the settings. Returns 0, or -1 after a line in the log. */
int zc_engine_read_config (const zc_engine_t *self, zc_pack_t *config);

/* Whether packed terms say the same as those in force, but for when the prices were loaded. */
bool zc_engine_has_config (const zc_engine_t *self, const void *config, size_t size);

/* Takes packed terms into force. Returns 0, or -1 after a line in the log: then those in force stay. */
int zc_engine_take_config (zc_engine_t *self, const void *bytes, size_t size);

/* Names tiers without a price in the log. */
void zc_engine_warn_of_unpriced_tiers (const zc_engine_t *self);

/* All that can be asked, now, but for what `health` alone shows: rss_bytes is 0 and the storage's status may be old. */
zc_report_source_t zc_engine_report_source (zc_engine_t *self);

#endif
