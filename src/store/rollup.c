/* SPDX-License-Identifier: MPL-2.0
 *
 * rollup.c - what changed cells add to each size of bucket.
 */
#include "store/rollup.h"

#include <stdlib.h>

/* The results: a part for each level, then that for all time. */
#define PARTS (ZC_EVER + 1)

/* The sets that the results are in. */
enum { CHANGES, COARSER, EVER, SETS };

struct zc_rollup {
    zc_cells_t coarser;            /* quarters and days; minutes are the changes' own cells */
    zc_cells_t ever;               /* as days that start at 0 */
    zc_binned_t *latencies [SETS]; /* of each set, by the place of the cell */
    size_t latencies_count [SETS];
    zc_rolled_cell_t *sorted;
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

static void free_results (zc_rollup_t *self)
{
    for (int set = 0; set < SETS; set++) {
        free (self->latencies [set]);
        self->latencies [set] = NULL;
        self->latencies_count [set] = 0;
    }
    free (self->sorted);
    self->sorted = NULL;
    for (int part = 0; part <= PARTS; part++)
        self->begin [part] = 0;
}

void zc_rollup_destroy (zc_rollup_t **self)
{
    if (!self || !*self)
        return;
    zc_cells_term (&(*self)->coarser);
    zc_cells_term (&(*self)->ever);
    free_results (*self);
    free (*self);
    *self = NULL;
}

void zc_rollup_clear (zc_rollup_t *self)
{
    zc_cells_clear (&self->coarser);
    zc_cells_clear (&self->ever);
    free_results (self);
}

/* ------------------------------------------------------------------------------- add up */

static int add (zc_cells_t *set, zc_time_bucket_t level, int64_t start_s, const zc_rolled_cell_t *more)
{
    zc_cell_t *cell = zc_cells_at (set, level, start_s, more->cell->key);
    if (!cell)
        return -1;
    zc_measures_add (&cell->sums, &more->cell->sums);
    uint32_t owner = (uint32_t) (cell - set->cells);
    for (size_t i = 0; i < more->latencies_count; i++)
        if (zc_sketches_add (&set->latencies, owner, ZC_BINNED_BIN (more->latencies [i]),
                             ZC_BINNED_EVENTS (more->latencies [i])) == -1)
            return -1;
    return 0;
}

static int add_up (zc_rollup_t *self, const zc_rolled_cell_t *more)
{
    const zc_cell_t *cell = more->cell;
    /* What happened at `cell->level` is already in that bucket; minutes are taken from where they are. */
    for (zc_time_bucket_t level = cell->level == ZC_MINUTE ? ZC_QUARTER : cell->level; level < ZC_TIME_BUCKETS; level++)
        if (add (&self->coarser, level, zc_time_bucket_start (level, cell->start_s), more) == -1)
            return -1;
    return add (&self->ever, ZC_DAY, 0, more);
}

/* --------------------------------------------------------------------------------- sort */

/* A walk over a set's cells with what each has of latencies: both are in the order of places. */
typedef struct {
    const zc_cells_t *set;
    const zc_binned_t *latencies;
    size_t latencies_count, at;
} walk_t;

static zc_rolled_cell_t next (walk_t *self, uint32_t place)
{
    size_t begin = self->at;
    while (self->at < self->latencies_count && ZC_BINNED_OWNER (self->latencies [self->at]) == place)
        self->at++;
    return (zc_rolled_cell_t){&self->set->cells [place], self->latencies + begin, self->at - begin};
}

static int walk_over (zc_rollup_t *self, int number, const zc_cells_t *set, walk_t *ret_walk)
{
    if (!self->latencies [number])
        self->latencies [number] = zc_sketches_sorted (&set->latencies, &self->latencies_count [number]);
    if (!self->latencies [number])
        return -1;
    *ret_walk =
        (walk_t){.set = set, .latencies = self->latencies [number], .latencies_count = self->latencies_count [number]};
    return 0;
}

static int by_place (const void *left, const void *right)
{
    const zc_cell_t *a = ((const zc_rolled_cell_t *) left)->cell, *b = ((const zc_rolled_cell_t *) right)->cell;
    if (a->start_s != b->start_s)
        return a->start_s < b->start_s ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

/* Appends the cells of a level to the part that was begun last, and ends the part. */
static void append (zc_rollup_t *self, zc_time_bucket_t part, walk_t walk, zc_time_bucket_t level)
{
    size_t end = self->begin [part];
    for (uint32_t place = 0; place < walk.set->count; place++) {
        zc_rolled_cell_t cell = next (&walk, place);
        if (cell.cell->level == (uint32_t) level)
            self->sorted [end++] = cell;
    }
    self->begin [part + 1] = end;
    qsort (self->sorted + self->begin [part], end - self->begin [part], sizeof *self->sorted, by_place);
}

static int sort (zc_rollup_t *self, const zc_cells_t *changes)
{
    walk_t walks [SETS];
    size_t most = (size_t) changes->count + self->coarser.count + self->ever.count;
    self->sorted = malloc ((most ? most : 1) * sizeof *self->sorted);
    if (!self->sorted || walk_over (self, CHANGES, changes, &walks [CHANGES]) == -1 ||
        walk_over (self, COARSER, &self->coarser, &walks [COARSER]) == -1 ||
        walk_over (self, EVER, &self->ever, &walks [EVER]) == -1)
        return -1;
    append (self, ZC_MINUTE, walks [CHANGES], ZC_MINUTE);
    append (self, ZC_QUARTER, walks [COARSER], ZC_QUARTER);
    append (self, ZC_DAY, walks [COARSER], ZC_DAY);
    append (self, ZC_EVER, walks [EVER], ZC_DAY);
    return 0;
}

/* -------------------------------------------------------------------------------- take */

static int take (zc_rollup_t *self, const zc_cells_t *changes)
{
    walk_t walk;
    if (walk_over (self, CHANGES, changes, &walk) == -1)
        return -1;
    for (uint32_t place = 0; place < changes->count; place++) {
        zc_rolled_cell_t cell = next (&walk, place);
        if (add_up (self, &cell) == -1)
            return -1;
    }
    return sort (self, changes);
}

int zc_rollup_take (zc_rollup_t *self, const zc_cells_t *changes)
{
    zc_rollup_clear (self);
    if (take (self, changes) == 0)
        return 0;
    zc_rollup_clear (self);
    return -1;
}

zc_rolled_t zc_rollup_bucket (const zc_rollup_t *self, zc_time_bucket_t level)
{
    size_t begin = self->begin [level];
    return (zc_rolled_t){self->sorted ? self->sorted + begin : NULL, self->begin [level + 1] - begin};
}
