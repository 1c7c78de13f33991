/* SPDX-License-Identifier: MPL-2.0
 *
 * query_workers.h - threads that answer questions about windows of time.
 *
 * An answer is of one moment: what the store has, the checkpoint that is being committed, and a copy of what
 * changed since, made when the question is taken up. While a question is worked on no checkpoint is taken, and
 * while one is due no question is taken up: both wait for milliseconds. A question that has much to read is read by two
 * threads, where one is idle. Bounded: questions that wait, and the time that one may take. For the one thread that
 * owns the engine; what was asked is told there.
 */
#ifndef ZC_QUERY_WORKERS_H
#define ZC_QUERY_WORKERS_H

#include "daemon/window_query.h"

#define ZC_QUERY_WORKERS 3        /* threads */
#define ZC_WINDOW_QUERIES_MAX 256 /* that wait or are worked on */

typedef struct zc_query_workers zc_query_workers_t;

/* What is on its way into the store: the cells of checkpoint *ret_sequence, the last one taken; NULL where it is there. */
typedef const zc_cells_t *(zc_committing_t) (void *argument, uint64_t *ret_sequence);

/* Starts the threads. All must outlive them. NULL with a line in ret_why. */
zc_query_workers_t *zc_query_workers_new (zc_engine_t *engine, zc_store_t *store, zc_shared_recent_t *recent,
                                          zc_committing_t *committing, void *argument, char ret_why [256]);

/* Ends the threads after what they are doing; what waits is done with `unavailable`. NULL-safe. */
void zc_query_workers_destroy (zc_query_workers_t **self);

/* Puts a question. It is the readers' from here on. Where it cannot be taken (too many wait) it is done before this
 * returns, with `unavailable`. One that is `of_checkpoints` is the daemon's own: always taken, and first. */
void zc_query_workers_ask (zc_query_workers_t *self, zc_window_query_t *query);

/* Readable when a question was answered; then zc_query_workers_collect is due: it tells what is done. */
int zc_query_workers_descriptor (const zc_query_workers_t *self);
void zc_query_workers_collect (zc_query_workers_t *self);

/* Takes up no more questions until zc_query_workers_release; tells what is done. Whether no question is worked on any more, so
 * that a checkpoint can be taken; wait: until none is. */
bool zc_query_workers_hold (zc_query_workers_t *self, bool wait);
void zc_query_workers_release (zc_query_workers_t *self);

#endif
