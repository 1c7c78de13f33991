/* SPDX-License-Identifier: MPL-2.0
 *
 * labels.c - a bounded set of names; see labels.h.
 */
#include "zboard/labels.h"

bool zb_labels_take (zb_labels_t *self, const char *name, json_t *told)
{
    bool is_in = json_object_get (self->names, name);
    if (!is_in && json_object_size (self->names) >= self->max) {
        json_decref (told);
        return false;
    }
    if (!self->names)
        self->names = json_object ();
    return json_object_set_new_nocheck (self->names, name, told) == 0 || is_in;
}

void zb_labels_renew (zb_labels_t *self, json_t *told)
{
    json_t *before = self->names, *value;
    const char *name;
    self->names = NULL;
    json_object_foreach (told, name, value)
        if (json_object_get (before, name))
            zb_labels_take (self, name, json_incref (value));
    json_object_foreach (told, name, value)
        zb_labels_take (self, name, json_incref (value));
    json_decref (before);
    zb_labels_count (self, json_object_size (told));
}

/* A name that is in and that the ledger has not may be in nobody's count. */
void zb_labels_count (zb_labels_t *self, uint64_t all)
{
    size_t in = json_object_size (self->names);
    self->left_out = all > in ? all - in : 0;
}

void zb_labels_term (zb_labels_t *self)
{
    json_decref (self->names);
    self->names = NULL;
    self->left_out = 0;
}
