/* SPDX-License-Identifier: MPL-2.0
 *
 * inquiry.h - a question about a window of time, from its asking to its answer.
 */
#ifndef ZC_INQUIRY_H
#define ZC_INQUIRY_H

#include <pthread.h>

#include "core/recent.h"
#include "core/rows.h"
#include "daemon/moment.h"
#include "daemon/pieces.h"
#include "store/store.h"

#define ZC_INQUIRY_MS 10000 /* what a question may take; then it is given up */

/* The minutes in memory, and who may look: the keeper writes, readers read. */
typedef struct {
    pthread_rwlock_t lock;
    zc_recent_t *recent;
} zc_shared_recent_t;

typedef struct zc_inquiry zc_inquiry_t;

struct zc_inquiry {
    zc_ask_t ask;
    void *request;       /* malloc'ed, what the ask's strings point into; goes with the inquiry */
    bool wants_reply;    /* a `breakdown` or `series`: its result is packed into `result` */
    bool of_checkpoints; /* of all checkpoints taken so far, without what changed since the last one */
    /* Called in the books' thread when it is done; it may look at all below. The inquiry is destroyed after it. */
    void (*done) (void *argument, zc_inquiry_t *self);
    void *argument;

    /* What became of it. */
    const char *code, *why; /* NULL: it was answered. code: the contract's */
    zc_plan_t plan;
    zc_rows_t *rows;
    msgpack_sbuffer result;

    char why_text [256]; /* what `why` may point to */
    zc_snapshot_t snapshot;
    int64_t deadline_mono_ms;
    zc_pieces_t pieces;   /* of the plan's spans */
    zc_rows_t *part;      /* what a helper read; NULL: none did */
    zc_moment_t *moment;  /* the readers' */
    bool helped, helping; /* theirs, too */
    zc_inquiry_t *next;
};

/* NULL without memory. */
zc_inquiry_t *zc_inquiry_new (void);
void zc_inquiry_destroy (zc_inquiry_t **self);

/* Who may help with a question that has much to read. call: from now on another thread may call zc_inquiry_help, once;
 * dismiss: from now on none begins to, and none is in it any more. */
typedef struct {
    void (*call) (void *argument, zc_inquiry_t *inquiry);
    void (*dismiss) (void *argument, zc_inquiry_t *inquiry);
    void *argument;
} zc_help_t;

/* Answers it, or says why not. Any thread. */
void zc_inquiry_run (zc_inquiry_t *self, zc_store_reader_t *reader, zc_shared_recent_t *recent, const zc_help_t *help);

/* Reads of it what nobody else has taken, by a reader of its own; does nothing where that sees another moment. */
void zc_inquiry_help (zc_inquiry_t *self, zc_store_reader_t *reader);

#endif
