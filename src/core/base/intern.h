/* SPDX-License-Identifier: MPL-2.0
 *
 * intern.h - a bounded set of names from the wire, each with a number.
 *
 * Numbers count from 0 in the order of first sight and stay. Finding is by a small cache of the
 * last names, then by bisection, so that no choice of names makes it slow. Owns copies of the
 * names. Single thread.
 */
#ifndef ZC_INTERN_H
#define ZC_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "wire/event.h"

#define ZC_INTERN_RECALLED 64

typedef struct {
    zc_str_t *names;  /* by number */
    uint32_t *sorted; /* numbers, in the order of their names' bytes */
    uint32_t count, max;
    uint32_t recalled [ZC_INTERN_RECALLED]; /* number + 1, by hash; 0: empty */
} zc_intern_t;

/* A set of at most max names. Returns 0, or -1 without memory. */
int zc_intern_init (zc_intern_t *self, uint32_t max);
void zc_intern_term (zc_intern_t *self);

/* The number of a name, given to it now where it has none. Returns 0, or -1: the set is full, or no
 * memory. Names have at most ZCOST_STRING_MAX bytes. */
int zc_intern_add (zc_intern_t *self, zc_str_t name, uint32_t *ret_number);

/* The number of a name, if it has one. Returns 0, or -1. */
int zc_intern_find (const zc_intern_t *self, zc_str_t name, uint32_t *ret_number);

#endif
