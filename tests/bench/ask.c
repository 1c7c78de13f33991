/* SPDX-License-Identifier: MPL-2.0
 *
 * ask.c - round trips to the daemon's query socket.
 */
#include "bench/ask.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "bench/clock.h"

#define REPLY_MS 15000
#define REQUEST_BYTES 40 /* a map of one pair, `query` and a name of up to 31 bytes */

struct ask {
    void *socket;
    zmq_msg_t reply;
};

ask_t *ask_new (void *context, const char *endpoint)
{
    int linger_ms = 0, reply_ms = REPLY_MS;
    ask_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    zmq_msg_init (&self->reply);
    self->socket = zmq_socket (context, ZMQ_REQ);
    if (self->socket && zmq_setsockopt (self->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) == 0 &&
        zmq_setsockopt (self->socket, ZMQ_RCVTIMEO, &reply_ms, sizeof reply_ms) == 0 &&
        zmq_connect (self->socket, endpoint) == 0)
        return self;
    fprintf (stderr, "%s: %s\n", endpoint, zmq_strerror (zmq_errno ()));
    ask_destroy (&self);
    return NULL;
}

void ask_destroy (ask_t **self_p)
{
    ask_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zmq_msg_close (&self->reply);
    if (self->socket)
        zmq_close (self->socket);
    free (self);
    *self_p = NULL;
}

/* The value of a key; NULL: no map, or no such key. */
static const msgpack_object *look_up (const msgpack_object *map, const char *key)
{
    if (!map || map->type != MSGPACK_OBJECT_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr [i];
        if (pair->key.type == MSGPACK_OBJECT_STR && pair->key.via.str.size == strlen (key) &&
            memcmp (pair->key.via.str.ptr, key, strlen (key)) == 0)
            return &pair->val;
    }
    return NULL;
}

static bool unpack_reply (ask_t *self, msgpack_unpacked *ret_reply)
{
    msgpack_unpacked_init (ret_reply);
    const char *bytes = zmq_msg_data (&self->reply);
    if (msgpack_unpack_next (ret_reply, bytes, zmq_msg_size (&self->reply), NULL) == MSGPACK_UNPACK_SUCCESS) {
        const msgpack_object *ok = look_up (&ret_reply->data, "ok");
        if (ok && ok->type == MSGPACK_OBJECT_BOOLEAN && ok->via.boolean)
            return true;
    }
    msgpack_unpacked_destroy (ret_reply);
    fprintf (stderr, "the daemon answers with an error\n");
    return false;
}

static int round_trip (ask_t *self, const char *query)
{
    char request [REQUEST_BYTES];
    int size = snprintf (request, sizeof request, "\x81\xa5query%c%s", (int) (0xa0 | strlen (query)), query);
    if (zmq_send (self->socket, request, (size_t) size, 0) != -1 && zmq_msg_recv (&self->reply, self->socket, 0) != -1)
        return 0;
    fprintf (stderr, "query %s: %s\n", query, zmq_strerror (zmq_errno ()));
    return -1;
}

int ask_query (ask_t *self, const char *query, int64_t *ret_ns)
{
    msgpack_unpacked reply;
    int64_t started_ns = monotonic_ns ();
    if (round_trip (self, query) != 0)
        return -1;
    int64_t ended_ns = monotonic_ns ();
    if (!unpack_reply (self, &reply))
        return -1;
    msgpack_unpacked_destroy (&reply);
    *ret_ns = ended_ns - started_ns;
    return 0;
}

/* How every answer begins: a map of three, `ok`, true. */
static bool is_answer (ask_t *self)
{
    static const char head [] = "\x83\xa2ok\xc3";
    size_t size = sizeof head - 1;
    return zmq_msg_size (&self->reply) > size && memcmp (zmq_msg_data (&self->reply), head, size) == 0;
}

static bool is_unavailable (ask_t *self)
{
    static const char code [] = "unavailable";
    return memmem (zmq_msg_data (&self->reply), zmq_msg_size (&self->reply), code, sizeof code - 1) != NULL;
}

int ask_packed (ask_t *self, const void *request, size_t size, int64_t *ret_ns, size_t *ret_reply_bytes)
{
    int64_t started_ns = monotonic_ns ();
    if (zmq_send (self->socket, request, size, 0) == -1 || zmq_msg_recv (&self->reply, self->socket, 0) == -1) {
        fprintf (stderr, "no answer: %s\n", zmq_strerror (zmq_errno ()));
        return -1;
    }
    int64_t ended_ns = monotonic_ns ();
    if (is_answer (self)) {
        *ret_ns = ended_ns - started_ns;
        *ret_reply_bytes = zmq_msg_size (&self->reply);
        return 0;
    }
    if (is_unavailable (self))
        return 1;
    fprintf (stderr, "the daemon refuses: %.*s\n", (int) zmq_msg_size (&self->reply),
             (const char *) zmq_msg_data (&self->reply));
    return -1;
}

int ask_counts (ask_t *self, uint64_t *ret_accepted, uint64_t *ret_rejected)
{
    msgpack_unpacked reply;
    if (round_trip (self, "health") != 0 || !unpack_reply (self, &reply))
        return -1;
    const msgpack_object *events = look_up (look_up (&reply.data, "result"), "events");
    const msgpack_object *accepted = look_up (events, "accepted"), *rejected = look_up (events, "rejected");
    bool good = accepted && rejected && accepted->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
                rejected->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
    if (good) {
        *ret_accepted = accepted->via.u64;
        *ret_rejected = rejected->via.u64;
    } else
        fprintf (stderr, "query health: no counts in the reply\n");
    msgpack_unpacked_destroy (&reply);
    return good ? 0 : -1;
}
