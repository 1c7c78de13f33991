/* SPDX-License-Identifier: MPL-2.0
 *
 * reply_backpressure.c - who asks, and what they have not read.
 */
#include "daemon/reply_backpressure.h"

#include <stdatomic.h>

#define SWEEP_EVERY 1024 /* clients that came: then those are forgotten of whom nothing is under way */

/* Outlives the table where messages are still on their way: each of them, and each client, holds it. */
typedef struct {
    atomic_size_t holders, unread;
    size_t unread_max;
} pool_t;

struct zc_reply_client {
    atomic_size_t holders, unread;
    pool_t *pool;
    size_t asks;
};

struct zc_reply_backpressure {
    zhashx_t *by_identity; /* in hex digits; holds each */
    pool_t *pool;
    size_t until_sweep;
};

static void release_pool (pool_t *pool)
{
    if (atomic_fetch_sub (&pool->holders, 1) == 1)
        free (pool);
}

void zc_reply_backpressure_release (zc_reply_client_t *client)
{
    if (atomic_fetch_sub (&client->holders, 1) != 1)
        return;
    release_pool (client->pool);
    free (client);
}

static void forget (void **item)
{
    zc_reply_backpressure_release (*item);
    *item = NULL;
}

zc_reply_backpressure_t *zc_reply_backpressure_new (size_t unread_bytes_max)
{
    zc_reply_backpressure_t *self = zmalloc (sizeof *self);
    self->pool = zmalloc (sizeof *self->pool);
    atomic_init (&self->pool->holders, 1);
    self->pool->unread_max = unread_bytes_max;
    self->by_identity = zhashx_new ();
    zhashx_set_destructor (self->by_identity, forget);
    self->until_sweep = SWEEP_EVERY;
    return self;
}

void zc_reply_backpressure_destroy (zc_reply_backpressure_t **self_p)
{
    zc_reply_backpressure_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zhashx_destroy (&self->by_identity);
    release_pool (self->pool);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------ hold */

/* Only the table holds a client of whom nothing is under way. */
static void sweep (zc_reply_backpressure_t *self)
{
    zlistx_t *identities = zhashx_keys (self->by_identity);
    for (const char *identity = zlistx_first (identities); identity; identity = zlistx_next (identities)) {
        const zc_reply_client_t *client = zhashx_lookup (self->by_identity, identity);
        if (atomic_load (&client->holders) == 1)
            zhashx_delete (self->by_identity, identity);
    }
    zlistx_destroy (&identities);
    self->until_sweep = SWEEP_EVERY;
}

zc_reply_client_t *zc_reply_backpressure_hold (zc_reply_backpressure_t *self, zframe_t *identity)
{
    char *name = zframe_strhex (identity);
    zc_reply_client_t *client = zhashx_lookup (self->by_identity, name);
    if (!client) {
        if (self->until_sweep-- == 0)
            sweep (self);
        client = zmalloc (sizeof *client);
        atomic_init (&client->holders, 1);
        client->pool = self->pool;
        atomic_fetch_add (&self->pool->holders, 1);
        zhashx_insert (self->by_identity, name, client);
    }
    zstr_free (&name);
    atomic_fetch_add (&client->holders, 1);
    return client;
}

bool zc_reply_backpressure_begin (zc_reply_client_t *client)
{
    if (client->asks == ZC_CLIENT_ASKS_MAX)
        return false;
    client->asks++;
    return true;
}

void zc_reply_backpressure_end (zc_reply_client_t *client)
{
    client->asks--;
}

bool zc_reply_backpressure_has_room (const zc_reply_client_t *client, size_t bytes)
{
    const pool_t *pool = client->pool;
    return bytes <= ZC_CLIENT_SMALL_BYTES || (atomic_load (&client->unread) + bytes <= pool->unread_max / 4 &&
                                              atomic_load (&pool->unread) + bytes <= pool->unread_max);
}

/* ------------------------------------------------------------------------ send */

/* A body on its way. The client is written last and read first: what orders the threads within libzmq is hidden from
 * a ThreadSanitizer, and need not be believed. */
typedef struct {
    size_t bytes;
    _Atomic (zc_reply_client_t *) client;
} sent_t;

/* In one of libzmq's threads, or in ours. */
static void on_sent (void *data, void *argument)
{
    sent_t *sent = argument;
    zc_reply_client_t *client = atomic_load (&sent->client);
    atomic_fetch_sub (&client->unread, sent->bytes);
    atomic_fetch_sub (&client->pool->unread, sent->bytes);
    zc_reply_backpressure_release (client);
    free (sent);
    free (data);
}

void zc_reply_backpressure_send (zc_reply_client_t *client, zsock_t *socket, zmsg_t **envelope, zc_pack_t *body)
{
    if (zc_pack_failed (body)) {
        zmsg_destroy (envelope);
        return;
    }
    sent_t *sent = zmalloc (sizeof *sent);
    zmq_msg_t message;
    size_t size;
    char *data = zc_pack_release (body, &size);
    atomic_fetch_add (&client->holders, 1);
    atomic_fetch_add (&client->unread, size);
    atomic_fetch_add (&client->pool->unread, size);
    sent->bytes = size;
    atomic_store (&sent->client, client);
    if (zmq_msg_init_data (&message, data, size, on_sent, sent) == -1) {
        on_sent (data, sent); /* no memory for its few bytes: the client gets no answer */
        zmsg_destroy (envelope);
        return;
    }
    /* ROUTER drops what a client that is gone or does not read has no room for. */
    for (zframe_t *frame = zmsg_pop (*envelope); frame; frame = zmsg_pop (*envelope))
        zframe_send (&frame, socket, ZFRAME_MORE);
    zmsg_destroy (envelope);
    if (zmq_msg_send (&message, zsock_resolve (socket), 0) == -1)
        zmq_msg_close (&message);
}
