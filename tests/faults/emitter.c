/* SPDX-License-Identifier: MPL-2.0
 *
 * emitter.c - a service over libzcost, for the tests of what becomes of its events.
 *
 *   emitter --ingest ENDPOINT --publish ENDPOINT --marks FILE [--spool DIR] [--service NAME]
 *           [--queue-bytes N] [--pause-us N] [--close-ms N]
 *
 * Emits one event for each line of stdin, `TYPE key=value ...` with the keys of the wire contract (no
 * value holds a space), and waits --pause-us after each. FILE holds a byte an event, and outlives a
 * kill -9: 0 not begun, 1 begun, 2 the library took it, 3 it was dropped. At the end of stdin closes the
 * client, waiting --close-ms, and prints how that went and the library's counters before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "zcost.h"

enum { NOT_BEGUN, BEGUN, TAKEN, DROPPED };

#define EVENTS_MAX (1 << 20)

typedef struct {
    zcost_options_t client;
    const char *marks;
    long pause_us, close_ms;
} options_t;

__attribute__ ((noreturn, format (printf, 1, 2))) static void fail (const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    fputs ("emitter: ", stderr);
    vfprintf (stderr, format, arguments);
    fputc ('\n', stderr);
    va_end (arguments);
    exit (2);
}

/* ------------------------------------------------------------------------ a line, an event */

static const char *const types [] = {
    [ZCOST_QUERY_ROUTER] = "query_router",
    [ZCOST_EMBEDDING_CACHE] = "embedding_cache",
    [ZCOST_RAG_PARALLEL] = "rag_parallel",
    [ZCOST_LLM_CALL] = "llm_call",
};

static const struct {
    const char *key;
    enum { TEXT, COUNT, REAL, TRUTH } kind;
    size_t offset;
    unsigned has;
} fields [] = {
    {"tier", TEXT, offsetof (zcost_event_t, tier), 0},
    {"model", TEXT, offsetof (zcost_event_t, model), 0},
    {"provider", TEXT, offsetof (zcost_event_t, provider), 0},
    {"cost", REAL, offsetof (zcost_event_t, cost_usd), ZCOST_HAS_COST},
    {"input_tokens", COUNT, offsetof (zcost_event_t, input_tokens), ZCOST_HAS_INPUT_TOKENS},
    {"cache_read_tokens", COUNT, offsetof (zcost_event_t, cache_read_tokens), ZCOST_HAS_CACHE_READ_TOKENS},
    {"cache_write_tokens", COUNT, offsetof (zcost_event_t, cache_write_tokens), ZCOST_HAS_CACHE_WRITE_TOKENS},
    {"output_tokens", COUNT, offsetof (zcost_event_t, output_tokens), ZCOST_HAS_OUTPUT_TOKENS},
    {"reasoning_tokens", COUNT, offsetof (zcost_event_t, reasoning_tokens), ZCOST_HAS_REASONING_TOKENS},
    {"latency_ms", REAL, offsetof (zcost_event_t, latency_ms), ZCOST_HAS_LATENCY},
    {"hit", TRUTH, offsetof (zcost_event_t, hit), ZCOST_HAS_HIT},
    {"hits", COUNT, offsetof (zcost_event_t, hits), ZCOST_HAS_HITS},
    {"misses", COUNT, offsetof (zcost_event_t, misses), ZCOST_HAS_MISSES},
    {"time_saved_seconds", REAL, offsetof (zcost_event_t, time_saved_seconds), ZCOST_HAS_TIME_SAVED},
    {"ts", COUNT, offsetof (zcost_event_t, ts_ms), 0},
};

static void set (zcost_event_t *event, const char *key, const char *value)
{
    size_t i = 0;
    while (i < sizeof fields / sizeof *fields && strcmp (key, fields [i].key) != 0)
        i++;
    if (i == sizeof fields / sizeof *fields)
        fail ("unknown key %s", key);
    char *place = (char *) event + fields [i].offset;
    int64_t count = fields [i].kind == COUNT ? strtoll (value, NULL, 10) : 0;
    double real = fields [i].kind == REAL ? strtod (value, NULL) : 0;
    bool truth = !strcmp (value, "True");
    switch (fields [i].kind) {
    case TEXT:
        memcpy (place, &value, sizeof value);
        break;
    case COUNT:
        memcpy (place, &count, sizeof count);
        break;
    case REAL:
        memcpy (place, &real, sizeof real);
        break;
    case TRUTH:
        memcpy (place, &truth, sizeof truth);
        break;
    }
    event->has |= fields [i].has;
}

/* The event's strings are those of the line, which is cut up. */
static zcost_event_t parse (char *line)
{
    zcost_event_t event = ZCOST_EVENT_INIT;
    char *rest = NULL;
    const char *type = strtok_r (line, " \n", &rest);
    for (size_t i = 1; type && i < sizeof types / sizeof *types; i++)
        if (!strcmp (type, types [i]))
            event.type = (zcost_type_t) i;
    if (!event.type)
        fail ("unknown type %s", type ? type : "");
    for (char *pair; (pair = strtok_r (NULL, " \n", &rest));) {
        char *equals = strchr (pair, '=');
        if (!equals)
            fail ("no value: %s", pair);
        *equals = '\0';
        set (&event, pair, equals + 1);
    }
    return event;
}

/* --------------------------------------------------------------------------------- running */

static void wait_us (long us)
{
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (us && nanosleep (&left, &left) && errno == EINTR)
        ;
}

/* In the page cache, which a killed process leaves behind. */
static volatile unsigned char *map_marks (const char *path)
{
    int file = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate (file, EVENTS_MAX))
        fail ("%s: %s", path, strerror (errno));
    void *marks = mmap (NULL, EVENTS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (marks == MAP_FAILED)
        fail ("%s: %s", path, strerror (errno));
    close (file);
    return marks;
}

static void emit_all (zcost_t *client, const options_t *options)
{
    volatile unsigned char *marks = map_marks (options->marks);
    char *line = NULL;
    size_t size = 0;
    for (size_t i = 0; i < EVENTS_MAX && getline (&line, &size, stdin) > 0; i++) {
        zcost_event_t event = parse (line);
        marks [i] = BEGUN;
        int error = zcost_emit (client, &event);
        if (error && error != ZCOST_EFULL)
            fail ("event %zu: %s", i, zcost_strerror (error));
        marks [i] = error ? DROPPED : TAKEN;
        wait_us (options->pause_us);
    }
    free (line);
}

static options_t parse_options (int argc, char **argv)
{
    enum { INGEST, PUBLISH, MARKS, SPOOL, SERVICE, QUEUE_BYTES, PAUSE_US, CLOSE_MS, OPTIONS };
    static const char *const names [OPTIONS] = {"ingest",  "publish",     "marks",    "spool",
                                                "service", "queue-bytes", "pause-us", "close-ms"};
    const char *values [OPTIONS] = {[CLOSE_MS] = "10000"};
    struct option known [OPTIONS + 1] = {0};
    for (int i = 0; i < OPTIONS; i++)
        known [i] = (struct option){names [i], required_argument, NULL, i};
    for (int code; (code = getopt_long (argc, argv, "", known, NULL)) != -1;) {
        if (code >= OPTIONS)
            exit (2);
        values [code] = optarg;
    }
    if (!values [MARKS])
        fail ("no --marks");
    return (options_t){
        .client = {.size = sizeof (zcost_options_t),
                   .endpoint = values [INGEST],
                   .publish = values [PUBLISH],
                   .spool_dir = values [SPOOL],
                   .service = values [SERVICE],
                   .queue_bytes = values [QUEUE_BYTES] ? strtoul (values [QUEUE_BYTES], NULL, 10) : 0},
        .marks = values [MARKS],
        .pause_us = values [PAUSE_US] ? strtol (values [PAUSE_US], NULL, 10) : 0,
        .close_ms = strtol (values [CLOSE_MS], NULL, 10),
    };
}

int main (int argc, char **argv)
{
    options_t options = parse_options (argc, argv);
    zcost_t *client = NULL;
    int error = zcost_open (&options.client, &client);
    if (error)
        fail ("open: %s", zcost_strerror (error));
    emit_all (client, &options);
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (client, &stats);
    error = zcost_close (&client, (int) options.close_ms);
    printf ("emitted=%llu dropped=%llu close=%d\n", (unsigned long long) stats.emitted,
            (unsigned long long) stats.dropped, error);
    return 0;
}
