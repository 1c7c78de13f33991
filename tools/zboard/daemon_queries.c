/* SPDX-License-Identifier: MPL-2.0
 *
 * daemon_queries.c - queries under way; see queries.h.
 */
#include "zboard/daemon_queries.h"

#include <czmq.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"
#include "bus/envelope.h"
#include "bus/monitor.h"
#include "wire/json.h"

#define QUERY_MS 11000  /* the daemon itself gives up after 10 s */
#define LENIENT_MS 5000 /* who scrapes waits for 10 s, as a rule, and is to have what there is */
#define HOLD_MS 200     /* longest that a query waits for acknowledgements */
#define HOLD_LOOK_MS 1
#define HEARTBEAT_MS 5000
#define RECONNECT_MAX_MS 500
#define TURN_MS 10                 /* of replies; a large one takes some 100 ms */
#define REPLY_MAX_BYTES (64 << 20) /* more than the 100,000 points of a series: beyond, libzmq hangs up */
#define LARGE_BYTES (1 << 20)      /* memory of such an answer goes back to the system */

/* A query under way. Its parts go out numbered: place, round and part. */
typedef struct {
    zb_daemon_query_t *query; /* NULL: free */
    uint32_t round;           /* tells a late reply to an earlier query in this place */
    bool held;
    int64_t begun_ms;
    json_t *results [ZB_PARTS_MAX];
    bool settled [ZB_PARTS_MAX];
    size_t left;
} place_t;

typedef struct {
    uint32_t place, round, part;
} tag_t; /* in front of a question; comes back with its reply */

struct zb_daemon_queries {
    const char *endpoint;
    const zcost_t *events;
    zc_mailbox_t *outbox;
    zsock_t *dealer;
    zc_monitor_t *monitor;
    bool connected;
    unsigned ends; /* of connections */
    place_t places [ZB_DAEMON_QUERIES_MAX];
    uint32_t rounds;
};

zb_daemon_query_t *zb_daemon_query_new (void)
{
    zb_daemon_query_t *self = calloc (1, sizeof *self);
    if (self && !(self->answer = calloc (1, sizeof *self->answer)))
        zb_daemon_query_destroy (&self);
    return self;
}

void zb_daemon_query_destroy (zb_daemon_query_t **self_p)
{
    zb_daemon_query_t *self = *self_p;
    for (size_t i = 0; self && i < self->parts_count; i++)
        json_decref (self->parts [i]);
    if (self)
        zb_upstream_event_destroy (&self->answer);
    free (self);
    *self_p = NULL;
}

/* ----------------------------------------------------------------------- its life */

static void free_place (place_t *place)
{
    for (size_t i = 0; i < ZB_PARTS_MAX; i++) {
        json_decref (place->results [i]);
        place->results [i] = NULL;
    }
    zb_daemon_query_destroy (&place->query);
}

static zsock_t *open_dealer (void)
{
    zsock_t *socket = zsock_new (ZMQ_DEALER);
    if (!socket)
        return NULL;
    zsock_set_linger (socket, 0);
    zsock_set_immediate (socket, 1); /* a daemon that is away is told at once, not asked when it is back */
    zsock_set_maxmsgsize (socket, REPLY_MAX_BYTES);
    zsock_set_sndhwm (socket, 2 * ZB_DAEMON_QUERIES_MAX * ZB_PARTS_MAX);
    zsock_set_rcvhwm (socket, 2 * ZB_DAEMON_QUERIES_MAX * ZB_PARTS_MAX);
    zsock_set_heartbeat_ivl (socket, HEARTBEAT_MS);
    zsock_set_reconnect_ivl_max (socket, RECONNECT_MAX_MS);
    return socket;
}

zb_daemon_queries_t *zb_daemon_queries_new (const char *endpoint, const zcost_t *events, zc_mailbox_t *outbox)
{
    zb_daemon_queries_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    *self = (zb_daemon_queries_t){.endpoint = endpoint, .events = events, .outbox = outbox, .dealer = open_dealer ()};
    self->monitor = self->dealer ? zc_monitor_new (self->dealer) : NULL;
    if (self->dealer && zmq_connect (zsock_resolve (self->dealer), endpoint) == 0)
        return self;
    int error = errno;
    zb_daemon_queries_destroy (&self);
    errno = error;
    return NULL;
}

void zb_daemon_queries_destroy (zb_daemon_queries_t **self_p)
{
    zb_daemon_queries_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < ZB_DAEMON_QUERIES_MAX; i++)
        free_place (&self->places [i]);
    zc_monitor_destroy (&self->monitor);
    zsock_destroy (&self->dealer);
    free (self);
    *self_p = NULL;
}

void *zb_daemon_queries_socket (const zb_daemon_queries_t *self)
{
    return zsock_resolve (self->dealer);
}

void *zb_daemon_queries_monitor (const zb_daemon_queries_t *self)
{
    return zc_monitor_socket (self->monitor);
}

/* ------------------------------------------------------------------------- answers */

static void answer (zb_daemon_queries_t *self, place_t *place, int status, char *text, size_t size)
{
    zb_upstream_event_t *news = place->query->answer;
    place->query->answer = NULL;
    *news = (zb_upstream_event_t){
        .kind = ZB_UPSTREAM_EVENT_ANSWER, .number = place->query->number, .status = status, .text = text, .size = size};
    zc_mailbox_put (self->outbox, &news->letter);
    free_place (place);
    if (size > LARGE_BYTES)
        malloc_trim (0);
}

static void answer_failure (zb_daemon_queries_t *self, place_t *place, int status, const char *code, const char *detail)
{
    size_t size;
    char *text = zb_upstream_event_failure_text (code, detail, &size);
    answer (self, place, status, text, size);
}

static void answer_results (zb_daemon_queries_t *self, place_t *place)
{
    size_t size = 0;
    zb_daemon_query_t *query = place->query;
    char *text =
        query->render ? query->render (query->context, place->results, &size) : zc_json_text (place->results [0], true);
    if (text && !query->render)
        size = strlen (text);
    answer (self, place, 200, text, size);
}

/* One part has its result, or NULL: has none, and why. */
static void settle (zb_daemon_queries_t *self, place_t *place, size_t part, json_t *result, int status,
                    const char *code, const char *detail)
{
    place->results [part] = result;
    place->settled [part] = true;
    if (!result && !place->query->lenient)
        answer_failure (self, place, status, code, detail);
    else if (--place->left == 0)
        answer_results (self, place);
}

static int status_of (const char *code)
{
    return strcmp (code, "bad_request") == 0 ? 400 : strcmp (code, "too_large") == 0 ? 422 : 503;
}

static void settle_unasked (zb_daemon_queries_t *self, place_t *place, size_t part)
{
    char detail [320];
    snprintf (detail, sizeof detail, "zcostd is unreachable: no connection to %s", self->endpoint);
    settle (self, place, part, NULL, 503, "unavailable", detail);
}

/* -------------------------------------------------------------------------- asking */

static bool send_part (zb_daemon_queries_t *self, const tag_t *tag, const json_t *request)
{
    void *bytes, *socket = zsock_resolve (self->dealer);
    size_t size;
    if (zc_json_pack (request, &bytes, &size) != 0)
        return false;
    bool sent = zmq_send (socket, tag, sizeof *tag, ZMQ_DONTWAIT | ZMQ_SNDMORE) != -1 &&
                zmq_send (socket, "", 0, ZMQ_DONTWAIT | ZMQ_SNDMORE) != -1 &&
                zmq_send (socket, bytes, size, ZMQ_DONTWAIT) != -1;
    free (bytes);
    return sent;
}

static void put (zb_daemon_queries_t *self, place_t *place)
{
    place->held = false;
    tag_t tag = {.place = (uint32_t) (place - self->places), .round = place->round};
    for (; tag.part < place->query->parts_count; tag.part++)
        if (!send_part (self, &tag, place->query->parts [tag.part])) {
            settle_unasked (self, place, tag.part);
            if (!place->query)
                return;
        }
}

/* Whether what the asker had tracked before is in the ledger, or cannot be waited for any longer. */
static bool may_put (zb_daemon_queries_t *self, const place_t *place, int64_t now_ms)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    if (place->query->after == 0 || !self->connected || now_ms - place->begun_ms >= HOLD_MS)
        return true;
    zcost_stats (self->events, &stats);
    return stats.acked + stats.lost >= place->query->after;
}

void zb_daemon_queries_begin (zb_daemon_queries_t *self, zb_daemon_query_t *query)
{
    place_t *place = self->places;
    while (place < self->places + ZB_DAEMON_QUERIES_MAX && place->query)
        place++;
    if (place == self->places + ZB_DAEMON_QUERIES_MAX) { /* not reached: who asks keeps count */
        zb_daemon_query_destroy (&query);
        return;
    }
    *place = (place_t){.query = query,
                       .round = ++self->rounds,
                       .held = true,
                       .begun_ms = zc_clock_mono_ms (),
                       .left = query->parts_count};
    if (may_put (self, place, place->begun_ms))
        put (self, place);
}

static void look_at_held (zb_daemon_queries_t *self, int64_t now_ms)
{
    for (place_t *place = self->places; place < self->places + ZB_DAEMON_QUERIES_MAX; place++)
        if (place->query && place->held && may_put (self, place, now_ms))
            put (self, place);
}

static bool is_late (const place_t *place, int64_t now_ms)
{
    return now_ms - place->begun_ms >= (place->query->lenient ? LENIENT_MS : QUERY_MS);
}

/* Ends what took too long; where the daemon went away, all. */
static void give_up (zb_daemon_queries_t *self, int64_t now_ms, bool all)
{
    for (place_t *place = self->places; place < self->places + ZB_DAEMON_QUERIES_MAX; place++) {
        if (!place->query || place->held || !(all || is_late (place, now_ms)))
            continue;
        for (size_t part = 0; place->query && part < place->query->parts_count; part++)
            if (!place->settled [part])
                settle (self, place, part, NULL, all ? 503 : 504, "unavailable",
                        all ? "the connection to zcostd was lost before it answered"
                            : "zcostd took too long to answer");
    }
}

/* ---------------------------------------------------------------------- replies */

static void take_reply (zb_daemon_queries_t *self, place_t *place, uint32_t part, zframe_t *frame)
{
    zc_envelope_t reply;
    if (zframe_size (frame) > ZB_ANSWER_MAX_BYTES) {
        settle (self, place, part, NULL, 422, "too_large",
                "the answer is larger than 4 MiB: ask for a shorter window, a longer step or fewer rows (limit)");
        return;
    }
    zc_envelope_open (zframe_data (frame), zframe_size (frame), &reply);
    if (reply.kind == ZC_REPLY_RESULT)
        settle (self, place, part, reply.result, 200, NULL, NULL);
    else if (reply.kind == ZC_REPLY_REFUSAL)
        settle (self, place, part, NULL, status_of (reply.code), reply.code, reply.message);
    else
        settle (self, place, part, NULL, 502, *reply.code ? reply.code : "foreign",
                "zboard does not understand the reply");
}

/* A reply: tag, delimiter, envelope. One that bears no tag of ours, or that of a query given up, is nobody's. */
static void on_reply (zb_daemon_queries_t *self, zmsg_t *message)
{
    zframe_t *first = zmsg_first (message), *delimiter = zmsg_next (message), *frame = zmsg_next (message);
    tag_t tag;
    if (zmsg_size (message) != 3 || zframe_size (first) != sizeof tag || zframe_size (delimiter) != 0)
        return;
    memcpy (&tag, zframe_data (first), sizeof tag);
    if (tag.place >= ZB_DAEMON_QUERIES_MAX)
        return;
    place_t *place = &self->places [tag.place];
    if (place->query && place->round == tag.round && tag.part < place->query->parts_count && !place->settled [tag.part])
        take_reply (self, place, tag.part, frame);
}

static void on_replies (zb_daemon_queries_t *self)
{
    int64_t begun_ms = zc_clock_mono_ms ();
    while (zsock_events (self->dealer) & ZMQ_POLLIN && zc_clock_mono_ms () - begun_ms < TURN_MS) {
        zmsg_t *message = zmsg_recv (self->dealer);
        if (!message)
            return;
        on_reply (self, message);
        zmsg_destroy (&message);
    }
}

/* ------------------------------------------------------------------------ a look */

/* What was asked of a daemon that went away is answered by nobody, also where it has come back by now. */
void zb_daemon_queries_look (zb_daemon_queries_t *self)
{
    on_replies (self);
    int64_t now_ms = zc_clock_mono_ms ();
    self->connected = zc_monitor_is_connected (self->monitor);
    unsigned ends = zc_monitor_ends (self->monitor);
    give_up (self, now_ms, ends != self->ends);
    self->ends = ends;
    zc_monitor_revive (self->monitor, self->endpoint);
    look_at_held (self, now_ms);
}

int zb_daemon_queries_wait_ms (const zb_daemon_queries_t *self, int most)
{
    for (const place_t *place = self->places; place < self->places + ZB_DAEMON_QUERIES_MAX; place++)
        if (place->query && place->held)
            return HOLD_LOOK_MS;
    return most;
}
