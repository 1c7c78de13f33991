/* SPDX-License-Identifier: MPL-2.0
 *
 * acks.h - acknowledgements on the publish socket: what is durable, told to its producer.
 *
 * After each sync that moved one, to a new subscriber of its topic, and again every second. With a
 * storage, durable is what the journal has synced; without one, what has been folded.
 */
#ifndef ZC_ACKS_H
#define ZC_ACKS_H

#include <czmq.h>

#include "daemon/engine.h"
#include "daemon/storage.h"

typedef struct {
    zsock_t *socket; /* XPUB, the server's */
    zc_engine_t *engine;
    zc_storage_t *storage;
    bool waiting; /* a group is on its way to the disk, up to: */
    zc_position_t waiting_for;
    size_t cursor; /* of the walk over all producers */
    bool walking;
} zc_acks_t;

/* All parts stay the caller's. */
void zc_acks_init (zc_acks_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage);

/* Tells who has been synced, and begins the next group. After folding, and after a sync. */
void zc_acks_move (zc_acks_t *self);

/* Tells all producers, a bounded number a turn; zloop timers go on with the rest. */
void zc_acks_repeat (zc_acks_t *self, zloop_t *loop);

/* A subscriber of `topic`: is told at once where it is one that takes in acknowledgements. */
void zc_acks_welcome (zc_acks_t *self, zloop_t *loop, const uint8_t *topic, size_t size);

#endif
