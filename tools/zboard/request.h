/* SPDX-License-Identifier: MPL-2.0
 *
 * request.h - one request of HTTP, from its first line to the end of its answer.
 *
 * Owns its body, and its place among those who wait for an answer. Refuses to know what is asked. One thread.
 */
#ifndef ZB_REQUEST_H
#define ZB_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zboard/answer_cache.h"

#define ZB_BODY_MAX_BYTES ((size_t) 1 << 20)
#define ZB_BODIES_MAX_BYTES ((size_t) 64 << 20) /* of all requests together */
#define ZB_URI_MAX_BYTES 4096

struct zb_route;

/* A body that is too large, or of a stranger, is read and let go before the answer: who is cut off while he writes does
 * not see why. But not more than this. */
#define ZB_BODY_READ_MAX_BYTES ((uint64_t) 8 << 20)

typedef enum {
    ZB_ADMITTED,
    ZB_REFUSED_FRAMING,
    ZB_REFUSED_CODING,
    ZB_REFUSED_URI,
    ZB_REFUSED_HOST,
    ZB_REFUSED_PATH,
    ZB_REFUSED_METHOD,
    ZB_REFUSED_STRANGER,
    ZB_REFUSED_TYPE,
    ZB_REFUSED_SIZE,
    ZB_REFUSED_BUSY
} zb_refusal_t;

typedef struct zb_request {
    zb_waiter_t waiter;
    struct MHD_Connection *connection;
    const struct zb_route *route; /* NULL: not looked for yet */
    const char *route_name;       /* for the counters */
    const char *path;             /* decoded, without scheme, host and parameters; MHD's, as long as the request */
    char method [16];             /* or its beginning */
    const char *origin;           /* of another page that may ask; NULL: of none */
    const char *vary;             /* the header by which its answer was chosen; NULL: by none */
    int64_t begun_ns;
    int status; /* of what was queued; 0: nothing was */
    bool is_stream;
    zb_refusal_t refusal;
    bool takes_body;
    char *body;
    size_t body_size, body_room;
    uint64_t body_read; /* kept or not */
    char uri [];        /* as it came, with parameters */
} zb_request_t;

/* NULL: no memory. */
zb_request_t *zb_request_new (struct MHD_Connection *connection, const char *uri);
void zb_request_destroy (zb_request_t *self);

/* Takes a piece of the body. Returns 0; -1: enough of it, the connection is to be cut. */
int zb_request_gather (zb_request_t *self, const char *bytes, size_t size);

/* Whether it says more than once, or in two ways, where its body ends, or more than once to whom it goes, or has a blank
 * before a colon: then who stands before us may have taken it for another request (RFC 9112, 3.2, 5.1, 6.3, 11.2). */
bool zb_request_is_ambiguous (const zb_request_t *self);

/* Whether its body comes in a coding other than chunks, so that its end is not known (RFC 9112, 6.1). */
bool zb_request_is_coded (const zb_request_t *self);

/* How large the body is said to be; 0: it does not say; UINT64_MAX: nobody knows, for it is coded. */
uint64_t zb_request_length (const zb_request_t *self);

/* Whether the body is said to be of this type, such as application/json; its parameters do not matter. */
bool zb_request_is_of_type (const zb_request_t *self, const char *type);

/* Whether Accept names this type, such as text/html, and does not refuse it by q=0. */
bool zb_request_accepts (const zb_request_t *self, const char *type);

/* Queues a response; NULL: there was no memory for it. shared: others have it, too, so nothing may be added. It stays the
 * caller's. */
enum MHD_Result zb_request_reply (zb_request_t *self, struct MHD_Response *response, int status, bool shared);

/* The same with a response that is only for this request, and is dropped. */
enum MHD_Result zb_request_answer (zb_request_t *self, struct MHD_Response *response, int status);

/* {"detail", "code"}. name, value: one more header; NULL: none. */
enum MHD_Result zb_request_fail (zb_request_t *self, int status, const char *code, const char *detail, const char *name,
                                 const char *value);

/* 503: come again. */
enum MHD_Result zb_request_fail_busy (zb_request_t *self, const char *detail);

#endif
