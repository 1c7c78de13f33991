/* SPDX-License-Identifier: MPL-2.0
 *
 * live.h - the full-screen view: what comes, what is asked, what is pressed, and what is shown.
 */
#ifndef ZR_WATCH_LIVE_H
#define ZR_WATCH_LIVE_H

#include "zreport/options.h"
#include "zreport/show/screen.h"
#include "bus/feed.h"

/* Runs until q, Ctrl-C, SIGTERM, SIGHUP or, where the options count, so many snapshots. The terminal is taken with the
 * first snapshot, and left as it was: where none comes within the timeout it never was taken. signals: a signalfd
 * of SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP and SIGCONT, all of them blocked. Returns the exit status. */
int zr_live (const zr_options_t *options, zr_screen_t *screen, zc_feed_t *feed, int signals);

#endif
