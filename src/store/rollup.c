/* SPDX-License-Identifier: MPL-2.0
 *
 * rollup.c - what changed cells add to each size of bucket.
 */
#include "store/rollup.h"

#include <stdlib.h>

/* The results: a part for each level, then that for all time. */
#define EVER ZC_LEVELS
#define PARTS (ZC_LEVELS + 1)

struct zc_rollup {
    zc_cells_t coarser; /* quarters and days; minutes are the changes' own cells */
    zc_cells_t ever;    /* as days that start at 0 */
    const zc_cell_t **sorted;
    size_t begin [PARTS + 1]; /* in `sorted`, of each part; then of what is behind */
};

zc_rollup_t *zc_rollup_new (void)
{
    zc_rollup_t *self = calloc (1, sizeof *self);
    if (self && zc_cells_init (&self->coarser) == 0 && zc_cells_init (&self->ever) == 0)
        return self;
    zc_rollup_destroy (&self);
    return NULL;
}

void zc_rollup_destroy (zc_rollup_t **self)
{
    if (!self || !*self)
        return;
    zc_cells_term (&(*self)->coarser);
    zc_cells_term (&(*self)->ever);
    free ((*self)->sorted);
    free (*self);
    *self = NULL;
}

void zc_rollup_clear (zc_rollup_t *self)
{
    zc_cells_clear (&self->coarser);
    zc_cells_clear (&self->ever);
    free (self->sorted);
    self->sorted = NULL;
    for (int part = 0; part <= PARTS; part++)
        self->begin [part] = 0;
}

static int add (zc_cells_t *set, zc_level_t level, int64_t start_s, const zc_cell_t *more)
{
    zc_cell_t *cell = zc_cells_at (set, level, start_s, more->key);
    if (!cell)
        return -1;
    zc_measures_add (&cell->sums, &more->sums);
    return 0;
}

static int add_up (zc_rollup_t *self, const zc_cell_t *cell)
{
    /* What happened at `cell->level` is already in that bucket; minutes are taken from where they are. */
    for (zc_level_t level = cell->level == ZC_MINUTE ? ZC_QUARTER : cell->level; level < ZC_LEVELS; level++)
        if (add (&self->coarser, level, cell->start_s - cell->start_s % zc_level_seconds (level), cell) == -1)
            return -1;
    return add (&self->ever, ZC_DAY, 0, cell);
}

static int by_place (const void *left, const void *right)
{
    const zc_cell_t *a = *(const zc_cell_t *const *) left, *b = *(const zc_cell_t *const *) right;
    if (a->start_s != b->start_s)
        return a->start_s < b->start_s ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

/* Appends the cells of a level to the part that was begun last. */
static size_t append (zc_rollup_t *self, size_t end, const zc_cells_t *from, zc_level_t level)
{
    for (uint32_t i = 0; i < from->count; i++)
        if (from->cells [i].level == (uint32_t) level)
            self->sorted [end++] = &from->cells [i];
    return end;
}

static int sort (zc_rollup_t *self, const zc_cells_t *changes)
{
    size_t most = (size_t) changes->count + self->coarser.count + self->ever.count;
    self->sorted = malloc ((most ? most : 1) * sizeof *self->sorted);
    if (!self->sorted)
        return -1;
    size_t end = append (self, 0, changes, ZC_MINUTE);
    self->begin [ZC_QUARTER] = end;
    self->begin [ZC_DAY] = end = append (self, end, &self->coarser, ZC_QUARTER);
    self->begin [EVER] = end = append (self, end, &self->coarser, ZC_DAY);
    self->begin [PARTS] = append (self, end, &self->ever, ZC_DAY);
    for (int part = 0; part < PARTS; part++)
        qsort (self->sorted + self->begin [part], self->begin [part + 1] - self->begin [part], sizeof *self->sorted,
               by_place);
    return 0;
}

int zc_rollup_take (zc_rollup_t *self, const zc_cells_t *changes)
{
    zc_rollup_clear (self);
    int result = 0;
    for (uint32_t i = 0; i < changes->count && result == 0; i++)
        result = add_up (self, &changes->cells [i]);
    if (result == 0)
        result = sort (self, changes);
    if (result == -1)
        zc_rollup_clear (self);
    return result;
}

static zc_rolled_t part_of (const zc_rollup_t *self, int part)
{
    size_t begin = self->begin [part];
    return (zc_rolled_t) {self->sorted ? self->sorted + begin : NULL, self->begin [part + 1] - begin};
}

zc_rolled_t zc_rollup_level (const zc_rollup_t *self, zc_level_t level)
{
    return part_of (self, level);
}

zc_rolled_t zc_rollup_ever (const zc_rollup_t *self)
{
    return part_of (self, EVER);
}
