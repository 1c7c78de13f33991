/* SPDX-License-Identifier: MPL-2.0
 *
 * player.c - from a source onto the bus. See player.h.
 */
#include "zreplay/player.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "civil/clock.h"

#define MS 1000000ll
#define SECOND 1000000000ll
#define WATCH_EVERY_NS (100 * MS) /* status line, and whether the daemon still takes events */
#define ROOM_POLL_NS (1 * MS)     /* the library empties its queue every few ms */
#define EARLY_NS (1 * MS)         /* not worth a sleep: 50,000 events a second would sleep 50,000 times */
#define FLUSH_SLICE_MS 100

typedef struct {
    const zc_options_t *options;
    zc_source_t *source;
    zc_stop_t *stop;
    zc_console_t *console;
    zcost_t *client;
    int64_t timeout_ns;
    uint64_t events;
    zc_aged_t aged;
    bool given_up; /* nothing has moved for the whole timeout */

    int64_t begin_ns;        /* when playing began */
    int64_t first_at_ns;     /* the trace's time of its first row that has one; ZC_NO_TIME: none yet */
    int64_t first_played_ns; /* ours, of the same row */

    int64_t watched_ns;
    int64_t moved_ns;    /* when the daemon last took or acknowledged an event, or there was none to wait for */
    zcost_stats_t stats; /* as last watched */
    double rate;
} player_t;

static int64_t min_ns (int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---------------------------------------------------------------------- watching */

/* How much of the work is done, 0 to 1; negative: nobody knows. */
static double share_done (const player_t *self)
{
    const zc_options_t *options = self->options;
    double share = zc_source_share (self->source);
    double by_count = options->count ? (double) self->events / (double) options->count : -1;
    double by_time = options->duration_ms > 0
                         ? (double) (self->watched_ns - self->begin_ns) / 1e6 / (double) options->duration_ms
                         : -1;
    share = by_count > share ? by_count : share;
    return by_time > share ? by_time : share;
}

/* Events that are done with: what is acknowledged where that is wanted, else what is handed over. */
static uint64_t settled (const player_t *self, const zcost_stats_t *stats)
{
    return *self->options->publish ? stats->acked : stats->sent;
}

static void show_status (player_t *self, const zcost_stats_t *stats)
{
    char done [16] = "";
    double share = share_done (self);
    if (share >= 0)
        snprintf (done, sizeof done, " · %.0f %%", share < 1 ? share * 100 : 100);
    zc_console_status (self->console, "%llu %s · %.0f/s%s · %s %s", (unsigned long long) settled (self, stats),
                       *self->options->publish ? "acknowledged" : "sent", self->rate, done,
                       stats->connected ? "connected to" : "waiting for", self->options->endpoint);
}

/* Looks, every so often, at what became of what was emitted. Whether it is time to give up: nothing has
 * moved for too long. */
static bool is_stuck (player_t *self)
{
    int64_t now_ns = zc_clock_mono_ns (), passed_ns = now_ns - self->watched_ns;
    if (passed_ns < WATCH_EVERY_NS)
        return false;
    zcost_stats_t stats = ZCOST_STATS_INIT;
    const zcost_stats_t *before = &self->stats;
    zcost_stats (self->client, &stats);
    self->rate = (double) (settled (self, &stats) - settled (self, before)) * 1e9 / (double) passed_ns;
    /* Time in which we did not look (a pipe that gave nothing) is not the daemon's fault. */
    if (stats.queued == 0 || stats.sent != before->sent || stats.acked != before->acked ||
        passed_ns > 10 * WATCH_EVERY_NS)
        self->moved_ns = now_ns;
    self->watched_ns = now_ns;
    self->stats = stats;
    show_status (self, &stats);
    return now_ns - self->moved_ns > self->timeout_ns;
}

/* 0; -1: the daemon has taken nothing for too long, told on the console. */
static int watch (player_t *self)
{
    if (!is_stuck (self))
        return 0;
    const zcost_stats_t *stats = &self->stats;
    self->given_up = true;
    bool taken = *self->options->publish && stats->sent == stats->emitted;
    zc_console_say (self->console, "%s: %s for %g s, giving up",
                    taken ? self->options->publish : self->options->endpoint,
                    !stats->connected ? "no connection"
                    : taken           ? "no acknowledgement"
                                      : "nothing accepted",
                    (double) self->options->timeout_ms / 1e3);
    return -1;
}

/* Sleeps until until_ns, watching. */
static zc_play_end_t sleep_until (player_t *self, int64_t until_ns)
{
    for (int64_t now_ns; (now_ns = zc_clock_mono_ns ()) < until_ns;) {
        if (zc_stop_wait (self->stop, min_ns (until_ns, now_ns + WATCH_EVERY_NS)))
            return ZC_PLAY_STOPPED;
        if (watch (self))
            return ZC_PLAY_FAILED;
    }
    return ZC_PLAY_DONE;
}

/* ----------------------------------------------------------------------- playing */

/* A daemon that is not there is better told before the trace is read than after. */
static zc_play_end_t wait_for_daemon (player_t *self)
{
    int64_t end_ns = zc_clock_mono_ns () + self->timeout_ns;
    zcost_stats_t stats = ZCOST_STATS_INIT;
    for (;;) {
        zcost_stats (self->client, &stats);
        if (stats.connected)
            return ZC_PLAY_DONE;
        int64_t now_ns = zc_clock_mono_ns ();
        if (now_ns >= end_ns)
            break;
        if (now_ns - self->watched_ns >= WATCH_EVERY_NS) {
            self->watched_ns = now_ns;
            show_status (self, &stats);
        }
        if (zc_stop_wait (self->stop, min_ns (end_ns, now_ns + ROOM_POLL_NS)))
            return ZC_PLAY_STOPPED;
    }
    self->given_up = true;
    zc_console_say (self->console, "%s: no zcostd answered within %g s", self->options->endpoint,
                    (double) self->options->timeout_ms / 1e3);
    return ZC_PLAY_FAILED;
}

/* Waits until the trace's clock, at our speed, has come to the row's time. Rows out of order are late
 * already and do not wait. */
static zc_play_end_t wait_for_turn (player_t *self, const zc_record_t *record)
{
    if (self->options->speed <= 0 || record->at_ns == ZC_NO_TIME)
        return ZC_PLAY_DONE;
    if (self->first_at_ns == ZC_NO_TIME) {
        self->first_at_ns = record->at_ns;
        self->first_played_ns = zc_clock_mono_ns ();
        return ZC_PLAY_DONE;
    }
    /* In whole from the first row, not row by row: errors do not add up. */
    double offset_ns = (double) (record->at_ns - self->first_at_ns) / self->options->speed;
    if (offset_ns > (double) (INT64_MAX / 2))
        offset_ns = (double) (INT64_MAX / 2);
    int64_t due_ns = self->first_played_ns + (int64_t) offset_ns;
    return due_ns - zc_clock_mono_ns () > EARLY_NS ? sleep_until (self, due_ns) : ZC_PLAY_DONE;
}

static zc_play_end_t wait_for_room (player_t *self)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    for (;;) {
        zcost_stats (self->client, &stats);
        if (stats.queued_bytes <= stats.queue_bytes / 2)
            return ZC_PLAY_DONE;
        zc_play_end_t end = sleep_until (self, zc_clock_mono_ns () + ROOM_POLL_NS);
        if (end != ZC_PLAY_DONE)
            return end;
    }
}

static zc_play_end_t emit (player_t *self, const zc_record_t *record)
{
    zc_play_end_t end = wait_for_room (self);
    if (end != ZC_PLAY_DONE)
        return end;
    int rc = zcost_emit (self->client, &record->event);
    if (rc == ZCOST_EINVAL) {
        zc_source_reject (self->source, "a value is out of range");
        return ZC_PLAY_DONE;
    }
    if (rc) {
        zc_console_say (self->console, "%s", zcost_strerror (rc));
        return ZC_PLAY_FAILED;
    }
    self->events++;
    if (self->options->defaults.keep_time)
        zc_keep_count (&self->aged, record->event.ts_ms, zc_clock_wall_ms ());
    return ZC_PLAY_DONE;
}

/* Before its turn: a row that is centuries ahead is not waited for. A trace that has yet to show one time that
 * can be kept is refused as a whole; later on only the row is bad. 0; 1: a bad row; -1: refused. */
static int keep_time (player_t *self, zc_record_t *record)
{
    const char *why = self->options->defaults.keep_time ? zc_keep_time (record, zc_clock_wall_ms ()) : NULL;
    if (!why)
        return 0;
    if (self->events > 0) {
        zc_source_reject (self->source, why);
        return 1;
    }
    char refused [160];
    snprintf (refused, sizeof refused, "%s; nothing was played", why);
    zc_source_reject (self->source, refused);
    return -1;
}

static zc_play_end_t play_one (player_t *self, const zc_record_t *record)
{
    zc_play_end_t end = wait_for_turn (self, record);
    return end == ZC_PLAY_DONE ? emit (self, record) : end;
}

static zc_play_end_t play_all (player_t *self)
{
    zc_record_t record;
    zc_play_end_t end = wait_for_daemon (self);
    self->begin_ns = self->moved_ns = zc_clock_mono_ns ();
    if (self->options->duration_ms > 0)
        zc_stop_after (self->stop, (double) self->options->duration_ms / 1e3);

    while (end == ZC_PLAY_DONE && (self->options->count == 0 || self->events < (uint64_t) self->options->count)) {
        if (zc_stop_asked (self->stop))
            return ZC_PLAY_STOPPED;
        if (watch (self))
            return ZC_PLAY_FAILED;
        zc_read_t read = zc_source_next (self->source, &record);
        if (read != ZC_READ_ITEM)
            return read == ZC_READ_END ? ZC_PLAY_DONE : read == ZC_READ_STOPPED ? ZC_PLAY_STOPPED : ZC_PLAY_FAILED;
        int kept = keep_time (self, &record);
        if (kept == 0)
            end = play_one (self, &record);
        else if (kept == -1)
            end = ZC_PLAY_FAILED;
    }
    return end;
}

/* -------------------------------------------------------------------- the way out */

/* Waits for the queue to empty, for as long as it does and nobody grows impatient: one Ctrl-C ends the
 * playing, the next one this wait. Whether it did. */
static bool flush (player_t *self)
{
    unsigned signals = zc_stop_signals (self->stop);
    self->moved_ns = zc_clock_mono_ns ();
    while (zcost_flush (self->client, FLUSH_SLICE_MS) == ZCOST_ETIMEOUT)
        if (watch (self) || zc_stop_signals (self->stop) != signals)
            return false;
    return true;
}

static void tell_open (player_t *self, const zcost_stats_t *stats)
{
    const zc_options_t *options = self->options;
    if (!*options->publish && stats->queued > 0)
        zc_console_say (self->console, "%llu events were not sent to %s", (unsigned long long) stats->queued,
                        options->endpoint);
    else if (!*options->publish)
        zc_console_say (self->console, "%s did not accept the last message in time", options->endpoint);
    else if (options->spool)
        zc_console_say (self->console, "%llu events are not acknowledged; they stay in %s for the next start",
                        (unsigned long long) stats->queued, options->spool);
    else
        zc_console_say (self->console, "%llu events were not acknowledged and may not have been counted",
                        (unsigned long long) stats->queued);
}

/* Hands over what is queued and closes the client. 0; -1: not all is done with, told on the console. */
static int hand_over (player_t *self, zc_played_t *played)
{
    bool flushed = !self->given_up && flush (self);
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (self->client, &stats);
    zc_stop_release (self->stop); /* from here on a Ctrl-C is the hard way */
    int rc = zcost_close (&self->client, flushed ? (int) (self->timeout_ns / MS) : 0);
    if (rc == 0 && stats.queued > 0) { /* the rest came while we were closing */
        stats.acked += *self->options->publish ? stats.queued : 0;
        stats.sent = stats.emitted;
    }
    played->not_handed_over = stats.emitted - stats.sent;
    played->acknowledged = stats.acked;
    if (rc != 0 && stats.emitted > 0)
        tell_open (self, &stats);
    if (stats.lost > 0)
        zc_console_say (self->console,
                        "%llu events may not have been counted: the daemon had given up on this producer",
                        (unsigned long long) stats.lost);
    return (rc == 0 || stats.emitted == 0) && stats.lost == 0 ? 0 : -1;
}

void zc_player_run (const zc_options_t *options, zc_source_t *source, zc_stop_t *stop, zc_console_t *console,
                    zc_played_t *ret_played)
{
    player_t self = {.options = options,
                     .source = source,
                     .stop = stop,
                     .console = console,
                     .timeout_ns = options->timeout_ms * 1000000,
                     .first_at_ns = ZC_NO_TIME};
    zcost_options_t client_options = {.size = sizeof client_options,
                                      .endpoint = options->endpoint,
                                      .service = options->service,
                                      .publish = *options->publish ? options->publish : NULL,
                                      .spool_dir = options->spool};
    *ret_played = (zc_played_t){.end = ZC_PLAY_FAILED};

    int rc = zcost_open (&client_options, &self.client);
    if (rc) {
        /* With a spool, it is the only thing that needs more of the system than memory. */
        bool spool = rc == ZCOST_ESYSTEM && options->spool;
        zc_console_say (console, "%s%s: %s", spool ? "--spool " : "", spool ? options->spool : options->endpoint,
                        rc == ZCOST_ESYSTEM  ? strerror (errno)
                        : rc == ZCOST_EINVAL ? "cannot connect"
                                             : zcost_strerror (rc));
        return;
    }
    self.begin_ns = zc_clock_mono_ns ();
    ret_played->end = play_all (&self);
    if (hand_over (&self, ret_played))
        ret_played->end = ZC_PLAY_FAILED;
    ret_played->events = self.events;
    ret_played->aged = self.aged;
    ret_played->seconds = (double) (zc_clock_mono_ns () - self.begin_ns) / 1e9;
    zc_console_clear (console);
}
