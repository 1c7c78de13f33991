/* SPDX-License-Identifier: MPL-2.0
 *
 * peers.h - the connections, and how long each may take.
 *
 * MHD ends a connection on which nothing moves; one that moves a byte now and then is ended here. One thread.
 */
#ifndef ZB_PEERS_H
#define ZB_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "zboard/listener.h"

typedef enum {
    ZC_PEER_IDLE,     /* no first line of a request yet */
    ZC_PEER_REQUEST,  /* a request and its answer */
    ZC_PEER_STREAM    /* without end; a line now and then tells whether somebody is there */
} zc_peer_state_t;

typedef struct zc_peer {
    struct zc_peer *next, **link;
    int fd; /* MHD's */
    zc_peer_state_t state;
    int64_t since_ns; /* in this state */
    uint64_t taken;   /* bytes and one, as of the last look; 0: there was none in this state */
    struct zc_request *request; /* that is not over; NULL: none */
    char name [ZC_ADDRESS_BYTES];
} zc_peer_t;

#define ZC_CROWDED_MIN_BYTES (64 << 10) /* of an answer, to be read in a second */
#define ZC_IDLE_MAX_MS 75000 /* beyond MHD's own 60 s on which nothing moves */

zc_peer_t *zc_peer_new (int fd, const struct sockaddr *address);
void zc_peer_destroy (zc_peer_t *self);
void zc_peer_set (zc_peer_t *self, zc_peer_state_t state);

/* Cuts those that took too long, request_ms for a request; and those that left without one. crowded: also those that
 * read their answers too slowly, for these are in the way of others. Once a second. */
void zc_peers_look (int64_t request_ms, bool crowded);

#endif
