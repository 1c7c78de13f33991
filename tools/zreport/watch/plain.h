/* SPDX-License-Identifier: MPL-2.0
 *
 * plain.h - each snapshot as it comes, one after the other: for pipes, files and plain terminals.
 */
#ifndef ZR_WATCH_PLAIN_H
#define ZR_WATCH_PLAIN_H

#include "zreport/options.h"
#include "zreport/show/screen.h"
#include "bus/feed.h"

/* Shows each snapshot, as a report or as a line of JSON, until SIGINT, SIGTERM, SIGHUP or the number that the options
 * count. Where none comes within the timeout it gives up; where, later on, none comes for longer than that beyond the
 * interval, it says so and keeps waiting. signals: a signalfd of those, and of SIGWINCH. Returns the exit status. */
int zr_plain (const zr_options_t *options, zr_screen_t *screen, zc_feed_t *feed, int signals);

/* That no snapshot came within the timeout, in one line on stderr. */
void zr_plain_say_nobody (const zr_options_t *options);

/* How long silence is no news after a snapshot: the next one is due after the interval. */
int zr_plain_patience_ms (const zr_options_t *options, const json_t *snapshot);

#endif
