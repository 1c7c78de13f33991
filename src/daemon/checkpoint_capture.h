/* SPDX-License-Identifier: MPL-2.0
 *
 * checkpoint_capture.h - what changed in the engine, taken out to be saved.
 *
 * Taking one costs the ledger's thread the exchange of two pointers for the cells and short copies of
 * the rest; what was taken is then another thread's to write.
 */
#ifndef ZC_CHECKPOINT_CAPTURE_H
#define ZC_CHECKPOINT_CAPTURE_H

#include "daemon/engine.h"
#include "store/store.h"

/* A zc_checkpoint_t and what it points to. */
typedef struct zc_checkpoint_capture zc_checkpoint_capture_t;

/* NULL without memory. */
zc_checkpoint_capture_t *zc_checkpoint_capture_new (void);
void zc_checkpoint_capture_destroy (zc_checkpoint_capture_t **self);

/* Takes what changed since the last one that was taken. position: in the journal; all before it has been
 * folded, nothing behind it. state: of the store, after the last checkpoint: the next sequence and the
 * first new key follow from it. terms_changed: the terms are part of it. Returns 0, or -1 without memory:
 * then the engine must not be saved any more. */
int zc_checkpoint_capture_run (zc_checkpoint_capture_t *self, zc_engine_t *engine, uint64_t sequence,
                               uint32_t keys_from, zc_position_t position, bool config_changed);

/* Valid until the next take. */
const zc_checkpoint_t *zc_checkpoint_capture_result (const zc_checkpoint_capture_t *self);

#endif
