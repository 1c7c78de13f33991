/* SPDX-License-Identifier: MPL-2.0
 *
 * window_query.h - a question about a window of time, from its asking to its answer.
 */
#ifndef ZC_WINDOW_QUERY_H
#define ZC_WINDOW_QUERY_H

#include <pthread.h>

#include "core/window/recent_minutes.h"
#include "core/window/rows.h"
#include "daemon/read_view.h"
#include "daemon/scan_ranges.h"
#include "program/mailbox.h"
#include "store/store.h"

#define ZC_WINDOW_QUERY_MS 10000 /* what a question may take; then it is given up */

/* The minutes in memory, and who may look: the checkpointer writes, readers read. */
typedef struct {
    pthread_rwlock_t lock;
    zc_recent_minutes_t *recent;
} zc_shared_recent_t;

typedef struct zc_window_query zc_window_query_t;

struct zc_window_query {
    zc_letter_t letter; /* the readers' */
    zc_query_spec_t spec;
    void *request;       /* malloc'ed, what the ask's strings point into; goes with the query */
    bool wants_reply;    /* a `breakdown` or `series`: its reply is packed into `reply` */
    bool of_checkpoints; /* of all checkpoints taken so far, without what changed since the last one */
    /* Called in the main thread when it is done; it may look at all below. The query is destroyed after it. */
    void (*done) (void *argument, zc_window_query_t *self);
    void *argument;

    /* What became of it. */
    const char *code, *why; /* NULL: it was answered. code: the contract's */
    zc_window_plan_t plan;
    zc_rows_t *rows;
    zc_pack_t reply; /* whole; done may take it and leave an empty one */

    char why_text [256]; /* what `why` may point to */
    zc_store_view_t snapshot;
    int64_t deadline_mono_ms;
    zc_scan_ranges_t ranges;   /* of the plan's spans */
    zc_rows_t *part;           /* what a helper read; NULL: none did */
    zc_read_view_t *read_view; /* the readers' */
    bool helped, helping;      /* theirs, too */
};

/* NULL without memory. */
zc_window_query_t *zc_window_query_new (void);
void zc_window_query_destroy (zc_window_query_t **self);

/* Who may help with a question that has much to read. call: from now on another thread may call zc_window_query_help, once;
 * dismiss: from now on none begins to, and none is in it any more. */
typedef struct {
    void (*call) (void *argument, zc_window_query_t *query);
    void (*dismiss) (void *argument, zc_window_query_t *query);
    void *argument;
} zc_help_t;

/* Answers it, or says why not. Any thread. */
void zc_window_query_run (zc_window_query_t *self, zc_store_reader_t *reader, zc_shared_recent_t *recent,
                          const zc_help_t *help);

/* Reads of it what nobody else has taken, by a reader of its own; does nothing where that sees another moment. */
void zc_window_query_help (zc_window_query_t *self, zc_store_reader_t *reader);

#endif
