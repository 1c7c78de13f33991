/* SPDX-License-Identifier: MPL-2.0
 *
 * player.h - from a source onto the bus, at its pace, without loss.
 *
 * libzcost drops when its queue is full, as a service wants it. A trace must arrive
 * whole, so the player waits before that: for its turn, for room, for the daemon; and
 * at the end, where there is someone to acknowledge it, until all is acknowledged.
 */
#ifndef ZC_PLAYER_H
#define ZC_PLAYER_H

#include "zreplay/console.h"
#include "zreplay/keep.h"
#include "zreplay/options.h"
#include "zreplay/source.h"
#include "zreplay/stop.h"

typedef enum {
    ZC_PLAY_DONE,
    ZC_PLAY_STOPPED, /* by a signal (zc_stop_signal), or --duration */
    ZC_PLAY_FAILED   /* told on the console */
} zc_play_end_t;

typedef struct {
    zc_play_end_t end;
    uint64_t events;          /* put into the queue */
    uint64_t not_handed_over; /* of these; told on the console */
    uint64_t acknowledged;    /* of these; 0 where nobody was asked to; what is missing is told on the console */
    zc_aged_t aged;           /* of these; all 0 where the trace's times are not kept */
    double seconds;
} zc_played_t;

/* Opens a client, plays, hands over what is queued, waits for its acknowledgement and closes. */
void zc_player_run (const zc_options_t *options, zc_source_t *source, zc_stop_t *stop, zc_console_t *console,
                    zc_played_t *ret_played);

#endif
