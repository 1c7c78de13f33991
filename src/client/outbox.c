/* SPDX-License-Identifier: MPL-2.0
 *
 * outbox.c - cutting, sending again, settling, renumbering.
 */
#include "client/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "client/futex.h"
#include "client/spool_format.h"
#include "client/uuid.h"
#include "zcost.h"

const zc_outbox_times_t zc_outbox_times = {
    .silence_ns = ZC_NS_PER_S,
    .silence_max_ns = 30 * ZC_NS_PER_S,
    .idle_ns = 600 * ZC_NS_PER_S,
    .declare_ns = ZC_NS_PER_S,
    .seal_ns = ZC_NS_PER_S,
};

struct zc_outbox {
    zc_ring_t queue;
    zc_spool_room_t *room;
    zc_outbox_times_t times;
    size_t events_bytes; /* of one frame */
    bool is_kept, is_fenced;
    int adopted_fd;

    uint64_t at;         /* the frame to send next: those from first to here are on their way */
    uint64_t handed;     /* frames below were handed over at least once */
    uint64_t declared;   /* drops told under this epoch, over this connection */
    int64_t progress_ns; /* when the oldest frame was sent, or what came before it was settled */
    int64_t silence_ns;  /* that makes us send again */
    int64_t active_ns;   /* when anything was sent or settled; 0: never */
    int64_t declared_ns, sealed_ns;
    zc_incarnation_t incarnation; /* size 0: none seen */
    uint64_t sent_place, resent, lost, declared_ever;
};

/* ------------------------------------------------------------------------ the room's words */

static uint64_t first_of (const zc_outbox_t *self)
{
    return atomic_load (&self->room->head.first);
}

static uint64_t next_of (const zc_outbox_t *self)
{
    return atomic_load (&self->room->head.next);
}

static zc_spool_flight_t *flight_of (const zc_outbox_t *self, uint64_t frame)
{
    return zc_spool_flight (self->room, frame);
}

static const zc_spool_numbering_t *numbering_of (const zc_outbox_t *self)
{
    return zc_spool_numbering (&self->room->head, atomic_load (&self->room->head.numberings_count));
}

/* Events that were settled, which is where the queue's head stands. */
static uint64_t settled_place (const zc_outbox_t *self)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&self->queue, &stats);
    return stats.popped;
}

/* Frames are settled, then sent, then to be sent. */
static void assert_order (const zc_outbox_t *self)
{
    assert (first_of (self) <= self->at && self->at <= next_of (self));
    assert (first_of (self) <= self->handed && self->handed <= next_of (self));
    (void) self;
}

/* The place of the first event that is in no frame. */
static uint64_t cut_place (const zc_outbox_t *self)
{
    const zc_spool_flight_t *last = flight_of (self, next_of (self) - 1);
    return first_of (self) == next_of (self) ? settled_place (self) : last->place + last->events;
}

/* How far behind the head it stands. */
static uint32_t cut_ahead (const zc_outbox_t *self)
{
    uint64_t first = first_of (self), next = next_of (self);
    const zc_spool_flight_t *last = flight_of (self, next - 1);
    return first == next ? 0 : last->position + last->units - flight_of (self, first)->position;
}

static uint64_t drops_of (const zc_outbox_t *self)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&self->queue, &stats);
    return stats.dropped;
}

/* ----------------------------------------------------------------------------- new, destroy */

static int format (const zc_ring_t *queue, zc_spool_room_t *room)
{
    uint8_t producer [ZC_PRODUCER_BYTES];
    if (atomic_load (&room->head.numberings_count) > 0)
        return 0; /* a spool's, or of a sender that had to start twice */
    int rc = zc_uuid_new (producer);
    if (rc == 0)
        zc_spool_format (&room->head, zc_ring_bytes (queue), producer);
    return rc;
}

int zc_outbox_new (const zc_ring_t *queue, const zc_outbox_options_t *options, zc_outbox_t **ret_outbox)
{
    assert (options->frame_bytes > ZC_STAMP_BYTES);
    zc_outbox_t *self = calloc (1, sizeof *self);
    int rc = self ? format (queue, zc_ring_room (queue)) : ZCOST_ENOMEM;
    if (rc != 0) {
        free (self);
        return rc;
    }
    self->queue = *queue;
    self->room = zc_ring_room (queue);
    self->times = options->times ? *options->times : zc_outbox_times;
    self->events_bytes = options->frame_bytes - ZC_STAMP_BYTES;
    self->is_kept = options->is_kept;
    self->adopted_fd = options->adopted_fd;
    self->silence_ns = self->times.silence_ns;
    self->at = self->handed = first_of (self);
    self->declared = numbering_of (self)->dropped_before;
    self->sent_place = settled_place (self);
    *ret_outbox = self;
    return 0;
}

void zc_outbox_destroy (zc_outbox_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    free (*self_p);
    *self_p = NULL;
}

const uint8_t *zc_outbox_producer (const zc_outbox_t *self)
{
    return self->room->head.label.producer;
}

/* ------------------------------------------------------------------------------- numbering */

/* Everything unsettled is to be sent, from the oldest frame on. */
static void start_over (zc_outbox_t *self, int64_t now_ns)
{
    uint64_t settled = atomic_load (&self->room->head.dropped_settled);
    uint64_t before = numbering_of (self)->dropped_before;
    self->at = first_of (self);
    self->declared = settled > before ? settled : before;
    self->declared_ns = 0;
    self->progress_ns = now_ns;
    assert_order (self);
}

/* Begins an epoch with the oldest unsettled event. */
static void renumber (zc_outbox_t *self, uint32_t epoch, uint64_t dropped_before)
{
    const zc_spool_numbering_t numbering = {
        .places_before = settled_place (self), .dropped_before = dropped_before, .epoch = epoch};
    self->is_fenced = !zc_spool_renumber (&self->room->head, &numbering, self->adopted_fd);
}

/* ---------------------------------------------------------------------------------- cutting */

/* Silent for so long, we may have been forgotten: a number under the old epoch might be refused. */
static void renew_if_idle (zc_outbox_t *self, int64_t now_ns)
{
    const zc_spool_numbering_t *numbering = numbering_of (self);
    if (self->active_ns == 0 || now_ns - self->active_ns < self->times.idle_ns || first_of (self) != next_of (self) ||
        self->adopted_fd >= 0 || numbering->epoch == UINT32_MAX)
        return;
    renumber (self, numbering->epoch + 1, self->declared);
    self->active_ns = now_ns;
}

/* Makes one more frame of what waits. Whether there is one. */
static bool cut (zc_outbox_t *self, int64_t now_ns)
{
    zc_batch_t batch;
    uint64_t next = next_of (self);
    if (next - first_of (self) == ZC_FLIGHTS_MAX ||
        !zc_ring_peek (&self->queue, cut_ahead (self), self->events_bytes, &batch))
        return false;
    renew_if_idle (self, now_ns);
    zc_spool_flight_t *flight = flight_of (self, next);
    *flight = (zc_spool_flight_t){
        .place = cut_place (self),
        .digest = self->is_kept ? zc_ring_digest (&self->queue, &batch) : 0,
        .position = batch.position,
        .units = batch.units,
        .events = batch.events,
        .bytes = (uint32_t) batch.bytes,
    };
    flight->check = self->is_kept ? zc_spool_flight_check (flight, next) : 0;
    atomic_store_explicit (&self->room->head.next, next + 1, memory_order_release);
    return true;
}

static size_t unsent_bytes (const zc_outbox_t *self)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&self->queue, &stats);
    size_t cut_bytes = cut_ahead (self) * sizeof (uint64_t);
    return stats.used_bytes > cut_bytes ? stats.used_bytes - cut_bytes : 0;
}

void zc_outbox_seal (zc_outbox_t *self, int64_t now_ns, bool all)
{
    if (!self->is_kept)
        return;
    while ((all || unsent_bytes (self) > 2 * self->events_bytes) && cut (self, now_ns))
        self->sealed_ns = now_ns;
    if (now_ns - self->sealed_ns >= self->times.seal_ns) {
        cut (self, now_ns);
        self->sealed_ns = now_ns;
    }
}

/* ---------------------------------------------------------------------------------- sending */

static void stamp (const zc_outbox_t *self, uint64_t place, uint64_t dropped, uint8_t ret_head [ZC_STAMP_BYTES])
{
    const zc_spool_numbering_t *numbering = numbering_of (self);
    uint64_t before = numbering->dropped_before;
    zc_stamp_t head = {
        .epoch = numbering->epoch,
        .seq = place - numbering->places_before + 1,
        .dropped = dropped > before ? dropped - before : 0,
    };
    memcpy (head.producer, zc_outbox_producer (self), sizeof head.producer);
    zc_stamp_write (&head, ret_head);
}

static bool is_silent (const zc_outbox_t *self, int64_t now_ns)
{
    return self->at > first_of (self) && now_ns - self->progress_ns >= self->silence_ns;
}

/* A frame of a stamp alone, where drops happened and no event goes that could tell. */
static bool declare (zc_outbox_t *self, int64_t now_ns, bool hurried, zc_outbox_frame_t *ret_frame)
{
    uint64_t dropped = drops_of (self);
    bool is_due = hurried || self->declared_ns == 0 || now_ns - self->declared_ns >= self->times.declare_ns;
    if (dropped <= self->declared || !is_due)
        return false;
    stamp (self, cut_place (self), dropped, ret_frame->head);
    ret_frame->dropped = dropped;
    ret_frame->batch = (zc_batch_t){0};
    return true;
}

bool zc_outbox_next (zc_outbox_t *self, int64_t now_ns, bool hurried, zc_outbox_frame_t *ret_frame)
{
    if (self->is_fenced)
        return false;
    if (is_silent (self, now_ns)) {
        start_over (self, now_ns);
        self->silence_ns =
            2 * self->silence_ns < self->times.silence_max_ns ? 2 * self->silence_ns : self->times.silence_max_ns;
    }
    if (self->at == next_of (self) && !cut (self, now_ns))
        return declare (self, now_ns, hurried, ret_frame);
    const zc_spool_flight_t *flight = flight_of (self, self->at);
    ret_frame->dropped = drops_of (self);
    stamp (self, flight->place, ret_frame->dropped, ret_frame->head);
    ret_frame->batch = zc_spool_flight_batch (flight);
    return true;
}

/* What the frame's stamp told is told. */
static void note_declared (zc_outbox_t *self, uint64_t dropped, int64_t now_ns)
{
    if (dropped > self->declared)
        self->declared = dropped;
    if (dropped > self->declared_ever)
        self->declared_ever = dropped;
    self->declared_ns = now_ns;
}

void zc_outbox_sent (zc_outbox_t *self, const zc_outbox_frame_t *frame, int64_t now_ns)
{
    note_declared (self, frame->dropped, now_ns);
    self->active_ns = now_ns;
    if (frame->batch.events == 0)
        return;
    zc_spool_flight_t *flight = flight_of (self, self->at);
    flight->dropped = frame->dropped;
    if (self->at == first_of (self))
        self->progress_ns = now_ns;
    if (self->at < self->handed)
        self->resent += flight->events;
    else
        self->handed = self->at + 1;
    if (flight->place + flight->events > self->sent_place)
        self->sent_place = flight->place + flight->events;
    self->at++;
    assert_order (self);
}

void zc_outbox_reconnected (zc_outbox_t *self, int64_t now_ns)
{
    uint64_t at = self->at;
    start_over (self, now_ns);
    self->at = at; /* what was sent may well have arrived: the silence will tell, and a short one */
    self->silence_ns = self->times.silence_ns;
}

/* --------------------------------------------------------------------------------- settling */

/* Settles the frames that end at or below a place. Returns how many events. */
static uint64_t settle (zc_outbox_t *self, uint64_t limit)
{
    zc_spool_head_t *head = &self->room->head;
    uint64_t first = first_of (self), next = next_of (self), dropped = atomic_load (&head->dropped_settled);
    zc_batch_t gone = {.position = flight_of (self, first)->position};
    for (const zc_spool_flight_t *flight; first < next; first++) {
        flight = flight_of (self, first);
        if (flight->place + flight->events > limit)
            break;
        gone.units += flight->units;
        gone.events += flight->events;
        if (flight->dropped > dropped)
            dropped = flight->dropped;
    }
    if (gone.events == 0)
        return 0;
    /* Before the records are zeroed: whoever finds this file must not look for them. */
    atomic_store (&head->dropped_settled, dropped);
    atomic_store (&head->first, first);
    zc_ring_pop (&self->queue, &gone);
    if (self->at < first)
        self->at = first;
    if (self->handed < first)
        self->handed = first;
    assert_order (self);
    return gone.events;
}

/* The daemon has closed the epoch: what is below the limit is its to know, and must not be sent under
 * another number; what is above was never taken. */
static void begin_again (zc_outbox_t *self, uint32_t epoch, uint64_t limit, int64_t now_ns)
{
    uint64_t before = numbering_of (self)->dropped_before;
    self->lost += settle (self, limit);
    /* Within a frame: cannot be by our boundaries. Given up, since it must not be counted twice. */
    const zc_spool_flight_t *first = flight_of (self, first_of (self));
    if (first_of (self) < next_of (self) && first->place < limit)
        self->lost += settle (self, first->place + first->events);
    uint64_t settled = atomic_load (&self->room->head.dropped_settled);
    renumber (self, epoch, settled > before ? settled : before);
    start_over (self, now_ns);
    self->silence_ns = self->times.silence_ns;
}

/* Whether the daemon has started anew since the last time it was heard of. */
static bool is_new_incarnation (zc_outbox_t *self, const zc_incarnation_t *incarnation)
{
    bool is_first = self->incarnation.size == 0;
    if (self->incarnation.size == incarnation->size &&
        memcmp (self->incarnation.bytes, incarnation->bytes, incarnation->size) == 0)
        return false;
    self->incarnation = *incarnation;
    return !is_first;
}

static bool has_uncut (const zc_outbox_t *self)
{
    zc_batch_t batch;
    return zc_ring_peek (&self->queue, cut_ahead (self), self->events_bytes, &batch);
}

void zc_outbox_receive (zc_outbox_t *self, const zc_ack_t *ack, const zc_incarnation_t *incarnation, int64_t now_ns)
{
    const zc_spool_numbering_t *numbering = numbering_of (self);
    if (is_new_incarnation (self, incarnation)) {
        start_over (self, now_ns);
        self->silence_ns = self->times.silence_ns;
    }
    if (ack->epoch < numbering->epoch || ack->epoch == UINT32_MAX || self->is_fenced)
        return;
    if (ack->epoch > numbering->epoch) {
        /* Somebody who adopted a copy of this file went on with it: what he sent must not be sent
         * again. In a living queue it cannot be, but for a daemon that errs. */
        self->is_fenced = self->adopted_fd >= 0;
        if (!self->is_fenced)
            begin_again (self, ack->epoch + 1, 0, now_ns);
        return;
    }
    uint64_t given = cut_place (self) - numbering->places_before, taken = ack->seq - 1;
    /* Beyond what was given out: but of a file that others adopted before, more may be known than it tells. */
    bool is_beyond = taken > given;
    if (is_beyond && self->adopted_fd < 0)
        return;
    uint64_t limit = numbering->places_before + (is_beyond ? given : taken);
    /* While there are events below the limit that are in no frame yet, they are cut first: they must not be sent
     * under other numbers. */
    if (ack->stale && !(is_beyond && has_uncut (self)))
        begin_again (self, ack->epoch + 1, limit, now_ns);
    else if (settle (self, limit) > 0) {
        self->progress_ns = self->active_ns = now_ns;
        self->silence_ns = self->times.silence_ns;
    }
}

/* ------------------------------------------------------------------------------------- tell */

bool zc_outbox_is_done (const zc_outbox_t *self)
{
    zc_batch_t batch;
    return !self->is_fenced && first_of (self) == next_of (self) &&
           !zc_ring_peek (&self->queue, 0, self->events_bytes, &batch) && drops_of (self) <= self->declared;
}

bool zc_outbox_is_fenced (const zc_outbox_t *self)
{
    return self->is_fenced;
}

void zc_outbox_stats (const zc_outbox_t *self, zc_outbox_stats_t *ret_stats)
{
    *ret_stats = (zc_outbox_stats_t){
        .sent = self->sent_place,
        .resent = self->resent,
        .lost = self->lost,
        .declared = self->declared_ever,
        .unsent_bytes = unsent_bytes (self),
    };
}
