/* SPDX-License-Identifier: MPL-2.0
 *
 * readers.h - threads that answer questions about windows of time.
 *
 * An answer is of one moment: what the store has, the checkpoint that is being committed, and a copy of what
 * changed since, made when the question is taken up. While a question is worked on no checkpoint is taken, and
 * while one is due no question is taken up: both wait for milliseconds. A question that has much to read is read by two
 * threads, where one is idle. Bounded: questions that wait, and the time that one may take. For the one thread that
 * owns the books; what was asked is told there.
 */
#ifndef ZC_READERS_H
#define ZC_READERS_H

#include "daemon/inquiry.h"

#define ZC_READERS 3         /* threads */
#define ZC_INQUIRIES_MAX 256 /* that wait or are worked on */

typedef struct zc_readers zc_readers_t;

/* What is on its way into the store: the cells of checkpoint *ret_sequence, the last one taken; NULL where it is there. */
typedef const zc_cells_t *(zc_committing_t) (void *argument, uint64_t *ret_sequence);

/* Starts the threads. All must outlive them. NULL with a line in ret_why. */
zc_readers_t *zc_readers_new (zc_books_t *books, zc_store_t *store, zc_shared_recent_t *recent,
                              zc_committing_t *committing, void *argument, char ret_why [256]);

/* Ends the threads after what they are doing; what waits is done with `unavailable`. NULL-safe. */
void zc_readers_destroy (zc_readers_t **self);

/* Puts a question. It is the readers' from here on. Where it cannot be taken (too many wait) it is done before this
 * returns, with `unavailable`. One that is `of_checkpoints` is the daemon's own: always taken, and first. */
void zc_readers_ask (zc_readers_t *self, zc_inquiry_t *inquiry);

/* Readable when a question was answered; then zc_readers_collect is due: it tells what is done. */
int zc_readers_descriptor (const zc_readers_t *self);
void zc_readers_collect (zc_readers_t *self);

/* Takes up no more questions until zc_readers_release; tells what is done. Whether no question is worked on any more, so
 * that a checkpoint can be taken; wait: until none is. */
bool zc_readers_hold (zc_readers_t *self, bool wait);
void zc_readers_release (zc_readers_t *self);

#endif
