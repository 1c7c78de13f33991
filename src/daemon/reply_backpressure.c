/* SPDX-License-Identifier: MPL-2.0
 *
 * reply_backpressure.c - who asks, and what they have not read.
 */
#include "daemon/reply_backpressure.h"

#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "wire/event.h"

#define SWEEP_EVERY 1024 /* clients that came: then those are forgotten of whom nothing is under way */

/* Outlives the table where messages are still on their way: each of them, and each client, holds it. */
typedef struct {
    atomic_size_t holders, unread;
    size_t unread_max;
} pool_t;

struct zc_reply_client {
    zc_str_t identity; /* first: what the table compares; in `bytes` */
    atomic_size_t holders, unread;
    pool_t *pool;
    size_t asks;
    zc_reply_client_t *next; /* in a sweep */
    char bytes [];
};

struct zc_reply_backpressure {
    void *by_identity; /* a tree of tsearch(3), which says when there is no memory; holds each */
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

static void forget (void *client)
{
    zc_reply_backpressure_release (client);
}

zc_reply_backpressure_t *zc_reply_backpressure_new (size_t unread_bytes_max)
{
    zc_reply_backpressure_t *self = calloc (1, sizeof *self);
    pool_t *pool = calloc (1, sizeof *pool);
    if (!self || !pool) {
        free (self);
        free (pool);
        return NULL;
    }
    atomic_init (&pool->holders, 1);
    pool->unread_max = unread_bytes_max;
    self->pool = pool;
    self->until_sweep = SWEEP_EVERY;
    return self;
}

void zc_reply_backpressure_destroy (zc_reply_backpressure_t **self_p)
{
    zc_reply_backpressure_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    tdestroy (self->by_identity, forget);
    release_pool (self->pool);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------ hold */

static int compare (const void *left, const void *right)
{
    const zc_str_t *a = left, *b = right;
    return a->size != b->size ? (a->size > b->size) - (a->size < b->size) : memcmp (a->data, b->data, a->size);
}

/* Only the table holds a client of whom nothing is under way. */
static void note_idle (const void *node, VISIT visit, void *list)
{
    zc_reply_client_t *client = *(zc_reply_client_t *const *) node, **first = list;
    if ((visit != preorder && visit != leaf) || atomic_load (&client->holders) != 1)
        return;
    client->next = *first;
    *first = client;
}

static void sweep (zc_reply_backpressure_t *self)
{
    zc_reply_client_t *idle = NULL;
    twalk_r (self->by_identity, note_idle, &idle);
    while (idle) {
        zc_reply_client_t *client = idle;
        idle = client->next;
        tdelete (client, &self->by_identity, compare);
        zc_reply_backpressure_release (client);
    }
    self->until_sweep = SWEEP_EVERY;
}

static zc_reply_client_t *add (zc_reply_backpressure_t *self, const void *identity, size_t size)
{
    if (self->until_sweep-- == 0)
        sweep (self);
    zc_reply_client_t *client = calloc (1, sizeof *client + size);
    if (!client)
        return NULL;
    memcpy (client->bytes, identity, size);
    client->identity = (zc_str_t){client->bytes, (uint32_t) size};
    if (!tsearch (client, &self->by_identity, compare)) {
        free (client);
        return NULL;
    }
    atomic_init (&client->holders, 1);
    client->pool = self->pool;
    atomic_fetch_add (&self->pool->holders, 1);
    return client;
}

zc_reply_client_t *zc_reply_backpressure_hold (zc_reply_backpressure_t *self, const void *identity, size_t size)
{
    const zc_str_t key = {identity, (uint32_t) size};
    zc_reply_client_t **found = tfind (&key, &self->by_identity, compare);
    zc_reply_client_t *client = found ? *found : add (self, identity, size);
    if (client)
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

int zc_reply_backpressure_send (zc_reply_client_t *client, void *socket, zc_reply_envelope_t *envelope, zc_pack_t *body)
{
    sent_t *sent = malloc (sizeof *sent);
    zmq_msg_t message;
    size_t size;
    char *data = zc_pack_release (body, &size);
    if (!sent || !data) {
        free (sent);
        free (data);
        zc_reply_envelope_close (envelope);
        return -1;
    }
    atomic_fetch_add (&client->holders, 1);
    atomic_fetch_add (&client->unread, size);
    atomic_fetch_add (&client->pool->unread, size);
    sent->bytes = size;
    atomic_store (&sent->client, client);
    if (zmq_msg_init_data (&message, data, size, on_sent, sent) == -1) {
        on_sent (data, sent); /* no memory for its few bytes */
        zc_reply_envelope_close (envelope);
        return -1;
    }
    zc_reply_envelope_send (envelope, socket);
    if (zmq_msg_send (&message, socket, 0) == -1)
        zmq_msg_close (&message);
    return 0;
}
