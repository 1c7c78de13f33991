/* SPDX-License-Identifier: MPL-2.0
 *
 * asking.c - requests that the daemon's answers answer; see asking.h.
 */
#include "zboard/asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zboard/arguments.h"
#include "zboard/clock.h"
#include "zboard/own_metrics.h"
#include "zboard/reply.h"
#include "zboard/routes.h"

#define KEY_BYTES (ZC_URI_MAX_BYTES + ZC_NAME_BYTES + 32)

enum MHD_Result zc_take_answer (zc_request_t *request)
{
    struct MHD_Response *response;
    int status;
    zc_questions_answer (&request->waiter, &response, &status);
    enum MHD_Result result = zc_request_reply (request, response, status, true);
    zc_questions_leave (&request->waiter); /* how slowly it is read is between the peer and MHD */
    return result;
}

/* context: of a configured origin, its text; NULL. */
static struct MHD_Response *respond (const void *context, int status, char *text, size_t size)
{
    struct MHD_Response *response = zc_reply_text (text, size, ZC_TYPE_JSON, "no-store");
    if (status == 503)
        zc_reply_header (response, "Retry-After", "1");
    if (context) {
        zc_reply_header (response, "Access-Control-Allow-Origin", context);
        zc_reply_header (response, "Vary", "Origin");
    }
    return response;
}

/* Equal questions have equal keys. The origin is part of it, for it stands in the response. */
static void make_key (const zc_request_t *request, char *key)
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
        snprintf (reading->why, sizeof reading->why, "a parameter holds a NUL");
        return MHD_NO;
    }
    return zc_arguments_add (reading->request, reading->takes, name, value, reading->why, sizeof reading->why) == 0
               ? MHD_YES : MHD_NO;
}

/* The question of a request, or NULL with why. */
static zc_query_t *make_query (const zc_request_t *request, char *ret_why, size_t size)
{
    zc_query_t *query = zc_query_new ();
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
    zc_query_destroy (&query);
    return NULL;
}

enum MHD_Result zc_get_answer (zc_board_t *board, zc_request_t *request)
{
    char key [KEY_BYTES], why [160];
    struct MHD_Response *response;
    int status;
    make_key (request, key);
    if (request->route->holds_tracked)
        request->waiter.need = zc_questions_tracked (board->questions);
    if (zc_questions_fresh (board->questions, key, &request->waiter, &response, &status))
        return zc_request_reply (request, response, status, true);
    zc_query_t *query = make_query (request, why, sizeof why);
    if (!query)
        return *why ? zc_request_fail (request, 400, "bad_request", why, NULL, NULL) : MHD_NO;
    if (zc_questions_ask (board->questions, key, &request->waiter, query, respond, request->origin) == -1)
        return zc_request_fail_busy (request, "too many questions at once");
    return MHD_YES;
}

/* --------------------------------------------------------------------------- /metrics */

/* In the thread of upstream: the daemon's metrics, without an end, to which ours are added. */
static char *render (zc_board_t *board, json_t *const *results, bool open_metrics, size_t *ret_size)
{
    char *text = NULL;
    zc_exposition_t out = {.out = open_memstream (&text, ret_size), .open_metrics = open_metrics};
    if (!out.out)
        return NULL;
    zc_exposition_one (&out, ZC_GAUGE, "zcost_up", "Whether zcostd answered.", results [ZC_ASK_REPORT] != NULL);
    zc_metrics_write (board->metrics, results, &out);
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

static struct MHD_Response *respond_with_ours (const zc_board_t *board, int status, char *text, bool open_metrics)
{
    char *whole = NULL;
    size_t size;
    struct MHD_Response *response;
    if (status != 200) {
        response = zc_reply_text (text, strlen (text), ZC_TYPE_JSON, "no-store");
        zc_reply_header (response, "Retry-After", "1");
        zc_reply_header (response, "Vary", "Accept");
        return response;
    }
    zc_exposition_t out = {.out = open_memstream (&whole, &size), .open_metrics = open_metrics};
    if (out.out) {
        fputs (text, out.out);
        zc_own_metrics_write (board, &out);
        zc_exposition_end (&out);
        if (fclose (out.out) != 0) {
            free (whole);
            whole = NULL;
        }
    }
    free (text);
    response = zc_reply_text (whole, whole ? size : 0, open_metrics ? ZC_TYPE_OPENMETRICS : ZC_TYPE_PROMETHEUS,
                              "no-store");
    zc_reply_header (response, "Vary", "Accept");
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

static zc_query_t *make_metrics_query (zc_board_t *board, bool open_metrics)
{
    zc_query_t *query = zc_query_new ();
    if (!query)
        return NULL;
    query->lenient = true;
    query->render = open_metrics ? render_open_metrics : render_prometheus;
    query->context = board;
    query->parts_count = ZC_ASKS;
    bool whole = true;
    for (int which = 0; which < ZC_ASKS; which++) {
        query->parts [which] = zc_metrics_question (which, zc_wall_ms ());
        whole &= query->parts [which] != NULL;
    }
    if (!whole)
        zc_query_destroy (&query);
    return query;
}

enum MHD_Result zc_get_metrics (zc_board_t *board, zc_request_t *request)
{
    struct MHD_Response *response;
    int status;
    request->waiter.need = zc_questions_tracked (board->questions);
    bool open_metrics = zc_request_accepts (request, "application/openmetrics-text");
    const char *key = open_metrics ? "openmetrics" : "prometheus";
    if (zc_questions_fresh (board->questions, key, &request->waiter, &response, &status))
        return zc_request_reply (request, response, status, true);
    zc_query_t *query = make_metrics_query (board, open_metrics);
    if (!query)
        return MHD_NO;
    if (zc_questions_ask (board->questions, key, &request->waiter, query,
                          open_metrics ? respond_open_metrics : respond_prometheus, board) == -1)
        return zc_request_fail_busy (request, "too many questions at once");
    return MHD_YES;
}
