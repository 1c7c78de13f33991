/* SPDX-License-Identifier: MPL-2.0
 *
 * test_decode_encodings.c - how a key or a value is encoded, and what stands behind the event, makes
 * no difference to what is read: the decoder has a way for what is usual and one for all the rest.
 */
#include "wire/decode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "journal_replayed.h"

#define TEN "0123456789"

/* ------------------------------------------------------------------ encodings */

static void put_big_endian (bytes_t *out, uint8_t lead, uint64_t number, int width)
{
    uint8_t bytes [9] = {lead};
    for (int i = 0; i < width; i++)
        bytes [1 + i] = (uint8_t) (number >> 8 * (width - 1 - i));
    pack_raw (out, bytes, 1 + (size_t) width);
}

/* Each of these puts a value in its nth encoding; false where it has none of that number. */

static bool put_int (bytes_t *out, int64_t number, int n)
{
    int width = 1 << n % 4; /* uint 8 to 64, int 8 to 64 */
    if (n < 4) {
        if (number < 0 || (width < 8 && number >> 8 * width))
            return false;
        put_big_endian (out, (uint8_t) (0xcc + n), (uint64_t) number, width);
        return true;
    }
    if (n > 7 || (width < 8 && (number < -(INT64_C (1) << (8 * width - 1)) || number >> (8 * width - 1) > 0)))
        return false;
    put_big_endian (out, (uint8_t) (0xd0 + n - 4), (uint64_t) number, width);
    return true;
}

static bool put_float (bytes_t *out, double number, int n)
{
    float narrow = (float) number;
    uint32_t bits;
    if (n > 0 || (double) narrow != number)
        return false;
    memcpy (&bits, &narrow, sizeof bits);
    put_big_endian (out, 0xca, bits, 4);
    return true;
}

/* Strings, whose longer headers begin at 0xd9, and bins, at 0xc4. */
static bool put_sized (bytes_t *out, const value_t *value, uint8_t first, int n)
{
    int width = 1 << n;
    if (n > 2 || (width < 4 && value->size >> 8 * width))
        return false;
    put_big_endian (out, (uint8_t) (first + n), value->size, width);
    pack_raw (out, value->data, value->size);
    return true;
}

static bool put_ext (bytes_t *out, const value_t *value, int n)
{
    int width = 1 << n;
    if (n > 2 || (width < 4 && value->size >> 8 * width))
        return false;
    put_big_endian (out, (uint8_t) (0xc7 + n), value->size, width);
    pack_raw (out, &value->ext_type, 1);
    pack_raw (out, value->data, value->size);
    return true;
}

/* Encoding 0 is the one that msgpack-c chooses, the shortest. */
static bool put (bytes_t *out, const value_t *value, int n)
{
    if (n == 0) {
        pack_value (out, value);
        return true;
    }
    switch (value->as) {
    case AS_INT:
        return put_int (out, value->i, n - 1);
    case AS_FLOAT:
        return put_float (out, value->f, n - 1);
    case AS_STR:
        return put_sized (out, value, 0xd9, n - 1);
    case AS_BIN:
        return put_sized (out, value, 0xc4, n - 1);
    case AS_EXT:
        return put_ext (out, value, n - 1);
    default:
        return false;
    }
}

/* -------------------------------------------------------------------- compared */

static void assert_same_str (zc_str_t a, zc_str_t b)
{
    assert_int_equal (a.size, b.size);
    if (a.size)
        assert_memory_equal (a.data, b.data, a.size);
}

static void assert_same (const walk_t *a, const walk_t *b)
{
    assert_int_equal (a->events, b->events);
    assert_int_equal (a->rejects, b->rejects);
    if (a->rejects) {
        assert_int_equal (a->reject [0].reason, b->reject [0].reason);
        assert_int_equal (a->reject [0].why, b->reject [0].why);
        assert_int_equal (a->reject [0].key, b->reject [0].key);
        return;
    }
    const zc_event_t *x = &a->event [0], *y = &b->event [0];
    assert_int_equal (x->type, y->type);
    assert_int_equal (x->has, y->has);
    assert_same_str (x->service, y->service);
    assert_same_str (x->tier, y->tier);
    assert_same_str (x->model, y->model);
    assert_same_str (x->provider, y->provider);
    assert_int_equal (x->ts_ms, y->ts_ms);
    assert_int_equal (x->cost_nanousd, y->cost_nanousd);
    assert_int_equal (x->input_tokens, y->input_tokens);
    assert_int_equal (x->cache_read_tokens, y->cache_read_tokens);
    assert_int_equal (x->cache_write_tokens, y->cache_write_tokens);
    assert_int_equal (x->output_tokens, y->output_tokens);
    assert_int_equal (x->reasoning_tokens, y->reasoning_tokens);
    assert_int_equal (x->latency_us, y->latency_us);
    assert_int_equal (x->hits, y->hits);
    assert_int_equal (x->misses, y->misses);
    assert_int_equal (x->time_saved_ns, y->time_saved_ns);
}

/* One event {"type": type, key: value}, all in the nth encoding, with `behind` bytes behind it that
 * are nothing: empty arrays. False where there is no such encoding. */
static bool walk_encoded (const char *type, const char *key, const value_t *value, int key_n, int n, size_t behind,
                          walk_t *ret_seen)
{
    const value_t words [] = {STR ("type"), STR (type), STR (key)};
    bytes_t frame = {0};
    pack_raw (&frame, "\x82", 1);
    bool good = put (&frame, &words [0], key_n) && put (&frame, &words [1], key_n) && put (&frame, &words [2], key_n) &&
                put (&frame, value, n);
    for (size_t i = 0; i < behind; i++)
        pack_raw (&frame, "\x90", 1);
    if (good)
        *ret_seen = walk (frame.data, frame.size);
    msgpack_sbuffer_destroy (&frame);
    return good;
}

static const char *const types [] = {"query_router", "embedding_cache", "rag_parallel", "llm_call"};

static const value_t values [] = {
    NIL,
    BOOL (true),
    BOOL (false),
    INT (0),
    INT (1),
    INT (127),
    INT (128),
    INT (255),
    INT (256),
    INT (32768),
    INT (65535),
    INT (65536),
    INT (1000000),
    INT (1000001),
    INT (4294967295),
    INT (946684799999),
    INT (946684800000),
    INT (NOW_MS),
    INT (NOW_MS + 1),
    INT (NOW_MS + 86400000),
    INT (NOW_MS + 86400001),
    INT (ZCOST_COUNT_MAX),
    INT (ZCOST_COUNT_MAX + 1),
    INT (INT64_MAX),
    INT (-1),
    INT (-32),
    INT (-33),
    INT (-129),
    INT (INT64_MIN),
    UINT (UINT64_MAX),
    FLOAT (0),
    FLOAT (-0.0),
    FLOAT (0.5),
    FLOAT (0.1),
    FLOAT (3 / 1024.0),
    FLOAT (1e6),
    FLOAT (1e6 + 0.5),
    FLOAT (1e9),
    FLOAT (1700000000.5),
    FLOAT (-1),
    FLOAT (-1e300),
    FLOAT (1e300),
    FLOAT (INFINITY),
    FLOAT (-INFINITY),
    FLOAT (NAN),
    STR_OF (""),
    STR_OF ("a"),
    STR_OF ("simple"),
    STR_OF ("sevenby"),
    STR_OF ("eight by"),
    STR_OF (TEN TEN TEN "1"),
    STR_OF (TEN TEN TEN "12"),
    STR_OF (TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "12345678"),
    STR_OF (TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "123456789"),
    STR_OF ("\xc3\xbc"),
    STR_OF ("\xff"),
    STR_OF ("seven.\xff"),
    STR_OF ("eight..\xff"),
    STR_OF ("nine....\xff"),
    STR_OF (TEN TEN TEN "\xff"),
    STR_OF ("a\0b"),
    STR_OF ("llm_call"),
    STR_OF ("embedding_cache"),
    STR_OF ("nonsense"),
    BIN (""),
    BIN ("simple"),
    EXT (-1, "\x65\x53\xf1\x00"),
    EXT (5, ""),
    EXT (1, TEN TEN TEN "123456"),
    RAW ("\x80"),
    RAW ("\x90"),
    RAW ("\x81\xa1k\xa1v"),
    RAW ("\x91\x91\x91\x91\x91\x91\x91\x91\x90"),
};

/* How each key of the contract, and one that is none, takes each value. */
static void test_decode_an_encoding_is_nothing (void **state)
{
    (void) state;
    static const size_t behind [] = {0, 1, 7, 8, 9, 31, 38, 39, 40, 64};
    for (size_t t = 0; t < COUNT (types); t++)
        for (int key = 0; key <= ZC_KEY_COUNT; key++)
            for (size_t v = 0; v < COUNT (values); v++) {
                const char *name = key < ZC_KEY_COUNT ? zc_event_key_name (key) : "unknown";
                walk_t first, seen;
                assert_true (walk_encoded (types [t], name, &values [v], 0, 0, 0, &first));
                for (size_t b = 1; b < COUNT (behind); b++) {
                    assert_true (walk_encoded (types [t], name, &values [v], 0, 0, behind [b], &seen));
                    assert_same (&first, &seen);
                    walk_end (&seen);
                }
                for (int n = 0; n <= 8; n++)
                    for (int key_n = 0; key_n <= 3; key_n++)
                        if (walk_encoded (types [t], name, &values [v], key_n, n, 40 * (size_t) (n & 1), &seen)) {
                            assert_same (&first, &seen);
                            walk_end (&seen);
                        }
                walk_end (&first);
            }
}

/* The same for the header of the event itself. */
static void test_decode_the_width_of_a_map_s_header_is_nothing (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
    } headers [] = {{BYTES ("\x82")}, {BYTES ("\xde\x00\x02")}, {BYTES ("\xdf\x00\x00\x00\x02")}};
    for (size_t i = 0; i < COUNT (headers); i++) {
        bytes_t frame = {0};
        pack_raw (&frame, headers [i].bytes, headers [i].size);
        pack_pair (&frame, &(pair_t){"type", STR ("llm_call")});
        pack_pair (&frame, &(pair_t){"cost", FLOAT (0.25)});
        walk_t seen = walk (frame.data, frame.size);
        assert_int_equal (seen.events, 1);
        assert_int_equal (seen.event [0].cost_nanousd, 250000000);
        walk_end (&seen);
        msgpack_sbuffer_destroy (&frame);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_decode_an_encoding_is_nothing),
        cmocka_unit_test (test_decode_the_width_of_a_map_s_header_is_nothing),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
