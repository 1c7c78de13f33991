/* SPDX-License-Identifier: MPL-2.0
 *
 * watch.h - each snapshot as it comes, until Ctrl-C.
 */
#ifndef ZC_WATCH_H
#define ZC_WATCH_H

#include "zreport/options.h"
#include "zreport/screen.h"

/* Subscribes and shows each snapshot: on a terminal over the last one, else one after the other.
 * Where none comes within the timeout it gives up; where, later on, none comes for longer than that
 * beyond the interval, it says so and keeps waiting. Takes SIGINT, SIGTERM, SIGHUP and SIGWINCH for
 * itself. Returns the exit status. */
int zc_watch (const zc_options_t *options, zc_screen_t *screen);

#endif
