/* SPDX-License-Identifier: MPL-2.0
 *
 * courier.c - rounds, plain and reliable.
 */
#include "client/courier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/futex.h"
#include "client/leftover.h"
#include "client/link.h"
#include "zcost.h"

#define LINGER_MIN_MS 5            /* what left the queue just now needs a moment to leave the process */
#define LEFTOVER_FRAMES 8          /* a round: they must not hold up what is new */
#define SCAN_NS (60 * ZC_NS_PER_S) /* between two looks for leftovers */
#define RECEIPTS_MAX 1000          /* a round: whoever floods us must not keep us from sending */

struct zc_courier {
    zc_queue_t queue;
    zc_link_t *link;
    size_t batch_bytes;
    const char *spool_dir;
    zc_outbox_t *outbox; /* NULL: plain mode */
    zc_leftover_t *leftover;
    int64_t scan_at_ns;
    bool connected;
};

static int open_outbox (zc_courier_t *self, const zc_courier_options_t *options)
{
    const zc_outbox_options_t outbox = {
        .frame_bytes = options->batch_bytes,
        .is_kept = options->spool_dir != NULL,
        .adopted_fd = -1,
        .times = options->times,
    };
    int rc = zc_outbox_new (&self->queue, &outbox, &self->outbox);
    if (rc == 0)
        zc_link_subscribe (self->link, zc_outbox_producer (self->outbox));
    return rc;
}

int zc_courier_new (const zc_queue_t *queue, const zc_courier_options_t *options, zc_courier_t **ret_courier)
{
    zc_courier_t *self = calloc (1, sizeof *self);
    if (!self)
        return ZCOST_ENOMEM;
    self->queue = *queue;
    self->batch_bytes = options->batch_bytes;
    self->spool_dir = options->spool_dir;
    int rc = zc_link_new (options->endpoint, options->publish, options->batch_bytes, &self->link);
    if (rc == 0 && options->publish)
        rc = open_outbox (self, options);
    if (rc == 0) {
        *ret_courier = self;
        return 0;
    }
    int error = errno;
    zc_courier_destroy (&self, 0);
    errno = error;
    return rc;
}

/* ------------------------------------------------------------------------------ plain mode */

/* Sends what the queue holds now: what comes meanwhile waits for the next round, and for company.
 * Whether anything went. */
static bool drain (zc_courier_t *self, size_t used_bytes)
{
    size_t sent_bytes = 0;
    zc_batch_t batch;
    while (sent_bytes < used_bytes && zc_queue_peek (&self->queue, 0, self->batch_bytes, &batch)) {
        if (!zc_link_send (self->link, NULL, 0, &self->queue, &batch))
            break;
        zc_queue_pop (&self->queue, &batch);
        sent_bytes += batch.units * sizeof (uint64_t);
    }
    return sent_bytes > 0;
}

/* --------------------------------------------------------------------------- reliable mode */

static bool is_for (const zc_outbox_t *outbox, const zc_receipt_t *receipt)
{
    return memcmp (zc_outbox_producer (outbox), receipt->producer, ZC_UUID_BYTES) == 0;
}

static void receive (zc_courier_t *self, int64_t now_ns)
{
    zc_receipt_t receipt;
    int got;
    for (int i = 0; i < RECEIPTS_MAX && (got = zc_link_receive (self->link, &receipt)) >= 0; i++) {
        if (got > 0 && is_for (self->outbox, &receipt))
            zc_outbox_receive (self->outbox, &receipt, now_ns);
        else if (got > 0 && self->leftover && is_for (zc_leftover_outbox (self->leftover), &receipt))
            zc_outbox_receive (zc_leftover_outbox (self->leftover), &receipt, now_ns);
    }
}

/* Sends frames of at most so many and so large. Whether any went. */
static bool send_frames (zc_courier_t *self, zc_outbox_t *outbox, const zc_queue_t *queue, bool hurried,
                         size_t frames_max, size_t bytes_max)
{
    zc_outbox_frame_t frame;
    size_t frames = 0, bytes = 0;
    /* Asked before a frame is cut: while it waits for room, more could join it. */
    while (frames < frames_max && bytes < bytes_max && zc_link_is_ready (self->link)) {
        int64_t now_ns = zc_monotonic_ns ();
        if (!zc_outbox_next (outbox, now_ns, hurried, &frame) ||
            !zc_link_send (self->link, frame.head, sizeof frame.head, queue, &frame.batch))
            break;
        zc_outbox_sent (outbox, &frame, now_ns);
        frames++;
        bytes += frame.batch.units * sizeof (uint64_t);
    }
    return frames > 0;
}

/* One leftover after the other. */
static void look_for_leftovers (zc_courier_t *self, int64_t now_ns)
{
    if (self->leftover && zc_leftover_is_done (self->leftover)) {
        zc_link_unsubscribe (self->link, zc_outbox_producer (zc_leftover_outbox (self->leftover)));
        zc_leftover_destroy (&self->leftover);
        self->scan_at_ns = now_ns;
    }
    if (self->leftover || !self->spool_dir || !self->connected || now_ns < self->scan_at_ns)
        return;
    self->scan_at_ns = now_ns + SCAN_NS;
    if (zc_leftover_adopt (self->spool_dir, &self->leftover))
        zc_link_subscribe (self->link, zc_outbox_producer (zc_leftover_outbox (self->leftover)));
}

static void note_connection (zc_courier_t *self, int64_t now_ns)
{
    bool before = self->connected;
    self->connected = zc_link_watch (self->link);
    if (!self->connected || before || !self->outbox)
        return;
    zc_outbox_reconnected (self->outbox, now_ns);
    if (self->leftover)
        zc_outbox_reconnected (zc_leftover_outbox (self->leftover), now_ns);
}

static bool exchange (zc_courier_t *self, bool hurried, size_t used_bytes, int64_t now_ns)
{
    bool moved = false;
    receive (self, now_ns);
    look_for_leftovers (self, now_ns);
    if (self->leftover)
        moved = send_frames (self, zc_leftover_outbox (self->leftover), zc_leftover_queue (self->leftover), true,
                             LEFTOVER_FRAMES, SIZE_MAX);
    /* What the queue holds now, and one more for drops that nothing else tells. */
    moved |= send_frames (self, self->outbox, &self->queue, hurried, SIZE_MAX, used_bytes + 1);
    if (!zc_link_is_ready (self->link))
        zc_outbox_seal (self->outbox, now_ns, false);
    return moved;
}

void zc_courier_go_round (zc_courier_t *self, bool hurried, zc_courier_round_t *ret_round)
{
    zc_courier_round_t round = {0};
    zc_queue_stats_t queue;
    int64_t now_ns = zc_monotonic_ns ();
    note_connection (self, now_ns);
    zc_queue_stats (&self->queue, &queue);
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

bool zc_courier_destroy (zc_courier_t **self_p, int64_t stop_at_ns)
{
    zc_courier_t *self = self_p ? *self_p : NULL;
    bool all_left = true;
    if (!self)
        return true;
    *self_p = NULL;
    bool is_plain = !self->outbox;
    zc_leftover_destroy (&self->leftover);
    if (self->outbox)
        zc_outbox_seal (self->outbox, zc_monotonic_ns (), true);
    else if (self->link) /* nobody will acknowledge: so see that it is read */
        all_left = zc_link_settle (self->link, stop_at_ns);
    zc_outbox_destroy (&self->outbox);
    int64_t left_ns = stop_at_ns - zc_monotonic_ns ();
    int linger_ms = left_ns > LINGER_MIN_MS * ZC_NS_PER_MS ? (int) (left_ns / ZC_NS_PER_MS) : LINGER_MIN_MS;
    /* In reliable mode it is the acknowledgement that counts, and what has none is not lost by this. */
    if (!zc_link_destroy (&self->link, is_plain ? linger_ms : LINGER_MIN_MS) && is_plain)
        all_left = false;
    free (self);
    return all_left;
}
