/* SPDX-License-Identifier: MPL-2.0
 *
 * fuzz_track.c - any bytes, as what comes to zboard from outside, against what must hold of all bytes: events in JSON,
 * parameters of a URL, and replies of a daemon.
 *
 *   build/fuzz/fuzz_track build/fuzz/corpus_track tests/fuzz/corpus_track
 *
 * The first byte chooses which of them the rest is. Events go to two clients without a daemon, one that has room and
 * one that has none. Neither tells of earlier inputs, so that what is found is found again from its bytes alone.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/envelope.h"
#include "wire/decode.h"
#include "wire/encode.h"
#include "wire/json.h"
#include "wire/utf8.h"
#include "zboard/url_arguments.h"
#include "zboard/metrics.h"
#include "zboard/track.h"
#include "zboard/upstream.h"

#define NOBODY "tcp://127.0.0.1:9" /* discard: nobody listens there */
#define ROOM_BYTES (16 << 20)
#define NO_ROOM_BYTES (64 << 10)
#define LABELS_MAX 4

/* Not assert: it must hold in a build without asserts too. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf (stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                            \
            abort ();                                                                                                  \
        }                                                                                                              \
    } while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int __real_zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count);
int __wrap_zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count);

/* ----------------------------------------------------------------------- events */

static size_t emitted_last; /* by the last zb_track */

static int64_t now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C (1000) + now.tv_nsec / 1000000;
}

/* What is tracked is an event to the daemon: one, all of it, and no other money than was read. */
static void check_emitted (const zcost_event_t *event)
{
    uint8_t bytes [ZC_ENCODED_MAX];
    size_t size;
    zc_frame_t frame;
    zc_event_t decoded;
    zc_reject_t reject;
    int64_t now = now_ms ();
    MUST (zc_encode (event, NULL, now, bytes, &size) == 0);
    zc_decode_init (&frame, bytes, size, now, 1);
    MUST (!frame.stamped && zc_decode_next (&frame, &decoded, &reject) == ZC_STEP_EVENT);
    MUST (decoded.type == event->type);
    MUST (!(decoded.has & ZC_BIT (ZC_KEY_COST)) || decoded.cost_nanousd == llrint (event->cost_usd * 1e9));
    MUST (!(decoded.has & ZC_BIT (ZC_KEY_INPUT_TOKENS)) || decoded.input_tokens == event->input_tokens);
    MUST (zc_decode_next (&frame, &decoded, &reject) == ZC_STEP_END);
}

int __wrap_zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_emitted (&events [i]);
    emitted_last = count;
    return __real_zcost_try_emit (client, events, count);
}

static zcost_t *client_of (size_t queue_bytes)
{
    zcost_t *client = NULL;
    const zcost_options_t options = {
        .size = sizeof options,
        .endpoint = NOBODY,
        .queue_bytes = queue_bytes,
        .flush_interval_ms = 1000,
    };
    MUST (zcost_open (&options, &client) == 0);
    return client;
}

static zcost_stats_t stats_of (const zcost_t *client)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (client, &stats);
    return stats;
}

/* Half of it is free, at least: more than any input can fill. */
static zcost_t *client_with_room (void)
{
    static zcost_t *client;
    if (client && stats_of (client).queued_bytes > ROOM_BYTES / 2)
        zcost_close (&client, 0);
    if (!client)
        client = client_of (ROOM_BYTES);
    return client;
}

static zcost_t *client_without_room (void)
{
    static zcost_t *client;
    const zcost_event_t least = {.size = sizeof least, .type = ZCOST_LLM_CALL};
    if (!client) {
        client = client_of (NO_ROOM_BYTES);
        while (zcost_emit (client, &least) == 0)
            ;
    }
    return client;
}

/* One JSON object that says what is wrong. */
static void check_failure (const char *text, size_t size)
{
    json_t *failure = json_loadb (text, size, 0, NULL);
    MUST (failure && strlen (text) == size && zc_utf8_valid (text, size));
    MUST (json_string_length (json_object_get (failure, "code")) > 0);
    MUST (json_is_string (json_object_get (failure, "detail")));
    json_decref (failure);
}

/* All or none, and each event is counted under one head. */
static zb_tracked_t track (zcost_t *client, const uint8_t *data, size_t size)
{
    zb_track_counts_t counts = {0};
    char *failure = NULL;
    size_t failure_size = 0;
    zcost_stats_t before = stats_of (client);
    emitted_last = 0;
    zb_tracked_t tracked = zb_track (client, (const char *) data, size, &counts, &failure, &failure_size);
    zcost_stats_t after = stats_of (client);
    MUST (tracked != ZB_TRACK_FAILED);
    MUST ((tracked == ZB_TRACK_BAD) == (failure != NULL));
    MUST (after.dropped == before.dropped);
    MUST (after.emitted - before.emitted == (tracked == ZB_TRACKED ? emitted_last : 0));
    MUST (after.queued - before.queued == after.emitted - before.emitted);
    MUST (counts.tracked == (tracked == ZB_TRACKED ? emitted_last : 0));
    MUST (counts.full == (tracked == ZB_TRACK_FULL ? emitted_last : 0));
    MUST ((counts.bad > 0) == (tracked == ZB_TRACK_BAD) && counts.bad <= size + 1);
    if (failure)
        check_failure (failure, failure_size);
    free (failure);
    return tracked;
}

static void check_track (const uint8_t *data, size_t size)
{
    zb_tracked_t with_room = track (client_with_room (), data, size);
    size_t count = emitted_last;
    zb_tracked_t without = track (client_without_room (), data, size);
    MUST (with_room == ZB_TRACKED || with_room == ZB_TRACK_BAD);
    MUST (without == (with_room == ZB_TRACKED && count > 0 ? ZB_TRACK_FULL : with_room));
}

/* ------------------------------------------------------------------- parameters */

/* What the daemon is asked: known names, each of its kind. */
static void check_request (json_t *request)
{
    static const struct {
        const char *name;
        json_type type;
    } arguments [] = {{"since", JSON_INTEGER}, {"until", JSON_INTEGER},  {"limit", JSON_INTEGER},
                      {"step", JSON_INTEGER},  {"service", JSON_STRING}, {"by", JSON_ARRAY},
                      {"where", JSON_OBJECT}};
    size_t known = 0, size;
    void *bytes;
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        const json_t *value = json_object_get (request, arguments [i].name);
        known += value != NULL;
        MUST (!value || json_typeof (value) == arguments [i].type);
    }
    MUST (known == json_object_size (request));
    MUST (zc_json_pack (request, &bytes, &size) == 0);
    free (bytes);
}

static void add (json_t *request, unsigned takes, const char *name, const char *value, size_t why_size)
{
    char *why = malloc (why_size), *text;
    size_t before = json_object_size (request), size;
    *why = '\0';
    int rc = zb_url_arguments_add (request, takes, name, value, why, why_size);
    MUST (rc == 0 || rc == -1);
    MUST (memchr (why, '\0', why_size) && (rc == -1) == (*why != '\0'));
    MUST (json_object_size (request) <= before + 1);
    text = zb_upstream_event_failure_text ("bad_request", why, &size);
    MUST (text);
    check_failure (text, size);
    free (text);
    free (why);
    check_request (request);
}

/* Two bytes for what is taken and what room there is for a reason, then name=value&name&name=value. */
static void check_arguments (const uint8_t *data, size_t size)
{
    if (size < 2)
        return;
    json_t *request = json_object ();
    char *text = malloc (size - 1), *rest = text;
    memcpy (text, data + 2, size - 2);
    text [size - 2] = '\0';
    while (rest) {
        char *value = strsep (&rest, "&"), *name = strsep (&value, "=");
        add (request, data [0], name, value, 2 + data [1]);
    }
    free (text);
    json_decref (request);
}

/* ----------------------------------------------------------------------- replies */

/* Any result as the answer to each question that /metrics puts: text, line by line. */
static void check_metrics (json_t *result)
{
    json_t *answers [ZB_ASKS];
    char *text = NULL;
    size_t size;
    zb_metrics_t *metrics = zb_metrics_new (LABELS_MAX);
    zb_exposition_t out = {.out = open_memstream (&text, &size), .open_metrics = true};
    MUST (metrics && out.out);
    for (int i = 0; i < ZB_ASKS; i++)
        answers [i] = result;
    zb_metrics_write (metrics, answers, &out);
    zb_exposition_end (&out);
    MUST (fclose (out.out) == 0 && strlen (text) == size && zc_utf8_valid (text, size));
    for (const char *line = text, *end; (end = strchr (line, '\n')); line = end + 1) {
        const char *number = end;
        while (number > line && number [-1] != ' ')
            number--;
        MUST (*line == '#' || (strncmp (line, "zcost_", 6) == 0 && number < end && number > line));
        MUST (*line == '#' || strspn (number, "0123456789+-.einfNa") == (size_t) (end - number));
    }
    MUST (strcmp (text + size - 6, "# EOF\n") == 0);
    free (text);
    zb_metrics_destroy (&metrics);
}

static void check_reply (const uint8_t *data, size_t size)
{
    zc_envelope_t reply;
    size_t text_size;
    memset (&reply, 0x5a, sizeof reply);
    zc_envelope_open (data, size, &reply);
    MUST (reply.kind == ZC_REPLY_RESULT || reply.kind == ZC_REPLY_REFUSAL || reply.kind == ZC_REPLY_FOREIGN);
    MUST ((reply.kind == ZC_REPLY_RESULT) == (reply.result != NULL));
    MUST (memchr (reply.code, '\0', sizeof reply.code) && memchr (reply.message, '\0', sizeof reply.message));
    MUST (reply.kind != ZC_REPLY_FOREIGN || *reply.message);
    char *text = zb_upstream_event_failure_text ("x", reply.message, &text_size);
    MUST (text);
    check_failure (text, text_size);
    free (text);
    if (!reply.result)
        return;
    MUST (json_is_object (reply.result));
    check_metrics (reply.result);
    text = zc_json_text (reply.result, true);
    MUST (text);
    free (text);
    json_decref (reply.result);
}

/* So that a seed can be read, a letter each: r, a, t. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static void (*const checks []) (const uint8_t *, size_t) = {check_reply, check_arguments, check_track};
    if (size > 0)
        checks [*data % 3](data + 1, size - 1);
    return 0;
}
