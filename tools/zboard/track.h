/* SPDX-License-Identifier: MPL-2.0
 *
 * track.h - usage events as JSON: one, or an array of them, onto the bus. All of them or none.
 *
 * An event is judged by the daemon's own decoder, so that what is taken here is taken there. In JSON there is less than
 * in msgpack: null is a key that is not there, and a whole number with a fraction of 0 (1200.0) is a whole number. One
 * thread.
 */
#ifndef ZB_TRACK_H
#define ZB_TRACK_H

#include <stddef.h>
#include <stdint.h>

#include "zcost.h"

typedef enum {
    ZB_TRACKED,
    ZB_TRACK_BAD,   /* the sender's mistake: *ret_failure says which */
    ZB_TRACK_FULL,  /* no room: the sender may come again */
    ZB_TRACK_FAILED /* no memory, or no thread */
} zb_tracked_t;

/* What there was since the start: events. */
typedef struct {
    uint64_t tracked, bad, full;
} zb_track_counts_t;

/* ret_failure: JSON, malloc'd, where it is ZB_TRACK_BAD: {"detail", "code"}, and of an array "errors": [{"index",
 * "code", "detail"}], at most 100 of them. counts: added to. */
zb_tracked_t zb_track (zcost_t *client, const char *body, size_t size, zb_track_counts_t *counts, char **ret_failure,
                       size_t *ret_size);

#endif
