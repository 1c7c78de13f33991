/* SPDX-License-Identifier: MPL-2.0
 *
 * upstream.c - the thread that talks to zcostd; see upstream.h.
 */
#include "zboard/upstream.h"

#include <czmq.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "bus/envelope.h"
#include "bus/feed.h"
#include "bus/monitor.h"
#include "program/log.h"
#include "wire/json.h"

#define QUERY_MS 11000       /* the daemon itself gives up after 10 s */
#define HOLD_MS 200          /* longest that a query waits for acknowledgements */
#define HOLD_LOOK_MS 1
#define TICK_MS 1000
#define RECONNECT_MAX_MS 2000
#define OVERDUE_MS 2000      /* beyond two intervals */
#define NEWS_A_TURN 64
#define LARGE_BYTES (1 << 20) /* memory of such an answer goes back to the system */

/* A query under way. Its parts go out numbered: place, round and part. */
typedef struct {
    zc_query_t *query; /* NULL: free */
    uint32_t round;    /* tells a late reply to an earlier query in this place */
    bool held;
    int64_t begun_ms;
    json_t *results [ZC_PARTS_MAX];
    bool settled [ZC_PARTS_MAX];
    size_t left;
} place_t;

typedef struct {
    uint32_t place, round, part;
} tag_t; /* in front of a question; comes back with its reply */

struct zc_upstream {
    const zc_settings_t *settings;
    zcost_t *events;
    pthread_t thread;
    bool started;
    bool ending;
    zc_mailbox_t inbox, outbox;
    zc_letter_t end; /* the last letter in the inbox */
    zc_feed_t *feed;
    zsock_t *dealer;
    zc_monitor_t *monitor;
    place_t places [ZC_QUERIES_MAX];
    uint32_t rounds;

    bool connected; /* the dealer */
    bool up, told;
    int64_t interval_ms;     /* as the last snapshot says */
    int64_t snapshot_mono_ms; /* when it came, by zclock_mono */
    int64_t heard_ms;
    int64_t complained_ms; /* of what was published, by zclock_mono; 0: never */
};

/* ------------------------------------------------------------------------- news */

static void tell (zc_upstream_t *self, zc_news_t news)
{
    zc_news_t *letter = malloc (sizeof *letter);
    if (!letter) {
        free (news.text);
        return;
    }
    *letter = news;
    zc_mailbox_put (&self->outbox, &letter->letter);
}

void zc_news_destroy (zc_news_t **self_p)
{
    if (*self_p)
        free ((*self_p)->text);
    free (*self_p);
    *self_p = NULL;
}

/* A text may hold what came from outside, cut off in the middle of a character: then it is shown as far as it is
 * ASCII. */
static json_t *text_of (const char *text)
{
    json_t *string = json_string (text);
    char *copy = string ? NULL : strdup (text);
    for (char *at = copy; at && *at; at++)
        if ((unsigned char) *at > 0x7f)
            *at = '?';
    if (copy)
        string = json_string (copy);
    free (copy);
    return string;
}

char *zc_failure_text (const char *code, const char *detail, size_t *ret_size)
{
    json_t *map = json_pack ("{s:o, s:o}", "detail", text_of (detail), "code", text_of (code));
    char *text = map ? zc_json_text (map, true) : NULL;
    json_decref (map);
    *ret_size = text ? strlen (text) : 0;
    return text;
}

void zc_query_destroy (zc_query_t **self_p)
{
    zc_query_t *self = *self_p;
    for (size_t i = 0; self && i < self->parts_count; i++)
        json_decref (self->parts [i]);
    free (self);
    *self_p = NULL;
}

/* -------------------------------------------------------------------- the queries */

static void free_place (place_t *place)
{
    for (size_t i = 0; i < ZC_PARTS_MAX; i++) {
        json_decref (place->results [i]);
        place->results [i] = NULL;
    }
    zc_query_destroy (&place->query);
}

static void answer (zc_upstream_t *self, place_t *place, int status, char *text, size_t size)
{
    tell (self, (zc_news_t) {
        .kind = ZC_NEWS_ANSWER, .number = place->query->number, .status = status, .text = text, .size = size});
    free_place (place);
    if (size > LARGE_BYTES)
        malloc_trim (0);
}

static void answer_failure (zc_upstream_t *self, place_t *place, int status, const char *code, const char *detail)
{
    size_t size;
    char *text = zc_failure_text (code, detail, &size);
    answer (self, place, status, text, size);
}

static void answer_results (zc_upstream_t *self, place_t *place)
{
    size_t size = 0;
    zc_query_t *query = place->query;
    char *text = query->render ? query->render (query->context, place->results, &size)
                               : zc_json_text (place->results [0], true);
    if (text && !query->render)
        size = strlen (text);
    answer (self, place, 200, text, size);
}

/* One part has its result, or NULL: has none, and why. */
static void settle (zc_upstream_t *self, place_t *place, size_t part, json_t *result, int status, const char *code,
                    const char *detail)
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

static void settle_unasked (zc_upstream_t *self, place_t *place, size_t part)
{
    char detail [ZC_ENDPOINT_BYTES + 64];
    snprintf (detail, sizeof detail, "zcostd is away: no connection to %s", self->settings->query);
    settle (self, place, part, NULL, 503, "unavailable", detail);
}

static bool send_part (zc_upstream_t *self, const tag_t *tag, const json_t *request)
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

static void put (zc_upstream_t *self, place_t *place)
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
static bool may_put (zc_upstream_t *self, const place_t *place, int64_t now_ms)
{
    zcost_stats_t stats;
    if (place->query->after == 0 || !self->connected || now_ms - place->begun_ms >= HOLD_MS)
        return true;
    zcost_stats (self->events, &stats);
    return stats.acked + stats.lost >= place->query->after;
}

static void begin (zc_upstream_t *self, zc_query_t *query)
{
    place_t *place = self->places;
    while (place < self->places + ZC_QUERIES_MAX && place->query)
        place++;
    if (place == self->places + ZC_QUERIES_MAX) { /* not reached: who asks keeps count */
        zc_query_destroy (&query);
        return;
    }
    *place = (place_t) {.query = query, .round = ++self->rounds, .held = true, .begun_ms = zclock_mono (),
                        .left = query->parts_count};
    if (may_put (self, place, place->begun_ms))
        put (self, place);
}

static void on_inbox (zc_upstream_t *self)
{
    zc_letter_t *letter = zc_mailbox_take (&self->inbox), *next;
    for (; letter; letter = next) {
        next = letter->next;
        if (letter == &self->end)
            self->ending = true;
        else
            begin (self, (zc_query_t *) letter);
    }
}

static void look_at_held (zc_upstream_t *self, int64_t now_ms)
{
    for (place_t *place = self->places; place < self->places + ZC_QUERIES_MAX; place++)
        if (place->query && place->held && may_put (self, place, now_ms))
            put (self, place);
}

/* Ends what took too long; where the daemon went away, all. */
static void give_up (zc_upstream_t *self, int64_t now_ms, bool all)
{
    for (place_t *place = self->places; place < self->places + ZC_QUERIES_MAX; place++) {
        if (!place->query || place->held || (!all && now_ms - place->begun_ms < QUERY_MS))
            continue;
        for (size_t part = 0; place->query && part < place->query->parts_count; part++)
            if (!place->settled [part])
                settle (self, place, part, NULL, all ? 503 : 504, "unavailable",
                        all ? "zcostd went away before it answered" : "zcostd took too long to answer");
    }
}

/* What was asked of a daemon that went away is answered by nobody. */
static void look_at_queries (zc_upstream_t *self, int64_t now_ms)
{
    bool connected = zc_monitor_is_connected (self->monitor);
    give_up (self, now_ms, self->connected && !connected);
    self->connected = connected;
}

/* ---------------------------------------------------------------------- replies */

static void take_reply (zc_upstream_t *self, place_t *place, uint32_t part, zframe_t *frame)
{
    zc_reply_t reply;
    if (zframe_size (frame) > ZC_ANSWER_MAX_BYTES) {
        settle (self, place, part, NULL, 422, "too_large",
                "the answer is larger than 4 MiB: ask for a shorter window, a coarser step, fewer rows (limit)");
        return;
    }
    zc_reply_open (zframe_data (frame), zframe_size (frame), &reply);
    if (reply.kind == ZC_REPLY_RESULT)
        settle (self, place, part, reply.result, 200, NULL, NULL);
    else if (reply.kind == ZC_REPLY_REFUSAL)
        settle (self, place, part, NULL, status_of (reply.code), reply.code, reply.message);
    else
        settle (self, place, part, NULL, 502, *reply.code ? reply.code : "foreign",
                "the reply is none that zboard understands");
}

/* A reply: tag, delimiter, envelope. One that bears no tag of ours, or that of a query given up, is nobody's. */
static void on_reply (zc_upstream_t *self, zmsg_t *message)
{
    zframe_t *first = zmsg_first (message), *delimiter = zmsg_next (message), *frame = zmsg_next (message);
    tag_t tag;
    if (zmsg_size (message) != 3 || zframe_size (first) != sizeof tag || zframe_size (delimiter) != 0)
        return;
    memcpy (&tag, zframe_data (first), sizeof tag);
    if (tag.place >= ZC_QUERIES_MAX)
        return;
    place_t *place = &self->places [tag.place];
    if (place->query && place->round == tag.round && tag.part < place->query->parts_count && !place->settled [tag.part])
        take_reply (self, place, tag.part, frame);
}

static void on_replies (zc_upstream_t *self)
{
    for (int i = 0; i < NEWS_A_TURN && zsock_events (self->dealer) & ZMQ_POLLIN; i++) {
        zmsg_t *message = zmsg_recv (self->dealer);
        if (!message)
            return;
        on_reply (self, message);
        zmsg_destroy (&message);
    }
}

/* ----------------------------------------------------------------- what is published */

static void on_snapshot (zc_upstream_t *self, const json_t *body)
{
    double interval = json_number_value (json_object_get (json_object_get (body, "zcost"), "interval_seconds"));
    self->interval_ms = interval > 0 && interval <= 86400 ? (int64_t) (interval * 1000) : 30000;
    self->snapshot_mono_ms = zclock_mono ();
    self->heard_ms = zclock_time ();
}

/* At most one line a second: a stranger may publish anything, and much of it. */
static void complain_of_feed (zc_upstream_t *self)
{
    if (self->complained_ms && zclock_mono () - self->complained_ms < TICK_MS)
        return;
    self->complained_ms = zclock_mono ();
    zc_log (ZC_LOG_WARN, "not_understood", "what=\"%s\"", zc_feed_error (self->feed));
}

static void on_feed (zc_upstream_t *self)
{
    json_t *body = NULL;
    zc_feed_kind_t kind;
    for (int i = 0; i < NEWS_A_TURN && (kind = zc_feed_next (self->feed, &body)) != ZC_FEED_NOTHING; i++) {
        if (kind == ZC_FEED_BAD) {
            complain_of_feed (self);
            continue;
        }
        if (kind == ZC_FEED_SNAPSHOT)
            on_snapshot (self, body);
        char *text = zc_json_text (body, true);
        json_decref (body);
        if (text)
            tell (self, (zc_news_t) {.kind = kind == ZC_FEED_SNAPSHOT ? ZC_NEWS_SNAPSHOT : ZC_NEWS_ALERT,
                                     .text = text, .size = strlen (text)});
    }
}

/* A connection is lost at once, a daemon that stands still when its snapshot is overdue. */
static void look_for_daemon (zc_upstream_t *self, int64_t now_ms)
{
    bool connected = zc_feed_is_connected (self->feed);
    bool overdue = now_ms - self->snapshot_mono_ms > 2 * self->interval_ms + OVERDUE_MS;
    bool up = connected && self->heard_ms && !overdue;
    if (self->told && up == self->up)
        return;
    if (up)
        zc_log (ZC_LOG_INFO, "daemon_up", "publish=%s", self->settings->publish);
    else if (self->told)
        zc_log (ZC_LOG_WARN, "daemon_away", "publish=%s reason=\"%s\"", self->settings->publish,
                connected ? "no snapshot in time" : "no connection");
    self->up = up;
    self->told = true;
    tell (self, (zc_news_t) {.kind = ZC_NEWS_STATE, .up = up, .heard_ms = self->heard_ms});
}

/* -------------------------------------------------------------------- the thread */

static bool holds_any (const zc_upstream_t *self)
{
    for (const place_t *place = self->places; place < self->places + ZC_QUERIES_MAX; place++)
        if (place->query && place->held)
            return true;
    return false;
}

static void *run (void *argument)
{
    zc_upstream_t *self = argument;
    while (!self->ending) {
        zmq_pollitem_t items [] = {
            {.fd = self->inbox.fd, .events = ZMQ_POLLIN},
            {.socket = zsock_resolve (self->dealer), .events = ZMQ_POLLIN},
            {.socket = zc_feed_socket (self->feed), .events = ZMQ_POLLIN},
            {.socket = zc_feed_monitor (self->feed), .events = ZMQ_POLLIN},
            {.socket = zc_monitor_socket (self->monitor), .events = ZMQ_POLLIN},
        };
        /* What tells of the connection may be missing, and is the last. */
        int count = items [4].socket ? 5 : 4;
        if (!items [3].socket)
            items [3] = items [--count];
        zmq_poll (items, count, holds_any (self) ? HOLD_LOOK_MS : TICK_MS);
        int64_t now_ms = zclock_mono ();
        on_replies (self);
        on_feed (self);
        look_for_daemon (self, now_ms);
        look_at_queries (self, now_ms);
        look_at_held (self, now_ms);
        on_inbox (self);
    }
    return NULL;
}

static zsock_t *open_dealer (void)
{
    zsock_t *socket = zsock_new (ZMQ_DEALER);
    if (!socket)
        return NULL;
    zsock_set_linger (socket, 0);
    zsock_set_immediate (socket, 1); /* a daemon that is away is told at once, not asked when it is back */
    zsock_set_maxmsgsize (socket, 4 * (int64_t) ZC_ANSWER_MAX_BYTES);
    zsock_set_sndhwm (socket, 2 * ZC_QUERIES_MAX * ZC_PARTS_MAX);
    zsock_set_rcvhwm (socket, 2 * ZC_QUERIES_MAX * ZC_PARTS_MAX);
    zsock_set_heartbeat_ivl (socket, 5000);
    zsock_set_reconnect_ivl_max (socket, RECONNECT_MAX_MS);
    return socket;
}

static int connect_all (zc_upstream_t *self)
{
    self->feed = zc_feed_new (self->settings->publish, true);
    if (!self->feed) {
        zc_log (ZC_LOG_ERROR, "connect", "role=publish endpoint=%s reason=\"%s\"", self->settings->publish,
                zmq_strerror (errno));
        return -1;
    }
    self->dealer = open_dealer ();
    self->monitor = self->dealer ? zc_monitor_new (self->dealer) : NULL;
    if (self->dealer && zmq_connect (zsock_resolve (self->dealer), self->settings->query) == 0)
        return 0;
    zc_log (ZC_LOG_ERROR, "connect", "role=query endpoint=%s reason=\"%s\"", self->settings->query,
            zmq_strerror (errno));
    return -1;
}

zc_upstream_t *zc_upstream_new (const zc_settings_t *settings, zcost_t *events)
{
    zc_upstream_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->settings = settings;
    self->events = events;
    self->interval_ms = 30000;
    self->snapshot_mono_ms = zclock_mono ();
    self->outbox.fd = -1;
    if (zc_mailbox_init (&self->inbox) == 0 && zc_mailbox_init (&self->outbox) == 0 && connect_all (self) == 0)
        self->started = pthread_create (&self->thread, NULL, run, self) == 0;
    if (!self->started)
        zc_upstream_destroy (&self);
    return self;
}

void zc_upstream_destroy (zc_upstream_t **self_p)
{
    zc_upstream_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    if (self->started) {
        zc_mailbox_put (&self->inbox, &self->end);
        pthread_join (self->thread, NULL);
    }
    for (size_t i = 0; i < ZC_QUERIES_MAX; i++)
        if (self->places [i].query)
            free_place (&self->places [i]);
    for (zc_news_t *news = zc_upstream_take (self), *next; news; news = next) {
        next = zc_news_next (news);
        zc_news_destroy (&news);
    }
    zc_feed_destroy (&self->feed);
    zc_monitor_destroy (&self->monitor);
    zsock_destroy (&self->dealer);
    zc_mailbox_term (&self->inbox);
    zc_mailbox_term (&self->outbox);
    free (self);
    *self_p = NULL;
}

void zc_upstream_ask (zc_upstream_t *self, zc_query_t *query)
{
    zc_mailbox_put (&self->inbox, &query->letter);
}

int zc_upstream_fd (const zc_upstream_t *self)
{
    return self->outbox.fd;
}

zc_news_t *zc_upstream_take (zc_upstream_t *self)
{
    return (zc_news_t *) zc_mailbox_take (&self->outbox);
}
