/* SPDX-License-Identifier: MPL-2.0
 *
 * recent_minutes.h - the minutes of the last hour, in memory.
 *
 * What people ask about most, added up already: every cell of a minute that a store has, from a time on, and again by
 * five minutes and by quarters of an hour, so that an hour is read as some ten parts and not as sixty. Grows with what
 * is committed; gives up its oldest minutes beyond an age and a number of cells, so that what it has is
 * always whole from zc_recent_minutes_from on. Knows no thread: its user lets one write or several read.
 */
#ifndef ZC_RECENT_MINUTES_H
#define ZC_RECENT_MINUTES_H

#include "core/ledger/cells.h"
#include "core/window/window_plan.h"

#define ZC_RECENT_MINUTES_S (65 * 60)          /* of minutes that it keeps */
#define ZC_RECENT_MINUTES_CELLS_MAX (1u << 18) /* of all sizes: 50 MiB with a few latencies each */

typedef struct zc_recent_minutes zc_recent_minutes_t;

/* Begins with nothing, whole from from_s on (a multiple of 60). NULL without memory. */
zc_recent_minutes_t *zc_recent_minutes_new (int64_t from_s);
void zc_recent_minutes_destroy (zc_recent_minutes_t **self);

/* Adds a stored cell of a minute; latencies in the saved form (core/ledger/sketch.h). Those before zc_recent_minutes_from are passed
 * over. Returns 0, or -1 without memory or where it is no saved form: then it is empty, and whole from the next
 * minute on that it is given time for (zc_recent_minutes_keep). */
int zc_recent_minutes_put (zc_recent_minutes_t *self, int64_t start_s, uint32_t key, const zc_measures_t *sums,
                           const uint8_t *latencies, size_t latencies_size);

/* Adds the minutes of a set of changes, which is checkpoint `sequence`. As zc_recent_minutes_put else. */
int zc_recent_minutes_add (zc_recent_minutes_t *self, const zc_cells_t *changes, uint64_t sequence);

/* The last checkpoint that is in it. */
uint64_t zc_recent_minutes_sequence (const zc_recent_minutes_t *self);
void zc_recent_minutes_set_sequence (zc_recent_minutes_t *self, uint64_t sequence);

/* Gives up what is older than ZC_RECENT_MINUTES_S, and the oldest minutes where there are more than ZC_RECENT_MINUTES_CELLS_MAX cells. */
void zc_recent_minutes_keep (zc_recent_minutes_t *self, int64_t now_s);

/* Every minute from here on is whole. INT64_MAX: none is. */
int64_t zc_recent_minutes_from (const zc_recent_minutes_t *self);

/* Hands out the minutes that start in a span, ascending, as sets of cells, until `take` returns other than 0; returns
 * that, or 0. A set is a minute, or several of the span added up, whose cells then have the start of the first; never of
 * two steps (of step_s seconds since the epoch, a multiple of 60; 0: there are none). */
int zc_recent_minutes_each (const zc_recent_minutes_t *self, int64_t since_s, int64_t until_s, int64_t step_s,
                            int (*take) (void *argument, const zc_cells_t *part), void *argument);

size_t zc_recent_minutes_cells (const zc_recent_minutes_t *self); /* of all sizes */

#endif
