/* SPDX-License-Identifier: MPL-2.0
 *
 * health.c - the answer to `health`.
 */
#include "core/api/health.h"

#include <string.h>

#include "core/base/money.h"
#include "wire/hex.h"

/* A wait that is shorter than this is none. */
#define WAIT_SHOWN_MS 250

/* Counts by model; those beyond the cap under `other`, which may also be a model's name. */
static void pack_unpriced (zc_pack_t *out, const zc_tally_t *unpriced)
{
    const zc_intern_t *names = &unpriced->names;
    uint32_t other;
    bool named = zc_intern_find (names, (zc_str_t){"other", 5}, &other) == 0;
    zc_pack_key_map (out, "unpriced", names->count + (unpriced->other > 0 && !named));
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t number = names->sorted [i];
        zc_pack_str (out, names->names [number].data, names->names [number].size);
        zc_pack_uint (out, unpriced->counts [number] + (named && number == other ? unpriced->other : 0));
    }
    if (unpriced->other > 0 && !named)
        zc_pack_key_int (out, "other", (int64_t) unpriced->other);
}

static void pack_producer (zc_pack_t *out, const zc_producer_row_t *row, uint64_t durable)
{
    char hex [2 * ZC_PRODUCER_BYTES];
    zc_hex_write (row->id, sizeof row->id, hex);
    zc_pack_map (out, 9);
    zc_pack_text (out, "producer");
    zc_pack_str (out, hex, sizeof hex);
    zc_pack_key_int (out, "epoch", row->epoch);
    zc_pack_key_uint (out, "next", row->next);
    zc_pack_key_uint (out, "acknowledged", durable);
    zc_pack_key_uint (out, "accepted", row->accepted_events);
    zc_pack_key_uint (out, "lost", row->lost);
    zc_pack_key_uint (out, "dropped", row->dropped);
    zc_pack_key_int (out, "gaps", row->intervals_count);
    zc_pack_key_int (out, "last_seen", row->seen_ms);
}

static void pack_producers (zc_pack_t *out, const zc_report_source_t *view)
{
    size_t live = zc_producers_live (view->producers);
    size_t shown = live < ZC_HEALTH_PRODUCERS_MAX ? live : ZC_HEALTH_PRODUCERS_MAX;
    zc_pack_key_array (out, "producers", shown);
    for (size_t n = 0; n < shown; n++) {
        zc_producer_row_t row = {.epoch = 0};
        uint64_t durable = 0;
        zc_producers_recent (view->producers, n, &row, &durable);
        pack_producer (out, &row, durable);
    }
    zc_pack_key_map (out, "producers_total", 2);
    zc_pack_key_int (out, "live", (int64_t) live);
    zc_pack_key_int (out, "expired", (int64_t) zc_producers_expired (view->producers));
}

static void pack_key_position (zc_pack_t *out, const char *key, zc_position_t position)
{
    char text [ZC_POSITION_TEXT_BYTES];
    zc_pack_key_text (out, key, zc_position_text (position, text));
}

static void pack_key_ms (zc_pack_t *out, const char *key, int64_t us)
{
    zc_pack_key_double (out, key, (double) us / 1000);
}

static void pack_journal (zc_pack_t *out, const zc_report_source_t *view)
{
    const zc_storage_status_t *status = view->storage_status;
    zc_pack_key_map (out, "journal", status->kept ? 12 : 1);
    zc_pack_key_text (out, "state", !status->kept ? "none" : status->unsynced_bytes ? "syncing" : "synced");
    if (!status->kept)
        return;
    zc_pack_key_text (out, "directory", status->directory);
    pack_key_position (out, "written", status->written);
    pack_key_position (out, "synced", status->synced);
    zc_pack_key_uint (out, "unsynced_bytes", status->unsynced_bytes);
    zc_pack_key_uint (out, "bytes", status->journal_bytes);
    zc_pack_key_uint (out, "segments", status->segments);
    zc_pack_key_uint (out, "syncs", status->syncs);
    zc_pack_key_int (out, "synced_at", status->synced_at_ms);
    zc_pack_key_int (out, "sync_age_ms", status->sync_age_ms);
    pack_key_ms (out, "last_sync_ms", status->last_sync_us);
    pack_key_ms (out, "slowest_sync_ms", status->slowest_sync_us);
}

static void pack_store (zc_pack_t *out, const zc_report_source_t *view)
{
    const zc_storage_status_t *status = view->storage_status;
    zc_pack_key_map (out, "store", status->kept ? 9 : 1);
    zc_pack_key_text (out, "state", !status->kept ? "none" : status->committing ? "writing" : "idle");
    if (!status->kept)
        return;
    zc_pack_key_text (out, "kind", status->store_kind);
    zc_pack_key_uint (out, "sequence", status->sequence);
    pack_key_position (out, "position", status->stored);
    zc_pack_key_int (out, "checkpoint_at", status->checkpoint_at_ms);
    zc_pack_key_int (out, "checkpoint_age_seconds",
                     status->checkpoint_at_ms ? (view->now_ms - status->checkpoint_at_ms) / 1000 : 0);
    pack_key_ms (out, "last_checkpoint_ms", status->last_checkpoint_us);
    zc_pack_key_uint (out, "cells", status->cells);
    zc_pack_key_uint (out, "bytes", status->store_bytes);
}

static void pack_wait (zc_pack_t *out, const char *what, int64_t ms)
{
    char seconds [ZC_DECIMAL_TEXT];
    zc_pack_joined (out, what, zc_money_format (ms / 100, 1, 1, seconds), " s so far");
}

static void pack_waiting (zc_pack_t *out, const zc_storage_status_t *status)
{
    bool on_sync = status->syncing && status->syncing_ms >= WAIT_SHOWN_MS;
    bool on_commit = status->committing && status->committing_ms >= WAIT_SHOWN_MS;
    zc_pack_key_array (out, "waiting", (size_t) on_sync + on_commit);
    if (on_sync)
        pack_wait (out, "the disk: a sync has taken ", status->syncing_ms);
    if (on_commit)
        pack_wait (out, "the store: a checkpoint has taken ", status->committing_ms);
}

static void pack_recovered (zc_pack_t *out, const zc_storage_status_t *status)
{
    zc_pack_key_map (out, "recovered", 4);
    zc_pack_key_uint (out, "records", status->recovered_records);
    zc_pack_key_uint (out, "events", status->recovered_events);
    zc_pack_key_double (out, "seconds", (double) status->recovered_us / 1e6);
    zc_pack_key_uint (out, "torn_bytes", status->torn_bytes);
}

/* Those that are dimensions. */
static void pack_tags (zc_pack_t *out, const zc_policy_t *policy)
{
    zc_pack_key_array (out, "tags", policy->tags_count);
    for (size_t i = 0; i < policy->tags_count; i++)
        zc_pack_text (out, policy->tags [i]);
}

/* Those in the store, and those in memory that the next checkpoints add to it. */
static uint64_t count_cells (const zc_report_source_t *view)
{
    const zc_storage_status_t *status = view->storage_status;
    return status->cells + status->cells_committing + zc_ledger_cells (view->ledger);
}

void zc_health_pack (zc_pack_t *out, const zc_report_source_t *view)
{
    zc_pack_map (out, 17);
    zc_report_pack_events (out, view);
    zc_pack_key_map (out, "rejected", ZC_REASON_COUNT);
    for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
        zc_pack_key_int (out, zc_event_reason_name (reason), (int64_t) zc_rejects_count (view->rejects, reason));
    pack_unpriced (out, zc_ledger_unpriced (view->ledger));
    pack_producers (out, view); /* two keys */
    pack_journal (out, view);
    pack_store (out, view);
    pack_waiting (out, view->storage_status);
    pack_recovered (out, view->storage_status);
    zc_pack_key_map (out, "queues", 2);
    zc_pack_key_int (out, "last_drain_frames", (int64_t) view->drained_frames);
    zc_pack_key_int (out, "last_drain_bytes", (int64_t) view->drained_bytes);
    zc_pack_key_int (out, "uptime_seconds", view->uptime_ms / 1000);
    zc_pack_key_int (out, "rss_bytes", (int64_t) view->rss_bytes);
    zc_pack_key_uint (out, "cells", count_cells (view));
    zc_pack_key_int (out, "cells_folded_to_other", (int64_t) zc_ledger_folded_to_other (view->ledger));
    pack_tags (out, zc_ledger_policy (view->ledger));
    zc_pack_key_text (out, "instance", view->about->instance);
    zc_pack_key_text (out, "version", view->about->version);
}
