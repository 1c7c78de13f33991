/* SPDX-License-Identifier: MPL-2.0
 *
 * report.h - the cost report: what is published and what `report` answers.
 *
 * Packs the ledger's sums in the shape of the contract ("The report"). Only looks.
 */
#ifndef ZC_REPORT_H
#define ZC_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/position.h"
#include "core/budget/budget.h"
#include "core/ledger/ledger.h"
#include "core/delivery/producers.h"
#include "core/delivery/rejects.h"
#include "wire/pack.h"

#define ZC_INCARNATION_CHARS 16

/* Who reports, since when, and by which prices. Strings are the caller's. */
typedef struct {
    const char *version;
    const char *instance;
    char incarnation [ZC_INCARNATION_CHARS + 1]; /* hex digits, new at every start */
    int64_t began_ms;                            /* the ledger: the first start of all */
    int64_t interval_ms;
    const char *prices_source; /* a file's path, or "builtin" */
    int64_t prices_loaded_ms;
} zc_about_t;

/* How the ledger is kept on disk, as `health` tells it. If it is not, all 0 but the cells, which are in memory then. */
typedef struct {
    bool kept;
    const char *directory;
    zc_position_t written, synced, stored; /* stored: what the store has */
    uint64_t unsynced_bytes, journal_bytes, segments, syncs;
    int64_t synced_at_ms, sync_age_ms, last_sync_us, slowest_sync_us;
    bool syncing, committing;
    int64_t syncing_ms, committing_ms; /* how long it has taken so far */
    const char *store_kind;
    uint64_t sequence, cells, store_bytes;
    uint64_t cells_committing; /* in the checkpoint on its way: what it adds to */
    int64_t checkpoint_at_ms, last_checkpoint_us;
    uint64_t recovered_records, recovered_events, torn_bytes; /* at this start */
    int64_t recovered_us;
} zc_storage_status_t;

/* Everything that can be asked, at one moment. */
typedef struct {
    const zc_about_t *about;
    zc_ledger_t *ledger;
    const zc_rejects_t *rejects;
    const zc_producers_t *producers;
    const zc_storage_status_t *storage_status;
    const zc_budgets_t *budgets; /* NULL: none */
    int64_t now_ms;
    int64_t uptime_ms; /* of this start, by a clock that nobody sets */
    uint64_t sequence; /* of the last snapshot published */
    uint64_t rss_bytes;
    uint64_t drained_frames, drained_bytes; /* what the last drain of the ingest socket found */
} zc_report_source_t;

/* The time that a report is about, where it is not all of it. */
typedef struct {
    int64_t since_ms, until_ms;
} zc_window_t;

/* The report over the events that `totals` sums: all of them, one service's, or those of a window of time. window:
 * what it states as since and until; NULL: since the ledger began, until now. */
void zc_report_pack (zc_pack_t *out, const zc_report_source_t *view, const zc_totals_t *totals,
                     const zc_window_t *window);

/* Parts that other answers share: the maps `events` and `price_table`. */
void zc_report_pack_events (zc_pack_t *out, const zc_report_source_t *view);
void zc_report_pack_price_table (zc_pack_t *out, const zc_report_source_t *view);

#endif
