/* SPDX-License-Identifier: MPL-2.0
 *
 * live.c - the full-screen view; see watch_live.h.
 *
 * One thread, one poll, and nothing in it that waits: a daemon that is slow, away or hostile costs no key.
 */
#include "zreport/watch/live.h"

#include <czmq.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "civil/clock.h"
#include "zreport/show/amount.h"
#include "zreport/watch/data.h"
#include "zreport/watch/frame.h"
#include "zreport/watch/plain.h"
#include "zreport/watch/rounds.h"
#include "zreport/watch/terminal.h"

#define TICK_MS 1000       /* ages and clocks go on */
#define MESSAGES_A_TURN 64 /* then keys are looked at */
#define COMPLAINT_MS 10000 /* how long one is shown */

typedef struct {
    const zr_options_t *options;
    zr_screen_t *screen;
    zc_feed_t *feed;
    int signals;
    zr_rounds_t *rounds;
    zr_terminal_t *terminal; /* NULL: not taken yet */
    zr_watch_data_t data;

    int64_t heard_ms; /* the last snapshot, or the start; all by zc_clock_mono_ms */
    int64_t drawn_ms;
    int64_t complained_ms;
    int64_t away_since_ms; /* 0: not away */
    int patience_ms;       /* how long silence is no news */
    int count;             /* snapshots */
    bool dirty;            /* something is to be drawn */
    bool ended;
    int status;
} live_t;

/* ------------------------------------------------------------------ snapshots */

static void take_terminal (live_t *self)
{
    self->terminal = zr_terminal_open (self->screen);
    if (self->terminal)
        return;
    fputs ("zreport: cannot draw on this terminal\n", stderr);
    self->status = 1;
    self->ended = true;
}

static void on_snapshot (live_t *self, json_t *snapshot)
{
    self->heard_ms = zc_clock_mono_ms ();
    self->count++;
    self->ended |= self->options->count > 0 && self->count >= self->options->count;
    if (self->data.paused && self->data.snapshot) {
        json_decref (snapshot);
        return;
    }
    self->patience_ms = zr_plain_patience_ms (self->options, snapshot);
    zr_watch_snapshot (&self->data, snapshot, zc_clock_wall_ms ());
    zr_rounds_hurry (self->rounds);
    if (!self->terminal && !self->ended)
        take_terminal (self);
}

static void on_feed (live_t *self)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        json_t *body = NULL;
        switch (zc_feed_next (self->feed, &body)) {
        case ZC_FEED_NOTHING:
            return;
        case ZC_FEED_SNAPSHOT:
            on_snapshot (self, body);
            break;
        case ZC_FEED_ALERT:
            zr_watch_alert (&self->data, body);
            break;
        case ZC_FEED_BAD:
            zr_watch_say (&self->data.complaint, "%s", zc_feed_error (self->feed));
            self->complained_ms = zc_clock_mono_ms ();
            break;
        }
        self->dirty = true;
    }
}

/* ------------------------------------------------------------------ silence */

static void say_away (live_t *self, int64_t now_ms, bool connected)
{
    const char *endpoint = self->data.endpoint;
    if (!connected)
        zr_watch_say (&self->data.away, "zcostd is unreachable: no connection to %s for %s; waiting for it", endpoint,
                      zr_amount_age (now_ms - self->away_since_ms).text);
    else
        zr_watch_say (&self->data.away, "no snapshot from %s for %s; waiting for one", endpoint,
                      zr_amount_age (now_ms - self->heard_ms).text);
}

/* A connection is lost at once, a daemon that stands still when its snapshot is overdue. */
static void look_for_daemon (live_t *self, bool connected)
{
    int64_t now_ms = zc_clock_mono_ms ();
    bool was_away = self->data.away != NULL;
    if (connected)
        self->away_since_ms = 0;
    else if (!self->away_since_ms)
        self->away_since_ms = now_ms;
    if (!connected || now_ms - self->heard_ms > self->patience_ms)
        say_away (self, now_ms, connected);
    else
        zr_watch_say (&self->data.away, NULL);
    if (was_away == (self->data.away != NULL))
        return;
    self->dirty = true;
    /* Back: what was asked of the life before is not waited for. */
    zr_rounds_restart (self->rounds);
}

/* A daemon greets each subscriber with a snapshot: where none has come, none is there. */
static void look_for_first (live_t *self)
{
    if (zc_clock_mono_ms () - self->heard_ms < self->options->timeout_ms)
        return;
    zr_plain_say_nobody (self->options);
    self->status = 1;
    self->ended = true;
}

static void look_at_clock (live_t *self)
{
    int64_t now_ms = zc_clock_mono_ms ();
    bool connected = zc_feed_is_connected (self->feed);
    if (!self->terminal) {
        look_for_first (self);
        return;
    }
    look_for_daemon (self, connected);
    if (self->data.complaint && now_ms - self->complained_ms > COMPLAINT_MS)
        zr_watch_say (&self->data.complaint, NULL);
    self->dirty |= now_ms - self->drawn_ms >= TICK_MS;
}

/* ------------------------------------------------------------------ keys */

static void choose_span (live_t *self, int span)
{
    zr_watch_choose_span (&self->data, (zr_span_t) ((span + ZR_SPANS) % ZR_SPANS));
    zr_rounds_begin (self->rounds, ZR_ASKED_REPORT);
}

static void choose_group (live_t *self, int group)
{
    int groups = zr_watch_groups (&self->data);
    zr_watch_choose_group (&self->data, (zr_grouping_t) ((group + groups) % groups));
    zr_rounds_begin (self->rounds, ZR_ASKED_TOP);
}

static void refresh (live_t *self)
{
    zc_feed_refresh (self->feed);
    zr_rounds_begin (self->rounds, 0);
}

static void set_paused (live_t *self, bool paused)
{
    self->data.paused = paused;
    if (!paused)
        refresh (self);
}

/* What is chosen is asked for, which ends a pause: a frame that mixes two moments would lie. */
static void on_choice (live_t *self, int key)
{
    int span = self->data.span, group = self->data.group;
    self->data.paused = false;
    if (key >= '1' && key < '1' + ZR_SPANS)
        choose_span (self, key - '1');
    else if (key == ZR_KEY_LEFT || key == ZR_KEY_RIGHT)
        choose_span (self, span + (key == ZR_KEY_LEFT ? -1 : 1));
    else
        choose_group (self, group + (key == ZR_KEY_UP || key == ZR_KEY_BACKTAB ? -1 : 1));
}

static bool is_choice (int key)
{
    return (key >= '1' && key < '1' + ZR_SPANS) || key == '\t' || (key >= ZR_KEY_LEFT && key <= ZR_KEY_BACKTAB);
}

static void on_key (live_t *self, int key)
{
    self->dirty = true;
    if (key == 'q' || key == 'Q')
        self->ended = true;
    else if (self->data.help)
        self->data.help = false;
    else if (key == 'h' || key == '?')
        self->data.help = true;
    else if (key == 'p' || key == 'P')
        set_paused (self, !self->data.paused);
    else if (key == 'r' || key == 'R')
        set_paused (self, false);
    else if (is_choice (key))
        on_choice (self, key);
}

static void on_keyboard (live_t *self)
{
    int key = zr_terminal_key (self->terminal);
    if (key == ZR_KEY_NONE)
        self->ended = zr_terminal_has_hung_up (self->terminal); /* also where nobody told us by SIGHUP */
    for (; key != ZR_KEY_NONE && !self->ended; key = zr_terminal_key (self->terminal))
        on_key (self, key);
}

/* ------------------------------------------------------------------ signals */

/* Stops as any process is stopped, with the terminal as it was; returns when it goes on. */
static void suspend (live_t *self)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGTSTP);
    if (self->terminal)
        zr_terminal_leave (self->terminal);
    raise (SIGTSTP);
    pthread_sigmask (SIG_UNBLOCK, &set, NULL);
    pthread_sigmask (SIG_BLOCK, &set, NULL);
}

static void on_signal (live_t *self)
{
    struct signalfd_siginfo info;
    if (read (self->signals, &info, sizeof info) != (ssize_t) sizeof info)
        return;
    self->dirty = true;
    if (info.ssi_signo == SIGTSTP)
        suspend (self);
    if (info.ssi_signo == SIGTSTP || info.ssi_signo == SIGCONT) {
        if (self->terminal)
            zr_terminal_return (self->terminal);
    } else if (info.ssi_signo == SIGWINCH) {
        if (self->terminal)
            zr_terminal_resize (self->terminal);
    } else
        self->ended = true;
}

/* ------------------------------------------------------------------ the loop */

static void draw (live_t *self)
{
    if (!self->dirty || !self->terminal || self->ended)
        return;
    self->dirty = false;
    self->drawn_ms = zc_clock_mono_ms ();
    if (!self->data.paused)
        self->data.now_ms = zc_clock_wall_ms ();
    zr_terminal_clear (self->terminal);
    zr_frame_draw (&self->data, self->screen, zr_terminal_rows (self->terminal), zr_terminal_columns (self->terminal),
                   zr_terminal_paint, self->terminal);
    zr_terminal_show (self->terminal);
}

static int at_most (int64_t ms, int most)
{
    return ms < 0 ? 0 : ms < most ? (int) ms : most;
}

/* To the next moment at which something is due without anything coming. */
static int wait_ms (const live_t *self)
{
    int64_t now_ms = zc_clock_mono_ms ();
    int wait = self->terminal ? at_most (self->drawn_ms + TICK_MS - now_ms, TICK_MS)
                              : at_most (self->heard_ms + self->options->timeout_ms - now_ms, TICK_MS);
    return self->terminal ? zr_rounds_wait_ms (self->rounds, wait) : wait;
}

static void add_socket (zmq_pollitem_t *items, int *count, void *socket)
{
    if (socket)
        items [(*count)++] = (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
}

static void add_descriptor (zmq_pollitem_t *items, int *count, int descriptor)
{
    if (descriptor >= 0)
        items [(*count)++] = (zmq_pollitem_t){.fd = descriptor, .events = ZMQ_POLLIN};
}

/* Keys come first, whatever else has come. */
static void turn (live_t *self)
{
    zmq_pollitem_t items [5];
    int count = 0, keyboard = self->terminal ? zr_terminal_keyboard (self->terminal) : -1;
    add_descriptor (items, &count, self->signals);
    add_socket (items, &count, zc_feed_socket (self->feed));
    add_socket (items, &count, zc_feed_monitor (self->feed));
    add_socket (items, &count, zr_rounds_socket (self->rounds));
    add_descriptor (items, &count, keyboard);
    if (zmq_poll (items, count, wait_ms (self)) < 0)
        return;
    if (items [0].revents)
        on_signal (self);
    if (keyboard >= 0 && items [count - 1].revents)
        on_keyboard (self);
    on_feed (self);
    self->dirty |= zr_rounds_look (self->rounds);
}

int zr_live (const zr_options_t *options, zr_screen_t *screen, zc_feed_t *feed, int signals)
{
    live_t self = {.options = options,
                   .screen = screen,
                   .feed = feed,
                   .signals = signals,
                   .patience_ms = options->timeout_ms,
                   .heard_ms = zc_clock_mono_ms ()};
    zr_watch_data_init (&self.data, options->endpoint, options->query, options->timezone);
    self.rounds = zr_rounds_new (&self.data, options->timeout_ms);
    if (!self.rounds) {
        fprintf (stderr, "zreport: --query '%s': %s\n", options->query, zmq_strerror (errno));
        zr_watch_data_free (&self.data);
        return 2;
    }
    while (!self.ended) {
        turn (&self);
        look_at_clock (&self);
        if (self.terminal)
            zr_rounds_ask (self.rounds);
        draw (&self);
    }
    zr_terminal_close (&self.terminal);
    zr_rounds_destroy (&self.rounds);
    zr_watch_data_free (&self.data);
    return self.status;
}
