/* SPDX-License-Identifier: MPL-2.0
 *
 * connections.c - the connections, and how long each may take; see peers.h.
 */
#include "zboard/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "civil/clock.h"
#include "zboard/request.h"

static zb_connection_t *first;

zb_connection_t *zb_connection_new (int fd, const struct sockaddr *address)
{
    zb_connection_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->fd = fd;
    zb_listener_name (address, self->name);
    zb_connection_set (self, ZB_CONNECTION_IDLE);
    self->next = first;
    self->link = &first;
    if (first)
        first->link = &self->next;
    first = self;
    return self;
}

void zb_connection_destroy (zb_connection_t *self)
{
    if (!self)
        return;
    *self->link = self->next;
    if (self->next)
        self->next->link = self->link;
    free (self);
}

void zb_connection_set (zb_connection_t *self, zb_connection_state_t state)
{
    self->state = state;
    self->since_ns = zc_clock_mono_ns ();
    self->taken = 0;
}

/* MHD's epoll tells of what came and of the end once; where it had both at once it goes on to wait for more. */
static bool is_gone (const zb_connection_t *peer)
{
    char byte;
    return peer->state == ZB_CONNECTION_IDLE && recv (peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool is_late (const zb_connection_t *peer, int64_t now, int64_t request_ms)
{
    int64_t most_ms = peer->state == ZB_CONNECTION_IDLE ? ZB_IDLE_MAX_MS : request_ms;
    return peer->state != ZB_CONNECTION_STREAM && now - peer->since_ns > most_ms * 1000000;
}

/* Whether it is to read an answer, and has taken little of it since the last look (tcp(7), TCP_INFO). */
static bool is_slow (zb_connection_t *peer)
{
    struct tcp_info info = {.tcpi_bytes_acked = 0};
    socklen_t size = sizeof info;
    if (peer->state != ZB_CONNECTION_REQUEST || !peer->request || !peer->request->status ||
        getsockopt (peer->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1)
        return false;
    uint64_t before = peer->taken;
    peer->taken = info.tcpi_bytes_acked + 1;
    return before && peer->taken - before < ZB_CROWDED_MIN_BYTES;
}

void zb_connections_look (int64_t request_ms, bool crowded)
{
    int64_t now = zc_clock_mono_ns ();
    for (zb_connection_t *peer = first; peer; peer = peer->next) {
        bool slow = is_slow (peer);
        if (is_gone (peer) || is_late (peer, now, request_ms) || (crowded && slow))
            shutdown (peer->fd, SHUT_RDWR); /* MHD sees the end at its next look, and closes it */
    }
}
