/* SPDX-License-Identifier: MPL-2.0
 *
 * emit.c - what one emit call costs its caller, beside a raw zmq_send of the same bytes.
 *
 *   bench_emit --endpoint EP [--publish EP] --rate N|flat --seconds S --event small|large
 *
 * Makes both calls in turn, each at the given rate, half a period apart, so that both meet the same machine, and
 * times each. `raw` is what a service would do without the library: zmq_send of the same bytes, packed beforehand,
 * on a PUSH socket of its own with ZMQ_DONTWAIT. `emit` packs in each call, and with --publish keeps what is not
 * acknowledged (reliable mode). At up to 10,000 calls a second the caller sleeps in between, as a service that
 * waits for requests, and its caches get cold; above, it spins. Flat out, each call has turns of 1,000.
 *
 * Prints `event=connected`, measures from 0.2 s after that, so that a driver can stop the daemon before, and then
 * prints a line of key=value for each of the two calls.
 *
 * Times are net of reading the clock twice (`overhead_ns`, the median of many), as exact as spread.h.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/clock.h"
#include "bench/spread.h"
#include "wire/encode.h"
#include "zcost.h"

#define SLEEP_UP_TO_RATE 10000
#define SECONDS_MAX 3600
#define WARM_UP_CALLS 2000
#define CONNECT_MS 500
#define TURN_CALLS 1000

/* --------------------------------------------------------------------------- the clock */

#if defined(__x86_64__)
#include <x86intrin.h>

/* Fenced: what is measured is neither begun before the first reading nor left open at the second. */
static inline uint64_t ticks (void)
{
    _mm_lfence ();
    uint64_t now = __rdtsc ();
    _mm_lfence ();
    return now;
}
#else
static inline uint64_t ticks (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (uint64_t) now.tv_sec * NS_PER_S + (uint64_t) now.tv_nsec;
}
#endif

static double measure_ns_per_tick (void)
{
    int64_t started_ns = monotonic_ns ();
    uint64_t started = ticks ();
    sleep_until (started_ns + NS_PER_S / 5);
    uint64_t passed = ticks () - started;
    return (double) (monotonic_ns () - started_ns) / (double) passed;
}

/* ------------------------------------------------------------------------ what is called */

typedef enum { EMIT, RAW, CALLS } call_t;

static const char *const call_names [CALLS] = {"emit", "raw"};

typedef struct {
    zcost_t *client;      /* of emit */
    void *context, *push; /* of raw */
    zcost_event_t event;
    uint8_t packed [ZC_ENCODED_MAX];
    size_t packed_size;
    uint64_t drops [CALLS];
    spread_t spreads [CALLS];
} caller_t;

static inline void call (caller_t *self, call_t which)
{
    if (which == EMIT)
        self->drops [EMIT] += zcost_emit (self->client, &self->event) == ZCOST_EFULL;
    else
        self->drops [RAW] += zmq_send (self->push, self->packed, self->packed_size, ZMQ_DONTWAIT) < 0;
}

static const zcost_event_t small_event = {
    .size = sizeof small_event,
    .type = ZCOST_QUERY_ROUTER,
    .has = ZCOST_HAS_COST,
    .tier = "simple",
    .cost_usd = 0.0012,
};

/* 12 fields. */
static const zcost_event_t large_event = {
    .size = sizeof large_event,
    .type = ZCOST_QUERY_ROUTER,
    .has = ZCOST_HAS_COST | ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_CACHE_READ_TOKENS | ZCOST_HAS_OUTPUT_TOKENS |
           ZCOST_HAS_REASONING_TOKENS | ZCOST_HAS_LATENCY,
    .service = "checkout-assistant",
    .tier = "complex",
    .model = "gpt-4o-2024-08-06",
    .provider = "openai",
    .cost_usd = 0.0123,
    .input_tokens = 4812,
    .cache_read_tokens = 1024,
    .output_tokens = 623,
    .reasoning_tokens = 128,
    .latency_ms = 1834.5,
};

typedef struct {
    const char *endpoint, *publish, *rate, *event;
    double seconds, per_second; /* 0: flat out */
} options_t;

static bool open_client (caller_t *self, const options_t *options)
{
    const zcost_options_t zcost = {.size = sizeof zcost, .endpoint = options->endpoint, .publish = options->publish};
    int rc = zcost_open (&zcost, &self->client);
    if (rc != 0) {
        fprintf (stderr, "bench_emit: %s: %s\n", options->endpoint, zcost_strerror (rc));
        return false;
    }
    zcost_stats_t stats = ZCOST_STATS_INIT;
    for (int ms = 0; ms < CONNECT_MS; ms++) {
        zcost_stats (self->client, &stats);
        if (stats.connected)
            break;
        usleep (1000);
    }
    return true;
}

static bool open_raw (caller_t *self, const options_t *options)
{
    int linger = 0;
    self->context = zmq_ctx_new ();
    self->push = self->context ? zmq_socket (self->context, ZMQ_PUSH) : NULL;
    if (!self->push || zmq_setsockopt (self->push, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_connect (self->push, options->endpoint) != 0) {
        fprintf (stderr, "bench_emit: %s: %s\n", options->endpoint, zmq_strerror (errno));
        return false;
    }
    return true;
}

static bool open_caller (caller_t *self, const options_t *options)
{
    self->event = strcmp (options->event, "small") == 0 ? small_event : large_event;
    zc_encode (&self->event, NULL, (int64_t) time (NULL) * 1000, self->packed, &self->packed_size);
    if (!open_raw (self, options) || !open_client (self, options))
        return false;
    usleep (CONNECT_MS * 1000); /* the raw socket tells nobody that it is connected */
    return true;
}

static void close_caller (caller_t *self)
{
    zcost_close (&self->client, 0);
    if (self->push)
        zmq_close (self->push);
    if (self->context)
        zmq_ctx_term (self->context);
}

/* -------------------------------------------------------------------------- the measuring */

static double measure_overhead (double ns_per_tick)
{
    static spread_t spread;
    for (int i = 0; i < 100000; i++) {
        uint64_t started = ticks ();
        spread_add (&spread, ticks () - started); /* in ticks: finer */
    }
    return (double) spread_quantile (&spread, 0.5) * ns_per_tick;
}

static inline void time_call (caller_t *self, call_t which, double ns_per_tick, double overhead_ns)
{
    uint64_t started = ticks ();
    call (self, which);
    double ns = (double) (ticks () - started) * ns_per_tick - overhead_ns;
    spread_add (&self->spreads [which], ns > 0 ? (uint64_t) (ns + 0.5) : 0);
}

static void measure_flat_out (caller_t *self, const options_t *options, double ns_per_tick, double overhead_ns)
{
    int64_t end_ns = monotonic_ns () + (int64_t) (options->seconds * NS_PER_S);
    while (monotonic_ns () < end_ns)
        for (call_t which = EMIT; which < CALLS; which++)
            for (int i = 0; i < TURN_CALLS; i++)
                time_call (self, which, ns_per_tick, overhead_ns);
}

static void measure_paced (caller_t *self, const options_t *options, double ns_per_tick, double overhead_ns)
{
    int64_t step_ns = (int64_t) (NS_PER_S / options->per_second / CALLS);
    int64_t begin_ns = monotonic_ns (), steps = (int64_t) (options->seconds * NS_PER_S) / step_ns;
    for (int64_t i = 0; i < steps; i++) {
        int64_t next_ns = begin_ns + i * step_ns;
        if (options->per_second <= SLEEP_UP_TO_RATE)
            sleep_until (next_ns);
        while (monotonic_ns () < next_ns)
            ;
        time_call (self, (call_t) (i % CALLS), ns_per_tick, overhead_ns);
    }
}

static void print_call (const caller_t *self, call_t which, const options_t *options, double overhead_ns)
{
    const spread_t *spread = &self->spreads [which];
    printf (
        "call=%s rate=%s event=%s bytes=%zu samples=%llu drops=%llu median_ns=%llu p99_ns=%llu p999_ns=%llu "
        "max_ns=%llu overhead_ns=%.1f\n",
        call_names [which], options->rate, options->event, self->packed_size, (unsigned long long) spread->samples,
        (unsigned long long) self->drops [which], (unsigned long long) spread_quantile (spread, 0.5),
        (unsigned long long) spread_quantile (spread, 0.99), (unsigned long long) spread_quantile (spread, 0.999),
        (unsigned long long) spread->max, overhead_ns);
}

static int run (const options_t *options)
{
    static caller_t caller;
    if (!open_caller (&caller, options))
        return 1;
    printf ("event=connected\n");
    fflush (stdout);
    double ns_per_tick = measure_ns_per_tick (), overhead_ns = measure_overhead (ns_per_tick);
    for (int i = 0; i < WARM_UP_CALLS * CALLS; i++)
        call (&caller, (call_t) (i % CALLS));
    usleep (20000);
    memset (caller.drops, 0, sizeof caller.drops);
    if (options->per_second > 0)
        measure_paced (&caller, options, ns_per_tick, overhead_ns);
    else
        measure_flat_out (&caller, options, ns_per_tick, overhead_ns);
    for (call_t which = EMIT; which < CALLS; which++)
        print_call (&caller, which, options, overhead_ns);
    close_caller (&caller);
    return 0;
}

/* --------------------------------------------------------------------------- the options */

static bool one_of (const char *text, const char *a, const char *b)
{
    return strcmp (text, a) == 0 || strcmp (text, b) == 0;
}

static bool number (const char *text, double max, double *ret_number)
{
    char *end;
    double parsed = strtod (text, &end);
    if (end == text || *end || !(parsed > 0 && parsed <= max))
        return false;
    *ret_number = parsed;
    return true;
}

static bool read_options (int argc, char **argv, options_t *options)
{
    static const struct option names [] = {
        {"endpoint", required_argument, NULL, 'e'}, {"publish", required_argument, NULL, 'p'},
        {"rate", required_argument, NULL, 'r'},     {"seconds", required_argument, NULL, 's'},
        {"event", required_argument, NULL, 'v'},    {NULL, 0, NULL, 0}};
    const char *seconds = "1";
    for (int name; (name = getopt_long (argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'e':
            options->endpoint = optarg;
            break;
        case 'p':
            options->publish = optarg;
            break;
        case 'r':
            options->rate = optarg;
            break;
        case 's':
            seconds = optarg;
            break;
        case 'v':
            options->event = optarg;
            break;
        default:
            return false;
        }
    return optind == argc && one_of (options->event, "small", "large") &&
           number (seconds, SECONDS_MAX, &options->seconds) &&
           (strcmp (options->rate, "flat") == 0 || number (options->rate, 1e7, &options->per_second));
}

int main (int argc, char **argv)
{
    options_t options = {.endpoint = ZCOST_DEFAULT_INGEST, .rate = "flat", .event = "small"};
    if (!read_options (argc, argv, &options)) {
        fprintf (stderr,
                 "usage: bench_emit [--endpoint EP] [--publish EP] [--rate N|flat] [--seconds S] "
                 "[--event small|large]\n");
        return 2;
    }
    return run (&options);
}
