/* SPDX-License-Identifier: MPL-2.0
 *
 * question.c - how long the daemon takes to answer about a window of time.
 *
 *   bench_question breakdown|series --endpoint EP --last S [--by NAME,...] [--step S] [--rate N] [--count N]
 *
 * One REQ client asks for the last S seconds, grouped, N times a second at most, until so many are answered; without
 * --count, until stdin ends. It prints `event=asking` when the first one is, and at its end one line of key=value:
 * round trips as the client sees them, the bytes of the last reply, and how many were refused as `unavailable`.
 */
#include <getopt.h>
#include <msgpack.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "bench/ask.h"
#include "bench/clock.h"

#define SAMPLES_MAX 100000
#define NAMES_MAX 9

typedef struct {
    const char *query, *endpoint;
    char *by [NAMES_MAX];
    size_t by_count;
    long last_s, step_s;
    double rate;
    size_t count; /* 0: until stdin ends */
} options_t;

typedef struct {
    size_t count, unavailable, reply_bytes;
    int64_t ns [SAMPLES_MAX];
} samples_t;

static void put_text (msgpack_packer *out, const char *text)
{
    msgpack_pack_str (out, strlen (text));
    msgpack_pack_str_body (out, text, strlen (text));
}

/* The window ends now, as a dashboard's does: no two questions are the same. */
static void pack_request (const options_t *options, msgpack_sbuffer *request)
{
    msgpack_packer out;
    msgpack_sbuffer_clear (request);
    msgpack_packer_init (&out, request, msgpack_sbuffer_write);
    msgpack_pack_map (&out, options->step_s ? 4 : 3);
    put_text (&out, "query");
    put_text (&out, options->query);
    put_text (&out, "since");
    msgpack_pack_int64 (&out, ((int64_t) time (NULL) - options->last_s) * 1000);
    put_text (&out, "by");
    msgpack_pack_array (&out, options->by_count);
    for (size_t i = 0; i < options->by_count; i++)
        put_text (&out, options->by [i]);
    if (options->step_s) {
        put_text (&out, "step");
        msgpack_pack_int64 (&out, options->step_s);
    }
}

static bool goes_on (const options_t *options, const samples_t *samples)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    char byte;
    if (options->count)
        return samples->count < options->count;
    return samples->count < SAMPLES_MAX && (poll (&input, 1, 0) != 1 || fread (&byte, 1, 1, stdin) == 1);
}

static int measure (ask_t *ask, const options_t *options, msgpack_sbuffer *request, samples_t *samples)
{
    int64_t next_ns = monotonic_ns ();
    while (goes_on (options, samples)) {
        sleep_until (next_ns);
        pack_request (options, request);
        int rc = ask_packed (ask, request->data, request->size, &samples->ns [samples->count], &samples->reply_bytes);
        if (rc == -1)
            return -1;
        if (samples->count + samples->unavailable == 0) {
            printf ("event=asking\n");
            fflush (stdout);
        }
        samples->count += rc == 0;
        samples->unavailable += rc == 1;
        next_ns += (int64_t) (NS_PER_S / options->rate);
        if (next_ns < monotonic_ns ())
            next_ns = monotonic_ns ();
    }
    return samples->count ? 0 : -1;
}

static int by_value (const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

static void print (samples_t *samples)
{
    size_t middle = samples->count / 2, late = samples->count * 99 / 100;
    qsort (samples->ns, samples->count, sizeof *samples->ns, by_value);
    printf ("samples=%zu unavailable=%zu reply_bytes=%zu median_us=%.1f p99_us=%.1f max_us=%.1f\n", samples->count,
            samples->unavailable, samples->reply_bytes, (double) samples->ns [middle] / 1e3,
            (double) samples->ns [late] / 1e3, (double) samples->ns [samples->count - 1] / 1e3);
}

static bool read_names (char *list, options_t *options)
{
    for (char *rest = NULL, *name = strtok_r (list, ",", &rest); name; name = strtok_r (NULL, ",", &rest)) {
        if (options->by_count == NAMES_MAX)
            return false;
        options->by [options->by_count++] = name;
    }
    return true;
}

static bool read_options (int argc, char **argv, options_t *options)
{
    static const struct option names [] = {{"endpoint", required_argument, NULL, 'e'},
                                           {"last", required_argument, NULL, 'l'},
                                           {"by", required_argument, NULL, 'b'},
                                           {"step", required_argument, NULL, 's'},
                                           {"rate", required_argument, NULL, 'r'},
                                           {"count", required_argument, NULL, 'n'},
                                           {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long (argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'e':
            options->endpoint = optarg;
            break;
        case 'l':
            options->last_s = atol (optarg);
            break;
        case 'b':
            if (!read_names (optarg, options))
                return false;
            break;
        case 's':
            options->step_s = atol (optarg);
            break;
        case 'r':
            options->rate = atof (optarg);
            break;
        case 'n':
            options->count = strtoul (optarg, NULL, 10);
            break;
        default:
            return false;
        }
    options->query = optind == argc - 1 ? argv [optind] : "";
    bool series = strcmp (options->query, "series") == 0;
    return (series || strcmp (options->query, "breakdown") == 0) && options->endpoint && options->last_s > 0 &&
           options->rate > 0 && options->count <= SAMPLES_MAX && series == (options->step_s > 0);
}

int main (int argc, char **argv)
{
    static samples_t samples;
    options_t options = {.rate = 1e6};
    if (!read_options (argc, argv, &options)) {
        fprintf (stderr,
                 "usage: bench_question breakdown|series --endpoint EP --last S [--by NAME,...] [--step S] "
                 "[--rate N] [--count N]\n");
        return 2;
    }
    msgpack_sbuffer request;
    msgpack_sbuffer_init (&request);
    void *context = zmq_ctx_new ();
    ask_t *ask = context ? ask_new (context, options.endpoint) : NULL;
    int rc = ask ? measure (ask, &options, &request, &samples) : -1;
    if (rc == 0)
        print (&samples);
    ask_destroy (&ask);
    if (context)
        zmq_ctx_term (context);
    msgpack_sbuffer_destroy (&request);
    return rc == 0 ? 0 : 1;
}
