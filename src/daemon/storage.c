/* SPDX-License-Identifier: MPL-2.0
 *
 * storage.c - a storage's life, and the terms under which it keeps.
 */
#include "daemon/storage.h"

#include "civil/clock.h"
#include "program/log.h"
#include "daemon/recovery.h"
#include "daemon/storage_internal.h"
#include "store/data_dir.h"

#define SPARE_SEGMENTS 4

/* ----------------------------------------------------------------------- terms */

/* Journaled before they are in force: what is folded under them stands behind them. */
static int take_config (zc_storage_t *self, zc_engine_t *engine, const zc_pack_t *config)
{
    if (self->journal && config->size > (uint64_t) engine->settings->segment_bytes - ZC_SEGMENT_HEADER_BYTES - 1024) {
        zc_log (ZC_LOG_ERROR, "prices_unusable", "reason=\"the price table does not fit into journal/segment_bytes\"");
        return 1;
    }
    /* Tried first: terms that cannot be taken must not stand in the journal. */
    if (zc_engine_take_config (engine, config->data, config->size) == -1)
        return 1;
    self->config_changed = true;
    if (zc_storage_append (self, ZC_RECORD_CONFIG, zc_clock_wall_ms (), config->data, config->size) == -1)
        return -1;
    return zc_storage_write (self);
}

static int load_config (zc_storage_t *self, zc_engine_t *engine, bool even_the_same)
{
    zc_pack_t config = {.data = NULL};
    int rc = zc_engine_read_config (engine, &config) == -1 ? 1 : 0;
    if (rc == 0 && (even_the_same || !zc_engine_has_config (engine, config.data, config.size)))
        rc = take_config (self, engine, &config);
    if (rc == 0)
        zc_engine_warn_of_unpriced_tiers (engine);
    zc_pack_term (&config);
    return rc;
}

int zc_storage_load_config (zc_storage_t *self, zc_engine_t *engine)
{
    return load_config (self, engine, true);
}

/* --------------------------------------------------------------------- readers */

static int take_recent (void *argument, const zc_stored_cell_t *cell)
{
    zc_recent_minutes_put (argument, cell->start_s, cell->key, &cell->sums, cell->latencies, cell->latencies_size);
    return 0;
}

static int fill_recent (zc_storage_t *self, zc_store_reader_t *reader)
{
    zc_store_view_t snapshot;
    const zc_span_t span = {ZC_MINUTE, zc_recent_minutes_from (self->recent.recent), INT64_MAX};
    if (zc_store_reader_begin (reader, &snapshot) == -1)
        return -1;
    zc_recent_minutes_set_sequence (self->recent.recent, snapshot.sequence);
    int rc = zc_store_reader_cells (reader, &span, take_recent, self->recent.recent);
    zc_store_reader_end (reader);
    return rc;
}

/* What the last hour was, before anybody asks. */
static int open_recent (zc_storage_t *self)
{
    char why [256] = "out of memory";
    int64_t now_s = zc_clock_wall_ms () / 1000;
    self->recent.recent = zc_recent_minutes_new (zc_time_bucket_start (ZC_MINUTE, now_s) - ZC_RECENT_MINUTES_S);
    zc_store_reader_t *reader = self->recent.recent ? zc_store_reader_new (self->store, why) : NULL;
    int rc = reader ? fill_recent (self, reader) : -1;
    if (rc != 0)
        zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", reader ? zc_store_reader_why (reader) : why);
    zc_store_reader_destroy (&reader);
    return rc == 0 ? 0 : -1;
}

static int start_readers (zc_storage_t *self)
{
    char why [256] = "";
    self->workers = zc_query_workers_new (self->engine, self->store, &self->recent, zc_storage_committing, self, why);
    if (!self->workers)
        zc_log (ZC_LOG_ERROR, "readers", "reason=\"%s\"", why);
    return self->workers ? 0 : -1;
}

/* ------------------------------------------------------------------------ open */

static int open_directory (zc_storage_t *self)
{
    char why [256] = "";
    strcpy (self->directory, self->engine->settings->directory);
    snprintf (self->journal_directory, sizeof self->journal_directory, "%s/journal", self->directory);
    if (zc_data_dir_open (self->directory, &self->lock, why) == -1) {
        zc_log (ZC_LOG_ERROR, "data_directory", "reason=\"%s\"", why); /* it names the directory */
        return -1;
    }
    self->store = zc_store_open (self->directory, zc_clock_wall_ms (), why);
    if (!self->store)
        zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\" directory=\"%s\"", why, self->directory);
    return self->store ? 0 : -1;
}

static int recover (zc_storage_t *self, zc_position_t *ret_end)
{
    zc_recovered_t recovered;
    if (zc_recovery_run (self->engine, self->store, self->journal_directory, &recovered) == -1)
        return -1;
    self->state = recovered.state;
    self->sequence = recovered.state.sequence;
    self->keys_taken = recovered.keys;
    self->taken_at = recovered.state.position;
    self->config_changed = !recovered.config_in_store;
    *ret_end = recovered.walk.position;
    return 0;
}

static int open_journal (zc_storage_t *self, zc_position_t end)
{
    const zc_settings_t *settings = self->engine->settings;
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

static int start_checkpointer (zc_storage_t *self)
{
    self->capture = zc_checkpoint_capture_new ();
    if (self->capture)
        self->checkpointer = zc_checkpointer_new (self->store, self->journal, &self->recent, self->engine->settings);
    if (!self->checkpointer)
        zc_log (ZC_LOG_ERROR, "checkpointer", "reason=\"%s\"", strerror (errno));
    return self->checkpointer ? 0 : -1;
}

/* A store without one would take a journal that somebody removed for one that never was. */
static int first_checkpoint (zc_storage_t *self)
{
    return self->sequence > 0 || (zc_storage_checkpoint (self) == 0 && zc_storage_collect (self, true) == 0) ? 0 : -1;
}

static int open_on_disk (zc_storage_t *self)
{
    zc_position_t end = 0;
    return open_directory (self) == 0 && recover (self, &end) == 0 && open_journal (self, end) == 0 ? 0 : -1;
}

static int open_in_memory (zc_storage_t *self)
{
    char why [256] = "";
    const zc_store_sink_t sink = {0};
    self->config_changed = true;
    self->store = zc_store_open_in_memory (zc_clock_wall_ms (), why);
    if (self->store && zc_store_load (self->store, &sink, &self->state) == 0)
        return 0;
    zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", self->store ? zc_store_why (self->store) : why);
    return -1;
}

/* The checkpointer waits, and readers do not starve it. */
static void init_recent (zc_storage_t *self)
{
    pthread_rwlockattr_t kind;
    pthread_rwlockattr_init (&kind);
    pthread_rwlockattr_setkind_np (&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init (&self->recent.lock, &kind);
    pthread_rwlockattr_destroy (&kind);
}

static zc_storage_t *new_closed (zc_engine_t *engine)
{
    zc_storage_t *self = calloc (1, sizeof *self);
    if (!self) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
        return NULL;
    }
    self->engine = engine;
    self->lock = -1;
    init_recent (self);
    return self;
}

zc_storage_t *zc_storage_open (zc_engine_t *engine)
{
    zc_storage_t *self = new_closed (engine);
    if (!self)
        return NULL;
    int rc = engine->settings->in_memory ? open_in_memory (self) : open_on_disk (self);
    if (rc == 0 && open_recent (self) == 0 && start_checkpointer (self) == 0 &&
        load_config (self, engine, engine->config.size == 0) == 0 && zc_storage_wait_synced (self) == 0 &&
        first_checkpoint (self) == 0 && start_readers (self) == 0)
        return self;
    zc_storage_close (&self, true);
    return NULL;
}

zc_storage_t *zc_storage_open_offline (zc_engine_t *engine)
{
    zc_storage_t *self = new_closed (engine);
    if (!self)
        return NULL;
    if (open_on_disk (self) == 0 && open_recent (self) == 0 && start_checkpointer (self) == 0 &&
        zc_storage_wait_synced (self) == 0 && zc_storage_checkpoint (self) == 0 && zc_storage_collect (self, true) == 0)
        return self;
    zc_storage_close (&self, true);
    return NULL;
}

zc_store_t *zc_storage_store (zc_storage_t *self)
{
    return self->store;
}

/* ----------------------------------------------------------------------- close */

static int last_checkpoint (zc_storage_t *self)
{
    if (zc_journal_write (self->journal) == -1)
        return zc_storage_journal_failed (self);
    if (zc_storage_collect (self, true) == -1 || zc_storage_checkpoint (self) == -1)
        return -1;
    return zc_storage_collect (self, true);
}

int zc_storage_close (zc_storage_t **self_p, bool failed)
{
    zc_storage_t *self = self_p ? *self_p : NULL;
    if (!self)
        return 0;
    char why [256] = "";
    zc_query_workers_destroy (&self->workers);
    int rc = failed ? -1 : self->journal ? last_checkpoint (self) : 0;
    zc_checkpointer_destroy (&self->checkpointer);
    if (zc_journal_close (&self->journal, why) == -1) {
        /* Where it was the reason to close, the log has it already. */
        if (!failed)
            zc_log (ZC_LOG_ERROR, "journal_failed", "reason=\"%s\"", why);
        rc = -1;
    }
    zc_checkpoint_capture_destroy (&self->capture);
    zc_recent_minutes_destroy (&self->recent.recent);
    pthread_rwlock_destroy (&self->recent.lock);
    zc_store_close (&self->store);
    zc_data_dir_close (&self->lock);
    free (self);
    *self_p = NULL;
    return rc;
}
