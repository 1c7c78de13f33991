/* SPDX-License-Identifier: MPL-2.0
 *
 * vault_write.c - what is received goes into the journal; and how the vault is, for `health`.
 */
#include "daemon/vault.h"

#include "program/log.h"
#include "daemon/vault_inside.h"

int zc_vault_journal_failed (const zc_vault_t *self)
{
    zc_log (ZC_LOG_ERROR, "journal_failed", "reason=\"%s\"", zc_journal_why (self->journal));
    return -1;
}

/* ----------------------------------------------------------------------- write */

int zc_vault_append (zc_vault_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size)
{
    self->appended++;
    if (!self->journal)
        return 0;
    return zc_journal_append (self->journal, kind, arrival_ms, data, size) == 0 ? 0 : zc_vault_journal_failed (self);
}

int zc_vault_write (zc_vault_t *self)
{
    return !self->journal || zc_journal_write (self->journal) == 0 ? 0 : zc_vault_journal_failed (self);
}

int zc_vault_wait_synced (zc_vault_t *self)
{
    if (!self->journal)
        return 0;
    if (zc_journal_write (self->journal) == -1 ||
        zc_journal_wait_synced (self->journal, zc_journal_written (self->journal)) == -1)
        return zc_vault_journal_failed (self);
    return 0;
}

zc_position_t zc_vault_written (const zc_vault_t *self)
{
    return self->journal ? zc_journal_written (self->journal) : self->appended;
}

zc_position_t zc_vault_synced (zc_vault_t *self)
{
    return self->journal ? zc_journal_synced (self->journal) : self->appended;
}

int zc_vault_sync_descriptor (const zc_vault_t *self)
{
    return self->journal ? zc_journal_descriptor (self->journal) : -1;
}

int zc_vault_on_sync (zc_vault_t *self)
{
    return zc_journal_progress (self->journal) == 0 ? 0 : zc_vault_journal_failed (self);
}

/* ------------------------------------------------------------------------ look */

static uint64_t unsynced (const zc_vault_t *self, const zc_journal_stats_t *stats)
{
    uint64_t segments = ZC_POSITION_SEGMENT (stats->written) - ZC_POSITION_SEGMENT (stats->synced);
    return segments * (uint64_t) self->books->settings->segment_bytes + ZC_POSITION_OFFSET (stats->written) -
           ZC_POSITION_OFFSET (stats->synced);
}

void zc_vault_look (zc_vault_t *self)
{
    zc_kept_t *kept = &self->books->kept;
    zc_journal_stats_t stats;
    if (!self->journal)
        return;
    zc_journal_stats (self->journal, &stats);
    kept->kept = true;
    kept->directory = self->directory;
    kept->written.segment = ZC_POSITION_SEGMENT (stats.written);
    kept->written.offset = ZC_POSITION_OFFSET (stats.written);
    kept->synced.segment = ZC_POSITION_SEGMENT (stats.synced);
    kept->synced.offset = ZC_POSITION_OFFSET (stats.synced);
    kept->stored.segment = ZC_POSITION_SEGMENT (self->state.position);
    kept->stored.offset = ZC_POSITION_OFFSET (self->state.position);
    kept->unsynced_bytes = unsynced (self, &stats);
    kept->journal_bytes = stats.bytes;
    kept->segments = stats.segments;
    kept->syncs = stats.syncs;
    kept->synced_at_ms = stats.synced_at_ms;
    kept->last_sync_us = stats.last_sync_us;
    kept->slowest_sync_us = stats.slowest_sync_us;
    kept->syncing = stats.syncing;
    kept->syncing_since_ms = stats.syncing_since_ms;
    kept->committing = self->committing;
    kept->committing_since_ms = self->committing_since_ms;
    kept->store_kind = zc_store_sqlite.name;
    kept->sequence = self->state.sequence;
    kept->cells = self->state.cells;
    kept->store_bytes = self->state.bytes;
    kept->checkpoint_at_ms = self->state.taken_ms;
    kept->last_checkpoint_us = self->last_commit_us;
}
