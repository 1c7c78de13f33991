/* SPDX-License-Identifier: MPL-2.0
 *
 * rows.h - cells added up to the rows of an answer.
 *
 * One row for each combination of the dimensions asked for; in a series, one point for each of its steps that has
 * events. Exact: a sum that would pass 64 bits fails the answer. Bounded: see the limits. Reads keys below the count
 * that it was given, so that it may work in another thread than the ledger's. Single thread itself. What fails once
 * has failed: nothing more is added or packed.
 */
#ifndef ZC_ROWS_H
#define ZC_ROWS_H

#include "core/window/query_spec.h"
#include "core/window/row_sums.h"
#include "core/window/window_plan.h"
#include "wire/pack.h"

typedef struct zc_rows zc_rows_t;

/* Ask, plan and keys must outlive it. NULL without memory. */
zc_rows_t *zc_rows_new (const zc_query_spec_t *spec, const zc_window_plan_t *plan, const zc_keys_t *keys,
                        uint32_t keys_count);
void zc_rows_destroy (zc_rows_t **self);

/* Empty ones of the same question, for zc_rows_add_rows to `whole`, which must outlive them; another thread may fill
 * them, while whole is added to. NULL without memory. */
zc_rows_t *zc_rows_new_part (const zc_rows_t *whole);

/* Adds a cell, whose bucket is in the window. *ret_point: where to add its latencies, until the next call; what fell
 * into the same point before has the same. Returns 0; 1: the key is not asked for, or is none below keys_count; -1:
 * zc_rows_failed. */
int zc_rows_add (zc_rows_t *self, int64_t start_s, uint32_t key, const zc_measures_t *sums, uint32_t *ret_point);

/* Adds latencies to a point that has as many events at least. 0 or -1. */
int zc_rows_add_latency (zc_rows_t *self, uint32_t point, uint32_t bin, uint64_t events);

/* Adds the cells of a set that start in the span's time, whatever their level, with their latencies. 0 or -1. */
int zc_rows_add_cells (zc_rows_t *self, const zc_cells_t *cells, const zc_span_t *span);

/* Adds what another one of the same ask, plan and keys holds. 0 or -1. */
int zc_rows_add_rows (zc_rows_t *self, const zc_rows_t *other);

/* Why it cannot be answered, NULL while it can; *ret_code: the contract's ("too_large", "unavailable"). Static
 * texts. */
const char *zc_rows_failed (const zc_rows_t *self, const char **ret_code);

/* Packs the result of a `breakdown` or a `series`. Returns 0; -1: zc_rows_failed, and there is no answer. */
int zc_rows_pack (zc_rows_t *self, zc_pack_t *out);

/* Hands out the rows' sums, over all steps of a series. */
size_t zc_rows_count (const zc_rows_t *self); /* those without events too */
const zc_row_sums_t *zc_rows_sums (const zc_rows_t *self, size_t row);
zcost_type_t zc_rows_type (const zc_rows_t *self, size_t row);         /* where ask->by has it: of all its events */
zc_str_t zc_rows_value (const zc_rows_t *self, size_t row, size_t by); /* of ask->by [by] */

#endif
