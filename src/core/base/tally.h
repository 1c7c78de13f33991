/* SPDX-License-Identifier: MPL-2.0
 *
 * tally.h - counts by name, for names that come from the wire.
 *
 * Bounded: names beyond the cap are counted together. Single thread.
 */
#ifndef ZC_TALLY_H
#define ZC_TALLY_H

#include "core/base/intern.h"

#define ZC_TALLY_NAMES_MAX 1000

typedef struct {
    zc_intern_t names;
    uint64_t counts [ZC_TALLY_NAMES_MAX]; /* by the name's number */
    uint64_t other;                       /* of names beyond the cap */
} zc_tally_t;

/* Returns 0, or -1 without memory. */
int zc_tally_init (zc_tally_t *self);
void zc_tally_term (zc_tally_t *self);

void zc_tally_add (zc_tally_t *self, zc_str_t name);

#endif
