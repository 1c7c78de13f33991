/* SPDX-License-Identifier: MPL-2.0
 *
 * decode.c - the walk over a frame.
 */
#include "wire/decode.h"

#include "wire/decode_event.h"
#include "wire/reader.h"

void zc_decode_init (zc_frame_t *self, const void *bytes, size_t size, int64_t arrival_ms, uint32_t batch_max)
{
    self->at = bytes;
    self->end = self->at + size;
    self->arrival_ms = arrival_ms;
    self->array_left = self->batch_left = 0;
    self->batch_max = batch_max;
    const uint8_t *next = zc_stamp_read (self->at, self->end, &self->stamp);
    self->stamped = next != NULL;
    if (next)
        self->at = next;
}

static zc_step_t rejected (zc_frame_t *self, const uint8_t *next, zc_reject_t *ret_reject)
{
    ret_reject->head = self->at;
    ret_reject->size = (uint64_t) (next - self->at);
    self->at = next;
    return ZC_STEP_REJECT;
}

/* What follows cannot be told apart: it counts as one reject and ends the frame. */
static zc_step_t malformed (zc_frame_t *self, zc_reject_t *ret_reject)
{
    /* An array that ends short between two elements is itself the broken object. */
    if (self->at == self->end)
        self->at = self->array;
    self->array_left = 0;
    *ret_reject = (zc_reject_t){.reason = ZC_MALFORMED, .why = ZC_WHY_TRUNCATED, .key = -1};
    return rejected (self, self->end, ret_reject);
}

static zc_step_t skip_object (zc_frame_t *self, unsigned levels, zc_reason_t reason, zc_why_t why,
                              zc_reject_t *ret_reject)
{
    bool too_deep = false;
    const uint8_t *next = zc_reader_skip (self->at, self->end, levels, &too_deep);
    if (!next)
        return malformed (self, ret_reject);
    if (too_deep)
        *ret_reject = (zc_reject_t){.reason = ZC_MALFORMED, .why = ZC_WHY_TOO_DEEP, .key = -1};
    else
        *ret_reject = (zc_reject_t){.reason = reason, .why = why, .key = -1};
    return rejected (self, next, ret_reject);
}

/* More elements than a batch may have, behind a header that lied: the rest of the frame is one. */
static zc_step_t over_batch (zc_frame_t *self, zc_reject_t *ret_reject)
{
    self->array_left = 0;
    *ret_reject = (zc_reject_t){.reason = ZC_TOO_LARGE, .why = ZC_WHY_BATCH_LIMIT, .key = -1};
    return rejected (self, self->end, ret_reject);
}

static inline zc_step_t read_event (zc_frame_t *self, const uint8_t *inside, uint32_t count, zc_event_t *ret_event,
                                    zc_reject_t *ret_reject)
{
    bool good = false;
    const uint8_t *next = zc_decode_event (inside, self->end, count, self->arrival_ms, ret_event, ret_reject, &good);
    if (__builtin_expect (!next, false))
        return malformed (self, ret_reject);
    if (__builtin_expect (!good, false))
        return rejected (self, next, ret_reject);
    self->at = next;
    return ZC_STEP_EVENT;
}

zc_step_t zc_decode_next (zc_frame_t *self, zc_event_t *ret_event, zc_reject_t *ret_reject)
{
    while (true) {
        if (self->at == self->end)
            return self->array_left ? malformed (self, ret_reject) : ZC_STEP_END;
        zc_value_t value;
        const uint8_t *inside = zc_reader_read (self->at, self->end, &value);
        if (!inside)
            return malformed (self, ret_reject);
        bool element = self->array_left > 0;
        self->object = self->at;
        if (value.kind == ZC_ARRAY && !element) {
            if (value.size > self->batch_max && value.size <= (size_t) (self->end - inside))
                return skip_object (self, ZC_DEPTH_MAX + 1, ZC_TOO_LARGE, ZC_WHY_BATCH_LIMIT, ret_reject);
            self->array = self->at;
            self->array_left = value.size;
            self->batch_left = self->batch_max;
            self->at = inside;
            continue;
        }
        if (element && self->batch_left == 0)
            return over_batch (self, ret_reject);
        self->array_left -= element;
        self->batch_left -= element;
        if (value.kind == ZC_MAP)
            return read_event (self, inside, value.size, ret_event, ret_reject);
        return skip_object (self, ZC_DEPTH_MAX, ZC_NOT_A_MAP, ZC_WHY_NO_MAP, ret_reject);
    }
}
