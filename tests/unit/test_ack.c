/* SPDX-License-Identifier: MPL-2.0
 *
 * test_ack.c - what ack.h promises.
 */
#include "wire/ack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"

#define PRODUCER "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
#define TOPIC "ack/00112233445566778899aabbccddeeff/"
#define LIFE "0123456789abcdef"
#define LIFE_MAX LIFE LIFE LIFE LIFE

/* Reads from memory that ends where the bytes do; what is not read must be left alone. */
static bool read_copy (const char *topic, size_t topic_size, const void *body, size_t size, zc_ack_t *ret_ack,
                       zc_incarnation_t *ret_incarnation)
{
    char *topic_copy = malloc (topic_size ? topic_size : 1);
    uint8_t *copy = malloc (size ? size : 1);
    assert_true (topic_copy && copy);
    memcpy (topic_copy, topic, topic_size);
    if (size)
        memcpy (copy, body, size);
    memset (ret_ack, 0xa5, sizeof *ret_ack);
    memset (ret_incarnation, 0xa5, sizeof *ret_incarnation);
    zc_ack_t ack = *ret_ack;
    zc_incarnation_t incarnation = *ret_incarnation;
    bool read = zc_ack_read (topic_copy, topic_size, copy, size, ret_ack, ret_incarnation);
    if (!read) {
        assert_memory_equal (ret_ack, &ack, sizeof ack);
        assert_memory_equal (ret_incarnation, &incarnation, sizeof incarnation);
    }
    free (topic_copy);
    free (copy);
    return read;
}

static bool is_read (const bytes_t *body)
{
    zc_ack_t ack;
    zc_incarnation_t incarnation;
    return read_copy (TOPIC, sizeof TOPIC - 1, body->data, body->size, &ack, &incarnation);
}

/* ----------------------------------------------------------------------- topic */

static void test_ack_topic_of_a_producer (void **state)
{
    (void) state;
    char topic [ZC_ACK_TOPIC_BYTES];
    assert_int_equal (sizeof topic, sizeof TOPIC - 1);
    zc_ack_topic ((const uint8_t *) PRODUCER, topic);
    assert_memory_equal (topic, TOPIC, sizeof topic);
}

static void test_ack_subscription_takes_in_none_one_or_many (void **state)
{
    (void) state;
    static const struct {
        const char *prefix;
        size_t size;
        zc_ack_of_t whose;
    } table [] = {
        {BYTES (""), ZC_ACK_OF_MANY},
        {BYTES ("a"), ZC_ACK_OF_MANY},
        {BYTES ("ack/"), ZC_ACK_OF_MANY},
        {BYTES ("ack/0011"), ZC_ACK_OF_MANY},
        {BYTES ("ack/00112233445566778899aabbccddeef"), ZC_ACK_OF_MANY},
        {BYTES ("ack/00112233445566778899aabbccddeeff"), ZC_ACK_OF_ONE},
        {BYTES (TOPIC), ZC_ACK_OF_ONE},
        {BYTES ("ack/00112233445566778899aabbccddeefff"), ZC_ACK_OF_NONE},
        {BYTES ("ack/00112233445566778899aabbccddeefg"), ZC_ACK_OF_NONE},
        {BYTES ("ack/00112233445566778899AABBCCDDEEFF"), ZC_ACK_OF_NONE},
        {BYTES (TOPIC "0"), ZC_ACK_OF_NONE},
        {BYTES ("b"), ZC_ACK_OF_NONE},
        {BYTES ("acknowledge"), ZC_ACK_OF_NONE},
        {BYTES ("snapshot"), ZC_ACK_OF_NONE},
        {BYTES ("\0"), ZC_ACK_OF_NONE},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        uint8_t producer [ZC_PRODUCER_BYTES];
        memset (producer, 0xa5, sizeof producer);
        char *copy = malloc (table [i].size + 1);
        assert_non_null (copy);
        memcpy (copy, table [i].prefix, table [i].size);
        assert_int_equal (zc_ack_subscription (copy, table [i].size, producer), table [i].whose);
        for (size_t byte = 0; byte < sizeof producer; byte++)
            assert_int_equal (producer [byte], table [i].whose == ZC_ACK_OF_ONE ? (uint8_t) PRODUCER [byte] : 0xa5);
        free (copy);
    }
}

/* ------------------------------------------------------------------------ body */

static void test_ack_packed_is_read_again (void **state)
{
    (void) state;
    static const struct {
        uint32_t epoch;
        uint64_t seq;
        bool stale;
        const char *incarnation;
    } table [] = {
        {1, 1, false, LIFE},
        {0, 1, false, "x"},
        {7, 1234567, true, LIFE},
        {UINT32_MAX, INT64_MAX, true, LIFE_MAX},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_ack_t ack = {.epoch = table [i].epoch, .seq = table [i].seq, .stale = table [i].stale}, read;
        zc_incarnation_t incarnation;
        zc_pack_t body = {.data = NULL};
        char topic [ZC_ACK_TOPIC_BYTES];
        memcpy (ack.producer, PRODUCER, sizeof ack.producer);
        zc_ack_topic (ack.producer, topic);
        zc_ack_pack (&body, &ack, table [i].incarnation);
        assert_true (read_copy (topic, sizeof topic, body.data, body.size, &read, &incarnation));
        assert_memory_equal (read.producer, ack.producer, sizeof ack.producer);
        assert_int_equal (read.epoch, ack.epoch);
        assert_int_equal (read.seq, ack.seq);
        assert_int_equal (read.stale, ack.stale);
        assert_int_equal (incarnation.size, strlen (table [i].incarnation));
        assert_memory_equal (incarnation.bytes, table [i].incarnation, incarnation.size);
        zc_pack_term (&body);
    }
}

static void test_ack_body_is_that_of_the_contract (void **state)
{
    (void) state;
    for (int stale = 0; stale < 2; stale++) {
        const zc_ack_t ack = {.epoch = 3, .seq = 1000, .stale = stale};
        zc_pack_t body = {.data = NULL};
        bytes_t expected = {0};
        zc_ack_pack (&body, &ack, LIFE);
        if (stale)
            MAP (&expected, {"epoch", INT (3)}, {"seq", INT (1000)}, {"incarnation", STR (LIFE)},
                 {"stale", BOOL (true)});
        else
            MAP (&expected, {"epoch", INT (3)}, {"seq", INT (1000)}, {"incarnation", STR (LIFE)});
        assert_int_equal (body.size, expected.size);
        assert_memory_equal (body.data, expected.data, body.size);
        zc_pack_term (&body);
        msgpack_sbuffer_destroy (&expected);
    }
}

/* Of later versions; in any order; a key that comes twice. */
static void test_ack_with_more_than_it_needs_is_read (void **state)
{
    (void) state;
    bytes_t body = {0};
    zc_ack_t ack;
    zc_incarnation_t incarnation;
    MAP (&body, {"later", RAW ("\x82\xa1x\x91\xc0\xa1y\x80")}, {"incarnation", BIN ("\0\1")}, {"seq", INT (9)},
         {"stale", BOOL (false)}, {"epoch", INT (2)}, {"seq", INT (10)});
    assert_true (read_copy (TOPIC, sizeof TOPIC - 1, body.data, body.size, &ack, &incarnation));
    assert_int_equal (ack.epoch, 2);
    assert_int_equal (ack.seq, 10);
    assert_false (ack.stale);
    assert_int_equal (incarnation.size, 2);
    assert_memory_equal (incarnation.bytes, "\0\1", 2);
    msgpack_sbuffer_destroy (&body);
}

static void test_ack_without_all_its_keys_is_none (void **state)
{
    (void) state;
    static const pair_t good [] = {{"epoch", INT (1)}, {"seq", INT (1)}, {"incarnation", STR_OF (LIFE)}};
    static const pair_t bad [] = {
        {"epoch", INT (-1)},
        {"epoch", INT (1ll << 32)},
        {"epoch", STR_OF ("1")},
        {"epoch", NIL},
        {"seq", INT (0)},
        {"seq", INT (-1)},
        {"seq", UINT (1ull << 63)},
        {"seq", FLOAT (1)},
        {"incarnation", STR_OF ("")},
        {"incarnation", INT (1)},
        {"incarnation", STR_OF (LIFE_MAX "x")},
        {"incarnation", NIL},
    };
    for (size_t i = 0; i < COUNT (good); i++) {
        pair_t pairs [COUNT (good)];
        bytes_t body = {0}, all = {0};
        memcpy (pairs, good, sizeof pairs);
        pack_map (&all, pairs, COUNT (pairs));
        assert_true (is_read (&all));
        pairs [i] = (pair_t){"other", INT (1)};
        pack_map (&body, pairs, COUNT (pairs));
        assert_false (is_read (&body));
        msgpack_sbuffer_destroy (&body);
        msgpack_sbuffer_destroy (&all);
    }
    for (size_t i = 0; i < COUNT (bad); i++) {
        pair_t pairs [COUNT (good)];
        bytes_t body = {0};
        for (size_t at = 0; at < COUNT (good); at++)
            pairs [at] = strcmp (good [at].key, bad [i].key) == 0 ? bad [i] : good [at];
        pack_map (&body, pairs, COUNT (pairs));
        assert_false (is_read (&body));
        msgpack_sbuffer_destroy (&body);
    }
}

static void test_ack_on_another_topic_or_cut_short_is_none (void **state)
{
    (void) state;
    static const struct {
        const char *topic;
        size_t size;
    } topics [] = {{BYTES ("")},
                   {BYTES ("ack/")},
                   {BYTES ("ack/00112233445566778899aabbccddeeff")},
                   {BYTES ("ack/00112233445566778899aabbccddeeffx")},
                   {BYTES ("ack/0011223344556677889_aabbccddeeff/")},
                   {BYTES ("Ack/00112233445566778899aabbccddeeff/")},
                   {BYTES ("ack/00112233445566778899AABBCCDDEEFF/")},
                   {BYTES (TOPIC "/")}};
    const zc_ack_t sample = {.epoch = 3, .seq = 1000, .stale = true};
    zc_ack_t ack;
    zc_incarnation_t incarnation;
    zc_pack_t body = {.data = NULL};
    zc_ack_pack (&body, &sample, LIFE);
    for (size_t i = 0; i < COUNT (topics); i++)
        assert_false (read_copy (topics [i].topic, topics [i].size, body.data, body.size, &ack, &incarnation));
    for (size_t size = 0; size < body.size; size++)
        assert_false (read_copy (TOPIC, sizeof TOPIC - 1, body.data, size, &ack, &incarnation));
    assert_true (read_copy (TOPIC, sizeof TOPIC - 1, body.data, body.size, &ack, &incarnation));
    zc_pack_term (&body);
}

/* No header is believed: the bytes end the walk. */
static void test_ack_that_promises_more_than_it_holds_is_none (void **state)
{
    (void) state;
    static const char *const bodies [] = {
        "\xdf\xff\xff\xff\xff\xa5"
        "epoch\x01",
        "\xde\xff\xff",
        "\xa5"
        "epoch",
        "\x93\x01\x02\x03"};
    for (size_t i = 0; i < COUNT (bodies); i++) {
        bytes_t body = {0};
        pack_raw (&body, bodies [i], strlen (bodies [i]));
        assert_false (is_read (&body));
        msgpack_sbuffer_destroy (&body);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_ack_topic_of_a_producer),
        cmocka_unit_test (test_ack_subscription_takes_in_none_one_or_many),
        cmocka_unit_test (test_ack_packed_is_read_again),
        cmocka_unit_test (test_ack_body_is_that_of_the_contract),
        cmocka_unit_test (test_ack_with_more_than_it_needs_is_read),
        cmocka_unit_test (test_ack_without_all_its_keys_is_none),
        cmocka_unit_test (test_ack_on_another_topic_or_cut_short_is_none),
        cmocka_unit_test (test_ack_that_promises_more_than_it_holds_is_none),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
