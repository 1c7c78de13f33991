/* SPDX-License-Identifier: MPL-2.0
 *
 * cells.c - the cells that changed.
 */
#include "core/ledger/cells.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 64u
#define INDEX_MIN (2 * CAPACITY_MIN)
#define LATENCIES_KEPT (8 * ZC_CELLS_KEPT)

/* ----------------------------------------------------------------------- index */

/* Seeded by where the index lies, which no sender knows: no choice of times makes it slow. */
static uint32_t slot_of (const zc_cells_t *self, uint32_t level, int64_t start_s, uint32_t key)
{
    uint64_t when = (uint64_t) start_s ^ (uintptr_t) self->index * UINT64_C (0x9e3779b97f4a7c15);
    uint64_t what = ((uint64_t) key << 2 | level) ^ UINT64_C (0xd6e8feb86659fd93);
    unsigned __int128 product = (unsigned __int128) when * what;
    return (uint32_t) ((uint64_t) product ^ (uint64_t) (product >> 64)) & (self->index_size - 1);
}

static uint32_t empty_slot (const zc_cells_t *self, uint32_t slot)
{
    while (self->index [slot])
        slot = (slot + 1) & (self->index_size - 1);
    return slot;
}

static int grow_index (zc_cells_t *self)
{
    uint32_t size = self->index_size ? 2 * self->index_size : INDEX_MIN;
    uint32_t *index = calloc (size, sizeof *index);
    if (!index)
        return -1;
    free (self->index);
    self->index = index;
    self->index_size = size;
    for (uint32_t i = 0; i < self->count; i++) {
        const zc_cell_t *cell = &self->cells [i];
        self->index [empty_slot (self, slot_of (self, cell->level, cell->start_s, cell->key))] = i + 1;
    }
    return 0;
}

/* Doubled while it is small; then by a 32nd, for a cell is large. realloc moves pages then, not bytes. */
static uint32_t larger (uint32_t capacity)
{
    if (capacity < CAPACITY_MIN)
        return CAPACITY_MIN;
    uint32_t more = capacity < ZC_CELLS_KEPT ? capacity : capacity / 32;
    return capacity + more < ZC_CELLS_MAX ? capacity + more : ZC_CELLS_MAX;
}

/* The index grows apart, by doubling: it is two thirds full at most. */
int zc_cells_grow (zc_cells_t *self)
{
    uint32_t capacity = larger (self->capacity);
    if (capacity == self->capacity || (capacity > self->index_size / 3 * 2 && grow_index (self) == -1))
        return -1;
    zc_cell_t *cells = realloc (self->cells, capacity * sizeof *cells);
    if (!cells)
        return -1;
    self->cells = cells;
    self->capacity = capacity;
    return 0;
}

/* ------------------------------------------------------------------------- set */

int zc_cells_init (zc_cells_t *self)
{
    memset (self, 0, sizeof *self);
    return zc_cells_grow (self);
}

void zc_cells_term (zc_cells_t *self)
{
    free (self->cells);
    free (self->index);
    zc_sketches_term (&self->latencies);
    memset (self, 0, sizeof *self);
}

void zc_cells_clear (zc_cells_t *self)
{
    self->count = 0;
    zc_sketches_clear (&self->latencies, LATENCIES_KEPT);
    if (self->capacity > ZC_CELLS_KEPT)
        zc_cells_term (self);
    else if (self->index)
        memset (self->index, 0, self->index_size * sizeof *self->index);
}

zc_cell_t *zc_cells_at (zc_cells_t *self, zc_time_bucket_t level, int64_t start_s, uint32_t key)
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
    *cell = (zc_cell_t){.start_s = start_s, .key = key, .level = level};
    self->index [slot] = self->count;
    return cell;
}
