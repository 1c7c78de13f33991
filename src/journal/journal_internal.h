/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_internal.h - the journal's own state, and how its two threads share it.
 *
 * The ledger's thread writes (journal.c), the journal's thread syncs (journal_sync.c) and between two
 * groups keeps house (journal_keep.c). What both use is under `lock`, which nobody holds over a system
 * call on a file; what only one uses stands under its name.
 */
#ifndef ZC_JOURNAL_INTERNAL_H
#define ZC_JOURNAL_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "journal/journal.h"
#include "journal/journal_segment.h"
#include "journal/journal_watermark.h"

#define ZC_JOURNAL_BUFFER_BYTES ((size_t) 512 << 10)

/* Full segments that wait for their sync, at most: then the writer waits too. Bounds descriptors, and
 * what a disk that stalls can run behind. */
#define ZC_JOURNAL_UNSYNCED_MAX 256

/* Payloads of one write that are not copied, at most 63; those behind them are. */
#define ZC_JOURNAL_PARTS_MAX 128

struct zc_journal {
    zc_journal_options_t options; /* the directory is ours */
    int event_fd;
    pthread_t thread;
    bool started;

    /* The ledger's thread. */
    uint8_t *buffer;
    size_t fill;   /* of the buffer */
    size_t total;  /* to write: the buffer, and payloads that stand elsewhere */
    size_t limit;  /* how much that may be: an end, or a NEXT, fits behind it, in buffer and segment */
    uint32_t base; /* its place in the segment */
    struct iovec parts [ZC_JOURNAL_PARTS_MAX]; /* of it, in turn: of the buffer, up to a record's header; its payload */
    int parts_count;
    size_t part_from; /* where the buffer's next part begins */

    /* Both. */
    pthread_mutex_t lock;
    pthread_cond_t work;     /* for the journal's thread */
    pthread_cond_t progress; /* for who waits for it */
    _Atomic zc_position_t synced;
    _Atomic bool failed; /* why is settled */
    char why [ZC_WHY_BYTES];
    zc_journal_segment_t *current;          /* changed by the ledger's thread alone */
    zc_journal_segment_t *full, **full_end; /* before it, in order, with bytes that may not be synced */
    size_t full_count;
    zc_position_t written;
    bool directory_changed; /* an entry is new and not synced */
    bool idle, ending;
    bool used;                       /* so much that spare files are worth making */
    uint32_t first;                  /* the oldest segment on disk */
    uint32_t spare_first, spare_end; /* numbers of the spare files that are ready; one after the other */
    zc_position_t checkpointed;
    int64_t checkpointed_now_ms;
    bool checkpoint_news;                /* there may be segments to retire */
    zc_journal_stats_t stats;            /* but for what is asked for at the moment: how long what took, */
    int64_t syncing_since_ns, synced_ns; /* from these on */

    /* The journal's thread. */
    int mark_fd;
    zc_journal_watermark_t mark;
    int64_t next_group_ns;
    int making_fd; /* the spare file in the making, or -1 */
    uint32_t made; /* bytes of it that are written */
};

/* The first failure stays. Returns -1. */
int zc_journal_fail (zc_journal_t *self, const char *why);

/* Starts and ends the journal's thread; it ends when all that was written is synced, or on failure. */
int zc_journal_start (zc_journal_t *self, char *why);
void zc_journal_stop (zc_journal_t *self);

/* The journal's thread, lock held, which it gives up meanwhile: does one bounded piece of housekeeping.
 * Returns whether there was any to do. */
bool zc_journal_retain (zc_journal_t *self);

/* Ends what is half made; the thread is gone. */
void zc_journal_retention_term (zc_journal_t *self);

static inline bool zc_journal_has_failed (zc_journal_t *self)
{
    return atomic_load_explicit (&self->failed, memory_order_acquire);
}

#endif
