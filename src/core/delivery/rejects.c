/* SPDX-License-Identifier: MPL-2.0
 *
 * rejects.c - what was not taken.
 */
#include "core/delivery/rejects.h"

#include <stdlib.h>
#include <string.h>

struct zc_rejects {
    uint64_t counts [ZC_REASON_COUNT];
    uint64_t total;
    uint64_t added; /* to the ring */
    size_t keep;
    zc_rejected_t ring [];
};

zc_rejects_t *zc_rejects_new (size_t keep)
{
    zc_rejects_t *self = calloc (1, sizeof *self + keep * sizeof self->ring [0]);
    if (self)
        self->keep = keep;
    return self;
}

void zc_rejects_destroy (zc_rejects_t **self_p)
{
    if (!self_p)
        return;
    free (*self_p);
    *self_p = NULL;
}

void zc_rejects_add (zc_rejects_t *self, const zc_reject_t *reject, int64_t ts_ms)
{
    zc_rejects_add_many (self, reject, 1, ts_ms);
}

void zc_rejects_restore (zc_rejects_t *self, zc_reason_t reason, uint64_t count)
{
    self->total += count - self->counts [reason];
    self->counts [reason] = count;
}

void zc_rejects_add_many (zc_rejects_t *self, const zc_reject_t *reject, uint64_t events, int64_t ts_ms)
{
    if (events == 0)
        return;
    zc_rejected_t *place = &self->ring [self->added++ % self->keep];
    place->ts_ms = ts_ms;
    place->reason = reject->reason;
    place->why = reject->why;
    place->key = reject->key;
    place->head_size = reject->size < ZC_REJECT_HEAD_BYTES ? (uint32_t) reject->size : ZC_REJECT_HEAD_BYTES;
    if (place->head_size)
        memcpy (place->head, reject->head, place->head_size);
    self->counts [reject->reason] += events;
    self->total += events;
}

uint64_t zc_rejects_count (const zc_rejects_t *self, zc_reason_t reason)
{
    return self->counts [reason];
}

uint64_t zc_rejects_total (const zc_rejects_t *self)
{
    return self->total;
}

size_t zc_rejects_kept (const zc_rejects_t *self)
{
    return self->added < self->keep ? (size_t) self->added : self->keep;
}

const zc_rejected_t *zc_rejects_nth (const zc_rejects_t *self, size_t n)
{
    return &self->ring [(self->added - 1 - n) % self->keep];
}
