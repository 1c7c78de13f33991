/* SPDX-License-Identifier: MPL-2.0
 *
 * zboard.c - the web gateway: settings, limits, signals, and then the server.
 */
#include <czmq.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "program/log.h"
#include "program/process.h"
#include "zboard/board.h"
#include "civil/clock.h"
#include "zboard/http.h"
#include "zcost.h"

#define CLOSE_MS 5000 /* for what is tracked, at the end */

/* What is tracked goes by libzcost: kept until the daemon has it on its disk, counted once. */
static int open_events (zb_board_t *self)
{
    const zb_settings_t *settings = self->settings;
    const zcost_options_t options = {
        .size = sizeof options,
        .endpoint = settings->ingest,
        .publish = settings->publish,
        .queue_bytes = (size_t) settings->queue_bytes,
        .spool_dir = *settings->spool ? settings->spool : NULL,
    };
    int rc = zcost_open (&options, &self->events);
    if (rc == 0)
        return 0;
    zc_log (ZC_LOG_ERROR, "connect", "role=ingest endpoint=%s spool=\"%s\" reason=\"%s\"", settings->ingest,
            settings->spool, rc == ZCOST_ESYSTEM ? strerror (errno) : zcost_strerror (rc));
    return -1;
}

static int open_board (zb_board_t *self)
{
    self->started_ms = zc_clock_wall_ms ();
    if (!(self->guard = zb_auth_new (self->settings)) || open_events (self) == -1)
        return -1;
    self->metrics = zb_metrics_new ((size_t) self->settings->labels_max);
    self->streams = zb_streams_new ((size_t) self->settings->streams_max);
    if (!self->metrics || !self->streams || !(self->upstream = zb_upstream_new (self->settings, self->events)))
        return -1;
    self->questions = zb_answer_cache_new (self->upstream, self->events);
    return self->questions ? 0 : -1;
}

/* Hands over what was tracked. Returns 0; -1: some of it was not acknowledged, and the log says how much. */
static int close_events (zb_board_t *self)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    if (zcost_flush (self->events, CLOSE_MS) != 0) {
        zcost_stats (self->events, &stats);
        zc_log (ZC_LOG_ERROR, "not_acknowledged", "events=%llu kept=\"%s\"", (unsigned long long) stats.queued,
                *self->settings->spool ? self->settings->spool : "nowhere");
        zcost_close (&self->events, 0);
        return -1;
    }
    return zcost_close (&self->events, CLOSE_MS) == 0 ? 0 : -1;
}

static int close_board (zb_board_t *self)
{
    zb_upstream_destroy (&self->upstream);
    zb_answer_cache_destroy (&self->questions);
    zb_streams_destroy (&self->streams);
    zb_metrics_destroy (&self->metrics);
    zb_auth_destroy (&self->guard);
    return self->events ? close_events (self) : 0;
}

static void warn_of_strangers (const zb_settings_t *settings)
{
    if (!zb_settings_is_loopback (settings) && !*settings->token_file)
        zc_log (ZC_LOG_WARN, "open_to_all",
                "address=%s reason=\"no --token-file: anyone who can reach this address has access\"",
                settings->listen.address);
    if (!zb_settings_is_loopback (settings) && *settings->token_file && !*settings->tls_cert)
        zc_log (ZC_LOG_WARN, "token_in_clear",
                "address=%s reason=\"no --tls-cert: anyone on the network path can read the token\"",
                settings->listen.address);
}

static int serve (zb_board_t *self)
{
    /* Before there are threads: libmicrohttpd 1.0 that cannot start closes its listener twice, and the second time it may
     * be another's. */
    zb_http_t *http = zb_http_new (self);
    int rc = http ? open_board (self) : -1;
    if (rc == 0) {
        warn_of_strangers (self->settings);
        zc_log (ZC_LOG_INFO, "ready", "version=%s query=%s publish=%s ingest=%s", ZCOST_VERSION, self->settings->query,
                self->settings->publish, self->settings->ingest);
        rc = zb_http_run (http);
    }
    zb_http_destroy (&http);
    if (close_board (self) == -1)
        rc = -1;
    if (rc == 0)
        zc_log (ZC_LOG_INFO, "stopped", "tracked=%llu", (unsigned long long) self->counts.tracked);
    return rc;
}

int main (int argc, char **argv)
{
    static zb_settings_t settings;
    static zb_board_t board = {.settings = &settings};
    zc_process_fill_streams ();
    zsys_handler_set (NULL);
    zc_parsed_t parsed = zb_settings_parse (argc, argv, &settings);
    if (parsed == ZC_EXIT_DONE && (fflush (stdout) == EOF || ferror (stdout))) {
        fprintf (stderr, "zboard: cannot write: %s\n", strerror (errno));
        return 1;
    }
    if (parsed != ZC_RUN)
        return parsed == ZC_EXIT_DONE ? 0 : 2;
    mallopt (M_ARENA_MAX, 2); /* else each thread's arena takes 64 MiB of the address space that we may have */
    zc_process_take_signals ();
    zc_process_limit_memory (settings.memory_max_bytes);
    if (zc_process_raise_files () == -1)
        return 1;
    int rc = serve (&board);
    zsys_shutdown ();
    return rc == 0 ? 0 : 1;
}
