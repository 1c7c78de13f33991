/* SPDX-License-Identifier: MPL-2.0
 *
 * producers.h - exactly-once: which numbers of which producer have been taken.
 *
 * Keeps, for each producer of stamped frames, its epoch, the intervals of numbers that were seen,
 * and what it declared dropped. Decides for a frame whether it is new, a duplicate, half of each, or
 * stale; counts what can no longer come as lost. Bounded: a live producer beyond the cap displaces
 * the one that was seen longest ago, whose place in line is kept in a second, smaller record, so that
 * it is refused when it comes back and never counted twice. A pure function of the frames and their
 * times of arrival: replaying a journal gives the same table. Single thread.
 *
 * Before our time: an unknown producer may begin above 1, because frames overtake each other at a
 * reconnect, or because a daemon that lost its state had acknowledged what is below. Nobody can tell
 * which, so: the number of its first stamp is its base. Numbers below the base are new when they come.
 * As soon as a frame of the producer comes that brings none of them, ZC_BASE_WAIT_MS or more after the
 * last one that did (at first: after the first frame), they are closed: not waited for any longer, and
 * not counted as lost, since they may be in the books of a former life. Until then they hold up its
 * acknowledgement. (A producer that is not acknowledged sends again: that is such a frame.) But once
 * expired producers have been forgotten, an unknown one that begins above 1 may be one of these, and
 * is stale.
 *
 * Memory: 64 bytes a producer, live or expired, and some 30 to find it; for a live one 150 more, and
 * while it has gaps up to 1 KiB. With the limits below some 170 MB at most, gaps everywhere included;
 * and 16 bytes for each saved one that was forgotten since the last changes were taken.
 */
#ifndef ZC_PRODUCERS_H
#define ZC_PRODUCERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/siphash.h"
#include "core/delivery/seq_intervals.h"
#include "wire/ack.h"
#include "wire/stamp.h"

#define ZC_PRODUCERS_MAX 65536 /* live ones, by default */
#define ZC_EXPIRED_MAX 1000000 /* remembered as expired, by default */
#define ZC_BASE_WAIT_MS 5000   /* for numbers before our time; a producer should send again sooner */

/* One producer, as the tables and the store know it. Any uint64_t here may use all 64 bits, but for
 * turn and the counts of events, which stop at INT64_MAX. */
typedef struct {
    uint8_t id [ZC_PRODUCER_BYTES];
    uint32_t epoch;
    bool expired;             /* only id, epoch, turn and next matter then: what is below next is closed */
    bool open_ended;          /* the highest number seen is of a frame that broke off */
    uint64_t turn;            /* rises with each frame that was noted and each expiry; no two rows have the same */
    uint64_t next;            /* every number below is seen, or closed */
    uint64_t base;            /* numbers below are before our time; 0: none are, or no longer */
    int64_t base_ms;          /* arrival of the last frame that brought one of them */
    uint64_t dropped;         /* declared by it, in this epoch */
    uint64_t accepted_events; /* numbers taken, all epochs since it was last unknown or expired */
    uint64_t lost;            /* the same */
    int64_t seen_ms;          /* arrival of its last frame */
    uint32_t intervals_count;
    const zc_interval_t *intervals; /* seen above `next`, ascending, apart from each other */
} zc_producer_row_t;

/* Over all producers, for good. */
typedef struct {
    uint64_t duplicate, lost, dropped; /* events; they stop at INT64_MAX */
} zc_delivery_t;

typedef struct {
    size_t live_max, expired_max; /* live_max at least 1; together below 2^30 */
    int64_t expire_after_ms;      /* a producer silent for longer than this may be expired */
} zc_producers_limits_t;

typedef struct zc_producers zc_producers_t;

/* secret: copied; nobody can choose ids that make the table slow. NULL without memory. Memory grows with the producers seen, up to the limits. */
zc_producers_t *zc_producers_new (const zc_producers_limits_t *limits, const zc_siphash_secret_t *secret);
void zc_producers_destroy (zc_producers_t **self);

/* Other limits from now on. Who is beyond them goes when the next one comes. */
void zc_producers_set_limits (zc_producers_t *self, const zc_producers_limits_t *limits);

typedef enum {
    ZC_FRAME_NEW,       /* fold it */
    ZC_FRAME_DUPLICATE, /* wholly seen: counted, not to be folded */
    ZC_FRAME_PARTLY,    /* covers a seen and an unseen number: to be rejected as bad_field */
    ZC_FRAME_BAD_SEQ,   /* seq is 0, or seq + events passes 64 bits: to be rejected as bad_field */
    ZC_FRAME_STALE,     /* of a fenced epoch, or of an expired producer: to be rejected as stale */
    ZC_FRAME_NO_MEMORY  /* for one more producer: what is folded and not noted would be folded again */
} zc_frame_kind_t;

/* What to do with a stamped frame of `events` numbers (rejects among them included) that arrived at
 * arrival_ms; and takes note of it, if it is new or a duplicate: the numbers of a new frame count as
 * seen from now on, what it declares dropped beyond what is known of its epoch is added up.
 * open_ended: the frame broke off, so that it may have covered more numbers than could be told apart:
 * the gap between it and the next number seen above it, now or later, is closed as lost instead of
 * being waited for. Numbers that were closed count as seen when they come.
 * A higher epoch than the known one fences the old one: what was missing there is lost.
 * events 0: only declares drops, open or not; its seq is the next number that the producer will give. */
zc_frame_kind_t zc_producers_take (zc_producers_t *self, const zc_stamp_t *stamp, uint64_t events, bool open_ended,
                                   int64_t arrival_ms);

/* Whether zc_producers_take would answer ZC_FRAME_NEW (or that there is no memory) for any number of
 * events below 2^32: the frame begins where nothing was seen at or above it. Then the frame need not be
 * counted before it is folded. */
bool zc_producers_is_next (const zc_producers_t *self, const zc_stamp_t *stamp);

/* Expires the producers that were silent for longer than the limit at now_ms: their gaps are lost.
 * From the one seen longest ago on, up to the first that was not silent for so long. Called with times
 * of arrival only, and at the same places between the frames, so that a replay does the same; a few ns
 * where there is nothing to do. */
void zc_producers_expire (zc_producers_t *self, int64_t now_ms);

const zc_delivery_t *zc_producers_delivery (const zc_producers_t *self);

/* ------------------------------------------------------------------ acknowledgement */

/* Begins a group: remembers, for each producer whose `next` moved, or that expired, or is expired and
 * was refused as stale, since the last group began, how far it had come. Returns how many; 0: nothing
 * to tell, no group has begun. Only when the last group has ended. */
size_t zc_producers_begin_sync (zc_producers_t *self);

/* The group is on disk: each producer of it is acknowledged up to what was remembered; calls `tell`
 * for each that is still where it was: not one that began a new epoch, expired or was forgotten
 * meanwhile. `tell` must not call into the table. Does nothing where no group was begun. */
void zc_producers_end_sync (zc_producers_t *self, void (*tell) (void *argument, const zc_ack_t *ack), void *argument);

/* What one producer may be told: its durable position, which never goes back within an epoch, unless
 * the producer was forgotten. Unknown: epoch 0, seq 1. `stale` only once all that was taken is durable:
 * what is renumbered before would be counted twice. */
zc_ack_t zc_producers_ack (const zc_producers_t *self, const uint8_t id [ZC_PRODUCER_BYTES]);

/* Walks the live producers, a few at a time: calls `tell` for at most `count` of them from *cursor on,
 * and moves it; 0 again when the walk is through. Begin with 0. */
void zc_producers_walk_acks (const zc_producers_t *self, size_t *cursor, size_t count,
                             void (*tell) (void *argument, const zc_ack_t *ack), void *argument);

/* ------------------------------------------------------------------------ look, save */

size_t zc_producers_live (const zc_producers_t *self);
size_t zc_producers_expired (const zc_producers_t *self);

/* The nth most recently seen live producer, 0 the last one; false beyond: then nothing is written. The
 * row's intervals are the table's, until it changes. durable: its acknowledged position. Takes n steps. */
bool zc_producers_recent (const zc_producers_t *self, size_t n, zc_producer_row_t *ret_row, uint64_t *ret_durable);

/* What changed since the last call: rows to be put in the place of what was saved under their ids, and
 * ids whose saved rows are to go (they fell out of the expired record). No id is among both. */
typedef struct {
    zc_producer_row_t *rows;
    size_t rows_count;
    zc_interval_t *intervals; /* what the rows point into */
    uint8_t (*forgotten) [ZC_PRODUCER_BYTES];
    size_t forgotten_count;
    bool overflowed; /* expired ones have been forgotten, ever */
} zc_producers_changes_t;

/* Gives copies, to be freed by zc_producers_changes_term, from any thread. Returns 0, or -1 without
 * memory: then a later call gives them. */
int zc_producers_take_changes (zc_producers_t *self, zc_producers_changes_t *ret_changes);
void zc_producers_changes_term (zc_producers_changes_t *changes);

/* Puts a saved row back, before any frame; what is restored is durable. The live ones come in ascending
 * order of `turn`, and so do the expired ones: it is the order in which they are displaced and
 * forgotten. The intervals are copied. Returns 0, or -1: no memory, or not a row that
 * zc_producers_take_changes gives, or out of order, or an id for the second time. */
int zc_producers_restore (zc_producers_t *self, const zc_producer_row_t *row);
void zc_producers_restore_delivery (zc_producers_t *self, const zc_delivery_t *delivery, bool overflowed);

#endif
