/* SPDX-License-Identifier: MPL-2.0
 *
 * test_track.c - what track.h promises: events as JSON go onto the bus all or none, and unchanged to the nano-dollar.
 *
 * What is handed to the client is looked at on the way, as the daemon would.
 */
#include "zboard/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "seed.h"
#include "tracker.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/json.h"

#define SEEN_MAX 8
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

int __real_zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count);
int __wrap_zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count);

/* The first of what was handed over last, as the daemon reads it. */
static zc_event_t seen [SEEN_MAX];
static uint8_t seen_bytes [SEEN_MAX][ZC_ENCODED_MAX];

static int64_t now_ms (void)
{
    return (int64_t) time (NULL) * 1000;
}

static void decode (const void *bytes, size_t size, zc_event_t *ret_event)
{
    zc_frame_t frame;
    zc_reject_t reject;
    zc_decode_init (&frame, bytes, size, now_ms (), 1);
    assert_int_equal (zc_decode_next (&frame, ret_event, &reject), ZC_STEP_EVENT);
    assert_int_equal (zc_decode_next (&frame, ret_event, &reject), ZC_STEP_END);
}

int __wrap_zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count)
{
    for (size_t i = 0; i < count && i < SEEN_MAX; i++) {
        size_t size;
        assert_int_equal (zc_encode (&events [i], NULL, now_ms (), seen_bytes [i], &size), 0);
        decode (seen_bytes [i], size, &seen [i]);
    }
    return __real_zcost_try_emit (client, events, count);
}

static bool same_str (zc_str_t a, zc_str_t b)
{
    return a.size == b.size && (a.size == 0 || memcmp (a.data, b.data, a.size) == 0);
}

/* Whether two events are the same to a daemon; one of no time gets that of the client. */
static bool same_event (const zc_event_t *a, const zc_event_t *b)
{
    uint32_t all = ~ZC_BIT (ZC_KEY_TS);
    bool timed = b->has & ZC_BIT (ZC_KEY_TS);
    return a->type == b->type && (a->has & all) == (b->has & all) && (!timed || a->ts_ms == b->ts_ms) &&
           same_str (a->service, b->service) && same_str (a->tier, b->tier) && same_str (a->model, b->model) &&
           same_str (a->provider, b->provider) && same_str (a->tags, b->tags) && a->cost_nanousd == b->cost_nanousd &&
           a->input_tokens == b->input_tokens && a->cache_read_tokens == b->cache_read_tokens &&
           a->cache_write_tokens == b->cache_write_tokens && a->output_tokens == b->output_tokens &&
           a->reasoning_tokens == b->reasoning_tokens && a->latency_us == b->latency_us && a->hits == b->hits &&
           a->misses == b->misses && a->time_saved_ns == b->time_saved_ns;
}

/* Whether the event that was seen is what this JSON, as msgpack, is to the daemon. */
static bool was_seen (size_t which, const char *text)
{
    void *bytes;
    size_t size;
    zc_event_t event;
    json_t *json = json_of (text);
    assert_int_equal (zc_json_pack (json, &bytes, &size), 0);
    decode (bytes, size, &event);
    bool same = same_event (&seen [which], &event);
    free (bytes);
    json_decref (json);
    return same;
}

/* ------------------------------------------------------------------------- what is good */

static void test_track_hands_an_event_on_as_it_is (void **state)
{
    (void) state;
    static const struct {
        const char *sent, *same_as; /* NULL: as sent */
    } table [] = {
        {"{'type': 'llm_call'}", NULL},
        {"{'type': 'query_router', 'tier': 'simple', 'cost': 0.0125, 'service': 'search', 'ts': 1767225600000}", NULL},
        {"{'type': 'llm_call', 'model': 'gpt-4o', 'provider': 'openai', 'input_tokens': 1000, 'cache_read_tokens': 600,"
         " 'cache_write_tokens': 100, 'output_tokens': 50, 'reasoning_tokens': 20, 'latency_ms': 812.5,"
         " 'tags': {'team': 'a', 'region': 'eu'}}",
         NULL},
        {"{'type': 'embedding_cache', 'hit': true, 'model': 'e', 'input_tokens': 300}", NULL},
        {"{'type': 'embedding_cache', 'hit': false}", NULL},
        {"{'type': 'embedding_cache'}", NULL},
        {"{'type': 'embedding_cache', 'hits': 5, 'misses': 300}", NULL},
        {"{'type': 'embedding_cache', 'hits': 5}", NULL},
        {"{'type': 'embedding_cache', 'misses': 5}", NULL},
        {"{'type': 'embedding_cache', 'hits': 0, 'misses': 0}", NULL},
        {"{'type': 'rag_parallel', 'time_saved_seconds': -1.5}", NULL},
        {"{'type': 'rag_parallel'}", NULL},
        {"{'type': 'query_router', 'cost': 0}", NULL},
        {"{'type': 'query_router', 'cost': 1000000, 'input_tokens': 1000000000000}", NULL},
        {"{'type': 'llm_call', 'input_tokens': 0, 'output_tokens': 0}", NULL},
        {"{'type': 'llm_call', 'ts': 1767225600.125}", NULL}, /* seconds */
        {"{'type': 'llm_call', 'model': '', 'tags': {}}", "{'type': 'llm_call', 'model': ''}"},
        {"{'type': 'llm_call', 'model': 'caf\303\251 \\u00e9 \\ud83d\\ude00', 'unknown': [{'x': null}]}", NULL},
        /* JSON has one kind of number, and a word for what is not there. */
        {"{'type': 'llm_call', 'input_tokens': 1200.0, 'output_tokens': 1e3}",
         "{'type': 'llm_call', 'input_tokens': 1200, 'output_tokens': 1000}"},
        {"{'type': 'llm_call', 'input_tokens': 9.0, 'cache_read_tokens': 1.0, 'cache_write_tokens': 2.0,"
         " 'output_tokens': 4.0, 'reasoning_tokens': 3.0}",
         "{'type': 'llm_call', 'input_tokens': 9, 'cache_read_tokens': 1, 'cache_write_tokens': 2,"
         " 'output_tokens': 4, 'reasoning_tokens': 3}"},
        {"{'type': 'embedding_cache', 'hits': 5.0, 'misses': -0.0}",
         "{'type': 'embedding_cache', 'hits': 5, 'misses': 0}"},
        {"{'type': 'llm_call', 'input_tokens': 1e12}", "{'type': 'llm_call', 'input_tokens': 1000000000000}"},
        {"{'type': 'llm_call', 'model': null, 'cost': null, 'input_tokens': null, 'tags': null, 'ts': null,"
         " 'hit': null}",
         "{'type': 'llm_call'}"},
        {"{'type': 'x', 'cost': -1, 'type': 'llm_call', 'cost': 2}", "{'type': 'llm_call', 'cost': 2}"}, /* the last */
        /* Keys that a type does not use do not matter, whatever they hold. */
        {"{'type': 'rag_parallel', 'cost': 'dear', 'tier': 5, 'hit': [], 'model': {}}", "{'type': 'rag_parallel'}"},
        {"{'type': 'llm_call', 'tier': 'simple', 'hits': 2, 'hit': true}", "{'type': 'llm_call'}"},
        {"{'type': 'llm_call', 'tags': {'a': '1', 'b': '2', 'c': '', 'd': '4'}}", NULL},
        {"{'type': 'llm_call', 'tags': {'': 'nobody', 'a': '1'}}", "{'type': 'llm_call', 'tags': {'a': '1'}}"},
        {"{'type': 'llm_call', 'model': '" X64 X64 "', 'tags': {'" X64 X64 "': '" X64 X64 "'}}", NULL},
    };
    tracker_t tracker = tracker_of (0);
    for (size_t i = 0; i < COUNT (table); i++) {
        const char *same_as = table [i].same_as ? table [i].same_as : table [i].sent;
        if (track (&tracker, table [i].sent) != ZB_TRACKED)
            fail_msg ("%s: %s", table [i].sent, tracker.failure);
        if (!(seen [0].has & ZC_BIT (ZC_KEY_TAGS)) && strstr (same_as, "{}"))
            continue;
        if (!was_seen (0, same_as))
            fail_msg ("%s is not %s", table [i].sent, same_as);
        assert_taken (&tracker, i + 1);
    }
    assert_int_equal (tracker.counts.bad + tracker.counts.full, 0);
    tracker_end (&tracker);
}

static void test_track_takes_arrays_in_order (void **state)
{
    (void) state;
    tracker_t tracker = tracker_of (0);
    assert_int_equal (track (&tracker,
                             "[{'type': 'llm_call', 'model': 'a'}, {'type': 'rag_parallel'},"
                             " {'type': 'query_router', 'cost': 1, 'tags': {'k': 'v'}}]"),
                      ZB_TRACKED);
    assert_true (was_seen (0, "{'type': 'llm_call', 'model': 'a'}") && was_seen (1, "{'type': 'rag_parallel'}") &&
                 was_seen (2, "{'type': 'query_router', 'cost': 1, 'tags': {'k': 'v'}}"));
    assert_taken (&tracker, 3);
    assert_int_equal (track (&tracker, "[]"), ZB_TRACKED);
    assert_taken (&tracker, 3);
    assert_int_equal (track (&tracker, " [ {'type': 'llm_call'} ] \n"), ZB_TRACKED);
    assert_taken (&tracker, 4);
    tracker_end (&tracker);
}

/* ----------------------------------------------------------------------------- to the nano */

/* Any number of nano-dollars, as a decimal in JSON, comes out of the daemon's decoder as the same number. */
static void test_track_keeps_every_nano_dollar (void **state)
{
    (void) state;
    const int64_t most = INT64_C (1000000) * 1000000000;
    tracker_t tracker = tracker_of (8 << 20);
    for (int i = 0; i < 60000; i++) {
        char body [256];
        int64_t limit = i % 3 == 0 ? most : i % 3 == 1 ? 1000000000000 : 100000000;
        int64_t nano = i < 1000 ? i : i < 2000 ? most - (i - 1000) : (int64_t) (random_64 () % (uint64_t) (limit + 1));
        int64_t saved = (int64_t) (random_64 () % (uint64_t) most) - most / 2;
        int64_t us = (int64_t) (random_64 () % 1000000000000);
        int size = snprintf (body, sizeof body,
                             "[{\"type\":\"llm_call\",\"cost\":%lld.%09lld,\"latency_ms\":%lld.%03lld},"
                             "{\"type\":\"rag_parallel\",\"time_saved_seconds\":%s%lld.%09lld}]",
                             (long long) (nano / 1000000000), (long long) (nano % 1000000000), (long long) (us / 1000),
                             (long long) (us % 1000), saved < 0 ? "-" : "", llabs (saved) / 1000000000,
                             llabs (saved) % 1000000000);
        assert_int_equal (track_bytes (&tracker, body, (size_t) size), ZB_TRACKED);
        if (seen [0].cost_nanousd != nano || seen [0].latency_us != us || seen [1].time_saved_ns != saved)
            fail_msg ("%s", body);
    }
    tracker_end (&tracker);
}

/* --------------------------------------------------------------------------------- full */

static void test_track_of_a_full_queue_takes_none (void **state)
{
    (void) state;
    static const char three [] = "[{'type': 'llm_call'}, {'type': 'llm_call'}, {'type': 'llm_call'}]";
    tracker_t tracker = tracker_of (64 << 10);
    uint64_t taken = 0;
    while (track (&tracker, three) == ZB_TRACKED) {
        taken += 3;
        assert_taken (&tracker, taken);
        assert_true (taken < 100000);
    }
    assert_true (taken > 100);
    assert_int_equal (tracker.counts.full, 3);
    assert_taken (&tracker, taken);
    assert_int_equal (track (&tracker, three), ZB_TRACK_FULL);
    assert_int_equal (tracker.counts.full, 6);
    assert_taken (&tracker, taken);
    /* What is wrong is told all the same, and nothing stands for good, either. */
    assert_int_equal (track (&tracker, "{}"), ZB_TRACK_BAD);
    assert_int_equal (track (&tracker, "[]"), ZB_TRACKED);
    assert_taken (&tracker, taken);
    tracker_end (&tracker);
}

/* As many events as a body can hold, a MiB of the shortest, fit the smallest queue that zboard has, 4 MiB. */
static void test_track_takes_the_largest_body (void **state)
{
    (void) state;
    static const char event [] = "{\"type\":\"llm_call\"}";
    const size_t size = sizeof event; /* with its comma */
    const size_t count = ((1 << 20) - 1) / size;
    char *body = malloc (count * size + 2);
    tracker_t tracker = tracker_of (4 << 20);
    *body = '[';
    for (size_t i = 0; i < count; i++)
        sprintf (body + 1 + i * size, "%s%s", event, i + 1 < count ? "," : "]");
    assert_int_equal (track_bytes (&tracker, body, strlen (body)), ZB_TRACKED);
    assert_taken (&tracker, count);
    free (body);
    tracker_end (&tracker);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_track_hands_an_event_on_as_it_is),
        cmocka_unit_test (test_track_takes_arrays_in_order),
        cmocka_unit_test (test_track_keeps_every_nano_dollar),
        cmocka_unit_test (test_track_of_a_full_queue_takes_none),
        cmocka_unit_test (test_track_takes_the_largest_body),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
