/* SPDX-License-Identifier: MPL-2.0
 *
 * request.c - one request of HTTP; see request.h.
 */
#include "zboard/request.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "civil/clock.h"
#include "zboard/reply.h"

#define BODY_FIRST_BYTES 2048
#define LARGE_BYTES ((size_t) 256 << 10) /* of a body: what became of it goes back to the system */

static size_t bodies_bytes;

zb_request_t *zb_request_new (struct MHD_Connection *connection, const char *uri)
{
    size_t size = strlen (uri) + 1;
    zb_request_t *self = malloc (sizeof *self + size);
    if (!self)
        return NULL;
    *self = (zb_request_t){.connection = connection, .route_name = "none", .begun_ns = zc_clock_mono_ns ()};
    self->waiter.connection = connection;
    memcpy (self->uri, uri, size);
    return self;
}

void zb_request_destroy (zb_request_t *self)
{
    bool was_large = self->body_size > LARGE_BYTES;
    bodies_bytes -= self->body_room;
    free (self->body);
    free (self);
    if (was_large)
        malloc_trim (0);
}

/* ------------------------------------------------------------------------- the body */

static bool make_room (zb_request_t *self, size_t size)
{
    size_t room = self->body_room ? self->body_room : BODY_FIRST_BYTES;
    while (room < size)
        room *= 2;
    if (room == self->body_room)
        return true;
    /* A small body is taken always: connections are counted, too. */
    if (room > BODY_FIRST_BYTES && bodies_bytes + room - self->body_room > ZB_BODIES_MAX_BYTES)
        return false;
    char *body = realloc (self->body, room);
    if (!body)
        return false;
    bodies_bytes += room - self->body_room;
    self->body = body;
    self->body_room = room;
    return true;
}

int zb_request_gather (zb_request_t *self, const char *bytes, size_t size)
{
    self->body_read += size;
    if (self->body_read > ZB_BODY_READ_MAX_BYTES)
        return -1;
    if (!self->takes_body || self->refusal != ZB_ADMITTED)
        return 0;
    if (size > ZB_BODY_MAX_BYTES - self->body_size)
        self->refusal = ZB_REFUSED_SIZE;
    else if (!make_room (self, self->body_size + size))
        self->refusal = ZB_REFUSED_BUSY;
    else {
        memcpy (self->body + self->body_size, bytes, size);
        self->body_size += size;
    }
    return 0;
}

static const char *header (const zb_request_t *self, const char *name)
{
    return MHD_lookup_connection_value (self->connection, MHD_HEADER_KIND, name);
}

typedef struct {
    int ends, hosts;
    bool blanks;
} framing_t;

static enum MHD_Result count_framing (void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    framing_t *framing = context;
    (void) kind;
    (void) value;
    framing->ends += strcasecmp (name, "Content-Length") == 0 || strcasecmp (name, "Transfer-Encoding") == 0;
    framing->hosts += strcasecmp (name, "Host") == 0;
    framing->blanks |= name [strcspn (name, " \t")] != '\0';
    return MHD_YES;
}

bool zb_request_is_ambiguous (const zb_request_t *self)
{
    framing_t framing = {.ends = 0};
    MHD_get_connection_values (self->connection, MHD_HEADER_KIND, count_framing, &framing);
    return framing.ends > 1 || framing.hosts > 1 || framing.blanks;
}

bool zb_request_is_coded (const zb_request_t *self)
{
    const char *coding = header (self, "Transfer-Encoding");
    return coding && strcasecmp (coding, "chunked") != 0;
}

uint64_t zb_request_length (const zb_request_t *self)
{
    const char *length = header (self, "Content-Length");
    return zb_request_is_coded (self) ? UINT64_MAX : length ? strtoull (length, NULL, 10) : 0;
}

/* ends: what may stand behind the type, beside nothing. */
static bool begins_with (const char *text, const char *type, const char *ends)
{
    size_t size = strlen (type);
    return strncasecmp (text, type, size) == 0 && strchr (ends, text [size]);
}

bool zb_request_is_of_type (const zb_request_t *self, const char *type)
{
    const char *said = header (self, "Content-Type");
    return said && begins_with (said, type, "; \t");
}

/* Whether an item of Accept has the parameter q=0: anything but this (RFC 9110, 12.4.2). */
static bool is_unwanted (const char *item)
{
    const char *end = item + strcspn (item, ",");
    while ((item += strcspn (item, ";,")) < end) {
        item += 1 + strspn (item + 1, " \t");
        if (strncasecmp (item, "q=0", 3) != 0)
            continue;
        item += 3 + (item [3] == '.');
        item += strspn (item, "0");
        if (strchr ("; \t,", *item))
            return true;
    }
    return false;
}

typedef struct {
    const char *type;
    bool found;
} accepting_t;

static enum MHD_Result look_for_type (void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    accepting_t *accepting = context;
    (void) kind;
    if (strcasecmp (name, "Accept") != 0)
        return MHD_YES;
    for (const char *at = value; at && *at; at += strcspn (at, ","), at += *at == ',') {
        at += strspn (at, " \t");
        accepting->found |= begins_with (at, accepting->type, "; \t,") && !is_unwanted (at);
    }
    return MHD_YES;
}

bool zb_request_accepts (const zb_request_t *self, const char *type)
{
    accepting_t accepting = {.type = type};
    MHD_get_connection_values (self->connection, MHD_HEADER_KIND, look_for_type, &accepting);
    return accepting.found;
}

/* --------------------------------------------------------------------- the answer */

enum MHD_Result zb_request_reply (zb_request_t *self, struct MHD_Response *response, int status, bool shared)
{
    if (!response)
        return MHD_NO; /* no memory: the connection is closed */
    if (self->origin && !shared) {
        zb_reply_header (response, "Access-Control-Allow-Origin", self->origin);
        zb_reply_header (response, "Vary", "Origin");
    }
    if (self->vary && !shared)
        zb_reply_header (response, "Vary", self->vary);
    self->status = status;
    return MHD_queue_response (self->connection, (unsigned) status, response);
}

enum MHD_Result zb_request_answer (zb_request_t *self, struct MHD_Response *response, int status)
{
    enum MHD_Result result = zb_request_reply (self, response, status, false);
    if (response)
        MHD_destroy_response (response);
    return result;
}

enum MHD_Result zb_request_fail (zb_request_t *self, int status, const char *code, const char *detail, const char *name,
                                 const char *value)
{
    struct MHD_Response *response = zb_reply_failure (code, detail);
    if (name)
        zb_reply_header (response, name, value);
    return zb_request_answer (self, response, status);
}

enum MHD_Result zb_request_fail_busy (zb_request_t *self, const char *detail)
{
    return zb_request_fail (self, 503, "unavailable", detail, "Retry-After", "1");
}
