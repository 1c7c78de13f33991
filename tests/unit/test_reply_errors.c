/* SPDX-License-Identifier: MPL-2.0
 *
 * test_reply_errors.c - what query.h and the contract promise of requests that are not as they should
 * be: every error, and a reply to any bytes.
 */
#include "core/api/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "query_specs.h"

static void test_query_refuses_bad_requests (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
    } table [] = {
        {BYTES ("")},
        {BYTES ("\xc1")},
        {BYTES ("\xc0")},
        {BYTES ("\xa4ping")},
        {BYTES ("\x91\xa4ping")},
        {BYTES ("\x80")},
        {BYTES ("\x81\xa5query")},
        {BYTES ("\x81\xa5query\xa4pin")},
        {BYTES ("\x81\xa5query\xa4ping\xc0")}, /* more than one object */
        {BYTES ("\x81\xa5query\x01")},
        {BYTES ("\x81\xa5query\xc0")},
        {BYTES ("\x81\xa5query\xc4\x04ping")},
        {BYTES ("\x81\xa5query\xa1\xff")},
        {BYTES ("\x81\xa5query\x91\xa4ping")},
        {BYTES ("\x81\xa5Query\xa4ping")},
        {BYTES ("\xdf\xff\xff\xff\xff\xa5query\xa4ping")},
        {BYTES ("\xdd\xff\xff\xff\xff")},
        {BYTES ("{\"query\": \"ping\"}")},
        {BYTES ("\x81\xa5query\xa5price")}, /* of which model? */
        {BYTES ("\x82\xa5query\xa5price\xa5model\xc0")},
        {BYTES ("\x82\xa5query\xa5price\xa5model\x01")},
        {BYTES ("\x82\xa5query\xa5price\xa5model\xa1\xff")},
        {BYTES ("\x82\xa5query\xa7rejects\xa5limit\xff")},
        {BYTES ("\x82\xa5query\xa7rejects\xa5limit\xa1"
                "5")},
        {BYTES ("\x82\xa5query\xa7rejects\xa5limit\xca\x3f\x80\x00\x00")},
        {BYTES ("\x82\xa5query\xa6report\xa7service\x01")},
        {BYTES ("\x82\xa5query\xa6report\xa5since\xa5today")},
        {BYTES ("\x82\xa5query\xa6report\xa5until\xcb\x41\xd9\x55\x55\x55\x00\x00\x00")}, /* a float */
        {BYTES ("\x82\xa5query\xa6report\xa5until\xcf\x80\x00\x00\x00\x00\x00\x00\x00")}, /* over INT64_MAX */
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\xa4tier")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x81\xa4tier\x01")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x91\xa4"
                "team")}, /* no configured tag */
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x91\xa0")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x91\xc0")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x91\x91\xa4tier")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x92\xa4tier\xa4tier")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa2"
                "by\x93\xa4type\xa4tier\xa4type")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x91\xa4tier")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x81\xa4Tier\xa1x")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x81\x01\xa1x")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x81\xa4tier\xc0")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x81\xa4tier\xa1\xff")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x81\xa4tier\x91\xa1x")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5where\x82\xa4tier\xa1x\xa4tier\xa1y")},
        {BYTES ("\x82\xa5query\xa9"
                "breakdown\xa5limit\xff")},
        {BYTES ("\x82\xa5query\xa6series\xa4step\x00")},
        {BYTES ("\x82\xa5query\xa6series\xa4step\x3b")},
        {BYTES ("\x82\xa5query\xa6series\xa4step\x3d")},
        {BYTES ("\x82\xa5query\xa6series\xa4step\xd0\xc4")}, /* -60 */
        {BYTES ("\x82\xa5query\xa6series\xa4step\xa2"
                "1m")},
        {BYTES ("\x82\xa5query\xa6series\xa4step\xca\x42\x70\x00\x00")},
        {BYTES ("\x82\xa5query\xa6series\xa4step\xcf\x7f\xff\xff\xff\xff\xff\xff\xf8")}, /* a multiple */
    };
    asked_t asked;
    asked_begin_default (&asked);
    for (size_t i = 0; i < COUNT (table); i++)
        assert_refused (reply_to (&asked, table [i].bytes, table [i].size), "bad_request");
    asked_end (&asked);
}

static void test_query_tells_an_unknown_query (void **state)
{
    (void) state;
    static const char *const unknown [] = {"", "pin", "pings", "PING", "reports", "drop table"};
    asked_t asked;
    asked_begin_default (&asked);
    for (size_t i = 0; i < COUNT (unknown); i++)
        assert_refused (ASK (&asked, {"query", STR (unknown [i])}), "unknown_query");
    asked_end (&asked);
}

/* What a request holds beside what is known is passed over; an argument that is nil is not given. */
static void test_query_passes_over_what_it_does_not_know (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    opened_t reply = ASK (&asked, {"x", RAW ("\x91\x81\x01\x90")}, {"query", STR ("ping")}, {"", FLOAT (1)});
    result_of (&reply, "ping");
    close_bytes (&reply);
    reply = ASK (&asked, {"query", STR ("report")}, {"since", NIL}, {"until", NIL}, {"service", NIL});
    result_of (&reply, "report");
    close_bytes (&reply);
    reply = reply_to (&asked, BYTES ("\x83\x01\x02\x91\xc0\xc3\xa5query\xa4ping"));
    result_of (&reply, "ping");
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_query_bounds_size_and_depth (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    for (size_t size = ZC_REQUEST_MAX_BYTES - 1; size <= ZC_REQUEST_MAX_BYTES + 1; size++) {
        bytes_t request = {0};
        size_t padding = size - 17; /* what the rest of the request takes */
        char *zeros = calloc (1, padding);
        assert_non_null (zeros);
        pack_raw (&request, BYTES ("\x82\xa5query\xa4ping\xa1x\xc5"));
        pack_raw (&request, &(uint8_t [2]){(uint8_t) (padding >> 8), (uint8_t) padding}, 2);
        pack_raw (&request, zeros, padding);
        assert_int_equal (request.size, size);
        opened_t reply = reply_to (&asked, request.data, request.size);
        if (size > ZC_REQUEST_MAX_BYTES)
            assert_refused (reply, "too_large");
        else {
            result_of (&reply, "ping");
            close_bytes (&reply);
        }
        free (zeros);
        msgpack_sbuffer_destroy (&request);
    }
    opened_t reply = reply_to (&asked, BYTES ("\x82\xa5query\xa4ping\xa1x\x91\x91\x91\x91\x91\x91\x90"));
    result_of (&reply, "ping");
    close_bytes (&reply);
    reply = reply_to (&asked, BYTES ("\x82\xa5query\xa4ping\xa1x\x91\x91\x91\x91\x91\x91\x91\x90"));
    assert_refused (reply, "bad_request");
    asked_end (&asked);
}

/* Any one byte of a request changed to any other, or the request cut anywhere: one reply. */
static void assert_replies_to_changed (asked_t *asked, bytes_t *request)
{
    for (size_t size = 0; size < request->size; size++)
        assert_refused (reply_to (asked, request->data, size), "bad_request");
    for (size_t place = 0; place < request->size; place++) {
        char was = request->data [place];
        for (int byte = 0; byte < 256; byte++) {
            request->data [place] = (char) byte;
            opened_t reply = reply_to (asked, request->data, request->size);
            assert_int_equal (AT (&reply.root, "ok")->type, MSGPACK_OBJECT_BOOLEAN);
            close_bytes (&reply);
        }
        request->data [place] = was;
    }
}

static void test_query_replies_to_anything (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    bytes_t request = {0};
    MAP (&request, {"query", STR ("rejects")}, {"limit", INT (1000)}, {"model", STR ("gpt-4o")},
         {"x", RAW ("\x92\x81\x01\x02\xc0")});
    assert_replies_to_changed (&asked, &request);
    msgpack_sbuffer_destroy (&request);
    asked_end (&asked);
}

static void test_query_replies_to_any_question (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    fold (&asked.fixture, with_cost (query_of ("simple"), 5));
    fold (&asked.fixture, with_service (call_of ("gpt-4o"), "search"));
    bytes_t request = {0};
    MAP (&request, {"query", STR ("series")}, {"since", INT (ASKED_MS - 3 * DAY_MS)}, {"until", INT (ASKED_MS)},
         {"step", INT (3600)}, {"by", RAW ("\x92\xa4tier\xa7service")}, {"where", RAW ("\x81\xa4type\xa8llm_call")});
    assert_replies_to_changed (&asked, &request);
    msgpack_sbuffer_destroy (&request);
    asked_end (&asked);
}

static void test_query_refuse_is_an_error_of_the_contract (void **state)
{
    (void) state;
    zc_pack_t reply = {.data = NULL};
    zc_reply_pack_error ("too_large", "more than one frame", &reply);
    opened_t opened = open_bytes (reply);
    assert_text (AT (&opened.root, "error", "message"), "more than one frame");
    assert_refused (opened, "too_large");
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_query_refuses_bad_requests),
        cmocka_unit_test (test_query_tells_an_unknown_query),
        cmocka_unit_test (test_query_passes_over_what_it_does_not_know),
        cmocka_unit_test (test_query_bounds_size_and_depth),
        cmocka_unit_test (test_query_replies_to_anything),
        cmocka_unit_test (test_query_replies_to_any_question),
        cmocka_unit_test (test_query_refuse_is_an_error_of_the_contract),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
