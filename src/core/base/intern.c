/* SPDX-License-Identifier: MPL-2.0
 *
 * intern.c - a bounded set of names.
 */
#include "core/base/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire/bytes.h"

int zc_intern_init (zc_intern_t *self, uint32_t max)
{
    *self = (zc_intern_t){
        .max = max,
        .names = calloc (max, sizeof *self->names),
        .sorted = calloc (max, sizeof *self->sorted),
    };
    if (self->names && self->sorted)
        return 0;
    zc_intern_term (self);
    return -1;
}

void zc_intern_term (zc_intern_t *self)
{
    for (uint32_t i = 0; i < self->count; i++)
        free ((char *) self->names [i].data);
    free (self->names);
    free (self->sorted);
    memset (self, 0, sizeof *self);
}

static bool equal (zc_str_t a, zc_str_t b)
{
    return a.size == b.size && zc_bytes_first (a.data, a.size) == zc_bytes_first (b.data, b.size) &&
           (a.size <= 8 || memcmp (a.data, b.data, a.size) == 0);
}

static int compare (zc_str_t a, zc_str_t b)
{
    uint32_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp (a.data, b.data, common) : 0;
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Where in `sorted` the name stands, or would. */
static uint32_t place_of (const zc_intern_t *self, zc_str_t name)
{
    uint32_t low = 0, high = self->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (compare (self->names [self->sorted [middle]], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Returns -1 where the set is full or there is no memory. */
static int insert (zc_intern_t *self, uint32_t place, zc_str_t name)
{
    char *copy = self->count < self->max ? malloc (name.size + 1) : NULL;
    if (!copy)
        return -1;
    if (name.size)
        memcpy (copy, name.data, name.size);
    copy [name.size] = '\0';
    memmove (&self->sorted [place + 1], &self->sorted [place], (self->count - place) * sizeof *self->sorted);
    self->sorted [place] = self->count;
    self->names [self->count++] = (zc_str_t){copy, name.size};
    return 0;
}

static uint32_t *recall (zc_intern_t *self, zc_str_t name)
{
    uint64_t hash = (zc_bytes_first (name.data, name.size) + name.size) * 0x9e3779b97f4a7c15;
    return &self->recalled [(hash >> 32) % ZC_INTERN_RECALLED];
}

int zc_intern_add (zc_intern_t *self, zc_str_t name, uint32_t *ret_number)
{
    uint32_t *recalled = recall (self, name);
    if (*recalled == 0 || !equal (self->names [*recalled - 1], name)) {
        uint32_t place = place_of (self, name);
        bool known = place < self->count && equal (self->names [self->sorted [place]], name);
        if (!known && insert (self, place, name) == -1)
            return -1;
        *recalled = self->sorted [place] + 1;
    }
    *ret_number = *recalled - 1;
    return 0;
}

int zc_intern_find (const zc_intern_t *self, zc_str_t name, uint32_t *ret_number)
{
    uint32_t place = place_of (self, name);
    if (place == self->count || !equal (self->names [self->sorted [place]], name))
        return -1;
    *ret_number = self->sorted [place];
    return 0;
}
