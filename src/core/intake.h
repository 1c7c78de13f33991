/* SPDX-License-Identifier: MPL-2.0
 *
 * intake.h - one ingest frame into the ledger: decode, price, fold, or reject.
 *
 * The one path for frames, whether they come from a socket or, later, from the journal.
 */
#ifndef ZC_INTAKE_H
#define ZC_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "core/ledger.h"
#include "core/rejects.h"

typedef struct {
    uint64_t frame_bytes_max; /* a larger frame is one reject, `too_large` */
    uint32_t batch_events_max;
} zc_limits_t;

/* Folds what is good in the frame, rejects what is bad. The bytes are read only during the call. */
void zc_intake_frame (zc_ledger_t *ledger, zc_rejects_t *rejects, const zc_limits_t *limits, const void *bytes,
                      size_t size, int64_t arrival_ms);

#endif
