/* SPDX-License-Identifier: MPL-2.0
 *
 * page_routes.c - what needs no answer of the daemon; see pages.h.
 */
#include "zboard/page_routes.h"

#include <string.h>

#include "zboard/assets.h"
#include "zboard/reply.h"
#include "zboard/route.h"

/* Looked for anew each time, and not sent again where it is the same: a new zboard has a new page at once. */
static enum MHD_Result answer_asset (zb_request_t *request, const char *name)
{
    char tag [ZB_ASSET_TAG_BYTES];
    const zb_asset_t *asset = zb_asset_find (name);
    if (!asset)
        return zb_request_fail (request, 404, "not_found", "no such page", NULL, NULL);
    const char *known = MHD_lookup_connection_value (request->connection, MHD_HEADER_KIND, "If-None-Match");
    zb_asset_tag (asset, tag);
    bool same = known && (strcmp (known, "*") == 0 || strstr (known, tag));
    /* Of a 304 MHD sends the length, which is to be GET's, and no bytes. */
    struct MHD_Response *response =
        zb_reply_static (asset->bytes, (size_t) (asset->end - asset->bytes), asset->type, "no-cache");
    zb_reply_header (response, "ETag", tag);
    return zb_request_answer (request, response, same ? 304 : 200);
}

enum MHD_Result zb_page_routes_page (zb_board_t *board, zb_request_t *request)
{
    (void) board;
    return answer_asset (request, "index.html");
}

enum MHD_Result zb_page_routes_icon (zb_board_t *board, zb_request_t *request)
{
    (void) board;
    return answer_asset (request, "icon.svg");
}

enum MHD_Result zb_page_routes_asset (zb_board_t *board, zb_request_t *request)
{
    (void) board;
    return answer_asset (request, request->path + strlen (request->route->path));
}

enum MHD_Result zb_page_routes_stream (zb_board_t *board, zb_request_t *request)
{
    /* MHD would send the end of a body, though there is none. */
    if (strcmp (request->method, "HEAD") == 0)
        return zb_request_answer (request, zb_reply_static ("", 0, ZB_TYPE_STREAM, "no-store"), 200);
    const char *last = MHD_lookup_connection_value (request->connection, MHD_HEADER_KIND, "Last-Event-ID");
    struct MHD_Response *response = zb_streams_open (board->streams, request->connection, last);
    if (!response)
        return zb_request_fail (request, 503, "unavailable", "too many streams at once", "Retry-After", "5");
    request->is_stream = true;
    return zb_request_answer (request, response, 200);
}

static enum MHD_Result say (zb_request_t *request, const char *text, int status)
{
    struct MHD_Response *response = zb_reply_static (text, strlen (text), "text/plain", "no-store");
    if (status == 503)
        zb_reply_header (response, "Retry-After", "1");
    return zb_request_answer (request, response, status);
}

enum MHD_Result zb_page_routes_healthz (zb_board_t *board, zb_request_t *request)
{
    (void) board;
    return say (request, "ok\n", 200);
}

enum MHD_Result zb_page_routes_readyz (zb_board_t *board, zb_request_t *request)
{
    if (board->stopping)
        return say (request, "zboard is stopping\n", 503);
    if (!zb_streams_is_up (board->streams))
        return say (request, "zcostd is unreachable\n", 503);
    return say (request, "ready\n", 200);
}
