/* SPDX-License-Identifier: MPL-2.0
 *
 * sender_round.c - rounds, plain and reliable.
 */
#include "client/sender_round.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/futex.h"
#include "client/spool_adopt.h"
#include "client/connection.h"
#include "zcost.h"

#define LINGER_MIN_MS 5            /* what left the queue just now needs a moment to leave the process */
#define LEFTOVER_FRAMES 8          /* a round: they must not hold up what is new */
#define SCAN_NS (60 * ZC_NS_PER_S) /* between two looks for spools to adopt */
#define ACKS_MAX 1000              /* a round: whoever floods us must not keep us from sending */

struct zc_sender_round {
    zc_ring_t queue;
    zc_connection_t *connection;
    size_t batch_bytes;
    const char *spool_dir;
    zc_outbox_t *outbox; /* NULL: plain mode */
    zc_spool_adopted_t *adopted;
    int64_t scan_at_ns;
    bool connected;
};

static int open_outbox (zc_sender_round_t *self, const zc_sender_round_options_t *options)
{
    const zc_outbox_options_t outbox = {
        .frame_bytes = options->batch_bytes,
        .is_kept = options->spool_dir != NULL,
        .adopted_fd = -1,
        .times = options->times,
    };
    int rc = zc_outbox_new (&self->queue, &outbox, &self->outbox);
    if (rc == 0)
        zc_connection_subscribe (self->connection, zc_outbox_producer (self->outbox));
    return rc;
}

int zc_sender_round_new (const zc_ring_t *queue, const zc_sender_round_options_t *options,
                         zc_sender_round_t **ret_round)
{
    zc_sender_round_t *self = calloc (1, sizeof *self);
    if (!self)
        return ZCOST_ENOMEM;
    self->queue = *queue;
    self->batch_bytes = options->batch_bytes;
    self->spool_dir = options->spool_dir;
    int rc = zc_connection_new (options->endpoint, options->publish, options->batch_bytes, &self->connection);
    if (rc == 0 && options->publish)
        rc = open_outbox (self, options);
    if (rc == 0) {
        *ret_round = self;
        return 0;
    }
    int error = errno;
    zc_sender_round_destroy (&self, 0);
    errno = error;
    return rc;
}

/* ------------------------------------------------------------------------------ plain mode */

/* Sends what the queue holds now: what comes meanwhile waits for the next round, and for company.
 * Whether anything went. */
static bool drain (zc_sender_round_t *self, size_t used_bytes)
{
    size_t sent_bytes = 0;
    zc_batch_t batch;
    while (sent_bytes < used_bytes && zc_ring_peek (&self->queue, 0, self->batch_bytes, &batch)) {
        if (!zc_connection_send (self->connection, NULL, 0, &self->queue, &batch))
            break;
        zc_ring_pop (&self->queue, &batch);
        sent_bytes += batch.units * sizeof (uint64_t);
    }
    return sent_bytes > 0;
}

/* --------------------------------------------------------------------------- reliable mode */

static bool is_for (const zc_outbox_t *outbox, const zc_ack_t *ack)
{
    return memcmp (zc_outbox_producer (outbox), ack->producer, ZC_PRODUCER_BYTES) == 0;
}

static void receive (zc_sender_round_t *self, int64_t now_ns)
{
    zc_ack_t ack;
    zc_incarnation_t incarnation;
    int got;
    for (int i = 0; i < ACKS_MAX && (got = zc_connection_receive (self->connection, &ack, &incarnation)) >= 0; i++) {
        if (got > 0 && is_for (self->outbox, &ack))
            zc_outbox_receive (self->outbox, &ack, &incarnation, now_ns);
        else if (got > 0 && self->adopted && is_for (zc_spool_adopted_outbox (self->adopted), &ack))
            zc_outbox_receive (zc_spool_adopted_outbox (self->adopted), &ack, &incarnation, now_ns);
    }
}

/* Sends frames of at most so many and so large. Whether any went. */
static bool send_frames (zc_sender_round_t *self, zc_outbox_t *outbox, const zc_ring_t *queue, bool hurried,
                         size_t frames_max, size_t bytes_max)
{
    zc_outbox_frame_t frame;
    size_t frames = 0, bytes = 0;
    /* Asked before a frame is cut: while it waits for room, more could join it. */
    while (frames < frames_max && bytes < bytes_max && zc_connection_is_ready (self->connection)) {
        int64_t now_ns = zc_clock_mono_ns ();
        if (!zc_outbox_next (outbox, now_ns, hurried, &frame) ||
            !zc_connection_send (self->connection, frame.head, sizeof frame.head, queue, &frame.batch))
            break;
        zc_outbox_sent (outbox, &frame, now_ns);
        frames++;
        bytes += frame.batch.units * sizeof (uint64_t);
    }
    return frames > 0;
}

/* One spool after the other. */
static void look_for_spools (zc_sender_round_t *self, int64_t now_ns)
{
    if (self->adopted && zc_spool_adopted_is_done (self->adopted)) {
        zc_connection_unsubscribe (self->connection, zc_outbox_producer (zc_spool_adopted_outbox (self->adopted)));
        zc_spool_adopted_destroy (&self->adopted);
        self->scan_at_ns = now_ns;
    }
    if (self->adopted || !self->spool_dir || !self->connected || now_ns < self->scan_at_ns)
        return;
    self->scan_at_ns = now_ns + SCAN_NS;
    if (zc_spool_adopt (self->spool_dir, &self->adopted))
        zc_connection_subscribe (self->connection, zc_outbox_producer (zc_spool_adopted_outbox (self->adopted)));
}

static void note_connection (zc_sender_round_t *self, int64_t now_ns)
{
    bool before = self->connected;
    self->connected = zc_connection_watch (self->connection);
    if (!self->connected || before || !self->outbox)
        return;
    zc_outbox_reconnected (self->outbox, now_ns);
    if (self->adopted)
        zc_outbox_reconnected (zc_spool_adopted_outbox (self->adopted), now_ns);
}

static bool exchange (zc_sender_round_t *self, bool hurried, size_t used_bytes, int64_t now_ns)
{
    bool moved = false;
    receive (self, now_ns);
    look_for_spools (self, now_ns);
    if (self->adopted)
        moved = send_frames (self, zc_spool_adopted_outbox (self->adopted), zc_spool_adopted_ring (self->adopted), true,
                             LEFTOVER_FRAMES, SIZE_MAX);
    /* What the queue holds now, and one more for drops that nothing else tells. */
    moved |= send_frames (self, self->outbox, &self->queue, hurried, SIZE_MAX, used_bytes + 1);
    if (!zc_connection_is_ready (self->connection))
        zc_outbox_seal (self->outbox, now_ns, false);
    return moved;
}

void zc_sender_round_run (zc_sender_round_t *self, bool hurried, zc_sender_round_result_t *ret_round)
{
    zc_sender_round_result_t round = {0};
    zc_ring_stats_t queue;
    int64_t now_ns = zc_clock_mono_ns ();
    note_connection (self, now_ns);
    zc_ring_stats (&self->queue, &queue);
    round.connected = self->connected;
    round.waiting_bytes = queue.used_bytes;
    if (!self->outbox)
        round.moved = drain (self, queue.used_bytes);
    else {
        zc_outbox_stats (self->outbox, &round.stats);
        round.waiting_bytes = round.stats.unsent_bytes;
        round.moved = exchange (self, hurried, queue.used_bytes, now_ns);
        zc_outbox_stats (self->outbox, &round.stats);
    }
    *ret_round = round;
}

/* ------------------------------------------------------------------------------------ end */

bool zc_sender_round_destroy (zc_sender_round_t **self_p, int64_t stop_at_ns)
{
    zc_sender_round_t *self = self_p ? *self_p : NULL;
    bool all_left = true;
    if (!self)
        return true;
    *self_p = NULL;
    bool is_plain = !self->outbox;
    zc_spool_adopted_destroy (&self->adopted);
    if (self->outbox)
        zc_outbox_seal (self->outbox, zc_clock_mono_ns (), true);
    else if (self->connection) /* nobody will acknowledge: so see that it leaves */
        all_left = zc_connection_settle (self->connection, stop_at_ns);
    zc_outbox_destroy (&self->outbox);
    int64_t left_ns = stop_at_ns - zc_clock_mono_ns ();
    int linger_ms = left_ns > LINGER_MIN_MS * ZC_NS_PER_MS ? (int) (left_ns / ZC_NS_PER_MS) : LINGER_MIN_MS;
    /* In reliable mode it is the acknowledgement that counts, and what has none is not lost by this. */
    if (!zc_connection_destroy (&self->connection, is_plain ? linger_ms : LINGER_MIN_MS) && is_plain)
        all_left = false;
    free (self);
    return all_left;
}
