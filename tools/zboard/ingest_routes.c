/* SPDX-License-Identifier: MPL-2.0
 *
 * ingest_routes.c - requests that bring something; see posts.h.
 */
#include "zboard/ingest_routes.h"

#include <jansson.h>
#include <stdlib.h>

#include "zboard/reply.h"
#include "zboard/track.h"

enum MHD_Result zb_ingest_routes_usage (zb_board_t *board, zb_request_t *request)
{
    static const char tracked [] = "{\"status\":\"tracked\"}";
    char *failure = NULL;
    size_t size = 0;
    switch (zb_track (board->events, request->body ? request->body : "", request->body_size, &board->counts, &failure,
                      &size)) {
    case ZB_TRACKED:
        return zb_request_answer (request, zb_reply_static (tracked, sizeof tracked - 1, ZB_TYPE_JSON, "no-store"),
                                  200);
    case ZB_TRACK_BAD:
        return zb_request_answer (request, zb_reply_text (failure, size, ZB_TYPE_JSON, "no-store"), 400);
    case ZB_TRACK_FULL:
        return zb_request_fail_busy (request, "the queue to zcostd is full: nothing in this request was tracked");
    case ZB_TRACK_FAILED:
        break;
    }
    return zb_request_fail_busy (request, "out of memory or threads: nothing in this request was tracked");
}

enum MHD_Result zb_ingest_routes_session (zb_board_t *board, zb_request_t *request)
{
    json_t *body = json_loadb (request->body ? request->body : "", request->body_size, 0, NULL);
    const json_t *token = json_object_get (body, "token");
    const char *text = json_string_value (token);
    size_t size = json_string_length (token);
    char *cookie = text && zb_auth_knows (board->guard, text, size)
                       ? zb_auth_cookie (text, size, *board->settings->tls_cert != '\0')
                       : NULL;
    json_decref (body);
    if (!cookie)
        return zb_request_fail (request, 401, "token", "unknown token", "WWW-Authenticate", ZB_BEARER);
    struct MHD_Response *response = zb_reply_static ("", 0, "text/plain", "no-store");
    zb_reply_header (response, "Set-Cookie", cookie);
    free (cookie);
    return zb_request_answer (request, response, 204);
}

enum MHD_Result zb_ingest_routes_delete_session (zb_board_t *board, zb_request_t *request)
{
    struct MHD_Response *response = zb_reply_static ("", 0, "text/plain", "no-store");
    (void) board;
    zb_reply_header (response, "Set-Cookie", zb_auth_no_cookie ());
    return zb_request_answer (request, response, 204);
}
