/* SPDX-License-Identifier: MPL-2.0
 *
 * spread.c - how the latencies of an answer's points are spread.
 */
#include "core/spread.h"

#include <stdlib.h>
#include <string.h>

#include "core/points.h"

#define BLOCK_RUNS 256u /* 64 KiB */
#define BLOCKS (ZC_SPREAD_NEAR * ZC_RUNS / BLOCK_RUNS)

static inline zc_run_t *run_at (const zc_spread_t *self, uint32_t number)
{
    return &self->blocks [number / BLOCK_RUNS] [number % BLOCK_RUNS];
}

void zc_spread_term (zc_spread_t *self)
{
    for (uint32_t number = 0; number < self->count; number += BLOCK_RUNS)
        free (self->blocks [number / BLOCK_RUNS]);
    free (self->blocks);
    free (self->runs);
    zc_sketches_term (&self->far);
    memset (self, 0, sizeof *self);
}

/* ------------------------------------------------------------------------- add */

/* Room for the runs of a point, and all before it. */
static int make_points (zc_spread_t *self, uint32_t point)
{
    uint32_t points = self->points ? self->points : 16;
    while (points <= point)
        points *= 2;
    uint32_t (*runs) [ZC_RUNS] = realloc (self->runs, points * sizeof *runs);
    if (!runs)
        return -1;
    memset (runs + self->points, 0, (points - self->points) * sizeof *runs);
    self->runs = runs;
    self->points = points;
    return 0;
}

/* The next run; its number + 1, or 0 without memory. */
static uint32_t make_run (zc_spread_t *self)
{
    if (!self->blocks)
        self->blocks = calloc (BLOCKS, sizeof *self->blocks);
    if (!self->blocks)
        return 0;
    zc_run_t **block = &self->blocks [self->count / BLOCK_RUNS];
    if (self->count % BLOCK_RUNS == 0)
        *block = calloc (BLOCK_RUNS, sizeof **block);
    return *block ? ++self->count : 0;
}

int zc_spread_add (zc_spread_t *self, uint32_t point, uint32_t bin, uint64_t events)
{
    if (point >= ZC_SPREAD_NEAR)
        return zc_sketches_add (&self->far, point, bin, events);
    if (point >= self->points && make_points (self, point) == -1)
        return -1;
    uint32_t *run = &self->runs [point] [bin / ZC_RUN_BINS];
    if (*run == 0 && (*run = make_run (self)) == 0)
        return -1;
    uint32_t *sum = &run_at (self, *run - 1)->events [bin % ZC_RUN_BINS];
    if (events > UINT32_MAX - *sum)
        return zc_sketches_add (&self->far, point, bin, events);
    *sum += (uint32_t) events;
    return 0;
}

int zc_spread_add_sketches (zc_spread_t *self, const zc_sketches_t *more, const uint32_t *point_of)
{
    for (uint32_t slot = 0; slot < more->size; slot++) {
        zc_binned_t binned = more->slots [slot];
        uint32_t point = binned ? point_of [ZC_BINNED_OWNER (binned)] : ZC_NO_POINT;
        if (point != ZC_NO_POINT &&
            zc_spread_add (self, point, ZC_BINNED_BIN (binned), ZC_BINNED_EVENTS (binned)) == -1)
            return -1;
    }
    return 0;
}

static int add_run (zc_spread_t *self, const zc_run_t *run, uint32_t point, uint32_t first_bin)
{
    int rc = 0;
    for (uint32_t i = 0; i < ZC_RUN_BINS && rc == 0; i++)
        if (run->events [i] > 0)
            rc = zc_spread_add (self, point, first_bin + i, run->events [i]);
    return rc;
}

int zc_spread_add_spread (zc_spread_t *self, const zc_spread_t *more, const uint32_t *point_of)
{
    for (uint32_t point = 0; point < more->points; point++)
        for (uint32_t i = 0; i < ZC_RUNS; i++) {
            uint32_t run = more->runs [point] [i];
            if (run && point_of [point] != ZC_NO_POINT &&
                add_run (self, run_at (more, run - 1), point_of [point], i * ZC_RUN_BINS) == -1)
                return -1;
        }
    return zc_spread_add_sketches (self, &more->far, point_of);
}

/* ---------------------------------------------------------------------- sorted */

/* A bin's events as so many counts as it takes. Returns how many. */
static size_t put (zc_binned_t *to, uint32_t point, uint32_t bin, uint64_t events)
{
    size_t count = 0;
    for (; events > ZC_BIN_EVENTS_MAX; events -= ZC_BIN_EVENTS_MAX)
        to [count++] = ZC_BINNED (point, bin, ZC_BIN_EVENTS_MAX);
    if (events > 0)
        to [count++] = ZC_BINNED (point, bin, events);
    return count;
}

/* How many counts the near ones are; written to `to` where it is not NULL. */
static size_t put_near (const zc_spread_t *self, zc_binned_t *to)
{
    size_t count = 0;
    zc_binned_t dropped [UINT32_MAX / ZC_BIN_EVENTS_MAX + 1];
    for (uint32_t point = 0; point < self->points; point++)
        for (uint32_t i = 0; i < ZC_RUNS; i++) {
            const zc_run_t *run = self->runs [point] [i] ? run_at (self, self->runs [point] [i] - 1) : NULL;
            for (uint32_t bin = 0; run && bin < ZC_RUN_BINS; bin++)
                count += put (to ? to + count : dropped, point, i * ZC_RUN_BINS + bin, run->events [bin]);
        }
    return count;
}

/* Merges what is near, in the front of `to`, with what is far, from the back: nothing is overwritten before it was
 * read, for `to` has room for both. */
static void merge_far (zc_binned_t *to, size_t near, const zc_binned_t *far, size_t count)
{
    for (size_t at = near + count; count > 0;)
        to [--at] = near > 0 && to [near - 1] > far [count - 1] ? to [--near] : far [--count];
}

zc_binned_t *zc_spread_sorted (const zc_spread_t *self, size_t *ret_count)
{
    size_t far_count = 0, near_count = put_near (self, NULL);
    zc_binned_t *far = zc_sketches_sorted (&self->far, &far_count);
    zc_binned_t *sorted = far ? malloc ((near_count + far_count + 1) * sizeof *sorted) : NULL;
    if (sorted) {
        put_near (self, sorted);
        merge_far (sorted, near_count, far, far_count);
        *ret_count = near_count + far_count;
    }
    free (far);
    return sorted;
}
