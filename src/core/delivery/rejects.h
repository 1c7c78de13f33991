/* SPDX-License-Identifier: MPL-2.0
 *
 * rejects.h - what was not taken: counted by reason, the last ones kept.
 *
 * A ring of fixed size, allocated once: a flood of rejects costs a short copy each. Single thread.
 */
#ifndef ZC_REJECTS_H
#define ZC_REJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/event.h"

#define ZC_REJECT_HEAD_BYTES 256
#define ZC_REJECTS_KEEP_MAX 10000

typedef struct {
    int64_t ts_ms; /* when it arrived */
    zc_reason_t reason;
    zc_why_t why;
    int key; /* zc_key_t, or -1 */
    uint32_t head_size;
    uint8_t head [ZC_REJECT_HEAD_BYTES]; /* how it began */
} zc_rejected_t;

typedef struct zc_rejects zc_rejects_t;

/* keep: how many to keep, 1 to ZC_REJECTS_KEEP_MAX. NULL without memory. */
zc_rejects_t *zc_rejects_new (size_t keep);
void zc_rejects_destroy (zc_rejects_t **self);

/* Counts and keeps one; copies what it needs. */
void zc_rejects_add (zc_rejects_t *self, const zc_reject_t *reject, int64_t ts_ms);

/* Counts `events` of them, which were refused together, and keeps one. Does nothing for 0. */
void zc_rejects_add_many (zc_rejects_t *self, const zc_reject_t *reject, uint64_t events, int64_t ts_ms);

/* Puts a saved count back, before any reject. What was kept is gone. */
void zc_rejects_restore (zc_rejects_t *self, zc_reason_t reason, uint64_t count);

uint64_t zc_rejects_count (const zc_rejects_t *self, zc_reason_t reason);
uint64_t zc_rejects_total (const zc_rejects_t *self);

/* How many are kept; and the nth of them, 0 the newest. Valid until the next add. */
size_t zc_rejects_kept (const zc_rejects_t *self);
const zc_rejected_t *zc_rejects_nth (const zc_rejects_t *self, size_t n);

#endif
