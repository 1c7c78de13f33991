/* SPDX-License-Identifier: MPL-2.0
 *
 * recent.c - the minutes of the last hour.
 */
#include "core/recent.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t start_s;
    zc_cells_t cells; /* of ZC_MINUTE, all of this start */
} minute_t;

struct zc_recent {
    minute_t *minutes; /* ascending */
    size_t count, capacity;
    size_t cells; /* in all of them */
    int64_t from_s;
    uint64_t sequence;
};

zc_recent_t *zc_recent_new (int64_t from_s)
{
    zc_recent_t *self = calloc (1, sizeof *self);
    if (self)
        self->from_s = from_s;
    return self;
}

static void drop (zc_recent_t *self, size_t minutes)
{
    for (size_t i = 0; i < minutes; i++) {
        self->cells -= self->minutes [i].cells.count;
        zc_cells_term (&self->minutes [i].cells);
    }
    self->count -= minutes;
    if (self->count > 0)
        memmove (self->minutes, self->minutes + minutes, self->count * sizeof *self->minutes);
}

void zc_recent_destroy (zc_recent_t **self_p)
{
    zc_recent_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    drop (self, self->count);
    free (self->minutes);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------- add */

/* What is not whole must not be read. */
static int give_up (zc_recent_t *self)
{
    drop (self, self->count);
    self->from_s = INT64_MAX;
    return -1;
}

/* The first minute that does not start before. From the end: nearly all that comes is new. */
static size_t place_of (const zc_recent_t *self, int64_t start_s)
{
    size_t at = self->count;
    while (at > 0 && self->minutes [at - 1].start_s >= start_s)
        at--;
    return at;
}

static minute_t *minute_at (zc_recent_t *self, int64_t start_s)
{
    size_t at = place_of (self, start_s);
    if (at < self->count && self->minutes [at].start_s == start_s)
        return &self->minutes [at];
    minute_t fresh = {.start_s = start_s};
    if (self->count == self->capacity) {
        size_t capacity = self->capacity ? 2 * self->capacity : 64;
        minute_t *minutes = realloc (self->minutes, capacity * sizeof *minutes);
        if (!minutes)
            return NULL;
        self->minutes = minutes;
        self->capacity = capacity;
    }
    if (zc_cells_init (&fresh.cells) == -1)
        return NULL;
    if (at < self->count)
        memmove (&self->minutes [at + 1], &self->minutes [at], (self->count - at) * sizeof fresh);
    self->minutes [at] = fresh;
    self->count++;
    return &self->minutes [at];
}

/* The cell's place in its minute; NULL without memory. */
static zc_cell_t *add (zc_recent_t *self, minute_t *minute, uint32_t key, const zc_measures_t *sums)
{
    uint32_t before = minute->cells.count;
    zc_cell_t *cell = zc_cells_at (&minute->cells, ZC_MINUTE, minute->start_s, key);
    if (!cell)
        return NULL;
    self->cells += minute->cells.count - before;
    zc_measures_add (&cell->sums, sums);
    return cell;
}

int zc_recent_put (zc_recent_t *self, int64_t start_s, uint32_t key, const zc_measures_t *sums, const uint8_t *latencies,
                   size_t latencies_size)
{
    if (start_s < self->from_s)
        return 0;
    minute_t *minute = minute_at (self, start_s);
    zc_cell_t *cell = minute ? add (self, minute, key, sums) : NULL;
    if (!cell)
        return give_up (self);
    uint32_t owner = (uint32_t) (cell - minute->cells.cells);
    const uint8_t *end = latencies + latencies_size;
    int32_t bin = -1;
    uint64_t events;
    int bad = 0;
    while (latencies_size > 0 && (latencies = zc_sketch_unpack (latencies, end, &bin, &events, &bad)) != NULL)
        if (zc_sketches_add (&minute->cells.latencies, owner, (uint32_t) bin, events) == -1)
            return give_up (self);
    return bad ? give_up (self) : 0;
}

/* Where each changed cell went: its minute and its place in it. */
typedef struct {
    int64_t start_s;
    uint32_t place;
    bool here;
} went_t;

static int add_latencies (zc_recent_t *self, const zc_sketches_t *latencies, const went_t *went)
{
    minute_t *minute = NULL;
    for (uint32_t slot = 0; slot < latencies->size; slot++) {
        zc_binned_t binned = latencies->slots [slot];
        const went_t *to = &went [ZC_BINNED_OWNER (binned)];
        if (!binned || !to->here)
            continue;
        if (!minute || minute->start_s != to->start_s)
            minute = minute_at (self, to->start_s);
        if (!minute || zc_sketches_add (&minute->cells.latencies, to->place, ZC_BINNED_BIN (binned),
                                        ZC_BINNED_EVENTS (binned)) == -1)
            return -1;
    }
    return 0;
}

static int add_all (zc_recent_t *self, const zc_cells_t *changes, went_t *went)
{
    minute_t *minute = NULL;
    for (uint32_t i = 0; i < changes->count; i++) {
        const zc_cell_t *change = &changes->cells [i];
        if (change->level != ZC_MINUTE || change->start_s < self->from_s)
            continue;
        if (!minute || minute->start_s != change->start_s)
            minute = minute_at (self, change->start_s);
        zc_cell_t *cell = minute ? add (self, minute, change->key, &change->sums) : NULL;
        if (!cell)
            return -1;
        went [i] = (went_t) {change->start_s, (uint32_t) (cell - minute->cells.cells), true};
    }
    return add_latencies (self, &changes->latencies, went);
}

int zc_recent_add (zc_recent_t *self, const zc_cells_t *changes, uint64_t sequence)
{
    went_t *went = calloc (changes->count ? changes->count : 1, sizeof *went);
    int rc = went ? add_all (self, changes, went) : -1;
    free (went);
    self->sequence = sequence;
    return rc == -1 ? give_up (self) : 0;
}

uint64_t zc_recent_sequence (const zc_recent_t *self)
{
    return self->sequence;
}

void zc_recent_set_sequence (zc_recent_t *self, uint64_t sequence)
{
    self->sequence = sequence;
}

/* ------------------------------------------------------------------------ keep */

void zc_recent_keep (zc_recent_t *self, int64_t now_s)
{
    int64_t minute_s = now_s - now_s % 60, from_s = minute_s - ZC_RECENT_S;
    size_t old = 0, cells = self->cells;
    if (self->from_s == INT64_MAX) {
        /* Minutes ahead of time may have been committed: it is whole again where nobody can have written. */
        self->from_s = minute_s + ZC_TS_AHEAD_MS / 1000 + 60;
        return;
    }
    if (self->from_s > from_s)
        from_s = self->from_s;
    while (old < self->count && (self->minutes [old].start_s < from_s || cells > ZC_RECENT_CELLS_MAX)) {
        cells -= self->minutes [old].cells.count;
        if (self->minutes [old].start_s + 60 > from_s)
            from_s = self->minutes [old].start_s + 60;
        old++;
    }
    drop (self, old);
    self->from_s = from_s;
}

int64_t zc_recent_from (const zc_recent_t *self)
{
    return self->from_s;
}

/* ------------------------------------------------------------------------ look */

int zc_recent_each (const zc_recent_t *self, int64_t since_s, int64_t until_s,
                    int (*take) (void *argument, const zc_cells_t *minute), void *argument)
{
    int rc = 0;
    for (size_t i = place_of (self, since_s); rc == 0 && i < self->count && self->minutes [i].start_s < until_s; i++)
        rc = take (argument, &self->minutes [i].cells);
    return rc;
}

size_t zc_recent_cells (const zc_recent_t *self)
{
    return self->cells;
}
