/* SPDX-License-Identifier: MPL-2.0
 *
 * checkpoint.h - what changed in the books, taken out to be saved.
 *
 * Taking one costs the ledger's thread the exchange of two pointers for the cells and short copies of
 * the rest; what was taken is then another thread's to write.
 */
#ifndef ZC_CHECKPOINT_H
#define ZC_CHECKPOINT_H

#include "daemon/books.h"
#include "store/store.h"

/* A zc_checkpoint_t and what it points to. */
typedef struct zc_taken zc_taken_t;

/* NULL without memory. */
zc_taken_t *zc_taken_new (void);
void zc_taken_destroy (zc_taken_t **self);

/* Takes what changed since the last one that was taken. position: in the journal; all before it has been
 * folded, nothing behind it. state: of the store, after the last checkpoint: the next sequence and the
 * first new key follow from it. terms_changed: the terms are part of it. Returns 0, or -1 without memory:
 * then the books must not be saved any more. */
int zc_taken_take (zc_taken_t *self, zc_books_t *books, uint64_t sequence, uint32_t keys_from, zc_position_t position,
                   bool terms_changed);

/* Valid until the next take. */
const zc_checkpoint_t *zc_taken_checkpoint (const zc_taken_t *self);

#endif
