/* SPDX-License-Identifier: MPL-2.0
 *
 * recent_minutes.c - the minutes of the last hour.
 */
#include "core/window/recent_minutes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTES, FIVES, QUARTERS, SIZES };
static const int64_t size_s [SIZES] = {ZC_MINUTE_S, 5 * ZC_MINUTE_S, ZC_QUARTER_S};

/* What began in so many seconds. */
typedef struct {
    int64_t start_s;
    zc_cells_t cells; /* as of ZC_MINUTE, all of this start */
} part_t;

typedef struct {
    part_t *parts; /* ascending; none is empty */
    size_t count, capacity;
    int64_t size_s;
} list_t;

struct zc_recent_minutes {
    list_t lists [SIZES]; /* each of the same cells; a coarse part may lack what was before from_s */
    size_t cells;         /* in all of them */
    int64_t from_s;
    uint64_t sequence;
};

zc_recent_minutes_t *zc_recent_minutes_new (int64_t from_s)
{
    zc_recent_minutes_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->from_s = from_s;
    for (int size = 0; size < SIZES; size++)
        self->lists [size].size_s = size_s [size];
    return self;
}

/* Gives up the first parts of a list. */
static void drop (zc_recent_minutes_t *self, list_t *list, size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        self->cells -= list->parts [i].cells.count;
        zc_cells_term (&list->parts [i].cells);
    }
    list->count -= parts;
    if (list->count > 0)
        memmove (list->parts, list->parts + parts, list->count * sizeof *list->parts);
}

static void drop_all (zc_recent_minutes_t *self)
{
    for (int size = 0; size < SIZES; size++)
        drop (self, &self->lists [size], self->lists [size].count);
}

void zc_recent_minutes_destroy (zc_recent_minutes_t **self_p)
{
    zc_recent_minutes_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    drop_all (self);
    for (int size = 0; size < SIZES; size++)
        free (self->lists [size].parts);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------- add */

/* What is not whole must not be read. */
static int give_up (zc_recent_minutes_t *self)
{
    drop_all (self);
    self->from_s = INT64_MAX;
    return -1;
}

static int64_t down (int64_t s, int64_t step)
{
    int64_t into = s % step;
    return s - (into < 0 ? into + step : into);
}

/* The first part that does not start before. From the end: nearly all that comes is new. */
static size_t place_of (const list_t *list, int64_t start_s)
{
    size_t at = list->count;
    while (at > 0 && list->parts [at - 1].start_s >= start_s)
        at--;
    return at;
}

static int make_room (list_t *list)
{
    if (list->count < list->capacity)
        return 0;
    size_t capacity = list->capacity ? 2 * list->capacity : 64;
    part_t *parts = realloc (list->parts, capacity * sizeof *parts);
    if (!parts)
        return -1;
    list->parts = parts;
    list->capacity = capacity;
    return 0;
}

/* The part that a time is in. */
static part_t *part_at (list_t *list, int64_t s)
{
    int64_t start_s = down (s, list->size_s);
    size_t at = place_of (list, start_s);
    if (at < list->count && list->parts [at].start_s == start_s)
        return &list->parts [at];
    part_t fresh = {.start_s = start_s};
    if (make_room (list) == -1 || zc_cells_init (&fresh.cells) == -1)
        return NULL;
    if (at < list->count)
        memmove (&list->parts [at + 1], &list->parts [at], (list->count - at) * sizeof fresh);
    list->parts [at] = fresh;
    list->count++;
    return &list->parts [at];
}

/* The cell of a key, with these sums added; NULL without memory. */
static zc_cell_t *add (zc_recent_minutes_t *self, part_t *part, uint32_t key, const zc_measures_t *sums)
{
    uint32_t before = part->cells.count;
    zc_cell_t *cell = zc_cells_at (&part->cells, ZC_MINUTE, part->start_s, key);
    if (!cell)
        return NULL;
    self->cells += part->cells.count - before;
    zc_measures_add (&cell->sums, sums);
    return cell;
}

/* Adds latencies in the saved form. -1: without memory, or it is none. */
static int add_saved (zc_sketches_t *to, uint32_t owner, const uint8_t *latencies, size_t size)
{
    const uint8_t *end = latencies + size;
    int32_t bin = -1;
    uint64_t events;
    int bad = 0;
    while (size > 0 && (latencies = zc_sketch_unpack (latencies, end, &bin, &events, &bad)) != NULL)
        if (zc_sketches_add (to, owner, (uint32_t) bin, events) == -1)
            return -1;
    return bad ? -1 : 0;
}

int zc_recent_minutes_put (zc_recent_minutes_t *self, int64_t start_s, uint32_t key, const zc_measures_t *sums,
                           const uint8_t *latencies, size_t latencies_size)
{
    if (start_s < self->from_s)
        return 0;
    for (int size = 0; size < SIZES; size++) {
        part_t *part = part_at (&self->lists [size], start_s);
        zc_cell_t *cell = part ? add (self, part, key, sums) : NULL;
        if (!cell ||
            add_saved (&part->cells.latencies, (uint32_t) (cell - part->cells.cells), latencies, latencies_size) == -1)
            return give_up (self);
    }
    return 0;
}

/* Where each changed cell went: its part and its place in it. */
typedef struct {
    int64_t start_s;
    uint32_t place;
    bool here;
} went_t;

static int add_sums (zc_recent_minutes_t *self, list_t *list, const zc_cells_t *changes, went_t *went)
{
    part_t *part = NULL;
    for (uint32_t i = 0; i < changes->count; i++) {
        const zc_cell_t *change = &changes->cells [i];
        if (change->level != ZC_MINUTE || change->start_s < self->from_s)
            continue;
        if (!part || part->start_s != down (change->start_s, list->size_s))
            part = part_at (list, change->start_s);
        zc_cell_t *cell = part ? add (self, part, change->key, &change->sums) : NULL;
        if (!cell)
            return -1;
        went [i] = (went_t){part->start_s, (uint32_t) (cell - part->cells.cells), true};
    }
    return 0;
}

static int add_latencies (list_t *list, const zc_sketches_t *latencies, const went_t *went)
{
    part_t *part = NULL;
    for (uint32_t slot = 0; slot < latencies->size; slot++) {
        zc_binned_t binned = latencies->slots [slot];
        const went_t *to = &went [ZC_BINNED_OWNER (binned)];
        if (!binned || !to->here)
            continue;
        if (!part || part->start_s != to->start_s)
            part = part_at (list, to->start_s);
        if (!part || zc_sketches_add (&part->cells.latencies, to->place, ZC_BINNED_BIN (binned),
                                      ZC_BINNED_EVENTS (binned)) == -1)
            return -1;
    }
    return 0;
}

int zc_recent_minutes_add (zc_recent_minutes_t *self, const zc_cells_t *changes, uint64_t sequence)
{
    went_t *went = calloc (changes->count ? changes->count : 1, sizeof *went);
    int rc = went ? 0 : -1;
    for (int size = 0; size < SIZES && rc == 0; size++) {
        rc = add_sums (self, &self->lists [size], changes, went);
        if (rc == 0)
            rc = add_latencies (&self->lists [size], &changes->latencies, went);
    }
    free (went);
    self->sequence = sequence;
    return rc == -1 ? give_up (self) : 0;
}

uint64_t zc_recent_minutes_sequence (const zc_recent_minutes_t *self)
{
    return self->sequence;
}

void zc_recent_minutes_set_sequence (zc_recent_minutes_t *self, uint64_t sequence)
{
    self->sequence = sequence;
}

/* ------------------------------------------------------------------------ keep */

/* A coarse part that begins before is not whole any more. */
static void keep_from (zc_recent_minutes_t *self, int64_t from_s)
{
    if (self->from_s < from_s)
        self->from_s = from_s;
    for (int size = 0; size < SIZES; size++)
        drop (self, &self->lists [size], place_of (&self->lists [size], self->from_s));
}

void zc_recent_minutes_keep (zc_recent_minutes_t *self, int64_t now_s)
{
    int64_t minute_s = zc_time_bucket_start (ZC_MINUTE, now_s);
    if (self->from_s == INT64_MAX) {
        /* Minutes ahead of time may have been committed: it is whole again where nobody can have written. */
        self->from_s = minute_s + ZC_TS_AHEAD_MS / 1000 + ZC_MINUTE_S;
        return;
    }
    keep_from (self, minute_s - ZC_RECENT_MINUTES_S);
    while (self->cells > ZC_RECENT_MINUTES_CELLS_MAX)
        keep_from (self, self->lists [MINUTES].parts [0].start_s + ZC_MINUTE_S);
}

int64_t zc_recent_minutes_from (const zc_recent_minutes_t *self)
{
    return self->from_s;
}

/* ------------------------------------------------------------------------ look */

/* The largest size whose part that this minute is in is whole, and within the span and a step. */
static const list_t *largest (const zc_recent_minutes_t *self, int64_t minute_s, const zc_span_t *span, int64_t step_s)
{
    for (int size = SIZES - 1; size > MINUTES; size--) {
        const list_t *list = &self->lists [size];
        int64_t start_s = down (minute_s, list->size_s);
        if (start_s >= span->since_s && start_s >= self->from_s && start_s + list->size_s <= span->until_s &&
            step_s % list->size_s == 0)
            return list;
    }
    return &self->lists [MINUTES];
}

int zc_recent_minutes_each (const zc_recent_minutes_t *self, int64_t since_s, int64_t until_s, int64_t step_s,
                            int (*take) (void *argument, const zc_cells_t *part), void *argument)
{
    const list_t *minutes = &self->lists [MINUTES];
    const zc_span_t span = {ZC_MINUTE, since_s, until_s};
    size_t i = place_of (minutes, since_s);
    int rc = 0;
    while (rc == 0 && i < minutes->count && minutes->parts [i].start_s < until_s) {
        const list_t *list = largest (self, minutes->parts [i].start_s, &span, step_s);
        int64_t start_s = down (minutes->parts [i].start_s, list->size_s);
        rc = take (argument, &list->parts [place_of (list, start_s)].cells);
        while (i < minutes->count && minutes->parts [i].start_s < start_s + list->size_s)
            i++;
    }
    return rc;
}

size_t zc_recent_minutes_cells (const zc_recent_minutes_t *self)
{
    return self->cells;
}
