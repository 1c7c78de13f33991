/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_places.c - where an event is added: its key, and the cell of its key and time.
 *
 * Nearly every event finds both by two guesses that are checked: the key of the last event that looked
 * like it, and that key's last cell.
 */
#include "core/ledger.h"

#include <stdbool.h>

#include "core/ledger_inside.h"

/* ------------------------------------------------------------------------ cell */

static const int64_t level_ms [ZC_LEVELS] = {60000, 900000, 86400000};

/* An event older than a bucket size's retention is kept in the next coarser one. */
static zc_level_t level_of (const zc_retention_t *retention, int64_t age_ms)
{
    if (age_ms > retention->quarters_ms)
        return ZC_DAY;
    return age_ms > retention->minutes_ms ? ZC_QUARTER : ZC_MINUTE;
}

/* The start of the bucket that holds a time; before the epoch too. */
static int64_t start_of (zc_level_t level, int64_t ts_ms)
{
    int64_t into_ms = ts_ms % level_ms [level];
    return (ts_ms - (into_ms < 0 ? into_ms + level_ms [level] : into_ms)) / 1000;
}

/* There is room for the cell: see zc_cells_reserve. */
static zc_measures_t *cell_of (zc_ledger_t *self, uint32_t key, zc_key_entry_t *entry, zc_level_t level, int64_t ts_ms)
{
    if (entry->cell_generation == self->generation) {
        zc_cell_t *last = &self->changes.cells [entry->cell];
        if (last->level == level && (uint64_t) (ts_ms - last->start_s * 1000) < (uint64_t) level_ms [level])
            return &last->sums;
    }
    zc_cell_t *cell = zc_cells_at (&self->changes, level, start_of (level, ts_ms), key);
    entry->cell = (uint32_t) (cell - self->changes.cells);
    entry->cell_generation = self->generation;
    return &cell->sums;
}

/* ------------------------------------------------------------------------- key */

#define HAS_SERVICE ZC_BIT (ZC_KEY_SERVICE)
#define HAS_MODEL ZC_BIT (ZC_KEY_MODEL)
#define HAS_PROVIDER ZC_BIT (ZC_KEY_PROVIDER)

/* What an event has beside its names, in one number. */
static uint32_t shape_of (const zc_event_t *event, size_t tier)
{
    _Static_assert (ZC_KEY_COUNT <= 20 && ZC_TIERS_MAX <= 256, "a type and a tier stand above the keys");
    return (event->has & (HAS_SERVICE | HAS_MODEL | HAS_PROVIDER)) | (uint32_t) event->type << 20 |
           (uint32_t) tier << 23;
}

static zc_recalled_key_t *recall (zc_ledger_t *self, const zc_event_t *event, uint32_t shape)
{
    uint64_t hash = shape * UINT64_C (0xa0761d6478bd642f);
    if (shape & HAS_SERVICE)
        hash += zc_str_word (event->service) * UINT64_C (0x9e3779b97f4a7c15);
    if (shape & HAS_MODEL)
        hash += zc_str_word (event->model) * UINT64_C (0xc2b2ae3d27d4eb4f);
    if (shape & HAS_PROVIDER)
        hash += zc_str_word (event->provider) * UINT64_C (0xd6e8feb86659fd93);
    return &self->recalled [(hash ^ hash >> 29) * UINT64_C (0x94d049bb133111eb) >> 32 & (ZC_KEYS_RECALLED - 1)];
}

static bool is_recalled (const zc_recalled_key_t *recalled, const zc_event_t *event, uint32_t shape)
{
    if (recalled->shape != shape)
        return false;
    const zc_dimensions_t *key = &recalled->entry->dimensions;
    return (!(shape & HAS_SERVICE) || zc_str_equal (key->service, event->service)) &&
           (!(shape & HAS_MODEL) || zc_str_equal (key->model, event->model)) &&
           (!(shape & HAS_PROVIDER) || zc_str_equal (key->provider, event->provider));
}

static int find_key (zc_ledger_t *self, const zc_event_t *event, size_t tier, uint32_t *ret_key, bool *ret_folded)
{
    static const zc_str_t none = {"", 0}, default_service = {"default", 7};
    bool query = event->type == ZCOST_QUERY_ROUTER;
    zc_dimensions_t dimensions = {
        .type = event->type,
        .service = event->has & HAS_SERVICE ? event->service : default_service,
        .tier = query ? self->tiers [tier].name : none,
        .model = query ? self->tiers [tier].model : none,
        .provider = event->has & HAS_PROVIDER ? event->provider : none,
    };
    if ((event->has & HAS_MODEL) && event->model.size > 0)
        dimensions.model = event->model;
    return zc_keys_find (self->keys, &dimensions, ret_key, ret_folded);
}

int zc_ledger_find_places (zc_ledger_t *self, const zc_event_t *event, size_t tier, int64_t arrival_ms,
                           zc_places_t *ret_places)
{
    /* Room for the cell first: a new key without its event would be a change. */
    if (self->changes.count == self->changes.capacity && zc_cells_reserve (&self->changes) == -1)
        return -1;
    uint32_t shape = shape_of (event, tier);
    zc_recalled_key_t *recalled = recall (self, event, shape), found;
    if (!is_recalled (recalled, event, shape)) {
        uint32_t key;
        bool folded;
        if (find_key (self, event, tier, &key, &folded) == -1)
            return -1;
        found = (zc_recalled_key_t) {zc_keys_at (self->keys, key), key, shape};
        self->folded_to_other += folded;
        /* The key that a cap put in its place does not have the event's names. */
        if (folded)
            recalled = &found;
        else
            *recalled = found;
    }
    zc_level_t level = level_of (&self->retention, arrival_ms - event->ts_ms);
    ret_places->ever = &recalled->entry->sums;
    ret_places->cell = cell_of (self, recalled->key, recalled->entry, level, event->ts_ms);
    return 0;
}
