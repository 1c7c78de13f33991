/* SPDX-License-Identifier: MPL-2.0
 *
 * inquiry.c - a question about a window of time.
 */
#include "daemon/inquiry.h"

#include <czmq.h>

zc_inquiry_t *zc_inquiry_new (void)
{
    zc_inquiry_t *self = calloc (1, sizeof *self);
    if (self)
        msgpack_sbuffer_init (&self->result);
    return self;
}

void zc_inquiry_destroy (zc_inquiry_t **self_p)
{
    zc_inquiry_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_rows_destroy (&self->rows);
    msgpack_sbuffer_destroy (&self->result);
    free (self->request);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------- run */

static int refuse (zc_inquiry_t *self, const char *why)
{
    self->code = "unavailable";
    self->why = why;
    return -1;
}

/* The rows know why. */
static int rows_failed (zc_inquiry_t *self)
{
    self->why = zc_rows_failed (self->rows, &self->code);
    return self->why ? -1 : refuse (self, "out of memory");
}

static int take_stored (void *argument, const zc_stored_cell_t *cell)
{
    zc_rows_t *rows = argument;
    const uint8_t *at = cell->latencies, *end = at + cell->latencies_size;
    uint32_t point;
    int32_t bin = -1;
    uint64_t events;
    int bad;
    int rc = zc_rows_add (rows, cell->start_s, cell->key, &cell->sums, &point);
    if (rc != 0 || cell->latencies_size == 0)
        return rc == 1 ? 0 : rc;
    while ((at = zc_sketch_unpack (at, end, &bin, &events, &bad)) != NULL)
        if (zc_rows_add_latency (rows, point, (uint32_t) bin, events) == -1)
            return -1;
    return 0;
}

static int take_minute (void *argument, const zc_cells_t *minute)
{
    const zc_span_t all = {ZC_MINUTE, INT64_MIN, INT64_MAX};
    return zc_rows_add_cells (argument, minute, &all);
}

static int read_store (zc_inquiry_t *self, zc_store_reader_t *reader)
{
    for (size_t i = 0; i < self->plan.spans_count; i++)
        if (zc_store_reader_cells (reader, &self->plan.spans [i], take_stored, self->rows) != 0)
            return zc_rows_failed (self->rows, &self->code) ? rows_failed (self)
                                                            : refuse (self, zc_store_reader_why (reader));
    return 0;
}

/* The plan, and what is in memory. */
static int read_recent (zc_inquiry_t *self, const zc_snapshot_t *snapshot, const zc_recent_t *recent)
{
    const zc_moment_t *moment = self->moment;
    zc_reach_t reach = zc_moment_reach (moment, snapshot, recent);
    zc_plan_make (&self->ask, &reach, &self->plan);
    self->rows = zc_rows_new (&self->ask, &self->plan, moment->keys, moment->keys_count);
    if (!self->rows)
        return refuse (self, "out of memory");
    if (zc_recent_each (recent, self->plan.recent_since_s, self->plan.recent_until_s, take_minute, self->rows) != 0)
        return rows_failed (self);
    return 0;
}

static int add_up (zc_inquiry_t *self, zc_store_reader_t *reader, const zc_snapshot_t *snapshot,
                   zc_shared_recent_t *shared)
{
    /* For no longer than it is looked at: the keeper waits. */
    pthread_rwlock_rdlock (&shared->lock);
    int rc = read_recent (self, snapshot, shared->recent);
    uint64_t recent_sequence = zc_recent_sequence (shared->recent);
    pthread_rwlock_unlock (&shared->lock);
    if (rc == -1 || read_store (self, reader) == -1)
        return -1;
    rc = zc_moment_add (self->moment, self->rows, &self->plan, snapshot->sequence, recent_sequence);
    return rc == -1 ? rows_failed (self) : 0;
}

/* The packer passes over what its buffer says. */
typedef struct {
    msgpack_sbuffer *buffer;
    bool failed;
} sticky_t;

static int append (void *argument, const char *bytes, size_t size)
{
    sticky_t *sticky = argument;
    sticky->failed = sticky->failed || msgpack_sbuffer_write (sticky->buffer, bytes, size) == -1;
    return sticky->failed ? -1 : 0;
}

static int pack (zc_inquiry_t *self)
{
    sticky_t sticky = {&self->result, false};
    msgpack_packer out;
    if (!self->wants_reply)
        return 0;
    msgpack_packer_init (&out, &sticky, append);
    if (zc_rows_pack (self->rows, &out) == -1)
        return rows_failed (self);
    return sticky.failed ? refuse (self, "out of memory") : 0;
}

void zc_inquiry_run (zc_inquiry_t *self, zc_store_reader_t *reader, zc_shared_recent_t *recent)
{
    zc_snapshot_t snapshot;
    zc_store_reader_limit (reader, zclock_mono () + ZC_INQUIRY_MS);
    int rc = zc_store_reader_begin (reader, &snapshot);
    if (rc == -1)
        refuse (self, zc_store_reader_why (reader));
    else {
        rc = add_up (self, reader, &snapshot, recent);
        zc_store_reader_end (reader);
    }
    if (rc == 0)
        pack (self);
}
