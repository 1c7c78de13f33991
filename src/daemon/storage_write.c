/* SPDX-License-Identifier: MPL-2.0
 *
 * storage_write.c - what is received goes into the journal; and how the storage is, for `health`.
 */
#include "daemon/storage.h"

#include "civil/clock.h"
#include "program/log.h"
#include "daemon/storage_internal.h"

int zc_storage_journal_failed (const zc_storage_t *self)
{
    zc_log (ZC_LOG_ERROR, "journal_failed", "reason=\"%s\"", zc_journal_why (self->journal));
    return -1;
}

/* ----------------------------------------------------------------------- write */

int zc_storage_append (zc_storage_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size)
{
    self->appended++;
    if (!self->journal)
        return 0;
    return zc_journal_append (self->journal, kind, arrival_ms, data, size) == 0 ? 0 : zc_storage_journal_failed (self);
}

int zc_storage_write (zc_storage_t *self)
{
    return !self->journal || zc_journal_write (self->journal) == 0 ? 0 : zc_storage_journal_failed (self);
}

int zc_storage_wait_synced (zc_storage_t *self)
{
    if (!self->journal)
        return 0;
    if (zc_journal_write (self->journal) == -1 ||
        zc_journal_wait_synced (self->journal, zc_journal_written (self->journal)) == -1)
        return zc_storage_journal_failed (self);
    return 0;
}

zc_position_t zc_storage_written (const zc_storage_t *self)
{
    return self->journal ? zc_journal_written (self->journal) : self->appended;
}

zc_position_t zc_storage_synced (zc_storage_t *self)
{
    return self->journal ? zc_journal_synced (self->journal) : self->appended;
}

int zc_storage_sync_descriptor (const zc_storage_t *self)
{
    return self->journal ? zc_journal_descriptor (self->journal) : -1;
}

int zc_storage_on_sync (zc_storage_t *self)
{
    return zc_journal_progress (self->journal) == 0 ? 0 : zc_storage_journal_failed (self);
}

/* ------------------------------------------------------------------------ look */

static uint64_t unsynced (const zc_storage_t *self, const zc_journal_stats_t *stats)
{
    uint64_t segments = ZC_POSITION_SEGMENT (stats->written) - ZC_POSITION_SEGMENT (stats->synced);
    return segments * (uint64_t) self->engine->settings->segment_bytes + ZC_POSITION_OFFSET (stats->written) -
           ZC_POSITION_OFFSET (stats->synced);
}

void zc_storage_refresh_status (zc_storage_t *self)
{
    zc_storage_status_t *status = &self->engine->storage_status;
    zc_journal_stats_t stats;
    status->cells = self->state.cells;
    status->cells_committing = self->committing ? zc_checkpoint_capture_result (self->capture)->cells->count : 0;
    if (!self->journal)
        return;
    zc_journal_stats (self->journal, &stats);
    status->kept = true;
    status->directory = self->directory;
    status->written = stats.written;
    status->synced = stats.synced;
    status->stored = self->state.position;
    status->unsynced_bytes = unsynced (self, &stats);
    status->journal_bytes = stats.bytes;
    status->segments = stats.segments;
    status->syncs = stats.syncs;
    status->synced_at_ms = stats.synced_at_ms;
    status->sync_age_ms = stats.sync_age_ms;
    status->last_sync_us = stats.last_sync_us;
    status->slowest_sync_us = stats.slowest_sync_us;
    status->syncing = stats.syncing;
    status->syncing_ms = stats.syncing_ms;
    status->committing = self->committing;
    status->committing_ms = self->committing ? zc_clock_mono_ms () - self->committing_since_mono_ms : 0;
    status->store_kind = zc_store_sqlite.name;
    status->sequence = self->state.sequence;
    status->store_bytes = self->state.bytes;
    status->checkpoint_at_ms = self->state.taken_ms;
    status->last_checkpoint_us = self->last_commit_us;
}
