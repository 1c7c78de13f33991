/* SPDX-License-Identifier: MPL-2.0
 *
 * test_encode.c - what the client packs: the contract's bytes, only a type's own keys, and nothing
 * that the daemon would reject.
 */
#include "wire/encode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <msgpack.h>

#include "wire/decode.h"

#define NOW_MS 1700000000000
#define COUNT(array) (sizeof (array) / sizeof *(array))

static uint8_t buffer [ZC_ENCODED_MAX];
static size_t size;

static int encode (const zcost_event_t *event)
{
    return zc_encode (event, NULL, NOW_MS, buffer, &size);
}

static void assert_packed (const zcost_event_t *event, const char *bytes, size_t bytes_size)
{
    assert_int_equal (encode (event), 0);
    assert_int_equal (size, bytes_size);
    assert_memory_equal (buffer, bytes, bytes_size);
}

#define assert_packs(event, literal) assert_packed ((event), (literal), sizeof (literal) - 1)
#define TS "\xa2ts\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x00"

/* A text of n times 'x'. */
static const char *text (size_t n)
{
    static char texts [4][1024];
    static unsigned next;
    char *to = texts [next++ % COUNT (texts)];
    memset (to, 'x', n);
    to [n] = 0;
    return to;
}

static const zcost_tag_t tags [ZCOST_TAGS_MAX + 1] = {
    {"team", "search"}, {"env", "prod"}, {"k3", ""}, {"k4", "v4"}, {"k5", "v5"}};

/* Everything set that there is, whatever the type. */
static zcost_event_t everything (zcost_type_t type)
{
    return (zcost_event_t){
        .type = type,
        .has = 0x7ff & ~(unsigned) ZCOST_HAS_HIT,
        .service = "s",
        .tier = "complex",
        .model = "gpt-4o",
        .provider = "openai",
        .cost_usd = 0.5,
        .input_tokens = 1000,
        .cache_read_tokens = 300,
        .cache_write_tokens = 700,
        .output_tokens = 50,
        .reasoning_tokens = 50,
        .latency_ms = 12.5,
        .hits = 3,
        .misses = 4,
        .time_saved_seconds = -1.5,
        .ts_ms = NOW_MS,
        .tags = tags,
        .tags_count = 2,
    };
}

/* ------------------------------------------------------------------------------- bytes */

static void test_encode_packs_the_contracts_bytes (void **state)
{
    (void) state;
    assert_packs ((&(zcost_event_t){.type = ZCOST_RAG_PARALLEL}), "\x82\xa4type\xacrag_parallel" TS);
    assert_packs ((&(zcost_event_t){.type = ZCOST_EMBEDDING_CACHE, .has = ZCOST_HAS_HIT, .hit = true}),
                  "\x83\xa4type\257embedding_cache" TS "\xa3hit\xc3");
    assert_packs ((&(zcost_event_t){.type = ZCOST_EMBEDDING_CACHE, .has = ZCOST_HAS_HIT}),
                  "\x83\xa4type\257embedding_cache" TS "\xa3hit\xc2");
    assert_packs (
        (&(zcost_event_t){.type = ZCOST_QUERY_ROUTER, .has = ZCOST_HAS_COST, .tier = "simple", .cost_usd = 0.5}),
        "\x84\xa4type\xacquery_router" TS "\xa4tier\xa6simple\244cost\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00");
    assert_packs ((&(zcost_event_t){.type = ZCOST_LLM_CALL,
                                    .has = ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_OUTPUT_TOKENS,
                                    .model = "m",
                                    .input_tokens = 300,
                                    .output_tokens = 0,
                                    .ts_ms = NOW_MS + 1}),
                  "\x85\xa4type\xa8llm_call\xa2ts\xcf\x00\x00\x01\x8b\xcf\xe5\x68\x01\xa5model\xa1m"
                  "\xacinput_tokens\xcd\x01\x2c\xadoutput_tokens\x00");
}

static void test_encode_names_the_service_of_the_event_or_of_the_client (void **state)
{
    (void) state;
    zcost_event_t event = {.type = ZCOST_RAG_PARALLEL};
    assert_int_equal (zc_encode (&event, "mine", NOW_MS, buffer, &size), 0);
    assert_memory_equal (buffer, "\x83\xa4type\xacrag_parallel\xa7service\xa4mine", 32);
    event.service = "own";
    assert_int_equal (zc_encode (&event, "mine", NOW_MS, buffer, &size), 0);
    assert_memory_equal (buffer, "\x83\xa4type\xacrag_parallel\xa7service\xa3own", 31);
}

static void test_encode_leaves_ts_out_while_the_clock_is_not_set (void **state)
{
    (void) state;
    zcost_event_t event = {.type = ZCOST_RAG_PARALLEL};
    assert_int_equal (zc_encode (&event, NULL, 1000, buffer, &size), 0);
    assert_int_equal (size, 19);
    assert_memory_equal (buffer, "\x81\xa4type\xacrag_parallel", 19);
}

/* -------------------------------------------------------------------------------- keys */

static void test_encode_sends_only_the_keys_of_the_type (void **state)
{
    (void) state;
    static const struct {
        zcost_type_t type;
        const char *keys;
    } cases [] = {
        {ZCOST_QUERY_ROUTER,
         "type service ts tier cost model provider input_tokens cache_read_tokens "
         "cache_write_tokens output_tokens reasoning_tokens latency_ms tags "},
        {ZCOST_LLM_CALL,
         "type service ts cost model provider input_tokens cache_read_tokens cache_write_tokens "
         "output_tokens reasoning_tokens latency_ms tags "},
        {ZCOST_EMBEDDING_CACHE,
         "type service ts hits misses model provider input_tokens cache_read_tokens "
         "cache_write_tokens output_tokens reasoning_tokens latency_ms tags "},
        {ZCOST_RAG_PARALLEL, "type service ts time_saved_seconds tags "},
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        zcost_event_t event = everything (cases [i].type);
        char keys [512] = "";
        msgpack_unpacked unpacked;
        msgpack_unpacked_init (&unpacked);
        assert_int_equal (encode (&event), 0);
        assert_int_equal (msgpack_unpack_next (&unpacked, (char *) buffer, size, NULL), MSGPACK_UNPACK_SUCCESS);
        assert_int_equal (unpacked.data.type, MSGPACK_OBJECT_MAP);
        for (uint32_t j = 0; j < unpacked.data.via.map.size; j++) {
            msgpack_object_str key = unpacked.data.via.map.ptr [j].key.via.str;
            strncat (keys, key.ptr, key.size);
            strcat (keys, " ");
        }
        msgpack_unpacked_destroy (&unpacked);
        assert_string_equal (keys, cases [i].keys);
    }
}

static void test_encode_does_not_look_at_fields_that_the_type_does_not_use (void **state)
{
    (void) state;
    zcost_event_t event = {.type = ZCOST_RAG_PARALLEL, .has = ZCOST_HAS_COST, .cost_usd = NAN, .model = text (500)};
    assert_packs (&event, "\x82\xa4type\xacrag_parallel" TS);
}

static void test_encode_ignores_numbers_without_their_bit (void **state)
{
    (void) state;
    zcost_event_t event = everything (ZCOST_QUERY_ROUTER);
    event.has = 0;
    event.cost_usd = -1;
    event.input_tokens = -1;
    event.tier = event.model = event.provider = event.service = NULL;
    event.tags_count = 0;
    assert_packs (&event, "\x82\xa4type\xacquery_router" TS);
}

/* ------------------------------------------------------------------------------ limits */

/* Each makes one change to a good event; `good` tells whether it stays good. */
typedef struct {
    const char *name;
    zcost_type_t type;
    void (*change) (zcost_event_t *event);
    bool good;
} limit_t;

#define CHANGE(name, statement)                                                                                        \
    static void name (zcost_event_t *e)                                                                                \
    {                                                                                                                  \
        statement;                                                                                                     \
    }

CHANGE (nothing, (void) e)
CHANGE (no_type, e->type = (zcost_type_t) 0)
CHANGE (type_beyond, e->type = (zcost_type_t) 5)
CHANGE (cost_zero, e->cost_usd = 0)
CHANGE (cost_most, e->cost_usd = ZCOST_COST_MAX_USD)
CHANGE (cost_over, e->cost_usd = nextafter (ZCOST_COST_MAX_USD, INFINITY))
CHANGE (cost_negative, e->cost_usd = -1e-12)
CHANGE (cost_nan, e->cost_usd = NAN)
CHANGE (cost_infinite, e->cost_usd = INFINITY)
CHANGE (input_most, e->input_tokens = ZCOST_COUNT_MAX)
CHANGE (input_over, e->input_tokens = ZCOST_COUNT_MAX + 1)
CHANGE (input_negative, e->input_tokens = -1)
CHANGE (input_least, e->input_tokens = INT64_MIN)
CHANGE (output_negative, e->output_tokens = -1)
CHANGE (cached_over_input, e->cache_read_tokens++)
CHANGE (cached_negative, e->cache_read_tokens = -5)
CHANGE (cached_without_input, (e->has &= ~(unsigned) ZCOST_HAS_INPUT_TOKENS, e->cache_read_tokens = 5000))
CHANGE (written_over_input, (e->cache_read_tokens = 0, e->cache_write_tokens = 1001))
CHANGE (reasoning_over_output, e->reasoning_tokens = 51)
CHANGE (latency_zero, e->latency_ms = 0)
CHANGE (latency_most, e->latency_ms = 1000.0 * ZCOST_SECONDS_MAX)
CHANGE (latency_over, e->latency_ms = 1001.0 * ZCOST_SECONDS_MAX)
CHANGE (latency_negative, e->latency_ms = -1)
CHANGE (latency_nan, e->latency_ms = NAN)
CHANGE (hits_over, e->hits = ZCOST_COUNT_MAX + 1)
CHANGE (misses_negative, e->misses = -1)
CHANGE (hit_and_hits, e->has |= ZCOST_HAS_HIT)
CHANGE (saved_least, e->time_saved_seconds = -ZCOST_SECONDS_MAX)
CHANGE (saved_over, e->time_saved_seconds = ZCOST_SECONDS_MAX * 1.001)
CHANGE (saved_nan, e->time_saved_seconds = NAN)
CHANGE (ts_first, e->ts_ms = 946684800000)
CHANGE (ts_early, e->ts_ms = 946684799999)
CHANGE (ts_negative, e->ts_ms = -1)
CHANGE (ts_last, e->ts_ms = NOW_MS + 86400000)
CHANGE (ts_late, e->ts_ms = NOW_MS + 86400001)
CHANGE (tier_empty, e->tier = "")
CHANGE (tier_long, e->tier = text (ZCOST_STRING_MAX))
CHANGE (tier_too_long, e->tier = text (ZCOST_STRING_MAX + 1))
CHANGE (model_too_long, e->model = text (1000))
CHANGE (service_too_long, e->service = text (ZCOST_STRING_MAX + 1))
CHANGE (tags_most, e->tags_count = ZCOST_TAGS_MAX)
CHANGE (tags_over, e->tags_count = ZCOST_TAGS_MAX + 1)
CHANGE (tags_absent, e->tags = NULL)

/* One bad tag behind a good one. */
static void bad_tag (zcost_event_t *event, const char *key, const char *value)
{
    static zcost_tag_t pair [2];
    pair [0] = tags [0];
    pair [1] = (zcost_tag_t){key, value};
    event->tags = pair;
}

CHANGE (tag_without_key, bad_tag (e, NULL, "v"))
CHANGE (tag_key_empty, bad_tag (e, "", "v"))
CHANGE (tag_key_long, bad_tag (e, text (ZCOST_STRING_MAX), "v"))
CHANGE (tag_key_too_long, bad_tag (e, text (ZCOST_STRING_MAX + 1), "v"))
CHANGE (tag_without_value, bad_tag (e, "k", NULL))
CHANGE (tag_value_too_long, bad_tag (e, "k", text (ZCOST_STRING_MAX + 1)))

#define ROUTER(change, good) #change, ZCOST_QUERY_ROUTER, change, good
#define CACHE(change, good) #change, ZCOST_EMBEDDING_CACHE, change, good
#define RAG(change, good) #change, ZCOST_RAG_PARALLEL, change, good
#define CALL(change, good) #change, ZCOST_LLM_CALL, change, good

static const limit_t limits [] = {
    {ROUTER (nothing, true)},
    {CACHE (nothing, true)},
    {RAG (nothing, true)},
    {CALL (nothing, true)},
    {ROUTER (no_type, false)},
    {ROUTER (type_beyond, false)},
    {ROUTER (cost_zero, true)},
    {CALL (cost_most, true)},
    {ROUTER (cost_over, false)},
    {ROUTER (cost_negative, false)},
    {CALL (cost_nan, false)},
    {CALL (cost_infinite, false)},
    {ROUTER (input_most, true)},
    {ROUTER (input_over, false)},
    {CACHE (input_negative, false)},
    {CALL (input_least, false)},
    {CALL (output_negative, false)},
    {ROUTER (cached_over_input, false)},
    {ROUTER (cached_negative, false)},
    {ROUTER (cached_without_input, true)},
    {CALL (written_over_input, false)},
    {CALL (reasoning_over_output, false)},
    {CALL (latency_zero, true)},
    {CALL (latency_most, true)},
    {CALL (latency_over, false)},
    {CALL (latency_negative, false)},
    {CALL (latency_nan, false)},
    {CACHE (hits_over, false)},
    {CACHE (misses_negative, false)},
    {CACHE (hit_and_hits, false)},
    {RAG (saved_least, true)},
    {RAG (saved_over, false)},
    {RAG (saved_nan, false)},
    {RAG (ts_first, true)},
    {RAG (ts_early, false)},
    {RAG (ts_negative, false)},
    {RAG (ts_last, true)},
    {RAG (ts_late, false)},
    {ROUTER (tier_empty, true)},
    {ROUTER (tier_long, true)},
    {ROUTER (tier_too_long, false)},
    {CALL (tier_too_long, true)},
    {CALL (model_too_long, false)},
    {RAG (service_too_long, false)},
    {RAG (tags_most, true)},
    {RAG (tags_over, false)},
    {RAG (tags_absent, false)},
    {RAG (tag_without_key, false)},
    {RAG (tag_key_empty, false)},
    {RAG (tag_key_long, true)},
    {RAG (tag_key_too_long, false)},
    {RAG (tag_without_value, false)},
    {RAG (tag_value_too_long, false)},
};

static bool daemon_takes (zc_event_t *ret_event)
{
    zc_frame_t frame;
    zc_reject_t reject;
    zc_decode_init (&frame, buffer, size, NOW_MS, 1);
    bool is_event = zc_decode_next (&frame, ret_event, &reject) == ZC_STEP_EVENT;
    return is_event && zc_decode_next (&frame, ret_event, &reject) == ZC_STEP_END;
}

static void test_encode_refuses_what_the_daemon_would_reject_and_nothing_else (void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT (limits); i++) {
        zcost_event_t event = everything (limits [i].type);
        zc_event_t decoded;
        limits [i].change (&event);
        if (encode (&event) != (limits [i].good ? 0 : ZCOST_EINVAL))
            fail_msg ("%s of type %d: encode answers %d", limits [i].name, limits [i].type, encode (&event));
        if (limits [i].good && !daemon_takes (&decoded))
            fail_msg ("%s of type %d: rejected", limits [i].name, limits [i].type);
    }
}

static void test_encode_and_decode_agree_on_every_value (void **state)
{
    (void) state;
    zcost_event_t event = everything (ZCOST_QUERY_ROUTER);
    zc_event_t decoded;
    assert_int_equal (encode (&event), 0);
    assert_true (daemon_takes (&decoded));
    assert_int_equal (decoded.type, ZCOST_QUERY_ROUTER);
    assert_memory_equal (decoded.service.data, "s", 1);
    assert_memory_equal (decoded.tier.data, "complex", 7);
    assert_memory_equal (decoded.model.data, "gpt-4o", 6);
    assert_memory_equal (decoded.provider.data, "openai", 6);
    assert_int_equal (decoded.cost_nanousd, 500000000);
    assert_int_equal (decoded.input_tokens, 1000);
    assert_int_equal (decoded.cache_read_tokens, 300);
    assert_int_equal (decoded.cache_write_tokens, 700);
    assert_int_equal (decoded.output_tokens, 50);
    assert_int_equal (decoded.reasoning_tokens, 50);
    assert_int_equal (decoded.latency_us, 12500);
    assert_int_equal (decoded.ts_ms, NOW_MS);
    assert_int_equal (decoded.tags.size, sizeof "\x82\xa4team\xa6search\243env\xa4prod" - 1);
}

static void test_encode_takes_strings_of_any_length_to_the_limit (void **state)
{
    (void) state;
    for (size_t n = 0; n <= ZCOST_STRING_MAX; n++) {
        zcost_event_t event = {.type = ZCOST_LLM_CALL, .model = text (n), .provider = "end"};
        zc_event_t decoded;
        assert_int_equal (encode (&event), 0);
        assert_true (daemon_takes (&decoded));
        assert_int_equal (decoded.model.size, n);
        assert_memory_equal (decoded.model.data, text (n), n);
        assert_memory_equal (decoded.provider.data, "end", 3);
    }
}

static void test_encode_never_passes_its_bound (void **state)
{
    (void) state;
    uint8_t guarded [ZC_ENCODED_MAX + 16];
    static const zcost_type_t types [] = {ZCOST_QUERY_ROUTER, ZCOST_EMBEDDING_CACHE, ZCOST_RAG_PARALLEL,
                                          ZCOST_LLM_CALL};
    const char *longest = text (ZCOST_STRING_MAX);
    const zcost_tag_t longest_tags [ZCOST_TAGS_MAX] = {
        {longest, longest}, {longest, longest}, {longest, longest}, {longest, longest}};
    for (size_t i = 0; i < COUNT (types); i++) {
        zcost_event_t event = everything (types [i]);
        event.service = event.tier = event.model = event.provider = longest;
        event.tags = longest_tags;
        event.tags_count = ZCOST_TAGS_MAX;
        event.input_tokens = event.cache_read_tokens = event.output_tokens = event.reasoning_tokens = ZCOST_COUNT_MAX;
        event.cache_write_tokens = 0;
        event.hits = event.misses = ZCOST_COUNT_MAX;
        memset (guarded, 0xa5, sizeof guarded);
        assert_int_equal (zc_encode (&event, NULL, NOW_MS, guarded, &size), 0);
        assert_in_range (size, 1, ZC_ENCODED_MAX);
        for (size_t at = ZC_ENCODED_MAX; at < sizeof guarded; at++)
            assert_int_equal (guarded [at], 0xa5);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_encode_packs_the_contracts_bytes),
        cmocka_unit_test (test_encode_names_the_service_of_the_event_or_of_the_client),
        cmocka_unit_test (test_encode_leaves_ts_out_while_the_clock_is_not_set),
        cmocka_unit_test (test_encode_sends_only_the_keys_of_the_type),
        cmocka_unit_test (test_encode_does_not_look_at_fields_that_the_type_does_not_use),
        cmocka_unit_test (test_encode_ignores_numbers_without_their_bit),
        cmocka_unit_test (test_encode_refuses_what_the_daemon_would_reject_and_nothing_else),
        cmocka_unit_test (test_encode_and_decode_agree_on_every_value),
        cmocka_unit_test (test_encode_takes_strings_of_any_length_to_the_limit),
        cmocka_unit_test (test_encode_never_passes_its_bound),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
