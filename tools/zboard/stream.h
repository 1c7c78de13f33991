/* SPDX-License-Identifier: MPL-2.0
 *
 * stream.h - server-sent events (WHATWG HTML, Server-sent events): each snapshot, alert and change of state, to all who
 * listen.
 *
 * Owns what was published last, and the open streams. A stream that is slower than what is published skips to the newest
 * snapshot, which has the whole sums; alerts it gets all, as long as they are among the last ZC_ALERTS_KEPT, also those
 * of the time in which its client was away. What it does not get is counted. One thread.
 */
#ifndef ZB_STREAM_H
#define ZB_STREAM_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zboard/upstream.h"

#define ZC_ALERTS_KEPT 64

typedef struct zc_streams zc_streams_t;

zc_streams_t *zc_streams_new (size_t max);
void zc_streams_destroy (zc_streams_t **self_p);

/* Publishes a snapshot, an alert or a state. */
void zc_streams_publish (zc_streams_t *self, zc_news_t *news);

/* A new stream on this connection. last_id: Last-Event-ID, or NULL. Returns its response; NULL: there are too many, or no
 * memory. */
struct MHD_Response *zc_streams_open (zc_streams_t *self, struct MHD_Connection *connection, const char *last_id);

/* Now and then: a line that means nothing, so that peers that went away are noticed. */
void zc_streams_beat (zc_streams_t *self);

/* Ends those that are open: who may still listen opens another. */
void zc_streams_renew (zc_streams_t *self);

/* Ends all streams; who opens one has it ended at once. */
void zc_streams_close (zc_streams_t *self);

size_t zc_streams_count (const zc_streams_t *self);
uint64_t zc_streams_skipped (const zc_streams_t *self); /* messages that a stream did not get */

/* Whether zcostd is up, by the last state; and when its last snapshot came (of clock.h; 0: none did). */
bool zc_streams_is_up (const zc_streams_t *self);
int64_t zc_streams_heard_ns (const zc_streams_t *self);

#endif
