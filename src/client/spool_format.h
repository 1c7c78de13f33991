/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_format.h - the outbox's memory, in the queue's room: anonymous, or the head of a spool file.
 *
 * Whoever is killed between any two stores leaves behind what can be gone on with: what a counter
 * tells is written before the counter is moved, and a change is one counter's.
 *
 * Places count the events of a queue, from 0, whatever the epoch. An event's number is its place
 * less the places before the epoch, plus 1.
 */
#ifndef ZC_SPOOL_FORMAT_H
#define ZC_SPOOL_FORMAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/ring.h"
#include "client/uuid.h"
#include "wire/stamp.h"

#define ZC_FLIGHTS_MAX 4096 /* frames that are not acknowledged */
#define ZC_SPOOL_VERSION 1
#define ZC_SPOOL_MAGIC "zcspool"

/* Written once. */
typedef struct {
    char magic [8];
    uint32_t version, flights_max;
    uint64_t queue_bytes;
    uint8_t producer [ZC_PRODUCER_BYTES];
    uint8_t boot [ZC_UUID_BYTES]; /* of the machine, by which what was never written to disk is known */
    uint64_t check;
} zc_spool_label_t;

/* How events are numbered in an epoch. */
typedef struct {
    uint64_t places_before, dropped_before; /* in earlier epochs */
    uint32_t epoch, zero;
    uint64_t check;
} zc_spool_numbering_t;

/* A frame: its boundaries are fixed. */
typedef struct {
    uint64_t dropped;                        /* as told last; not part of the check */
    uint64_t place;                          /* of its first event */
    uint64_t digest;                         /* of its records */
    uint32_t position, units, events, bytes; /* as in zc_batch_t */
    uint64_t check;
} zc_spool_flight_t;

typedef struct {
    zc_spool_label_t label;
    zc_spool_numbering_t numberings [2];
    _Atomic uint64_t numberings_count; /* the last one is in force; they take turns */
    _Atomic uint64_t first, next;      /* frames: settled below first, cut below next; they take turns too */
    _Atomic uint64_t dropped_settled;  /* told by a frame that is settled */
} zc_spool_head_t;

typedef struct {
    zc_spool_head_t head;
    zc_spool_flight_t flights [ZC_FLIGHTS_MAX];
} zc_spool_room_t;

#define ZC_SPOOL_BYTES ((sizeof (zc_spool_room_t) + ZC_RING_PAGE_BYTES - 1) / ZC_RING_PAGE_BYTES * ZC_RING_PAGE_BYTES)

static inline zc_spool_numbering_t *zc_spool_numbering (zc_spool_head_t *head, uint64_t count)
{
    return &head->numberings [(count - 1) % 2];
}

static inline zc_spool_flight_t *zc_spool_flight (zc_spool_room_t *room, uint64_t frame)
{
    return &room->flights [frame % ZC_FLIGHTS_MAX];
}

static inline zc_batch_t zc_spool_flight_batch (const zc_spool_flight_t *flight)
{
    return (zc_batch_t){
        .bytes = flight->bytes, .events = flight->events, .units = flight->units, .position = flight->position};
}

/* What the `check` of each must be. `which`: the number of the numbering, or of the frame. */
uint64_t zc_spool_label_check (const zc_spool_label_t *label);
uint64_t zc_spool_numbering_check (const zc_spool_numbering_t *numbering, uint64_t which);
uint64_t zc_spool_flight_check (const zc_spool_flight_t *flight, uint64_t which);

/* Makes a zeroed head one of this producer, at epoch 1. */
void zc_spool_format (zc_spool_head_t *head, size_t queue_bytes, const uint8_t producer [ZC_PRODUCER_BYTES]);

/* Puts a numbering (all but its check) in force. fd: of the file that the room was read from, where it
 * is written first: whoever reads the file next would else send the same events under the old epoch;
 * -1: none. Whether it could be. */
bool zc_spool_renumber (zc_spool_head_t *head, const zc_spool_numbering_t *numbering, int fd);

/* The running system's, or zeros. */
void zc_spool_boot_id (uint8_t ret_boot [ZC_UUID_BYTES]);

#endif
