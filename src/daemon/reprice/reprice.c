/* SPDX-License-Identifier: MPL-2.0
 *
 * reprice.c - what was spent, by other prices.
 *
 * Several engines see the same frames: one under the prices that the journal says were in force, one for each
 * re-pricing before this one, and one under the new prices. They differ in their price table alone, and prices decide
 * neither about keys nor about cells. So the n-th changed cell of one is the n-th of all, and what to correct is the
 * difference between the new sums and those that the store has: of the last re-pricing that took the cell in.
 */
#include "daemon/reprice/reprice.h"

#include <czmq.h>

#include "civil/clock.h"
#include "core/base/check.h"
#include "daemon/prices_file.h"
#include "daemon/reprice/reprice_internal.h"
#include "daemon/storage.h"
#include "store/data_dir.h"

#define CELLS_A_CORRECTION 65536

/* ------------------------------------------------------------------ differences */

static zc_measures_t less (const zc_measures_t *now, const zc_measures_t *then)
{
    /* Prices change nothing else. */
    return (zc_measures_t){
        .unpriced = now->unpriced - then->unpriced,
        .measured = now->measured - then->measured,
        .cost_nanousd = now->cost_nanousd - then->cost_nanousd,
        .baseline_nanousd = now->baseline_nanousd - then->baseline_nanousd,
        .saved_nanousd = now->saved_nanousd - then->saved_nanousd,
        .assumed_cost_nanousd = now->assumed_cost_nanousd - then->assumed_cost_nanousd,
        .assumed_baseline_nanousd = now->assumed_baseline_nanousd - then->assumed_baseline_nanousd,
        .assumed_saved_nanousd = now->assumed_saved_nanousd - then->assumed_saved_nanousd,
        .prompt_saved_nanousd = now->prompt_saved_nanousd - then->prompt_saved_nanousd,
    };
}

static bool is_nothing (const zc_measures_t *sums)
{
    static const zc_measures_t nothing;
    return memcmp (sums, &nothing, sizeof nothing) == 0;
}

/* Which engine the store agrees with for a cell. */
static size_t books_of (const zc_reprice_t *self, int64_t start_s)
{
    size_t at = self->count - 2;
    while (at > 0 && self->pricings [at].since_s > start_s)
        at--;
    return at;
}

static int add_difference (zc_reprice_t *self, const zc_cell_t *now, const zc_cell_t *then)
{
    zc_measures_t difference = less (&now->sums, &then->sums);
    if (zc_reprice_show_add (&self->repriced, now->key, &then->sums, &now->sums) == -1)
        return zc_reprice_fail (self, "out of memory");
    if (is_nothing (&difference))
        return 0;
    zc_cell_t *cell = zc_cells_at (&self->difference, now->level, now->start_s, now->key);
    if (!cell)
        return zc_reprice_fail (self, "out of memory");
    cell->sums = difference;
    return 0;
}

/* An event that overflows is rejected whole: under one price and not under another, cells may part. */
static bool are_alike (const zc_reprice_t *self, const zc_cells_t *const *sets)
{
    for (size_t i = 1; i < self->count; i++) {
        if (sets [i]->count != sets [0]->count)
            return false;
        for (uint32_t n = 0; n < sets [0]->count; n++)
            if (sets [i]->cells [n].key != sets [0]->cells [n].key ||
                sets [i]->cells [n].sums.events != sets [0]->cells [n].sums.events)
                return false;
    }
    return true;
}

/* Takes what all engines have folded since the last time. */
static int settle (zc_reprice_t *self)
{
    const zc_cells_t *sets [ZC_REPRICE_ENGINES_MAX];
    zc_check (self->count > 0);
    for (size_t i = 0; i < self->count; i++)
        sets [i] = zc_ledger_swap_changes (self->engine [i].intake.ledger, &self->empty [i]);
    const zc_cells_t *now = sets [self->count - 1];
    int rc = are_alike (self, sets) ? 0 : zc_reprice_fail (self, "a sum would exceed 64 bits at one of the prices");
    for (uint32_t i = 0; i < now->count && rc == 0; i++)
        if (now->cells [i].start_s >= self->since_s)
            rc = add_difference (self, &now->cells [i], &sets [books_of (self, now->cells [i].start_s)]->cells [i]);
    if (rc == 0 && self->writes && zc_store_correct (self->store, &self->difference, NULL, 0) == -1)
        rc = zc_reprice_fail (self, "%s", zc_store_why (self->store));
    for (size_t i = 0; i < self->count; i++)
        zc_cells_clear (&self->empty [i]);
    zc_cells_clear (&self->difference);
    return rc;
}

/* ---------------------------------------------------------------------- replay */

static int note_first (void *argument, const zc_record_view_t *record)
{
    zc_reprice_t *self = argument;
    self->first_ms = record->arrival_ms;
    return 1;
}

static int fold (zc_reprice_t *self, const zc_record_view_t *record)
{
    for (size_t i = 0; i < self->count; i++) {
        zc_intake_t *intake = &self->engine [i].intake;
        int rc = record->kind == ZC_RECORD_TOO_LARGE
                     ? zc_intake_too_large (intake, record->data, record->size, record->arrival_ms)
                     : zc_intake_frame (intake, record->data, record->size, record->arrival_ms);
        if (rc == -1)
            return zc_reprice_fail (self, "out of memory");
    }
    return zc_ledger_changes (self->engine [0].intake.ledger)->count < CELLS_A_CORRECTION ? 0 : settle (self);
}

static int replay (void *argument, const zc_record_view_t *record)
{
    zc_reprice_t *self = argument;
    if (record->position >= self->state.position)
        return 1; /* not in the store: a dry run leaves it to the next start */
    if (zc_reprice_end_pricings (self, record->position) == -1)
        return -1;
    if (record->kind == ZC_RECORD_CONFIG) {
        self->config_seen = true;
        return zc_reprice_take_config (self, record->data, record->size);
    }
    if (record->kind != ZC_RECORD_FRAME && record->kind != ZC_RECORD_TOO_LARGE)
        return 0;
    if (zc_reprice_catch_up (self, record->arrival_ms) == -1)
        return -1;
    if (!self->engine [0].config.size)
        return zc_reprice_fail (self, "the prices that were in force where the journal begins are no longer known");
    return fold (self, record);
}

static int walk (zc_reprice_t *self, int (*take) (void *argument, const zc_record_view_t *record))
{
    zc_journal_replay_t walked;
    int rc = zc_journal_replay (self->journal, self->state.ledger_id, 0, take, self, &walked);
    if (rc == 0 && walked.end != ZC_JOURNAL_CLEAN && walked.end != ZC_JOURNAL_TORN)
        return zc_reprice_fail (self, "%s", walked.why);
    return rc == -1 ? -1 : 0;
}

/* ------------------------------------------------------------------------ open */

/* Keys have the numbers that they have in the store; what they sum here begins at nothing. */
static int load_key (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums)
{
    static const zc_measures_t nothing;
    zc_reprice_t *self = argument;
    (void) sums;
    for (size_t i = 0; i < self->count; i++)
        if (zc_ledger_restore_key (self->engine [i].intake.ledger, key, dimensions, &nothing) == -1)
            return -1;
    return 0;
}

static int load_unpriced (void *argument, zc_str_t model, uint64_t events)
{
    zc_reprice_t *self = argument;
    uint32_t number;
    (void) events;
    return zc_intern_add (&self->unpriced, model, &number);
}

static int load_pricing (void *argument, const zc_repricing_t *row)
{
    zc_reprice_t *self = argument;
    if (self->count == ZC_REPRICE_ENGINES_MAX - 1)
        return -1;
    zc_pricing_t *pricing = &self->pricings [self->count++];
    *pricing = (zc_pricing_t){.since_s = row->since_s, .until = row->until, .prices = malloc (row->prices_size + 1)};
    if (!pricing->prices)
        return zc_reprice_fail (self, "out of memory");
    memcpy (pricing->prices, row->prices, row->prices_size);
    pricing->prices_size = row->prices_size;
    return 0;
}

static int open_engines (zc_reprice_t *self)
{
    self->count = 1;
    if (zc_store_each_repricing (self->store, load_pricing, self) == -1)
        return *self->why ? -1 : zc_reprice_fail (self, "%s", zc_store_why (self->store));
    zc_pricing_t *pricing = &self->pricings [self->count++];
    pricing->until = UINT64_MAX;
    pricing->prices = zc_prices_file_read (self->settings->reprice, &pricing->prices_size);
    if (!pricing->prices)
        return zc_reprice_fail (self, "%s: cannot be used as a price table", self->settings->reprice);
    int rc = zc_cells_init (&self->difference) == -1 ? -1 : zc_intern_init (&self->unpriced, ZC_TALLY_NAMES_MAX);
    for (size_t i = 0; i < self->count && rc == 0; i++)
        rc = zc_engine_init (&self->engine [i], self->settings) == -1 ? -1 : zc_cells_init (&self->empty [i]);
    return rc == 0 ? 0 : zc_reprice_fail (self, "out of memory");
}

static int load (zc_reprice_t *self)
{
    const zc_store_sink_t sink = {.key = load_key, .unpriced = load_unpriced, .argument = self};
    if (open_engines (self) == -1)
        return -1;
    if (zc_store_load (self->store, &sink, &self->state) == -1 ||
        zc_store_each_config (self->store, zc_reprice_remember_config, self) == -1)
        return zc_reprice_fail (self, "%s", zc_store_why (self->store));
    self->first_ms = -1;
    if (walk (self, note_first) == -1)
        return -1;
    /* A journal that was never cut reaches back to the beginning. */
    zc_journal_replay_t walked;
    if (self->first_ms != -1 && self->first_ms > self->since_s * 1000 &&
        (zc_journal_replay (self->journal, self->state.ledger_id, ZC_POSITION (1, 0), note_first, self, &walked) != 1))
        return zc_reprice_fail (self,
                                "the journal begins only at @%lld: use a later --since, or keep more of it "
                                "(journal/keep)",
                                (long long) self->first_ms / 1000 + 1);
    return zc_reprice_begin_config (self);
}

/* What the next re-pricing has to know of this one. */
static int remember (zc_reprice_t *self)
{
    const zc_pricing_t *pricing = &self->pricings [self->count - 1];
    const zc_repricing_t row = {
        .since_s = self->since_s,
        .until = self->state.position,
        .applied_ms = zc_clock_wall_ms (),
        .source = {self->settings->reprice, (uint32_t) strlen (self->settings->reprice)},
        .prices = pricing->prices,
        .prices_size = pricing->prices_size,
    };
    return zc_store_remember_repricing (self->store, &row);
}

/* Who does not see what changes does not change it. */
static int show (zc_reprice_t *self, const zc_keys_t *keys)
{
    if (zc_reprice_show_print (&self->repriced, keys, self->settings, self->since_s) == -1)
        return zc_reprice_fail (self, "out of memory");
    return fflush (stdout) == EOF || ferror (stdout) ? zc_reprice_fail (self, "cannot write to stdout") : 0;
}

static int correct (zc_reprice_t *self)
{
    const zc_keys_t *keys = zc_ledger_keys (self->engine [0].intake.ledger);
    int rc = self->writes && zc_store_correct_begin (self->store) == -1
                 ? zc_reprice_fail (self, "%s", zc_store_why (self->store))
                 : walk (self, replay);
    if (rc == 0)
        rc = settle (self);
    if (rc == 0)
        rc = show (self, keys);
    if (!self->writes)
        return rc;
    if (rc == 0 && (zc_reprice_show_correct_unpriced (&self->repriced, keys, &self->unpriced, self->store) == -1 ||
                    remember (self) == -1))
        rc = zc_reprice_fail (self, "%s", zc_store_why (self->store));
    if (zc_store_correct_end (self->store, rc == 0) == -1 && rc == 0)
        rc = zc_reprice_fail (self, "%s", zc_store_why (self->store));
    return rc;
}

/* ----------------------------------------------------------------------- whole */

static int run_dry (zc_reprice_t *self)
{
    char why [256] = "";
    int lock = -1;
    if (zc_data_dir_open_read_only (self->settings->directory, &lock, why) == -1)
        return zc_reprice_fail (self, "%s", why);
    self->store = zc_store_open_read_only (self->settings->directory, why);
    int rc = self->store ? load (self) : zc_reprice_fail (self, "%s", why);
    if (rc == 0)
        rc = correct (self);
    zc_store_close (&self->store);
    zc_data_dir_close (&lock);
    return rc;
}

/* All that the journal has goes into the store first, as at any start. */
static int run_for_good (zc_reprice_t *self)
{
    zc_engine_t engine;
    zc_storage_t *storage = NULL;
    int rc = zc_engine_init (&engine, self->settings);
    if (rc == 0)
        storage = zc_storage_open_offline (&engine);
    if (!storage)
        rc = zc_reprice_fail (self, "the data directory cannot be opened");
    else {
        self->writes = true;
        self->store = zc_storage_store (storage);
        rc = load (self);
        if (rc == 0)
            rc = correct (self);
    }
    zc_storage_close (&storage, rc == -1);
    zc_engine_term (&engine);
    return rc;
}

static void term (zc_reprice_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        zc_engine_term (&self->engine [i]);
        zc_cells_term (&self->empty [i]);
        free (self->pricings [i].prices);
    }
    zc_cells_term (&self->difference);
    zc_reprice_show_term (&self->repriced);
    zc_intern_term (&self->unpriced);
    for (size_t i = 0; i < self->known_count; i++)
        zc_pack_term (&self->known [i].bytes);
    free (self);
}

int zc_reprice (const zc_settings_t *settings)
{
    zc_reprice_t *self = calloc (1, sizeof *self);
    if (!self) {
        fprintf (stderr, "zcostd: --reprice: out of memory\n");
        return 1;
    }
    self->settings = settings;
    self->since_s = settings->since_s;
    snprintf (self->journal, sizeof self->journal, "%s/journal", settings->directory);
    int rc = settings->dry_run ? run_dry (self) : run_for_good (self);
    if (rc == -1)
        fprintf (stderr, "zcostd: --reprice: %s\n", self->why);
    else
        puts (settings->dry_run ? "dry run: nothing was written" : "written");
    term (self);
    if (rc == 0 && fflush (stdout) == EOF) {
        fprintf (stderr, "zcostd: --reprice: done, but the last line could not be written to stdout\n");
        return 1;
    }
    return rc == 0 ? 0 : 1;
}
