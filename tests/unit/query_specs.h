/* SPDX-License-Identifier: MPL-2.0
 *
 * query_specs.h - a request and its reply, for tests of queries.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_ASK_H
#define ZC_TEST_ASK_H

#include <stdlib.h>

#include "core/api/reply.h"
#include "pack.h"
#include "view.h"

/* Answers a windowed request as readers do, where nothing is in a store yet: from the ledger's changes. */
static inline void answer_window (const zc_report_source_t *view, const zc_request_t *request, zc_pack_t *reply)
{
    const int64_t now_s = view->now_ms / 1000;
    const zc_coverage_t reach = {
        .now_ms = view->now_ms,
        .from_s [ZC_MINUTE] = now_s - 2 * DAY_MS / 1000,
        .from_s [ZC_QUARTER] = now_s - 400 * DAY_MS / 1000,
        .first_s = view->about->began_ms / 1000,
        .recent_from_s = INT64_MAX,
    };
    const zc_keys_t *keys = zc_ledger_keys (view->ledger);
    zc_window_plan_t plan;
    zc_window_plan_make (zc_request_spec (request), &reach, &plan);
    zc_rows_t *rows = zc_rows_new (zc_request_spec (request), &plan, keys, zc_keys_count (keys));
    const zc_span_t all = {.since_s = plan.since_s, .until_s = plan.until_s};
    assert_non_null (rows);
    assert_int_equal (zc_rows_add_cells (rows, zc_ledger_changes (view->ledger), &all), 0);
    if (zc_request_spec (request)->asked == ZC_SPEC_REPORT)
        zc_reply_pack_report (view, &plan, rows, reply);
    else
        assert_int_equal (zc_reply_pack_rows (zc_request_spec (request), rows, reply), 0);
    zc_rows_destroy (&rows);
}

/* The reply to these bytes, read from memory that ends where they do. */
static inline opened_t reply_to (asked_t *asked, const void *bytes, size_t size)
{
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    zc_pack_t reply = {.data = NULL};
    zc_request_t request;
    if (zc_reply_read_request (&asked->view, copy, size, &request, &reply) == 0) {
        if (zc_request_is_windowed (&request))
            answer_window (&asked->view, &request, &reply);
        else
            zc_reply_pack (&asked->view, &request, &reply);
    }
    free (copy);
    return open_bytes (reply);
}

static inline opened_t ask_pairs (asked_t *asked, const pair_t *pairs, size_t count)
{
    bytes_t request = {0};
    pack_map (&request, pairs, count);
    opened_t reply = reply_to (asked, request.data, request.size);
    msgpack_sbuffer_destroy (&request);
    return reply;
}

#define ASK(asked, ...)                                                                                                \
    ask_pairs ((asked), (const pair_t []){__VA_ARGS__}, sizeof ((const pair_t []){__VA_ARGS__}) / sizeof (pair_t))

static inline const msgpack_object *result_of (const opened_t *reply, const char *query)
{
    ASSERT_KEYS (&reply->root, "ok", "query", "result");
    const msgpack_object *ok = AT (&reply->root, "ok");
    assert_true (ok->type == MSGPACK_OBJECT_BOOLEAN && ok->via.boolean);
    assert_text (AT (&reply->root, "query"), query);
    return AT (&reply->root, "result");
}

static inline void assert_refused (opened_t reply, const char *code)
{
    ASSERT_KEYS (&reply.root, "ok", "error");
    const msgpack_object *ok = AT (&reply.root, "ok");
    assert_true (ok->type == MSGPACK_OBJECT_BOOLEAN && !ok->via.boolean);
    ASSERT_KEYS (AT (&reply.root, "error"), "code", "message");
    assert_text (AT (&reply.root, "error", "code"), code);
    assert_true (AT (&reply.root, "error", "message")->via.str.size > 0);
    close_bytes (&reply);
}

#endif
