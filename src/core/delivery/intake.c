/* SPDX-License-Identifier: MPL-2.0
 *
 * intake.c - one ingest frame into the ledger.
 */
#include "core/delivery/intake.h"

#include "wire/decode.h"

/* A stamped frame that begins above this is counted before it is taken: its numbers may pass 64 bits. */
#define SEQ_SAFE (UINT64_C (1) << 63)

/* What a walk over a frame found. */
typedef struct {
    uint64_t events; /* rejects included: each uses up a number */
    bool broke_off;  /* the last reject stands for more than could be told apart */
} walk_t;

static void note (walk_t *walk, zc_step_t step, const zc_reject_t *reject)
{
    walk->events++;
    walk->broke_off |= step == ZC_STEP_REJECT && (reject->why == ZC_WHY_TRUNCATED || reject->why == ZC_WHY_BATCH_LIMIT);
}

/* Counts without folding. */
static walk_t count (zc_frame_t frame)
{
    walk_t walk = {0, false};
    zc_event_t event;
    zc_reject_t reject;
    zc_step_t step;
    while ((step = zc_decode_next (&frame, &event, &reject)) != ZC_STEP_END)
        note (&walk, step, &reject);
    return walk;
}

static int fold (zc_intake_t *self, zc_frame_t *frame, walk_t *ret_walk)
{
    zc_event_t event;
    zc_reject_t reject;
    zc_step_t step;
    while ((step = zc_decode_next (frame, &event, &reject)) != ZC_STEP_END) {
        note (ret_walk, step, &reject);
        if (step == ZC_STEP_EVENT) {
            int rc = zc_ledger_fold (self->ledger, &event, frame->arrival_ms);
            if (rc == 0)
                continue;
            if (rc != -1)
                return -1;
            reject = (zc_reject_t){ZC_OVERFLOW, ZC_WHY_SUM, -1, frame->object, (uint64_t) (frame->at - frame->object)};
        }
        zc_rejects_add (self->rejects, &reject, frame->arrival_ms);
    }
    return 0;
}

static void refuse (zc_intake_t *self, zc_frame_kind_t kind, const void *bytes, size_t size, uint64_t events,
                    int64_t arrival_ms)
{
    zc_reject_t reject = {ZC_BAD_FIELD, ZC_WHY_PARTLY_SEEN, -1, bytes, size};
    if (kind == ZC_FRAME_BAD_SEQ)
        reject.why = ZC_WHY_NO_SEQ;
    if (kind == ZC_FRAME_STALE) {
        reject.reason = ZC_STALE;
        reject.why = ZC_WHY_FENCED;
    }
    zc_rejects_add_many (self->rejects, &reject, events, arrival_ms);
}

static int take_stamped (zc_intake_t *self, zc_frame_t *frame, const void *bytes, size_t size)
{
    walk_t walk = {0, false};
    /* What comes in order, nearly all, is decoded once: folded, and then noted. */
    if (frame->stamp.seq < SEQ_SAFE && zc_producers_is_next (self->producers, &frame->stamp)) {
        if (fold (self, frame, &walk) == -1)
            return -1;
        zc_frame_kind_t kind =
            zc_producers_take (self->producers, &frame->stamp, walk.events, walk.broke_off, frame->arrival_ms);
        return kind == ZC_FRAME_NO_MEMORY ? -1 : 0;
    }
    walk = count (*frame);
    zc_frame_kind_t kind =
        zc_producers_take (self->producers, &frame->stamp, walk.events, walk.broke_off, frame->arrival_ms);
    if (kind == ZC_FRAME_NO_MEMORY)
        return -1;
    if (kind == ZC_FRAME_NEW)
        return fold (self, frame, &walk);
    if (kind != ZC_FRAME_DUPLICATE)
        refuse (self, kind, bytes, size, walk.events, frame->arrival_ms);
    return 0;
}

int zc_intake_frame (zc_intake_t *self, const void *bytes, size_t size, int64_t arrival_ms)
{
    zc_frame_t frame;
    walk_t walk = {0, false};
    if (size > self->limits.frame_bytes_max) {
        size_t head_size = size < ZC_TOO_LARGE_HEAD_BYTES ? size : ZC_TOO_LARGE_HEAD_BYTES;
        return zc_intake_too_large (self, bytes, head_size, arrival_ms);
    }
    /* By the time of arrivals, not by a clock, and at each frame, not now and then: so a replay expires the same
     * ones, from wherever it begins. */
    zc_producers_expire (self->producers, arrival_ms);
    zc_decode_init (&frame, bytes, size, arrival_ms, self->limits.batch_events_max);
    return frame.stamped ? take_stamped (self, &frame, bytes, size) : fold (self, &frame, &walk);
}

int zc_intake_too_large (zc_intake_t *self, const void *head, size_t head_size, int64_t arrival_ms)
{
    zc_frame_t frame;
    zc_reject_t reject = {ZC_TOO_LARGE, ZC_WHY_FRAME_LIMIT, -1, head, head_size};
    zc_producers_expire (self->producers, arrival_ms);
    zc_decode_init (&frame, head, head_size, arrival_ms, self->limits.batch_events_max);
    if (frame.stamped) {
        zc_frame_kind_t kind = zc_producers_take (self->producers, &frame.stamp, 1, true, arrival_ms);
        if (kind == ZC_FRAME_NO_MEMORY)
            return -1;
        if (kind == ZC_FRAME_DUPLICATE)
            return 0;
        if (kind != ZC_FRAME_NEW) {
            refuse (self, kind, head, head_size, 1, arrival_ms);
            return 0;
        }
    }
    zc_rejects_add (self->rejects, &reject, arrival_ms);
    return 0;
}
