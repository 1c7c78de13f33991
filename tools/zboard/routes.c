/* SPDX-License-Identifier: MPL-2.0
 *
 * routes.c - which request is for whom; see routes.h.
 */
#include "zboard/routes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "zboard/arguments.h"
#include "zboard/asking.h"
#include "zboard/pages.h"
#include "zboard/posts.h"
#include "zboard/reply.h"

static const zc_route_t routes [] = {
    {"/", "GET, HEAD", true, zc_get_page, NULL, NULL, NULL, 0, false},
    {"/assets/", "GET, HEAD", true, zc_get_asset, NULL, NULL, NULL, 0, false},
    {"/favicon.ico", "GET, HEAD", true, zc_get_icon, NULL, NULL, NULL, 0, false},
    {"/healthz", "GET, HEAD", true, zc_get_healthz, NULL, NULL, NULL, 0, false},
    {"/readyz", "GET, HEAD", true, zc_get_readyz, NULL, NULL, NULL, 0, false},
    {"/metrics", "GET, HEAD", false, zc_get_metrics, NULL, NULL, NULL, 0, false},
    {"/api/metrics/llm-costs", "GET, HEAD", false, zc_get_answer, NULL, NULL, "report",
     ZC_TAKES_WINDOW | ZC_TAKES_SERVICE, true},
    {"/api/metrics/track-usage", "POST", false, NULL, zc_post_usage, NULL, NULL, 0, false},
    {"/api/breakdown", "GET, HEAD", false, zc_get_answer, NULL, NULL, "breakdown", ZC_TAKES_WINDOW | ZC_TAKES_GROUPS,
     false},
    {"/api/series", "GET, HEAD", false, zc_get_answer, NULL, NULL, "series",
     ZC_TAKES_WINDOW | ZC_TAKES_GROUPS | ZC_TAKES_STEP, false},
    {"/api/budgets", "GET, HEAD", false, zc_get_answer, NULL, NULL, "budgets", 0, false},
    {"/api/health", "GET, HEAD", false, zc_get_answer, NULL, NULL, "health", 0, false},
    {"/api/stream", "GET, HEAD", false, zc_get_stream, NULL, NULL, NULL, 0, false},
    {"/api/session", "POST, DELETE", true, NULL, zc_post_session, zc_delete_session, NULL, 0, false},
};

static const zc_route_t *find (const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t size = strlen (routes [i].path);
        bool is_folder = size > 1 && routes [i].path [size - 1] == '/';
        if (is_folder ? strncmp (path, routes [i].path, size) == 0 : strcmp (path, routes [i].path) == 0)
            return &routes [i];
    }
    return NULL;
}

static zc_handle_t handler_of (const zc_route_t *route, const char *method)
{
    if (strcmp (method, "GET") == 0 || strcmp (method, "HEAD") == 0)
        return route->get;
    return strcmp (method, "POST") == 0 ? route->post : strcmp (method, "DELETE") == 0 ? route->delete : NULL;
}

/* What a browser asks before it lets another page ask. */
static enum MHD_Result answer_preflight (zc_request_t *request)
{
    struct MHD_Response *response = zc_reply_static ("", 0, "text/plain", "no-store");
    zc_reply_header (response, "Access-Control-Allow-Methods", request->route->allow);
    zc_reply_header (response, "Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID");
    zc_reply_header (response, "Access-Control-Max-Age", "600");
    return zc_request_answer (request, response, 204);
}

static enum MHD_Result refuse_method (zc_request_t *request)
{
    char detail [96];
    if (strcmp (request->method, "OPTIONS") == 0 && request->origin)
        return answer_preflight (request);
    snprintf (detail, sizeof detail, "takes %s", request->route->allow);
    return zc_request_fail (request, 405, "method", detail, "Allow", request->route->allow);
}

static enum MHD_Result refuse (zc_request_t *request)
{
    switch (request->refusal) {
    case ZC_REFUSED_FRAMING:
        return zc_request_fail (request, 400, "bad_request",
                                "says more than once how long its body is or for which host it is, or has a blank "
                                "before a colon", "Connection", "close");
    case ZC_REFUSED_CODING:
        return zc_request_fail (request, 501, "coding", "takes no Transfer-Encoding but chunked", "Connection",
                                "close");
    case ZC_REFUSED_URI:
        return zc_request_fail (request, 414, "too_large", "an address has at most 4,096 bytes", NULL, NULL);
    case ZC_REFUSED_HOST:
        return zc_request_fail (request, 421, "host",
                                "reached by a name that is not known here: http/host in the configuration adds it",
                                NULL, NULL);
    case ZC_REFUSED_PATH:
        return zc_request_fail (request, 404, "not_found", "there is nothing of this name", NULL, NULL);
    case ZC_REFUSED_METHOD:
        return refuse_method (request);
    case ZC_REFUSED_STRANGER:
        return zc_request_fail (request, 401, "token", "needs a token: Authorization: Bearer TOKEN",
                                "WWW-Authenticate", ZC_BEARER);
    case ZC_REFUSED_TYPE:
        return zc_request_fail (request, 415, "type", "takes Content-Type: application/json", "Accept", ZC_TYPE_JSON);
    case ZC_REFUSED_SIZE:
        return zc_request_fail (request, 413, "too_large", "a body has at most 1 MiB", NULL, NULL);
    case ZC_REFUSED_BUSY:
        return zc_request_fail_busy (request, "too many large bodies at once");
    case ZC_ADMITTED:
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

static bool is_host_ours (const zc_board_t *board, const zc_request_t *request, const char *path)
{
    const char *host = host_of (path);
    if (!host)
        host = MHD_lookup_connection_value (request->connection, MHD_HEADER_KIND, "Host");
    return zc_guard_is_host_ours (board->guard, host);
}

/* In a decoded path a NUL would end it. */
static bool holds_nul (const char *uri)
{
    const char *nul = strstr (uri, "%00");
    return nul && nul < uri + strcspn (uri, "?");
}

/* To a browser /metrics is the page, which asks for the token where one is needed. */
static const zc_route_t *choose (zc_request_t *request)
{
    const zc_route_t *route = holds_nul (request->uri) ? NULL : find (request->path);
    if (!route)
        return NULL;
    request->route_name = route->path;
    if (route->get != zc_get_metrics)
        return route;
    request->vary = "Accept";
    return zc_request_accepts (request, "text/html") ? find ("/") : route;
}

static bool is_stranger (const zc_board_t *board, const zc_request_t *request)
{
    return !request->route->is_open && !zc_guard_admits (board->guard, request->connection);
}

static zc_refusal_t judge (const zc_board_t *board, zc_request_t *request, const char *path)
{
    if (zc_request_is_ambiguous (request))
        return ZC_REFUSED_FRAMING;
    if (zc_request_is_coded (request))
        return ZC_REFUSED_CODING;
    if (strlen (request->uri) > ZC_URI_MAX_BYTES)
        return ZC_REFUSED_URI;
    if (!is_host_ours (board, request, path))
        return ZC_REFUSED_HOST;
    request->path = path_of (path);
    request->route = choose (request);
    if (!request->route)
        return ZC_REFUSED_PATH;
    zc_handle_t handle = handler_of (request->route, request->method);
    if (!handle)
        return ZC_REFUSED_METHOD;
    if (is_stranger (board, request))
        return ZC_REFUSED_STRANGER;
    request->takes_body = handle == request->route->post;
    if (request->takes_body && !zc_request_is_of_type (request, ZC_TYPE_JSON))
        return ZC_REFUSED_TYPE;
    return ZC_ADMITTED;
}

void zc_routes_begin (const zc_board_t *board, zc_request_t *request, const char *path, const char *method)
{
    snprintf (request->method, sizeof request->method, "%s", method);
    request->origin = zc_guard_origin (board->guard, request->connection);
    request->refusal = judge (board, request, path);
}

enum MHD_Result zc_routes_go_on (zc_board_t *board, zc_request_t *request)
{
    if (request->refusal != ZC_ADMITTED)
        return refuse (request);
    if (request->waiter.question)
        return zc_take_answer (request);
    if (is_stranger (board, request)) { /* by now: the body may have been long in coming */
        request->refusal = ZC_REFUSED_STRANGER;
        return refuse (request);
    }
    return handler_of (request->route, request->method) (board, request);
}
