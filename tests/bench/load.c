/* SPDX-License-Identifier: MPL-2.0
 *
 * load.c - an endless load of messages, each of events packed afresh.
 */
#include "bench/load.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/encode.h"

#define POOL 64 /* different events; the daemon's branches must not learn one by heart */

struct load {
    unsigned batch;
    int64_t now_ms; /* 0: events carry no `ts` */
    uint64_t next;  /* how many events were made */
    zcost_event_t pool [POOL];
    size_t ends [POOL + 1]; /* bytes of the first n of the pool */
};

static zcost_event_t small_event (unsigned i)
{
    static const char *const tiers [] = {"simple", "medium", "complex"};
    return (zcost_event_t){
        .type = ZCOST_QUERY_ROUTER,
        .has = ZCOST_HAS_COST,
        .tier = tiers [i % 3],
        .cost_usd = (double) (i * 7919 % 100000) / 1e7,
    };
}

/* type, service, ts, tier, cost, model, provider, three kinds of input and output, latency: 12. */
static zcost_event_t large_event (unsigned i)
{
    static const char *const models [] = {"gpt-4o-mini", "gpt-4.1-mini", "gpt-4o", "gpt-4o-2024-08-06"};
    zcost_event_t event = small_event (i);
    event.has |= ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_CACHE_READ_TOKENS | ZCOST_HAS_OUTPUT_TOKENS |
                 ZCOST_HAS_REASONING_TOKENS | ZCOST_HAS_LATENCY;
    event.service = i % 2 ? "checkout-assistant" : "search";
    event.model = models [i % 4];
    event.provider = "openai";
    event.input_tokens = 200 + i * 4801 % 5000;
    event.cache_read_tokens = i * 31 % 200;
    event.output_tokens = 20 + i * 1009 % 1000;
    event.reasoning_tokens = i % 20;
    event.latency_ms = i * 6007 % 10000 / 8.0;
    return event;
}

load_t *load_new (const char *event, unsigned batch)
{
    bool small = strcmp (event, "small") == 0;
    if (batch == 0 || (!small && strcmp (event, "large") != 0))
        return NULL;
    load_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->batch = batch;
    self->now_ms = small ? 0 : (int64_t) time (NULL) * 1000;
    for (unsigned i = 0; i < POOL; i++) {
        uint8_t bytes [ZC_ENCODED_MAX];
        size_t size;
        self->pool [i] = small ? small_event (i) : large_event (i);
        if (zc_encode (&self->pool [i], NULL, self->now_ms, bytes, &size) != 0)
            abort (); /* our own event */
        self->ends [i + 1] = self->ends [i] + size;
    }
    return self;
}

void load_destroy (load_t **self)
{
    if (!self)
        return;
    free (*self);
    *self = NULL;
}

/* Bytes of the first n events of the load. */
static size_t bytes_until (const load_t *self, uint64_t n)
{
    return (size_t) (n / POOL) * self->ends [POOL] + self->ends [n % POOL];
}

/* The encoder wants room for the largest event there can be, which a message has only until near
 * its end; the last ones go by way of the stack. */
static size_t pack (const zcost_event_t *event, int64_t now_ms, uint8_t *at, size_t left)
{
    size_t size = 0;
    if (left >= ZC_ENCODED_MAX)
        zc_encode (event, NULL, now_ms, at, &size);
    else {
        uint8_t bytes [ZC_ENCODED_MAX];
        zc_encode (event, NULL, now_ms, bytes, &size);
        memcpy (at, bytes, size);
    }
    return size;
}

int load_next (load_t *self, zmq_msg_t *ret_message)
{
    size_t left = bytes_until (self, self->next + self->batch) - bytes_until (self, self->next);
    if (zmq_msg_init_size (ret_message, left) != 0)
        return -1;
    uint8_t *at = zmq_msg_data (ret_message);
    for (unsigned i = 0; i < self->batch; i++) {
        size_t size = pack (&self->pool [self->next++ % POOL], self->now_ms, at, left);
        at += size;
        left -= size;
    }
    return 0;
}
