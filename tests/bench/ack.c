/* SPDX-License-Identifier: MPL-2.0
 *
 * ack.c - how long an event is on its way from the emit call to its acknowledgement.
 *
 *   bench_ack --endpoint EP --publish EP [--rate N] [--seconds S]
 *
 * Emits N small events a second through libzcost in reliable mode, a few every quarter of a millisecond, and
 * sees by the library's counters how many are acknowledged: what is acknowledged was on the daemon's disk. Times
 * end when we look, which is as often as we emit, so they are up to a quarter of a millisecond too long. Prints one
 * line of key=value; an event that was dropped, given up or not acknowledged in the end fails the run.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/clock.h"
#include "bench/spread.h"
#include "zcost.h"

#define TICKS_PER_S 4000
#define CONNECT_MS 5000
#define STUCK_MS 10000
#define WARM_UP_EVENTS 1000
#define EVENTS_MAX 100000000.0

typedef struct {
    const char *endpoint, *publish;
    double rate, seconds;
} options_t;

typedef struct {
    zcost_t *client;
    int64_t *emitted_ns; /* of each event, in order */
    uint64_t emitted, acknowledged;
    spread_t spread;
} run_t;

static int fail (const char *what)
{
    fprintf (stderr, "bench_ack: %s\n", what);
    return -1;
}

static int emit (run_t *self, uint64_t upto)
{
    static const zcost_event_t event = {
        .size = sizeof event, .type = ZCOST_QUERY_ROUTER, .has = ZCOST_HAS_COST, .tier = "simple", .cost_usd = 0.0012};
    for (; self->emitted < upto; self->emitted++) {
        self->emitted_ns [self->emitted] = monotonic_ns ();
        if (zcost_emit (self->client, &event) != 0)
            return fail ("the queue is full: the daemon does not keep up");
    }
    return 0;
}

/* The queue is in order, so a count says which ones are acknowledged. */
static int look (run_t *self, uint64_t before)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (self->client, &stats);
    int64_t now_ns = monotonic_ns ();
    if (stats.lost > 0)
        return fail ("the daemon gave the producer up");
    if (stats.acked < before || stats.acked - before > self->emitted)
        return fail ("more or less is acknowledged than can be");
    for (; self->acknowledged < stats.acked - before; self->acknowledged++)
        spread_add (&self->spread, (uint64_t) (now_ns - self->emitted_ns [self->acknowledged]));
    return 0;
}

/* The first events wait for the connection and the subscription: they are not measured. */
static int warm_up (zcost_t *client)
{
    for (int i = 0; i < WARM_UP_EVENTS; i++)
        if (zcost_query_router (client, "simple", 0.0012) != 0)
            return fail ("cannot emit");
    return zcost_flush (client, CONNECT_MS) == 0 ? 0 : fail ("no acknowledgement");
}

static int measure (run_t *self, const options_t *options)
{
    uint64_t total = (uint64_t) (options->rate * options->seconds);
    int64_t begun_ns = monotonic_ns (), end_ns = begun_ns + (int64_t) (options->seconds * NS_PER_S);
    for (int64_t next_ns = begun_ns; self->acknowledged < total; next_ns += NS_PER_S / TICKS_PER_S) {
        sleep_until (next_ns);
        double share = (double) (next_ns - begun_ns) / (double) (end_ns - begun_ns);
        uint64_t due = share < 1 ? (uint64_t) (share * (double) total) : total;
        if (emit (self, due) != 0 || look (self, WARM_UP_EVENTS) != 0)
            return -1;
        if (next_ns > end_ns + STUCK_MS * 1000000ll)
            return fail ("not all is acknowledged in the end");
    }
    const spread_t *spread = &self->spread;
    printf ("samples=%llu rate=%.0f p50_us=%.0f p99_us=%.0f max_us=%.0f\n", (unsigned long long) spread->samples,
            (double) total * NS_PER_S / (double) (self->emitted_ns [total - 1] - begun_ns),
            (double) spread_quantile (spread, 0.5) / 1e3, (double) spread_quantile (spread, 0.99) / 1e3,
            (double) spread->max / 1e3);
    return 0;
}

static int run (const options_t *options)
{
    static run_t self;
    const zcost_options_t zcost = {.size = sizeof zcost, .endpoint = options->endpoint, .publish = options->publish};
    int rc = zcost_open (&zcost, &self.client);
    if (rc != 0)
        return fail (zcost_strerror (rc));
    self.emitted_ns = malloc ((size_t) (options->rate * options->seconds) * sizeof *self.emitted_ns);
    rc = !self.emitted_ns ? fail ("no memory") : warm_up (self.client) == 0 ? measure (&self, options) : -1;
    zcost_close (&self.client, 0);
    free (self.emitted_ns);
    return rc;
}

static bool read_options (int argc, char **argv, options_t *options)
{
    static const struct option names [] = {{"endpoint", required_argument, NULL, 'e'},
                                           {"publish", required_argument, NULL, 'p'},
                                           {"rate", required_argument, NULL, 'r'},
                                           {"seconds", required_argument, NULL, 's'},
                                           {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long (argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'e':
            options->endpoint = optarg;
            break;
        case 'p':
            options->publish = optarg;
            break;
        case 'r':
            options->rate = atof (optarg);
            break;
        case 's':
            options->seconds = atof (optarg);
            break;
        default:
            return false;
        }
    double events = options->rate * options->seconds;
    return optind == argc && options->rate > 0 && options->seconds > 0 && events >= 1 && events <= EVENTS_MAX;
}

int main (int argc, char **argv)
{
    options_t options = {
        .endpoint = ZCOST_DEFAULT_INGEST, .publish = ZCOST_DEFAULT_PUBLISH, .rate = 100000, .seconds = 3};
    if (!read_options (argc, argv, &options)) {
        fprintf (stderr, "usage: bench_ack [--endpoint EP] [--publish EP] [--rate N] [--seconds S]\n");
        return 2;
    }
    return run (&options) == 0 ? 0 : 1;
}
