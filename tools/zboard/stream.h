/* SPDX-License-Identifier: MPL-2.0
 *
 * stream.h - server-sent events (WHATWG HTML, Server-sent events): each snapshot, alert and change of state, to all who
 * listen.
 *
 * Owns what was published last, and the open streams. A stream that is slower than what is published skips to the newest
 * snapshot, which has the whole sums; alerts it gets all, as long as they are among the last ZB_ALERTS_KEPT, also those
 * of the time in which its client was away. What it does not get is counted. One thread.
 */
#ifndef ZB_STREAM_H
#define ZB_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zboard/upstream.h"

#define ZB_ALERTS_KEPT 64

typedef struct zb_streams zb_streams_t;

zb_streams_t *zb_streams_new (size_t max);
void zb_streams_destroy (zb_streams_t **self_p);

/* Publishes a snapshot, an alert or a state. */
void zb_streams_publish (zb_streams_t *self, zb_upstream_event_t *news);

/* A new stream on this connection. last_id: Last-Event-ID, or NULL. Returns its response; NULL: there are too many, or no
 * memory. */
struct MHD_Response *zb_streams_open (zb_streams_t *self, struct MHD_Connection *connection, const char *last_id);

/* Now and then: a line that means nothing, so that peers that went away are noticed. */
void zb_streams_beat (zb_streams_t *self);

/* Ends those that are open: who may still listen opens another. */
void zb_streams_renew (zb_streams_t *self);

/* Ends all streams; who opens one has it ended at once. */
void zb_streams_close (zb_streams_t *self);

size_t zb_streams_count (const zb_streams_t *self);
uint64_t zb_streams_skipped (const zb_streams_t *self); /* messages that a stream did not get */

/* Whether zcostd is up, by the last state; and when its last snapshot came (of clock.h; 0: none did). */
bool zb_streams_is_up (const zb_streams_t *self);
int64_t zb_streams_heard_ns (const zb_streams_t *self);

#endif
