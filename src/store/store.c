/* SPDX-License-Identifier: MPL-2.0
 *
 * store.c - a store is a kind and its handle; here each call finds its kind.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

struct zc_store {
    const zc_store_kind_t *kind;
    void *handle;
};

/* The first is what a data directory gets. A second kind adds how it is asked for. */
static const zc_store_kind_t *const kinds [] = {&zc_store_sqlite};

static zc_store_t *open_kind (const zc_store_kind_t *kind, const char *directory, bool to_look, int64_t now_ms,
                              char ret_why [256])
{
    zc_store_t *self = malloc (sizeof *self);
    if (!self) {
        snprintf (ret_why, 256, "out of memory");
        return NULL;
    }
    self->kind = kind;
    if (kind->open (directory, to_look, now_ms, &self->handle, ret_why) == 0)
        return self;
    free (self);
    return NULL;
}

zc_store_t *zc_store_open (const char *directory, int64_t now_ms, char ret_why [256])
{
    return open_kind (kinds [0], directory, false, now_ms, ret_why);
}

zc_store_t *zc_store_open_to_look (const char *directory, char ret_why [256])
{
    return open_kind (kinds [0], directory, true, 0, ret_why);
}

void zc_store_close (zc_store_t **self)
{
    if (!self || !*self)
        return;
    (*self)->kind->close ((*self)->handle);
    free (*self);
    *self = NULL;
}

int zc_store_load (zc_store_t *self, const zc_store_sink_t *sink, zc_store_state_t *ret_state)
{
    return self->kind->load (self->handle, sink, ret_state);
}

int zc_store_commit (zc_store_t *self, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state)
{
    return self->kind->commit (self->handle, checkpoint, ret_state);
}

int zc_store_trim (zc_store_t *self, const zc_horizon_t *horizon, bool *ret_more)
{
    return self->kind->trim (self->handle, horizon, ret_more);
}

int zc_store_check (zc_store_t *self, char ret_why [256])
{
    return self->kind->check (self->handle, ret_why);
}

const char *zc_store_why (const zc_store_t *self)
{
    return self->kind->why (self->handle);
}
