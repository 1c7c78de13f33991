/* SPDX-License-Identifier: MPL-2.0
 *
 * watch.c - each snapshot as it comes, until Ctrl-C; see watch.h.
 *
 * Never hides the cursor and never leaves the main screen: whatever ends the
 * process, the terminal is as it was, with the last report on it.
 */
#include "zreport/watch.h"

#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "wire/json.h"
#include "zreport/amount.h"
#include "zreport/ask.h"
#include "zreport/field.h"
#include "zreport/show.h"

#define TOPIC "snapshot"
#define HIGH_WATER_MARK 4 /* an old snapshot is worth nothing: the next has the whole sums */
#define HEARTBEAT_MS 5000 /* finds a daemon's machine that went away without a word */

#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"
#define CLEAR_ALL "\033[H\033[2J"

typedef struct {
    const zc_options_t *options;
    zc_screen_t *screen;
    zsock_t *socket;
    int signals;      /* a descriptor that signals are read from */
    json_t *shown;    /* the last snapshot; NULL: none yet */
    int count;        /* snapshots shown */
    int patience_ms;  /* how long silence is no news */
    int64_t heard_ms; /* when the last snapshot came, or the start */
    bool told;        /* that nothing comes */
    bool ended;
    int status;
} watch_t;

/* ------------------------------------------------------------------ drawing */

/* Prints text over what the terminal shows, no more of it than fits: more would scroll. */
static void overprint (const watch_t *self, const char *text)
{
    fputs (HOME, stdout);
    int room = self->screen->rows - 1;
    while (*text && room-- > 0) {
        size_t size = strcspn (text, "\n");
        fprintf (stdout, "%.*s" CLEAR_LINE "\n", (int) size, text);
        text += size + (text [size] == '\n');
    }
    fputs (CLEAR_BELOW, stdout);
    if (*text)
        fputs ("(the rest is below the window)", stdout);
}

static char *silence_text (const watch_t *self)
{
    char *text;
    int64_t seconds = (zclock_mono () - self->heard_ms) / 1000;
    if (asprintf (&text, "no snapshot from %s for %s; waiting", self->options->endpoint, zc_span (seconds).text) < 0)
        zc_need (NULL);
    return text;
}

/* The report, and over it, where no window is too low to show it, that no newer one came. */
static void draw_terminal (watch_t *self)
{
    char *text;
    size_t size;
    zc_screen_t canvas = *self->screen;
    canvas.out = zc_need (open_memstream (&text, &size));
    if (self->told) {
        char *silence = silence_text (self);
        zc_screen_alarm (&canvas, "! Silence", "%s", silence);
        free (silence);
    }
    zc_show_report (&canvas, self->shown, NULL, NULL);
    fclose (canvas.out);
    overprint (self, zc_need (text));
    free (text);
}

static void draw (watch_t *self)
{
    if (self->options->json) {
        char *text = zc_need (zc_json_text (self->shown, true));
        puts (text);
        free (text);
    } else if (self->screen->terminal)
        draw_terminal (self);
    else {
        if (self->count > 1)
            putchar ('\n');
        zc_show_report (self->screen, self->shown, NULL, NULL);
    }
    if (fflush (stdout) != 0) {
        fprintf (stderr, "zreport: cannot write: %s\n", strerror (errno));
        self->status = 1;
        self->ended = true;
    }
}

static bool is_redrawn (const watch_t *self)
{
    return self->screen->terminal && !self->options->json;
}

static void complain (const watch_t *self, const char *what)
{
    fprintf (stderr, "zreport: a snapshot of %s is none of zcost's: %s\n", self->options->endpoint, what);
}

/* ------------------------------------------------------------------ what happens */

static void on_snapshot (watch_t *self, json_t *report)
{
    json_decref (self->shown);
    self->shown = report;
    self->heard_ms = zclock_mono ();
    self->told = false;
    self->count++;
    /* The next one is due after the interval: only then does silence begin. */
    double interval_ms = 1000 * zc_field_real (report, "zcost.interval_seconds");
    self->patience_ms = self->options->timeout_ms + (interval_ms > 0 && interval_ms < 86400e3 ? (int) interval_ms : 0);
    self->ended = self->options->count > 0 && self->count >= self->options->count;
    if (is_redrawn (self) && self->count == 1)
        fputs (CLEAR_ALL, stdout);
    draw (self);
}

static void on_message (watch_t *self)
{
    zmsg_t *message = zmsg_recv (self->socket);
    zframe_t *topic = message ? zmsg_first (message) : NULL;
    zframe_t *body = message ? zmsg_next (message) : NULL;
    /* A subscription is a prefix: other topics may begin like ours. */
    if (topic && zframe_streq (topic, TOPIC)) {
        json_t *report = NULL;
        int error = ZC_JSON_EMALFORMED;
        if (zmsg_size (message) != 2)
            complain (self, "not two frames");
        else if (zframe_size (body) > ZC_REPLY_MAX_BYTES)
            complain (self, "too large");
        else if ((error = zc_json_unpack (zframe_data (body), zframe_size (body), &report)) != 0)
            complain (self, zc_json_strerror (error));
        else if (!json_is_object (report))
            complain (self, "no map");
        if (json_is_object (report))
            on_snapshot (self, report);
        else
            json_decref (report);
    }
    zmsg_destroy (&message);
}

static void on_signal (watch_t *self)
{
    struct signalfd_siginfo info;
    if (read (self->signals, &info, sizeof info) != (ssize_t) sizeof info)
        return;
    if (info.ssi_signo != SIGWINCH) {
        self->ended = true;
        return;
    }
    zc_screen_resize (self->screen);
    if (is_redrawn (self) && self->shown) {
        fputs (CLEAR_ALL, stdout);
        draw (self);
    }
}

/* A daemon greets each subscriber with a snapshot: where none has come, none is there. One that is away
 * for a while is waited for. */
static void on_silence (watch_t *self)
{
    if (!self->shown) {
        fprintf (stderr, "zreport: no snapshot from %s within %g s: no zcostd publishes there\n",
                 self->options->endpoint, self->options->timeout_ms / 1000.0);
        self->status = 1;
        self->ended = true;
        return;
    }
    bool first = !self->told;
    self->told = true;
    if (is_redrawn (self))
        draw (self);
    else if (first) {
        char *text = silence_text (self);
        fprintf (stderr, "zreport: %s\n", text);
        free (text);
    }
}

/* ------------------------------------------------------------------ life */

static int open_signals (void)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGINT);
    sigaddset (&set, SIGTERM);
    sigaddset (&set, SIGHUP);
    sigaddset (&set, SIGWINCH);
    /* Blocked before libzmq starts its threads, which inherit the mask. */
    if (sigprocmask (SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd (-1, &set, SFD_CLOEXEC);
}

static zsock_t *open_socket (const char *endpoint)
{
    zsock_t *socket = zc_need (zsock_new (ZMQ_SUB));
    zsock_set_linger (socket, 0);
    zsock_set_rcvhwm (socket, HIGH_WATER_MARK);
    zsock_set_maxmsgsize (socket, ZC_REPLY_MAX_BYTES);
    zsock_set_heartbeat_ivl (socket, HEARTBEAT_MS);
    zsock_set_subscribe (socket, TOPIC);
    if (zmq_connect (zsock_resolve (socket), endpoint) == 0)
        return socket;
    fprintf (stderr, "zreport: --endpoint '%s': %s\n", endpoint, zmq_strerror (errno));
    zsock_destroy (&socket);
    return NULL;
}

/* How long to sleep at most: to the moment when silence becomes news; after that a second at a
 * time, for the news on a terminal shows its age. */
static int wait_ms (const watch_t *self)
{
    int64_t left_ms = self->heard_ms + self->patience_ms - zclock_mono ();
    return left_ms > 0 ? (int) left_ms : 1000;
}

static void loop (watch_t *self)
{
    zpoller_t *poller = zc_need (zpoller_new (self->socket, &self->signals, NULL));
    self->heard_ms = zclock_mono ();
    while (!self->ended) {
        void *ready = zpoller_wait (poller, wait_ms (self));
        if (ready == &self->signals)
            on_signal (self);
        else if (ready)
            on_message (self);
        else if (zclock_mono () >= self->heard_ms + self->patience_ms)
            on_silence (self);
    }
    zpoller_destroy (&poller);
}

int zc_watch (const zc_options_t *options, zc_screen_t *screen)
{
    watch_t self = {.options = options, .screen = screen, .patience_ms = options->timeout_ms};
    self.signals = open_signals ();
    if (self.signals < 0) {
        fprintf (stderr, "zreport: cannot take signals: %s\n", strerror (errno));
        return 1;
    }
    self.socket = open_socket (options->endpoint);
    if (self.socket)
        loop (&self);
    if (is_redrawn (&self) && self.shown)
        putchar ('\n'); /* away from the terminal's ^C */
    bool opened = self.socket != NULL;
    zsock_destroy (&self.socket);
    close (self.signals);
    json_decref (self.shown);
    return opened ? self.status : 2;
}
