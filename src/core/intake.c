/* SPDX-License-Identifier: MPL-2.0
 *
 * intake.c - one ingest frame into the ledger.
 */
#include "core/intake.h"

#include "wire/decode.h"

void zc_intake_frame (zc_ledger_t *ledger, zc_rejects_t *rejects, const zc_limits_t *limits, const void *bytes,
                      size_t size, int64_t arrival_ms)
{
    zc_frame_t frame;
    zc_event_t event;
    zc_reject_t reject;
    if (size > limits->frame_bytes_max) {
        reject = (zc_reject_t) {ZC_TOO_LARGE, ZC_WHY_FRAME_LIMIT, -1, bytes, size};
        zc_rejects_add (rejects, &reject, arrival_ms);
        return;
    }
    zc_frame_init (&frame, bytes, size, arrival_ms, limits->batch_events_max);
    while (true) {
        zc_step_t step = zc_frame_next (&frame, &event, &reject);
        if (step == ZC_STEP_END)
            return;
        if (step == ZC_STEP_EVENT) {
            if (zc_ledger_fold (ledger, &event) == 0)
                continue;
            reject = (zc_reject_t) {ZC_OVERFLOW, ZC_WHY_SUM, -1, frame.object, (uint64_t) (frame.at - frame.object)};
        }
        zc_rejects_add (rejects, &reject, arrival_ms);
    }
}
