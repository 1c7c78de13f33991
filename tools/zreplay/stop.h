/* SPDX-License-Identifier: MPL-2.0
 *
 * stop.h - the reasons to end before the trace does: SIGINT, SIGTERM, a deadline.
 *
 * Owns a signalfd; every sleep and every wait for input of the tool goes through
 * here, so that a Ctrl-C is seen at once and no handler runs anywhere.
 */
#ifndef ZC_STOP_H
#define ZC_STOP_H

#include <stdbool.h>
#include <stdint.h>

#include "civil/clock.h"

typedef struct zc_stop zc_stop_t;

/* From here on SIGINT and SIGTERM no longer kill the process but are noted. Call it before any
 * thread is started: threads inherit the mask. NULL: the system refused (errno). */
zc_stop_t *zc_stop_new (void);
void zc_stop_destroy (zc_stop_t **self);

/* Asks to stop `seconds` from now. */
void zc_stop_after (zc_stop_t *self, double seconds);

/* Each of these tells whether to stop. */
bool zc_stop_asked (zc_stop_t *self);                  /* looks at most every few ms: cheap in a loop */
bool zc_stop_wait (zc_stop_t *self, int64_t until_ns); /* sleeps until zc_clock_mono_ns () reaches until_ns */
bool zc_stop_wait_readable (zc_stop_t *self, int fd);  /* or until fd has bytes, an end or an error */

/* The signal that asked, 0: none did. */
int zc_stop_signal (const zc_stop_t *self);

/* How many signals have asked so far: whoever has stopped still counts the impatience. */
unsigned zc_stop_signals (zc_stop_t *self);

/* Hands the signals back to the system: from here on one more Ctrl-C kills. */
void zc_stop_release (zc_stop_t *self);

#endif
