/* SPDX-License-Identifier: MPL-2.0
 *
 * ask.h - a request and its reply, for tests of queries.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_ASK_H
#define ZC_TEST_ASK_H

#include <stdlib.h>

#include "core/query.h"
#include "pack.h"
#include "view.h"

/* The reply to these bytes, read from memory that ends where they do. */
static inline opened_t reply_to (asked_t *asked, const void *bytes, size_t size)
{
    uint8_t *copy = malloc (size ? size : 1);
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    msgpack_sbuffer reply;
    msgpack_sbuffer_init (&reply);
    zc_query_answer (&asked->view, copy, size, &reply);
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

#define ASK(asked, ...)                                                                                              \
    ask_pairs ((asked), (const pair_t []) {__VA_ARGS__}, sizeof ((const pair_t []) {__VA_ARGS__}) / sizeof (pair_t))

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
