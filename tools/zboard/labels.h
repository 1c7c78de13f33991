/* SPDX-License-Identifier: MPL-2.0
 *
 * labels.h - a bounded set of names that may be values of a label, each with what was told of it last.
 *
 * Of a set that is only taken into a name never leaves: a series that came and went would look as a counter that was set
 * back. Refuses to know what is told.
 */
#ifndef ZB_LABELS_H
#define ZB_LABELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t max;
    json_t *names;     /* an object: name -> what was told of it; NULL: none yet */
    uint64_t left_out; /* names that there are and that are not in, by the last count */
} zb_labels_t;         /* zeroed, with max set: empty */

/* Whether the name is in, or is let in now: then this is what was told of it. told: taken over; NULL: no memory. */
bool zb_labels_take (zb_labels_t *self, const char *name, json_t *told);

/* The names are those of this object from now on, with its values: who is in stays in, in the first place; who is not in
 * it leaves. Counts. */
void zb_labels_renew (zb_labels_t *self, json_t *told);

/* So many names there are, with those that are in. */
void zb_labels_count (zb_labels_t *self, uint64_t all);

/* Empties it; the bound stays. */
void zb_labels_term (zb_labels_t *self);

#endif
