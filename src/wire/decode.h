/* SPDX-License-Identifier: MPL-2.0
 *
 * decode.h - ingest frames to events, by a bounded pull reader.
 *
 * Reads a frame object by object: [stamp] *( event / array-of-event ). Never
 * allocates, never recurses, never believes a length: every loop is bounded by
 * the bytes that are there. Refuses to know what an event means or costs.
 */
#ifndef ZC_DECODE_H
#define ZC_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/event.h"
#include "wire/stamp.h"

/* A walk over one frame. To look at: the stamp, and where the last object begins (`object`) and ends
 * (`at`). */
typedef struct {
    const uint8_t *at, *end;
    const uint8_t *object;
    const uint8_t *array; /* the header of the array that we are in */
    int64_t arrival_ms;
    uint32_t array_left; /* elements still promised by the array that we are in */
    uint32_t batch_max, batch_left;
    bool stamped;
    zc_stamp_t stamp; /* valid where `stamped` */
} zc_frame_t;

typedef enum { ZC_STEP_END, ZC_STEP_EVENT, ZC_STEP_REJECT } zc_step_t;

/* Begins a walk. The bytes stay the caller's and must outlive the walk and its events.
 * arrival_ms: becomes the ts of events without one, and bounds ts from above (24 h).
 * batch_max: an array of more events than this is one reject, `too_large`; of one whose header
 * promises more than its bytes hold, what comes beyond this many elements is. */
void zc_decode_init (zc_frame_t *self, const void *bytes, size_t size, int64_t arrival_ms, uint32_t batch_max);

/* The next event or reject; ZC_STEP_END when the frame is read. *ret_event holds an event on
 * ZC_STEP_EVENT: what its `has` does not name, its type does not use or it did not bring (then it is
 * 0), but for ts_ms, hits and misses, which are settled. *ret_reject is written on ZC_STEP_REJECT. */
zc_step_t zc_decode_next (zc_frame_t *self, zc_event_t *ret_event, zc_reject_t *ret_reject);

#endif
