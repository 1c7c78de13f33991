/* SPDX-License-Identifier: MPL-2.0
 *
 * posts.c - requests that bring something; see posts.h.
 */
#include "zboard/posts.h"

#include <jansson.h>
#include <stdlib.h>

#include "zboard/reply.h"
#include "zboard/track.h"

enum MHD_Result zc_post_usage (zc_board_t *board, zc_request_t *request)
{
    static const char tracked [] = "{\"status\":\"tracked\"}";
    char *failure = NULL;
    size_t size = 0;
    switch (zc_track (board->events, request->body ? request->body : "", request->body_size, &board->counts, &failure,
                      &size)) {
    case ZC_TRACKED:
        return zc_request_answer (request, zc_reply_static (tracked, sizeof tracked - 1, ZC_TYPE_JSON, "no-store"), 200);
    case ZC_TRACK_BAD:
        return zc_request_answer (request, zc_reply_text (failure, size, ZC_TYPE_JSON, "no-store"), 400);
    case ZC_TRACK_FULL:
        return zc_request_fail_busy (request, "the queue to zcostd is full: nothing of this request is tracked");
    case ZC_TRACK_FAILED:
        break;
    }
    return zc_request_fail_busy (request, "no memory, or no thread, to be had: nothing of this request is tracked");
}

enum MHD_Result zc_post_session (zc_board_t *board, zc_request_t *request)
{
    json_t *body = json_loadb (request->body ? request->body : "", request->body_size, 0, NULL);
    const json_t *token = json_object_get (body, "token");
    const char *text = json_string_value (token);
    size_t size = json_string_length (token);
    char *cookie = text && zc_guard_knows (board->guard, text, size)
                       ? zc_guard_cookie (text, size, *board->settings->tls_cert != '\0') : NULL;
    json_decref (body);
    if (!cookie)
        return zc_request_fail (request, 401, "token", "this token is not known", "WWW-Authenticate", ZC_BEARER);
    struct MHD_Response *response = zc_reply_static ("", 0, "text/plain", "no-store");
    zc_reply_header (response, "Set-Cookie", cookie);
    free (cookie);
    return zc_request_answer (request, response, 204);
}

enum MHD_Result zc_delete_session (zc_board_t *board, zc_request_t *request)
{
    struct MHD_Response *response = zc_reply_static ("", 0, "text/plain", "no-store");
    (void) board;
    zc_reply_header (response, "Set-Cookie", zc_guard_no_cookie ());
    return zc_request_answer (request, response, 204);
}
