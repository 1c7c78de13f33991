/* SPDX-License-Identifier: MPL-2.0
 *
 * zreplay - plays traces onto the zcost bus, and makes load.
 *
 * A trace is a CSV table or JSON lines of events; --demo needs none. Events go through
 * libzcost, as a service's do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "zreplay/console.h"
#include "zreplay/options.h"
#include "zreplay/player.h"
#include "zreplay/source.h"
#include "zreplay/stop.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SIGNAL = 128 };

static void summarise_json (const zc_options_t *options, const zc_played_t *played, uint64_t bad_rows, double rate)
{
    char acknowledged [24], aged [2][24];
    snprintf (acknowledged, sizeof acknowledged, "%" PRIu64, played->acknowledged);
    snprintf (aged [0], sizeof aged [0], "%" PRIu64, played->aged.beyond_minutes);
    snprintf (aged [1], sizeof aged [1], "%" PRIu64, played->aged.beyond_quarters);
    bool kept = options->defaults.keep_time;
    printf ("{\"events\": %" PRIu64 ", \"bad_rows\": %" PRIu64 ", \"not_handed_over\": %" PRIu64
            ", \"acknowledged\": %s, \"older_than_48_hours\": %s, \"older_than_400_days\": %s, \"seconds\": %.3f"
            ", \"events_per_second\": %.1f}\n",
            played->events, bad_rows, played->not_handed_over, *options->publish ? acknowledged : "null",
            kept ? aged [0] : "null", kept ? aged [1] : "null", played->seconds, rate);
}

static void tell_aged (const zc_aged_t *aged)
{
    if (aged->beyond_minutes == 0)
        return;
    fprintf (stderr, "zreplay: events older than %d h, which zcostd does not keep by the minute: %" PRIu64,
             ZC_MINUTES_KEPT_HOURS, aged->beyond_minutes);
    if (aged->beyond_quarters > 0)
        fprintf (stderr, "; older than %d d, kept by the day only: %" PRIu64, ZC_QUARTERS_KEPT_DAYS,
                 aged->beyond_quarters);
    fputs (" (unless its retention settings are longer)\n", stderr);
}

static void summarise (const zc_options_t *options, const zc_played_t *played, uint64_t bad_rows)
{
    double rate = played->seconds > 0 ? (double) played->events / played->seconds : 0;
    if (options->json) {
        summarise_json (options, played, bad_rows, rate);
        return;
    }
    if (options->quiet || (played->events == 0 && played->end == ZC_PLAY_FAILED))
        return;
    fprintf (stderr, "zreplay: played %" PRIu64 " events in %.2f s (%.0f/s), %" PRIu64 " bad rows", played->events,
             played->seconds, rate, bad_rows);
    if (*options->publish && played->acknowledged < played->events)
        fprintf (stderr, ", %" PRIu64 " acknowledged", played->acknowledged);
    else if (*options->publish)
        fputs (", all acknowledged", stderr);
    fputc ('\n', stderr);
    tell_aged (&played->aged);
}

/* Plays, tells, and says how to exit. */
static int play (const zc_options_t *options, zc_source_t *source, zc_stop_t *stop, zc_console_t *console)
{
    zc_played_t played;
    zc_player_run (options, source, stop, console, &played);
    summarise (options, &played, zc_source_bad_rows (source));

    if (played.end == ZC_PLAY_FAILED)
        return EXIT_FAILED;
    /* The demo has no end but this one; a trace that was cut short is not done. */
    if (zc_stop_signal (stop) && !options->demo)
        return EXIT_SIGNAL + zc_stop_signal (stop);
    return zc_source_bad_rows (source) > 0 ? EXIT_FAILED : EXIT_DONE;
}

/* A summary that a full disk cut off is none. */
static int close_stdout (int status)
{
    if (fflush (stdout) == 0 && !ferror (stdout))
        return status;
    fprintf (stderr, "zreplay: cannot write: %s\n", strerror (errno));
    return EXIT_FAILED;
}

int main (int argc, char **argv)
{
    zc_options_t options;
    zc_parsed_t parsed = zc_options_parse (argc, argv, &options);
    if (parsed != ZC_RUN)
        return parsed == ZC_EXIT_USAGE ? EXIT_USAGE : close_stdout (EXIT_DONE);

    zc_console_t console;
    zc_console_init (&console, options.quiet);
    zc_stop_t *stop = zc_stop_new ();
    if (!stop) {
        zc_console_say (&console, "cannot wait for signals");
        return EXIT_FAILED;
    }
    zc_source_t *source = NULL;
    int rc = zc_source_open (&options, stop, &console, &source);
    int status = rc == 0  ? play (&options, source, stop, &console)
                 : rc > 0 ? EXIT_SIGNAL + zc_stop_signal (stop)
                          : EXIT_FAILED;
    zc_source_destroy (&source);
    zc_stop_destroy (&stop);
    return close_stdout (status);
}
