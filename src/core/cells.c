/* SPDX-License-Identifier: MPL-2.0
 *
 * cells.c - the cells that changed.
 */
#include "core/cells.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64u

int64_t zc_level_seconds (zc_level_t level)
{
    static const int64_t seconds [ZC_LEVELS] = {60, 900, 86400};
    return seconds [level];
}

void zc_measures_add (zc_measures_t *sums, const zc_measures_t *more)
{
    sums->events += more->events;
    sums->unpriced += more->unpriced;
    sums->measured += more->measured;
    sums->cost_nanousd += more->cost_nanousd;
    sums->baseline_nanousd += more->baseline_nanousd;
    sums->input_tokens += more->input_tokens;
    sums->cache_read_tokens += more->cache_read_tokens;
    sums->cache_write_tokens += more->cache_write_tokens;
    sums->output_tokens += more->output_tokens;
    sums->reasoning_tokens += more->reasoning_tokens;
    sums->hits += more->hits;
    sums->misses += more->misses;
    sums->saved_nanousd += more->saved_nanousd;
    sums->saved_ns += more->saved_ns;
}

/* ----------------------------------------------------------------------- index */

/* Seeded by where the index lies, which no sender knows: no choice of times makes it slow. */
static uint32_t slot_of (const zc_cells_t *self, uint32_t level, int64_t start_s, uint32_t key)
{
    uint64_t when = (uint64_t) start_s ^ (uintptr_t) self->index * UINT64_C (0x9e3779b97f4a7c15);
    uint64_t what = ((uint64_t) key << 2 | level) ^ UINT64_C (0xd6e8feb86659fd93);
    unsigned __int128 product = (unsigned __int128) when * what;
    return (uint32_t) ((uint64_t) product ^ (uint64_t) (product >> 64)) & (self->index_size - 1);
}

static void index_all (zc_cells_t *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        const zc_cell_t *cell = &self->cells [i];
        uint32_t slot = slot_of (self, cell->level, cell->start_s, cell->key);
        while (self->index [slot])
            slot = (slot + 1) & (self->index_size - 1);
        self->index [slot] = i + 1;
    }
}

/* Twice as many places as cells: it is half full at most. */
static int grow (zc_cells_t *self, uint32_t capacity)
{
    uint32_t *index = calloc (2 * (size_t) capacity, sizeof *index);
    zc_cell_t *cells = index ? realloc (self->cells, capacity * sizeof *cells) : NULL;
    if (!cells) {
        free (index);
        return -1;
    }
    free (self->index);
    self->cells = cells;
    self->capacity = capacity;
    self->index = index;
    self->index_size = 2 * capacity;
    index_all (self);
    return 0;
}

/* ------------------------------------------------------------------------- set */

int zc_cells_init (zc_cells_t *self)
{
    memset (self, 0, sizeof *self);
    return grow (self, CAPACITY_MIN);
}

void zc_cells_term (zc_cells_t *self)
{
    free (self->cells);
    free (self->index);
    memset (self, 0, sizeof *self);
}

void zc_cells_clear (zc_cells_t *self)
{
    self->count = 0;
    if (self->capacity > ZC_CELLS_KEPT)
        zc_cells_term (self);
    else if (self->index)
        memset (self->index, 0, self->index_size * sizeof *self->index);
}

int zc_cells_reserve (zc_cells_t *self)
{
    if (self->count < self->capacity)
        return 0;
    if (self->capacity >= ZC_CELLS_MAX)
        return -1;
    return grow (self, self->capacity ? 2 * self->capacity : CAPACITY_MIN);
}

zc_cell_t *zc_cells_at (zc_cells_t *self, zc_level_t level, int64_t start_s, uint32_t key)
{
    if (zc_cells_reserve (self) == -1)
        return NULL;
    uint32_t slot = slot_of (self, level, start_s, key);
    for (; self->index [slot]; slot = (slot + 1) & (self->index_size - 1)) {
        zc_cell_t *cell = &self->cells [self->index [slot] - 1];
        if (cell->start_s == start_s && cell->key == key && cell->level == level)
            return cell;
    }
    zc_cell_t *cell = &self->cells [self->count++];
    *cell = (zc_cell_t) {.start_s = start_s, .key = key, .level = level};
    self->index [slot] = self->count;
    return cell;
}
