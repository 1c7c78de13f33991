/* SPDX-License-Identifier: MPL-2.0
 *
 * ingest.c - both ends of a throughput run: the sender, and the bare drain that zcostd is held against.
 *
 *   bench_ingest send --endpoint EP --events N --batch B --event small|large [--query EP]
 *   bench_ingest drain --endpoint EP... --high-water-mark N
 *
 * `send` is one PUSH socket that sends N events flat out, packing included. With --query it then
 * waits until the daemon says that it has taken them all, and fails where one is missing or was
 * rejected; it asks only when all is sent, so that asking slows nobody down. Without, it stays
 * until its stdin ends: whoever runs it knows when the drain has all.
 *
 * `drain` is the daemon's receive loop with nothing behind it: poll, receive without waiting, drop.
 * It prints a line for each endpoint that it bound, then answers each line `N` on stdin with a line
 * once it has received N more messages, until stdin ends.
 *
 * Times on stdout are CLOCK_MONOTONIC, which both ends share.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/ask.h"
#include "bench/clock.h"
#include "bench/load.h"
#include "bench/push.h"

#define STUCK_MS 10000
#define ENDPOINTS_MAX 4

/* As in the daemon's drain. */
#define DRAIN_FRAMES_MAX 4096
#define DRAIN_BYTES_MAX (256u << 10)
#define DRAIN_PAUSES_MAX 8

typedef struct {
    const char *endpoints [ENDPOINTS_MAX];
    size_t endpoints_count;
    const char *query, *event;
    unsigned long long events, batch;
    int high_water_mark;
} options_t;

static int fail (const char *what)
{
    fprintf (stderr, "bench_ingest: %s: %s\n", what, zmq_strerror (zmq_errno ()));
    return -1;
}

/* ---------------------------------------------------------------------------- the sender */

static int send_all (void *push, load_t *load, unsigned long long messages, size_t *ret_bytes)
{
    size_t bytes = 0;
    for (unsigned long long i = 0; i < messages; i++) {
        zmq_msg_t message;
        if (load_next (load, &message) != 0)
            return fail ("message");
        bytes += zmq_msg_size (&message);
        if (zmq_msg_send (&message, push, 0) == -1) {
            fail ("send");
            zmq_msg_close (&message);
            return -1;
        }
    }
    *ret_bytes = bytes;
    return 0;
}

/* Over ipc, libzmq loses what is in the kernel's buffer when a peer leaves while the receiver is at
 * its high-water mark, whatever the linger (libzmq issue 4660): stay until all has been received. */
static void stay (void)
{
    while (getchar () != EOF)
        ;
}

/* One run over sockets that stand. Prints when it began and, where there is someone to ask, when
 * the daemon had all. */
static int send_run (const options_t *options, void *push, load_t *load, ask_t *ask)
{
    uint64_t accepted = 0, rejected = 0;
    size_t bytes = 0;
    if (ask && ask_counts (ask, &accepted, &rejected) != 0)
        return -1;
    int64_t started_ns = monotonic_ns ();
    printf ("started_ns=%lld\n", (long long) started_ns);
    fflush (stdout);
    if (send_all (push, load, options->events / options->batch, &bytes) != 0)
        return -1;
    printf ("sent_ns=%lld events=%llu bytes=%zu", (long long) monotonic_ns (), options->events, bytes);
    if (ask) {
        if (push_wait (ask, accepted + options->events, rejected) != 0)
            return -1;
        printf (" finished_ns=%lld", (long long) monotonic_ns ());
    } else
        stay ();
    struct timespec cpu;
    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu);
    printf (" cpu_ns=%lld\n", cpu.tv_sec * NS_PER_S + cpu.tv_nsec);
    return 0;
}

static int run_send (const options_t *options)
{
    int rc = -1;
    load_t *load = load_new (options->event, (unsigned) options->batch);
    void *context = zmq_ctx_new ();
    void *push = context ? push_open (context, options->endpoints [0]) : NULL;
    ask_t *ask = push && options->query ? ask_new (context, options->query) : NULL;
    if (!load)
        fail ("load");
    else if (push && (ask || !options->query))
        rc = send_run (options, push, load, ask);
    ask_destroy (&ask);
    if (push)
        zmq_close (push);
    if (context)
        zmq_ctx_term (context);
    load_destroy (&load);
    return rc;
}

/* ----------------------------------------------------------------------------- the drain */

/* Receives and drops until nothing is there, or a bound; with the pauses that the daemon makes, so
 * that it is not ahead by a better loop. */
static void drain (void *pull, zmq_msg_t *frame, unsigned long long *messages, unsigned long long *bytes)
{
    size_t turn_bytes = 0;
    unsigned frames = 0, frames_then = 0, pauses = 0;
    while (frames < DRAIN_FRAMES_MAX && turn_bytes < DRAIN_BYTES_MAX) {
        if (zmq_msg_recv (frame, pull, ZMQ_DONTWAIT) == -1) {
            if (errno == EINTR)
                continue;
            if (frames == frames_then || pauses++ == DRAIN_PAUSES_MAX)
                break;
            frames_then = frames;
            sched_yield ();
            continue;
        }
        turn_bytes += zmq_msg_size (frame);
        frames++;
    }
    *messages += frames;
    *bytes += turn_bytes;
}

static int drain_run (void *pull, unsigned long long wanted)
{
    zmq_pollitem_t item = {pull, 0, ZMQ_POLLIN, 0};
    unsigned long long messages = 0, bytes = 0;
    zmq_msg_t frame;
    zmq_msg_init (&frame);
    while (messages < wanted && zmq_poll (&item, 1, STUCK_MS) > 0)
        drain (pull, &frame, &messages, &bytes);
    int64_t finished_ns = monotonic_ns ();
    zmq_msg_close (&frame);
    if (messages != wanted) {
        fprintf (stderr, "bench_ingest: drained %llu messages instead of %llu\n", messages, wanted);
        return -1;
    }
    printf ("finished_ns=%lld messages=%llu bytes=%llu\n", (long long) finished_ns, messages, bytes);
    fflush (stdout);
    return 0;
}

static int bind_all (void *pull, const options_t *options)
{
    for (size_t i = 0; i < options->endpoints_count; i++) {
        char bound [256];
        size_t size = sizeof bound;
        if (zmq_bind (pull, options->endpoints [i]) != 0 || zmq_getsockopt (pull, ZMQ_LAST_ENDPOINT, bound, &size) != 0)
            return fail (options->endpoints [i]);
        printf ("event=listening role=ingest endpoint=%s\n", bound);
    }
    fflush (stdout);
    return 0;
}

static int run_drain (const options_t *options)
{
    int rc = -1;
    char line [64];
    void *context = zmq_ctx_new ();
    void *pull = context ? zmq_socket (context, ZMQ_PULL) : NULL;
    if (!pull || zmq_setsockopt (pull, ZMQ_RCVHWM, &options->high_water_mark, sizeof options->high_water_mark) != 0)
        fail ("socket");
    else
        rc = bind_all (pull, options);
    while (rc == 0 && fgets (line, sizeof line, stdin))
        rc = drain_run (pull, strtoull (line, NULL, 10));
    if (pull)
        zmq_close (pull);
    if (context)
        zmq_ctx_term (context);
    return rc;
}

/* --------------------------------------------------------------------------- the options */

static bool read_options (int argc, char **argv, options_t *options)
{
    static const struct option names [] = {{"endpoint", required_argument, NULL, 'e'},
                                           {"query", required_argument, NULL, 'q'},
                                           {"events", required_argument, NULL, 'n'},
                                           {"batch", required_argument, NULL, 'b'},
                                           {"event", required_argument, NULL, 'v'},
                                           {"high-water-mark", required_argument, NULL, 'h'},
                                           {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long (argc, argv, "", names, NULL)) != -1;)
        switch (name) {
        case 'e':
            if (options->endpoints_count == ENDPOINTS_MAX)
                return false;
            options->endpoints [options->endpoints_count++] = optarg;
            break;
        case 'q':
            options->query = optarg;
            break;
        case 'n':
            options->events = strtoull (optarg, NULL, 10);
            break;
        case 'b':
            options->batch = strtoull (optarg, NULL, 10);
            break;
        case 'v':
            options->event = optarg;
            break;
        case 'h':
            options->high_water_mark = atoi (optarg);
            break;
        default:
            return false;
        }
    return optind == argc - 1 && options->endpoints_count > 0 && options->high_water_mark > 0 && options->batch > 0 &&
           options->batch <= 100000 && options->events % options->batch == 0 &&
           (strcmp (options->event, "small") == 0 || strcmp (options->event, "large") == 0);
}

int main (int argc, char **argv)
{
    options_t options = {.event = "small", .events = 100000, .batch = 1, .high_water_mark = 1000};
    if (read_options (argc, argv, &options)) {
        if (strcmp (argv [optind], "send") == 0)
            return run_send (&options) == 0 ? 0 : 1;
        if (strcmp (argv [optind], "drain") == 0)
            return run_drain (&options) == 0 ? 0 : 1;
    }
    fprintf (stderr,
             "usage: bench_ingest send --endpoint EP --events N --batch B --event small|large [--query EP]\n"
             "       bench_ingest drain --endpoint EP... --high-water-mark N\n"
             "N is a multiple of B.\n");
    return 2;
}
