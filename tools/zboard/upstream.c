/* SPDX-License-Identifier: MPL-2.0
 *
 * upstream.c - the thread that talks to zcostd; see upstream.h.
 */
#include "zboard/upstream.h"

#include <czmq.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"
#include "bus/feed.h"
#include "program/log.h"
#include "wire/json.h"

#define TICK_MS 1000
#define INTERVAL_MS 30000 /* of snapshots, until one says its own */
#define OVERDUE_MS 2000   /* beyond two intervals */
#define NEWS_A_TURN 64

struct zb_upstream {
    const zb_settings_t *settings;
    pthread_t thread;
    bool started;
    bool ending;
    zc_mailbox_t inbox, outbox;
    zc_letter_t end; /* the last letter in the inbox */
    zc_feed_t *feed;
    zb_daemon_queries_t *queries;

    bool up, told;
    int64_t interval_ms;      /* as the last snapshot says */
    int64_t snapshot_mono_ms; /* when it came, by zc_clock_mono_ms */
    bool heard;               /* any */
    int64_t complained_ms;    /* of what was published, by zc_clock_mono_ms; 0: never */
};

/* ------------------------------------------------------------------------- news */

static void tell (zb_upstream_t *self, zb_upstream_event_t news)
{
    zb_upstream_event_t *letter = malloc (sizeof *letter);
    if (!letter) {
        free (news.text);
        return;
    }
    *letter = news;
    zc_mailbox_put (&self->outbox, &letter->letter);
}

/* ----------------------------------------------------------------- what is published */

static void on_snapshot (zb_upstream_t *self, const json_t *body)
{
    double interval = json_number_value (json_object_get (json_object_get (body, "zcost"), "interval_seconds"));
    self->interval_ms = interval > 0 && interval <= 86400 ? (int64_t) (interval * 1000) : INTERVAL_MS;
    self->snapshot_mono_ms = zc_clock_mono_ms ();
    self->heard = true;
}

/* At most one line a second: a stranger may publish anything, and much of it. */
static void complain_of_feed (zb_upstream_t *self)
{
    if (self->complained_ms && zc_clock_mono_ms () - self->complained_ms < TICK_MS)
        return;
    self->complained_ms = zc_clock_mono_ms ();
    zc_log (ZC_LOG_WARN, "not_understood", "what=\"%s\"", zc_feed_error (self->feed));
}

static void on_feed (zb_upstream_t *self)
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
            tell (self, (zb_upstream_event_t){.kind = kind == ZC_FEED_SNAPSHOT ? ZB_UPSTREAM_EVENT_SNAPSHOT
                                                                               : ZB_UPSTREAM_EVENT_ALERT,
                                              .text = text,
                                              .size = strlen (text)});
    }
}

/* A connection is lost at once, a daemon that stands still when its snapshot is overdue. */
static void look_for_daemon (zb_upstream_t *self, int64_t now_ms)
{
    bool connected = zc_feed_is_connected (self->feed);
    bool overdue = now_ms - self->snapshot_mono_ms > 2 * self->interval_ms + OVERDUE_MS;
    bool up = connected && self->heard && !overdue;
    if (self->told && up == self->up)
        return;
    if (up)
        zc_log (ZC_LOG_INFO, "daemon_up", "publish=%s", self->settings->publish);
    else if (self->told)
        zc_log (ZC_LOG_WARN, "daemon_away", "publish=%s reason=\"%s\"", self->settings->publish,
                connected ? "no snapshot in time" : "no connection");
    self->up = up;
    self->told = true;
    tell (self, (zb_upstream_event_t){.kind = ZB_UPSTREAM_EVENT_STATE, .up = up});
}

/* -------------------------------------------------------------------- the thread */

static void on_inbox (zb_upstream_t *self)
{
    zc_letter_t *letter = zc_mailbox_take (&self->inbox), *next;
    for (; letter; letter = next) {
        next = letter->next;
        if (letter == &self->end)
            self->ending = true;
        else
            zb_daemon_queries_begin (self->queries, (zb_daemon_query_t *) letter);
    }
}

/* Waits until there is something to do, or to look after. */
static void wait_for_work (zb_upstream_t *self)
{
    zmq_pollitem_t items [] = {
        {.fd = self->inbox.fd, .events = ZMQ_POLLIN},
        {.socket = zb_daemon_queries_socket (self->queries), .events = ZMQ_POLLIN},
        {.socket = zc_feed_socket (self->feed), .events = ZMQ_POLLIN},
        {.socket = zc_feed_monitor (self->feed), .events = ZMQ_POLLIN},
        {.socket = zb_daemon_queries_monitor (self->queries), .events = ZMQ_POLLIN},
    };
    /* What tells of a connection may be missing, and stands last. */
    int count = items [4].socket ? 5 : 4;
    if (!items [3].socket)
        items [3] = items [--count];
    zmq_poll (items, count, zb_daemon_queries_wait_ms (self->queries, TICK_MS));
}

static void *run (void *argument)
{
    zb_upstream_t *self = argument;
    while (!self->ending) {
        wait_for_work (self);
        zb_daemon_queries_look (self->queries);
        on_feed (self);
        look_for_daemon (self, zc_clock_mono_ms ());
        on_inbox (self);
    }
    return NULL;
}

static int complain (const char *role, const char *endpoint)
{
    zc_log (ZC_LOG_ERROR, "connect", "role=%s endpoint=%s reason=\"%s\"", role, endpoint, zmq_strerror (errno));
    return -1;
}

static int open_all (zb_upstream_t *self, const zcost_t *events)
{
    if (zc_mailbox_init (&self->inbox) == -1 || zc_mailbox_init (&self->outbox) == -1)
        return complain ("none", "none");
    if (!(self->feed = zc_feed_new (self->settings->publish, true)))
        return complain ("publish", self->settings->publish);
    if (!(self->queries = zb_daemon_queries_new (self->settings->query, events, &self->outbox)))
        return complain ("query", self->settings->query);
    errno = pthread_create (&self->thread, NULL, run, self);
    self->started = errno == 0;
    return self->started ? 0 : complain ("none", "none");
}

zb_upstream_t *zb_upstream_new (const zb_settings_t *settings, const zcost_t *events)
{
    zb_upstream_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    *self = (zb_upstream_t){.settings = settings,
                            .interval_ms = INTERVAL_MS,
                            .snapshot_mono_ms = zc_clock_mono_ms (),
                            .inbox.fd = -1,
                            .outbox.fd = -1};
    if (open_all (self, events) == -1)
        zb_upstream_destroy (&self);
    return self;
}

void zb_upstream_destroy (zb_upstream_t **self_p)
{
    zb_upstream_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    if (self->started) {
        zc_mailbox_put (&self->inbox, &self->end);
        pthread_join (self->thread, NULL);
    }
    zb_daemon_queries_destroy (&self->queries);
    zc_feed_destroy (&self->feed);
    for (zb_upstream_event_t *news = zb_upstream_take (self), *next; news; news = next) {
        next = zb_upstream_event_next (news);
        zb_upstream_event_destroy (&news);
    }
    zc_mailbox_term (&self->inbox);
    zc_mailbox_term (&self->outbox);
    free (self);
    *self_p = NULL;
}

void zb_upstream_ask (zb_upstream_t *self, zb_daemon_query_t *query)
{
    zc_mailbox_put (&self->inbox, &query->letter);
}

int zb_upstream_fd (const zb_upstream_t *self)
{
    return self->outbox.fd;
}

zb_upstream_event_t *zb_upstream_take (zb_upstream_t *self)
{
    return (zb_upstream_event_t *) zc_mailbox_take (&self->outbox);
}
