/* SPDX-License-Identifier: MPL-2.0
 *
 * vault.c - what keeps the books.
 */
#include "daemon/vault.h"

#include "daemon/checkpoint.h"
#include "store/data_dir.h"
#include "daemon/keeper.h"
#include "daemon/log.h"
#include "daemon/readers.h"
#include "daemon/recovery.h"

/* Changed cells (some 200 bytes each): from the first on a checkpoint begins early, at the second ingest waits
 * for it. */
#define CELLS_EARLY 65536
#define CELLS_WAIT 1000000

/* Segments since the last checkpoint, from which on the next one begins early: so that under a flood segments
 * are recycled, whose pages are there, and a replay stays short. */
#define SEGMENTS_EARLY 2

#define SPARE_SEGMENTS 4

struct zc_vault {
    zc_books_t *books;
    int lock;
    zc_store_t *store;
    zc_journal_t *journal; /* NULL: nothing is kept on disk, and the store is in memory */
    uint64_t appended;     /* without a journal: what stands for a position in it */
    zc_keeper_t *keeper;
    zc_shared_recent_t recent;
    zc_readers_t *readers;
    zc_taken_t *taken;
    zc_store_state_t state; /* of the store */
    uint32_t keys_taken;    /* keys in the store, or in the checkpoint under way */
    uint64_t sequence;      /* of the last checkpoint taken */
    zc_position_t taken_at; /* its position */
    bool terms_changed;     /* since then */
    bool committing;
    bool due; /* a checkpoint waits for the readers */
    int64_t committing_since_ms, last_commit_us;
    char directory [ZC_PATH_BYTES], journal_directory [ZC_PATH_BYTES + 16];
};

/* --------------------------------------------------------------------- failure */

static int journal_failed (zc_vault_t *self)
{
    zc_log (ZC_LOG_ERROR, "journal_failed", "reason=\"%s\"", zc_journal_why (self->journal));
    return -1;
}

/* ----------------------------------------------------------------------- terms */

/* Journaled before they are in force: what is folded under them stands behind them. */
static int take_terms (zc_vault_t *self, zc_books_t *books, const msgpack_sbuffer *terms)
{
    if (self->journal && terms->size > (uint64_t) books->settings->segment_bytes - ZC_SEGMENT_HEADER_BYTES - 1024) {
        zc_log (ZC_LOG_ERROR, "prices_unusable", "reason=\"larger than journal/segment_bytes\"");
        return 1;
    }
    /* Tried first: terms that cannot be taken must not stand in the journal. */
    if (zc_books_take_terms (books, terms->data, terms->size) == -1)
        return 1;
    self->terms_changed = true;
    if (zc_vault_append (self, ZC_RECORD_TERMS, zclock_time (), terms->data, terms->size) == -1)
        return -1;
    return zc_vault_write (self);
}

static int load_terms (zc_vault_t *self, zc_books_t *books, bool even_the_same)
{
    msgpack_sbuffer terms;
    msgpack_sbuffer_init (&terms);
    int rc = zc_books_read_terms (books, &terms) == -1 ? 1 : 0;
    if (rc == 0 && (even_the_same || !zc_books_has_terms (books, terms.data, terms.size)))
        rc = take_terms (self, books, &terms);
    if (rc == 0)
        zc_books_warn_of_unpriced_tiers (books);
    msgpack_sbuffer_destroy (&terms);
    return rc;
}

int zc_vault_load_terms (zc_vault_t *self, zc_books_t *books)
{
    return load_terms (self, books, true);
}

/* ------------------------------------------------------------------ checkpoint */

static int collect (zc_vault_t *self, bool wait)
{
    zc_keeper_state_t state = zc_keeper_collect (self->keeper, wait, &self->state, &self->last_commit_us);
    if (state == ZC_KEEPER_BUSY)
        return 0;
    self->committing = false;
    if (state != ZC_KEEPER_FAILED)
        return 0;
    zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", zc_keeper_why (self->keeper));
    return -1;
}

static int take (zc_vault_t *self, zc_position_t position)
{
    if (zc_taken_take (self->taken, self->books, self->sequence + 1, self->keys_taken, position,
                       self->terms_changed) == -1) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory for a checkpoint\"");
        return -1;
    }
    const zc_checkpoint_t *checkpoint = zc_taken_checkpoint (self->taken);
    self->sequence = checkpoint->sequence;
    self->keys_taken = checkpoint->keys_to;
    self->taken_at = position;
    self->terms_changed = false;
    self->committing = true;
    self->committing_since_ms = checkpoint->taken_ms;
    zc_keeper_give (self->keeper, checkpoint);
    return 0;
}

/* wait: for the readers, where some are at work. */
static int checkpoint (zc_vault_t *self, bool wait)
{
    zc_position_t position = zc_vault_written (self);
    if (self->committing || position == self->taken_at)
        return 0;
    if (self->readers && !zc_readers_hold (self->readers, wait)) {
        self->due = true;
        return 0;
    }
    self->due = false;
    int rc = take (self, position);
    if (self->readers)
        zc_readers_release (self->readers);
    return rc;
}

int zc_vault_checkpoint (zc_vault_t *self)
{
    return checkpoint (self, false);
}

int zc_vault_bound (zc_vault_t *self)
{
    uint32_t cells = zc_ledger_changes (self->books->intake.ledger)->count;
    uint32_t segments =
        self->journal ? ZC_POSITION_SEGMENT (zc_vault_written (self)) - ZC_POSITION_SEGMENT (self->taken_at) : 0;
    if (cells < CELLS_EARLY && segments < SEGMENTS_EARLY)
        return 0;
    if (self->committing && cells >= CELLS_WAIT) {
        zc_log (ZC_LOG_WARN, "ingest_waits", "for=checkpoint cells=%u", cells);
        if (collect (self, true) == -1)
            return -1;
    }
    return checkpoint (self, cells >= CELLS_WAIT);
}

int zc_vault_on_checkpoint (zc_vault_t *self)
{
    return collect (self, false);
}

int zc_vault_checkpoint_descriptor (const zc_vault_t *self)
{
    return zc_keeper_descriptor (self->keeper);
}

/* --------------------------------------------------------------------- readers */

static const zc_cells_t *committing (void *argument, uint64_t *ret_sequence)
{
    const zc_vault_t *self = argument;
    *ret_sequence = self->sequence;
    return self->committing ? zc_taken_checkpoint (self->taken)->cells : NULL;
}

void zc_vault_ask (zc_vault_t *self, zc_inquiry_t *inquiry)
{
    zc_readers_ask (self->readers, inquiry);
}

int zc_vault_answers_descriptor (const zc_vault_t *self)
{
    return zc_readers_descriptor (self->readers);
}

int zc_vault_on_answers (zc_vault_t *self)
{
    zc_readers_collect (self->readers);
    return self->due ? checkpoint (self, false) : 0;
}

static int take_recent (void *argument, const zc_stored_cell_t *cell)
{
    zc_recent_put (argument, cell->start_s, cell->key, &cell->sums, cell->latencies, cell->latencies_size);
    return 0;
}

static int fill_recent (zc_vault_t *self, zc_store_reader_t *reader)
{
    zc_snapshot_t snapshot;
    const zc_span_t span = {ZC_MINUTE, zc_recent_from (self->recent.recent), INT64_MAX};
    if (zc_store_reader_begin (reader, &snapshot) == -1)
        return -1;
    zc_recent_set_sequence (self->recent.recent, snapshot.sequence);
    int rc = zc_store_reader_cells (reader, &span, take_recent, self->recent.recent);
    zc_store_reader_end (reader);
    return rc;
}

/* What the last hour was, before anybody asks. */
static int open_recent (zc_vault_t *self)
{
    char why [256] = "out of memory";
    int64_t now_s = zclock_time () / 1000;
    self->recent.recent = zc_recent_new (now_s - now_s % 60 - ZC_RECENT_S);
    zc_store_reader_t *reader = self->recent.recent ? zc_store_reader_new (self->store, why) : NULL;
    int rc = reader ? fill_recent (self, reader) : -1;
    if (rc != 0)
        zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", reader ? zc_store_reader_why (reader) : why);
    zc_store_reader_destroy (&reader);
    return rc == 0 ? 0 : -1;
}

static int start_readers (zc_vault_t *self)
{
    char why [256] = "";
    self->readers = zc_readers_new (self->books, self->store, &self->recent, committing, self, why);
    if (!self->readers)
        zc_log (ZC_LOG_ERROR, "readers", "reason=\"%s\"", why);
    return self->readers ? 0 : -1;
}

/* ------------------------------------------------------------------------ open */

static int open_directory (zc_vault_t *self)
{
    char why [256] = "";
    strcpy (self->directory, self->books->settings->directory);
    snprintf (self->journal_directory, sizeof self->journal_directory, "%s/journal", self->directory);
    if (zc_data_dir_open (self->directory, &self->lock, why) == -1) {
        zc_log (ZC_LOG_ERROR, "data_directory", "reason=\"%s\"", why); /* it names the directory */
        return -1;
    }
    self->store = zc_store_open (self->directory, zclock_time (), why);
    if (!self->store)
        zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\" directory=\"%s\"", why, self->directory);
    return self->store ? 0 : -1;
}

static int recover (zc_vault_t *self, zc_position_t *ret_end)
{
    zc_recovered_t recovered;
    if (zc_recover (self->books, self->store, self->journal_directory, &recovered) == -1)
        return -1;
    self->state = recovered.state;
    self->sequence = recovered.state.sequence;
    self->keys_taken = recovered.keys;
    self->taken_at = recovered.state.position;
    self->terms_changed = !recovered.terms_in_store;
    *ret_end = recovered.walk.position;
    return 0;
}

static int open_journal (zc_vault_t *self, zc_position_t end)
{
    const zc_settings_t *settings = self->books->settings;
    char why [256] = "";
    zc_journal_options_t options = {
        .directory = self->journal_directory,
        .segment_bytes = (uint64_t) settings->segment_bytes,
        .sync_interval_ms = settings->sync_interval_ms,
        .keep_ms = settings->journal_keep_ms,
        .spare_segments = SPARE_SEGMENTS,
    };
    memcpy (options.ledger_id, self->state.ledger_id, sizeof options.ledger_id);
    self->journal = zc_journal_open (&options, end, why);
    if (!self->journal)
        zc_log (ZC_LOG_ERROR, "journal_failed", "reason=\"%s\" directory=\"%s\"", why, self->journal_directory);
    return self->journal ? 0 : -1;
}

static int start_keeper (zc_vault_t *self)
{
    self->taken = zc_taken_new ();
    if (self->taken)
        self->keeper = zc_keeper_new (self->store, self->journal, &self->recent, self->books->settings);
    if (!self->keeper)
        zc_log (ZC_LOG_ERROR, "keeper", "reason=\"%s\"", strerror (errno));
    return self->keeper ? 0 : -1;
}

/* A store without one would take a journal that somebody removed for one that never was. */
static int first_checkpoint (zc_vault_t *self)
{
    return self->sequence > 0 || (zc_vault_checkpoint (self) == 0 && collect (self, true) == 0) ? 0 : -1;
}

static int open_on_disk (zc_vault_t *self)
{
    zc_position_t end = 0;
    return open_directory (self) == 0 && recover (self, &end) == 0 && open_journal (self, end) == 0 ? 0 : -1;
}

static int open_in_memory (zc_vault_t *self)
{
    char why [256] = "";
    const zc_store_sink_t sink = {0};
    self->terms_changed = true;
    self->store = zc_store_open_in_memory (zclock_time (), why);
    if (self->store && zc_store_load (self->store, &sink, &self->state) == 0)
        return 0;
    zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", self->store ? zc_store_why (self->store) : why);
    return -1;
}

/* The keeper waits, and readers do not starve it. */
static void init_recent (zc_vault_t *self)
{
    pthread_rwlockattr_t kind;
    pthread_rwlockattr_init (&kind);
    pthread_rwlockattr_setkind_np (&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init (&self->recent.lock, &kind);
    pthread_rwlockattr_destroy (&kind);
}

zc_vault_t *zc_vault_open (zc_books_t *books)
{
    zc_vault_t *self = zmalloc (sizeof *self);
    self->books = books;
    self->lock = -1;
    init_recent (self);
    int rc = books->settings->in_memory ? open_in_memory (self) : open_on_disk (self);
    if (rc == 0 && open_recent (self) == 0 && start_keeper (self) == 0 &&
        load_terms (self, books, books->terms.size == 0) == 0 && zc_vault_wait_synced (self) == 0 &&
        first_checkpoint (self) == 0 && start_readers (self) == 0) {
        zc_vault_look (self);
        return self;
    }
    zc_vault_close (&self, true);
    return NULL;
}

zc_vault_t *zc_vault_open_offline (zc_books_t *books)
{
    zc_vault_t *self = zmalloc (sizeof *self);
    self->books = books;
    self->lock = -1;
    init_recent (self);
    if (open_on_disk (self) == 0 && open_recent (self) == 0 && start_keeper (self) == 0 &&
        zc_vault_wait_synced (self) == 0 && zc_vault_checkpoint (self) == 0 && collect (self, true) == 0)
        return self;
    zc_vault_close (&self, true);
    return NULL;
}

zc_store_t *zc_vault_store (zc_vault_t *self)
{
    return self->store;
}

/* ----------------------------------------------------------------------- close */

static int last_checkpoint (zc_vault_t *self)
{
    if (zc_journal_write (self->journal) == -1)
        return journal_failed (self);
    if (collect (self, true) == -1 || zc_vault_checkpoint (self) == -1)
        return -1;
    return collect (self, true);
}

int zc_vault_close (zc_vault_t **self_p, bool failed)
{
    zc_vault_t *self = self_p ? *self_p : NULL;
    if (!self)
        return 0;
    char why [256] = "";
    zc_readers_destroy (&self->readers);
    int rc = failed ? -1 : self->journal ? last_checkpoint (self) : 0;
    zc_keeper_destroy (&self->keeper);
    if (zc_journal_close (&self->journal, why) == -1) {
        /* Where it was the reason to close, the log has it already. */
        if (!failed)
            zc_log (ZC_LOG_ERROR, "journal_failed", "reason=\"%s\"", why);
        rc = -1;
    }
    zc_taken_destroy (&self->taken);
    zc_recent_destroy (&self->recent.recent);
    pthread_rwlock_destroy (&self->recent.lock);
    zc_store_close (&self->store);
    zc_data_dir_close (&self->lock);
    free (self);
    *self_p = NULL;
    return rc;
}

/* ----------------------------------------------------------------------- write */

int zc_vault_append (zc_vault_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size)
{
    self->appended++;
    if (!self->journal)
        return 0;
    return zc_journal_append (self->journal, kind, arrival_ms, data, size) == 0 ? 0 : journal_failed (self);
}

int zc_vault_write (zc_vault_t *self)
{
    return !self->journal || zc_journal_write (self->journal) == 0 ? 0 : journal_failed (self);
}

int zc_vault_wait_synced (zc_vault_t *self)
{
    if (!self->journal)
        return 0;
    if (zc_journal_write (self->journal) == -1 ||
        zc_journal_wait_synced (self->journal, zc_journal_written (self->journal)) == -1)
        return journal_failed (self);
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
    return zc_journal_progress (self->journal) == 0 ? 0 : journal_failed (self);
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
