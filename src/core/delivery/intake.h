/* SPDX-License-Identifier: MPL-2.0
 *
 * intake.h - one ingest frame into the ledger: check its stamp, decode, price, fold, or reject.
 *
 * The one path for frames, whether they come from a socket or from the journal.
 */
#ifndef ZC_INTAKE_H
#define ZC_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "core/ledger/ledger.h"
#include "core/delivery/producers.h"
#include "core/delivery/rejects.h"
#include "core/pricing/effective_config.h"

/* How much of a frame over the limit is looked at: its stamp, and what a reject keeps. */
#define ZC_TOO_LARGE_HEAD_BYTES ZC_REJECT_HEAD_BYTES

/* What a frame goes into. All parts are the caller's. */
typedef struct {
    zc_ledger_t *ledger;
    zc_rejects_t *rejects;
    zc_producers_t *producers;
    zc_limits_t limits;
} zc_intake_t;

/* Folds what is good in the frame, rejects what is bad, once: a stamped frame that was wholly seen
 * counts as a duplicate. The bytes are read only during the call. Returns 0, or -1 without memory:
 * then the ledger is as if the rest of the frame had not come, and must not be saved. */
int zc_intake_frame (zc_intake_t *self, const void *bytes, size_t size, int64_t arrival_ms);

/* A frame of more than limits.frame_bytes_max bytes: one reject, which uses up one number of its stamp.
 * head: how it begins, ZC_TOO_LARGE_HEAD_BYTES at most. Returns as zc_intake_frame does. */
int zc_intake_too_large (zc_intake_t *self, const void *head, size_t head_size, int64_t arrival_ms);

#endif
