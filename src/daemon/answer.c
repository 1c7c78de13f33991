/* SPDX-License-Identifier: MPL-2.0
 *
 * answer.c - the query socket.
 */
#include "daemon/answer.h"

#include "core/query.h"

#define REQUESTS_A_TURN 64
#define ENVELOPE_FRAMES_MAX 8   /* of the client's own, before the delimiter */
#define ENVELOPE_BYTES_MAX 1024 /* in them together */

/* Of the memory that the process may have, what answers that nobody reads may take. */
#define UNREAD_PART 8
#define UNREAD_BYTES_MAX (512 << 20)

void zc_answer_init (zc_answer_t *self, zsock_t *socket, zc_books_t *books, zc_vault_t *vault)
{
    int64_t memory = books->settings->memory_max_bytes;
    zc_clients_t *clients = zc_clients_new (memory ? (size_t) memory / UNREAD_PART : UNREAD_BYTES_MAX);
    *self = (zc_answer_t) {books, vault, socket, clients};
}

void zc_answer_term (zc_answer_t *self)
{
    zc_clients_destroy (&self->clients);
}

/* --------------------------------------------------------------------- windows */

/* A request that the readers work on. */
typedef struct {
    const zc_answer_t *answer;
    zc_client_t *client;
    zmsg_t *envelope;
    zc_request_t request; /* its strings are in the inquiry's copy of the request */
} pending_t;

static const char no_room [] = "too many bytes of answers wait for this client, or for others, to read them";

static void compose (const zc_answer_t *self, pending_t *pending, zc_inquiry_t *inquiry, msgpack_sbuffer *reply)
{
    zc_view_t view = zc_books_view (self->books);
    if (inquiry->why) {
        zc_query_refuse (inquiry->code, inquiry->why, reply);
        return;
    }
    if (!zc_client_has_room (pending->client, inquiry->result.size)) {
        zc_query_refuse ("unavailable", no_room, reply);
        return;
    }
    zc_query_answer_window (&view, &pending->request, &inquiry->plan, inquiry->rows, &inquiry->result, reply);
    if (reply->size < inquiry->result.size) {
        msgpack_sbuffer_clear (reply);
        zc_query_refuse ("unavailable", "out of memory", reply);
    }
}

static void on_answered (void *argument, zc_inquiry_t *inquiry)
{
    pending_t *pending = argument;
    const zc_answer_t *self = pending->answer;
    msgpack_sbuffer reply;
    msgpack_sbuffer_init (&reply);
    compose (self, pending, inquiry, &reply);
    zc_client_end (pending->client);
    zc_client_send (pending->client, self->socket, &pending->envelope, &reply);
    zc_client_release (pending->client);
    msgpack_sbuffer_destroy (&reply);
    free (pending);
}

/* Takes the envelope, the copy of the request and the hold on the client. */
static void ask_readers (const zc_answer_t *self, zc_client_t *client, zmsg_t **envelope, void *copy,
                         const zc_request_t *request)
{
    zc_inquiry_t *inquiry = zc_inquiry_new ();
    pending_t *pending = zmalloc (sizeof *pending);
    *pending = (pending_t) {self, client, *envelope, *request};
    *envelope = NULL;
    if (!inquiry) {
        zc_inquiry_t none = {.code = "unavailable", .why = "out of memory"};
        on_answered (pending, &none);
        free (copy);
        return;
    }
    inquiry->ask = *zc_request_ask (request);
    inquiry->request = copy;
    inquiry->wants_reply = inquiry->ask.asked != ZC_ASK_REPORT;
    inquiry->done = on_answered;
    inquiry->argument = pending;
    zc_vault_ask (self->vault, inquiry);
}

/* --------------------------------------------------------------------- request */

/* `health`, `rejects` and `report` may have some hundred KiB. */
static void answer_now (const zc_answer_t *self, const zc_client_t *client, const zc_request_t *request,
                        msgpack_sbuffer *reply)
{
    zc_view_t view = zc_books_view (self->books);
    zc_query_answer (&view, request, reply);
    if (zc_client_has_room (client, reply->size))
        return;
    msgpack_sbuffer_clear (reply);
    zc_query_refuse ("unavailable", no_room, reply);
}

/* Answers now, or has it answered later: then the envelope and the hold are taken. */
static void take_request (const zc_answer_t *self, zc_client_t *client, zmsg_t **envelope, zframe_t *body,
                          msgpack_sbuffer *reply)
{
    size_t size = zframe_size (body);
    /* The request outlives its message where readers work on it. */
    void *copy = zmalloc (size ? size : 1);
    memcpy (copy, zframe_data (body), size);
    zc_vault_look (self->vault);
    zc_view_t view = zc_books_view (self->books);
    zc_request_t request;
    if (zc_query_read (&view, copy, size, &request, reply) == 0) {
        if (!zc_request_is_windowed (&request))
            answer_now (self, client, &request, reply);
        else if (zc_client_begin (client)) {
            ask_readers (self, client, envelope, copy, &request);
            return;
        } else
            zc_query_refuse ("unavailable", "too many questions of this client wait for an answer", reply);
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
        *ret_why = "no empty delimiter frame: ask with a REQ socket";
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
static void answer (const zc_answer_t *self, zmsg_t *request)
{
    const char *why = NULL;
    msgpack_sbuffer reply;
    msgpack_sbuffer_init (&reply);
    zc_client_t *client = zc_clients_hold (self->clients, zmsg_first (request));
    zmsg_t *envelope = take_envelope (request, &why);
    if (why)
        zc_query_refuse ("bad_request", why, &reply);
    else if (zmsg_size (request) != 1)
        zc_query_refuse ("bad_request", "a request is one frame", &reply);
    else
        take_request (self, client, &envelope, zmsg_first (request), &reply);
    if (envelope) {
        zc_client_send (client, self->socket, &envelope, &reply);
        zc_client_release (client);
    }
    msgpack_sbuffer_destroy (&reply);
}

int zc_answer_on_request (zloop_t *loop, zsock_t *socket, void *argument)
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
