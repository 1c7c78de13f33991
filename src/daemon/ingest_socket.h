/* SPDX-License-Identifier: MPL-2.0
 *
 * ingest_socket.h - the ingest socket: receives frames, journals them, folds them.
 */
#ifndef ZC_INGEST_SOCKET_H
#define ZC_INGEST_SOCKET_H

#include <czmq.h>

#include "daemon/engine.h"
#include "daemon/storage.h"

/* One drain: short enough that a query waits a fraction of a millisecond, long enough that the loop
 * around it costs nothing. */
#define ZC_DRAIN_FRAMES_MAX 4096
#define ZC_DRAIN_BYTES_MAX (256u << 10) /* one frame may come on top of it */

typedef struct {
    zsock_t *socket; /* PULL, the server's */
    zc_engine_t *engine;
    zc_storage_t *storage;
    zmq_msg_t frames [ZC_DRAIN_FRAMES_MAX]; /* of one drain: received, and not yet folded */
} zc_ingest_socket_t;

/* All parts stay the caller's. */
void zc_ingest_socket_init (zc_ingest_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage);

/* Receives until nothing is there or a bound is reached; journals all of it in one write; folds it.
 * Returns whether anything was there, or -1 after a line in the log: what is in memory must then be
 * neither saved nor acknowledged. */
int zc_ingest_socket_drain (zc_ingest_socket_t *self);

#endif
