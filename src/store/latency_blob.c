/* SPDX-License-Identifier: MPL-2.0
 *
 * latency_blob.c - latencies in their saved form: added up as they are, and verified.
 */
#include "store/latency_blob.h"

#include <stdbool.h>
#include <string.h>

#include "core/ledger/sketch.h"

#define BIN_EVENTS_END (UINT64_C (1) << 56) /* a saved bin has less */
#define NO_BIN ZC_BINS                      /* behind the last */

/* A walk over the bins of one saved form. */
typedef struct {
    const uint8_t *at, *end; /* what is not read yet */
    int32_t bin;             /* NO_BIN: at its end */
    uint64_t events;
    int bad;
} walk_t;

static void step (walk_t *self)
{
    const uint8_t *next = zc_sketch_unpack (self->at, self->end, &self->bin, &self->events, &self->bad);
    if (next)
        self->at = next;
    else
        self->bin = NO_BIN;
}

static walk_t begin (const uint8_t *bytes, size_t size)
{
    walk_t walk = {.at = bytes, .end = bytes + size, .bin = -1};
    step (&walk);
    return walk;
}

/* What is written so far. */
typedef struct {
    uint8_t *at;
    int32_t bin; /* the last one; 0 before the first */
} written_t;

static void put_number (written_t *self, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *self->at++ = (uint8_t) (number | 0x80);
    *self->at++ = (uint8_t) number;
}

static void put (written_t *self, int32_t bin, uint64_t events)
{
    put_number (self, (uint64_t) (bin - self->bin));
    put_number (self, events);
    self->bin = bin;
}

/* The bin that the walk is at, and all behind it as they are: only the first distance is another one. */
static void put_rest (written_t *self, const walk_t *walk)
{
    put (self, walk->bin, walk->events);
    size_t size = (size_t) (walk->end - walk->at);
    memcpy (self->at, walk->at, size);
    self->at += size;
}

/* Room for both sizes is enough: a distance to a bin that came between is smaller, and the number of a sum is no
 * longer than the numbers of both. */
int64_t zc_latency_blob_merge (const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *to)
{
    walk_t left = begin (a, a_size), right = begin (b, b_size);
    written_t written = {.at = to};
    while (left.bin != NO_BIN && right.bin != NO_BIN) {
        bool is_left = left.bin <= right.bin, is_right = right.bin <= left.bin;
        uint64_t events = (is_left ? left.events : 0) + (is_right ? right.events : 0);
        if (events >= BIN_EVENTS_END)
            return -1;
        put (&written, is_left ? left.bin : right.bin, events);
        if (is_left)
            step (&left);
        if (is_right)
            step (&right);
    }
    if (left.bad || right.bad)
        return -1;
    if (left.bin != NO_BIN)
        put_rest (&written, &left);
    if (right.bin != NO_BIN)
        put_rest (&written, &right);
    return written.at - to;
}

int64_t zc_latency_blob_events (const uint8_t *bytes, size_t size)
{
    walk_t walk = begin (bytes, size);
    int64_t events = 0;
    for (; walk.bin != NO_BIN; step (&walk))
        if (__builtin_add_overflow (events, (int64_t) walk.events, &events))
            return -1;
    return walk.bad ? -1 : events;
}
