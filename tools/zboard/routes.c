/* SPDX-License-Identifier: MPL-2.0
 *
 * routes.c - which request is for whom; see routes.h.
 */
#include "zboard/routes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "zboard/url_arguments.h"
#include "zboard/query_routes.h"
#include "zboard/page_routes.h"
#include "zboard/ingest_routes.h"
#include "zboard/reply.h"
#include "zboard/route.h"

static const zb_route_t routes [] = {
    {"/", "GET, HEAD", true, zb_page_routes_page, NULL, NULL, NULL, 0, false},
    {"/assets/", "GET, HEAD", true, zb_page_routes_asset, NULL, NULL, NULL, 0, false},
    {"/favicon.ico", "GET, HEAD", true, zb_page_routes_icon, NULL, NULL, NULL, 0, false},
    {"/healthz", "GET, HEAD", true, zb_page_routes_healthz, NULL, NULL, NULL, 0, false},
    {"/readyz", "GET, HEAD", true, zb_page_routes_readyz, NULL, NULL, NULL, 0, false},
    {"/metrics", "GET, HEAD", false, zb_query_routes_metrics, NULL, NULL, NULL, 0, false},
    {"/api/metrics/llm-costs", "GET, HEAD", false, zb_query_routes_answer, NULL, NULL, "report",
     ZB_TAKES_WINDOW | ZB_TAKES_SERVICE, true},
    {"/api/metrics/track-usage", "POST", false, NULL, zb_ingest_routes_usage, NULL, NULL, 0, false},
    {"/api/breakdown", "GET, HEAD", false, zb_query_routes_answer, NULL, NULL, "breakdown",
     ZB_TAKES_WINDOW | ZB_TAKES_GROUPS, false},
    {"/api/series", "GET, HEAD", false, zb_query_routes_answer, NULL, NULL, "series",
     ZB_TAKES_WINDOW | ZB_TAKES_GROUPS | ZB_TAKES_STEP, false},
    {"/api/budgets", "GET, HEAD", false, zb_query_routes_answer, NULL, NULL, "budgets", 0, false},
    {"/api/health", "GET, HEAD", false, zb_query_routes_answer, NULL, NULL, "health", 0, false},
    {"/api/stream", "GET, HEAD", false, zb_page_routes_stream, NULL, NULL, NULL, 0, false},
    {"/api/session", "POST, DELETE", true, NULL, zb_ingest_routes_session, zb_ingest_routes_delete_session, NULL, 0,
     false},
};

static const zb_route_t *find (const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t size = strlen (routes [i].path);
        bool is_folder = size > 1 && routes [i].path [size - 1] == '/';
        if (is_folder ? strncmp (path, routes [i].path, size) == 0 : strcmp (path, routes [i].path) == 0)
            return &routes [i];
    }
    return NULL;
}

static zb_handle_t handler_of (const zb_route_t *route, const char *method)
{
    if (strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0)
        return route->get;
    return strcmp (method, "POST") == 0 ? route->post : strcmp (method, "DELETE") == 0 ? route->delete : NULL;
}

/* What a browser asks before it lets another page ask. */
static enum MHD_Result answer_preflight (zb_request_t *request)
{
    struct MHD_Response *response = zb_reply_static ("", 0, "text/plain", "no-store");
    zb_reply_header (response, "Access-Control-Allow-Methods", request->route->allow);
    zb_reply_header (response, "Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID");
    zb_reply_header (response, "Access-Control-Max-Age", "600");
    return zb_request_answer (request, response, 204);
}

static enum MHD_Result refuse_method (zb_request_t *request)
{
    char detail [96];
    if (strcmp (request->method, "OPTIONS") == 0 && request->origin)
        return answer_preflight (request);
    snprintf (detail, sizeof detail, "this address accepts only %s", request->route->allow);
    return zb_request_fail (request, 405, "method", detail, "Allow", request->route->allow);
}

static enum MHD_Result refuse (zb_request_t *request)
{
    switch (request->refusal) {
    case ZB_REFUSED_FRAMING:
        return zb_request_fail (
            request, 400, "bad_request",
            "bad headers: more than one Host, more than one of Content-Length and Transfer-Encoding, "
            "or a blank before a colon",
            "Connection", "close");
    case ZB_REFUSED_CODING:
        return zb_request_fail (request, 501, "coding", "the only Transfer-Encoding accepted is chunked", "Connection",
                                "close");
    case ZB_REFUSED_URI:
        return zb_request_fail (request, 414, "too_large", "an address may have at most 4,096 bytes", NULL, NULL);
    case ZB_REFUSED_HOST:
        return zb_request_fail (request, 421, "host",
                                "unknown host name: to allow it, add it to the configuration as http/host", NULL, NULL);
    case ZB_REFUSED_PATH:
        return zb_request_fail (request, 404, "not_found", "no such page", NULL, NULL);
    case ZB_REFUSED_METHOD:
        return refuse_method (request);
    case ZB_REFUSED_STRANGER:
        return zb_request_fail (request, 401, "token", "a token is required: Authorization: Bearer TOKEN",
                                "WWW-Authenticate", ZB_BEARER);
    case ZB_REFUSED_TYPE:
        return zb_request_fail (request, 415, "type", "the body must be sent with Content-Type: application/json",
                                "Accept", ZB_TYPE_JSON);
    case ZB_REFUSED_SIZE:
        return zb_request_fail (request, 413, "too_large", "a body may have at most 1 MiB", NULL, NULL);
    case ZB_REFUSED_BUSY:
        return zb_request_fail_busy (request, "too many large bodies at once");
    case ZB_ADMITTED:
        break;
    }
    return MHD_NO;
}

/* The host of an address in its absolute form, which who speaks to a proxy uses, and a server must take, too: then Host
 * says nothing (RFC 9112, 3.2.2). NULL: it is none. */
static const char *host_of (const char *path)
{
    return strncasecmp (path, "http://", 7) == 0 ? path + 7 : strncasecmp (path, "https://", 8) == 0 ? path + 8 : NULL;
}

static const char *path_of (const char *path)
{
    const char *host = host_of (path);
    if (host)
        path = strchr (host, '/');
    return path ? path : "/";
}

static bool is_host_ours (const zb_board_t *board, const zb_request_t *request, const char *path)
{
    const char *host = host_of (path);
    if (!host)
        host = MHD_lookup_connection_value (request->connection, MHD_HEADER_KIND, "Host");
    return zb_auth_is_host_ours (board->guard, host);
}

/* In a decoded path a NUL would end it. */
static bool holds_nul (const char *uri)
{
    const char *nul = strstr (uri, "%00");
    return nul && nul < uri + strcspn (uri, "?");
}

/* To a browser /metrics is the page, which asks for the token where one is needed. */
static const zb_route_t *choose (zb_request_t *request)
{
    const zb_route_t *route = holds_nul (request->uri) ? NULL : find (request->path);
    if (!route)
        return NULL;
    request->route_name = route->path;
    if (route->get != zb_query_routes_metrics)
        return route;
    request->vary = "Accept";
    return zb_request_accepts (request, "text/html") ? find ("/") : route;
}

static bool is_stranger (const zb_board_t *board, const zb_request_t *request)
{
    return !request->route->is_open && !zb_auth_admits (board->guard, request->connection);
}

static zb_refusal_t judge (const zb_board_t *board, zb_request_t *request, const char *path)
{
    if (zb_request_is_ambiguous (request))
        return ZB_REFUSED_FRAMING;
    if (zb_request_is_coded (request))
        return ZB_REFUSED_CODING;
    if (strlen (request->uri) > ZB_URI_MAX_BYTES)
        return ZB_REFUSED_URI;
    if (!is_host_ours (board, request, path))
        return ZB_REFUSED_HOST;
    request->path = path_of (path);
    request->route = choose (request);
    if (!request->route)
        return ZB_REFUSED_PATH;
    zb_handle_t handle = handler_of (request->route, request->method);
    if (!handle)
        return ZB_REFUSED_METHOD;
    if (is_stranger (board, request))
        return ZB_REFUSED_STRANGER;
    request->takes_body = handle == request->route->post;
    if (request->takes_body && !zb_request_is_of_type (request, ZB_TYPE_JSON))
        return ZB_REFUSED_TYPE;
    return ZB_ADMITTED;
}

void zb_routes_begin (const zb_board_t *board, zb_request_t *request, const char *path, const char *method)
{
    snprintf (request->method, sizeof request->method, "%s", method);
    request->origin = zb_auth_origin (board->guard, request->connection);
    request->refusal = judge (board, request, path);
}

enum MHD_Result zb_routes_go_on (zb_board_t *board, zb_request_t *request)
{
    if (request->refusal != ZB_ADMITTED)
        return refuse (request);
    if (request->waiter.question)
        return zb_query_routes_take_answer (request);
    if (is_stranger (board, request)) { /* by now: the body may have been long in coming */
        request->refusal = ZB_REFUSED_STRANGER;
        return refuse (request);
    }
    return handler_of (request->route, request->method) (board, request);
}
