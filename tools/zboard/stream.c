/* SPDX-License-Identifier: MPL-2.0
 *
 * stream.c - server-sent events; see stream.h.
 */
#include "zboard/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"
#include "zboard/reply.h"

#define BLOCK_BYTES 4096
#define RETRY_MS 2000
#define HEAD_BYTES 128
#define BEAT ":\n\n"

/* One message as it goes out, shared by all streams that send it. */
typedef struct {
    unsigned users;
    uint64_t number;   /* 0: of a greeting, which has none */
    size_t size, head; /* of them what stands before the JSON */
    char text [];
} message_t;

typedef struct stream {
    struct stream *next, **link;
    struct zb_streams *streams;
    struct MHD_Connection *connection;
    message_t *message; /* that is being sent; NULL: none */
    size_t sent;        /* of it */
    uint64_t behind;    /* the number of the last one that was sent, or skipped */
    bool beat, suspended, ended;
} stream_t;

struct zb_streams {
    stream_t *first;
    size_t count, max;
    bool closed;
    uint64_t boot;      /* tells our numbers from those of another start */
    uint64_t published; /* messages, which are numbered from 1 */
    uint64_t alerted;   /* alerts among them, which are counted from 1 */
    uint64_t skipped;
    message_t *alerts [ZB_ALERTS_KEPT]; /* by their count */
    message_t *snapshot, *state;        /* the last ones, for older ones tell nothing more; NULL: none yet */
    bool up;
    int64_t heard_ms, heard_mono_ns, since_ms;
};

zb_streams_t *zb_streams_new (size_t max)
{
    zb_streams_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->max = max;
    self->boot = (uint64_t) zc_clock_wall_ms ();
    self->since_ms = zc_clock_wall_ms ();
    return self;
}

/* ---------------------------------------------------------------------- messages */

static void drop (message_t *message)
{
    if (message && --message->users == 0)
        free (message);
}

static message_t *new_message (size_t size)
{
    message_t *message = malloc (sizeof *message + size);
    if (message)
        *message = (message_t){.users = 1, .size = size};
    return message;
}

static const char *name_of (zb_upstream_event_kind_t kind)
{
    return kind == ZB_UPSTREAM_EVENT_SNAPSHOT ? "snapshot" : kind == ZB_UPSTREAM_EVENT_ALERT ? "alert" : "state";
}

/* The id is what a client that comes back sends as Last-Event-ID: how many alerts it has had is what matters; the number
 * makes it differ from all others. */
static size_t write_head (const zb_streams_t *self, zb_upstream_event_kind_t kind, char text [HEAD_BYTES])
{
    return (size_t) snprintf (text, HEAD_BYTES,
                              "event: %s\nid: %" PRIx64 "-%" PRIu64 "-%" PRIu64 "\ndata: ", name_of (kind), self->boot,
                              self->published, self->alerted);
}

/* JSON on one line has no line break, which would end the field. */
static message_t *new_event (const zb_streams_t *self, zb_upstream_event_kind_t kind, const char *json, size_t size)
{
    char head [HEAD_BYTES];
    size_t length = write_head (self, kind, head);
    message_t *message = new_message (length + size + 2);
    if (!message)
        return NULL;
    message->number = self->published;
    message->head = length;
    memcpy (message->text, head, length);
    memcpy (message->text + length, json, size);
    memcpy (message->text + length + size, "\n\n", 2);
    return message;
}

static void wake (stream_t *stream)
{
    if (stream->suspended)
        MHD_resume_connection (stream->connection);
    stream->suspended = false;
}

static int state_text (const zb_streams_t *self, char *text, size_t size)
{
    char heard [24] = "null";
    if (self->heard_ms)
        snprintf (heard, sizeof heard, "%" PRId64, self->heard_ms);
    return snprintf (text, size, "{\"daemon\":\"%s\",\"since\":%" PRId64 ",\"heard\":%s}", self->up ? "up" : "away",
                     self->since_ms, heard);
}

static message_t **place_of (zb_streams_t *self, zb_upstream_event_kind_t kind)
{
    return kind == ZB_UPSTREAM_EVENT_SNAPSHOT ? &self->snapshot
           : kind == ZB_UPSTREAM_EVENT_STATE  ? &self->state
                                              : &self->alerts [self->alerted % ZB_ALERTS_KEPT];
}

/* Without memory for it, it is as if each stream had skipped it. */
static void publish (zb_streams_t *self, zb_upstream_event_kind_t kind, const char *json, size_t size)
{
    self->published++;
    self->alerted += kind == ZB_UPSTREAM_EVENT_ALERT;
    message_t **place = place_of (self, kind);
    drop (*place);
    *place = new_event (self, kind, json, size);
    for (stream_t *stream = self->first; stream; stream = stream->next)
        wake (stream);
}

void zb_streams_publish (zb_streams_t *self, zb_upstream_event_t *news)
{
    char text [128];
    if (news->kind == ZB_UPSTREAM_EVENT_SNAPSHOT) {
        self->heard_ms = zc_clock_wall_ms ();
        self->heard_mono_ns = zc_clock_mono_ns ();
    }
    if (news->kind != ZB_UPSTREAM_EVENT_STATE) {
        publish (self, news->kind, news->text, news->size);
        return;
    }
    self->up = news->up;
    self->since_ms = zc_clock_wall_ms ();
    publish (self, ZB_UPSTREAM_EVENT_STATE, text, (size_t) state_text (self, text, sizeof text));
}

/* ----------------------------------------------------------------------- a stream */

static message_t *earlier (message_t *one, message_t *other, uint64_t behind)
{
    return other && other->number > behind && (!one || other->number < one->number) ? other : one;
}

/* The next message that this stream is to send; NULL: it has all. What is not kept any more was skipped. */
static message_t *next_message (stream_t *stream)
{
    zb_streams_t *self = stream->streams;
    message_t *next = earlier (earlier (NULL, self->snapshot, stream->behind), self->state, stream->behind);
    for (size_t i = 0; i < ZB_ALERTS_KEPT; i++)
        next = earlier (next, self->alerts [i], stream->behind);
    uint64_t number = next ? next->number : self->published + 1;
    self->skipped += number - stream->behind - 1;
    stream->behind = next ? number : self->published;
    if (next)
        next->users++;
    return next;
}

static ssize_t read_stream (void *argument, uint64_t position, char *buffer, size_t max)
{
    stream_t *stream = argument;
    (void) position;
    if (!stream->message && stream->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!stream->message && !(stream->message = next_message (stream))) {
        if (stream->streams->closed)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (stream->beat && max >= sizeof BEAT - 1) {
            stream->beat = false;
            memcpy (buffer, BEAT, sizeof BEAT - 1);
            return sizeof BEAT - 1;
        }
        stream->suspended = true;
        MHD_suspend_connection (stream->connection);
        return 0;
    }
    size_t left = stream->message->size - stream->sent, size = left < max ? left : max;
    memcpy (buffer, stream->message->text + stream->sent, size);
    stream->sent += size;
    stream->beat = false;
    if (size == left) {
        drop (stream->message);
        stream->message = NULL;
        stream->sent = 0;
    }
    return (ssize_t) size;
}

static void end_stream (void *argument)
{
    stream_t *stream = argument;
    drop (stream->message);
    *stream->link = stream->next;
    if (stream->next)
        stream->next->link = stream->link;
    stream->streams->count--;
    free (stream);
}

/* Of which alert the id tells that it was had. That of another start, or of none of ours, tells nothing: then the last. */
static uint64_t read_id (const zb_streams_t *self, const char *id)
{
    uint64_t boot, number, alerted;
    int end = 0;
    if (!id || strlen (id) > 80 ||
        sscanf (id, "%" SCNx64 "-%" SCNu64 "-%" SCNu64 "%n", &boot, &number, &alerted, &end) != 3 || id [end] ||
        boot != self->boot || number > self->published || alerted > self->alerted)
        return self->alerted;
    return alerted;
}

static size_t put (char *to, size_t at, const char *bytes, size_t size)
{
    if (to)
        memcpy (to + at, bytes, size);
    return at + size;
}

/* What a new stream begins with: how long to wait before it is opened again, the alerts from one on, the last snapshot,
 * and how zcostd is. These two under the id of now, since ids must not go back. to NULL: only how much it is. */
static size_t write_greeting (const zb_streams_t *self, uint64_t from, char *to)
{
    char text [128], head [HEAD_BYTES];
    const message_t *message = self->snapshot;
    size_t size = put (to, 0, text, (size_t) snprintf (text, sizeof text, "retry: %d\n\n", RETRY_MS));
    for (uint64_t count = from; count <= self->alerted; count++) {
        const message_t *alert = self->alerts [count % ZB_ALERTS_KEPT];
        if (alert)
            size = put (to, size, alert->text, alert->size);
    }
    if (message) {
        size = put (to, size, head, write_head (self, ZB_UPSTREAM_EVENT_SNAPSHOT, head));
        size = put (to, size, message->text + message->head, message->size - message->head);
    }
    size = put (to, size, head, write_head (self, ZB_UPSTREAM_EVENT_STATE, head));
    size = put (to, size, text, (size_t) state_text (self, text, sizeof text));
    return put (to, size, "\n\n", 2);
}

/* The first alert that a client which had `had` of them is to get. */
static uint64_t first_alert (zb_streams_t *self, uint64_t had)
{
    uint64_t oldest = self->alerted >= ZB_ALERTS_KEPT ? self->alerted - ZB_ALERTS_KEPT + 1 : 1;
    if (had + 1 >= oldest)
        return had + 1;
    self->skipped += oldest - had - 1;
    return oldest;
}

struct MHD_Response *zb_streams_open (zb_streams_t *self, struct MHD_Connection *connection, const char *last_id)
{
    if (self->count >= self->max)
        return NULL;
    uint64_t from = first_alert (self, read_id (self, last_id));
    stream_t *stream = calloc (1, sizeof *stream);
    message_t *greeting = stream ? new_message (write_greeting (self, from, NULL)) : NULL;
    struct MHD_Response *response =
        greeting ? MHD_create_response_from_callback (MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, end_stream)
                 : NULL;
    if (!response) {
        drop (greeting);
        free (stream);
        return NULL;
    }
    write_greeting (self, from, greeting->text);
    *stream = (stream_t){.streams = self,
                         .connection = connection,
                         .message = greeting,
                         .behind = self->published,
                         .next = self->first,
                         .link = &self->first};
    if (stream->next)
        stream->next->link = &stream->next;
    self->first = stream;
    self->count++;
    zb_reply_finish (response, ZB_TYPE_STREAM, "no-store");
    zb_reply_header (response, "X-Accel-Buffering", "no"); /* a proxy that gathers would hold everything back */
    return response;
}

void zb_streams_beat (zb_streams_t *self)
{
    for (stream_t *stream = self->first; stream; stream = stream->next) {
        stream->beat = true;
        wake (stream);
    }
}

void zb_streams_renew (zb_streams_t *self)
{
    for (stream_t *stream = self->first; stream; stream = stream->next) {
        stream->ended = true;
        wake (stream);
    }
}

void zb_streams_close (zb_streams_t *self)
{
    self->closed = true;
    for (stream_t *stream = self->first; stream; stream = stream->next)
        wake (stream);
}

void zb_streams_destroy (zb_streams_t **self_p)
{
    zb_streams_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < ZB_ALERTS_KEPT; i++)
        drop (self->alerts [i]);
    drop (self->snapshot);
    drop (self->state);
    free (self);
    *self_p = NULL;
}

size_t zb_streams_count (const zb_streams_t *self)
{
    return self->count;
}

uint64_t zb_streams_skipped (const zb_streams_t *self)
{
    return self->skipped;
}

bool zb_streams_is_up (const zb_streams_t *self)
{
    return self->up;
}

int64_t zb_streams_heard_ns (const zb_streams_t *self)
{
    return self->heard_mono_ns;
}
