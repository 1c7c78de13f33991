/* SPDX-License-Identifier: MPL-2.0
 *
 * stream.c - server-sent events; see stream.h.
 */
#include "zboard/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zboard/clock.h"
#include "zboard/reply.h"

#define BLOCK_BYTES 4096
#define RETRY_MS 2000
#define BEAT ":\n\n"

/* One message as it goes out, shared by all streams that send it. */
typedef struct {
    unsigned users;
    size_t size;
    char text [];
} message_t;

typedef struct stream {
    struct stream *next, **link;
    struct zc_streams *streams;
    struct MHD_Connection *connection;
    message_t *message; /* that is being sent; NULL: none */
    size_t sent;        /* of it */
    uint64_t number;    /* the next one to be sent */
    bool beat, suspended;
} stream_t;

struct zc_streams {
    stream_t *first;
    size_t count, max;
    bool closed;
    uint64_t boot; /* tells our numbers from those of another start */
    uint64_t published; /* numbers are 1 to this */
    uint64_t skipped;
    message_t *ring [ZC_MESSAGES]; /* by number */
    zc_news_kind_t kinds [ZC_MESSAGES];
    uint64_t last [4]; /* the number of the last message of each kind; 0: none */
    message_t *snapshot; /* the last one; NULL: none yet */
    bool up;
    int64_t heard_ms, since_ms;
};

zc_streams_t *zc_streams_new (size_t max)
{
    zc_streams_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->max = max;
    self->boot = (uint64_t) zc_wall_ms ();
    self->since_ms = zc_wall_ms ();
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
        *message = (message_t) {.users = 1, .size = size};
    return message;
}

static const char *name_of (zc_news_kind_t kind)
{
    return kind == ZC_NEWS_SNAPSHOT ? "snapshot" : kind == ZC_NEWS_ALERT ? "alert" : "state";
}

/* JSON on one line has no line break, which would end the field. */
static message_t *make (const zc_streams_t *self, zc_news_kind_t kind, uint64_t number, const char *json, size_t size)
{
    char head [96];
    int length = snprintf (head, sizeof head, "event: %s\nid: %" PRIx64 "-%" PRIu64 "\ndata: ", name_of (kind),
                           self->boot, number);
    message_t *message = new_message ((size_t) length + size + 2);
    if (!message)
        return NULL;
    memcpy (message->text, head, (size_t) length);
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

static int state_text (const zc_streams_t *self, char *text, size_t size)
{
    char heard [24] = "null";
    if (self->heard_ms)
        snprintf (heard, sizeof heard, "%" PRId64, self->heard_ms);
    return snprintf (text, size, "{\"daemon\":\"%s\",\"since\":%" PRId64 ",\"heard\":%s}", self->up ? "up" : "away",
                     self->since_ms, heard);
}

static void publish (zc_streams_t *self, zc_news_kind_t kind, const char *json, size_t size)
{
    message_t *message = make (self, kind, self->published + 1, json, size);
    if (!message)
        return;
    size_t at = ++self->published % ZC_MESSAGES;
    drop (self->ring [at]);
    self->ring [at] = message;
    self->kinds [at] = kind;
    self->last [kind] = self->published;
    if (kind == ZC_NEWS_SNAPSHOT) {
        drop (self->snapshot);
        self->snapshot = message;
        message->users++;
    }
    for (stream_t *stream = self->first; stream; stream = stream->next)
        wake (stream);
}

void zc_streams_publish (zc_streams_t *self, zc_news_t *news)
{
    char text [128];
    if (news->kind != ZC_NEWS_STATE) {
        if (news->kind == ZC_NEWS_SNAPSHOT)
            self->heard_ms = zc_wall_ms ();
        publish (self, news->kind, news->text, news->size);
        return;
    }
    self->up = news->up;
    self->since_ms = zc_wall_ms ();
    publish (self, ZC_NEWS_STATE, text, (size_t) state_text (self, text, sizeof text));
}

/* ----------------------------------------------------------------------- a stream */

/* The next message that this stream is to send; NULL: it has all. */
static message_t *next_message (stream_t *stream)
{
    zc_streams_t *self = stream->streams;
    uint64_t oldest = self->published >= ZC_MESSAGES ? self->published - ZC_MESSAGES + 1 : 1;
    if (stream->number < oldest) {
        self->skipped += oldest - stream->number;
        stream->number = oldest;
    }
    while (stream->number <= self->published) {
        size_t at = stream->number++ % ZC_MESSAGES;
        /* Of snapshots and states only the last one tells anything. */
        if (self->kinds [at] == ZC_NEWS_ALERT || self->last [self->kinds [at]] == stream->number - 1) {
            self->ring [at]->users++;
            return self->ring [at];
        }
        self->skipped++;
    }
    return NULL;
}

static ssize_t read_stream (void *argument, uint64_t position, char *buffer, size_t max)
{
    stream_t *stream = argument;
    (void) position;
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

/* Whether the id is of this start, and which number it tells. */
static bool read_id (const zc_streams_t *self, const char *id, uint64_t *ret_number)
{
    uint64_t boot;
    int end = 0;
    if (!id || strlen (id) > 40 || sscanf (id, "%" SCNx64 "-%" SCNu64 "%n", &boot, ret_number, &end) != 2)
        return false;
    return id [end] == '\0' && boot == self->boot && *ret_number <= self->published;
}

static size_t put (char *to, const char *bytes, size_t size)
{
    if (to)
        memcpy (to, bytes, size);
    return size;
}

/* What a new stream begins with: how long to wait before it is opened again, the alerts behind the id, the last
 * snapshot, and how zcostd is: that last, since ids must not go back. to NULL: only how much it is. */
static size_t write_greeting (const zc_streams_t *self, uint64_t behind, char *to)
{
    char text [128], state [256];
    size_t size = put (to, text, (size_t) snprintf (text, sizeof text, "retry: %d\n\n", RETRY_MS));
    uint64_t oldest = self->published >= ZC_MESSAGES ? self->published - ZC_MESSAGES + 1 : 1;
    for (uint64_t number = behind + 1 < oldest ? oldest : behind + 1; number <= self->published; number++) {
        const message_t *message = self->ring [number % ZC_MESSAGES];
        if (self->kinds [number % ZC_MESSAGES] == ZC_NEWS_ALERT)
            size += put (to ? to + size : NULL, message->text, message->size);
    }
    if (self->snapshot)
        size += put (to ? to + size : NULL, self->snapshot->text, self->snapshot->size);
    state_text (self, text, sizeof text);
    int length = snprintf (state, sizeof state, "event: state\nid: %" PRIx64 "-%" PRIu64 "\ndata: %s\n\n", self->boot,
                           self->published, text);
    return size + put (to ? to + size : NULL, state, (size_t) length);
}

struct MHD_Response *zc_streams_open (zc_streams_t *self, struct MHD_Connection *connection, const char *last_id)
{
    uint64_t behind;
    if (self->count >= self->max)
        return NULL;
    if (!read_id (self, last_id, &behind))
        behind = self->published;
    stream_t *stream = calloc (1, sizeof *stream);
    message_t *greeting = stream ? new_message (write_greeting (self, behind, NULL)) : NULL;
    struct MHD_Response *response =
        greeting ? MHD_create_response_from_callback (MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream, end_stream)
                 : NULL;
    if (!response) {
        drop (greeting);
        free (stream);
        return NULL;
    }
    write_greeting (self, behind, greeting->text);
    *stream = (stream_t) {.streams = self, .connection = connection, .message = greeting,
                          .number = self->published + 1, .next = self->first, .link = &self->first};
    if (stream->next)
        stream->next->link = &stream->next;
    self->first = stream;
    self->count++;
    zc_reply_finish (response, ZC_TYPE_STREAM, "no-store");
    zc_reply_header (response, "X-Accel-Buffering", "no"); /* a proxy that gathers would hold everything back */
    return response;
}

void zc_streams_beat (zc_streams_t *self)
{
    for (stream_t *stream = self->first; stream; stream = stream->next) {
        stream->beat = true;
        wake (stream);
    }
}

void zc_streams_close (zc_streams_t *self)
{
    self->closed = true;
    for (stream_t *stream = self->first; stream; stream = stream->next)
        wake (stream);
}

void zc_streams_destroy (zc_streams_t **self_p)
{
    zc_streams_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < ZC_MESSAGES; i++)
        drop (self->ring [i]);
    drop (self->snapshot);
    free (self);
    *self_p = NULL;
}

size_t zc_streams_count (const zc_streams_t *self)
{
    return self->count;
}

uint64_t zc_streams_skipped (const zc_streams_t *self)
{
    return self->skipped;
}

bool zc_streams_is_up (const zc_streams_t *self, int64_t *ret_heard_ms)
{
    *ret_heard_ms = self->heard_ms;
    return self->up;
}
