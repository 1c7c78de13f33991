/* SPDX-License-Identifier: MPL-2.0
 *
 * queue.h - a bounded byte queue in memory: many producers, one consumer, no lock.
 *
 * Owns one anonymous private mapping, prefaulted. All-zero memory is the valid empty state, and
 * the kernel wipes the mapping in a forked child (MADV_WIPEONFORK): so the child's queue is empty
 * and its counters are 0 by construction, whatever the parent's threads were doing.
 *
 *   tail  reserved by compare-and-swap -------------------v
 *         | consumed, zeroed | committed | reserved | committed | zeroed |
 *   head  ---------------------^
 *
 * A record is a 32-bit word (its size and a committed bit) and its bytes, in whole units of 8; the
 * unit with the word is written last, and is 0 until then. Records are consumed in the order of
 * their reservation; one that is reserved and not yet committed, for the length of a short copy,
 * holds up those behind it.
 *
 * Refuses to wake anybody, to wait and to grow: when it is full, a push is dropped and counted.
 */
#ifndef ZC_QUEUE_H
#define ZC_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZC_QUEUE_BYTES_MIN ((size_t) 64 << 10)
#define ZC_QUEUE_BYTES_MAX ((size_t) 1 << 30)
#define ZC_RECORD_BYTES_MAX 2048
#define ZC_QUEUE_ANNEX_BYTES 256

typedef struct zc_queue_lines zc_queue_lines_t;

/* A handle: three words, the queue's own, to copy freely (and to find on one cache line). */
typedef struct {
    zc_queue_lines_t *lines;
    uint64_t *ring; /* units */
    uint32_t mask;  /* units in the ring - 1 */
} zc_queue_t;

/* A record, filled in before any place in the queue is reserved. The caller writes to `bytes`;
 * a unit of room stands behind them. */
typedef union {
    struct {
        uint32_t word; /* the queue's own */
        uint8_t bytes [ZC_RECORD_BYTES_MAX];
    } as;
    uint64_t units [(sizeof (uint32_t) + ZC_RECORD_BYTES_MAX) / sizeof (uint64_t) + 2];
} zc_record_t;

/* Some committed records at the head, in order. */
typedef struct {
    size_t bytes; /* of their contents, without the records' words */
    uint32_t events, units;
} zc_batch_t;

typedef struct {
    uint64_t pushed, popped, dropped; /* events; pushed - popped are in the queue */
    size_t used_bytes;
} zc_queue_stats_t;

/* bytes: a power of 2 within ZC_QUEUE_BYTES_MIN and _MAX. Returns 0, ZCOST_ENOMEM or ZCOST_ESYSTEM (errno says). */
int zc_queue_init (zc_queue_t *self, size_t bytes);

/* Unmaps, for all copies of the handle. Does nothing to a zeroed handle. */
void zc_queue_term (zc_queue_t *self);

/* Faults in all pages, at any time and beside other threads: in a forked child they are all fresh
 * again. Best effort: 0, or -1 where the kernel cannot (before 5.14). */
int zc_queue_populate (const zc_queue_t *self);

/* Starts to fetch what a push will write to, without waiting for it. */
static inline void zc_queue_prefetch (const zc_queue_t *self)
{
    __builtin_prefetch (self->lines, 1);
}

/* Copies the record's first `size` bytes (1 to ZC_RECORD_BYTES_MAX) in, as one event. Any thread, any
 * signal handler. Returns 0, or ZCOST_EFULL: dropped and counted. */
int zc_queue_push (const zc_queue_t *self, zc_record_t *record, size_t size);

/* The consumer's three steps. It must be one thread at a time. */

/* Measures the committed records at the head, as many as fit bytes_max, but one at least where
 * there is one. Whether there is any. */
bool zc_queue_peek (const zc_queue_t *self, size_t bytes_max, zc_batch_t *ret_batch);

/* Copies their contents, back to back: ret_bytes has room for batch->bytes. */
void zc_queue_copy (const zc_queue_t *self, const zc_batch_t *batch, void *ret_bytes);

/* Gives their place back to the producers. */
void zc_queue_pop (const zc_queue_t *self, const zc_batch_t *batch);

/* Any thread. pushed is read after popped: their difference is never negative. */
void zc_queue_stats (const zc_queue_t *self, zc_queue_stats_t *ret_stats);

static inline size_t zc_queue_bytes (const zc_queue_t *self)
{
    return ((size_t) self->mask + 1) * sizeof *self->ring;
}

/* Memory of the same mapping for the queue's owner: zero at first, zero again in a forked child.
 * The gate stands beside the tail, where it costs a push no cache line of its own; the annex, of
 * ZC_QUEUE_ANNEX_BYTES, is far from both. */
_Atomic uint32_t *zc_queue_gate (const zc_queue_t *self);
void *zc_queue_annex (const zc_queue_t *self);

#endif
