/* SPDX-License-Identifier: MPL-2.0
 *
 * query_routes.c - requests that the daemon's answers answer; see asking.h.
 */
#include "zboard/query_routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zboard/url_arguments.h"
#include "civil/clock.h"
#include "zboard/own_metrics.h"
#include "zboard/reply.h"
#include "zboard/route.h"

#define KEY_BYTES (ZB_URI_MAX_BYTES + ZB_NAME_BYTES + 32)

enum MHD_Result zb_query_routes_take_answer (zb_request_t *request)
{
    struct MHD_Response *response;
    int status;
    zb_answer_cache_answer (&request->waiter, &response, &status);
    enum MHD_Result result = zb_request_reply (request, response, status, true);
    zb_answer_cache_leave (&request->waiter); /* how slowly it is read is between the peer and MHD */
    return result;
}

/* context: of a configured origin, its text; NULL. */
static struct MHD_Response *respond (const void *context, int status, char *text, size_t size)
{
    struct MHD_Response *response = zb_reply_text (text, size, ZB_TYPE_JSON, "no-store");
    if (status == 503)
        zb_reply_header (response, "Retry-After", "1");
    if (context) {
        zb_reply_header (response, "Access-Control-Allow-Origin", context);
        zb_reply_header (response, "Vary", "Origin");
    }
    return response;
}

/* Equal questions have equal keys. The origin is part of it, for it stands in the response. */
static void make_key (const zb_request_t *request, char *key)
{
    snprintf (key, KEY_BYTES, "%s\n%s", request->uri, request->origin ? request->origin : "");
}

typedef struct {
    json_t *request;
    unsigned takes;
    char why [160];
} reading_t;

static enum MHD_Result read_argument (void *context, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                      const char *value, size_t value_size)
{
    reading_t *reading = context;
    (void) kind;
    if (memchr (name, '\0', name_size) || (value && memchr (value, '\0', value_size))) {
        snprintf (reading->why, sizeof reading->why, "a parameter contains a NUL");
        return MHD_NO;
    }
    return zb_url_arguments_add (reading->request, reading->takes, name, value, reading->why, sizeof reading->why) == 0
               ? MHD_YES
               : MHD_NO;
}

/* The question of a request, or NULL with why. */
static zb_daemon_query_t *make_query (const zb_request_t *request, char *ret_why, size_t size)
{
    zb_daemon_query_t *query = zb_daemon_query_new ();
    reading_t reading = {.takes = request->route->takes};
    if (query) {
        reading.request = query->parts [0] = json_pack ("{s:s}", "query", request->route->query);
        query->parts_count = 1;
    }
    if (reading.request)
        MHD_get_connection_values_n (request->connection, MHD_GET_ARGUMENT_KIND, read_argument, &reading);
    if (reading.request && !*reading.why)
        return query;
    snprintf (ret_why, size, "%s", reading.why);
    zb_daemon_query_destroy (&query);
    return NULL;
}

enum MHD_Result zb_query_routes_answer (zb_board_t *board, zb_request_t *request)
{
    char key [KEY_BYTES], why [160];
    struct MHD_Response *response;
    int status;
    make_key (request, key);
    if (request->route->holds_tracked)
        request->waiter.need = zb_answer_cache_tracked (board->questions);
    if (zb_answer_cache_fresh (board->questions, key, &request->waiter, &response, &status))
        return zb_request_reply (request, response, status, true);
    zb_daemon_query_t *query = make_query (request, why, sizeof why);
    if (!query)
        return *why ? zb_request_fail (request, 400, "bad_request", why, NULL, NULL) : MHD_NO;
    if (zb_answer_cache_ask (board->questions, key, &request->waiter, query, respond, request->origin) == -1)
        return zb_request_fail_busy (request, "too many queries at once");
    return MHD_YES;
}

/* --------------------------------------------------------------------------- /metrics */

/* In the thread of upstream: the daemon's metrics, without an end, to which ours are added. */
static char *render (zb_board_t *board, json_t *const *results, bool open_metrics, size_t *ret_size)
{
    char *text = NULL;
    zb_exposition_t out = {.out = open_memstream (&text, ret_size), .open_metrics = open_metrics};
    if (!out.out)
        return NULL;
    zb_exposition_one (&out, ZB_GAUGE, "zcost_up", "Whether zcostd answered.", results [ZB_ASK_REPORT] != NULL);
    zb_metrics_write (board->metrics, results, &out);
    if (fclose (out.out) == 0)
        return text;
    free (text);
    return NULL;
}

static char *render_prometheus (void *context, json_t *const *results, size_t *ret_size)
{
    return render (context, results, false, ret_size);
}

static char *render_open_metrics (void *context, json_t *const *results, size_t *ret_size)
{
    return render (context, results, true, ret_size);
}

static struct MHD_Response *respond_with_ours (const zb_board_t *board, int status, char *text, bool open_metrics)
{
    char *whole = NULL;
    size_t size;
    struct MHD_Response *response;
    if (status != 200) {
        response = zb_reply_text (text, strlen (text), ZB_TYPE_JSON, "no-store");
        zb_reply_header (response, "Retry-After", "1");
        zb_reply_header (response, "Vary", "Accept");
        return response;
    }
    zb_exposition_t out = {.out = open_memstream (&whole, &size), .open_metrics = open_metrics};
    if (out.out) {
        fputs (text, out.out);
        zb_own_metrics_write (board, &out);
        zb_exposition_end (&out);
        if (fclose (out.out) != 0) {
            free (whole);
            whole = NULL;
        }
    }
    free (text);
    response =
        zb_reply_text (whole, whole ? size : 0, open_metrics ? ZB_TYPE_OPENMETRICS : ZB_TYPE_PROMETHEUS, "no-store");
    zb_reply_header (response, "Vary", "Accept");
    return response;
}

static struct MHD_Response *respond_prometheus (const void *context, int status, char *text, size_t size)
{
    (void) size;
    return respond_with_ours (context, status, text, false);
}

static struct MHD_Response *respond_open_metrics (const void *context, int status, char *text, size_t size)
{
    (void) size;
    return respond_with_ours (context, status, text, true);
}

static zb_daemon_query_t *make_metrics_query (zb_board_t *board, bool open_metrics)
{
    zb_daemon_query_t *query = zb_daemon_query_new ();
    if (!query)
        return NULL;
    query->lenient = true;
    query->render = open_metrics ? render_open_metrics : render_prometheus;
    query->context = board;
    query->parts_count = ZB_ASKS;
    bool whole = true;
    for (int which = 0; which < ZB_ASKS; which++) {
        query->parts [which] = zb_metrics_question (which, zc_clock_wall_ms ());
        whole &= query->parts [which] != NULL;
    }
    if (!whole)
        zb_daemon_query_destroy (&query);
    return query;
}

enum MHD_Result zb_query_routes_metrics (zb_board_t *board, zb_request_t *request)
{
    struct MHD_Response *response;
    int status;
    request->waiter.need = zb_answer_cache_tracked (board->questions);
    bool open_metrics = zb_request_accepts (request, "application/openmetrics-text");
    const char *key = open_metrics ? "openmetrics" : "prometheus";
    if (zb_answer_cache_fresh (board->questions, key, &request->waiter, &response, &status))
        return zb_request_reply (request, response, status, true);
    zb_daemon_query_t *query = make_metrics_query (board, open_metrics);
    if (!query)
        return MHD_NO;
    if (zb_answer_cache_ask (board->questions, key, &request->waiter, query,
                             open_metrics ? respond_open_metrics : respond_prometheus, board) == -1)
        return zb_request_fail_busy (request, "too many queries at once");
    return MHD_YES;
}
