/* SPDX-License-Identifier: MPL-2.0
 *
 * ingest.h - the ingest socket: receives frames, journals them, folds them.
 */
#ifndef ZC_INGEST_H
#define ZC_INGEST_H

#include <czmq.h>

#include "daemon/books.h"
#include "daemon/vault.h"

/* One drain: short enough that a query waits a fraction of a millisecond, long enough that the loop
 * around it costs nothing. */
#define ZC_DRAIN_FRAMES_MAX 4096
#define ZC_DRAIN_BYTES_MAX (256u << 10) /* one frame may come on top of it */

typedef struct {
    zsock_t *socket; /* PULL, the server's */
    zc_books_t *books;
    zc_vault_t *vault;
    zmq_msg_t frames [ZC_DRAIN_FRAMES_MAX]; /* of one drain: received, and not yet folded */
} zc_ingest_t;

/* All parts stay the caller's. */
void zc_ingest_init (zc_ingest_t *self, zsock_t *socket, zc_books_t *books, zc_vault_t *vault);

/* Receives until nothing is there or a bound is reached; journals all of it in one write; folds it.
 * Returns whether anything was there, or -1 after a line in the log: what is in memory must then be
 * neither saved nor acknowledged. */
int zc_ingest_drain (zc_ingest_t *self);

#endif
