/* SPDX-License-Identifier: MPL-2.0
 *
 * journal.h - what was received, on disk, before it counts.
 *
 * A directory of segments of one size, preallocated and recycled (to write into pages that exist is
 * many times faster than to append). The thread that owns the ledger appends records to a buffer and
 * writes it once per drain; a thread of the journal's own syncs in groups, keeps a spare segment
 * ready, and tells by a descriptor how far it is. Refuses to guess: what it cannot read back for
 * certain is either behind the last sync (a torn tail, cut and reported) or damage (refused, with the
 * segment and the offset).
 *
 * What its bytes are stands in journal_record.h. `synced` in the same directory holds how far the last
 * syncs came, in two places in turn.
 */
#ifndef ZC_JOURNAL_H
#define ZC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/journal_record.h"

typedef struct zc_journal zc_journal_t;

typedef struct {
    const char *directory; /* made where it is missing; copied */
    uint8_t ledger_id [ZC_LEDGER_ID_BYTES];
    uint64_t segment_bytes;   /* of new segments; 1 MiB to 2 GiB - 1 */
    int64_t sync_interval_ms; /* 1 to 10,000; a group is synced this long after the last one at the earliest */
    int64_t keep_ms;          /* segments that are checkpointed are kept for this long; -1: for good */
    size_t spare_segments;    /* files that are kept ready at most, beside those in use. One is made where there is
                               * none; more come of what is recycled. 0: each segment is made when it is needed */
} zc_journal_options_t;

/* --------------------------------------------------------------------------- read */

typedef enum {
    ZC_JOURNAL_CLEAN,   /* ends where the last record ends */
    ZC_JOURNAL_TORN,    /* behind the last sync, bytes that are no record: a write that a crash cut short */
    ZC_JOURNAL_DAMAGED, /* what was synced cannot be read */
    ZC_JOURNAL_IO_ERROR /* the system could not read it */
} zc_journal_end_t;

/* How a walk over a journal ended. */
typedef struct {
    zc_journal_end_t end;
    zc_position_t position;  /* of the end: behind the last good record, or where the damage is */
    zc_position_t synced;    /* as `synced` says; 0: it says nothing */
    uint64_t records, bytes; /* walked over */
    uint64_t segments;
    uint64_t torn_bytes; /* where torn: from the end to the segment's last byte that is not zero; of a recycled
                          * segment that counts its former contents too */
    char why [256];      /* for a person, names the segment's file and offset; "" where clean */
} zc_journal_replay_t;

/* Walks over all records from `from` on (0: from the first segment that is there), in order, and calls
 * `take` (or nothing, where it is NULL) for each FRAME, TOO_LARGE and TERMS; a `take` that does not return 0
 * ends the walk with its value, at its record's position, else 0. Changes nothing on disk.
 *
 * An absent directory, or one without segments where `from` is 0 and nothing was synced, is a clean, empty
 * journal. Whatever cannot be read is ZC_JOURNAL_DAMAGED before the last sync or before `from` (that was
 * checkpointed, so it was synced), and ZC_JOURNAL_TORN behind both: records, headers, segments that are
 * missing, or shorter than they say. Always damage: no good `synced` where there are segments, a `from`
 * where no record begins, and what is whole but not ours to cut: a segment of another ledger (id NULL: than
 * that of `synced`), a kind of record that only a later version writes. */
int zc_journal_replay (const char *directory, const uint8_t *id, zc_position_t from,
                       int (*take) (void *argument, const zc_record_view_t *record), void *argument,
                       zc_journal_replay_t *ret_walk);

/* --------------------------------------------------------------------------- write */

/* Opens for writing behind `end`, the position of a walk that ended CLEAN or TORN (for an empty journal:
 * 0). Cuts what is behind it (later segments, then the rest of its segment), makes sure that what is before
 * it is synced, and says so. Starts the thread. Refuses to cut what was synced. On failure returns NULL, with
 * a line for a person in ret_why (256 bytes). */
zc_journal_t *zc_journal_open (const zc_journal_options_t *options, zc_position_t end, char ret_why [256]);

/* Writes what is buffered, syncs, ends the thread. Returns 0, or -1 where that failed, or had failed before,
 * with a line for a person in ret_why (256 bytes, or NULL). NULL-safe. */
int zc_journal_close (zc_journal_t **self, char *ret_why);

/* The rest is for the one thread that owns the ledger, but for zc_journal_wait_synced and
 * zc_journal_checkpointed. A call that fails has failed for good: nothing that was written since may
 * be acknowledged, and the process is to end (zc_journal_why says why). */

/* Appends a record to what the next zc_journal_write writes; writes before it, or goes on to the next segment,
 * where it does not fit. data: must stay as it is until that write, since large payloads are not copied. More
 * than ZC_RECORD_PAYLOAD_MAX is a failure. Returns 0, or -1. */
int zc_journal_append (zc_journal_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size);

/* Writes what is buffered, in one write. From now on it survives the end of the process. 0 or -1. */
int zc_journal_write (zc_journal_t *self);

/* Behind the last record written. */
zc_position_t zc_journal_written (const zc_journal_t *self);

/* Behind the last record synced: it survives a power cut. */
zc_position_t zc_journal_synced (zc_journal_t *self);

/* A descriptor to poll for reading: it is readable after each sync that moved zc_journal_synced, and
 * after a failure. zc_journal_progress clears it, and returns 0, or -1 after a failure. */
int zc_journal_descriptor (const zc_journal_t *self);
int zc_journal_progress (zc_journal_t *self);

/* Any thread: waits until `position` is synced. 0, or -1 after a failure. */
int zc_journal_wait_synced (zc_journal_t *self, zc_position_t position);

/* Any thread: all before `position` is in the store: segments wholly before it are recycled, deleted,
 * or kept, as the options say; soon, by the journal's thread, oldest first. 0 or -1. */
int zc_journal_checkpointed (zc_journal_t *self, zc_position_t position, int64_t now_ms);

typedef struct {
    zc_position_t written, synced;
    int64_t synced_at_ms; /* when the last sync ended; 0: none yet */
    int64_t sync_age_ms;  /* since then */
    int64_t last_sync_us, slowest_sync_us;
    uint64_t syncs;
    uint64_t segments, bytes; /* on disk, spare ones included */
    bool syncing;             /* a sync is under way, */
    int64_t syncing_ms;       /* and has taken so long */
} zc_journal_stats_t;

void zc_journal_stats (zc_journal_t *self, zc_journal_stats_t *ret_stats);

/* Why it failed: one line that names the file and the error. "" while it has not. */
const char *zc_journal_why (const zc_journal_t *self);

#endif
