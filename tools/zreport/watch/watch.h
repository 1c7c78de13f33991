/* SPDX-License-Identifier: MPL-2.0
 *
 * watch.h - what the daemon publishes, as it comes: full-screen on a terminal, plain elsewhere.
 */
#ifndef ZR_WATCH_H
#define ZR_WATCH_H

#include "zreport/options.h"
#include "zreport/show/screen.h"

/* Watches until it is ended by a key, a signal or the number of snapshots that the options count; where no snapshot
 * comes within the timeout it gives up. Full-screen where stdout is a terminal that can be drawn on and no JSON was
 * asked for; else each snapshot is shown behind the last one. Takes SIGINT, SIGTERM, SIGHUP and SIGWINCH for itself,
 * full-screen also SIGTSTP and SIGCONT. Returns the exit status. */
int zr_watch (const zr_options_t *options, zr_screen_t *screen);

#endif
