/* SPDX-License-Identifier: MPL-2.0
 *
 * ledger_locate.c - where an event is added: its key, and the cell of its key and time.
 *
 * Nearly every event finds both by two guesses that are checked: the key of the last event that looked
 * like it, and that key's last cell.
 */
#include "core/ledger/ledger.h"

#include <stdbool.h>

#include "core/ledger/ledger_internal.h"
#include "core/ledger/tags.h"

/* ------------------------------------------------------------------------ cell */

/* An event older than a bucket size's retention is kept in the next coarser one. */
static zc_time_bucket_t level_of (const zc_retention_t *retention, int64_t age_ms)
{
    if (age_ms > retention->quarters_ms)
        return ZC_DAY;
    return age_ms > retention->minutes_ms ? ZC_QUARTER : ZC_MINUTE;
}

/* There is room for the cell: see zc_cells_reserve. */
static zc_cell_t *cell_of (zc_ledger_t *self, uint32_t key, zc_key_entry_t *entry, zc_time_bucket_t level,
                           int64_t ts_ms)
{
    if (entry->cell_generation == self->generation) {
        zc_cell_t *last = &self->changes.cells [entry->cell];
        if (last->level == level && (uint64_t) (ts_ms - last->start_s * 1000) < (uint64_t) zc_time_bucket_ms (level))
            return last;
    }
    int64_t ts_s = ts_ms / 1000 - (ts_ms % 1000 < 0);
    zc_cell_t *cell = zc_cells_at (&self->changes, level, zc_time_bucket_start (level, ts_s), key);
    entry->cell = (uint32_t) (cell - self->changes.cells);
    entry->cell_generation = self->generation;
    return cell;
}

/* ------------------------------------------------------------------------- key */

#define HAS_SERVICE ZC_BIT (ZC_KEY_SERVICE)
#define HAS_MODEL ZC_BIT (ZC_KEY_MODEL)
#define HAS_PROVIDER ZC_BIT (ZC_KEY_PROVIDER)

#define HAS_TAGS ZC_BIT (ZC_KEY_TAGS)

/* What an event has beside its names, in one number. */
static uint32_t shape_of (const zc_ledger_t *self, const zc_event_t *event, size_t tier)
{
    _Static_assert(ZC_KEY_COUNT <= 20 && ZC_TIERS_MAX <= 256, "a type and a tier stand above the keys");
    return (event->has & (HAS_SERVICE | HAS_MODEL | HAS_PROVIDER | self->tags_bit)) | (uint32_t) event->type << 20 |
           (uint32_t) tier << 23;
}

/* Of all bytes: maps that differ in one value only are what there is most of. */
static uint64_t tags_word (zc_str_t map)
{
    uint64_t word = map.size;
    uint32_t left = map.size < ZC_TAGS_RECALLED ? map.size : ZC_TAGS_RECALLED;
    const char *at = map.data;
    for (; left > 8; at += 8, left -= 8) {
        word = (word ^ zc_bytes_word (at)) * UINT64_C (0x9e3779b97f4a7c15);
        word ^= word >> 32;
    }
    return word ^ zc_bytes_first (at, left);
}

/* The place of an event's key among those found lately. */
static size_t recall (const zc_event_t *event, uint32_t shape)
{
    uint64_t hash = shape * UINT64_C (0xa0761d6478bd642f);
    if (shape & HAS_SERVICE)
        hash += zc_str_word (event->service) * UINT64_C (0x9e3779b97f4a7c15);
    if (shape & HAS_MODEL)
        hash += zc_str_word (event->model) * UINT64_C (0xc2b2ae3d27d4eb4f);
    if (shape & HAS_PROVIDER)
        hash += zc_str_word (event->provider) * UINT64_C (0xd6e8feb86659fd93);
    if (shape & HAS_TAGS)
        hash += tags_word (event->tags) * UINT64_C (0xe7037ed1a0b428db);
    return (hash ^ hash >> 29) * UINT64_C (0x94d049bb133111eb) >> 32 & (ZC_KEYS_RECALLED - 1);
}

static bool is_recalled (const zc_ledger_t *self, size_t place, const zc_event_t *event, uint32_t shape)
{
    const zc_recalled_key_t *recalled = &self->recalled [place];
    if (recalled->shape != shape)
        return false;
    const zc_dimensions_t *key = &recalled->entry->dimensions;
    const zc_recalled_tags_t *tags = &self->recalled_tags [place];
    return (!(shape & HAS_SERVICE) || zc_str_equal (key->service, event->service)) &&
           (!(shape & HAS_MODEL) || zc_str_equal (key->model, event->model)) &&
           (!(shape & HAS_PROVIDER) || zc_str_equal (key->provider, event->provider)) &&
           (!(shape & HAS_TAGS) ||
            (tags->size == event->tags.size && memcmp (tags->map, event->tags.data, tags->size) == 0));
}

static int find_key (zc_ledger_t *self, const zc_event_t *event, size_t tier, uint32_t *ret_key, bool *ret_folded)
{
    static const zc_str_t none = {"", 0}, default_service = {"default", 7};
    char tags [ZC_TAGS_BYTES];
    bool query = event->type == ZCOST_QUERY_ROUTER;
    zc_dimensions_t dimensions = {
        .type = event->type,
        .service = event->has & HAS_SERVICE ? event->service : default_service,
        .tier = query ? self->tiers [tier].name : none,
        .model = query ? self->tiers [tier].model : none,
        .provider = event->has & HAS_PROVIDER ? event->provider : none,
        .tags = event->has & self->tags_bit ? zc_tags_canonical (&self->policy, event->tags, tags) : none,
    };
    if ((event->has & HAS_MODEL) && event->model.size > 0)
        dimensions.model = event->model;
    return zc_keys_find (self->keys, &dimensions, ret_key, ret_folded);
}

/* Not a key that a cap put in the place of the event's own: it does not have the event's names. */
static void remember (zc_ledger_t *self, size_t place, const zc_event_t *event, const zc_recalled_key_t *found)
{
    if (found->shape & HAS_TAGS) {
        zc_recalled_tags_t *tags = &self->recalled_tags [place];
        if (event->tags.size > sizeof tags->map)
            return;
        tags->size = event->tags.size;
        memcpy (tags->map, event->tags.data, tags->size);
    }
    self->recalled [place] = *found;
}

int zc_ledger_locate (zc_ledger_t *self, const zc_event_t *event, size_t tier, int64_t arrival_ms,
                      zc_ledger_located_t *ret_places)
{
    /* Room for the cell first: a new key without its event would be a change. */
    if (zc_cells_reserve (&self->changes) == -1)
        return -1;
    uint32_t shape = shape_of (self, event, tier);
    size_t place = recall (event, shape);
    zc_recalled_key_t found = {.shape = shape};
    const zc_recalled_key_t *recalled = &self->recalled [place];
    if (!is_recalled (self, place, event, shape)) {
        bool folded;
        if (find_key (self, event, tier, &found.key, &folded) == -1)
            return -1;
        found.entry = zc_keys_at (self->keys, found.key);
        self->folded_to_other += folded;
        if (!folded)
            remember (self, place, event, &found);
        recalled = &found;
    }
    zc_time_bucket_t level = level_of (&self->retention, arrival_ms - event->ts_ms);
    zc_cell_t *cell = cell_of (self, recalled->key, recalled->entry, level, event->ts_ms);
    *ret_places = (zc_ledger_located_t){&recalled->entry->sums, &cell->sums, recalled->entry->cell};
    return 0;
}
