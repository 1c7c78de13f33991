/* SPDX-License-Identifier: MPL-2.0
 *
 * query_socket.h - the query socket: each request gets its reply, some at once and some from the readers.
 */
#ifndef ZC_QUERY_SOCKET_H
#define ZC_QUERY_SOCKET_H

#include <czmq.h>

#include "daemon/engine.h"
#include "daemon/reply_backpressure.h"
#include "daemon/storage.h"

/* What is asked about, and where. All but the clients are the server's. */
typedef struct {
    zc_engine_t *engine;
    zc_storage_t *storage;
    void *socket; /* libzmq's; a ROUTER */
    zc_reply_backpressure_t *clients;
    uint64_t unanswered; /* requests, for want of memory */
} zc_query_socket_t;

/* Returns 0; -1: no memory. zc_query_socket_term is due in either case. */
int zc_query_socket_init (zc_query_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage);

/* After the storage is closed. NULL-safe members. */
void zc_query_socket_term (zc_query_socket_t *self);

/* Answers what is waiting, a bounded number. A zloop reader on the socket; the argument is the zc_query_socket_t. */
int zc_query_socket_on_request (zloop_t *loop, zsock_t *socket, void *argument);

#endif
