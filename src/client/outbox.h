/* SPDX-License-Identifier: MPL-2.0
 *
 * outbox.h - what must reach the daemon exactly once: numbers, frames in flight, acknowledgements.
 *
 * Cuts a queue's events into stamped frames, remembers each until it is acknowledged, and only then
 * gives its place in the queue back. A frame that is sent again has the same number, the same events
 * and the same bytes, but for the `dropped` of its stamp. Frames in flight are bounded by
 * ZC_FLIGHTS_MAX and by the queue.
 *
 * Owns nothing but its own few words: the queue is the caller's, and what must outlive a process
 * stands in the queue's room (room.h). Reads no clock, knows no socket; times are of the monotonic
 * clock. One thread.
 */
#ifndef ZC_OUTBOX_H
#define ZC_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/ring.h"
#include "wire/ack.h"
#include "wire/stamp.h"

typedef struct zc_outbox zc_outbox_t;

typedef struct {
    int64_t silence_ns; /* without progress, before all is sent again; doubles each time */
    int64_t silence_max_ns;
    int64_t idle_ns;    /* after which the next event begins an epoch: we may have been expired */
    int64_t declare_ns; /* between two frames that only declare drops, unless in a hurry */
    int64_t seal_ns;    /* between two cuts that wait for no company, while nobody takes frames */
} zc_outbox_times_t;

extern const zc_outbox_times_t zc_outbox_times;

typedef struct {
    size_t frame_bytes;             /* a frame holds at most this, its stamp included, or one event */
    bool is_kept;                   /* the room is a file's: frames get a digest */
    int adopted_fd;                 /* the file that the queue was read from; -1: the queue is a living one */
    const zc_outbox_times_t *times; /* the caller's; NULL: zc_outbox_times */
} zc_outbox_options_t;

/* For a queue with ZC_SPOOL_BYTES of room, which is formatted (room.h) or zeroed. Returns 0,
 * ZCOST_ENOMEM or ZCOST_ESYSTEM (no random numbers; errno says). */
int zc_outbox_new (const zc_ring_t *queue, const zc_outbox_options_t *options, zc_outbox_t **ret_outbox);
void zc_outbox_destroy (zc_outbox_t **self);

/* ZC_PRODUCER_BYTES. */
const uint8_t *zc_outbox_producer (const zc_outbox_t *self);

/* A frame to send: the stamp, and behind it the batch's events (none, where it only declares drops). */
typedef struct {
    uint8_t head [ZC_STAMP_BYTES];
    zc_batch_t batch;
    uint64_t dropped; /* what the stamp declares, of all epochs */
} zc_outbox_frame_t;

/* The frame that is due, if any; for a caller that can send it now. The same again until
 * zc_outbox_sent is told. hurried: declare drops at once. */
bool zc_outbox_next (zc_outbox_t *self, int64_t now_ns, bool hurried, zc_outbox_frame_t *ret_frame);

/* The frame of the last zc_outbox_next is handed over. */
void zc_outbox_sent (zc_outbox_t *self, const zc_outbox_frame_t *frame, int64_t now_ns);

/* Takes an acknowledgement of this producer; what it says is only believed as far as it can be. */
void zc_outbox_receive (zc_outbox_t *self, const zc_ack_t *ack, const zc_incarnation_t *incarnation, int64_t now_ns);

/* The connection is a new one: the silence is measured anew, and drops are declared again. */
void zc_outbox_reconnected (zc_outbox_t *self, int64_t now_ns);

/* Cuts what waits into frames, so that the digests vouch for it on any machine: while nobody takes
 * frames, what is a full frame, and now and then what there is; `all`: everything. */
void zc_outbox_seal (zc_outbox_t *self, int64_t now_ns, bool all);

/* Whether every event is settled and every drop declared; false for good where it is fenced. */
bool zc_outbox_is_done (const zc_outbox_t *self);

/* Of an adopted one: somebody else has gone on under this producer, or the next epoch could not be
 * written down. It sends no more. */
bool zc_outbox_is_fenced (const zc_outbox_t *self);

typedef struct {
    uint64_t sent;       /* events handed over at least once */
    uint64_t resent;     /* events handed over again, each time */
    uint64_t lost;       /* events given up: settled as of an expired epoch, and perhaps never taken */
    uint64_t declared;   /* drops, the highest number told so far */
    size_t unsent_bytes; /* of the queue, that are in no frame yet */
} zc_outbox_stats_t;

void zc_outbox_stats (const zc_outbox_t *self, zc_outbox_stats_t *ret_stats);

#endif
