/* SPDX-License-Identifier: MPL-2.0
 *
 * query.c - how long the daemon takes to answer.
 *
 *   bench_query --endpoint EP [--rate N] [--seconds S]
 *
 * One REQ client asks for `report` and `health` in turn, N times a second, and prints one line of
 * key=value for each: round trips as the client sees them. A late answer delays the next question.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "bench/ask.h"
#include "bench/clock.h"

#define SAMPLES_MAX 100000

typedef struct {
    const char *query;
    size_t count;
    int64_t ns [SAMPLES_MAX];
} samples_t;

typedef struct {
    const char *endpoint;
    double rate, seconds;
} options_t;

static int by_value (const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

static void print (samples_t *samples)
{
    size_t middle = samples->count / 2, late = samples->count * 99 / 100;
    qsort (samples->ns, samples->count, sizeof *samples->ns, by_value);
    printf ("query=%s samples=%zu median_us=%.1f p99_us=%.1f max_us=%.1f\n", samples->query, samples->count,
            (double) samples->ns [middle] / 1e3, (double) samples->ns [late] / 1e3,
            (double) samples->ns [samples->count - 1] / 1e3);
}

static int measure (ask_t *ask, const options_t *options)
{
    static samples_t samples [] = {{.query = "report"}, {.query = "health"}};
    int64_t unused_ns;
    if (ask_query (ask, "ping", &unused_ns) != 0) /* connects */
        return -1;
    size_t count = (size_t) (options->rate * options->seconds);
    int64_t next_ns = monotonic_ns ();
    for (size_t i = 0; i < count; i++) {
        samples_t *turn = &samples [i % 2];
        sleep_until (next_ns);
        if (ask_query (ask, turn->query, &turn->ns [turn->count]) != 0)
            return -1;
        turn->count++;
        next_ns += (int64_t) (NS_PER_S / options->rate);
        if (next_ns < monotonic_ns ())
            next_ns = monotonic_ns ();
    }
    print (&samples [0]);
    print (&samples [1]);
    return 0;
}

static bool read_options (int argc, char **argv, options_t *options)
{
    static const struct option names [] = {{"endpoint", required_argument, NULL, 'e'},
                                           {"rate", required_argument, NULL, 'r'},
                                           {"seconds", required_argument, NULL, 's'},
                                           {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long (argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'e':
            options->endpoint = optarg;
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
    return optind == argc && options->endpoint && options->rate * options->seconds >= 2 &&
           options->rate * options->seconds <= SAMPLES_MAX;
}

int main (int argc, char **argv)
{
    options_t options = {.rate = 200, .seconds = 3};
    if (!read_options (argc, argv, &options)) {
        fprintf (stderr, "usage: bench_query --endpoint EP [--rate N] [--seconds S]\n");
        return 2;
    }
    void *context = zmq_ctx_new ();
    ask_t *ask = context ? ask_new (context, options.endpoint) : NULL;
    int rc = ask ? measure (ask, &options) : -1;
    ask_destroy (&ask);
    if (context)
        zmq_ctx_term (context);
    return rc == 0 ? 0 : 1;
}
