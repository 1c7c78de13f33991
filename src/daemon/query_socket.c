/* SPDX-License-Identifier: MPL-2.0
 *
 * query_socket.c - the query socket.
 */
#include "daemon/query_socket.h"

#include "core/api/reply.h"
#include "program/process.h"

#define REQUESTS_A_TURN 64
#define ENVELOPE_FRAMES_MAX 8   /* of the client's own, before the delimiter */
#define ENVELOPE_BYTES_MAX 1024 /* in them together */

/* Of the memory that the process may have, what answers that nobody reads may take. */
#define UNREAD_PART 8
#define UNREAD_BYTES_MAX (512 << 20)

void zc_query_socket_init (zc_query_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage)
{
    int64_t memory = engine->settings->memory_max_bytes;
    zc_reply_backpressure_t *clients =
        zc_reply_backpressure_new (memory ? (size_t) memory / UNREAD_PART : UNREAD_BYTES_MAX);
    *self = (zc_query_socket_t){engine, storage, socket, clients};
}

void zc_query_socket_term (zc_query_socket_t *self)
{
    zc_reply_backpressure_destroy (&self->clients);
}

/* --------------------------------------------------------------------- windows */

/* A request that the readers work on. */
typedef struct {
    const zc_query_socket_t *answer;
    zc_reply_client_t *client;
    zmsg_t *envelope;
} pending_t;

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

static void on_answered (void *argument, zc_window_query_t *query)
{
    pending_t *pending = argument;
    const zc_query_socket_t *self = pending->answer;
    zc_pack_t reply = {.data = NULL};
    compose (self, pending, query, &reply);
    zc_reply_backpressure_end (pending->client);
    zc_reply_backpressure_send (pending->client, self->socket, &pending->envelope, &reply);
    zc_reply_backpressure_release (pending->client);
    zc_pack_term (&reply);
    free (pending);
}

/* Takes the envelope, the copy of the request and the hold on the client. */
static void ask_readers (const zc_query_socket_t *self, zc_reply_client_t *client, zmsg_t **envelope, void *copy,
                         const zc_request_t *request)
{
    zc_window_query_t *query = zc_window_query_new ();
    pending_t *pending = zmalloc (sizeof *pending);
    *pending = (pending_t){self, client, *envelope};
    *envelope = NULL;
    if (!query) {
        zc_window_query_t none = {.code = "unavailable", .why = "out of memory"};
        on_answered (pending, &none);
        free (copy);
        return;
    }
    query->spec = *zc_request_spec (request);
    query->request = copy;
    query->wants_reply = query->spec.asked != ZC_SPEC_REPORT;
    query->done = on_answered;
    query->argument = pending;
    zc_storage_ask (self->storage, query);
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

/* Answers now, or has it answered later: then the envelope and the hold are taken. */
static void take_request (const zc_query_socket_t *self, zc_reply_client_t *client, zmsg_t **envelope, zframe_t *body,
                          zc_pack_t *reply)
{
    size_t size = zframe_size (body);
    const void *bytes = zframe_data (body);
    void *copy = NULL;
    /* The request outlives its message if workers answer it. One that is too large is refused where it is. */
    if (size <= ZC_REQUEST_MAX_BYTES)
        bytes = copy = memcpy (zmalloc (size ? size : 1), bytes, size);
    zc_report_source_t view = zc_engine_report_source (self->engine);
    zc_request_t request;
    if (zc_reply_read_request (&view, bytes, size, &request, reply) == 0) {
        if (!zc_request_is_windowed (&request))
            answer_now (self, client, &view, &request, reply);
        else if (zc_reply_backpressure_begin (client)) {
            ask_readers (self, client, envelope, copy, &request);
            return;
        } else
            zc_reply_pack_error ("unavailable", "too many queries of this client are waiting: try again later", reply);
    }
    free (copy);
}

/* How many frames stand between the identity and the empty delimiter, and how many bytes; -1: there is no delimiter. */
static int count_envelope (zmsg_t *request, size_t *ret_bytes)
{
    int frames = 0;
    *ret_bytes = 0;
    zmsg_first (request);
    for (zframe_t *frame = zmsg_next (request); frame; frame = zmsg_next (request)) {
        if (zframe_size (frame) == 0)
            return frames;
        *ret_bytes += zframe_size (frame);
        frames++;
    }
    return -1;
}

static void move_frame (zmsg_t *from, zmsg_t *to)
{
    zframe_t *frame = zmsg_pop (from);
    zmsg_append (to, &frame);
}

/* Moves the identity and what follows up to the empty delimiter, as REP does: by such frames a client that asks
 * several things at once tells the replies apart. Or says why not: what is too long is not sent back to where it came
 * from. */
static zmsg_t *take_envelope (zmsg_t *request, const char **ret_why)
{
    size_t bytes;
    int frames = count_envelope (request, &bytes);
    zmsg_t *envelope = zmsg_new ();
    move_frame (request, envelope);
    if (frames == -1)
        *ret_why = "no empty delimiter frame: use a REQ socket";
    else if (frames > ENVELOPE_FRAMES_MAX || bytes > ENVELOPE_BYTES_MAX) {
        *ret_why = "more than 8 frames or 1,024 bytes before the empty delimiter";
        zmsg_addmem (envelope, "", 0);
    } else
        for (int i = 0; i < frames + 1; i++)
            move_frame (request, envelope);
    return envelope;
}

/* request: envelope, empty delimiter, body. What comes otherwise is answered in kind, so that its sender sees
 * why nothing else comes. */
static void answer (const zc_query_socket_t *self, zmsg_t *request)
{
    const char *why = NULL;
    zc_pack_t reply = {.data = NULL};
    zc_reply_client_t *client = zc_reply_backpressure_hold (self->clients, zmsg_first (request));
    zmsg_t *envelope = take_envelope (request, &why);
    if (why)
        zc_reply_pack_error ("bad_request", why, &reply);
    else if (zmsg_size (request) != 1)
        zc_reply_pack_error ("bad_request", "a request must be one frame", &reply);
    else
        take_request (self, client, &envelope, zmsg_first (request), &reply);
    if (envelope) {
        zc_reply_backpressure_send (client, self->socket, &envelope, &reply);
        zc_reply_backpressure_release (client);
    }
    zc_pack_term (&reply);
}

int zc_query_socket_on_request (zloop_t *loop, zsock_t *socket, void *argument)
{
    (void) loop;
    for (int n = 0; n < REQUESTS_A_TURN && (zsock_events (socket) & ZMQ_POLLIN); n++) {
        zmsg_t *request = zmsg_recv (socket);
        if (!request)
            break;
        answer (argument, request);
        zmsg_destroy (&request);
    }
    return 0;
}
