/* SPDX-License-Identifier: MPL-2.0
 *
 * connections.h - the connections, and how long each may take.
 *
 * MHD ends a connection on which nothing moves; one that moves a byte now and then is ended here. One thread.
 */
#ifndef ZB_CONNECTIONS_H
#define ZB_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "zboard/listener.h"

typedef enum {
    ZB_CONNECTION_IDLE,    /* no first line of a request yet */
    ZB_CONNECTION_REQUEST, /* a request and its answer */
    ZB_CONNECTION_STREAM   /* without end; a line now and then tells whether somebody is there */
} zb_connection_state_t;

typedef struct zb_connection {
    struct zb_connection *next, **link;
    int fd; /* MHD's */
    zb_connection_state_t state;
    int64_t since_ns;           /* in this state */
    uint64_t taken;             /* bytes and one, as of the last look; 0: there was none in this state */
    struct zb_request *request; /* that is not over; NULL: none */
    char name [ZB_ADDRESS_BYTES];
} zb_connection_t;

#define ZB_CROWDED_MIN_BYTES (64 << 10) /* of an answer, to be read in a second */
#define ZB_IDLE_MAX_MS 75000            /* beyond MHD's own 60 s on which nothing moves */

zb_connection_t *zb_connection_new (int fd, const struct sockaddr *address);
void zb_connection_destroy (zb_connection_t *self);
void zb_connection_set (zb_connection_t *self, zb_connection_state_t state);

/* Cuts those that took too long, request_ms for a request; and those that left without one. crowded: also those that
 * read their answers too slowly, for these are in the way of others. Once a second. */
void zb_connections_look (int64_t request_ms, bool crowded);

#endif
