/* SPDX-License-Identifier: MPL-2.0
 *
 * plain.c - each snapshot as it comes, one after the other; see watch_plain.h.
 */
#include "zreport/watch/plain.h"

#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "civil/clock.h"
#include "wire/json.h"
#include "zreport/show/amount.h"
#include "zreport/show/field.h"
#include "zreport/show/show.h"

#define DAY_MS 86400e3

typedef struct {
    const zr_options_t *options;
    zr_screen_t *screen;
    zc_feed_t *feed;
    int signals;
    int count;        /* snapshots shown */
    int patience_ms;  /* how long silence is no news */
    int64_t heard_ms; /* when the last snapshot came, or the start */
    bool told;        /* that nothing comes */
    bool ended;
    int status;
} plain_t;

void zr_plain_say_nobody (const zr_options_t *options)
{
    fprintf (stderr, "zreport: no snapshot from %s within %g s: no zcostd is publishing there\n", options->endpoint,
             options->timeout_ms / 1000.0);
}

int zr_plain_patience_ms (const zr_options_t *options, const json_t *snapshot)
{
    double interval_ms = 1000 * zr_field_real (snapshot, "zcost.interval_seconds");
    return options->timeout_ms + (interval_ms > 0 && interval_ms < DAY_MS ? (int) interval_ms : 0);
}

static void show (plain_t *self, const json_t *snapshot)
{
    if (self->options->json) {
        char *text = zr_screen_need (zc_json_text (snapshot, true));
        puts (text);
        free (text);
    } else {
        if (self->count > 1)
            putchar ('\n');
        zr_show_report (self->screen, snapshot, NULL, NULL);
    }
    if (fflush (stdout) != 0) {
        fprintf (stderr, "zreport: cannot write: %s\n", strerror (errno));
        self->status = 1;
        self->ended = true;
    }
}

/* Takes ownership. */
static void on_snapshot (plain_t *self, json_t *snapshot)
{
    self->heard_ms = zc_clock_mono_ms ();
    self->told = false;
    self->count++;
    self->patience_ms = zr_plain_patience_ms (self->options, snapshot);
    self->ended = self->options->count > 0 && self->count >= self->options->count;
    show (self, snapshot);
    json_decref (snapshot);
}

static void on_message (plain_t *self)
{
    json_t *body = NULL;
    zc_feed_kind_t kind = zc_feed_next (self->feed, &body);
    if (kind == ZC_FEED_SNAPSHOT)
        on_snapshot (self, body);
    else if (kind == ZC_FEED_BAD)
        fprintf (stderr, "zreport: %s\n", zc_feed_error (self->feed));
    else
        json_decref (body);
}

static void on_signal (plain_t *self)
{
    struct signalfd_siginfo info;
    if (read (self->signals, &info, sizeof info) != (ssize_t) sizeof info)
        return;
    if (info.ssi_signo == SIGWINCH)
        zr_screen_resize (self->screen);
    else
        self->ended = true;
}

/* A daemon greets each subscriber with a snapshot: where none has come, none is there. One that is away
 * for a while is waited for. */
static void on_silence (plain_t *self)
{
    if (self->count == 0) {
        zr_plain_say_nobody (self->options);
        self->status = 1;
        self->ended = true;
    } else if (!self->told)
        fprintf (stderr, "zreport: no snapshot from %s for %s; waiting\n", self->options->endpoint,
                 zr_amount_span ((zc_clock_mono_ms () - self->heard_ms) / 1000).text);
    self->told = true;
}

/* To the moment when silence becomes news; once told, it is none. */
static int wait_ms (const plain_t *self)
{
    int64_t left_ms = self->heard_ms + self->patience_ms - zc_clock_mono_ms ();
    return self->told ? -1 : left_ms > 0 ? (int) left_ms : 0;
}

int zr_plain (const zr_options_t *options, zr_screen_t *screen, zc_feed_t *feed, int signals)
{
    plain_t self = {.options = options,
                    .screen = screen,
                    .feed = feed,
                    .signals = signals,
                    .patience_ms = options->timeout_ms,
                    .heard_ms = zc_clock_mono_ms ()};
    zmq_pollitem_t items [] = {{.fd = signals, .events = ZMQ_POLLIN},
                               {.socket = zc_feed_socket (feed), .events = ZMQ_POLLIN}};
    while (!self.ended) {
        int ready = zmq_poll (items, 2, wait_ms (&self));
        if (ready > 0 && items [0].revents)
            on_signal (&self);
        else if (ready > 0)
            on_message (&self);
        else if (ready == 0)
            on_silence (&self);
    }
    return self.status;
}
