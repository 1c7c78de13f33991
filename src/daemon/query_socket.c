/* SPDX-License-Identifier: MPL-2.0
 *
 * query_socket.c - the query socket.
 */
#include "daemon/query_socket.h"

#include "core/api/reply.h"
#include "program/process.h"

#define REQUESTS_A_TURN 64

/* Of the memory that the process may have, what answers that nobody reads may take. */
#define UNREAD_PART 8
#define UNREAD_BYTES_MAX (512 << 20)

int zc_query_socket_init (zc_query_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage)
{
    int64_t memory = engine->settings->memory_max_bytes;
    zc_reply_backpressure_t *clients =
        zc_reply_backpressure_new (memory ? (size_t) memory / UNREAD_PART : UNREAD_BYTES_MAX);
    *self = (zc_query_socket_t){engine, storage, zsock_resolve (socket), clients, 0};
    return clients ? 0 : -1;
}

void zc_query_socket_term (zc_query_socket_t *self)
{
    zc_reply_backpressure_destroy (&self->clients);
}

/* --------------------------------------------------------------------- windows */

/* A request that workers answer. */
typedef struct {
    zc_query_socket_t *answer;
    zc_reply_client_t *client;
    zc_reply_envelope_t envelope;
} pending_t;

static const char no_memory [] = "out of memory";
static const char no_room [] = "too many bytes of unread answers, for this client or for all";

/* What workers packed is handed over as it is: it may have megabytes. */
static void compose (const zc_query_socket_t *self, const pending_t *pending, zc_window_query_t *query,
                     zc_pack_t *reply)
{
    if (query->why)
        zc_reply_pack_error (query->code, query->why, reply);
    else if (!zc_reply_backpressure_has_room (pending->client, query->reply.size))
        zc_reply_pack_error ("unavailable", no_room, reply);
    else if (query->wants_reply) {
        *reply = query->reply;
        query->reply = (zc_pack_t){.data = NULL};
    } else {
        zc_report_source_t view = zc_engine_report_source (self->engine);
        zc_reply_pack_report (&view, &query->plan, query->rows, reply);
    }
}

/* Takes all but the socket. */
static void send_reply (zc_query_socket_t *self, zc_reply_client_t *client, zc_reply_envelope_t *envelope,
                        zc_pack_t *reply)
{
    if (zc_reply_backpressure_send (client, self->socket, envelope, reply) == -1)
        self->unanswered++;
    zc_reply_backpressure_release (client);
}

static void on_answered (void *argument, zc_window_query_t *query)
{
    pending_t *pending = argument;
    zc_pack_t reply = {.data = NULL};
    compose (pending->answer, pending, query, &reply);
    zc_reply_backpressure_end (pending->client);
    send_reply (pending->answer, pending->client, &pending->envelope, &reply);
    free (pending);
}

/* Takes the envelope, the copy of the request and the hold on the client. -1: no memory, and takes nothing. */
static int ask_workers (zc_query_socket_t *self, zc_reply_client_t *client, zc_reply_envelope_t *envelope, void *copy,
                        const zc_request_t *request)
{
    zc_window_query_t *query = zc_window_query_new ();
    pending_t *pending = malloc (sizeof *pending);
    if (!query || !pending) {
        zc_window_query_destroy (&query);
        free (pending);
        return -1;
    }
    pending->answer = self;
    pending->client = client;
    zc_reply_envelope_move (&pending->envelope, envelope);
    query->spec = *zc_request_spec (request);
    query->request = copy;
    query->wants_reply = query->spec.asked != ZC_SPEC_REPORT;
    query->done = on_answered;
    query->argument = pending;
    zc_storage_ask (self->storage, query);
    return 0;
}

/* --------------------------------------------------------------------- request */

/* What only `health` shows takes locks and system calls: nobody else waits for it. */
static void refresh_for_health (const zc_query_socket_t *self, zc_report_source_t *view)
{
    zc_storage_refresh_status (self->storage);
    view->rss_bytes = zc_process_resident_bytes ();
}

/* `health`, `rejects` and `report` may have some hundred KiB. */
static void answer_now (const zc_query_socket_t *self, const zc_reply_client_t *client, zc_report_source_t *view,
                        const zc_request_t *request, zc_pack_t *reply)
{
    if (request->query == ZC_QUERY_HEALTH)
        refresh_for_health (self, view);
    zc_reply_pack (view, request, reply);
    if (!zc_reply_backpressure_has_room (client, reply->size))
        zc_reply_pack_error ("unavailable", no_room, reply);
}

/* Whether workers answer it later: then the envelope, the copy and the hold are taken. */
static bool ask_later (zc_query_socket_t *self, zc_reply_client_t *client, zc_reply_envelope_t *envelope, void *copy,
                       const zc_request_t *request, zc_pack_t *reply)
{
    if (!zc_reply_backpressure_begin (client)) {
        zc_reply_pack_error ("unavailable", "too many queries of this client are waiting: try again later", reply);
        return false;
    }
    if (ask_workers (self, client, envelope, copy, request) == 0)
        return true;
    zc_reply_backpressure_end (client);
    zc_reply_pack_error ("unavailable", no_memory, reply);
    return false;
}

/* Answers now, or has it answered later: returns true, and the envelope and the hold are taken. */
static bool take_request (zc_query_socket_t *self, zc_reply_client_t *client, zc_reply_envelope_t *envelope,
                          zmq_msg_t *body, zc_pack_t *reply)
{
    size_t size = zmq_msg_size (body);
    const void *bytes = zmq_msg_data (body);
    void *copy = NULL;
    /* The request outlives its message if workers answer it. One that is too large is refused where it is. */
    if (size <= ZC_REQUEST_MAX_BYTES) {
        copy = malloc (size + 1);
        if (!copy) {
            zc_reply_pack_error ("unavailable", no_memory, reply);
            return false;
        }
        bytes = memcpy (copy, bytes, size);
    }
    zc_report_source_t view = zc_engine_report_source (self->engine);
    zc_request_t request;
    bool later = false;
    if (zc_reply_read_request (&view, bytes, size, &request, reply) == 0) {
        if (zc_request_is_windowed (&request))
            later = ask_later (self, client, envelope, copy, &request, reply);
        else
            answer_now (self, client, &view, &request, reply);
    }
    if (!later)
        free (copy);
    return later;
}

/* The frame behind the envelope; whether it is the only one. The message is the caller's to close. */
static bool receive_body (void *socket, bool more, zmq_msg_t *ret_body)
{
    int frames = 0;
    zmq_msg_init (ret_body);
    for (; more && zmq_msg_recv (ret_body, socket, 0) != -1; frames++)
        more = zmq_msg_more (ret_body);
    return frames == 1;
}

/* request: envelope, empty delimiter, body. What comes otherwise is answered in kind, so that its sender sees
 * why nothing else comes. */
static void answer (zc_query_socket_t *self, zc_reply_envelope_t *envelope, bool more, const char *why)
{
    zmq_msg_t body, *identity = &envelope->frames [0];
    zc_pack_t reply = {.data = NULL};
    bool single = receive_body (self->socket, more, &body), later = false;
    zc_reply_client_t *client =
        zc_reply_backpressure_hold (self->clients, zmq_msg_data (identity), zmq_msg_size (identity));
    if (why || !single)
        zc_reply_pack_error ("bad_request", why ? why : "a request must be one frame", &reply);
    else if (client)
        later = take_request (self, client, envelope, &body, &reply);
    if (client && !later)
        send_reply (self, client, envelope, &reply);
    self->unanswered += !client;
    zmq_msg_close (&body);
    zc_reply_envelope_close (envelope);
    zc_pack_term (&reply);
}

int zc_query_socket_on_request (zloop_t *loop, zsock_t *socket, void *argument)
{
    zc_query_socket_t *self = argument;
    zc_reply_envelope_t envelope;
    const char *why;
    bool more;
    (void) loop;
    (void) socket;
    for (int n = 0; n < REQUESTS_A_TURN && zc_reply_envelope_receive (&envelope, self->socket, &more, &why) == 0; n++)
        answer (self, &envelope, more, why);
    return 0;
}
