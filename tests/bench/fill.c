/* SPDX-License-Identifier: MPL-2.0
 *
 * fill.c - makes a ledger large: many cells, or many producers.
 *
 *   bench_fill cells|producers|spread --endpoint EP --query EP --count N [--keys N] [--apart S] [--ago S]
 *
 * `cells` sends one event for each of N cells: each of as many services as it takes, in each minute of almost two
 * days. `producers` sends one stamped event from each of N producers, each in a message of its own. `spread` sends
 * events with a latency of so many keys in turn, each turn further in the past, 500 a message. All wait until the
 * daemon has taken them all, and fail where one is missing or was rejected.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "bench/ask.h"
#include "bench/push.h"
#include "wire/encode.h"

#define MINUTES 2800                 /* the daemon keeps minutes for 48 hours: 2,880 of them */
#define CELLS_MAX (MINUTES * 900ull) /* services are capped at 1,000 */
#define PRODUCERS_MAX 100000000ull
#define EVENTS_A_MESSAGE 50
#define SPREAD_A_MESSAGE 500
#define SPREAD_SERVICES 40
#define STAMP_BYTES 39

typedef struct {
    const char *endpoint, *query, *what;
    unsigned long long count;
    unsigned long long keys;  /* of `spread` */
    long long apart_s, ago_s; /* between two turns, and before the first */
} options_t;

/* The event of cell i, of a ledger of `services` services. */
static size_t pack_cell (unsigned long long i, unsigned long long services, int64_t now_ms, uint8_t *to)
{
    char service [32];
    size_t size = 0;
    snprintf (service, sizeof service, "service-%llu", i % services);
    const zcost_event_t event = {.type = ZCOST_QUERY_ROUTER,
                                 .has = ZCOST_HAS_COST,
                                 .service = service,
                                 .tier = "simple",
                                 .cost_usd = 0.0012,
                                 .ts_ms = now_ms - (int64_t) (i / services) * 60000};
    return zc_encode (&event, NULL, now_ms, to, &size) == 0 ? size : 0;
}

static int send_cells (void *push, unsigned long long count)
{
    static uint8_t message [EVENTS_A_MESSAGE * ZC_ENCODED_MAX];
    int64_t now_ms = (int64_t) time (NULL) * 1000;
    unsigned long long services = (count + MINUTES - 1) / MINUTES;
    size_t size = 0;
    for (unsigned long long i = 0; i < count; i++) {
        size += pack_cell (i, services, now_ms, message + size);
        if (i % EVENTS_A_MESSAGE != EVENTS_A_MESSAGE - 1 && i != count - 1)
            continue;
        if (zmq_send (push, message, size, 0) == -1)
            return -1;
        size = 0;
    }
    return 0;
}

static size_t pack_spread (unsigned long long i, const options_t *options, int64_t now_ms, uint8_t *to)
{
    char service [32], model [32];
    unsigned long long key = i % options->keys, turn = i / options->keys;
    size_t size = 0;
    snprintf (service, sizeof service, "service-%llu", key % SPREAD_SERVICES);
    snprintf (model, sizeof model, "model-%llu", key / SPREAD_SERVICES);
    const zcost_event_t event = {
        .type = ZCOST_LLM_CALL,
        .has = ZCOST_HAS_COST | ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_OUTPUT_TOKENS | ZCOST_HAS_LATENCY,
        .service = service,
        .model = model,
        .cost_usd = (double) (i * 7919 % 100000) / 1e7,
        .input_tokens = (int64_t) (i * 4801 % 5000),
        .output_tokens = (int64_t) (i * 1009 % 1000),
        .latency_ms = (double) (i * 6007 % 10000) / 8,
        .ts_ms = now_ms - (options->ago_s + (int64_t) turn * options->apart_s) * 1000,
    };
    return zc_encode (&event, NULL, now_ms, to, &size) == 0 ? size : 0;
}

static int send_spread (void *push, const options_t *options)
{
    static uint8_t message [SPREAD_A_MESSAGE * ZC_ENCODED_MAX];
    int64_t now_ms = (int64_t) time (NULL) * 1000;
    size_t size = 0;
    for (unsigned long long i = 0; i < options->count; i++) {
        size += pack_spread (i, options, now_ms, message + size);
        if (i % SPREAD_A_MESSAGE != SPREAD_A_MESSAGE - 1 && i != options->count - 1)
            continue;
        if (zmq_send (push, message, size, 0) == -1)
            return -1;
        size = 0;
    }
    return 0;
}

static void put_big_endian (uint8_t *to, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0; value >>= 8)
        to [i] = (uint8_t) value;
}

/* Ids as far apart as random ones, and never twice the same: both steps can be undone. */
static void put_producer (uint8_t *to, uint64_t i)
{
    put_big_endian (to, i * 0x9e3779b97f4a7c15u, 8);
    put_big_endian (to + 8, ~i * 0xc2b2ae3d27d4eb4fu, 8);
}

/* msgpack's ext 8, of type 1: producer, epoch 1, seq 1, dropped 0. */
static void put_stamp (uint8_t to [STAMP_BYTES], uint64_t i)
{
    memcpy (to, "\xc7\x24\x01", 3);
    put_producer (to + 3, i);
    put_big_endian (to + 19, 1, 4);
    put_big_endian (to + 23, 1, 8);
    put_big_endian (to + 31, 0, 8);
}

static int send_producers (void *push, unsigned long long count)
{
    static const zcost_event_t event = {
        .type = ZCOST_QUERY_ROUTER, .has = ZCOST_HAS_COST, .tier = "simple", .cost_usd = 0.0012};
    uint8_t message [STAMP_BYTES + ZC_ENCODED_MAX];
    size_t size = 0;
    if (zc_encode (&event, NULL, (int64_t) time (NULL) * 1000, message + STAMP_BYTES, &size) != 0)
        return -1;
    for (unsigned long long i = 0; i < count; i++) {
        put_stamp (message, i);
        if (zmq_send (push, message, STAMP_BYTES + size, 0) == -1)
            return -1;
    }
    return 0;
}

static int fill (const options_t *options, void *push, ask_t *ask)
{
    uint64_t accepted, rejected;
    if (ask_counts (ask, &accepted, &rejected) != 0)
        return -1;
    int rc = strcmp (options->what, "producers") == 0 ? send_producers (push, options->count)
             : strcmp (options->what, "spread") == 0  ? send_spread (push, options)
                                                      : send_cells (push, options->count);
    if (rc != 0) {
        fprintf (stderr, "bench_fill: %s\n", zmq_strerror (zmq_errno ()));
        return -1;
    }
    return push_wait (ask, accepted + options->count, rejected);
}

static bool read_options (int argc, char **argv, options_t *options)
{
    static const struct option names [] = {{"endpoint", required_argument, NULL, 'e'},
                                           {"query", required_argument, NULL, 'q'},
                                           {"count", required_argument, NULL, 'n'},
                                           {"keys", required_argument, NULL, 'k'},
                                           {"apart", required_argument, NULL, 'a'},
                                           {"ago", required_argument, NULL, 'g'},
                                           {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long (argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'e':
            options->endpoint = optarg;
            break;
        case 'q':
            options->query = optarg;
            break;
        case 'n':
            options->count = strtoull (optarg, NULL, 10);
            break;
        case 'k':
            options->keys = strtoull (optarg, NULL, 10);
            break;
        case 'a':
            options->apart_s = atoll (optarg);
            break;
        case 'g':
            options->ago_s = atoll (optarg);
            break;
        default:
            return false;
        }
    if (optind != argc - 1)
        return false;
    options->what = argv [optind];
    bool cells = strcmp (options->what, "cells") == 0;
    return (cells || strcmp (options->what, "producers") == 0 || strcmp (options->what, "spread") == 0) &&
           options->endpoint && options->query && options->keys > 0 && options->count > 0 &&
           options->count <= (cells ? CELLS_MAX : PRODUCERS_MAX);
}

int main (int argc, char **argv)
{
    options_t options = {.count = 1000, .keys = 1000, .apart_s = 60};
    if (!read_options (argc, argv, &options)) {
        fprintf (stderr,
                 "usage: bench_fill cells|producers|spread --endpoint EP --query EP [--count N] [--keys N] "
                 "[--apart S] [--ago S]\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    void *push = context ? push_open (context, options.endpoint) : NULL;
    ask_t *ask = push ? ask_new (context, options.query) : NULL;
    int rc = ask ? fill (&options, push, ask) : -1;
    ask_destroy (&ask);
    if (push)
        zmq_close (push);
    if (context)
        zmq_ctx_term (context);
    return rc == 0 ? 0 : 1;
}
