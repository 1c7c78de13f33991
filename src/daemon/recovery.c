/* SPDX-License-Identifier: MPL-2.0
 *
 * recovery.c - load, then replay.
 */
#include "daemon/recovery.h"

#include <czmq.h>

#include "civil/clock.h"
#include "program/log.h"

#define PROGRESS_US 2000000 /* between two lines in the log */
#define LOOK_AT_CLOCK 4096  /* records */

typedef struct {
    zc_engine_t *engine;
    zc_recovered_t *recovered;
    const char *why; /* it was given up */
    int64_t begun_us, told_us;
    uint64_t records, bytes;
} recovery_t;

/* ------------------------------------------------------------------------ load */

static int load_key (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums)
{
    recovery_t *self = argument;
    self->recovered->keys = key + 1;
    return zc_ledger_restore_key (self->engine->intake.ledger, key, dimensions, sums);
}

static int load_producer (void *argument, const zc_producer_row_t *row)
{
    recovery_t *self = argument;
    return zc_producers_restore (self->engine->intake.producers, row);
}

static int load_unpriced (void *argument, zc_str_t model, uint64_t events)
{
    recovery_t *self = argument;
    return zc_ledger_restore_unpriced (self->engine->intake.ledger, model, events);
}

static int load_config (void *argument, const void *bytes, size_t size)
{
    recovery_t *self = argument;
    self->recovered->config_in_store = true;
    return zc_engine_take_config (self->engine, bytes, size);
}

/* A budget that is no longer configured is passed over. */
static int load_alert (void *argument, const zc_alert_t *alert)
{
    recovery_t *self = argument;
    zc_budgets_restore (self->engine->budgets, alert);
    return 0;
}

static int load_counters (zc_intake_t *intake, const zc_counters_t *counters)
{
    for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
        zc_rejects_restore (intake->rejects, reason, counters->rejected [reason]);
    zc_producers_restore_delivery (intake->producers, &counters->delivery, counters->producers_forgotten);
    return zc_ledger_restore_counts (intake->ledger, counters->accepted, counters->folded_to_other,
                                     counters->saved_ns_magnitude, counters->prompt_saved_magnitude);
}

static int load (recovery_t *self, zc_store_t *store)
{
    const zc_store_sink_t sink = {.key = load_key,
                                  .producer = load_producer,
                                  .unpriced = load_unpriced,
                                  .config = load_config,
                                  .alert = load_alert,
                                  .argument = self};
    zc_store_state_t *state = &self->recovered->state;
    if (zc_store_load (store, &sink, state) == -1) {
        zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"%s\"", zc_store_why (store));
        return -1;
    }
    if (load_counters (&self->engine->intake, &state->counters) == -1) {
        zc_log (ZC_LOG_ERROR, "store_failed", "reason=\"its counters disagree with its sums\"");
        return -1;
    }
    self->engine->about.began_ms = state->began_ms;
    return 0;
}

/* ---------------------------------------------------------------------- replay */

static void tell_progress (recovery_t *self)
{
    int64_t now_us = zc_clock_mono_us ();
    if (now_us - self->told_us < PROGRESS_US)
        return;
    self->told_us = now_us;
    double seconds = (double) (now_us - self->begun_us) / 1e6;
    zc_log (ZC_LOG_INFO, "recovering", "records=%llu mb=%.0f events=%llu seconds=%.1f mb_per_second=%.0f",
            (unsigned long long) self->records, (double) self->bytes / 1e6,
            (unsigned long long) zc_ledger_accepted (self->engine->intake.ledger), seconds,
            (double) self->bytes / 1e6 / seconds);
}

static int replay_alert (recovery_t *self, const zc_record_view_t *record)
{
    zc_alert_t alert;
    self->why = "an alert cannot be read";
    if (zc_budget_record_read (record->data, record->size, &alert) == -1)
        return -1;
    zc_budgets_restore (self->engine->budgets, &alert);
    return 0;
}

static int replay (void *argument, const zc_record_view_t *record)
{
    recovery_t *self = argument;
    zc_intake_t *intake = &self->engine->intake;
    self->bytes += record->size;
    if (++self->records % LOOK_AT_CLOCK == 0)
        tell_progress (self);
    if (record->kind == ZC_RECORD_CONFIG) {
        self->recovered->config_in_store = false;
        self->why = "prices and policy cannot be read";
        return zc_engine_take_config (self->engine, record->data, record->size);
    }
    if (record->kind == ZC_RECORD_ALERT)
        return replay_alert (self, record);
    self->why = self->engine->config.size ? "out of memory" : "a frame comes before any prices and policy";
    if (!self->engine->config.size)
        return -1;
    return record->kind == ZC_RECORD_TOO_LARGE
               ? zc_intake_too_large (intake, record->data, record->size, record->arrival_ms)
               : zc_intake_frame (intake, record->data, record->size, record->arrival_ms);
}

static int walk (recovery_t *self, const char *directory)
{
    const zc_store_state_t *state = &self->recovered->state;
    zc_journal_replay_t *walked = &self->recovered->walk;
    int rc = zc_journal_replay (directory, state->ledger_id, state->position, replay, self, walked);
    if (rc == 0 && (walked->end == ZC_JOURNAL_CLEAN || walked->end == ZC_JOURNAL_TORN))
        return 0;
    if (rc != 0)
        zc_log (ZC_LOG_ERROR, "journal_damaged", "reason=\"record %llu after the checkpoint: %s\" directory=\"%s\"",
                (unsigned long long) self->records, self->why, directory);
    else
        zc_log (ZC_LOG_ERROR, walked->end == ZC_JOURNAL_DAMAGED ? "journal_damaged" : "journal_failed",
                "reason=\"%s\" directory=\"%s\"", walked->why, directory);
    return -1;
}

static void tell_end (const recovery_t *self)
{
    const zc_recovered_t *recovered = self->recovered;
    const zc_journal_replay_t *walked = &recovered->walk;
    double seconds = (double) recovered->took_us / 1e6;
    if (walked->end == ZC_JOURNAL_TORN)
        zc_log (ZC_LOG_WARN, "journal_torn", "segment=%u offset=%u bytes=%llu reason=\"%s\"",
                ZC_POSITION_SEGMENT (walked->position), ZC_POSITION_OFFSET (walked->position),
                (unsigned long long) walked->torn_bytes, walked->why);
    zc_log (ZC_LOG_INFO, "recovered",
            "checkpoint=%llu records=%llu mb=%.1f accepted=%llu keys=%u producers=%zu seconds=%.3f",
            (unsigned long long) recovered->state.sequence, (unsigned long long) self->records,
            (double) self->bytes / 1e6, (unsigned long long) zc_ledger_accepted (self->engine->intake.ledger),
            recovered->keys, zc_producers_live (self->engine->intake.producers), seconds);
}

int zc_recovery_run (zc_engine_t *engine, zc_store_t *store, const char *directory, zc_recovered_t *ret_recovered)
{
    memset (ret_recovered, 0, sizeof *ret_recovered);
    int64_t begun_us = zc_clock_mono_us ();
    recovery_t self = {.engine = engine, .recovered = ret_recovered, .begun_us = begun_us, .told_us = begun_us};
    if (load (&self, store) == -1)
        return -1;
    uint64_t accepted = zc_ledger_accepted (engine->intake.ledger);
    if (walk (&self, directory) == -1)
        return -1;
    ret_recovered->took_us = zc_clock_mono_us () - begun_us;
    engine->storage_status.recovered_records = self.records;
    engine->storage_status.recovered_events = zc_ledger_accepted (engine->intake.ledger) - accepted;
    engine->storage_status.recovered_us = ret_recovered->took_us;
    engine->storage_status.torn_bytes = ret_recovered->walk.torn_bytes;
    tell_end (&self);
    return 0;
}
