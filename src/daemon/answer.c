/* SPDX-License-Identifier: MPL-2.0
 *
 * answer.c - the query socket.
 */
#include "daemon/answer.h"

#include "core/query.h"

#define REQUESTS_A_TURN 64

/* request: [identity] [empty delimiter] [body]. What comes otherwise is answered in kind, so that
 * its sender sees why nothing else comes. */
static void answer (const zc_answer_t *self, zsock_t *socket, zmsg_t *request)
{
    msgpack_sbuffer reply;
    msgpack_sbuffer_init (&reply);
    zframe_t *identity = zmsg_pop (request);
    zframe_t *first = zmsg_first (request);
    bool delimited = first && zframe_size (first) == 0;
    if (delimited)
        zmsg_remove (request, first);
    zframe_t *body = zmsg_first (request);
    if (!delimited)
        zc_query_refuse ("bad_request", "no empty delimiter frame: ask with a REQ socket", &reply);
    else if (zmsg_size (request) != 1)
        zc_query_refuse ("bad_request", "a request is one frame", &reply);
    else {
        if (self->vault)
            zc_vault_look (self->vault);
        zc_view_t view = zc_books_view (self->books);
        zc_query_answer (&view, zframe_data (body), zframe_size (body), &reply);
    }
    if (delimited)
        zframe_destroy (&first);
    zmsg_t *message = zmsg_new ();
    zmsg_append (message, &identity);
    if (delimited)
        zmsg_addmem (message, NULL, 0);
    zmsg_addmem (message, reply.data, reply.size);
    /* ROUTER drops what a client that is gone or does not read has no room for. */
    zmsg_send (&message, socket);
    zmsg_destroy (&message);
    msgpack_sbuffer_destroy (&reply);
}

int zc_answer_on_request (zloop_t *loop, zsock_t *socket, void *argument)
{
    (void) loop;
    for (int n = 0; n < REQUESTS_A_TURN && (zsock_events (socket) & ZMQ_POLLIN); n++) {
        zmsg_t *request = zmsg_recv (socket);
        if (!request)
            break;
        answer (argument, socket, request);
        zmsg_destroy (&request);
    }
    return 0;
}
