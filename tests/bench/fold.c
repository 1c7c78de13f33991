/* SPDX-License-Identifier: MPL-2.0
 *
 * fold.c - what one event costs the daemon, in memory: decode, price, fold.
 *
 *   bench_fold [--seconds S]
 *
 * Prints one line of key=value for each kind of event, in nanoseconds an event over 21 slices of time: `seed` (type, tier and cost, as a foreign
 * client sends it), `small` (the same by libzcost, with service and ts), `priced` (a model and its
 * tokens instead of a cost) and `large` (12 fields). Frames hold 500 events.
 */
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/delivery/intake.h"
#include "wire/encode.h"

#define EVENTS 500
#define FRAMES 64
#define SLICES 21

static const char *const tiers [] = {"simple", "medium", "complex"};
static const char *const models [] = {"gpt-4o-mini", "gpt-4.1-mini", "gpt-4o", "claude-sonnet-4-5"};

typedef struct {
    uint8_t *bytes;
    size_t size;
} frame_t;

/* A small linear congruential generator: the same events in every run. */
static uint32_t next_random (void)
{
    static uint64_t state = 42;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t) (state >> 33);
}

static void pack_text (msgpack_packer *out, const char *text)
{
    msgpack_pack_str_with_body (out, text, strlen (text));
}

static size_t pack_seed (uint8_t *buffer)
{
    msgpack_sbuffer bytes;
    msgpack_packer out;
    msgpack_sbuffer_init (&bytes);
    msgpack_packer_init (&out, &bytes, msgpack_sbuffer_write);
    msgpack_pack_map (&out, 3);
    pack_text (&out, "type");
    pack_text (&out, "query_router");
    pack_text (&out, "tier");
    pack_text (&out, tiers [next_random () % 3]);
    pack_text (&out, "cost");
    msgpack_pack_double (&out, next_random () % 100000 / 1e7);
    size_t size = bytes.size;
    memcpy (buffer, bytes.data, size);
    msgpack_sbuffer_destroy (&bytes);
    return size;
}

static size_t pack_event (const char *kind, uint8_t *buffer)
{
    if (strcmp (kind, "seed") == 0)
        return pack_seed (buffer);
    static const char service [] = "api";
    zcost_event_t event = {.type = ZCOST_QUERY_ROUTER, .tier = tiers [next_random () % 3]};
    if (strcmp (kind, "small") == 0) {
        event.has = ZCOST_HAS_COST;
        event.cost_usd = next_random () % 100000 / 1e7;
    } else {
        event.has = ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_OUTPUT_TOKENS;
        event.model = models [next_random () % 4];
        event.input_tokens = 200 + next_random () % 5000;
        event.output_tokens = 20 + next_random () % 1000;
    }
    if (strcmp (kind, "large") == 0) {
        event.has |=
            ZCOST_HAS_CACHE_READ_TOKENS | ZCOST_HAS_CACHE_WRITE_TOKENS | ZCOST_HAS_REASONING_TOKENS | ZCOST_HAS_LATENCY;
        event.provider = "openai";
        event.cache_read_tokens = 100;
        event.cache_write_tokens = next_random () % 100;
        event.reasoning_tokens = 10;
        event.latency_ms = next_random () % 10000 / 8.0;
    }
    size_t size = 0;
    if (zc_encode (&event, service, 1700000000000, buffer, &size) != 0)
        abort ();
    return size;
}

static void make_frame (const char *kind, frame_t *frame)
{
    frame->bytes = malloc (EVENTS * ZC_ENCODED_MAX);
    frame->size = 0;
    for (int i = 0; i < EVENTS; i++)
        frame->size += pack_event (kind, frame->bytes + frame->size);
}

static int compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static double now_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static void run (const char *kind, double seconds)
{
    static frame_t frames [FRAMES];
    static const zc_retention_t retention = {48 * INT64_C (3600000), 400 * INT64_C (86400000)};
    zc_producers_limits_t producers = {.live_max = 1000, .expired_max = 1000, .expire_after_ms = 3600000};
    zc_prices_error_t error;
    zc_policy_t policy;
    zc_policy_default (&policy);
    zc_intake_t intake = {
        .ledger = zc_ledger_new (&policy, &retention, ZC_KEYS_MAX, &(zc_siphash_secret_t){{1, 2}}),
        .rejects = zc_rejects_new (100),
        .producers = zc_producers_new (&producers, &(zc_siphash_secret_t){{1, 2}}),
        .limits = {16 << 20, 100000},
    };
    zc_prices_t *prices = zc_prices_new (zc_prices_builtin, zc_prices_builtin_size, &error);
    if (!intake.ledger || !intake.rejects || !intake.producers || !prices ||
        zc_ledger_use_prices (intake.ledger, prices) == -1)
        abort ();
    size_t bytes = 0;
    for (int i = 0; i < FRAMES; i++) {
        make_frame (kind, &frames [i]);
        bytes += frames [i].size;
    }
    double slices [SLICES];
    uint64_t events = 0;
    for (int n = 0; n < SLICES; n++) {
        uint64_t before = events;
        double begun = now_seconds (), passed;
        do {
            for (int i = 0; i < FRAMES; i++)
                if (zc_intake_frame (&intake, frames [i].bytes, frames [i].size, 1700000000000) == -1)
                    abort ();
            events += EVENTS * FRAMES;
            passed = now_seconds () - begun;
        } while (passed < seconds / SLICES);
        slices [n] = passed / (double) (events - before) * 1e9;
    }
    if (zc_ledger_accepted (intake.ledger) != events)
        abort ();
    qsort (slices, SLICES, sizeof *slices, compare);
    printf ("bench=fold event=%s bytes=%.1f ns_median=%.1f ns_min=%.1f ns_max=%.1f\n", kind,
            (double) bytes / (EVENTS * FRAMES), slices [SLICES / 2], slices [0], slices [SLICES - 1]);
    for (int i = 0; i < FRAMES; i++)
        free (frames [i].bytes);
    zc_ledger_destroy (&intake.ledger);
    zc_rejects_destroy (&intake.rejects);
    zc_producers_destroy (&intake.producers);
    zc_prices_destroy (&prices);
}

int main (int argc, char **argv)
{
    double seconds = argc == 3 && strcmp (argv [1], "--seconds") == 0 ? atof (argv [2]) : 1;
    static const char *const kinds [] = {"seed", "small", "priced", "large"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        run (kinds [i], seconds);
    return 0;
}
