/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_verify.c - reading and verifying a spool file.
 */
#include "client/spool_verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/spool_format.h"
#include "wire/reader.h"
#include "zcost.h"

#define PLACES_MAX (UINT64_MAX / 4) /* beyond it somebody counted on purpose */
#define DEPTH_MAX 8

/* What is verified: from `begin` on, in the ring and by number. */
typedef struct {
    zc_ring_t queue;
    zc_spool_room_t *room;
    zc_batch_t batch; /* what is to be sent */
    uint64_t place;   /* of its first event */
    uint64_t settled; /* all places below */
    uint32_t walked;  /* units, passed-by ones included: no file sends us round the ring for ever */
} walk_t;

/* -------------------------------------------------------------------------------- reading */

static bool read_at (int fd, void *to, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t got = pread (fd, to, size, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to = (uint8_t *) to + got;
        size -= (size_t) got;
        at += got;
    }
    return true;
}

static bool is_label (const zc_spool_label_t *label, off_t file_bytes)
{
    uint64_t bytes = label->queue_bytes;
    return memcmp (label->magic, ZC_SPOOL_MAGIC, sizeof label->magic) == 0 && label->version == ZC_SPOOL_VERSION &&
           label->flights_max == ZC_FLIGHTS_MAX && label->check == zc_spool_label_check (label) &&
           bytes >= ZC_RING_BYTES_MIN && bytes <= ZC_RING_BYTES_MAX && (bytes & (bytes - 1)) == 0 &&
           (uint64_t) file_bytes == zc_ring_image_bytes (bytes, ZC_SPOOL_BYTES);
}

static bool is_head (zc_spool_head_t *head)
{
    uint64_t count = atomic_load (&head->numberings_count), first = atomic_load (&head->first);
    uint64_t next = atomic_load (&head->next);
    if (count == 0 || next < first || next - first > ZC_FLIGHTS_MAX)
        return false;
    const zc_spool_numbering_t *numbering = zc_spool_numbering (head, count);
    return numbering->check == zc_spool_numbering_check (numbering, count) && numbering->epoch >= 1 &&
           numbering->places_before <= PLACES_MAX;
}

/* ------------------------------------------------------------------------------ verifying */

/* Whether a record holds one map of msgpack, and nothing else. */
static bool is_event (const zc_ring_t *queue, const zc_batch_t *record)
{
    uint8_t bytes [ZC_RECORD_BYTES_MAX];
    bool too_deep = false;
    zc_value_t value;
    zc_ring_copy (queue, record, bytes);
    const uint8_t *end = bytes + record->bytes;
    return zc_reader_skip (bytes, end, DEPTH_MAX, &too_deep) == end && !too_deep &&
           zc_reader_read (bytes, end, &value) && value.kind == ZC_MAP;
}

/* The record at the walk's end. 1: it joins the batch, or is settled and passed by; 0: there is none;
 * -1: it is none. */
static int step (walk_t *walk)
{
    zc_batch_t record, *batch = &walk->batch;
    uint32_t units_max = walk->queue.mask + 1;
    if (walk->walked == units_max)
        return 0;
    int found = zc_ring_look (&walk->queue, batch->position + batch->units, &record);
    if (found <= 0)
        return found;
    if (record.units > units_max - walk->walked || !is_event (&walk->queue, &record))
        return -1;
    walk->walked += record.units;
    if (batch->events == 0 && walk->place < walk->settled) {
        batch->position += record.units;
        walk->place++;
        return 1;
    }
    batch->units += record.units;
    batch->bytes += record.bytes;
    batch->events++;
    return 1;
}

/* Whether the frame stands where the walk ends, and holds what it held when it was cut. */
static bool step_frame (walk_t *walk, const zc_spool_flight_t *flight)
{
    const zc_batch_t before = walk->batch, frame = zc_spool_flight_batch (flight);
    if (flight->events == 0 || frame.position != before.position + before.units ||
        flight->place != walk->place + before.events || frame.units > walk->queue.mask + 1 - before.units ||
        flight->digest != zc_ring_digest (&walk->queue, &frame))
        return false;
    for (uint32_t i = 0; i < frame.events; i++)
        if (step (walk) <= 0 || walk->batch.units - before.units > frame.units) {
            walk->batch = before;
            return false;
        }
    bool is_same = walk->batch.units - before.units == frame.units && walk->batch.bytes - before.bytes == frame.bytes;
    if (!is_same)
        walk->batch = before;
    return is_same;
}

static const zc_spool_flight_t *checked (const walk_t *walk, uint64_t frame)
{
    const zc_spool_flight_t *flight = zc_spool_flight (walk->room, frame);
    bool is_good = flight->check == zc_spool_flight_check (flight, frame) && flight->place <= PLACES_MAX;
    return is_good ? flight : NULL;
}

/* Sets the walk to where the unsettled part begins. Whether that can be told. */
static bool begin (walk_t *walk)
{
    zc_spool_head_t *head = &walk->room->head;
    uint64_t first = atomic_load (&head->first), next = atomic_load (&head->next);
    walk->settled = zc_spool_numbering (head, atomic_load (&head->numberings_count))->places_before;
    const zc_spool_flight_t *flight;
    /* Frames of an earlier epoch: an adopter settled them, and began another one behind them. */
    for (; first < next; first++) {
        if (!(flight = checked (walk, first)))
            return false;
        if (flight->place >= walk->settled)
            break;
    }
    atomic_store (&head->first, first);
    if (next == 0)
        return true;
    if (!(flight = checked (walk, first < next ? first : next - 1)))
        return false;
    walk->place = flight->place + (first < next ? 0 : flight->events);
    walk->batch.position = flight->position + (first < next ? 0 : flight->units);
    return true;
}

static uint64_t begin_place (const walk_t *walk)
{
    return walk->place > walk->settled ? walk->place : walk->settled;
}

/* Whether all that was pushed has been read. What stands behind a record whose thread was killed in the
 * midst of it, or in no frame when the machine was restarted, cannot be: then the file must stay. */
static bool is_all (const walk_t *walk)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&walk->queue, &stats);
    return stats.pushed <= begin_place (walk) + walk->batch.events;
}

/* Walks the frames, then what is in none. */
static zc_spool_verified_t verify (walk_t *walk)
{
    zc_spool_head_t *head = &walk->room->head;
    uint8_t boot [ZC_UUID_BYTES], none [ZC_UUID_BYTES] = {0};
    if (!is_head (head) || !begin (walk))
        return ZC_SPOOL_BAD;
    uint64_t next = atomic_load (&head->next);
    for (uint64_t frame = atomic_load (&head->first); frame < next; frame++) {
        const zc_spool_flight_t *flight = checked (walk, frame);
        if (!flight || !step_frame (walk, flight)) {
            atomic_store (&head->next, frame);
            return ZC_SPOOL_DAMAGED;
        }
    }
    zc_spool_boot_id (boot);
    int found = 0;
    if (memcmp (boot, head->label.boot, sizeof boot) == 0 && memcmp (boot, none, sizeof boot) != 0)
        while ((found = step (walk)) > 0)
            ;
    return found < 0 || !is_all (walk) ? ZC_SPOOL_DAMAGED : ZC_SPOOL_WHOLE;
}

zc_spool_verified_t zc_spool_verify (int fd, zc_ring_t *ret_queue)
{
    zc_spool_label_t label;
    struct stat status;
    walk_t walk = {0};
    if (fstat (fd, &status) != 0)
        return ZC_SPOOL_UNREAD;
    if (!read_at (fd, &label, sizeof label, 0) || !is_label (&label, status.st_size))
        return ZC_SPOOL_BAD;
    if (zc_ring_init (&walk.queue, label.queue_bytes, ZC_SPOOL_BYTES, false) != 0)
        return ZC_SPOOL_UNREAD;
    walk.room = zc_ring_room (&walk.queue);
    zc_spool_verified_t state = ZC_SPOOL_UNREAD;
    if (read_at (fd, walk.room, zc_ring_image_bytes (label.queue_bytes, ZC_SPOOL_BYTES), 0))
        state = memcmp (&walk.room->head.label, &label, sizeof label) == 0 ? verify (&walk) : ZC_SPOOL_UNREAD;
    if (state == ZC_SPOOL_BAD || state == ZC_SPOOL_UNREAD) {
        zc_ring_term (&walk.queue);
        return state;
    }
    zc_ring_adopt (&walk.queue, &walk.batch, begin_place (&walk));
    *ret_queue = walk.queue;
    return state;
}
