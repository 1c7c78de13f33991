/* SPDX-License-Identifier: MPL-2.0
 *
 * checkpoint_capture.c - what changed in the engine, taken out to be saved.
 */
#include "daemon/checkpoint_capture.h"

#include <czmq.h>

#include "civil/clock.h"
#include "core/base/check.h"

struct zc_checkpoint_capture {
    zc_checkpoint_t checkpoint;
    zc_cells_t *cells; /* exchanged with the ledger's at each take */
    zc_unpriced_t *unpriced;
    zc_alert_t *alerts;
    zc_pack_t config;
};

zc_checkpoint_capture_t *zc_checkpoint_capture_new (void)
{
    zc_checkpoint_capture_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->cells = calloc (1, sizeof *self->cells);
    self->unpriced = calloc (ZC_TALLY_NAMES_MAX + 1, sizeof *self->unpriced);
    self->alerts = calloc (ZC_ALERTS_MAX, sizeof *self->alerts);
    if (!self->cells || !self->unpriced || !self->alerts || zc_cells_init (self->cells) == -1)
        zc_checkpoint_capture_destroy (&self);
    return self;
}

void zc_checkpoint_capture_destroy (zc_checkpoint_capture_t **self_p)
{
    zc_checkpoint_capture_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    if (self->cells)
        zc_cells_term (self->cells);
    free (self->cells);
    free (self->unpriced);
    free (self->alerts);
    zc_producers_changes_term (&self->checkpoint.producers);
    zc_pack_term (&self->config);
    free (self);
    *self_p = NULL;
}

/* The names are the tally's, which never takes one back. Those beyond its cap are saved as `other`. */
static void take_unpriced (zc_checkpoint_capture_t *self, const zc_tally_t *tally)
{
    static const zc_str_t other = {"other", 5};
    size_t count = tally->names.count;
    for (size_t i = 0; i < count; i++)
        self->unpriced [i] = (zc_unpriced_t){tally->names.names [i], tally->counts [i]};
    if (tally->other > 0) {
        uint32_t place = (uint32_t) count;
        if (zc_intern_find (&tally->names, other, &place) == -1)
            self->unpriced [count++] = (zc_unpriced_t){other, 0};
        self->unpriced [place].events += tally->other;
    }
    self->checkpoint.unpriced = self->unpriced;
    self->checkpoint.unpriced_count = count;
}

static void take_alerts (zc_checkpoint_capture_t *self, const zc_budgets_t *budgets)
{
    size_t count = zc_budgets_alerts (budgets);
    zc_check (count <= ZC_ALERTS_MAX);
    for (size_t i = 0; i < count; i++)
        self->alerts [i] = *zc_budgets_alert (budgets, i);
    self->checkpoint.alerts = self->alerts;
    self->checkpoint.alerts_count = count;
}

static void take_counters (zc_checkpoint_capture_t *self, const zc_intake_t *intake)
{
    zc_counters_t *counters = &self->checkpoint.counters;
    counters->accepted = zc_ledger_accepted (intake->ledger);
    for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
        counters->rejected [reason] = zc_rejects_count (intake->rejects, reason);
    counters->delivery = *zc_producers_delivery (intake->producers);
    counters->folded_to_other = zc_ledger_folded_to_other (intake->ledger);
    counters->saved_ns_magnitude = zc_ledger_saved_ns_magnitude (intake->ledger);
    counters->prompt_saved_magnitude = zc_ledger_prompt_magnitude (intake->ledger);
    counters->producers_forgotten = self->checkpoint.producers.overflowed;
}

static int take_config (zc_checkpoint_capture_t *self, const zc_engine_t *engine)
{
    zc_pack_clear (&self->config);
    zc_pack_raw (&self->config, engine->config.data, engine->config.size);
    if (zc_pack_failed (&self->config))
        return -1;
    self->checkpoint.config = self->config.data;
    self->checkpoint.config_size = self->config.size;
    return 0;
}

int zc_checkpoint_capture_run (zc_checkpoint_capture_t *self, zc_engine_t *engine, uint64_t sequence,
                               uint32_t keys_from, zc_position_t position, bool config_changed)
{
    zc_ledger_t *ledger = engine->intake.ledger;
    zc_producers_changes_term (&self->checkpoint.producers);
    self->checkpoint = (zc_checkpoint_t){
        .sequence = sequence,
        .position = position,
        .taken_ms = zc_clock_wall_ms (),
        .keys = zc_ledger_keys (ledger),
        .keys_from = keys_from,
        .keys_to = zc_keys_count (zc_ledger_keys (ledger)),
    };
    if (zc_producers_take_changes (engine->intake.producers, &self->checkpoint.producers) == -1 ||
        (config_changed && take_config (self, engine) == -1))
        return -1;
    zc_cells_clear (self->cells);
    self->cells = zc_ledger_swap_changes (ledger, self->cells);
    self->checkpoint.cells = self->cells;
    take_unpriced (self, zc_ledger_unpriced (ledger));
    take_counters (self, &engine->intake);
    zc_budgets_add (engine->budgets, self->checkpoint.keys, self->cells);
    take_alerts (self, engine->budgets);
    return 0;
}

const zc_checkpoint_t *zc_checkpoint_capture_result (const zc_checkpoint_capture_t *self)
{
    return &self->checkpoint;
}
