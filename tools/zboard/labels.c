/* SPDX-License-Identifier: MPL-2.0
 *
 * labels.c - a bounded set of names; see labels.h.
 */
#include "zboard/labels.h"

#define REFUSED_MAX 10000

static bool add (json_t **set, const char *name)
{
    if (!*set)
        *set = json_object ();
    return json_object_set_new_nocheck (*set, name, json_true ()) == 0;
}

bool zc_labels_take (zc_labels_t *self, const char *name)
{
    if (json_object_get (self->names, name))
        return true;
    if (json_object_size (self->names) < self->max)
        return add (&self->names, name);
    if (json_object_size (self->refused) < REFUSED_MAX && !json_object_get (self->refused, name))
        add (&self->refused, name);
    self->left_out = json_object_size (self->refused);
    return false;
}

void zc_labels_term (zc_labels_t *self)
{
    json_decref (self->names);
    json_decref (self->refused);
    self->names = self->refused = NULL;
}
