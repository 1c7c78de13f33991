/* SPDX-License-Identifier: MPL-2.0
 *
 * tally.c - counts by name.
 */
#include "core/base/tally.h"

#include <string.h>

int zc_tally_init (zc_tally_t *self)
{
    memset (self, 0, sizeof *self);
    return zc_intern_init (&self->names, ZC_TALLY_NAMES_MAX);
}

void zc_tally_term (zc_tally_t *self)
{
    zc_intern_term (&self->names);
}

void zc_tally_add (zc_tally_t *self, zc_str_t name)
{
    uint32_t number;
    if (zc_intern_add (&self->names, name, &number) == 0)
        self->counts [number]++;
    else
        self->other++;
}
