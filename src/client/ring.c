/* SPDX-License-Identifier: MPL-2.0
 *
 * ring.c - the ring.
 */
#include "client/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

#include "zcost.h"

#define UNIT sizeof (uint64_t)
#define WORD sizeof (uint32_t) /* at the head of each record */
#define COMMITTED 0x80000000u
#define LIKELY(condition) __builtin_expect ((condition), 1)

/* Two cache lines apart: the CPU prefetches lines in pairs. */
#define APART alignas (128)

struct zc_ring_lines {
    /* The producers' line. Positions count units and wrap at 2^32: the ring is at most 2^27. */
    APART _Atomic uint64_t tail; /* events pushed (high half), position (low half): one swap for both */
    _Atomic uint32_t head_seen;  /* a copy of head that may lag, to leave the consumer's line alone */
    _Atomic uint32_t gate;
    _Atomic uint64_t dropped;

    /* The consumer's line. */
    APART _Atomic uint32_t head;
    _Atomic uint64_t popped;
};

/* Private to this process, whatever the queue stands on. */
struct zc_ring_own {
    _Atomic uint32_t gate;    /* of a queue on_file */
    _Atomic uint32_t is_ours; /* of a queue on_file: this process has mapped it */
    APART uint8_t annex [ZC_RING_ANNEX_BYTES];
};

#define LINES_BYTES ZC_RING_PAGE_BYTES
#define OWN_BYTES ZC_RING_PAGE_BYTES
#define HUGE_PAGE ((size_t) 2 << 20)
static_assert (sizeof (zc_ring_lines_t) <= LINES_BYTES, "the ring begins on the next page");
static_assert (sizeof (zc_ring_own_t) <= OWN_BYTES, "the room begins on the next page");

/* The unit with a record's word: the only one that both sides look at before it is settled whose
 * turn it is. */
static inline _Atomic uint64_t *first_unit (const zc_ring_t *self, uint32_t position)
{
    return (_Atomic uint64_t *) &self->ring [position & self->mask];
}

static inline uint32_t word_at (const zc_ring_t *self, uint32_t position)
{
    uint64_t unit = atomic_load_explicit (first_unit (self, position), memory_order_acquire);
    uint32_t word;
    memcpy (&word, &unit, sizeof word);
    return word;
}

/* ------------------------------------------------------------------------ the mapping */

static size_t mapped_bytes (const zc_ring_t *self)
{
    return (size_t) ((uint8_t *) self->ring - (uint8_t *) self->own) + zc_ring_bytes (self);
}

size_t zc_ring_image_bytes (size_t bytes, size_t room_bytes)
{
    return room_bytes + LINES_BYTES + bytes;
}

int zc_ring_populate (const zc_ring_t *self)
{
    return madvise (self->own, mapped_bytes (self), MADV_POPULATE_WRITE);
}

/* A mapping that starts on a huge page's boundary: mapped larger, and trimmed. */
static void *map_aligned (size_t size)
{
    uint8_t *map = mmap (NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    size_t before = (HUGE_PAGE - (uintptr_t) map % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0)
        munmap (map, before);
    if (before < HUGE_PAGE)
        munmap (map + before + size, HUGE_PAGE - before);
    return map + before;
}

static void lay_out (zc_ring_t *self, void *map, size_t bytes, size_t room_bytes, bool on_file)
{
    self->own = map;
    self->lines = (void *) ((uint8_t *) map + OWN_BYTES + room_bytes);
    self->ring = (void *) ((uint8_t *) self->lines + LINES_BYTES);
    self->mask = (uint32_t) (bytes / UNIT - 1);
    self->on_file = on_file;
}

int zc_ring_init (zc_ring_t *self, size_t bytes, size_t room_bytes, bool on_file)
{
    assert (bytes >= ZC_RING_BYTES_MIN && bytes <= ZC_RING_BYTES_MAX && (bytes & (bytes - 1)) == 0);
    assert (room_bytes % ZC_RING_PAGE_BYTES == 0);
    size_t size = OWN_BYTES + zc_ring_image_bytes (bytes, room_bytes);
    void *map = map_aligned (size);
    if (!map)
        return errno == ENOMEM ? ZCOST_ENOMEM : ZCOST_ESYSTEM;
    if (madvise (map, size, MADV_WIPEONFORK) != 0) {
        int error = errno;
        munmap (map, size);
        errno = error;
        return ZCOST_ESYSTEM;
    }
    lay_out (self, map, bytes, room_bytes, on_file);
    if (on_file)
        return 0;
    /* Where there are huge pages, one TLB entry serves the lines and what is written next to the
     * ring: it halves the p99 of a push into cold caches. */
    madvise (map, size, MADV_HUGEPAGE);
    /* A fresh page costs more than a microsecond: the caller of emit must not be who pays. */
    if (zc_ring_populate (self) != 0)
        memset (map, 0, size);
    return 0;
}

int zc_ring_map (const zc_ring_t *self, int fd)
{
    assert (self->on_file);
    size_t size = mapped_bytes (self) - OWN_BYTES;
    int flags = MAP_FIXED | (fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS);
    void *map = mmap (zc_ring_room (self), size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (map == MAP_FAILED || (fd < 0 && madvise (map, size, MADV_WIPEONFORK) != 0))
        return ZCOST_ESYSTEM;
    zc_ring_populate (self);
    atomic_store (&self->own->is_ours, 1);
    return 0;
}

bool zc_ring_is_foreign (const zc_ring_t *self)
{
    return self->on_file && !atomic_load (&self->own->is_ours);
}

void zc_ring_term (zc_ring_t *self)
{
    if (self->own)
        munmap (self->own, mapped_bytes (self));
    self->own = NULL;
}

_Atomic uint32_t *zc_ring_gate (const zc_ring_t *self)
{
    return self->on_file ? &self->own->gate : &self->lines->gate;
}

void *zc_ring_annex (const zc_ring_t *self)
{
    return self->own->annex;
}

void *zc_ring_room (const zc_ring_t *self)
{
    return (uint8_t *) self->own + OWN_BYTES;
}

/* --------------------------------------------------------------------------- producers */

static inline uint64_t tail_after (uint64_t tail, uint32_t units, uint32_t events)
{
    uint32_t position = (uint32_t) tail + units; /* wraps, and must not carry into the events */
    return ((tail >> 32) + events) << 32 | position;
}

/* Whether `units` fit behind `position`. A difference beyond the ring is an old copy of tail,
 * which head has passed: does not fit either. */
static inline bool fits (const zc_ring_t *self, uint32_t position, uint32_t head, uint32_t units)
{
    return position - head <= self->mask + 1 - units;
}

/* Looks at the consumer's line. Whether tail may have room now: false where it has not moved
 * meanwhile and the ring is full behind it. */
static bool refresh (zc_ring_lines_t *lines, const zc_ring_t *self, uint32_t units, uint64_t *tail)
{
    uint32_t seen = atomic_load_explicit (&lines->head_seen, memory_order_relaxed);
    uint32_t head = atomic_load_explicit (&lines->head, memory_order_acquire);
    uint64_t now = atomic_load_explicit (&lines->tail, memory_order_relaxed);
    if (now == *tail && !fits (self, (uint32_t) now, head, units))
        return false;
    /* Swapped, not stored: a thread that slept here for a lap must not bring an old head back. */
    atomic_compare_exchange_strong_explicit (&lines->head_seen, &seen, head, memory_order_release,
                                             memory_order_relaxed);
    *tail = now;
    return true;
}

static inline bool reserve (const zc_ring_t *self, uint32_t units, uint32_t events, uint32_t *ret_position)
{
    zc_ring_lines_t *lines = self->lines;
    uint64_t tail = atomic_load_explicit (&lines->tail, memory_order_relaxed);
    for (;;) {
        /* Acquire: what the consumer zeroed before it moved head is zero to us. */
        uint32_t head = atomic_load_explicit (&lines->head_seen, memory_order_acquire);
        if (!LIKELY (fits (self, (uint32_t) tail, head, units))) {
            if (!refresh (lines, self, units, &tail))
                return false;
        } else if (LIKELY (atomic_compare_exchange_weak_explicit (&lines->tail, &tail, tail_after (tail, units, events),
                                                                  memory_order_relaxed, memory_order_relaxed))) {
            *ret_position = (uint32_t) tail;
            return true;
        }
    }
}

/* The record's word, and nothing of the caller's stack in its last unit's rest. */
static inline void finish (zc_record_t *record, size_t size)
{
    assert (size > 0 && size <= ZC_RECORD_BYTES_MAX);
    memset ((uint8_t *) record->units + WORD + size, 0, UNIT);
    record->as.word = COMMITTED | (uint32_t) size;
}

static inline void commit (const zc_ring_t *self, uint32_t position, const zc_record_t *record, uint32_t units)
{
    /* Unit by unit: it wraps by itself, and memcpy would be one more cold page of code. */
    for (uint32_t i = 1; i < units; i++)
        self->ring [(position + i) & self->mask] = record->units [i];
    atomic_store_explicit (first_unit (self, position), record->units [0], memory_order_release);
}

__attribute__ ((hot)) int zc_ring_push (const zc_ring_t *self, zc_record_t *record, size_t size)
{
    uint32_t units = zc_ring_units (size), position;
    finish (record, size);
    if (!LIKELY (reserve (self, units, 1, &position))) {
        atomic_fetch_add_explicit (&self->lines->dropped, 1, memory_order_relaxed);
        return ZCOST_EFULL;
    }
    commit (self, position, record, units);
    return 0;
}

bool zc_ring_claim (const zc_ring_t *self, size_t units, uint32_t events, uint32_t *ret_position)
{
    return units <= (size_t) self->mask + 1 && reserve (self, (uint32_t) units, events, ret_position);
}

void zc_ring_fill (const zc_ring_t *self, uint32_t position, zc_record_t *record, size_t size)
{
    finish (record, size);
    commit (self, position, record, zc_ring_units (size));
}

/* ---------------------------------------------------------------------------- consumer */

bool zc_ring_peek (const zc_ring_t *self, uint32_t ahead, size_t bytes_max, zc_batch_t *ret_batch)
{
    uint32_t head = atomic_load_explicit (&self->lines->head, memory_order_relaxed);
    zc_batch_t batch = {.position = head + ahead};
    /* Bounded by the ring: behind the last record of a full one stands the first. */
    while (ahead + batch.units <= self->mask) {
        uint32_t word = word_at (self, batch.position + batch.units);
        size_t size = word & ~COMMITTED;
        if (word == 0 || (batch.events > 0 && batch.bytes + size > bytes_max))
            break;
        batch.bytes += size;
        batch.units += zc_ring_units (size);
        batch.events++;
    }
    *ret_batch = batch;
    return batch.events > 0;
}

int zc_ring_look (const zc_ring_t *self, uint32_t position, zc_batch_t *ret_batch)
{
    uint32_t word = word_at (self, position), size = word & ~COMMITTED;
    if (word == 0)
        return 0;
    if (!(word & COMMITTED) || size == 0 || size > ZC_RECORD_BYTES_MAX)
        return -1;
    *ret_batch = (zc_batch_t){.bytes = size, .events = 1, .units = zc_ring_units (size), .position = position};
    return 1;
}

/* The bytes of a record stand behind its word, and may wrap. */
static void copy_out (const zc_ring_t *self, uint32_t position, uint8_t *ret_bytes, size_t size)
{
    size_t at = (position & self->mask) * UNIT + WORD;
    size_t room = zc_ring_bytes (self) - at;
    const uint8_t *ring = (const uint8_t *) self->ring;
    size_t first = size <= room ? size : room;
    memcpy (ret_bytes, ring + at, first);
    memcpy (ret_bytes + first, ring, size - first);
}

void zc_ring_copy (const zc_ring_t *self, const zc_batch_t *batch, void *ret_bytes)
{
    uint32_t position = batch->position;
    uint8_t *to = ret_bytes;
    for (uint32_t i = 0; i < batch->events; i++) {
        uint32_t size = word_at (self, position) & ~COMMITTED;
        copy_out (self, position, to, size);
        to += size;
        position += zc_ring_units (size);
    }
}

void zc_ring_pop (const zc_ring_t *self, const zc_batch_t *batch)
{
    zc_ring_lines_t *lines = self->lines;
    uint32_t head = atomic_load_explicit (&lines->head, memory_order_relaxed);
    assert (batch->position == head);
    /* All of it is zeroed: the word of a later record may come to stand at any unit. */
    size_t at = head & self->mask, room = self->mask + 1 - at;
    size_t first = batch->units <= room ? batch->units : room;
    memset (self->ring + at, 0, first * UNIT);
    memset (self->ring, 0, (batch->units - first) * UNIT);
    atomic_store_explicit (&lines->head, head + batch->units, memory_order_release);
    uint64_t popped = atomic_load_explicit (&lines->popped, memory_order_relaxed);
    atomic_store_explicit (&lines->popped, popped + batch->events, memory_order_release);
}

/* A multiplication spreads each unit over all bits above it, the shift brings them back down. */
uint64_t zc_ring_digest (const zc_ring_t *self, const zc_batch_t *batch)
{
    uint64_t digest = batch->units;
    for (uint32_t i = 0; i < batch->units; i++) {
        digest = (digest ^ self->ring [(batch->position + i) & self->mask]) * UINT64_C (0x9e3779b97f4a7c15);
        digest ^= digest >> 32;
    }
    return digest;
}

void zc_ring_adopt (const zc_ring_t *self, const zc_batch_t *batch, uint64_t popped)
{
    zc_ring_lines_t *lines = self->lines;
    uint64_t tail = (uint64_t) (uint32_t) (popped + batch->events) << 32 | (uint32_t) (batch->position + batch->units);
    if (batch->units <= self->mask)
        self->ring [(batch->position + batch->units) & self->mask] = 0;
    atomic_store (&lines->tail, tail);
    atomic_store (&lines->head, batch->position);
    atomic_store (&lines->popped, popped);
}

void zc_ring_stats (const zc_ring_t *self, zc_ring_stats_t *ret_stats)
{
    zc_ring_lines_t *lines = self->lines;
    if (zc_ring_is_foreign (self)) {
        memset (ret_stats, 0, sizeof *ret_stats);
        return;
    }
    uint64_t popped = atomic_load_explicit (&lines->popped, memory_order_acquire);
    uint32_t head = atomic_load_explicit (&lines->head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit (&lines->tail, memory_order_relaxed);
    /* tail keeps the low half of the count only; the ring holds fewer events than that. */
    uint32_t queued = (uint32_t) (tail >> 32) - (uint32_t) popped;
    size_t used = (size_t) ((uint32_t) tail - head) * UNIT;
    ret_stats->pushed = popped + queued;
    ret_stats->popped = popped;
    ret_stats->dropped = atomic_load_explicit (&lines->dropped, memory_order_relaxed);
    /* head was read first: what came and went since must not make the queue look overfull. */
    ret_stats->used_bytes = used < zc_ring_bytes (self) ? used : zc_ring_bytes (self);
}
