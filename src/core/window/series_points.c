/* SPDX-License-Identifier: MPL-2.0
 *
 * series_points.c - the points of a series.
 */
#include "core/window/series_points.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 256u

void zc_series_points_term (zc_series_points_t *self)
{
    free (self->list);
    free (self->index);
    free (self->last);
    memset (self, 0, sizeof *self);
}

/* Seeded by where the index lies, which nobody who sends or asks knows: no choice of times makes it slow. */
static uint32_t slot_of (const zc_series_points_t *self, uint32_t row, int64_t step)
{
    uint64_t when = (uint64_t) step ^ (uintptr_t) self->index * UINT64_C (0x9e3779b97f4a7c15);
    uint64_t which = row ^ UINT64_C (0xd6e8feb86659fd93);
    unsigned __int128 product = (unsigned __int128) when * which;
    return (uint32_t) ((uint64_t) product ^ (uint64_t) (product >> 64)) & (self->index_size - 1);
}

static void index_all (zc_series_points_t *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        uint32_t slot = slot_of (self, self->list [i].row, self->list [i].step);
        while (self->index [slot])
            slot = (slot + 1) & (self->index_size - 1);
        self->index [slot] = i + 1;
    }
}

static int grow (zc_series_points_t *self)
{
    uint32_t capacity = self->capacity ? 2 * self->capacity : CAPACITY_MIN;
    uint32_t *index = calloc (2 * (size_t) capacity, sizeof *index);
    zc_series_point_t *list = index ? realloc (self->list, capacity * sizeof *list) : NULL;
    if (!list) {
        free (index);
        return -1;
    }
    free (self->index);
    self->list = list;
    self->capacity = capacity;
    self->index = index;
    self->index_size = 2 * capacity;
    index_all (self);
    return 0;
}

static int make_rows (zc_series_points_t *self, uint32_t row)
{
    uint32_t rows = self->rows ? self->rows : 16;
    while (rows <= row)
        rows *= 2;
    uint32_t *last = realloc (self->last, rows * sizeof *last);
    if (!last)
        return -1;
    memset (last + self->rows, 0, (rows - self->rows) * sizeof *last);
    self->last = last;
    self->rows = rows;
    return 0;
}

static inline bool is_at (const zc_series_points_t *self, uint32_t number, uint32_t row, int64_t step)
{
    return self->list [number].row == row && self->list [number].step == step;
}

static uint32_t look_up (zc_series_points_t *self, uint32_t row, int64_t step)
{
    if (self->count == self->capacity && grow (self) == -1)
        return ZC_SERIES_POINT_NONE;
    uint32_t slot = slot_of (self, row, step);
    for (; self->index [slot]; slot = (slot + 1) & (self->index_size - 1))
        if (is_at (self, self->index [slot] - 1, row, step))
            return self->index [slot] - 1;
    if (self->count == ZC_SERIES_POINTS_MAX)
        return ZC_SERIES_POINT_NONE;
    self->list [self->count] = (zc_series_point_t){.step = step, .row = row};
    self->index [slot] = ++self->count;
    return self->count - 1;
}

/* Cells come by time: most of a row fall into the step of the one before. */
uint32_t zc_series_points_at (zc_series_points_t *self, uint32_t row, int64_t step)
{
    if (row >= self->rows && make_rows (self, row) == -1)
        return ZC_SERIES_POINT_NONE;
    uint32_t last = self->last [row];
    if (last < self->count && is_at (self, last, row, step))
        return last;
    uint32_t point = look_up (self, row, step);
    if (point != ZC_SERIES_POINT_NONE)
        self->last [row] = point;
    return point;
}
