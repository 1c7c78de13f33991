/* SPDX-License-Identifier: MPL-2.0
 *
 * labels.h - a bounded set of names that may be values of a label.
 *
 * A name that was let in stays in for good: a series that came and went would look as a counter that was set back.
 */
#ifndef ZB_LABELS_H
#define ZB_LABELS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t max;
    json_t *names;   /* an object, for its hash table; NULL: none yet */
    json_t *refused; /* of those beyond, at most as many are told apart */
    size_t left_out; /* how many of them */
} zc_labels_t; /* zeroed, with max set: empty */

/* Whether the name is in, or is let in now. */
bool zc_labels_take (zc_labels_t *self, const char *name);

void zc_labels_term (zc_labels_t *self);

#endif
