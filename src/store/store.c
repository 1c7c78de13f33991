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

struct zc_store_reader {
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

zc_store_t *zc_store_open_in_memory (int64_t now_ms, char ret_why [256])
{
    return open_kind (kinds [0], NULL, false, now_ms, ret_why);
}

zc_store_t *zc_store_open_read_only (const char *directory, char ret_why [256])
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

int zc_store_each_config (zc_store_t *self, zc_take_config_t *take, void *argument)
{
    return self->kind->each_config (self->handle, take, argument);
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

/* ------------------------------------------------------------------------ reprice */

int zc_store_correct_begin (zc_store_t *self)
{
    return self->kind->correct_begin (self->handle);
}

int zc_store_correct (zc_store_t *self, const zc_cells_t *cells, const zc_unpriced_change_t *unpriced,
                      size_t unpriced_count)
{
    return self->kind->correct (self->handle, cells, unpriced, unpriced_count);
}

int zc_store_correct_end (zc_store_t *self, bool keep)
{
    return self->kind->correct_end (self->handle, keep);
}

int zc_store_remember_repricing (zc_store_t *self, const zc_repricing_t *row)
{
    return self->kind->remember_repricing (self->handle, row);
}

int zc_store_each_repricing (zc_store_t *self, int (*take) (void *argument, const zc_repricing_t *row), void *argument)
{
    return self->kind->each_repricing (self->handle, take, argument);
}

/* --------------------------------------------------------------------------- read */

zc_store_reader_t *zc_store_reader_new (zc_store_t *store, char ret_why [256])
{
    zc_store_reader_t *self = malloc (sizeof *self);
    if (!self) {
        snprintf (ret_why, 256, "out of memory");
        return NULL;
    }
    self->kind = store->kind;
    if (self->kind->reader_open (store->handle, &self->handle, ret_why) == 0)
        return self;
    free (self);
    return NULL;
}

void zc_store_reader_destroy (zc_store_reader_t **self)
{
    if (!self || !*self)
        return;
    (*self)->kind->reader_close ((*self)->handle);
    free (*self);
    *self = NULL;
}

int zc_store_reader_begin (zc_store_reader_t *self, zc_store_view_t *ret_snapshot)
{
    return self->kind->reader_begin (self->handle, ret_snapshot);
}

void zc_store_reader_end (zc_store_reader_t *self)
{
    self->kind->reader_end (self->handle);
}

void zc_store_reader_limit (zc_store_reader_t *self, int64_t deadline_mono_ms)
{
    self->kind->reader_limit (self->handle, deadline_mono_ms);
}

int zc_store_reader_cells (zc_store_reader_t *self, const zc_span_t *span,
                           int (*take) (void *argument, const zc_stored_cell_t *cell), void *argument)
{
    return self->kind->reader_cells (self->handle, span, take, argument);
}

const char *zc_store_reader_why (const zc_store_reader_t *self)
{
    return self->kind->reader_why (self->handle);
}
