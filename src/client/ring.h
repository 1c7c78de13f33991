/* SPDX-License-Identifier: MPL-2.0
 *
 * ring.h - a bounded byte queue in memory: many producers, one consumer, no lock.
 *
 * Owns one mapping, prefaulted. All-zero memory is the valid empty state. By default the mapping is
 * anonymous and private, and the kernel wipes it in a forked child (MADV_WIPEONFORK): so the child's
 * queue is empty and its counters are 0 by construction, whatever the parent's threads were doing.
 *
 * A queue on a file has all but its first page shared with the file, which no fork wipes: a child
 * sees its parent's queue there. It must not push (the gate, on the first page, is 0), and to the
 * stats the queue is empty, until the child has mapped a file of its own over it.
 *
 *   | own: gate, annex | room | lines | ring |
 *                       '---- the file -----'
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
#ifndef ZC_RING_H
#define ZC_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZC_RING_BYTES_MIN ((size_t) 64 << 10)
#define ZC_RING_BYTES_MAX ((size_t) 1 << 30)
#define ZC_RECORD_BYTES_MAX 2048
#define ZC_RING_ANNEX_BYTES 256
#define ZC_RING_PAGE_BYTES ((size_t) 4096)

typedef struct zc_ring_lines zc_ring_lines_t;
typedef struct zc_ring_own zc_ring_own_t;

/* A handle: four words, the queue's own, to copy freely (and to find on one cache line). */
typedef struct {
    zc_ring_lines_t *lines;
    uint64_t *ring;   /* units */
    uint32_t mask;    /* units in the ring - 1 */
    uint32_t on_file; /* whether it is one that lives on files */
    zc_ring_own_t *own;
} zc_ring_t;

/* A record, filled in before any place in the queue is reserved. The caller writes to `bytes`;
 * a unit of room stands behind them. */
typedef union {
    struct {
        uint32_t word; /* the queue's own */
        uint8_t bytes [ZC_RECORD_BYTES_MAX];
    } as;
    uint64_t units [(sizeof (uint32_t) + ZC_RECORD_BYTES_MAX) / sizeof (uint64_t) + 2];
} zc_record_t;

/* Some committed records, in order. Positions count units and wrap at 2^32. */
typedef struct {
    size_t bytes; /* of their contents, without the records' words */
    uint32_t events, units;
    uint32_t position; /* of the first one */
} zc_batch_t;

typedef struct {
    uint64_t pushed, popped, dropped; /* events; pushed - popped are in the queue */
    size_t used_bytes;
} zc_ring_stats_t;

/* bytes: of the ring, a power of 2 within ZC_RING_BYTES_MIN and _MAX. room_bytes: whole pages for the
 * owner's use (zc_ring_room). on_file: zc_ring_map puts it on a file before its first push.
 * Returns 0, ZCOST_ENOMEM or ZCOST_ESYSTEM (errno says). */
int zc_ring_init (zc_ring_t *self, size_t bytes, size_t room_bytes, bool on_file);

/* Puts room, lines and ring of a queue on_file onto a file, which holds zc_ring_image_bytes of them,
 * zeroed but for the room; fd -1: onto fresh private memory. What was there before is gone from this
 * process's view. No other thread may be using it. Returns 0, or ZCOST_ESYSTEM (errno says): then it
 * must not be used. */
int zc_ring_map (const zc_ring_t *self, int fd);

/* Whether what stands there is another process's: a queue on_file that this one has not mapped. */
bool zc_ring_is_foreign (const zc_ring_t *self);

/* Unmaps, for all copies of the handle. Does nothing to a zeroed handle. */
void zc_ring_term (zc_ring_t *self);

/* Faults in all pages, at any time and beside other threads: in a forked child they are all fresh
 * again. Best effort: 0, or -1 where the kernel cannot (before 5.14). */
int zc_ring_populate (const zc_ring_t *self);

/* Starts to fetch what a push will write to, without waiting for it. */
static inline void zc_ring_prefetch (const zc_ring_t *self)
{
    __builtin_prefetch (self->lines, 1);
}

/* Copies the record's first `size` bytes (1 to ZC_RECORD_BYTES_MAX) in, as one event. Any thread, any
 * signal handler. Returns 0, or ZCOST_EFULL: dropped and counted. */
int zc_ring_push (const zc_ring_t *self, zc_record_t *record, size_t size);

/* The units of the ring that a record of `size` bytes takes. */
static inline uint32_t zc_ring_units (size_t size)
{
    return (uint32_t) ((sizeof (uint32_t) + size + sizeof (uint64_t) - 1) / sizeof (uint64_t));
}

/* Reserves a place for `events` records that take `units` together, whole or not at all. Where it is true each of them
 * is to be filled in, at once, since what others push meanwhile waits behind them; and the first of them last: until
 * then nobody sees any, also not who reads the file of a process that was killed in between. What does not fit is not
 * counted. Any thread, any signal handler. */
bool zc_ring_claim (const zc_ring_t *self, size_t units, uint32_t events, uint32_t *ret_position);

/* Fills in the record at a position of what was claimed: the next one stands zc_ring_units (size) behind it. As
 * zc_ring_push. */
void zc_ring_fill (const zc_ring_t *self, uint32_t position, zc_record_t *record, size_t size);

/* The consumer's three steps. It must be one thread at a time. */

/* Measures the committed records that stand `ahead` units behind the head, as many as fit bytes_max,
 * but one at least where there is one. Whether there is any. */
bool zc_ring_peek (const zc_ring_t *self, uint32_t ahead, size_t bytes_max, zc_batch_t *ret_batch);

/* Copies their contents, back to back: ret_bytes has room for batch->bytes. */
void zc_ring_copy (const zc_ring_t *self, const zc_batch_t *batch, void *ret_bytes);

/* Gives their place back to the producers: the batch must stand at the head. Its bytes do not matter. */
void zc_ring_pop (const zc_ring_t *self, const zc_batch_t *batch);

/* A number that tells the batch's records, with their words, from others; not from a forger's. */
uint64_t zc_ring_digest (const zc_ring_t *self, const zc_batch_t *batch);

/* Any thread. pushed is read after popped: their difference is never negative. */
void zc_ring_stats (const zc_ring_t *self, zc_ring_stats_t *ret_stats);

/* Of a queue whose memory was read from a file: nothing in it is believed. The consumer is alone. */

/* One record at any position. 1 and the batch that it makes; 0 where there is none; -1 where there is
 * what no push leaves behind. */
int zc_ring_look (const zc_ring_t *self, uint32_t position, zc_batch_t *ret_batch);

/* Makes the batch what the queue holds, as if popped events had come and gone before it. */
void zc_ring_adopt (const zc_ring_t *self, const zc_batch_t *batch, uint64_t popped);

static inline size_t zc_ring_bytes (const zc_ring_t *self)
{
    return ((size_t) self->mask + 1) * sizeof *self->ring;
}

/* Memory of the same mapping for the queue's owner: zero at first, zero again in a forked child.
 * The gate stands beside the tail, where it costs a push no cache line of its own (but for a queue
 * on_file); the annex, of ZC_RING_ANNEX_BYTES, is far from both. */
_Atomic uint32_t *zc_ring_gate (const zc_ring_t *self);
void *zc_ring_annex (const zc_ring_t *self);

/* What goes onto the file: the owner's room, which stands first, lines and ring. */
void *zc_ring_room (const zc_ring_t *self);
size_t zc_ring_image_bytes (size_t bytes, size_t room_bytes);

#endif
