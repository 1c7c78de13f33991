/* SPDX-License-Identifier: MPL-2.0
 *
 * own_metrics.c - zboard's own metrics; see own_metrics.h.
 */
#include "zboard/own_metrics.h"

#include <stdio.h>
#include <time.h>

#include "program/process.h"
#include "zboard/access_log.h"
#include "civil/clock.h"
#include "zcost.h"

static void write_requests (void *context, const char *route, int status, uint64_t count, int64_t took_ns)
{
    char code [16];
    (void) took_ns;
    snprintf (code, sizeof code, "%d", status);
    zb_exposition_count (context, count, "route", route, "code", code, NULL);
}

static void write_seconds (void *context, const char *route, int status, uint64_t count, int64_t took_ns)
{
    char code [16];
    (void) count;
    snprintf (code, sizeof code, "%d", status);
    zb_exposition_number (context, (double) took_ns / 1e9, "route", route, "code", code, NULL);
}

static void write_http (const zb_board_t *board, zb_exposition_t *out)
{
    zb_exposition_family (out, ZB_INFO, "zboard_build", "This gateway.");
    zb_exposition_sample (out, "1", "version", ZCOST_VERSION, NULL);
    zb_exposition_family (
        out, ZB_COUNTER, "zboard_http_requests",
        "Requests by route and status. Status 0: not answered by zboard; the client disconnected, or libmicrohttpd "
        "refused the request itself.");
    zb_access_log_each (write_requests, out);
    zb_exposition_family (out, ZB_COUNTER, "zboard_http_request_seconds",
                          "Time from the first line of a request to the end of its answer, without streams.");
    zb_access_log_each (write_seconds, out);
    zb_exposition_one (out, ZB_GAUGE, "zboard_streams", "Open streams.", (double) zb_streams_count (board->streams));
    zb_exposition_one (
        out, ZB_COUNTER, "zboard_stream_messages_skipped",
        "Messages that slow streams did not get: outdated snapshots and, beyond 64 waiting messages, all.",
        (double) zb_streams_skipped (board->streams));
}

static void write_tracked (const zb_board_t *board, zb_exposition_t *out)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (board->events, &stats);
    zb_exposition_one (out, ZB_COUNTER, "zboard_tracked_events", "Events accepted by POST.",
                       (double) board->counts.tracked);
    zb_exposition_family (out, ZB_COUNTER, "zboard_refused_events", "Events refused by POST, by reason.");
    zb_exposition_count (out, board->counts.bad, "reason", "bad", NULL);
    zb_exposition_count (out, board->counts.full, "reason", "full", NULL);
    zb_exposition_one (out, ZB_GAUGE, "zboard_queued_events", "Events tracked but not yet acknowledged by the daemon.",
                       (double) stats.queued);
    zb_exposition_one (out, ZB_GAUGE, "zboard_queue_used_ratio", "How full the queue is.",
                       (double) stats.queued_bytes / (double) stats.queue_bytes);
    zb_exposition_one (out, ZB_COUNTER, "zboard_lost_events",
                       "Events tracked but given up, because the daemon had closed their numbers.",
                       (double) stats.lost);
}

static void write_process (const zb_board_t *board, zb_exposition_t *out)
{
    bool up = zb_streams_is_up (board->streams);
    int64_t heard_ns = zb_streams_heard_ns (board->streams);
    zb_exposition_one (out, ZB_GAUGE, "zboard_daemon_up",
                       "Whether zcostd is connected and its snapshots arrive in time.", up);
    if (heard_ns)
        zb_exposition_one (out, ZB_GAUGE, "zboard_snapshot_age_seconds", "Time since the last snapshot.",
                           (double) (zc_clock_mono_ns () - heard_ns) / 1e9);
    zb_exposition_one (out, ZB_COUNTER, "process_cpu_seconds", "CPU time of this gateway.",
                       (double) zc_clock_read_ns (CLOCK_PROCESS_CPUTIME_ID) / 1e9);
    zb_exposition_one (out, ZB_GAUGE, "process_resident_memory_bytes", "Memory of this gateway.",
                       (double) zc_process_resident_bytes ());
    zb_exposition_one (out, ZB_GAUGE, "process_start_time_seconds", "When this gateway started.",
                       (double) board->started_ms / 1000);
}

void zb_own_metrics_write (const zb_board_t *board, zb_exposition_t *out)
{
    write_http (board, out);
    write_tracked (board, out);
    write_process (board, out);
}
